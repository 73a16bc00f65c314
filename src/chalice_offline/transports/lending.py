"""Which connections of a server have threads of their own (busy_connections.py), and until when."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

from chalice_offline.transports.busy_connections import BusyConnection, Returned

if TYPE_CHECKING:
    import asyncio

    from chalice_offline.transports.at_once import Endpoint
    from chalice_offline.transports.busy_connections import Owner
    from chalice_offline.transports.guard import Guard

_log = logging.getLogger(__name__)

# Python runs one thread at a time: more of them would only get into each other's way.
AT_ONCE = 4
# Windows has begun to read by the time that it is told to pause.
_CAN_PAUSE = sys.platform != "win32"
# A client is watched, and can call its request off, when the reply does not come so soon.
WATCHED_AFTER_SECONDS = 0.05


class Lending:
    """The connections that are lent; used on the event loop."""

    def __init__(self, guard: Guard, endpoint: Endpoint) -> None:
        self._guard = guard
        self._endpoint = endpoint
        self._lent: dict[BusyConnection, Owner] = {}
        self._looks = False

    def lend(self, owner: Owner, transport: asyncio.Transport) -> BusyConnection | None:
        """Give a connection to a thread of its own; None when it must stay."""
        is_full = len(self._lent) >= AT_ONCE
        helper = self._endpoint.helper
        if is_full or not _CAN_PAUSE or helper is None:
            return None
        try:
            own = transport.get_extra_info("socket").dup()
        except OSError as error:
            _log.debug("no descriptor for a thread of a connection: %s", error)
            return None
        busy = BusyConnection(owner, self._guard, self._endpoint, own)
        transport.pause_reading()
        try:
            busy.start(helper)
        except RuntimeError as error:
            _log.debug("no thread for a connection: %s", error)
            own.close()
            transport.resume_reading()
            return None
        self._lent[busy] = owner
        if not self._looks:
            self._look_later(owner.loop)
        return busy

    def returned(self, busy: BusyConnection) -> None:
        """Note that a connection is the event loop's again."""
        self._lent.pop(busy, None)

    def _look_later(self, loop: asyncio.AbstractEventLoop) -> None:
        self._looks = bool(self._lent)
        if self._looks:
            loop.call_later(WATCHED_AFTER_SECONDS, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Take those back whose clients have waited for a while."""
        for busy, owner in tuple(self._lent.items()):
            asked = busy.take_back(WATCHED_AFTER_SECONDS)
            if asked is not None:
                owner.come_back(Returned(asked=asked))
        self._look_later(loop)
