"""The app's routes as an ASGI app: each request runs on a thread, as long as API Gateway waits."""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING

from chalice_offline.chalice_app.http_api import PAYLOAD_BYTES, integration_limit
from chalice_offline.transports.asgi import Payload, head_of, send_response
from chalice_offline.transports.browser_policy import Area
from chalice_offline.transports.guard import plain_error

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from chalice_offline.chalice_app.http_api import Limit
    from chalice_offline.core.http import Headers, HttpRequest, HttpResponse
    from chalice_offline.transports.asgi import AsgiApp, Receive, Scope, Send

    #: method, path with query string, headers, body
    Answer = Callable[[str, str, Headers, bytes], HttpResponse]


def routes_door(
    answer: Answer,
    threads: Executor,
    limit: Callable[[], Limit] = integration_limit,
    limit_waits: Callable[[], bool] = lambda: False,
) -> AsgiApp:
    """Return an ASGI app that answers HTTP requests by running `answer` on `threads`.

    `limit` says how long a request may take (milliseconds) and what the client gets then, unless
    `limit_waits`: somebody looks at a handler with a debugger.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        head = head_of(scope)
        payload = Payload(receive)
        body = await _body(head, payload)
        if body is None:
            waits = "expect" in head.headers
            if not waits:
                await payload.discard()
            too_large = plain_error(Area.APP, 413, "Request Entity Too Large")
            await send_response(send, too_large, head=head.method == "HEAD", close=waits)
            return
        handle = functools.partial(answer, head.method, head.target, head.headers, body)
        running = asyncio.get_running_loop().run_in_executor(threads, handle)
        patience_ms, overdue = limit()
        done: set[asyncio.Future[HttpResponse]] = set()
        while not done:
            done, _ = await asyncio.wait({running}, timeout=patience_ms / 1000)
            if not limit_waits():
                break
        reply = running.result() if done else overdue
        await send_response(send, reply, head=head.method == "HEAD")

    return app


async def _body(head: HttpRequest, payload: Payload) -> bytes | None:
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
