"""One connection on which one request follows the other: what is read of it, and what is sent.

Only what nearly every request is, small, whole, a program's, with a short answer. With anything
else the connection goes back to the event loop (busy_thread.py).
"""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import httptools

from chalice_offline.core.http import Headers
from chalice_offline.transports.at_once import is_usual, reply_bytes
from chalice_offline.transports.heads import HEAD_BYTES, MalformedHeadError, merged, request_of

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from chalice_offline.core.http import HttpRequest, HttpResponse
    from chalice_offline.transports.at_once import Answer, Fields
    from chalice_offline.transports.guard import Guard
    from chalice_offline.transports.heads import Field

    Head = tuple[Headers, tuple[Field, ...]]

# A client that lets so much time pass between two requests has no need of a thread.
IDLE_SECONDS = 0.25
_IDLE = struct.pack("ll", *divmod(int(IDLE_SECONDS * 1_000_000), 1_000_000))
_READ_BYTES = 64 * 1024
_LONGEST = 2 * HEAD_BYTES


class Asked(NamedTuple):
    """A request, and its answer, which may be known or not."""

    request: HttpRequest
    answer: Answer


class Returned(NamedTuple):
    """What a connection comes back with: unread bytes, an unsent rest of a reply, or an answer."""

    unread: bytes = b""
    unsent: bytes = b""
    asked: Asked | None = None


class Owner(Protocol):
    """The connection on the event loop."""

    scheme: str
    loop: asyncio.AbstractEventLoop

    def later(self, callback: Callable[[], None]) -> None:
        """Run `callback` on the event loop; any thread may ask for it."""
        ...

    def come_back(self, returned: Returned) -> None:
        """Go on on the event loop."""
        ...

    def date(self) -> Fields:
        """Return the header fields that every reply has."""
        ...


class _Reader:
    """Collects what the parser finds."""

    def __init__(self) -> None:
        self.parser: Any = httptools.HttpRequestParser(self)
        self.anew()

    def anew(self) -> None:
        """Wait for the next request."""
        self.begun = 0
        self.is_whole = False
        self.fields: list[tuple[bytes, bytes]] = []

    @property
    def waits_for_leave(self) -> bool:
        """Whether the client sends the rest of its request when it is told to."""
        return not self.is_whole and any(name.lower() == b"expect" for name, _ in self.fields)

    def on_message_begin(self) -> None:
        self.begun += 1
        self.target = b""
        self.body = b""
        self.fields = []

    def on_url(self, url: bytes) -> None:
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fields.append((name, value))

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.is_whole = True
        # The parser forgets at once what the fields said of it.
        self.stays = self.parser.should_keep_alive()


class BusyConnection:
    """One connection while a thread serves it; `owner` is the connection on the event loop."""

    def __init__(self, owner: Owner, guard: Guard, own: socket.socket) -> None:
        """`own` is another descriptor of the connection: the event loop may close its one."""
        self.owner = owner
        self.socket = own
        self.heard_at = owner.loop.time()
        self._guard = guard
        self._reader = _Reader()
        self._came = b""  # since the last reply
        # Usual ones, as they came and as they are told, and the longest target with them.
        self._last: tuple[list[Field], int, Head] = [], 0, (Headers(), ())
        # The system's own timeout: with Python's, each request would take two calls of it.
        own.setblocking(True)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _IDLE)

    def read(self, *, waits: bool) -> HttpRequest | Returned | None:
        """Read what has come; with `waits`, wait for it, but not for long.

        Returns a whole usual request; what the connection goes back with; None, when more is to
        come.
        """
        reader = self._reader
        try:
            data = self.socket.recv(_READ_BYTES, 0 if waits else socket.MSG_DONTWAIT)
            self._came += data
            reader.parser.feed_data(data)
        except BlockingIOError:
            return self.with_unread() if waits else None
        except (OSError, httptools.HttpParserError, httptools.HttpParserUpgrade):
            return self.with_unread()  # whatever it is, the event loop finds it as well
        self.heard_at = self.owner.loop.time()
        if reader.is_whole:
            return self._request() or self.with_unread()
        is_over = not data or len(self._came) > _LONGEST or reader.waits_for_leave
        return self.with_unread() if is_over else None

    def with_unread(self) -> Returned:
        """Return what it goes back with when nothing that it has read is being answered."""
        return Returned(unread=self._came)

    def send(self, request: HttpRequest, reply: HttpResponse) -> bytes:
        """Reply; return what the connection did not take at once."""
        # It may go back before it is read again, and not with what has its answer.
        self._reader.anew()
        self._came = b""
        data = reply_bytes(reply, request, self.owner.date(), self._guard.area, keep_alive=True)
        try:
            sent = self.socket.send(data, socket.MSG_DONTWAIT)
        except OSError:  # too slow, or gone: the event loop finds out which
            return data
        return data[sent:]

    def release(self) -> None:
        """Leave the connection to the event loop, which must never wait for it."""
        self.socket.setblocking(False)  # both descriptors
        self.socket.close()

    def shut(self, how: int) -> None:
        """Shut it down, or one direction of it; another thread may wait for it."""
        try:
            self.socket.shutdown(how)
        except OSError:  # closed by either side
            return

    def _request(self) -> HttpRequest | None:
        """Return what was read, if it is one usual request."""
        reader, parser = self._reader, self._reader.parser
        method: bytes = parser.get_method()
        if (
            reader.begun != 1
            or method == b"CONNECT"
            or not reader.target.startswith(b"/")
            or not reader.target.isascii()
            or parser.get_http_version() == "1.0"
            or not reader.stays
        ):
            return None
        head = self._head(reader.target, reader.fields)
        if head is None:
            return None
        headers, fields = head
        return request_of(method, reader.target, headers, fields, self.owner.scheme, reader.body)

    def _head(self, target: bytes, fields: list[Field]) -> Head | None:
        """Return a head's fields, if they are usual. Most clients say the same each time."""
        last_fields, last_length, last = self._last
        if fields == last_fields and len(target) <= last_length:  # so it is not too large either
            return last
        try:
            headers = merged(target, fields)
        except MalformedHeadError:
            return None
        if not (is_usual(headers) and self._guard.lets_by(headers)):
            return None
        head = headers, tuple(fields)
        self._last = fields, len(target), head
        return head
