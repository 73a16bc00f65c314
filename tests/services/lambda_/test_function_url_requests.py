"""A function's URL answers as Lambda's front end does: events, replies, CORS, refusals."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from chalice_offline.core.http import Headers, HttpRequest
from chalice_offline.core.pending import Pending
from chalice_offline.transports.gateway import Gateway

if TYPE_CHECKING:
    from chalice_offline.core.http import HttpResponse

    from .conftest import Uploads

ECHO = "def handler(event, context):\n    return {'statusCode': 200, 'body': event}\n"
PAGE = {"Origin": "https://shop.example"}
SIGNED = "AWS4-HMAC-SHA256 Credential=111111111111/20260101/us-east-1/lambda/aws4_request"


class Site:
    """A function behind a URL, and its clients."""

    def __init__(self, uploads: Uploads) -> None:
        self.uploads, self.aws = uploads, uploads.aws
        self.gateway = Gateway(self.aws.emulator)
        self.host = ""

    def open(self, code: str = ECHO, qualifier: str = "", **settings: Any) -> None:
        """Create a function that has a URL."""
        self.uploads.create(code=code)
        self.give_url(qualifier, **settings)

    def give_url(self, qualifier: str = "", **settings: Any) -> None:
        """Give the function, or a version of it, a URL."""
        wanted = {"AuthType": "NONE", "FunctionName": "work"} | settings
        if qualifier:
            wanted["Qualifier"] = qualifier
        made = self.uploads.lambda_.create_function_url_config(**wanted)
        self.host = f"{urlsplit(made['FunctionUrl']).netloc.split('.')[0]}.lambda-url.us-east-1"

    def returning(self, returned: Any, **settings: Any) -> None:
        """Create a function that returns the same each time."""
        self.open(f"def handler(event, context):\n    return {returned!r}\n", **settings)

    def ask(self, target: str = "/", method: str = "GET", body: bytes = b"", **fields: str) -> Any:
        """Send a request, and wait for the reply."""
        host = f"{self.host}.localhost:4566"
        headers = Headers([("Host", host), *((k.replace("_", "-"), v) for k, v in fields.items())])
        request = HttpRequest(method, f"http://{host}{target}", headers, body)
        reply = self.gateway.handle(request)
        if isinstance(reply, Pending):
            self.aws.driver.expect(reply)
            if not reply.done:
                self.aws.settle()
            return reply.result()
        return reply

    def event(self, *args: Any, **options: Any) -> Any:
        """Send a request; return the event that the function got."""
        return json.loads(self.ask(*args, **options).body)


@pytest.fixture
def site(uploads: Uploads) -> Site:
    return Site(uploads)


def test_the_event_is_payload_format_2(site: Site) -> None:
    """Each field of a request is where AWS's payload format 2.0 has it."""
    site.open()
    fields = {"User_Agent": "test/1", "Cookie": "a=1; b=2", "Content_Type": "application/json"}
    asked_at = site.aws.now
    event = site.event("/shop/1%2F2?q=x&many=1&many=2%263", "POST", b'{"a": 1}', **fields)
    context = event.pop("requestContext")
    headers = event.pop("headers")
    assert event == {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/shop/1%2F2",
        "rawQueryString": "q=x&many=1&many=2%263",
        "cookies": ["a=1", "b=2"],
        "queryStringParameters": {"q": "x", "many": "1,2&3"},
        "body": '{"a": 1}',
        "isBase64Encoded": False,
    }
    assert headers["content-type"] == "application/json"
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-forwarded-port"] == "4566"
    assert headers["x-forwarded-proto"] == "http"
    assert headers["x-amzn-trace-id"].startswith("Root=1-")
    assert "cookie" not in headers
    assert context.pop("http") == {
        "method": "POST",
        "path": "/shop/1/2",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "test/1",
    }
    prefix = site.host.partition(".")[0]
    assert (context["apiId"], context["domainPrefix"]) == (prefix, prefix)
    assert context["domainName"] == f"{site.host}.localhost:4566"
    assert (context["accountId"], context["stage"], context["routeKey"]) == (
        "anonymous",
        "$default",
        "$default",
    )
    assert context["timeEpoch"] == round(asked_at.timestamp() * 1000)
    assert context["time"].endswith("+0000")


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("image/png", b"\x89PNG"),
        ("application/x-www-form-urlencoded", b"a=1"),
        ("text/plain", b"\xff"),
    ],
)
def test_what_is_no_text_comes_in_base64(site: Site, content_type: str, body: bytes) -> None:
    """A body of another type, or that is no UTF-8, is encoded."""
    site.open()
    event = site.event("/", "POST", body, Content_Type=content_type)
    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == body


