"""The door with a socket: ASGI apps on uvicorn, bound to loopback unless told otherwise."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from chalice_offline.core.errors import ProjectError
from chalice_offline.core.http import Headers, HttpRequest, HttpResponse
from chalice_offline.core.pending import Pending

if TYPE_CHECKING:
    from chalice_offline.transports.gateway import Gateway

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

LOOPBACK = "127.0.0.1"
MAXIMUM_BODY_BYTES = 5 * 1024**3  # S3's largest single PUT (AWS S3 user guide, "Quotas")


def aws_endpoint(gateway: Gateway) -> AsgiApp:
    """Return an ASGI app that answers AWS requests through `gateway`."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        reply = gateway.handle(await read_request(scope, receive))
        if isinstance(reply, Pending):
            reply = await _settled(gateway, reply)
        await send_response(send, reply, head=scope["method"] == "HEAD")

    return app


async def _settled(gateway: Gateway, pending: Pending[HttpResponse]) -> HttpResponse:
    gateway.emulator.driver.expect(pending)
    loop = asyncio.get_running_loop()
    done = asyncio.Event()

    def settled(_: Pending[HttpResponse]) -> None:
        loop.call_soon_threadsafe(done.set)

    pending.then(settled)
    await done.wait()
    return pending.result()


async def read_request(scope: Scope, receive: Receive) -> HttpRequest:
    """Return an ASGI request as a value, its path as it was encoded on the wire."""
    pieces = []
    while True:
        message = await receive()
        pieces.append(message.get("body", b""))
        if not message.get("more_body"):
            break
    headers = Headers(
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]
    )
    raw_path = scope.get("raw_path") or quote(scope["path"]).encode()
    query = scope["query_string"]
    tail = raw_path + (b"?" + query if query else b"")
    host = headers.get("host") or LOOPBACK
    return HttpRequest(
        scope["method"],
        f"{scope['scheme']}://{host}{tail.decode('latin-1')}",
        headers,
        b"".join(pieces),
    )


async def send_response(send: Send, response: HttpResponse, *, head: bool = False) -> None:
    """Send a reply; `head` leaves the body out but keeps its length."""
    body = response.body
    headers = [
        (name.encode("latin-1"), line.encode("utf-8"))
        for name, value in response.headers.items()
        for line in value.split("\n")
        if name not in ("content-length", "transfer-encoding", "connection")
    ]
    length = response.headers.get("content-length") if head else None
    if response.status not in (204, 304):
        headers.append((b"content-length", (length or str(len(body))).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else body})


class Server:
    """One listening socket and the thread that serves it."""

    def __init__(self, app: AsgiApp, *, host: str = LOOPBACK, port: int = 0) -> None:
        """Bind at once, so that a port in use is reported before anything starts.

        `port` 0 takes a free one. Raises ProjectError when the address cannot be bound.
        """
        import uvicorn

        self._socket = _bind(host, port)
        self.host = host
        self.port = int(self._socket.getsockname()[1])
        config = uvicorn.Config(
            app,
            log_level="error",
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=1,
            server_header=False,
            ws="none",
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, name=f"http-{self.port}", daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{self.host}:{self.port}"

    def start(self) -> None:
        """Serve, on a thread of its own, until `stop`."""
        self._thread.start()

    def stop(self) -> None:
        """Close the socket and wait for the thread, if it was started, at most a few seconds."""
        self._server.should_exit = True
        if self._thread.ident is not None:
            self._thread.join(timeout=5)
        self._socket.close()

    def _serve(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._socket]))


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, or asyncio leaves Nagle's algorithm on and each reply waits 40 ms for an ACK.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(512)
    except OSError as error:
        listener.close()
        raise ProjectError(
            f"cannot listen on {host}:{port}: {error.strerror or error}; "
            "choose another port or stop what listens there"
        ) from error
    return listener
