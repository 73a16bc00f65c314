"""Which connections of a server are served by threads (busy_thread.py), and until when."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

from chalice_offline.transports.busy_connection import BusyConnection, Returned
from chalice_offline.transports.busy_thread import SLOW_SECONDS, WATCHED_AFTER_SECONDS, BusyThread

if TYPE_CHECKING:
    import asyncio

    from chalice_offline.core.http import HttpResponse
    from chalice_offline.core.pending import Pending
    from chalice_offline.transports.at_once import Endpoint
    from chalice_offline.transports.busy_connection import Owner
    from chalice_offline.transports.guard import Guard

_log = logging.getLogger(__name__)

# One serves all, but for those that wait for a handler when it is found to take a while.
THREADS = 4
# Each of these takes a second descriptor, and where few are allowed, clients come first.
CONNECTIONS = 64
# Windows has begun to read by the time that it is told to pause.
_CAN_PAUSE = sys.platform != "win32"


class Lending:
    """The connections that are lent; used on the event loop."""

    def __init__(self, guard: Guard, endpoint: Endpoint) -> None:
        self._guard = guard
        self._endpoint = endpoint
        self._lent: dict[BusyConnection, BusyThread] = {}
        self._looks = False
        self._was_late = False  # the last look

    def lend(self, owner: Owner, transport: asyncio.Transport) -> BusyConnection | None:
        """Give a connection to a thread; None when it must stay."""
        if not _CAN_PAUSE or len(self._lent) >= CONNECTIONS:
            return None
        try:
            own = transport.get_extra_info("socket").dup()
        except OSError as error:
            _log.debug("no descriptor for a thread of a connection: %s", error)
            return None
        busy = BusyConnection(owner, self._guard, own)
        transport.pause_reading()
        try:
            thread = self._joined(busy)
        except (OSError, RuntimeError) as error:
            _log.debug("no thread or descriptor for connections: %s", error)
            thread = None
        if thread is None:
            busy.release()
            transport.resume_reading()
            return None
        self._lent[busy] = thread
        if not self._looks:
            self._look_later(owner.loop)
        return busy

    def returned(self, busy: BusyConnection) -> None:
        """Note that a connection is the event loop's again."""
        self._lent.pop(busy, None)

    def take_back(self, busy: BusyConnection) -> Returned | None:
        """Take a connection away that a handler keeps waiting; return what it goes back with."""
        return self._lent[busy].take_back(busy, at_once=True)

    def end_soon(self, busy: BusyConnection) -> None:
        """Find no further request."""
        self._lent[busy].end_soon(busy)

    def abandon(self, busy: BusyConnection) -> Pending[HttpResponse] | None:
        """A connection is lost; return what nobody waits for any more."""
        return self._lent.pop(busy).abandon(busy)

    def _joined(self, busy: BusyConnection) -> BusyThread | None:
        """Return the thread that serves a connection from now on, if one can.

        OSError or RuntimeError when the machine gives no more of what that takes.
        """
        helper, threads = self._endpoint.helper, set(self._lent.values())
        for thread in threads:
            if thread.join(busy):
                return thread
        is_full = len(threads) >= THREADS or any(thread.is_coming for thread in threads)
        if is_full or helper is None:
            return None
        thread = BusyThread(self._endpoint, self._guard.area, busy.owner.loop.time)
        thread.start(helper, busy)
        return thread

    # ---- within ----------------------------------------------------------------------------------

    def _look_later(self, loop: asyncio.AbstractEventLoop) -> None:
        self._looks = bool(self._lent)
        if self._looks:
            is_shared = any(thread.is_shared for thread in self._lent.values())
            soon = SLOW_SECONDS if is_shared else WATCHED_AFTER_SECONDS
            loop.call_later(soon, self._look, loop, loop.time() + soon)

    def _look(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        """Take back whom a handler keeps waiting.

        When this look is late itself, handlers could not get on either: then not before the next.
        """
        self._look_later(loop)  # first: whatever comes of this one, there is a next
        is_late, was_late = loop.time() - due >= SLOW_SECONDS / 2, self._was_late
        self._was_late = is_late and not was_late
        if not self._was_late:
            for busy, thread in tuple(self._lent.items()):
                returned = thread.take_back(busy)
                if returned is not None:
                    busy.owner.come_back(returned)