def test_a_request_without_a_body_has_no_body_member(site: Site) -> None:
    """There is neither `body` nor `queryStringParameters` nor `cookies` when none was sent."""
    site.open()
    event = site.event()
    assert {"body", "queryStringParameters", "cookies"}.isdisjoint(event)
    assert event["isBase64Encoded"] is False


@pytest.mark.parametrize(
    ("returned", "body"),
    [
        ({"hello": "world"}, b'{"hello":"world"}'),
        (["hello", 3, True], b'["hello",3,true]'),
        ("hello", b"hello"),
        (3.1, b"3.1"),
        (True, b"true"),
    ],
)
def test_what_is_no_response_is_the_body(site: Site, returned: Any, body: bytes) -> None:
    """Anything without a statusCode is a 200 in JSON (recorded on AWS)."""
    site.returning(returned)
    reply: HttpResponse = site.ask()
    assert (reply.status, reply.headers["content-type"], reply.body) == (
        200,
        "application/json",
        body,
    )


def test_a_response_says_status_fields_cookies_and_bytes(site: Site) -> None:
    """statusCode may be digits in a string; each cookie is a field of its own."""
    site.returning(
        {
            "statusCode": "418",
            "headers": {"Content-Type": "image/png", "X-Count": 3},
            "cookies": ["a=1; HttpOnly", "b=2"],
            "body": base64.b64encode(b"\x00\x01").decode(),
            "isBase64Encoded": True,
        }
    )
    reply = site.ask()
    assert (reply.status, reply.body) == (418, b"\x00\x01")
    assert reply.headers["content-type"] == "image/png"
    assert reply.headers["x-count"] == "3"
    assert reply.headers["set-cookie"] == "a=1; HttpOnly\nb=2"
    assert reply.headers["x-amzn-requestid"]


@pytest.mark.parametrize(
    "returned",
    [
        {"statusCode": "soon"},
        {"statusCode": 999},
        {"statusCode": 200, "headers": [1]},
        {"statusCode": 200, "body": "%", "isBase64Encoded": True},
    ],
)
def test_a_malformed_response_is_a_502(site: Site, returned: Any) -> None:
    """What cannot be made a response is answered as a failure."""
    site.returning(returned)
    reply = site.ask()
    assert (reply.status, reply.body) == (502, b"Internal Server Error")


def test_a_function_that_fails_is_a_502(site: Site) -> None:
    """The client does not learn why (recorded on AWS)."""
    site.open("def handler(event, context):\n    raise ValueError('secret')\n")
    reply = site.ask()
    assert (reply.status, reply.body) == (502, b"Internal Server Error")


def test_a_function_without_concurrency_is_a_429(site: Site) -> None:
    """Throttled requests say why."""
    site.open()
    site.uploads.lambda_.put_function_concurrency(
        FunctionName="work", ReservedConcurrentExecutions=0
    )
    reply = site.ask()
    assert reply.status == 429
    assert json.loads(reply.body)["Message"] == "Rate Exceeded."


