"""HTTP tasks: APIs outside through connections, and APIs of API Gateway."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalice_offline.core.http import Headers, HttpRequest, HttpResponse

BASIC = {"BasicAuthParameters": {"Username": "user", "Password": "pass"}}
API_KEY = {
    "ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "k"},
    "InvocationHttpParameters": {
        "HeaderParameters": [{"Key": "X-Shop", "Value": "s"}],
        "QueryStringParameters": [{"Key": "v", "Value": "2"}],
        "BodyParameters": [{"Key": "tenant", "Value": "t"}],
    },
}
OAUTH = {
    "OAuthParameters": {
        "AuthorizationEndpoint": "https://login.example.com/token",
        "ClientParameters": {"ClientID": "id", "ClientSecret": "secret"},
        "HttpMethod": "POST",
    }
}


class Outside:
    """The world outside: records requests, answers from a list."""

    def __init__(self, workflows: Any) -> None:
        self.requests: list[HttpRequest] = []
        self.replies: list[HttpResponse | OSError] = []
        self.tokens = 0
        workflows.aws.driver.send_request = self._answer

    def _answer(self, request: HttpRequest, timeout_ms: int) -> HttpResponse:
        if request.url.startswith("https://login.example.com"):
            self.tokens += 1
            return HttpResponse(200, body=json.dumps({"access_token": f"t{self.tokens}"}).encode())
        assert timeout_ms == 60_000
        self.requests.append(request)
        reply = self.replies.pop(0)
        if isinstance(reply, OSError):
            raise reply
        return reply


@pytest.fixture
def outside(workflows: Any) -> Outside:
    return Outside(workflows)


def _json(value: Any, status: int = 200) -> HttpResponse:
    headers = Headers([("content-type", "application/json")])
    return HttpResponse(status, headers, json.dumps(value).encode())


def _connect(workflows: Any, kind: str, parameters: dict[str, Any]) -> str:
    reply = workflows.aws.client("events").create_connection(
        Name="c", AuthorizationType=kind, AuthParameters=parameters
    )
    return str(reply["ConnectionArn"])


def _http(connection: str, **parameters: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::http:invoke",
        "Parameters": {
            "ApiEndpoint": "https://bank.example.com/accounts",
            "Method": "POST",
            "Authentication": {"ConnectionArn": connection},
            **parameters,
        },
    }


def test_a_connection_adds_what_it_has(workflows: Any, definition: Any, outside: Outside) -> None:
    """Key, header fields, query and body parameters; the reply is the result."""
    arn = _connect(workflows, "API_KEY", API_KEY)
    outside.replies = [_json({"ok": True})]
    state = _http(arn, RequestBody={"iban": "x"}, QueryParameters={"q": ["a b", 1]})
    found = workflows.run(definition(state))
    assert found["output"] == {
        "Headers": {"content-type": ["application/json"]},
        "ResponseBody": {"ok": True},
        "StatusCode": 200,
        "StatusText": "OK",
    }
    (sent,) = outside.requests
    assert sent.url == "https://bank.example.com/accounts?q=a%20b&q=1&v=2"
    assert (sent.headers["x-key"], sent.headers["x-shop"]) == ("k", "s")
    assert json.loads(sent.body) == {"iban": "x", "tenant": "t"}
    assert sent.headers["user-agent"] == "Amazon|StepFunctions|HttpInvoke|us-east-1"


def test_a_status_is_an_error_that_can_be_retried(
    workflows: Any, definition: Any, outside: Outside
) -> None:
    """503, then nothing at all, then the answer."""
    arn = _connect(workflows, "BASIC", BASIC)
    outside.replies = [_json({"why": "busy"}, 503), OSError("no route"), _json("done")]
    names = ["States.Http.StatusCode.503", "States.Http.Socket"]
    retry = [{"ErrorEquals": names, "IntervalSeconds": 1}]
    found = workflows.run(definition({**_http(arn), "Retry": retry}))
    assert found["output"]["ResponseBody"] == "done"
    assert outside.requests[0].headers["authorization"] == "Basic dXNlcjpwYXNz"
    outside.replies = [_json({"why": "busy"}, 400)]
    found = workflows.run(definition(_http(arn)))
    assert (found["error"], found["cause"]) == ("States.Http.StatusCode.400", '{"why":"busy"}')


def test_a_refused_access_token_is_renewed_once(
    workflows: Any, definition: Any, outside: Outside
) -> None:
    """The second token is taken; a second refusal would be the task's failure."""
    arn = _connect(workflows, "OAUTH_CLIENT_CREDENTIALS", OAUTH)
    workflows.aws.settle()
    outside.replies = [_json({}, 401), _json({"ok": 1})]
    found = workflows.run(definition(_http(arn)))
    assert found["output"]["ResponseBody"] == {"ok": 1}
    assert [one.headers["authorization"] for one in outside.requests] == ["Bearer t1", "Bearer t2"]


