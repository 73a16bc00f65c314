"""Requests to what users built, through the same gateway as AWS's own API."""

from __future__ import annotations

import json

import pytest

from chalice_offline.composition import compose
from chalice_offline.core.context import Caller
from chalice_offline.core.http import Headers, HttpRequest, HttpResponse
from chalice_offline.core.pending import Pending
from chalice_offline.core.run import Outcome
from chalice_offline.drivers.virtual import VirtualDriver
from chalice_offline.protocols import detect, parse, sent_to_stage, serialize
from chalice_offline.services.lambda_ import FunctionSettings, LambdaState
from chalice_offline.transports.gateway import Gateway


def request(url: str, method: str = "GET", body: bytes = b"", **headers: str) -> HttpRequest:
    return HttpRequest(method, url, Headers(headers.items()), body)


@pytest.mark.parametrize(
    ("url", "api_id", "stage", "path"),
    [
        ("http://x1.execute-api.localhost:4566/dev/a//b", "x1", "", "/dev/a//b"),
        ("https://x1.execute-api.eu-west-1.amazonaws.com/", "x1", "", "/"),
        ("http://localhost:4566/_aws/execute-api/x1/dev//a%20b", "x1", "dev", "//a%20b"),
        ("http://localhost:4566/_aws/execute-api/x1/dev", "x1", "dev", "/"),
        ("http://localhost:4566/restapis/x1/dev/_user_request_", "x1", "dev", "/"),
        ("http://localhost:4566/restapis/x1/dev/_user_request_/a/", "x1", "dev", "/a/"),
    ],
)
def test_an_api_is_named_by_host_or_path(url: str, api_id: str, stage: str, path: str) -> None:
    """Whatever follows the address is the path, as it was sent."""
    asked = request(url)
    target = detect(asked)
    assert (target.service, target.operation) == ("execute-api", "Request")
    parameters = parse(target, asked)
    assert (parameters["apiId"], parameters.get("stage", "")) == (api_id, stage)
    assert parameters["path"] == path


def test_api_gateways_own_api_is_not_an_app() -> None:
    """/restapis/ID/dev is the control plane's, and so is a path that only begins alike."""
    for path in ("/restapis/x1/resources", "/restapis/x1/dev/_user_request_s"):
        signed = "AWS4-HMAC-SHA256 Credential=t/20261126/us-east-1/apigateway/aws4_request"
        assert detect(request(f"http://localhost{path}", authorization=signed)).service == (
            "apigateway"
        )


def test_requests_to_a_port_of_its_own_get_the_address() -> None:
    """Path and query stay as they were sent."""
    sent = sent_to_stage(request("http://localhost:8000//a?q=1%202"), "x1", "api")
    assert sent.url == "http://localhost:8000//a?q=1%202"
    parameters = parse(detect(sent), sent)
    assert (parameters["apiId"], parameters["stage"]) == ("x1", "api")
    assert (parameters["path"], parameters["rawQuery"]) == ("//a", "q=1%202")
    assert sent.host == "localhost:8000"


def test_cookies_are_lines_and_other_fields_share_one() -> None:
    """RFC 6265, section 3: several cookies cannot share a line."""
    asked = request("http://localhost/_aws/execute-api/x1/dev/")
    pairs = [("Set-Cookie", "a=1"), ("Vary", "a"), ("set-cookie", "b=2"), ("vary", "b")]
    reply = serialize(detect(asked), {"statusCode": 200, "headers": pairs, "body": b""}, "")
    assert dict(reply.headers) == {"set-cookie": "a=1\nb=2", "vary": "a, b"}


def test_a_body_in_a_file_is_read() -> None:
    """An API never sees where the door kept the payload."""
    emulator = compose(VirtualDriver())
    blob = emulator.storage.blobs.get(emulator.storage.blobs.add([b"large"]))
    asked = HttpRequest("PUT", "http://localhost/_aws/execute-api/x/s/", Headers(), b"", blob)
    assert parse(detect(asked), asked)["body"] == b"large"


def test_who_waits_for_an_api_is_answered_when_the_emulator_stops() -> None:
    """503 in API Gateway's form, and the function's later outcome answers nobody twice."""
    driver = VirtualDriver(run_function=lambda _run: Outcome(b'{"statusCode": 200}'))
    emulator = compose(driver)
    gateway = Gateway(emulator)
    function = FunctionSettings(name="slow", account_id="000000000000", region="us-east-1")
    emulator.registry.state("lambda", LambdaState).register(function)
    integration = {
        "type": "aws_proxy",
        "httpMethod": "POST",
        "uri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
        f"{function.arn}/invocations",
    }
    document = {
        "swagger": "2.0",
        "info": {"title": "slow"},
        "paths": {"/": {"get": {"x-amazon-apigateway-integration": integration}}},
    }
    body = json.dumps(document).encode()
    made = emulator.call("apigateway", "ImportRestApi", {"body": body}, Caller())
    assert isinstance(made, dict)
    deployment = {"restApiId": made["id"], "stageName": "dev"}
    emulator.call("apigateway", "CreateDeployment", deployment, Caller())
    reply = gateway.handle(request(f"http://localhost/_aws/execute-api/{made['id']}/dev/"))
    assert isinstance(reply, Pending)
    gateway.close()
    answered = reply.result()
    stopping = {"message": "The emulator is stopping."}
    assert (answered.status, json.loads(answered.body)) == (503, stopping)
    driver.settle(1000)
    assert reply.result() is answered


def test_an_unknown_api_is_forbidden() -> None:
    """In API Gateway's words, whatever the host's case."""
    gateway = Gateway(compose(VirtualDriver()))
    reply = gateway.handle(request("http://NONE.execute-api.localhost:4566/dev/"))
    assert isinstance(reply, HttpResponse)
    assert (reply.status, json.loads(reply.body)) == (403, {"message": "Forbidden"})
    assert reply.headers["x-amzn-errortype"] == "ForbiddenException"


def test_header_fields_come_one_by_one_as_they_were_spelled() -> None:
    """API Gateway hands names on as they came, and every value of a field that repeats."""
    fields = ((b"X-Tag", b"a"), (b"x-TAG", b"b"))
    asked = HttpRequest(
        "GET", "http://localhost/_aws/execute-api/x/s/", Headers([("x-tag", "a, b")]), fields=fields
    )
    assert parse(detect(asked), asked)["headers"] == (("X-Tag", "a"), ("x-TAG", "b"))
