"""Handlers that pause: threads of which exactly one runs at a time.

In virtual time a handler that sleeps or waits lets others go on, each at its own instant, whatever
the others still have to wait for. So each has a thread, which runs only while the one that let it
waits for it: the order depends on the inputs alone, as if there were no threads.

The exception is a handler that never comes back (an endless loop, a lock that nobody frees): after
a while the others go on without it, and it joins them again at its next pause.
"""

from __future__ import annotations

import contextvars
import logging
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.drivers.handler_threads import HandlerThreads

_own = threading.local()
_log = logging.getLogger(__name__)
# How often to look at a handler that does not come back, and to ask whether to wait on for it.
_LOOK_SECONDS = 0.0025
_ASK_SECONDS = 1.0


class Actor:
    """A handler on a thread of its own."""

    def __init__(self, threads: HandlerThreads, work: Callable[[], None]) -> None:
        """Prepare; `resume` begins it, in the present context."""
        self._context = contextvars.copy_context()
        self._threads = threads
        self._work = work
        self._has_begun = False
        # Not semaphores: those look at a clock that stands still in virtual time.
        self._go = _shut()
        self._back = _shut()
        self._lock = threading.Lock()
        self._is_awaited = False  # somebody waits in `resume`
        self._is_going = False  # neither paused nor ended
        self._error: BaseException | None = None

    @staticmethod
    def present() -> Actor | None:
        """Return the actor whose thread this is."""
        actor: Actor | None = getattr(_own, "actor", None)
        return actor

    def resume(
        self, patience_seconds: float, may_leave: Callable[[], bool], waits: Callable[[], bool]
    ) -> bool:
        """Let it go on, until it pauses or ends; raises what ended it.

        False when it does neither within `patience_seconds` (of real time) and `may_leave` says
        that others may go on without it; or when `waits` says that it waits for time to pass.
        """
        self._is_awaited = self._is_going = True
        if self._has_begun:
            self._go.release()
        else:
            self._has_begun = True
            self._threads.start(self._run)
        return self._came_back(patience_seconds, may_leave, waits)

    def rejoin(
        self, patience_seconds: float, may_leave: Callable[[], bool], waits: Callable[[], bool]
    ) -> bool:
        """Wait again for one that others went on without, as `resume` does."""
        with self._lock:
            if not self._is_going:
                return True
            self._is_awaited = True
        return self._came_back(patience_seconds, may_leave, waits)

    def _came_back(
        self, patience_seconds: float, may_leave: Callable[[], bool], waits: Callable[[], bool]
    ) -> bool:
        try:
            left = patience_seconds
            while not self._back.acquire(timeout=_LOOK_SECONDS):
                left -= _LOOK_SECONDS
                if waits() and self._leave():
                    return False
                if left <= 0:
                    left = _ASK_SECONDS
                    if may_leave() and self._leave():
                        return False
        except BaseException:  # Ctrl-C
            self._leave()
            raise
        if self._error is not None:
            raise self._error
        return True

    def pause(self) -> None:
        """Stop here until somebody resumes this actor; only on its own thread."""
        self._hand_back()
        self._go.acquire()

    def is_alone(self, act: Callable[[], bool]) -> bool:
        """Do something while whoever let this actor go on waits for it; False if nobody does."""
        with self._lock:
            return self._is_awaited and act()

    def _leave(self) -> bool:
        """Wait for it no more; False when it has just come back."""
        with self._lock:
            if not self._is_awaited:
                return False
            self._is_awaited = False
            return True

    def _hand_back(self) -> bool:
        """Let whoever waits go on; False when nobody does."""
        with self._lock:
            self._is_going = False
            if not self._is_awaited:
                return False
            self._is_awaited = False
            self._back.release()
            return True

    def _run(self) -> None:
        _own.actor = self
        try:
            self._context.run(self._work)
        except BaseException as error:  # noqa: BLE001 - raised where it was resumed
            self._error = error
        finally:
            _own.actor = None
            if not self._hand_back() and self._error is not None:
                _log.error("a handler that nobody waited for failed here", exc_info=self._error)


def _shut() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock
