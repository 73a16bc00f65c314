"""Requests to HTTP APIs: routes, events, replies, CORS, authorizers, integrations."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest

Event = dict[str, Any]


@pytest.fixture
def echo(aws: Any) -> Any:
    """A function that returns its event, and the events it got."""
    events: list[Event] = []

    def handler(event: Event) -> Any:
        events.append(event)
        return {"statusCode": 200, "body": json.dumps({"key": event.get("routeKey")})}

    return aws.function("echo", handler), events


def test_the_most_special_route_answers(http_api: Any, echo: Any) -> None:
    """Literal before parameter, parameter before greedy, a method before ANY, then $default."""
    arn, _ = echo
    api = http_api()
    for key in (
        "GET /pets/{id}", "GET /pets/dog", "ANY /pets/{proxy+}", "ANY /pets/{id}", "$default",
    ):  # fmt: skip
        api.route(key, arn)

    def taken(method: str, path: str) -> str:
        return str(api.request(method, path).json["key"])

    assert taken("GET", "/pets/dog") == "GET /pets/dog"
    assert taken("GET", "/pets/cat") == "GET /pets/{id}"
    assert taken("POST", "/pets/cat") == "ANY /pets/{id}"
    assert taken("GET", "/pets/a/b") == "ANY /pets/{proxy+}"
    assert taken("GET", "/other") == "$default"


def test_no_route_is_not_found(http_api: Any, echo: Any) -> None:
    """With the message that HTTP APIs have for it, and the request's id."""
    api = http_api()
    api.route("GET /a", echo[0])
    reply = api.request("POST", "/a")
    assert (reply.status, reply.json) == (404, {"message": "Not Found"})
    assert reply.headers["apigw-requestid"]


def test_an_event_of_format_2(http_api: Any, echo: Any) -> None:
    """Field by field; what is empty is not there."""
    arn, [*_] = echo
    api = http_api()
    api.route("POST /pets/{id}", arn)
    body = b'{"name": "Rex"}'
    api.request(
        "POST", "/pets/a%20b?x=1&x=2&y=", body,
        Content_Type="application/json", Cookie="a=1; b=2", User_Agent="me", X_More="1",
    )  # fmt: skip
    [event] = echo[1]
    context = event.pop("requestContext")
    headers = event.pop("headers")
    assert event == {
        "version": "2.0",
        "routeKey": "POST /pets/{id}",
        "rawPath": "/pets/a%20b",
        "rawQueryString": "x=1&x=2&y=",
        "cookies": ["a=1", "b=2"],
        "queryStringParameters": {"x": "1,2", "y": ""},
        "body": body.decode(),
        "pathParameters": {"id": "a b"},
        "isBase64Encoded": False,
    }
    assert (headers["x-more"], headers["content-type"]) == ("1", "application/json")
    assert "cookie" not in headers
    assert context["http"] == {
        "method": "POST",
        "path": "/pets/a%20b",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "me",
    }
    assert (context["stage"], context["routeKey"]) == ("$default", "POST /pets/{id}")
    assert context["domainPrefix"] == api.id


def test_an_event_of_format_1(http_api: Any, echo: Any) -> None:
    """Close to a REST API's; what is empty is null."""
    arn, events = echo
    api = http_api()
    api.route("GET /pets/{id}", arn, version="1.0")
    api.request("GET", "/pets/7?x=1&x=2", X_A="1")
    [event] = events
    assert (event["version"], event["resource"], event["path"]) == ("1.0", "/pets/{id}", "/pets/7")
    assert event["multiValueQueryStringParameters"] == {"x": ["1", "2"]}
    assert event["queryStringParameters"] == {"x": "2"}
    assert (event["body"], event["stageVariables"]) == (None, None)
    assert event["requestContext"]["resourcePath"] == "/pets/{id}"


