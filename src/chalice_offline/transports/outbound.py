"""Requests that leave: SNS over HTTP, API destinations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.http import Headers, HttpResponse

if TYPE_CHECKING:
    from chalice_offline.core.http import HttpRequest


def send_request(request: HttpRequest, timeout_ms: int) -> HttpResponse:
    """Send a request and return the reply, whatever its status.

    Goes through `requests`, which tests can intercept with `responses`. Raises OSError (of which
    requests' own exceptions are a kind) when no reply came within `timeout_ms`.
    """
    import requests

    reply = requests.request(
        request.method,
        request.url,
        headers=dict(request.headers),
        data=request.body,
        timeout=timeout_ms / 1000,
        allow_redirects=False,
    )
    return HttpResponse(reply.status_code, Headers(reply.headers.items()), reply.content)