def test_an_unknown_url_is_a_403(site: Site) -> None:
    """Lambda does not tell whether there ever was such a URL (recorded on AWS)."""
    site.host = "0123456789abcdef.lambda-url.us-east-1"
    reply = site.ask()
    assert (reply.status, reply.body) == (403, b'{"Message":null}')
    assert reply.headers["x-amzn-errortype"] == "AccessDeniedException"
    assert reply.headers["content-type"] == "application/json"


def test_a_url_with_iam_wants_a_signature(site: Site) -> None:
    """Without one it is forbidden; with one the event says who signed."""
    site.open(AuthType="AWS_IAM")
    refused = site.ask()
    assert refused.status == 403
    assert json.loads(refused.body)["Message"].startswith("Forbidden")
    context = site.event(Authorization=SIGNED)["requestContext"]
    assert context["accountId"] == "111111111111"
    assert context["authorizer"]["iam"]["accountId"] == "111111111111"


def test_lambda_answers_preflights_itself(site: Site) -> None:
    """A URL with CORS settings answers OPTIONS of browsers; the function is not run."""
    cors = {
        "AllowOrigins": ["https://shop.example"],
        "AllowMethods": ["GET", "POST"],
        "AllowHeaders": ["x-token"],
        "MaxAge": 60,
    }
    site.open("def handler(event, context):\n    raise ValueError\n", Cors=cors)
    reply = site.ask(method="OPTIONS", **PAGE, Access_Control_Request_Method="POST")
    assert reply.status == 200
    assert reply.headers["access-control-allow-origin"] == "https://shop.example"
    assert reply.headers["access-control-allow-methods"] == "GET,POST"
    assert reply.headers["access-control-allow-headers"] == "x-token"
    assert reply.headers["access-control-max-age"] == "60"
    other = site.ask(
        method="OPTIONS", Origin="https://other.example", Access_Control_Request_Method="POST"
    )
    assert "access-control-allow-origin" not in other.headers


def test_settings_of_the_url_replace_cors_fields_of_the_function(site: Site) -> None:
    """Replies to pages say what the URL's settings say."""
    own = {"Access-Control-Allow-Origin": "https://own.example"}
    site.returning(
        {"statusCode": 200, "headers": own},
        Cors={"AllowOrigins": ["*"], "ExposeHeaders": ["x-count"], "AllowCredentials": True},
    )
    reply = site.ask(**PAGE)
    assert reply.headers["access-control-allow-origin"] == "https://shop.example"
    assert reply.headers["access-control-allow-credentials"] == "true"
    assert reply.headers["access-control-expose-headers"] == "x-count"


def test_response_stream_passes_on_what_the_function_gave(site: Site) -> None:
    """In that mode a statusCode means nothing to Lambda: the reply is the payload itself."""
    site.returning({"statusCode": 201, "body": "x"}, InvokeMode="RESPONSE_STREAM")
    reply = site.ask()
    assert (reply.status, json.loads(reply.body)) == (200, {"statusCode": 201, "body": "x"})


def test_an_alias_has_a_url_of_its_own(site: Site) -> None:
    """It runs the alias's version, and goes when the alias does."""
    lambda_ = site.uploads.lambda_
    code = "def handler(event, context):\n    return [context.function_version]\n"
    site.uploads.create(code=code, Publish=True)
    lambda_.create_alias(FunctionName="work", Name="live", FunctionVersion="1")
    site.give_url("live")
    assert site.event() == ["1"]
    lambda_.delete_alias(FunctionName="work", Name="live")
    assert site.ask().status == 403


def test_a_request_to_a_url_is_in_the_journal(site: Site) -> None:
    """It is a call like any other, and the run follows from it."""
    site.open()
    site.ask()
    entries = list(site.aws.emulator.journal.entries())
    call = next(one for one in entries if one.subject == "lambda.InvokeFunctionUrl")
    run = next(one for one in entries if one.kind == "run")
    assert call.is_input
    assert run.causes == (call.number,)