def test_what_is_no_text_comes_in_base64(http_api: Any, echo: Any) -> None:
    """Forms, too: only text, JSON, XML and JavaScript are text."""
    arn, events = echo
    api = http_api()
    api.route("POST /", arn)
    api.request("POST", "/", b"a=1", Content_Type="application/x-www-form-urlencoded")
    api.request("POST", "/", b"hello", Content_Type="text/plain")
    assert (events[0]["isBase64Encoded"], events[0]["body"]) == (
        True,
        base64.b64encode(b"a=1").decode(),
    )
    assert (events[1]["isBase64Encoded"], events[1]["body"]) == (False, "hello")


def test_a_named_stage_is_in_the_path(http_api: Any, echo: Any) -> None:
    """As the host leads to it, and as functions see it."""
    arn, events = echo
    api = http_api()
    api.client.create_stage(
        ApiId=api.id, StageName="dev", AutoDeploy=True, StageVariables={"a": "1"}
    )
    api.route("GET /a", arn)
    assert api.request("GET", "/dev/a").status == 200
    assert api.request("GET", "/a", stage="dev").status == 200
    assert api.request("GET", "/a", stage="none").status == 404
    assert {event["rawPath"] for event in events} == {"/dev/a"}
    assert events[0]["stageVariables"] == {"a": "1"}


@pytest.mark.parametrize(
    ("result", "status", "kind", "body"),
    [
        ({"hello": 1}, 200, "application/json", b'{"hello":1}'),
        ("hi", 200, "application/json", b"hi"),
        ({"statusCode": 201, "body": "made"}, 201, "text/plain;charset=utf-8", b"made"),
        (
            {"statusCode": 200, "body": "aGk=", "isBase64Encoded": True},
            200,
            "text/plain;charset=utf-8",
            b"hi",
        ),
    ],
)
def test_format_2_infers_a_reply(
    aws: Any, http_api: Any, result: Any, status: int, kind: str, body: bytes
) -> None:
    """What has no status code is the body of a 200."""
    api = http_api()
    api.route("GET /", aws.function("f", lambda _: result))
    reply = api.request("GET", "/")
    assert (reply.status, reply.headers["content-type"], reply.body) == (status, kind, body)


def test_cookies_are_lines_of_their_own(aws: Any, http_api: Any) -> None:
    """One Set-Cookie each."""
    api = http_api()
    result = {"statusCode": 200, "cookies": ["a=1", "b=2"], "headers": {"X-A": "1"}}
    api.route("GET /", aws.function("f", lambda _: result))
    fields = api.request("GET", "/").fields
    assert [value for name, value in fields if name == "Set-Cookie"] == ["a=1", "b=2"]


def test_a_function_that_fails_is_an_internal_error(aws: Any, http_api: Any) -> None:
    """And so is one that is not there, or answers nonsense in format 1.0."""

    def fail(_: Event) -> Any:
        raise RuntimeError("no")

    api = http_api()
    api.route("GET /fails", aws.function("fails", fail))
    api.route("GET /nonsense", aws.function("nonsense", lambda _: "x"), version="1.0")
    api.route("GET /gone", "arn:aws:lambda:us-east-1:000000000000:function:gone")
    for path in ("/fails", "/nonsense", "/gone"):
        reply = api.request("GET", path)
        assert (reply.status, reply.json) == (500, {"message": "Internal Server Error"})


def test_cors_is_answered_by_the_api(http_api: Any, echo: Any) -> None:
    """Preflights never reach a function; replies get the fields for origins that are allowed."""
    cors = {
        "AllowOrigins": ["https://shop.example"],
        "AllowMethods": ["GET", "POST"],
        "AllowHeaders": ["x-a"],
        "ExposeHeaders": ["x-b"],
        "AllowCredentials": True,
        "MaxAge": 60,
    }
    arn, events = echo
    api = http_api(CorsConfiguration=cors)
    api.route("ANY /a", arn)
    asks = {"Access_Control_Request_Method": "GET"}
    preflight = api.request("OPTIONS", "/a", Origin="https://shop.example", **asks)
    assert preflight.status == 204
    assert preflight.headers["access-control-allow-origin"] == "https://shop.example"
    assert preflight.headers["access-control-allow-methods"] == "GET,POST"
    assert preflight.headers["access-control-max-age"] == "60"
    assert events == []
    allowed = api.request("GET", "/a", Origin="https://shop.example").headers
    assert allowed["access-control-allow-credentials"] == "true"
    assert allowed["access-control-expose-headers"] == "x-b"
    other = api.request("GET", "/a", Origin="https://evil.example").headers
    assert "access-control-allow-origin" not in other


