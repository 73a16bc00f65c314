"""EventBridge Scheduler: what each operation is done by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.kernel import Service
from chalice_offline.services.scheduler import groups, schedules
from chalice_offline.services.scheduler.renewal import renewed
from chalice_offline.services.scheduler.state import SchedulerState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.kernel import Kernel, Operation

OPERATIONS: Mapping[str, Operation] = {
    "CreateSchedule": schedules.create_schedule,
    "UpdateSchedule": schedules.update_schedule,
    "GetSchedule": schedules.get_schedule,
    "DeleteSchedule": schedules.delete_schedule,
    "ListSchedules": schedules.list_schedules,
    "CreateScheduleGroup": groups.create_schedule_group,
    "GetScheduleGroup": groups.get_schedule_group,
    "DeleteScheduleGroup": groups.delete_schedule_group,
    "ListScheduleGroups": groups.list_schedule_groups,
    "TagResource": groups.tag_resource,
    "UntagResource": groups.untag_resource,
    "ListTagsForResource": groups.list_tags_for_resource,
}


def service(kernel: Kernel) -> Service:
    """Return Scheduler without schedules."""
    return Service("scheduler", SchedulerState(kernel), OPERATIONS, renew=renewed)
