"""Connections on which one request follows the other share a thread while they do.

That thread reads, answers and writes, and runs the handler that it would otherwise wait for: no
turn of the event loop, no change of threads, which together take as long as all of API Gateway's
steps. A thread for each connection would get into the others' way: Python's lock would change hands
with each call of the system. But nobody may wait for another one's handler: when it takes a while,
the event loop takes the other connections back, and then this one, too. A connection also goes back
when its client pauses, and with whatever is unusual about a request or its answer.
"""

from __future__ import annotations

import logging
import selectors
import socket
import threading
from typing import TYPE_CHECKING

from chalice_offline.core.http import HttpRequest
from chalice_offline.core.pending import Pending
from chalice_offline.core.thread_state import is_runnable
from chalice_offline.transports.at_once import answer_of
from chalice_offline.transports.busy_connection import IDLE_SECONDS, Asked, BusyConnection, Returned

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.driver import Helper
    from chalice_offline.core.http import HttpResponse
    from chalice_offline.transports.at_once import Answer, Endpoint
    from chalice_offline.transports.browser_policy import Area

_log = logging.getLogger(__name__)

# A handler that is found to wait for so long is nothing that others should wait for,
SLOW_SECONDS = 0.01
# nor what its client asks next.
_WARY_SECONDS = 1.0
# A client is watched, and can call its request off, when the reply does not come so soon.
WATCHED_AFTER_SECONDS = 0.05