# ---- authorizers -----------------------------------------------------------------------------


def authorizer(api: Any, arn: str, **settings: Any) -> str:
    made = api.client.create_authorizer(
        ApiId=api.id, AuthorizerType="REQUEST", Name="a", AuthorizerUri=uri(arn),
        AuthorizerPayloadFormatVersion="2.0", IdentitySource=["$request.header.Authorization"],
        **settings,
    )  # fmt: skip
    return str(made["AuthorizerId"])


def uri(arn: str) -> str:
    return f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"


def test_a_simple_authorizer_lets_in_and_hands_its_context_on(
    aws: Any, http_api: Any, echo: Any
) -> None:
    """401 without an identity, 403 for a no."""
    asked: list[Event] = []

    def decide(event: Event) -> Any:
        asked.append(event)
        yes = event["identitySource"] == ["good"]
        return {"isAuthorized": yes, "context": {"user": "jane", "age": 7}}

    arn, events = echo
    api = http_api()
    id_ = authorizer(api, aws.function("decide", decide), EnableSimpleResponses=True)
    api.route("GET /a", arn, AuthorizationType="CUSTOM", AuthorizerId=id_)
    assert api.request("GET", "/a").status == 401
    refused = api.request("GET", "/a", Authorization="bad")
    assert (refused.status, refused.json) == (403, {"message": "Forbidden"})
    assert api.request("GET", "/a", Authorization="good").status == 200
    assert events[0]["requestContext"]["authorizer"] == {"lambda": {"user": "jane", "age": 7}}
    assert asked[0]["routeArn"].endswith(f":{api.id}/$default/GET/a")
    assert "body" not in asked[0]


def test_what_an_authorizer_said_is_remembered_for_its_time(
    aws: Any, http_api: Any, echo: Any
) -> None:
    """Per identity; none without a time to live."""
    calls: list[str] = []

    def decide(event: Event) -> Any:
        calls.append(event["identitySource"][0])
        return {"isAuthorized": True}

    api = http_api()
    arn = aws.function("decide", decide)
    id_ = authorizer(api, arn, EnableSimpleResponses=True, AuthorizerResultTtlInSeconds=60)
    api.route("GET /a", echo[0], AuthorizationType="CUSTOM", AuthorizerId=id_)
    for token in ("one", "one", "two"):
        assert api.request("GET", "/a", Authorization=token).status == 200
    assert calls == ["one", "two"]
    api.client.reset_authorizers_cache(ApiId=api.id, StageName="$default")
    api.request("GET", "/a", Authorization="one")
    assert calls == ["one", "two", "one"]


def test_an_authorizer_with_a_policy(aws: Any, http_api: Any, echo: Any) -> None:
    """The policy is about the route's ARN."""

    def decide(event: Event) -> Any:
        statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*/GET/a"}
        return {"principalId": "jane", "policyDocument": {"Statement": [statement]}}

    api = http_api()
    id_ = authorizer(api, aws.function("decide", decide))
    for key in ("GET /a", "GET /b"):
        api.route(key, echo[0], AuthorizationType="CUSTOM", AuthorizerId=id_)
    assert api.request("GET", "/a", Authorization="x").status == 200
    assert api.request("GET", "/b", Authorization="x").status == 403


