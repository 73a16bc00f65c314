"""uvicorn's HTTP protocol, with limits to a request's head and AWS's words for malformed ones."""

from __future__ import annotations

from functools import cache
from http.client import responses
from typing import TYPE_CHECKING, Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from chalice_offline.transports.asgi import FIELDS
from chalice_offline.transports.browser_policy import Area
from chalice_offline.transports.guard import plain_error
from chalice_offline.transports.joined_writes import JoinedWrites

if TYPE_CHECKING:
    from chalice_offline.core.http import HttpResponse

# S3 takes 8 KB of header fields, API Gateway 10 KB, load balancers 64 KB; nobody takes more.
HEAD_BYTES = 64 * 1024


@cache
def socket_protocol() -> type[Any]:
    """Return the protocol of a connection that has become a WebSocket."""
    from chalice_offline.transports.websocket_protocol import SocketProtocol

    return SocketProtocol


def protocol_for(area: Area) -> type[HttpToolsProtocol]:
    """Return the protocol of one door."""
    return {Area.AWS: _AwsProtocol, Area.APP: _AppProtocol}[area]


class _MalformedError(Exception):
    """A head that is refused; it ends the parsing of the connection."""


class _Protocol(HttpToolsProtocol):  # type: ignore[misc] # uvicorn is not followed
    """One connection."""

    area: Area
    parser: Any
    transport: Any
    url: bytes

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._head_bytes = 0
        self._in_head = True
        self._fields: list[tuple[bytes, bytes]] = []
        self._starts_anew = False
        self._refusal: HttpResponse | None = None
        self._heard_at = self.loop.time()

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

    def silent_for(self) -> float:
        """Return for how many seconds the client has owed a request, or the rest of one."""
        cycle = self.cycle
        waits_for_us = cycle is not None and not cycle.response_complete and not cycle.more_body
        return 0 if waits_for_us or self.flow.read_paused else self.loop.time() - self._heard_at

    def data_received(self, data: bytes) -> None:
        """Parse what came; a head that does not end is refused."""
        self._heard_at = self.loop.time()
        self._unset_keepalive_if_required()
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
        if self._in_head and self.parser is not None:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES and not self.transport.is_closing():
                self._refusal = plain_error(self.area, 431)
                self.send_400_response("")

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._head_bytes = 0
        self._in_head = True
        super().on_message_begin()
        self._fields = self.scope[FIELDS] = []

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field of the head; trailers, which come after the payload, tell us nothing."""
        if self._in_head:
            super().on_header(name, value)
            self._fields.append((name, value))

    def on_headers_complete(self) -> None:
        """Judge the head before anything is made of it."""
        self._in_head = False
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > HEAD_BYTES:
            self._refusal = plain_error(self.area, 431)
            raise _MalformedError
        hosts = [value for name, value in self.headers if name == b"host"]
        codings = [value.lower() for name, value in self.headers if name == b"transfer-encoding"]
        if len(hosts) > 1 or codings not in ([], [b"chunked"]):
            raise _MalformedError
        if self.parser.get_method() == b"CONNECT":
            raise _MalformedError
        # "*" and what else is no path; RFC 9112, section 3.2.2: a host in the target counts.
        authority, self.url = _authority_and_path(self.url)
        if authority:
            self.headers[:] = [pair for pair in self.headers if pair[0] != b"host"]
            self.headers.append((b"host", authority))
        if self.parser.should_upgrade() and self._get_upgrade() != b"websocket":
            self._starts_anew = True
            return
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Note that a request is whole."""
        if not self._starts_anew:
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words
        """Answer what could not be parsed, and close: where the next request begins is unknown."""
        reply = self._refusal or plain_error(self.area, 400)
        lines = [f"HTTP/1.1 {reply.status} {responses[reply.status]}"]
        lines += [f"{name}: {value}" for name, value in reply.headers.items()]
        lines += [f"content-length: {len(reply.body)}", "connection: close", "", ""]
        self.transport.write("\r\n".join(lines).encode("latin-1") + reply.body)
        self.transport.close()

    def _become_socket(self, rest: bytes) -> None:
        """Give the connection away; `rest` are frames of a client that awaits no answer."""
        self.handle_websocket_upgrade()
        socket = self.transport.get_protocol()
        socket.take_fields(self._fields)
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


class _AwsProtocol(_Protocol):
    area = Area.AWS


class _AppProtocol(_Protocol):
    area = Area.APP


def _authority_and_path(target: bytes) -> tuple[bytes, bytes]:
    """Return the host and port that an absolute-form target names, and the rest of the target.

    Raises when it is neither that nor a path.
    """
    if target.startswith(b"/"):
        return b"", target
    parsed = httptools.parse_url(target)
    if parsed.schema.lower() not in (b"http", b"https") or not parsed.host:
        raise _MalformedError
    host = b"[%s]" % parsed.host if b":" in parsed.host else parsed.host
    query = b"" if parsed.query is None else b"?" + parsed.query
    path = (parsed.path or b"/") + query
    return (host if parsed.port is None else b"%s:%d" % (host, parsed.port)), path
