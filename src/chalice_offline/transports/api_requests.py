"""Requests to deployed APIs among those that come to the AWS port: which API, stage and path."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from chalice_offline.core.http import Headers, HttpResponse

if TYPE_CHECKING:
    from chalice_offline.core.http import HttpRequest

_HOST = re.compile(r"(?P<api>[\w-]+)\.execute-api\.", re.ASCII)
# What LocalStack's users know: with the API and the stage in the path, on any host name.
_PATHS = (
    re.compile(r"/_aws/execute-api/(?P<api>[^/]+)/(?P<stage>[^/]+)(?P<path>/.*)?"),
    re.compile(r"/restapis/(?P<api>[^/]+)/(?P<stage>[^/]+)/_user_request_(?P<path>/.*)?"),
)


def api_request(request: HttpRequest) -> dict[str, Any] | None:
    """Return the call on execute-api that a request is; None for one to AWS's own APIs."""
    by_host = _HOST.match(request.host.lower())
    if by_host is not None:
        return _call(request, by_host["api"], "", request.path)
    path = request.path
    if not path.startswith(("/_aws/execute-api/", "/restapis/")):
        return None
    for pattern in _PATHS:
        found = pattern.fullmatch(path)
        if found is not None:
            return _call(request, found["api"], found["stage"], found["path"] or "/")
    return None


def call_on(request: HttpRequest, api_id: str, stage: str, *, host: str = "") -> dict[str, Any]:
    """Return the call on execute-api for a request to a stage that needs no naming."""
    found = _call(request, api_id, stage, request.path)
    return found | ({"host": host} if host else {})


def api_response(result: dict[str, Any]) -> HttpResponse:
    """Return execute-api's result as HTTP. Several cookies stay lines of their own."""
    headers = Headers()
    for name, value in result["headers"]:
        if name.lower() in headers:
            separator = "\n" if name.lower() == "set-cookie" else ", "
            headers[name] = f"{headers[name]}{separator}{value}"
        else:
            headers[name] = value
    return HttpResponse(result["statusCode"], headers, result["body"])


def api_failure() -> HttpResponse:
    """Return what API Gateway answers when it fails itself."""
    headers = Headers([("content-type", "application/json")])
    body = json.dumps({"message": "Internal server error"}).encode()
    return HttpResponse(500, headers, body)


def _call(request: HttpRequest, api_id: str, stage: str, path: str) -> dict[str, Any]:
    body = request.body
    if request.upload is not None:
        body = request.upload.read()
    return {
        "apiId": api_id,
        "stage": stage,
        "method": request.method,
        "path": path,
        "rawQuery": request.query,
        "headers": list(request.headers.items()),
        "body": body,
        "host": request.host,
        "sourceIp": "127.0.0.1",
    }
