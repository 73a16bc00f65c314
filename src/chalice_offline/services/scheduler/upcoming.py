"""When schedules are due next, and having one due now: what AWS does not tell and cannot do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.scheduler.invocation import Invocation

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.services.scheduler.state import SchedulerState


def describe_schedules(scheduler: SchedulerState, context: CallContext) -> list[dict[str, Any]]:
    """Return the schedules of the caller's account and region, each with its next instant."""
    return [
        {
            "arn": schedule.arn,
            "name": schedule.name,
            "group": group.name,
            "expression": schedule.settings["ScheduleExpression"],
            "zone": schedule.settings.get("ScheduleExpressionTimezone", "UTC"),
            "enabled": schedule.is_enabled,
            "targets": [
                {"arn": schedule.target["Arn"], "input": schedule.target.get("Input")},
            ],
            "next_ms": schedule.timer.due_ms if schedule.timer else None,
        }
        for group in scheduler.find_groups(context)
        for schedule in group.schedules.values()
    ]


def fire(scheduler: SchedulerState, context: CallContext, arn: str) -> bool:
    """Invoke a schedule's target as if it were due now; False when there is no such schedule.

    When it is due next stays as it was.
    """
    for group in scheduler.find_groups(context):
        for schedule in group.schedules.values():
            if schedule.arn == arn:
                causes = (context.entry,)
                Invocation(scheduler.kernel, schedule, context.now_ms, causes).start()
                return True
    return False
