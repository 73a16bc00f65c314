"""uvicorn's HTTP protocol, with limits to a request's head and AWS's words for malformed ones."""

from __future__ import annotations

import asyncio
from functools import cache, partial
from http.client import responses
from typing import TYPE_CHECKING, Any

import httptools
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from chalice_offline.transports.asgi import FIELDS, HEADERS
from chalice_offline.transports.at_once import AtOnce, is_usual
from chalice_offline.transports.guard import plain_error
from chalice_offline.transports.heads import (
    HEAD_BYTES,
    MalformedHeadError,
    authority_and_path,
    merged,
    request_of,
)
from chalice_offline.transports.joined_writes import JoinedWrites
from chalice_offline.transports.lendable import LendableProtocol
from chalice_offline.transports.lending import Lending

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.http import Headers, HttpResponse
    from chalice_offline.transports.asgi import AsgiApp
    from chalice_offline.transports.at_once import Endpoint
    from chalice_offline.transports.guard import Guard


@cache
def socket_protocol() -> type[Any]:
    """Return the protocol of a connection that has become a WebSocket."""
    from chalice_offline.transports.websocket_protocol import SocketProtocol

    return SocketProtocol


def protocol_for(guard: Guard, endpoint: Endpoint | None) -> Callable[..., LendableProtocol]:
    """Return what makes the protocol of one door; `endpoint` answers what can be at once."""
    lending = None if endpoint is None else Lending(guard, endpoint)
    return partial(_Protocol, guard, endpoint, lending)