def test_a_form_is_encoded_as_asked(workflows: Any, definition: Any, outside: Outside) -> None:
    """Stripe's way: brackets with indexes."""
    arn = _connect(workflows, "BASIC", BASIC)
    outside.replies = [_json({})]
    body = {"a": [1, 2], "b": {"c": "x y"}}
    state = _http(arn, RequestBody=body, Transform={"RequestBodyEncoding": "URL_ENCODED"})
    workflows.run(definition(state))
    assert outside.requests[0].body == b"a%5B0%5D=1&a%5B1%5D=2&b%5Bc%5D=x%20y"
    assert outside.requests[0].headers["content-type"] == "application/x-www-form-urlencoded"


def test_no_connection_no_request(workflows: Any, definition: Any, outside: Outside) -> None:
    """One that is not there, and none at all."""
    gone = "arn:aws:events:us-east-1:000000000000:connection/none/1"
    found = workflows.run(definition(_http(gone)))
    assert found["error"] == "Events.ConnectionResource.NotFound"
    found = workflows.run(definition(_http("")))
    assert found["error"] == "States.Runtime"
    assert not outside.requests


@pytest.mark.parametrize(
    "endpoint",
    ["{}.execute-api.us-east-1.amazonaws.com", "http://localhost:4566/restapis/{}"],
)
def test_an_api_of_the_same_emulator_is_asked(
    workflows: Any, definition: Any, endpoint: str
) -> None:
    """Path, query and body reach the integration; what is not there is an error by status."""
    function = workflows.aws.function(
        "api",
        lambda event: {
            "statusCode": 200,
            "body": json.dumps([event["path"], event["queryStringParameters"], event["body"]]),
        },
    )
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"
    integration = {"type": "aws_proxy", "httpMethod": "POST", "uri": uri}
    method = {"responses": {}, "x-amazon-apigateway-integration": integration}
    document = {
        "swagger": "2.0",
        "info": {"title": "shop"},
        "paths": {"/stores": {"post": method}},
    }
    gateway = workflows.aws.client("apigateway")
    api_id = gateway.import_rest_api(body=json.dumps(document))["id"]
    gateway.create_deployment(restApiId=api_id, stageName="dev")

    def state(path: str) -> dict[str, Any]:
        return {
            "Type": "Task",
            "Resource": "arn:aws:states:::apigateway:invoke",
            "Parameters": {
                "ApiEndpoint": endpoint.format(api_id),
                "Method": "POST",
                "Stage": "dev",
                "Path": path,
                "QueryParameters": {"q": ["1"]},
                "RequestBody": {"a": 1},
            },
        }

    output = workflows.run(definition(state("/stores")))["output"]
    assert (output["StatusCode"], output["StatusText"]) == (200, "OK")
    assert output["ResponseBody"] == ["/stores", {"q": "1"}, '{"a":1}']
    headers = output["Headers"]
    assert headers["Connection"] == ["keep-alive"]
    assert headers["Content-Length"] == [str(len('["/stores", {"q": "1"}, "{\\"a\\":1}"]'))]
    assert headers["X-Cache"] == ["Miss from cloudfront"]
    assert len(headers["Date"]) == 1
    found = workflows.run(definition(state("/none")))
    assert found["error"] == "ApiGateway.403"
    assert json.loads(found["cause"]) == {"message": "Missing Authentication Token"}
