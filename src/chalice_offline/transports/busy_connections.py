"""A connection on which one request follows the other has a thread of its own while they do.

That thread reads, answers and writes, and runs the handler that it would otherwise wait for: no
turn of the event loop, no change of threads, which together take as long as all of API Gateway's
steps. It only does what nearly every request is, small, whole, a program's, with a short answer
that is known soon. For anything else the connection goes back to the event loop, with what has come
of the request, or with its answer. So it does when the client pauses.
"""

from __future__ import annotations

import logging
import socket
import struct
import threading
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import httptools

from chalice_offline.core.http import Headers
from chalice_offline.core.pending import Pending
from chalice_offline.transports.at_once import answer_of, is_usual, reply_bytes
from chalice_offline.transports.heads import HEAD_BYTES, MalformedHeadError, merged, request_of

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from chalice_offline.core.driver import Helper
    from chalice_offline.core.http import HttpRequest, HttpResponse
    from chalice_offline.transports.at_once import Answer, Endpoint, Fields
    from chalice_offline.transports.guard import Guard
    from chalice_offline.transports.heads import Field

    Head = tuple[Headers, tuple[Field, ...]]

_log = logging.getLogger(__name__)

# A client that lets so much time pass between two requests has no need of a thread.
IDLE_SECONDS = 0.25
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
    """One connection while a thread of its own serves it."""

    def __init__(self, owner: Owner, guard: Guard, endpoint: Endpoint, own: socket.socket) -> None:
        """`own` is another descriptor of the connection: the event loop may close its one."""
        self._owner = owner
        self._guard = guard
        self._endpoint = endpoint
        self._socket = own
        self._reader = _Reader()
        # Usual ones, as they came and as they are told, and the longest target with them.
        self._last: tuple[list[Field], int, Head] = [], 0, (Headers(), ())
        self._lock = threading.Lock()
        # The three below within the lock: who has the connection is for one of two to say. So is
        # the descriptor closed, which may be another connection's at once.
        self._is_lent = True
        self._asked: Asked | None = None  # while its answer is waited for
        self._since = 0.0

    def start(self, helper: Helper) -> None:
        """Serve on a thread of its own; RuntimeError when there is none."""

        def serve() -> None:
            thread = threading.current_thread()
            before, thread.name = thread.name, "connection"
            self._serve()
            helper.end(None)  # whatever ended it: the thread runs other handlers now
            thread.name = before

        helper.start(serve)

    # ---- on the event loop -----------------------------------------------------------------------

    def take_back(self, waits_for_seconds: float) -> Asked | None:
        """Take the connection away if it has waited that long for an answer; return what for."""
        with self._lock:
            asked = self._asked
            if asked is None or self._owner.loop.time() - self._since < waits_for_seconds:
                return None
            self._is_lent, self._asked = False, None
            self._let_go()  # the handler may go on for long, and the client is to see an end
            return asked

    def end_soon(self) -> None:
        """Reply to what is being answered, and then find no further request."""
        self._shut(socket.SHUT_RD)

    def abandon(self) -> Pending[HttpResponse] | None:
        """The connection is lost; return what nobody waits for any more."""
        with self._lock:
            asked, self._is_lent, self._asked = self._asked, False, None
        self._shut(socket.SHUT_RDWR)
        if asked is not None:
            self._socket.close()
        return None if asked is None else _unanswered(asked)

    def _let_go(self) -> None:
        """Leave the connection to the event loop, which must never wait for it."""
        self._socket.setblocking(False)
        self._socket.close()

    def _shut(self, how: int) -> None:
        with self._lock:
            try:
                self._socket.shutdown(how)
            except OSError:  # closed by either side
                return

    # ---- on its own thread -----------------------------------------------------------------------

    def _serve(self) -> None:
        try:
            # The system's own timeout: with Python's, each request would take two calls of it.
            self._socket.setblocking(True)
            idle = struct.pack("ll", *divmod(int(IDLE_SECONDS * 1_000_000), 1_000_000))
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, idle)
            returned = self._answer_all()
        except BaseException:  # noqa: BLE001 - the outermost boundary of the thread
            _log.exception("a connection failed")
            self._shut(socket.SHUT_RDWR)
            returned = Returned()
        with self._lock:
            is_lent, self._is_lent = self._is_lent, False
            if is_lent:
                self._let_go()
            else:
                self._socket.close()
        unanswered = None if returned.asked is None else _unanswered(returned.asked)
        if is_lent:
            self._owner.later(lambda: self._owner.come_back(returned))
        elif unanswered is not None:  # the connection was lost a moment ago
            self._endpoint.hang_up(unanswered)

    def _answer_all(self) -> Returned:
        while True:
            came = self._receive()
            request = self._request()
            if request is None:
                return Returned(unread=came)
            answer = self._answer(request)
            if answer is None:
                return Returned()
            if isinstance(answer, Pending) or answer.file is not None or answer.feed is not None:
                return Returned(asked=Asked(request, answer))
            unsent = self._send(request, answer)
            if unsent:
                return Returned(unsent=unsent)

    def _receive(self) -> bytes:
        """Read until a request is whole, or it is clear that none is going to be."""
        came = b""
        self._reader.anew()
        reader = self._reader
        try:
            while data := self._socket.recv(_READ_BYTES):
                came += data
                reader.parser.feed_data(data)
                if reader.is_whole or len(came) > _LONGEST or reader.waits_for_leave:
                    break
        except (OSError, httptools.HttpParserError, httptools.HttpParserUpgrade):
            reader.anew()  # whatever it is, the event loop finds it as well
        return came

    def _request(self) -> HttpRequest | None:
        """Return what was read, if it is one whole usual request."""
        reader, parser = self._reader, self._reader.parser
        method: bytes = parser.get_method() if reader.is_whole else b""
        if (
            reader.begun != 1
            or not reader.is_whole
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
        return request_of(method, reader.target, headers, fields, self._owner.scheme, reader.body)

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

    def _answer(self, request: HttpRequest) -> Answer | None:
        """Return the answer; None when the connection was taken away meanwhile."""
        helper = self._endpoint.helper
        if helper is None:
            return answer_of(self._endpoint, request, self._guard.area)
        helper.begin()
        answer = answer_of(self._endpoint, request, self._guard.area)
        if not isinstance(answer, Pending):
            helper.end(None)
            return answer
        with self._lock:
            self._asked, self._since = Asked(request, answer), self._owner.loop.time()
        helper.end(answer)
        with self._lock:
            if not self._is_lent:
                return None
            self._asked = None
        return answer.result() if answer.done else answer

    def _send(self, request: HttpRequest, reply: HttpResponse) -> bytes:
        """Reply; return what the connection did not take at once."""
        data = reply_bytes(reply, request, self._owner.date(), self._guard.area, keep_alive=True)
        try:
            sent = self._socket.send(data, socket.MSG_DONTWAIT)
        except OSError:  # too slow, or gone: the event loop finds out which
            return data
        return data[sent:]


def _unanswered(asked: Asked) -> Pending[HttpResponse] | None:
    answer = asked.answer
    return answer if isinstance(answer, Pending) and not answer.done else None
