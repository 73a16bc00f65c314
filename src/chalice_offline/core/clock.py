"""Where the time comes from. The only module that may read the machine's clocks.

A clock has two readings, both integer milliseconds and neither ever runs backwards:

*now*    the date and time; after the machine slept it jumps to what the wall clock says
*awake*  the same, less all the time that passed while the machine slept: it never jumps

Whatever lasts (a timeout, a delay, a retry, an age) is measured in awake time. The rules are in
docs/ARCHITECTURE.md, "Time".
"""

from __future__ import annotations

import threading
import time
from typing import NamedTuple, Protocol

# The wall clock is followed when it is this far ahead. Less is what a time server corrects.
GAP_MS = 5_000
# Whoever keeps an emulator going looks at the clock at least this often. A look that comes later
# than STALL_MS after the one before was not late: the process stood still (a stopped job, a paused
# machine), on systems whose monotonic clock goes on meanwhile.
LOOK_MS = 5_000
STALL_MS = 30_000


class Reading(NamedTuple):
    """One look at a clock."""

    now_ms: int
    awake_ms: int


class Clock(Protocol):
    """Gives the present as integer milliseconds since the epoch."""

    def now_ms(self) -> int:
        """Return the present instant."""
        ...

    def awake_ms(self) -> int:
        """Return the present instant, less all the time the machine slept."""
        ...

    def read(self) -> Reading:
        """Return both at once."""
        ...


class SystemClock:
    """Real time: the monotonic clock, set by the wall clock once, and again after each gap.

    A wall clock that jumps ahead (the machine slept, or somebody set it) is followed in one step.
    One that is set back is not: instants given out stay in the past.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._monotonic_ms = _monotonic_ms()
        self._ahead_ms = _wall_ms() - self._monotonic_ms
        self._slept_ms = 0
        self._is_watched = False
        # What the machine's clocks said when they were read last, and what that meant.
        self._last = ((-1, -1), Reading(0, 0))

    def watched(self) -> None:
        """Hear that somebody looks at least every LOOK_MS from now on: longer gaps are stalls."""
        with self._lock:
            self._monotonic_ms = _monotonic_ms()
            self._is_watched = True

    def now_ms(self) -> int:
        """Return the present instant."""
        return self.read().now_ms

    def awake_ms(self) -> int:
        """Return the present instant, less all the time the machine slept."""
        return self.read().awake_ms

    def read(self) -> Reading:
        """Return both at once."""
        # Not by the functions below: every input asks.
        monotonic_ms, wall_ms = time.monotonic_ns() // 1_000_000, time.time_ns() // 1_000_000
        said = monotonic_ms, wall_ms
        last_said, last = self._last
        if said == last_said:  # in one millisecond several times
            return last
        with self._lock:
            before_ms = self._monotonic_ms
            if monotonic_ms < before_ms:
                monotonic_ms = before_ms
            self._monotonic_ms = monotonic_ms
            if self._is_watched and monotonic_ms - before_ms >= STALL_MS:
                self._slept_ms += monotonic_ms - before_ms
            gap_ms = wall_ms - monotonic_ms - self._ahead_ms
            if gap_ms >= GAP_MS:
                self._ahead_ms += gap_ms
                self._slept_ms += gap_ms
            now_ms = monotonic_ms + self._ahead_ms
            reading = Reading(now_ms, now_ms - self._slept_ms)
            self._last = (said, reading)
            return reading


class VirtualClock:
    """A clock that moves only when told to."""

    def __init__(self, start_ms: int) -> None:
        self._now_ms = start_ms

    def now_ms(self) -> int:
        """Return the instant the clock was last moved to."""
        return self._now_ms

    def awake_ms(self) -> int:
        """Return the same: virtual time never sleeps."""
        return self._now_ms

    def read(self) -> Reading:
        """Return both at once."""
        return Reading(self._now_ms, self._now_ms)

    def move_to(self, instant_ms: int) -> None:
        """Move forward to `instant_ms`; an earlier instant leaves the clock where it is."""
        self._now_ms = max(self._now_ms, instant_ms)


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


def _monotonic_ms() -> int:
    return time.monotonic_ns() // 1_000_000
