"""What EventBridge Scheduler holds, of all accounts and regions, and how it is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.scheduler.errors import group_not_found, schedule_not_found
from chalice_offline.services.scheduler.resources import DEFAULT_GROUP, Group

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Kernel, Request
    from chalice_offline.services.scheduler.resources import Schedule

_Key = tuple[str, str, str]


class SchedulerState:
    """Schedule groups by account, region and name; every region has the group "default"."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self._groups: dict[_Key, Group] = {}

    def find_group_or_none(self, context: CallContext, name: str) -> Group | None:
        """Return a group of the caller's account and region, or None."""
        key = (context.account_id, context.region, name)
        if name == DEFAULT_GROUP and key not in self._groups:
            now_ms = self.kernel.now_ms
            self._groups[key] = Group(*key, created_ms=now_ms, modified_ms=now_ms)
        return self._groups.get(key)

    def find_group(self, context: CallContext, name: str) -> Group:
        """Return a group; raises ResourceNotFoundException."""
        found = self.find_group_or_none(context, name)
        if found is None:
            raise group_not_found(name)
        return found

    def find_schedule(self, context: CallContext, request: Request) -> Schedule:
        """Return the schedule a request names; raises ResourceNotFoundException."""
        group = self.find_group(context, request.get("GroupName", DEFAULT_GROUP))
        found = group.schedules.get(request["Name"])
        if found is None:
            raise schedule_not_found(request["Name"])
        return found

    def find_groups(self, context: CallContext) -> list[Group]:
        """Return all groups of the caller's account and region."""
        self.find_group_or_none(context, DEFAULT_GROUP)
        home = (context.account_id, context.region)
        return [group for key, group in self._groups.items() if key[:2] == home]

    def add_group(self, group: Group) -> None:
        """Keep a new group."""
        self._groups[group.account_id, group.region, group.name] = group

    def remove_group(self, group: Group) -> None:
        """Forget a group."""
        del self._groups[group.account_id, group.region, group.name]
