"""Routes: parameters, CORS, binary bodies, cookies, authorizers, errors and timeouts."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from chalice_offline.testing import Offline


def test_path_query_and_body_parameters(run: Any) -> None:
    """Path and query parameters, JSON bodies and methods arrive as on API Gateway."""
    offline = run(
        """
@app.route("/items/{kind}/{number}", methods=["GET", "PUT"])
def item(kind, number):
    request = app.current_request
    return {
        "kind": kind, "number": number, "method": request.method,
        "query": request.query_params and request.query_params.getlist("q"),
        "body": request.json_body if request.method == "PUT" else None,
    }
"""
    )
    got = offline.http.get("/items/menu/7?q=a&q=b%20c").json_body
    assert got == {
        "kind": "menu",
        "number": "7",
        "method": "GET",
        "query": ["a", "b c"],
        "body": None,
    }
    headers = {"Content-Type": "application/json"}
    put = offline.http.put("/items/menu/7", headers=headers, body=b'{"a": 1}')
    assert put.json_body["body"] == {"a": 1}
    unknown = offline.http.post("/items/menu/7", headers=headers, body=b"{}")
    assert unknown.status_code == 403
    assert unknown.json_body == {"message": "Missing Authentication Token"}
    assert offline.http.get("/nowhere").status_code == 403


def test_what_a_handler_does_to_its_event_stays_its_own(run: Any) -> None:
    """The journal tells the event as it came, and it is the one the handler got."""
    offline = run(
        """
import copy

@app.route("/items/{kind}", methods=["POST"], content_types=["text/plain"])
def item(kind):
    event = app.current_request.to_original_event()
    came = copy.deepcopy(event)
    event["pathParameters"].clear()
    event["multiValueHeaders"]["X-Own"].append("more")
    event["requestContext"]["identity"]["sourceIp"] = "changed"
    event["body"] = None
    return came
"""
    )
    headers = {"Content-Type": "text/plain", "X-Own": "one"}
    came = [
        offline.http.post("/items/menu?q=1", headers=headers, body="caf\u00e9".encode()).json_body
        for _ in range(2)
    ]
    assert [one["pathParameters"] for one in came] == [{"kind": "menu"}] * 2
    assert [one["multiValueHeaders"]["X-Own"] for one in came] == [["one"]] * 2
    assert [one["body"] for one in came] == ["caf\u00e9"] * 2
    entries = list(offline.emulator.journal.entries())
    runs = [one.detail["payload"] for one in entries if one.kind == "run"]
    assert [json.loads(payload) for payload in runs] == came
    assert [one.detail["Payload"] for one in entries if one.subject == "lambda.Invoke"] == runs


def test_cors_preflight_is_answered_by_the_gateway(run: Any) -> None:
    """OPTIONS on a route with CORS gives the configured headers."""
    offline = run(
        """
from chalice import CORSConfig

@app.route("/", cors=CORSConfig(allow_origin="https://shop.example", max_age=60))
def index():
    return {}
"""
    )
    headers = offline.http.options("/").headers
    assert headers["access-control-allow-origin"] == "https://shop.example"
    assert "GET" in headers["access-control-allow-methods"]
    got = offline.http.get("/")
    assert got.headers["access-control-allow-origin"] == "https://shop.example"


def test_binary_bodies_pass_unchanged(run: Any) -> None:
    """Bytes in and bytes out, for the app's binary types."""
    offline = run(
        """
from chalice import Response
app.api.binary_types.append("application/x-blob")

@app.route("/", methods=["POST"], content_types=["application/x-blob"])
def echo():
    return Response(app.current_request.raw_body[::-1],
                    headers={"Content-Type": "application/x-blob"})
"""
    )
    blob = bytes(range(256))
    headers = {"Content-Type": "application/x-blob", "Accept": "application/x-blob"}
    reply = offline.http.post("/", headers=headers, body=blob)
    assert reply.body == blob[::-1]


def test_errors_become_chalices_own_responses(run: Any) -> None:
    """A Chalice error keeps its status, any other exception is a 500 that hides its text."""
    offline = run(
        """
from chalice import BadRequestError

@app.route("/bad")
def bad():
    raise BadRequestError("no such thing")

@app.route("/worse")
def worse():
    raise ValueError("secret")
"""
    )
    bad = offline.http.get("/bad")
    assert (bad.status_code, bad.json_body["Code"]) == (400, "BadRequestError")
    worse = offline.http.get("/worse")
    assert worse.status_code == 500
    assert b"secret" not in worse.body


AUTHORIZERS = """
from chalice import AuthResponse, CognitoUserPoolAuthorizer

@app.authorizer()
def token(request):
    if request.token == "boom":
        raise ValueError("boom")
    routes = ["/secret"] if request.token == os.environ["PASSWORD"] else []
    return AuthResponse(routes=routes, principal_id="me", context={"role": "cook"})

@app.authorizer(header="X-Api-Token")
def by_header(request):
    return AuthResponse(routes=["*"] if request.token == "open" else [], principal_id="you")

pool = CognitoUserPoolAuthorizer("pool", provider_arns=["arn:aws:cognito-idp:us-east-1:1:x"])

@app.route("/secret", authorizer=token)
def secret():
    return {"who": app.current_request.context["authorizer"],
            "password": os.environ.get("PASSWORD")}

@app.route("/by-header", authorizer=by_header)
def with_header():
    return app.current_request.headers.get("x-api-token")

@app.route("/pool", authorizer=pool)
def with_pool():
    return app.current_request.context["authorizer"]["claims"]
"""