@pytest.fixture
def tokens(aws: Any) -> Any:
    """A pool's client id, issuer, and the tokens of one user."""
    cognito = aws.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="shop")["UserPool"]["Id"]
    flows = ["ALLOW_ADMIN_USER_PASSWORD_AUTH"]
    client = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName="app", ExplicitAuthFlows=flows
    )["UserPoolClient"]["ClientId"]
    cognito.admin_create_user(UserPoolId=pool, Username="jane", MessageAction="SUPPRESS")
    cognito.admin_set_user_password(
        UserPoolId=pool, Username="jane", Password="Secret-123", Permanent=True
    )
    result = cognito.admin_initiate_auth(
        UserPoolId=pool, ClientId=client, AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "jane", "PASSWORD": "Secret-123"},
    )["AuthenticationResult"]  # fmt: skip
    return client, f"https://cognito-idp.us-east-1.amazonaws.com/{pool}", result["IdToken"]


def test_a_jwt_of_the_issuer_and_audience_is_let_in(http_api: Any, echo: Any, tokens: Any) -> None:
    """Claims are handed on; another audience, a changed token and none are 401."""
    client, issuer, token = tokens
    arn, events = echo
    api = http_api()

    def jwt(name: str, audience: str) -> str:
        made = api.client.create_authorizer(
            ApiId=api.id, AuthorizerType="JWT", Name=name,
            IdentitySource=["$request.header.Authorization"],
            JwtConfiguration={"Issuer": issuer, "Audience": [audience]},
        )  # fmt: skip
        return str(made["AuthorizerId"])

    right, wrong = jwt("right", client), jwt("wrong", "another")
    api.route("GET /a", arn, AuthorizationType="JWT", AuthorizerId=right)
    api.route("GET /b", arn, AuthorizationType="JWT", AuthorizerId=wrong)
    api.route(
        "GET /c", arn, AuthorizationType="JWT", AuthorizerId=right, AuthorizationScopes=["admin"]
    )
    assert api.request("GET", "/a", Authorization=f"Bearer {token}").status == 200
    claims = events[0]["requestContext"]["authorizer"]["jwt"]["claims"]
    assert (claims["aud"], claims["cognito:username"]) == (client, "jane")
    header, payload, _ = token.split(".")
    changed = f"{header}.{payload}.{base64.urlsafe_b64encode(b'x' * 256).decode().rstrip('=')}"
    for path, given in (("/b", token), ("/a", changed), ("/a", "nonsense")):
        reply = api.request("GET", path, Authorization=f"Bearer {given}")
        assert (reply.status, reply.json) == (401, {"message": "Unauthorized"})
        assert "invalid_token" in reply.headers["www-authenticate"]
    assert api.request("GET", "/a").status == 401
    scope = api.request("GET", "/c", Authorization=f"Bearer {token}")
    assert (scope.status, scope.json) == (403, {"message": "Forbidden"})


def test_a_route_for_signed_requests_only(aws: Any, http_api: Any, echo: Any) -> None:
    """AWS_IAM. The event names the user whose key it is; other keys stand for the account."""
    arn, events = echo
    api = http_api()
    api.route("GET /a", arn, AuthorizationType="AWS_IAM")
    assert api.request("GET", "/a").status == 403
    iam = aws.client("iam")
    user = iam.create_user(UserName="jane")["User"]
    jane = iam.create_access_key(UserName="jane")["AccessKey"]["AccessKeyId"]
    callers = []
    for key in (jane, "AKIA0000000000000000", "test"):
        signed = f"AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/execute-api/aws4_request"
        assert api.request("GET", "/a", Authorization=signed).status == 200
        identity = events[-1]["requestContext"]["authorizer"]["iam"]
        assert identity["accessKey"] == key
        callers.append((identity["userArn"], identity["userId"]))
    root = ("arn:aws:iam::000000000000:root", "000000000000")
    assert callers == [(user["Arn"], user["UserId"]), root, root]


# ---- other integrations ----------------------------------------------------------------------


def test_a_message_is_sent_to_a_queue(aws: Any, http_api: Any) -> None:
    """Parameters are selected out of the request."""
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    api = http_api()
    integration = api.client.create_integration(
        ApiId=api.id, IntegrationType="AWS_PROXY", IntegrationSubtype="SQS-SendMessage",
        PayloadFormatVersion="1.0", CredentialsArn="arn:aws:iam::000000000000:role/r",
        RequestParameters={"QueueUrl": url, "MessageBody": "$request.body.order"},
    )["IntegrationId"]  # fmt: skip
    api.client.create_route(
        ApiId=api.id, RouteKey="POST /orders", Target=f"integrations/{integration}"
    )
    reply = api.request("POST", "/orders", b'{"order": {"id": 1}}')
    assert reply.status == 200
    assert reply.json["MessageId"]
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"]) == {"id": 1}


