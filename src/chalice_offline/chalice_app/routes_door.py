"""The app's routes as an ASGI app: each request runs on a thread, as long as API Gateway waits."""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chalice_offline.chalice_app.http_api import integration_limit
from chalice_offline.transports.http_server import read_request, send_response

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from chalice_offline.chalice_app.http_api import Limit
    from chalice_offline.core.http import Headers, HttpResponse
    from chalice_offline.transports.http_server import AsgiApp, Receive, Scope, Send

    #: method, path with query string, headers, body
    Answer = Callable[[str, str, Headers, bytes], HttpResponse]


def routes_door(
    answer: Answer, threads: Executor, limit: Callable[[], Limit] = integration_limit
) -> AsgiApp:
    """Return an ASGI app that answers HTTP requests by running `answer` on `threads`.

    `limit` says how long a request may take (milliseconds) and what the client gets then.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = await read_request(scope, receive)
        parts = urlsplit(request.url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        handle = functools.partial(answer, request.method, path, request.headers, request.body)
        running = asyncio.get_running_loop().run_in_executor(threads, handle)
        patience_ms, overdue = limit()
        try:
            reply = await asyncio.wait_for(asyncio.shield(running), patience_ms / 1000)
        except TimeoutError:
            reply = overdue
        await send_response(send, reply, head=request.method == "HEAD")

    return app
