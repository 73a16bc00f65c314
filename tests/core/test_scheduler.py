"""The heap of timers."""

from __future__ import annotations

import weakref

from hypothesis import given
from hypothesis import strategies as st

from chalice_offline.core.scheduler import Scheduler


def drain(scheduler: Scheduler, now_ms: int) -> None:
    while (timer := scheduler.pop_due(now_ms)) is not None:
        timer.callback()


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans()), max_size=60))
def test_timers_run_by_instant_and_then_in_the_order_they_were_set(
    timers: list[tuple[int, bool]],
) -> None:
    """Owed and background timers share one order."""
    scheduler, ran = Scheduler(), []
    for number, (due_ms, owed) in enumerate(timers):
        scheduler.at(due_ms, lambda n=number, d=due_ms: ran.append((d, n)), owed=owed)
    drain(scheduler, 100)
    assert ran == sorted(ran)
    assert len(ran) == len(timers)


@given(st.lists(st.integers(0, 20), max_size=40), st.data())
def test_a_cancelled_timer_never_runs(instants: list[int], data: st.DataObject) -> None:
    """Whatever is cancelled, everything else runs."""
    scheduler, ran = Scheduler(), []
    timers = [
        scheduler.at(due_ms, lambda n=number: ran.append(n))
        for number, due_ms in enumerate(instants)
    ]
    cancelled = data.draw(st.sets(st.sampled_from(range(len(timers))))) if timers else set()
    for number in sorted(cancelled):
        scheduler.cancel(timers[number])
    drain(scheduler, 100)
    assert sorted(ran) == [n for n in range(len(timers)) if n not in cancelled]


def test_many_cancelled_timers_leave_the_heap() -> None:
    """A queue that re-arms its timer a million times does not fill memory."""
    scheduler = Scheduler()
    for number in range(10_000):
        scheduler.cancel(scheduler.at(number, lambda: None))
    assert len(scheduler) < 3_000


def test_next_due_tells_owed_work_from_what_merely_recurs() -> None:
    """`settle` waits for owed timers only."""
    scheduler = Scheduler()
    scheduler.at(5, lambda: None, owed=False)
    assert (scheduler.next_due_ms(), scheduler.next_due_ms(owed_only=True)) == (5, None)
    scheduler.at(9, lambda: None)
    assert (scheduler.next_due_ms(), scheduler.next_due_ms(owed_only=True)) == (5, 9)


def test_cancelling_none_or_a_timer_that_ran_is_fine() -> None:
    """Owners of a timer need not remember whether it ran."""
    scheduler = Scheduler()
    timer = scheduler.at(1, lambda: None)
    drain(scheduler, 1)
    scheduler.cancel(timer)
    scheduler.cancel(None)
    assert scheduler.next_due_ms() is None


def test_a_cancelled_timer_holds_nothing() -> None:
    """It may lie in the heap for long; what it was for must not."""
    scheduler, work = Scheduler(), set("work")
    held = weakref.ref(work)
    timer = scheduler.at(60_000, work.clear)
    scheduler.cancel(timer)
    del work
    assert held() is None
