"""The one heap of timers.

Delays, visibility timeouts, batching windows, retries, schedules, long polls and retention are
all entries here. Order is `(due_ms, sequence)`, so two timers due at the same instant run in the
order in which they were set, whatever they are.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_COMPACT_ABOVE = 1_024


class Timer:
    """One thing to do at one instant.

    `owed` says whether `settle()` waits for it, `appointment` that it is set for a date and time,
    not for the end of something that lasts.
    """

    __slots__ = ("appointment", "callback", "cancelled", "due_ms", "owed", "sequence")

    def __init__(
        self,
        due_ms: int,
        sequence: int,
        callback: Callable[[], None],
        *,
        owed: bool,
        appointment: bool = False,
    ) -> None:
        self.due_ms = due_ms
        self.sequence = sequence
        self.callback = callback
        self.owed = owed
        self.appointment = appointment
        self.cancelled = False

    def __lt__(self, other: Timer) -> bool:
        return (self.due_ms, self.sequence) < (other.due_ms, other.sequence)


class Scheduler:
    """Timers in the order in which they fall due.

    Two kinds share one order. *Owed* timers are steps of work under way: a delayed message, a
    retry, a batching window. The others recur or expire in the background (schedules, retention,
    deduplication windows); they fire on time too, but `settle()` does not wait for them, or it
    would never return.
    """

    def __init__(self) -> None:
        self._owed: list[Timer] = []
        self._background: list[Timer] = []
        self._sequence = 0
        self._cancelled = 0

    def at(
        self,
        due_ms: int,
        callback: Callable[[], None],
        *,
        owed: bool = True,
        appointment: bool = False,
    ) -> Timer:
        """Run `callback` at `due_ms` (epoch milliseconds); return the timer, to cancel it."""
        self._sequence += 1
        timer = Timer(due_ms, self._sequence, callback, owed=owed, appointment=appointment)
        heapq.heappush(self._owed if owed else self._background, timer)
        return timer

    def cancel(self, timer: Timer | None) -> None:
        """Make sure `timer` never runs; None and a timer that ran already are fine."""
        if timer is None or timer.cancelled:
            return
        timer.cancelled = True
        self._cancelled += 1
        if self._cancelled > _COMPACT_ABOVE and self._cancelled * 2 > len(self):
            self._compact()

    def postpone(self, gap_ms: int) -> None:
        """Let all timers but appointments fall due `gap_ms` later: so long the machine slept."""
        for heap in (self._owed, self._background):
            for timer in heap:
                if not timer.appointment:
                    timer.due_ms += gap_ms
            heapq.heapify(heap)

    def next_due_ms(self, *, owed_only: bool = False) -> int | None:
        """Return the instant of the first timer still to run, or None."""
        first = self._peek(self._owed)
        if not owed_only:
            background = self._peek(self._background)
            if first is None or (background is not None and background < first):
                first = background
        return None if first is None else first.due_ms

    def pop_due(self, now_ms: int) -> Timer | None:
        """Take the first timer due by `now_ms` off the heap, or return None."""
        heap = self._owed
        first = self._peek(heap)
        background = self._peek(self._background)
        if first is None or (background is not None and background < first):
            heap, first = self._background, background
        if first is None or first.due_ms > now_ms:
            return None
        heapq.heappop(heap)
        first.cancelled = True  # it ran: a later cancel() has nothing to do
        return first

    def __len__(self) -> int:
        return len(self._owed) + len(self._background)

    def _peek(self, heap: list[Timer]) -> Timer | None:
        while heap and heap[0].cancelled:
            heapq.heappop(heap)
            self._cancelled -= 1
        return heap[0] if heap else None

    def _compact(self) -> None:
        for heap in (self._owed, self._background):
            heap[:] = [timer for timer in heap if not timer.cancelled]
            heapq.heapify(heap)
        self._cancelled = 0
