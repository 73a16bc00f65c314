"""EventBridge Scheduler: the service, its state and its table of operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.scheduler import groups, schedules
from chalice_offline.services.scheduler.errors import group_not_found, schedule_not_found
from chalice_offline.services.scheduler.resources import DEFAULT_GROUP, Group

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Kernel, Operation, Request
    from chalice_offline.services.scheduler.resources import Schedule

_Key = tuple[str, str, str]


class Scheduler:
    """Schedule groups by account, region and name; every region has the group "default"."""

    name = "scheduler"
    operations: Mapping[str, Operation] = {
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

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self._groups: dict[_Key, Group] = {}

    def find_group(self, context: CallContext, name: str) -> Group | None:
        """Return a group of the caller's account and region, or None."""
        key = (context.account_id, context.region, name)
        if name == DEFAULT_GROUP and key not in self._groups:
            now_ms = self.kernel.now_ms
            self._groups[key] = Group(*key, created_ms=now_ms, modified_ms=now_ms)
        return self._groups.get(key)

    def group(self, context: CallContext, name: str) -> Group:
        """Return a group; raises ResourceNotFoundException."""
        found = self.find_group(context, name)
        if found is None:
            raise group_not_found(name)
        return found

    def schedule(self, context: CallContext, request: Request) -> Schedule:
        """Return the schedule a request names; raises ResourceNotFoundException."""
        group = self.group(context, request.get("GroupName", DEFAULT_GROUP))
        found = group.schedules.get(request["Name"])
        if found is None:
            raise schedule_not_found(request["Name"])
        return found

    def groups_of(self, context: CallContext) -> list[Group]:
        """Return all groups of the caller's account and region."""
        self.find_group(context, DEFAULT_GROUP)
        home = (context.account_id, context.region)
        return [group for key, group in self._groups.items() if key[:2] == home]

    def add_group(self, group: Group) -> None:
        """Keep a new group."""
        self._groups[group.account_id, group.region, group.name] = group

    def remove_group(self, group: Group) -> None:
        """Forget a group."""
        del self._groups[group.account_id, group.region, group.name]