def test_custom_authorizer_decides_with_its_own_variables(run: Any) -> None:
    """An authorizer is a function of its own: its variables are not the route's."""
    stage = {"lambda_functions": {"token": {"environment_variables": {"PASSWORD": "please"}}}}
    offline = run(AUTHORIZERS, config={"stages": {"dev": stage}})
    reply = offline.http.get("/secret", headers={"Authorization": "please"})
    assert reply.json_body == {"who": {"role": "cook", "principalId": "me"}, "password": None}
    assert offline.http.get("/secret", headers={"Authorization": "no"}).status_code == 403
    assert offline.http.get("/secret").status_code == 401


def test_an_authorizer_that_says_unauthorized_has_not_failed(run: Any) -> None:
    """The way AWS documents: 401, and nothing for `settle()` to raise; other errors are 500."""
    offline = run(
        AUTHORIZERS.replace('ValueError("boom")', 'Exception("Unauthorized")')
        + """
@app.authorizer()
def broken(request):
    raise ValueError("no")

@app.route("/broken", authorizer=broken)
def never():
    return {}
"""
    )
    reply = offline.http.get("/secret", headers={"Authorization": "boom"})
    assert (reply.status_code, reply.json_body) == (401, {"message": "Unauthorized"})
    offline.settle()
    reply = offline.http.get("/broken", headers={"Authorization": "boom"})
    assert (reply.status_code, reply.json_body) == (500, {"message": None})
    with pytest.raises(ValueError, match="no"):
        offline.settle()


def test_authorizer_reads_the_header_it_names(run: Any) -> None:
    """The header of @app.authorizer(header=…) carries the token, and Authorization does not."""
    offline = run(AUTHORIZERS)
    reply = offline.http.get("/by-header", headers={"X-Api-Token": "open"})
    assert (reply.status_code, reply.body) == (200, b"open")
    assert offline.http.get("/by-header", headers={"Authorization": "open"}).status_code == 401


def test_cognito_authorizer_passes_the_claims_of_the_token(run: Any) -> None:
    """The claims of a JWT reach the view; nobody knows who signed for a pool that is not here."""
    import warnings

    offline = run(AUTHORIZERS)
    claims = {"cognito:username": "jane", "sub": "1"}
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reply = offline.http.get("/pool", headers={"Authorization": f"e30.{payload}.sig"})
    assert reply.json_body == claims


def test_several_cookies_stay_apart(run: Any) -> None:
    """A list of header values is several header lines: cookies cannot share one."""
    offline = run(
        """
from chalice import Response

@app.route("/")
def index():
    return Response("", headers={"Set-Cookie": ["a=1", "b=2"]})
"""
    )
    assert offline.http.get("/").headers["set-cookie"].split("\n") == ["a=1", "b=2"]


def test_request_past_the_functions_timeout_is_a_502(run: Any) -> None:
    """A function that times out leaves API Gateway without a response."""
    offline = run(
        """
import time

@app.route("/")
def index():
    time.sleep(10)
    return {}
""",
        config={"lambda_timeout": 5},
    )
    before = offline.now
    reply = offline.http.get("/")
    assert (reply.status_code, reply.json_body) == (502, {"message": "Internal server error"})
    assert (offline.now - before).total_seconds() == 5


SLOW = """
import time

@app.route("/")
def index():
    time.sleep(35)
    return {"late": True}
"""


def test_request_past_the_integrations_timeout_is_a_504(run: Any) -> None:
    """API Gateway waits 29 seconds; the function goes on, and its answer is for nobody."""
    offline = run(SLOW)
    before = offline.now
    reply = offline.http.get("/")
    assert (reply.status_code, reply.json_body) == (504, {"message": "Endpoint request timed out"})
    assert (offline.now - before).total_seconds() == 29


def test_requests_wait_while_timeouts_do(projects: Any) -> None:
    """Without timeouts a route takes as long as it likes."""
    directory = projects.write(SLOW, config={"lambda_timeout": 5})
    with Offline(directory, stage="dev", timeouts=False) as offline:
        assert offline.http.get("/").json_body == {"late": True}


def test_context_of_a_route_is_the_api_handlers(run: Any) -> None:
    """Routes run as the function <app>-<stage>."""
    offline = run(
        """
@app.route("/")
def index():
    context = app.lambda_context
    return [context.function_name, context.get_remaining_time_in_millis()]
"""
    )
    assert offline.http.get("/").json_body == ["demo-dev", 60000]


def test_body_that_is_too_large_is_refused(run: Any) -> None:
    """API Gateway takes 10 MB, a function 6 MB."""
    offline = run(
        """
@app.route("/", methods=["POST"], content_types=["text/plain"])
def index():
    return str(len(app.current_request.raw_body))
"""
    )
    headers = {"Content-Type": "text/plain"}
    assert offline.http.post("/", headers=headers, body=b"x" * 6_000_000).body == b"6000000"
    for length in (6_291_456, 10_485_761):
        refused = offline.http.post("/", headers=headers, body=b"x" * length)
        assert refused.status_code == 413
        assert refused.json_body == {"message": "Request Too Long"}


@pytest.mark.parametrize(
    "ending",
    ["return {'stock': {1, 2}}", "raise KeyboardInterrupt", "raise GeneratorExit", "sys.exit(3)"],
)
def test_what_lambda_cannot_answer_is_a_502(run: Any, ending: str) -> None:
    """A result that JSON cannot hold, or an end that is no exception, leaves nothing to pass on."""
    offline = run(
        f"""
        import sys

        @app.route("/")
        def index():
            {ending}

        @app.route("/well")
        def well():
            return {{"well": True}}
        """
    )
    reply = offline.http.get("/")
    assert (reply.status_code, reply.json_body) == (502, {"message": "Internal server error"})
    well = offline.http.get("/well")
    assert (well.json_body, well.headers["content-type"]) == ({"well": True}, "application/json")
