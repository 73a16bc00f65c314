"""Where the time comes from. The only module that may read the wall clock."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Gives the present as integer milliseconds since the epoch."""

    def now_ms(self) -> int:
        """Return the present instant."""
        ...


class SystemClock:
    """The machine's clock, kept from running backwards."""

    def __init__(self) -> None:
        self._last_ms = 0

    def now_ms(self) -> int:
        """Return the wall clock, or the last instant given if the wall clock was set back."""
        self._last_ms = max(self._last_ms, time.time_ns() // 1_000_000)
        return self._last_ms


class VirtualClock:
    """A clock that moves only when told to."""

    def __init__(self, start_ms: int) -> None:
        self._now_ms = start_ms

    def now_ms(self) -> int:
        """Return the instant the clock was last moved to."""
        return self._now_ms

    def move_to(self, instant_ms: int) -> None:
        """Move forward to `instant_ms`; an earlier instant leaves the clock where it is."""
        self._now_ms = max(self._now_ms, instant_ms)
