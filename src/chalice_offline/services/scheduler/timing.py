"""The timer of each schedule, and what happens when it falls due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.scheduler.invocation import Invocation
from chalice_offline.services.scheduler.settings import first_after_ms

if TYPE_CHECKING:
    from chalice_offline.services.scheduler.resources import Schedule
    from chalice_offline.services.scheduler.state import SchedulerState

_MINUTE_MS = 60_000
_SECOND_MS = 1_000


def arm(scheduler: SchedulerState, schedule: Schedule) -> None:
    """Set the timer of a schedule that was just put; none when it is disabled or never due.

    Timers of schedules are not owed: nobody waits for the end of a recurrence.
    """
    disarm(scheduler, schedule)
    if not schedule.is_enabled:
        return
    now_ms = scheduler.kernel.now_ms
    due_ms = schedule.next_due_ms(first_after_ms(schedule.occurrences, now_ms))
    if due_ms is None:
        scheduler.kernel.note(schedule.arn, {}, (), "never due")
    else:
        _set(scheduler, schedule, due_ms)


def disarm(scheduler: SchedulerState, schedule: Schedule) -> None:
    """Stop a schedule's timer."""
    scheduler.kernel.cancel(schedule.timer)
    schedule.timer = None


def _set(scheduler: SchedulerState, schedule: Schedule, due_ms: int) -> None:
    run_ms = due_ms + _delay_ms(scheduler, schedule)
    schedule.timer = scheduler.kernel.at(
        run_ms, lambda: _run(scheduler, schedule, due_ms, run_ms), owed=False, appointment=True
    )


def _delay_ms(scheduler: SchedulerState, schedule: Schedule) -> int:
    """Return how long after its time an occurrence runs: a second within the flexible window."""
    window = schedule.settings["FlexibleTimeWindow"]
    if window["Mode"] == "OFF":
        return 0
    seconds = window["MaximumWindowInMinutes"] * _MINUTE_MS // _SECOND_MS
    return scheduler.kernel.ids.integer(0, seconds - 1) * _SECOND_MS


def _run(scheduler: SchedulerState, schedule: Schedule, due_ms: int, run_ms: int) -> None:
    schedule.timer = None
    Invocation(scheduler.kernel, schedule, due_ms).start()
    now_ms = scheduler.kernel.now_ms
    # Late means that the machine slept: what it missed in between is made up for by this once.
    next_ms = schedule.next_due_ms(now_ms if now_ms > run_ms else due_ms)
    if next_ms is not None:
        _set(scheduler, schedule, next_ms)
    elif schedule.settings["ActionAfterCompletion"] == "DELETE":
        schedule.group.schedules.pop(schedule.name, None)
        scheduler.kernel.note(schedule.arn, {}, (), "completed and deleted")
