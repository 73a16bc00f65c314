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


def _nothing() -> None:
    """What a cancelled timer does."""


class Timer:
    """One thing to do at one instant.

    `owed` says whether `settle()` waits for it, `appointment` that it is set for a date and time,
    not for the end of something that lasts.
    """

    __slots__ = ("appointment", "callback", "cancelled", "due_ms", "owed")

    def __init__(
        self,
        due_ms: int,
        callback: Callable[[], None],
        *,
        owed: bool,
        appointment: bool = False,
    ) -> None:
        self.due_ms = due_ms
        self.callback = callback
        self.owed = owed
        self.appointment = appointment
        self.cancelled = False


class Scheduler:
    """Timers in the order in which they fall due.

    Two kinds share one order. *Owed* timers are steps of work under way: a delayed message, a
    retry, a batching window. The others recur or expire in the background (schedules, retention,
    deduplication windows); they fire on time too, but `settle()` does not wait for them, or it
    would never return.
    """

    def __init__(self) -> None:
        # Ordered by the two numbers, which Python compares faster than timers.
        self._owed: list[tuple[int, int, Timer]] = []
        self._background: list[tuple[int, int, Timer]] = []
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
        timer = Timer(due_ms, callback, owed=owed, appointment=appointment)
        heap = self._owed if owed else self._background
        heapq.heappush(heap, (due_ms, self._sequence, timer))
        return timer

    def cancel(self, timer: Timer | None) -> None:
        """Make sure `timer` never runs; None and a timer that ran already are fine."""
        if timer is None or timer.cancelled:
            return
        timer.cancelled = True
        timer.callback = _nothing  # or all that it needs would live until the heap is tidied
        self._cancelled += 1
        if self._cancelled > _COMPACT_ABOVE and self._cancelled * 2 > len(self):
            self._compact()

    def cancel_where(self, fits: Callable[[Callable[[], None]], bool]) -> None:
        """Cancel every timer of which the callback fits; takes time in proportion to all timers."""
        for _, _, timer in (*self._owed, *self._background):
            if not timer.cancelled and fits(timer.callback):
                self.cancel(timer)

    def postpone(self, gap_ms: int) -> None:
        """Let all timers but appointments fall due `gap_ms` later: so long the machine slept."""
        for heap in (self._owed, self._background):
            for _, _, timer in heap:
                if not timer.appointment:
                    timer.due_ms += gap_ms
            heap[:] = [(timer.due_ms, sequence, timer) for _, sequence, timer in heap]
            heapq.heapify(heap)

    def next_due_ms(self, *, owed_only: bool = False) -> int | None:
        """Return the instant of the first timer still to run, or None."""
        owed = self._owed
        if owed and owed[0][2].cancelled:
            self._tidy(owed)
        if owed_only:
            return owed[0][0] if owed else None
        background = self._background
        if background and background[0][2].cancelled:
            self._tidy(background)
        if not background:
            return owed[0][0] if owed else None
        due_ms = background[0][0]
        return owed[0][0] if owed and owed[0][0] < due_ms else due_ms

    def pop_due(self, now_ms: int) -> Timer | None:
        """Take the first timer due by `now_ms` off the heap, or return None."""
        heap = self._first_heap()
        if not heap or heap[0][0] > now_ms:
            return None
        timer = heapq.heappop(heap)[2]
        timer.cancelled = True  # it ran: a later cancel() has nothing to do
        return timer

    def __len__(self) -> int:
        return len(self._owed) + len(self._background)

    def _first_heap(self) -> list[tuple[int, int, Timer]]:
        """Return the heap with the timer that is next, empty when there is none at all."""
        owed, background = self._owed, self._background
        self._tidy(owed)
        self._tidy(background)
        if not owed or (background and background[0] < owed[0]):
            return background
        return owed

    def _tidy(self, heap: list[tuple[int, int, Timer]]) -> None:
        """Take cancelled timers off the top of a heap."""
        while heap and heap[0][2].cancelled:
            heapq.heappop(heap)
            self._cancelled -= 1

    def _compact(self) -> None:
        for heap in (self._owed, self._background):
            heap[:] = [timed for timed in heap if not timed[2].cancelled]
            heapq.heapify(heap)
        self._cancelled = 0
