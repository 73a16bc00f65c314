"""A reset of EventBridge Scheduler."""

from __future__ import annotations

from chalice_offline.services.scheduler.state import SchedulerState


def renewed(scheduler: SchedulerState) -> SchedulerState:
    """Return Scheduler without schedules."""
    return SchedulerState(scheduler.kernel)
