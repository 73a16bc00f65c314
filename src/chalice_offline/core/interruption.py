"""Whether a handler may be ended from outside right now: never while it is in the emulator.

Plain flags, set by one thread and read by another. Each side first says what it is about to do and
then looks at what the other said, so one of them always sees the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


# A handler that was stopped may clean up, and each `finally` may call something. One that has been
# told this often catches whatever it is told, in a loop without end.
REFUSALS_MAX = 100


class RunStopped(BaseException):
    """Ends a handler that AWS has stopped. No `except Exception` of a handler can catch it."""


class Interruption:
    """What the thread of a handler and whoever wants to stop it tell each other."""

    __slots__ = ("inside", "park", "refusals", "requested", "thread_id", "threads", "wake")

    def __init__(self) -> None:
        self.inside = False  # the handler's thread is in the emulator: it looks for itself
        self.requested = False
        self.park: Callable[[], None] | None = None  # keeps the present thread for good
        self.refusals = 0  # how often it was told so when it came into the emulator
        self.thread_id = 0  # the handler's thread, once it has one
        # The handler's own threads by whatever tells them apart; None for one about to begin.
        self.threads: dict[object, int | None] = {}
        self.wake: Callable[[], None] | None = None  # ends what the handler's thread waits for

    def refuse(self) -> None:
        """Raise RunStopped in a handler that was stopped; one that does not listen is parked.

        On AWS its process is gone. Here its thread must at least take no time from the others.
        """
        if not self.requested:
            return
        self.refusals += 1
        if self.refusals > REFUSALS_MAX and self.park is not None:
            self.park()
        raise RunStopped

    def request(self) -> bool:
        """Ask the handler to end; say whether it must be interrupted to hear of it."""
        self.requested = True
        wake = self.wake
        if wake is not None:
            wake()
        return not self.inside
