"""CreateScheduleGroup, GetScheduleGroup, DeleteScheduleGroup, ListScheduleGroups, and tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.arn import parse_arn
from chalice_offline.services.common.tags import tag_list, tags_of, untag
from chalice_offline.services.scheduler.errors import group_exists, validation_error
from chalice_offline.services.scheduler.pages import page
from chalice_offline.services.scheduler.resources import DEFAULT_GROUP, Group
from chalice_offline.services.scheduler.timing import disarm

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.scheduler.state import SchedulerState


def create_schedule_group(
    scheduler: SchedulerState, context: CallContext, request: Request
) -> Result:
    """Make a group; the same client token again gives the one already made."""
    name = request["Name"]
    token = request.get("ClientToken", "")
    known = scheduler.find_group_or_none(context, name)
    if known is not None:
        if token and known.client_token == token:
            return {"ScheduleGroupArn": known.arn}
        raise group_exists(name)
    group = Group(
        account_id=context.account_id,
        region=context.region,
        name=name,
        created_ms=context.now_ms,
        modified_ms=context.now_ms,
        client_token=token,
        tags=tags_of(request.get("Tags", ())),
    )
    scheduler.add_group(group)
    return {"ScheduleGroupArn": group.arn}


def get_schedule_group(scheduler: SchedulerState, context: CallContext, request: Request) -> Result:
    """Describe a group."""
    return _described(scheduler.find_group(context, request["Name"]))


def delete_schedule_group(
    scheduler: SchedulerState, context: CallContext, request: Request
) -> Result:
    """Delete a group and every schedule in it.

    AWS takes a while and calls it DELETING meanwhile; here it is gone at once.
    """
    if request["Name"] == DEFAULT_GROUP:
        raise validation_error("The default schedule group cannot be deleted.")
    group = scheduler.find_group(context, request["Name"])
    for schedule in group.schedules.values():
        disarm(scheduler, schedule)
    group.schedules.clear()
    scheduler.remove_group(group)
    return {}


def list_schedule_groups(
    scheduler: SchedulerState, context: CallContext, request: Request
) -> Result:
    """List groups whose names begin with NamePrefix, by name."""
    prefix = request.get("NamePrefix", "")
    found = [group for group in scheduler.find_groups(context) if group.name.startswith(prefix)]
    groups, more = page(found, lambda group: group.name, request)
    return {"ScheduleGroups": [_described(group) for group in groups], **more}


def tag_resource(scheduler: SchedulerState, context: CallContext, request: Request) -> Result:
    """Add tags to a group, or replace their values."""
    _group_by_arn(scheduler, context, request).tags.update(tags_of(request["Tags"]))
    return {}


def untag_resource(scheduler: SchedulerState, context: CallContext, request: Request) -> Result:
    """Take tags off a group."""
    untag(_group_by_arn(scheduler, context, request).tags, request["TagKeys"])
    return {}


def list_tags_for_resource(
    scheduler: SchedulerState, context: CallContext, request: Request
) -> Result:
    """Tell a group's tags."""
    return tag_list(_group_by_arn(scheduler, context, request).tags)


def _group_by_arn(scheduler: SchedulerState, context: CallContext, request: Request) -> Group:
    return scheduler.find_group(context, parse_arn(request["ResourceArn"]).resource_name)


def _described(group: Group) -> Result:
    return {
        "Arn": group.arn,
        "Name": group.name,
        "State": "ACTIVE",
        "CreationDate": group.created_ms / 1000,
        "LastModificationDate": group.modified_ms / 1000,
    }
