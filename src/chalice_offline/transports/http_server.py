"""The doors' server: ASGI apps on uvicorn, bound to loopback unless told otherwise."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import TYPE_CHECKING, Any

from chalice_offline.transports.asgi import LOOPBACK
from chalice_offline.transports.aws_door import AwsEndpoint
from chalice_offline.transports.browser_policy import (
    ONLY_THIS_MACHINE,
    Access,
    Area,
    BrowserPolicy,
)
from chalice_offline.transports.guard import Guard
from chalice_offline.transports.listener import listen

if TYPE_CHECKING:
    from chalice_offline.transports.asgi import AsgiApp

_log = logging.getLogger(__name__)

_EVERY_ADDRESS = {"": LOOPBACK, "0.0.0.0": LOOPBACK, "::": "::1"}  # noqa: S104 - the nearest is told
_ACCEPT_FAILED = "socket.accept() out of system resource"
# A client that is silent for so long before its request is whole is cut off (S3's "RequestTimeout"
# comes after 20 s); and so soon when descriptors have run out.
REQUEST_SECONDS = 60.0
# A WebSocket message beyond what API Gateway takes (128 KB) still arrives whole, to be refused.
SOCKET_BYTES = 1024 * 1024
SCARCE_SECONDS = 1.0


class Server:
    """One listening socket and the thread that serves it."""

    def __init__(
        self,
        app: AsgiApp,
        *,
        host: str = LOOPBACK,
        port: int | None = 0,
        usual_port: int = 0,
        area: Area = Area.AWS,
        access: Access = ONLY_THIS_MACHINE,
    ) -> None:
        """Bind at once, so that a port in use is reported before anything starts.

        `port` 0 takes a free one; None takes the usual one, or a free one when somebody listens
        there. Raises ProjectError when the address cannot be bound, or lies
        beyond loopback and `access` does not say that this is meant.
        """
        import uvicorn

        from chalice_offline.transports.http_protocol import protocol_for

        self._socket = listen(host, port, usual_port, access)
        self._socket.exhausted = _make_room
        self.host = host
        self.port = int(self._socket.getsockname()[1])
        guard = Guard(app, BrowserPolicy(host, access.allowed_hosts), area)
        endpoint = app if isinstance(app, AwsEndpoint) else None
        config = uvicorn.Config(
            guard,
            http=protocol_for(guard, endpoint),
            # What a request fails of, Guard logs; the rest of what uvicorn says is about clients.
            log_config=None,
            log_level="critical",
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=1,
            server_header=False,
            ws="none",  # http_protocol.py brings it when it is asked for
            ws_max_size=SOCKET_BYTES,
            ws_ping_interval=None,
            ws_per_message_deflate=False,  # API Gateway negotiates no extension
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, name=f"http-{self.port}", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        host = _EVERY_ADDRESS.get(self.host, self.host)
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
        asyncio.run(self._run())

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(_Complaints())
        self._watch_clients(self._loop)
        _serving.add(self)
        try:
            await self._server.serve(sockets=[self._socket])
            self._loop.call_soon(self._end_all)  # after who waits for an answer is told
        finally:
            _serving.discard(self)
            self._loop = None

    def _end_all(self) -> None:
        """End what is left: who owes the rest of a request, say, would wait for ever."""
        for connection in list(self._server.server_state.connections):
            connection.transport.abort()

    def _watch_clients(self, loop: asyncio.AbstractEventLoop) -> None:
        self._cut_off(REQUEST_SECONDS)
        loop.call_later(REQUEST_SECONDS / 6, self._watch_clients, loop)

    def make_room(self) -> None:
        """Let go, soon, of connections that clients do not use now: each is a descriptor."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._make_room)

    def _make_room(self) -> None:
        for connection in list(self._server.server_state.connections):
            if connection.cycle is not None and connection.idles:
                connection.shutdown()
        self._cut_off(SCARCE_SECONDS)

    def _cut_off(self, silent_seconds: float) -> None:
        for connection in list(self._server.server_state.connections):
            if connection.silent_for() > silent_seconds:
                connection.transport.close()


_serving: set[Server] = set()


def _make_room() -> None:
    """All servers of a process share its descriptors."""
    for server in list(_serving):
        server.make_room()


class _Complaints:
    """An event loop's exception handler: says once that descriptors ran out."""

    def __init__(self) -> None:
        self._told = False

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if context.get("message") != _ACCEPT_FAILED:
            loop.default_exception_handler(context)
            return
        if not self._told:
            self._told = True
            _log.warning(
                "no file descriptor is left for another connection (%s): new clients wait until "
                "others are done; ulimit -n allows more",
                context.get("exception"),
            )