def test_a_service_that_refuses_says_why(aws: Any, http_api: Any) -> None:
    """With its own status."""
    api = http_api()
    integration = api.client.create_integration(
        ApiId=api.id, IntegrationType="AWS_PROXY", IntegrationSubtype="EventBridge-PutEvents",
        PayloadFormatVersion="1.0", CredentialsArn="arn:aws:iam::000000000000:role/r",
        RequestParameters={
            "Detail": "$request.body", "DetailType": "order", "Source": "shop",
            "EventBusName": "none/of/this name",
        },
    )["IntegrationId"]  # fmt: skip
    api.client.create_route(ApiId=api.id, RouteKey="POST /", Target=f"integrations/{integration}")
    assert api.request("POST", "/", b"{}").status in (200, 400)


def test_a_domain_names_mapping_leads_to_the_api(aws: Any, http_api: Any, echo: Any) -> None:
    """The longest key that the path begins with."""
    arn, events = echo
    api = http_api()
    api.route("GET /pets", arn)
    api.client.create_domain_name(DomainName="api.shop.example")
    api.client.create_api_mapping(
        DomainName="api.shop.example", ApiId=api.id, Stage="$default", ApiMappingKey="v1/x"
    )
    from chalice_offline.core.context import Caller

    request = {
        "method": "GET", "path": "/v1/x/pets", "host": "api.shop.example", "headers": [],
    }  # fmt: skip
    reply = aws.emulator.call("execute-api", "Request", request, Caller())
    if not isinstance(reply, dict):
        aws.driver.wait(reply)
        reply = reply.result()
    assert reply["statusCode"] == 200
    assert events[0]["rawPath"] == "/pets"


def test_an_integration_has_its_own_time(aws: Any, http_api: Any) -> None:
    """503 after TimeoutInMillis, 30 s at most."""
    arn = aws.function("slow", lambda _: time.sleep(40), timeout_seconds=60)
    api = http_api()
    route = api.route("GET /slow", arn)
    started = aws.now
    reply = api.request("GET", "/slow")
    assert (reply.status, reply.json) == (503, {"message": "Service Unavailable"})
    assert (aws.now - started).total_seconds() == 30
    target = api.client.get_route(ApiId=api.id, RouteId=route)["Target"].rpartition("/")[2]
    api.client.update_integration(ApiId=api.id, IntegrationId=target, TimeoutInMillis=2_000)
    started = aws.now
    assert api.request("GET", "/slow").status == 503
    assert (aws.now - started).total_seconds() == 2


def test_requests_are_logged_as_the_stage_says(aws: Any, http_api: Any, echo: Any) -> None:
    """One line each, refused ones too."""
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="access")
    api = http_api()
    api.route("GET /a", echo[0])
    api.client.update_stage(
        ApiId=api.id,
        StageName="$default",
        AccessLogSettings={
            "DestinationArn": "arn:aws:logs:us-east-1:000000000000:log-group:access",
            "Format": "$context.httpMethod $context.path $context.routeKey $context.status",
        },
    )
    api.request("GET", "/a")
    api.request("GET", "/b")
    found = logs.filter_log_events(logGroupName="access")["events"]
    assert sorted(one["message"] for one in found) == ["GET /a GET /a 200", "GET /b - 404"]


def test_a_disabled_endpoint_is_not_found(http_api: Any, echo: Any) -> None:
    """Its own address; it is there again when it is enabled."""
    api = http_api(DisableExecuteApiEndpoint=True)
    api.route("GET /a", echo[0])
    assert api.request("GET", "/a").status == 404
    api.client.update_api(ApiId=api.id, DisableExecuteApiEndpoint=False)
    assert api.request("GET", "/a").status == 200
