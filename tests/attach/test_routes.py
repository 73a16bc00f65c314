"""Routes of an attached project: API Gateway and Lambda here, all other AWS at the endpoint."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

APP = """
from chalice import AuthResponse, Response

@app.authorizer()
def keeper(request):
    allowed = ["/secret"] if request.token == os.environ["STAGE"] else []
    return AuthResponse(routes=allowed, principal_id="somebody")

@app.route("/orders", methods=["POST"])
def orders():
    boto3.client("sqs").send_message(
        QueueUrl=os.environ["QUEUE"], MessageBody=app.current_request.raw_body.decode()
    )
    context = app.current_request.context
    return {"stage": context["stage"], "path": context["path"], "account": context["accountId"]}

@app.route("/secret", authorizer=keeper)
def secret():
    return {"who": app.current_request.context["authorizer"]["principalId"]}

@app.route("/cookies")
def cookies():
    return Response("", headers={"Set-Cookie": ["a=1", "b=2"]})

@app.route("/slow")
def slow():
    import time
    time.sleep(30)
"""


def ask(url: str, body: bytes | None = None, **headers: str) -> tuple[int, Any, Any]:
    """Return status, header fields and document of a reply."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, body, fields)
    try:
        with urllib.request.urlopen(request, timeout=20) as reply:
            content = reply.read()
            return reply.status, reply.headers, json.loads(content) if content else None
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, json.loads(error.read())


def test_a_route_runs_here_and_calls_the_endpoint(attached: Any) -> None:
    """Its event is API Gateway's; what it sends is in the endpoint's queue."""
    queue = attached.queue("orders")
    attached.configure(environment_variables={"STAGE": "dev", "QUEUE": queue})
    session = attached.start(APP)
    url = session.http_server.url
    status, headers, told = ask(f"{url}/orders", b"1", Content_Type="application/json")
    assert (status, told["stage"], told["path"]) == (200, "api", "/api/orders")
    assert told["account"] == session.place.account_id
    assert headers["x-amzn-requestid"]
    (message,) = attached.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    assert message["Body"] == "1"
    assert "/orders" not in str(attached.client("apigateway").get_rest_apis()["items"])


def test_authorizers_and_refusals_are_api_gateways(attached: Any) -> None:
    """The authorizer is a function of its own; unknown routes are 403; cookies are lines."""
    url = attached.start(APP).http_server.url
    assert ask(f"{url}/secret")[::2] == (401, {"message": "Unauthorized"})
    assert ask(f"{url}/secret", Authorization="dev")[::2] == (200, {"who": "somebody"})
    status, headers, told = ask(f"{url}/nowhere")
    assert (status, told) == (403, {"message": "Missing Authentication Token"})
    assert headers["x-amzn-errortype"] == "MissingAuthenticationTokenException"
    assert ask(f"{url}/cookies")[1].get_all("set-cookie") == ["a=1", "b=2"]


def test_a_handler_that_is_late_is_ended(attached: Any) -> None:
    """Lambda's timeout, told as API Gateway tells it."""
    attached.configure(lambda_timeout=1)
    url = attached.start(APP).http_server.url
    assert ask(f"{url}/slow")[::2] == (502, {"message": "Internal server error"})


def test_changed_routes_are_served_after_a_reload(attached: Any) -> None:
    """New ones are there, old ones are gone; broken code leaves all as it was."""
    session = attached.start(APP)
    url = session.http_server.url
    attached.write("@app.route('/new')\ndef new():\n    return {'new': True}\n")
    session.reload()
    assert ask(f"{url}/new")[::2] == (200, {"new": True})
    assert ask(f"{url}/secret")[0] == 403


POOL = """
from chalice import CognitoUserPoolAuthorizer

users = CognitoUserPoolAuthorizer("users", provider_arns=["{arn}"])

@app.route("/me", authorizer=users)
def me():
    return {{"who": app.current_request.context["authorizer"]["claims"]["cognito:username"]}}
"""


def test_tokens_are_verified_with_the_endpoints_keys(attached: Any) -> None:
    """The pool is at the endpoint, and so are its keys."""
    cognito = attached.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="shop")["UserPool"]
    client = cognito.create_user_pool_client(
        UserPoolId=pool["Id"],
        ClientName="app",
        ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"],
    )["UserPoolClient"]
    user = {"UserPoolId": pool["Id"], "Username": "jane"}
    cognito.admin_create_user(**user, MessageAction="SUPPRESS")
    cognito.admin_set_user_password(**user, Password="Secret-123", Permanent=True)
    token = cognito.admin_initiate_auth(
        UserPoolId=pool["Id"],
        ClientId=client["ClientId"],
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "jane", "PASSWORD": "Secret-123"},
    )["AuthenticationResult"]["IdToken"]
    url = attached.start(POOL.format(arn=pool["Arn"])).http_server.url
    assert ask(f"{url}/me", Authorization=token)[::2] == (200, {"who": "jane"})
    forged = f"{token[:-8]}AAAAAAAA"
    assert ask(f"{url}/me", Authorization=forged)[::2] == (401, {"message": "Unauthorized"})