class _Protocol(LendableProtocol):
    """One connection."""

    parser: Any
    transport: Any
    cycle: Any
    timeout_keep_alive_task: asyncio.TimerHandle | None
    url: bytes

    def __init__(
        self,
        guard: Guard,
        endpoint: Endpoint | None,
        lending: Lending | None,
        *args: Any,
        **options: Any,
    ) -> None:
        super().__init__(endpoint, lending, *args, **options)
        self.area = guard.area
        self._guard = guard
        self._head_bytes = 0
        self._has_ended = False  # a request, in what came just now
        self._authority = b""  # which the target names instead of a host field
        self._starts_anew = False
        self._refusal: HttpResponse | None = None

    def connection_made(self, transport: Any) -> None:
        """Take a connection; head and body of a reply leave it together."""
        super().connection_made(transport)
        self.transport = JoinedWrites(transport, self.loop)

    @property
    def ws_protocol_class(self) -> Any:
        """What speaks WebSocket, imported when the first client asks for it."""
        return socket_protocol()

    @ws_protocol_class.setter
    def ws_protocol_class(self, _: Any) -> None:
        """Uvicorn's settings say none, so that nothing is imported before it is needed."""

    @property
    def idles(self) -> bool:
        """Whether nobody waits for anything: no request has begun."""
        return self._lent is None and (self.cycle is None or self.cycle.response_complete)

    def silent_for(self) -> float:
        """Return for how many seconds the client has owed a request, or the rest of one."""
        if self._lent is not None:
            return 0
        cycle = self.cycle
        waits_for_us = cycle is not None and not cycle.response_complete and not cycle.more_body
        if waits_for_us or self.flow.read_paused or self._still_reads:
            return 0
        # It owes none before it has the reply to its last.
        return self.loop.time() - max(self._heard_at, self._idle_since)

    @property
    def _still_reads(self) -> bool:
        """Whether the client has a part of a reply still to take, however long ago it was made."""
        return bool(self.transport.get_write_buffer_size())

    def data_received(self, data: bytes) -> None:
        """Parse what came; a head that does not end is refused."""
        self._heard_at = self.loop.time()
        self._has_ended = False
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.send_400_response("")
            return
        except httptools.HttpParserUpgrade as upgrade:
            if self._starts_anew:
                self._parse_as_it_is(data[upgrade.args[0] :])
            elif self._should_upgrade():
                self._become_socket(data[upgrade.args[0] :])
            return
        # What came together with the end of another request is not all this one's head.
        if self._in_head and not self._has_ended and self.parser is not None:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES and not self.transport.is_closing():
                self._refusal = plain_error(self.area, 431)
                self.send_400_response("")

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._head_bytes = 0
        self._in_head = True
        self.url = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.expect_100_continue = False
        self._authority = b""
        self._fields = []

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field of the head; trailers, which come after the payload, tell us nothing."""
        if self._in_head:
            self._fields.append((name, value))

    def on_headers_complete(self) -> None:
        """Judge the head before anything is made of it."""
        self._in_head = False
        headers = self._merged()
        if (headers.get("transfer-encoding") or "chunked").lower() != "chunked":
            raise MalformedHeadError
        method = self.parser.get_method()
        if method == b"CONNECT":
            raise MalformedHeadError
        if not self.url.startswith(b"/"):
            self._take_target(headers)
        if self._may_answer_at_once(headers):
            self._begin_at_once(method, headers)
            return
        self._fold_fields()
        if self.parser.should_upgrade() and self._get_upgrade() != b"websocket":
            self._starts_anew = True
            return
        self.expect_100_continue = dict.get(headers, "expect", "").lower() == "100-continue"
        self.scope = self._scope() | {HEADERS: headers}
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a piece of a request's payload."""
        if isinstance(self.cycle, AtOnce):
            self.cycle.body += body
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Note that a request is whole."""
        self._has_ended = True
        if self._starts_anew:
            return
        if not isinstance(self.cycle, AtOnce):
            super().on_message_complete()
        elif self.cycle.more_body:  # else it is the last one's, and this asks for a WebSocket
            self.cycle.whole()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone, or was let go."""
        self._lose_lent()
        cycle, self._at_once = self._at_once, None
        if cycle is not None:
            self.tasks.discard(cycle)
            cycle.abandon()
        if isinstance(self.cycle, AtOnce):
            self.cycle = None
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None
        super().connection_lost(exc)

    # ---- what is answered at once (at_once.Connection) -------------------------------------------

    def write_reply(self, data: bytes) -> None:
        """Send a whole reply."""
        self.transport.write_whole(data)

    def on_response_complete(self) -> None:
        """Let the connection idle, or begin the request that waits.

        One timer watches how long it idles; one for each reply would cost more than some replies.
        """
        self._idle_since = self.loop.time()
        if self.pipeline or self.timeout_keep_alive_task is None:
            super().on_response_complete()
            return
        self.server_state.total_requests += 1
        if not self.transport.is_closing():
            self.flow.resume_reading()

    def _unset_keepalive_if_required(self) -> None:
        """Leave the timer: it looks for itself whether the connection idles."""

    def resume_writing(self) -> None:
        """The client has taken nearly all of a reply: it idles from now on at the earliest."""
        super().resume_writing()
        self._idle_since = self.loop.time()

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that has idled for long enough; look again later otherwise."""
        self.timeout_keep_alive_task = None
        if self.transport.is_closing():
            return
        now = self.loop.time()
        if not self.idles:
            left = self.timeout_keep_alive
        elif self._still_reads:  # it idles from now on at the earliest; when, is seen soon
            self._idle_since, left = now, self.timeout_keep_alive / 4
        else:
            left = max(self._idle_since, self._heard_at) + self.timeout_keep_alive - now
        if left <= 0:
            self.transport.close()
        else:
            self.timeout_keep_alive_task = self.loop.call_later(
                left, self.timeout_keep_alive_handler
            )

    def replied(self, cycle: AtOnce) -> None:
        """Take the next request, or close."""
        self._at_once = None
        self.tasks.discard(cycle)
        if not cycle.keep_alive:
            self.transport.close()
        self.on_response_complete()
        self._lend_soon()

    def bring(self, cycle: AtOnce, app: AsgiApp) -> None:
        """Let a task of the event loop send the reply."""
        self._at_once = None
        self.tasks.discard(cycle)
        self._fold_fields()
        scope = self._scope() | {"method": cycle.method}
        task_cycle = RequestResponseCycle(
            scope=scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.date(),
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=cycle.keep_alive,
            on_response=self.on_response_complete,
        )
        task_cycle.more_body = False
        if self.cycle is cycle:
            self.cycle = task_cycle
        self._start_asgi_task(task_cycle, app)

    def comes_later(self, cycle: AtOnce) -> None:
        """Have the server wait for a reply when it stops, and cancel it in the end."""
        self.tasks.add(cycle)

    def later(self, callback: Callable[[], None]) -> None:
        """Run `callback` on the event loop; any thread may ask for it."""
        try:
            self.loop.call_soon_threadsafe(callback)
        except RuntimeError:  # the server was stopped meanwhile, and its loop is closed
            return

    def date(self) -> list[tuple[bytes, bytes]]:
        """Return the header fields that every reply has."""
        return self.server_state.default_headers  # type: ignore[no-any-return]

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words
        """Answer what could not be parsed, and close: where the next request begins is unknown."""
        reply = self._refusal or plain_error(self.area, 400)
        lines = [f"HTTP/1.1 {reply.status} {responses[reply.status]}"]
        lines += [f"{name}: {value}" for name, value in reply.headers.items()]
        lines += [f"content-length: {len(reply.body)}", "connection: close", "", ""]
        self.transport.write("\r\n".join(lines).encode("latin-1") + reply.body)
        self.transport.close()

    # ---- heads -----------------------------------------------------------------------------------

    def _merged(self) -> Headers:
        try:
            return merged(self.url, self._fields)
        except MalformedHeadError as error:
            if error.is_too_large:
                self._refusal = plain_error(self.area, 431)
            raise

    def _take_target(self, headers: Headers) -> None:
        """Take a target that is no path: "*", or RFC 9112, section 3.2.2: a host in it counts."""
        self._authority, self.url = authority_and_path(self.url)
        if self._authority:
            headers["host"] = self._authority.decode("latin-1")

    def _fold_fields(self) -> None:
        """Let ASGI have the head's fields as it wants them."""
        self.headers = [(name.lower(), value) for name, value in self._fields]
        if self._authority:
            self.headers[:] = [pair for pair in self.headers if pair[0] != b"host"]
            self.headers.append((b"host", self._authority))

    def _may_answer_at_once(self, headers: Headers) -> bool:
        cycle = self.cycle
        return (
            self._endpoint is not None
            and (cycle is None or cycle.response_complete)
            and self.url.isascii()
            and not self.flow.write_paused
            and is_usual(headers)
            and self._guard.lets_by(headers)
        )

    def _begin_at_once(self, method: bytes, headers: Headers) -> None:
        assert self._endpoint is not None
        head = request_of(method, self.url, headers, tuple(self._fields), self.scheme)
        self._count()
        keep_alive = self.parser.get_http_version() != "1.0" and self.parser.should_keep_alive()
        self.cycle = self._at_once = AtOnce(self, self._endpoint, head, keep_alive=keep_alive)

    def _scope(self) -> dict[str, Any]:
        return {
            "type": "http",
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "http_version": "1.1",
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,
            "root_path": self.root_path,
            "headers": self.headers,
            "state": self.app_state.copy(),
            FIELDS: tuple(self._fields),
        }

    # ---- other protocols -------------------------------------------------------------------------

    def _become_socket(self, rest: bytes) -> None:
        """Give the connection away; `rest` are frames of a client that awaits no answer."""
        if self.timeout_keep_alive_task is not None:  # of the requests before, on this connection
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None
        self.handle_websocket_upgrade()
        socket = self.transport.get_protocol()
        socket.take_fields(tuple(self._fields))
        if rest:
            socket.data_received(rest)

    def _parse_as_it_is(self, rest: bytes) -> None:
        """Read a request anew without the wish for another protocol that came with it.

        Java's HTTP client asks for HTTP/2 that way, and sends its payload along. The parser takes
        what follows such a head for the other protocol; RFC 9110, section 7.8, lets us ignore it.
        """
        self._starts_anew = False
        head = [self.parser.get_method(), b" ", self.url, b" HTTP/1.1\r\n"]
        for name, value in self.headers:
            if name != b"upgrade":
                head += [name, b": ", value, b"\r\n"]
        self.parser = httptools.HttpRequestParser(self)
        self.data_received(b"".join([*head, b"\r\n", rest]))
