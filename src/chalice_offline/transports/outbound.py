"""Requests that leave: SNS over HTTP, API destinations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.http import Headers, HttpResponse

if TYPE_CHECKING:
    from typing import Any

    from chalice_offline.core.http import HttpRequest

# Nobody reads more of a reply than its status and the beginning of its text.
REPLY_BYTES = 1024 * 1024
_BELOW_LOCALHOST = (".localhost", ".localhost.localstack.cloud")


def send_request(request: HttpRequest, timeout_ms: int) -> HttpResponse:
    """Send a request and return the reply, whatever its status; a long one is cut.

    Goes through `requests`, which tests can intercept with `responses`. Raises OSError (of which
    requests' own exceptions are a kind) when no reply came within `timeout_ms`.
    """
    import requests

    url, headers = _found(request.url, request.headers)
    with requests.request(
        request.method,
        url,
        headers=headers,
        data=request.body,
        timeout=timeout_ms / 1000,
        allow_redirects=False,
        stream=True,
        auth=_as_it_is,
    ) as reply:
        pieces, length = [], 0
        for piece in reply.iter_content(64 * 1024):
            pieces.append(piece)
            length += len(piece)
            if length >= REPLY_BYTES:
                break
        body = b"".join(pieces)[:REPLY_BYTES]
        return HttpResponse(reply.status_code, Headers(reply.headers.items()), body)


def _found(url: str, headers: Headers) -> tuple[str, dict[str, str]]:
    """Return where a request goes, and its header fields.

    Names below localhost are this machine (RFC 6761, section 6.3), but few resolvers know that.
    """
    scheme, _, rest = url.partition("://")
    authority, slash, target = rest.partition("/")
    host, colon, port = authority.partition(":")
    if scheme != "http" or not host.lower().endswith(_BELOW_LOCALHOST):
        return url, dict(headers)
    fields = dict(headers) | {"host": authority}
    return f"{scheme}://127.0.0.1{colon}{port}{slash}{target}", fields


def _as_it_is(prepared: Any) -> Any:
    """Send what the service made: without this, requests would look into the user's ~/.netrc."""
    return prepared
