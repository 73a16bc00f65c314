"""Whether a handler may be ended from outside right now: never while it is in the emulator.

Plain flags, set by one thread and read by another. Each side first says what it is about to do and
then looks at what the other said, so one of them always sees the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Interruption:
    """What the thread of a handler and whoever wants to stop it tell each other."""

    __slots__ = ("inside", "requested", "thread_id", "wake")

    def __init__(self) -> None:
        self.inside = False  # the handler's thread is in the emulator: it looks for itself
        self.requested = False
        self.thread_id = 0  # the handler's thread, once it has one
        self.wake: Callable[[], None] | None = None  # ends what the handler's thread waits for

    def request(self) -> bool:
        """Ask the handler to end; say whether it must be interrupted to hear of it."""
        self.requested = True
        wake = self.wake
        if wake is not None:
            wake()
        return not self.inside
