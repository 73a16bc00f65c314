"""HTTP APIs before HTTP endpoints: what these get, and what of their replies goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.core.http import Headers, HttpResponse

if TYPE_CHECKING:
    from chalice_offline.core.http import HttpRequest


class Backend:
    """Answers what is sent outside, and remembers it."""

    def __init__(self) -> None:
        self.requests: list[HttpRequest] = []
        self.is_there = True

    def answer(self, request: HttpRequest, timeout_ms: int) -> HttpResponse:
        self.requests.append(request)
        if not self.is_there:
            raise OSError("nobody answers")
        fields = Headers([("content-type", "application/json"), ("x-kept", "yes")])
        return HttpResponse(404, fields, b'{"why": {"code": "E1"}}')


@pytest.fixture
def backend(aws: Any) -> Backend:
    made = Backend()
    aws.driver.send_request = made.answer
    return made


def proxy(api: Any, key: str, uri: str, **settings: Any) -> None:
    made = api.client.create_integration(
        ApiId=api.id,
        IntegrationType="HTTP_PROXY",
        IntegrationUri=uri,
        IntegrationMethod="ANY",
        **settings,
    )["IntegrationId"]
    api.client.create_route(ApiId=api.id, RouteKey=key, Target=f"integrations/{made}")


def test_a_request_is_passed_on_and_its_reply_back(http_api: Any, backend: Backend) -> None:
    """Path parameters are put into the URI; method, query and body are the client's."""
    api = http_api()
    proxy(api, "ANY /items/{id}", "http://shop.example/v1/{id}")
    reply = api.request("PUT", "/items/a%20b?q=1&q=2", b"body", X_Own="1")
    (sent,) = backend.requests
    assert (sent.method, sent.url) == ("PUT", "http://shop.example/v1/a%20b?q=1&q=2")
    assert (sent.body, sent.headers["x-own"]) == (b"body", "1")
    assert reply.status == 404
    assert reply.headers["x-kept"] == "yes"
    assert reply.json == {"why": {"code": "E1"}}


def test_parameters_are_mapped_both_ways(http_api: Any, backend: Backend) -> None:
    """Appended, overwritten, removed; out of the request, and out of the reply."""
    api = http_api()
    proxy(
        api,
        "POST /a/{who}",
        "http://shop.example/a",
        RequestParameters={
            "overwrite:path": "/b/$request.path.who",
            "append:header.x-from": "$request.header.x-own",
            "overwrite:header.x-mixed": "${request.querystring.q}-$context.stage",
            "remove:header.x-own": "''",
            "append:querystring.name": "$request.body.name",
        },
        ResponseParameters={
            "404": {
                "overwrite:statuscode": "409",
                "append:header.x-code": "$response.body.why.code",
                "overwrite:header.x-kept": "${response.header.x-kept}-${context.stage}",
                "remove:header.content-type": "''",
            }
        },
    )
    reply = api.request("POST", "/a/jo?q=7", b'{"name": "J"}', X_Own="1")
    (sent,) = backend.requests
    assert sent.url == "http://shop.example/b/jo?q=7&name=J"
    assert sent.headers["x-from"] == "1"
    assert sent.headers["x-mixed"] == "7-$default"
    assert "x-own" not in sent.headers
    assert reply.status == 409
    assert reply.headers["x-code"] == "E1"
    assert reply.headers["x-kept"] == "yes-$default"
    assert "content-type" not in reply.headers


def test_an_endpoint_that_is_not_there_is_unavailable(http_api: Any, backend: Backend) -> None:
    """503."""
    api = http_api()
    proxy(api, "GET /a", "http://shop.example/a")
    backend.is_there = False
    reply = api.request("GET", "/a")
    assert (reply.status, reply.json) == (503, {"message": "Service Unavailable"})
