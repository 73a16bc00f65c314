"""The routes of an app over HTTP: each request is a call on execute-api."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.http import HttpRequest
from chalice_offline.core.pending import Pending
from chalice_offline.transports import asgi
from chalice_offline.transports.aws_door import settled
from chalice_offline.transports.browser_policy import Area
from chalice_offline.transports.guard import plain_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.transports.asgi import AsgiApp, Receive, Scope, Send
    from chalice_offline.transports.gateway import Gateway

# AWS, "Amazon API Gateway quotas": the largest payload.
PAYLOAD_BYTES = 10 * 1024 * 1024


def routes_endpoint(gateway: Gateway, api_call: Callable[[HttpRequest], dict[str, Any]]) -> AsgiApp:
    """Return an ASGI app that answers requests to the API that `api_call` names."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        head = asgi.head_of(scope)
        payload = asgi.Payload(receive)
        body = await payload_within(head, payload)
        is_head = head.method == "HEAD"
        if body is None:
            waits = "expect" in head.headers
            if not waits:
                await payload.discard()
            too_large = plain_error(Area.APP, 413, "Request Entity Too Large")
            await asgi.send_response(send, too_large, head=is_head, close=waits)
            return
        request = HttpRequest(head.method, head.url, head.headers, body)
        reply = gateway.execute(api_call(request), request, ())
        if isinstance(reply, Pending):
            reply = await settled(gateway, reply, receive)
        await asgi.send_response(send, reply, head=is_head)

    return app


async def payload_within(head: HttpRequest, payload: asgi.Payload) -> bytes | None:
    """Return the payload; None when it is larger than API Gateway takes."""
    announced = head.headers.get("content-length")
    if announced and int(announced) > PAYLOAD_BYTES:
        return None
    pieces, length = [], 0
    async for piece in payload.pieces():
        length += len(piece)
        if length > PAYLOAD_BYTES:
            return None
        pieces.append(piece)
    return b"".join(pieces)
