"""A connection of the event loop that a thread may serve for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from chalice_offline.core.pending import Pending
from chalice_offline.transports.at_once import AtOnce

if TYPE_CHECKING:
    import asyncio

    from chalice_offline.transports.at_once import Endpoint
    from chalice_offline.transports.busy_connection import BusyConnection, Returned
    from chalice_offline.transports.lending import Lending

# After so many requests, each so soon after the reply to the one before, a connection is busy: it
# is served by a thread. After one that was no thing for that, not before so many others.
_BUSY = 3
_SOON_SECONDS = 0.05
_UNUSUAL = -20


class LendableProtocol(HttpToolsProtocol):  # type: ignore[misc] # uvicorn is not followed
    """What its subclass answers at once says when it is busy (busy_connection.Owner)."""

    cycle: Any
    loop: asyncio.AbstractEventLoop
    transport: Any

    def __init__(
        self, endpoint: Endpoint | None, lending: Lending | None, *args: Any, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self._endpoint = endpoint
        self._lending = lending
        self._lent: BusyConnection | None = None  # while a thread serves the connection
        self._ends = False  # it is to be closed once its present request is answered
        self._in_a_row = 0  # requests that were answered at once, one soon after the other
        self._in_head = True
        self._fields: list[tuple[bytes, bytes]] = []
        self._at_once: AtOnce | None = None  # what is under way of it
        self._heard_at = self._idle_since = self.loop.time()

    def _count(self) -> None:
        """Note that a request begins that can be answered at once."""
        is_soon = self.loop.time() - self._idle_since < _SOON_SECONDS
        self._in_a_row = self._in_a_row + 1 if is_soon else 0

    def _lend_soon(self) -> None:
        """Lend a busy connection, but not now: the parser may be in the middle of what came."""
        if self._in_a_row >= _BUSY and self._lending is not None:
            self.loop.call_soon(self._lend)

    def _lend(self) -> None:
        """Give the connection to a thread, if all is said and nothing has begun."""
        cycle, transport = self.cycle, self.transport
        is_between = isinstance(cycle, AtOnce) and cycle.response_complete and not self._in_head
        is_still = not (self.pipeline or self.flow.read_paused or transport.get_write_buffer_size())
        if self._lent is None and is_between and is_still and not transport.is_closing():
            assert self._lending is not None
            self._lent = self._lending.lend(self, transport)

    def come_back(self, returned: Returned) -> None:
        """Go on on the event loop."""
        assert self._endpoint is not None
        assert self._lending is not None
        asked, lent, self._lent = returned.asked, self._lent, None
        if lent is None:  # the connection was lost meanwhile
            if asked is not None and isinstance(asked.answer, Pending):
                self._endpoint.hang_up(asked.answer)
            return
        self._lending.returned(lent)
        self._heard_at = self._idle_since = self.loop.time()
        self._in_a_row = 0
        if asked is not None or returned.unread:
            self._in_a_row = _UNUSUAL  # such requests come again: not to and fro with each
        if returned.unsent:
            self.transport.write(returned.unsent)
        if asked is not None:
            self._fields = list(asked.request.fields)
            cycle = AtOnce(self, self._endpoint, asked.request, keep_alive=True)
            self.cycle = self._at_once = cycle
            cycle.answered(asked.answer)
        if not self._ends:  # or an end would be found there that is none of the client's
            self.transport.resume_reading()
        if returned.unread:
            self.data_received(returned.unread)
        if self._ends:
            super().shutdown()
            if self.cycle is not None and self.cycle.more_body:  # which is not read any more
                self.transport.close()

    def _lose_lent(self) -> None:
        lent, self._lent = self._lent, None
        if lent is None:
            return
        assert self._lending is not None
        assert self._endpoint is not None
        unanswered = self._lending.abandon(lent)
        if unanswered is not None:
            self._endpoint.hang_up(unanswered)

    def shutdown(self) -> None:
        """Close when the request is answered that is being answered."""
        lent = self._lent
        if lent is not None:
            assert self._lending is not None
            returned = self._lending.take_back(lent)
            if returned is None:
                self._ends = True
                self._lending.end_soon(lent)
                return
            self.come_back(returned)
        super().shutdown()