class BusyThread:
    """The connections that one thread serves."""

    def __init__(self, endpoint: Endpoint, area: Area, now: Callable[[], float]) -> None:
        """`now` is the event loop's clock, in seconds."""
        self._now = now
        self._endpoint = endpoint
        self._area = area
        self._lock = threading.Lock()
        # Within the lock: whose a connection is, is for one of two to say. Who takes one out of
        # here closes its descriptor, which may be another connection's at once.
        self._lent: set[BusyConnection] = set()
        self._selector = selectors.DefaultSelector()
        self._is_over = False
        # Since when a handler runs: nothing here is used then on the thread. And whose it is, if
        # that has not been taken away.
        self._since: float | None = None
        self._answering: BusyConnection | None = None
        self._asked: Asked | None = None
        self._native_id: int | None = None
        self._wary_until = 0.0  # nobody joins
        # A single one is waited for without a selector, which would be a further call of the system
        # with each request. Another one must ask for a selector, then, and come again.
        self._is_single = True
        self._is_sought = False

    def start(self, helper: Helper, busy: BusyConnection) -> None:
        """Serve a first connection; RuntimeError or OSError when the machine has nothing for it."""

        def serve() -> None:
            thread = threading.current_thread()
            before, thread.name = thread.name, "connections"
            self._serve()
            helper.end(None)  # whatever ended it: the thread runs other handlers now
            thread.name = before

        try:
            self.join(busy)
            helper.start(serve)
        except (OSError, RuntimeError):
            self._selector.close()
            raise

    # ---- on the event loop -----------------------------------------------------------------------

    @property
    def is_shared(self) -> bool:
        """Whether it serves more than one connection."""
        return len(self._lent) > 1

    @property
    def is_coming(self) -> bool:
        """Whether a connection that could not join is going to be able to in a moment."""
        with self._lock:
            return self._is_sought and not self._is_over and self._now() >= self._wary_until

    def join(self, busy: BusyConnection) -> bool:
        """Serve this connection, too; whether that can be now."""
        with self._lock:
            if self._is_over or self._now() < self._wary_until:
                return False
            if self._lent and self._is_single:
                self._is_sought = True
                return False
            # epoll and kqueue take it while the thread waits for the others.
            self._selector.register(busy.socket, selectors.EVENT_READ, busy)
            self._lent.add(busy)
        return True

    def take_back(self, busy: BusyConnection, *, at_once: bool = False) -> Returned | None:
        """Take a connection away if a handler keeps it waiting; return what it goes back with.

        Its own handler may go on for long, and the client is to see an end.
        """
        with self._lock:
            if self._since is None or busy not in self._lent:
                return None
            if not (at_once or self._keeps_waiting(busy, self._now() - self._since)):
                return None
            if busy is self._answering:
                returned = Returned(asked=self._asked)
            else:
                returned = busy.with_unread()
                self._wary_until = self._now() + _WARY_SECONDS
            self._remove(busy)
        return returned

    def end_soon(self, busy: BusyConnection) -> None:
        """Find no further request."""
        with self._lock:
            if busy in self._lent:
                busy.shut(socket.SHUT_RD)

    def abandon(self, busy: BusyConnection) -> Pending[HttpResponse] | None:
        """A connection is lost; return what nobody waits for any more."""
        with self._lock:
            if busy not in self._lent:
                return None
            busy.shut(socket.SHUT_RDWR)
            if self._since is None:
                return None  # the thread finds an end, and gives it back
            asked = self._asked if busy is self._answering else None
            self._remove(busy)
        return None if asked is None else _unanswered(asked)

    def _keeps_waiting(self, busy: BusyConnection, seconds: float) -> bool:
        """Whether a handler that has run for so long waits for more than a processor."""
        if busy is self._answering or seconds < SLOW_SECONDS:
            return seconds >= WATCHED_AFTER_SECONDS
        return seconds >= WATCHED_AFTER_SECONDS or not is_runnable(self._native_id)

    def _remove(self, busy: BusyConnection) -> None:
        """Leave a connection to the event loop."""
        self._lent.remove(busy)
        self._selector.unregister(busy.socket)
        if busy is self._answering:
            self._answering = self._asked = None
        busy.release()

    # ---- on its own thread -----------------------------------------------------------------------

    def _serve(self) -> None:
        self._native_id = threading.get_native_id()
        try:
            while not self._has_ended():
                if self._is_single:
                    self._serve_single()
                else:
                    self._serve_shared()
        except BaseException:  # noqa: BLE001 - the outermost boundary of the thread
            _log.exception("connections failed")
        with self._lock:
            self._is_over, left = True, tuple(self._lent)
        for busy in left:
            self._fail(busy)
        self._selector.close()

    def _has_ended(self) -> bool:
        with self._lock:
            self._is_over = not self._lent
        return self._is_over

    def _serve_single(self) -> None:
        (busy,) = self._lent
        while self._is_lent(busy) and not self._is_sought:
            self._serve_one(busy, waits=True)
        self._is_single = self._is_sought = False

    def _serve_shared(self) -> None:
        """Serve whoever asks, for a moment; then let go who does not, and see who is left."""
        until = self._now() + IDLE_SECONDS
        while (left := until - self._now()) > 0 and self._lent:
            for key, _ in self._selector.select(left):
                busy: BusyConnection = key.data
                if self._is_lent(busy):
                    self._serve_one(busy, waits=False)
        for busy in tuple(self._lent):
            if self._now() - busy.heard_at >= IDLE_SECONDS:
                self._give_back(busy, busy.with_unread())
        with self._lock:
            self._is_single = len(self._lent) == 1

    def _is_lent(self, busy: BusyConnection) -> bool:
        """Whether a connection is still here: it is taken only while another one is answered."""
        return busy in self._lent

    def _serve_one(self, busy: BusyConnection, *, waits: bool) -> None:
        try:
            returned = self._serve_next(busy, waits=waits)
        except BaseException:  # noqa: BLE001 - a mistake of ours costs one connection
            _log.exception("a connection failed")
            self._fail(busy)
            return
        if returned is not None:
            self._give_back(busy, returned)

    def _serve_next(self, busy: BusyConnection, *, waits: bool) -> Returned | None:
        """Answer the next request, if it is whole; return what a connection goes back with."""
        read = busy.read(waits=waits)
        if not isinstance(read, HttpRequest):
            return read
        answer = self._answer(busy, read)
        if answer is None:  # it was taken away meanwhile
            return None
        if isinstance(answer, Pending) or answer.file is not None or answer.feed is not None:
            return Returned(asked=Asked(read, answer))
        unsent = busy.send(read, answer)
        return Returned(unsent=unsent) if unsent else None

    def _answer(self, busy: BusyConnection, request: HttpRequest) -> Answer | None:
        """Return the answer; None when the connection was taken away meanwhile."""
        helper = self._endpoint.helper
        if helper is None:
            return answer_of(self._endpoint, request, self._area)
        helper.begin()
        answer = answer_of(self._endpoint, request, self._area)
        if not isinstance(answer, Pending):
            helper.end(None)
            return answer
        with self._lock:
            self._answering, self._asked = busy, Asked(request, answer)
            self._since = self._now()
        helper.end(answer)
        with self._lock:
            self._since = None
            if busy is not self._answering:
                return None
            self._answering = self._asked = None
        return answer.result() if answer.done else answer

    def _fail(self, busy: BusyConnection) -> None:
        busy.shut(socket.SHUT_RDWR)
        self._give_back(busy, Returned())

    def _give_back(self, busy: BusyConnection, returned: Returned) -> None:
        with self._lock:
            if busy not in self._lent:  # taken away while its handler ran
                return
            self._remove(busy)
        busy.owner.later(lambda: busy.owner.come_back(returned))


def _unanswered(asked: Asked) -> Pending[HttpResponse] | None:
    answer = asked.answer
    return answer if isinstance(answer, Pending) and not answer.done else None
