"""The door with a socket: ASGI apps on uvicorn, bound to loopback unless told otherwise."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
import threading
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from chalice_offline.core.errors import ProjectError
from chalice_offline.core.http import Headers, HttpRequest, HttpResponse
from chalice_offline.core.pending import Pending
from chalice_offline.transports.browser_policy import (
    ONLY_THIS_MACHINE,
    Access,
    Area,
    BrowserPolicy,
)

if TYPE_CHECKING:
    from chalice_offline.transports.gateway import Gateway

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

_log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
REFUSED_ORIGINS_TOLD = 100
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


class Guard:
    """An ASGI app before another one: lets in what the browser policy lets in."""

    def __init__(self, app: AsgiApp, policy: BrowserPolicy, area: Area) -> None:
        self._app = app
        self._policy = policy
        self._area = area
        self._told: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403 without reading the body, or hand on."""
        if scope["type"] != "http":
            return
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        refusal = self._policy.refusal(
            scope["method"],
            scope["path"],
            scope["query_string"].decode("latin-1"),
            headers,
            self._area,
        )
        if refusal is None:
            await self._app(scope, receive, send)
            return
        if refusal.origin not in self._told and len(self._told) < REFUSED_ORIGINS_TOLD:
            self._told.add(refusal.origin)
            _log.warning("refused %s %s: %s", scope["method"], scope["path"][:200], refusal.text)
        fields = [
            ("content-type", "text/plain; charset=utf-8"),
            ("x-content-type-options", "nosniff"),
        ]
        reply = HttpResponse(refusal.status, Headers(fields), f"{refusal.text}\n".encode())
        await send_response(send, reply, head=scope["method"] == "HEAD")


class Server:
    """One listening socket and the thread that serves it."""

    def __init__(
        self,
        app: AsgiApp,
        *,
        host: str = LOOPBACK,
        port: int = 0,
        area: Area = Area.AWS,
        access: Access = ONLY_THIS_MACHINE,
    ) -> None:
        """Bind at once, so that a port in use is reported before anything starts.

        `port` 0 takes a free one. Raises ProjectError when the address cannot be bound, or lies
        beyond loopback and `access` does not say that this is meant.
        """
        import uvicorn

        self._socket = _bind(host, port, access)
        self.host = host
        self.port = int(self._socket.getsockname()[1])
        policy = BrowserPolicy(host, access.allowed_hosts)
        config = uvicorn.Config(
            Guard(app, policy, area),
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
        if self.host in ("", "0.0.0.0"):  # noqa: S104 - every address: the nearest is told
            return f"http://{LOOPBACK}:{self.port}"
        host = {"::": "::1"}.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

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


def _bind(host: str, port: int, access: Access) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, or asyncio leaves Nagle's algorithm on and each reply waits 40 ms for an ACK.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # Nobody can connect before listen(): what the name means is known by now.
        _require_loopback(host, listener.getsockname()[0], access)
        listener.listen(512)
    except (OSError, OverflowError) as error:
        listener.close()
        raise ProjectError(
            f"cannot listen on {host}:{port}: {getattr(error, 'strerror', None) or error}; "
            "choose another port or stop what listens there"
        ) from error
    except ProjectError:
        listener.close()
        raise
    return listener


def _require_loopback(host: str, address: str, access: Access) -> None:
    if ipaddress.ip_address(address.partition("%")[0]).is_loopback:
        return
    if not access.beyond_loopback:
        raise ProjectError(
            f"--host {host or repr(host)} would let other machines in: everybody on the network "
            "could run code here; say --listen-beyond-loopback if you mean it"
        )
    _log.warning(
        "LISTENING BEYOND LOOPBACK on %s: everybody who can reach this machine can read and change "
        "all that is emulated, and run code here as you, without a password.",
        address,
    )
