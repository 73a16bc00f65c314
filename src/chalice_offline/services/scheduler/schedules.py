"""CreateSchedule, UpdateSchedule, GetSchedule, DeleteSchedule, ListSchedules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.scheduler.errors import schedule_exists
from chalice_offline.services.scheduler.pages import page
from chalice_offline.services.scheduler.resources import DEFAULT_GROUP, Schedule
from chalice_offline.services.scheduler.settings import read_settings
from chalice_offline.services.scheduler.timing import arm, disarm

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.scheduler.state import SchedulerState


def create_schedule(scheduler: SchedulerState, context: CallContext, request: Request) -> Result:
    """Make a schedule; the same client token again gives the one already made."""
    group = scheduler.find_group(context, request.get("GroupName", DEFAULT_GROUP))
    name = request["Name"]
    token = request.get("ClientToken", "")
    known = group.schedules.get(name)
    if known is not None:
        if token and known.client_token == token:
            return {"ScheduleArn": known.arn}
        raise schedule_exists(name)
    settings = read_settings(request, context.now_ms)
    schedule = Schedule(
        group=group,
        name=name,
        settings=settings.described,
        occurrences=settings.occurrences,
        start_ms=settings.start_ms,
        end_ms=settings.end_ms,
        created_ms=context.now_ms,
        modified_ms=context.now_ms,
        client_token=token,
    )
    group.schedules[name] = schedule
    arm(scheduler, schedule)
    return {"ScheduleArn": schedule.arn}


def update_schedule(scheduler: SchedulerState, context: CallContext, request: Request) -> Result:
    """Replace all of a schedule's settings; what the request leaves out returns to its default."""
    schedule = scheduler.find_schedule(context, request)
    settings = read_settings(request, context.now_ms)
    schedule.settings = settings.described
    schedule.occurrences = settings.occurrences
    schedule.start_ms = settings.start_ms
    schedule.end_ms = settings.end_ms
    schedule.modified_ms = context.now_ms
    arm(scheduler, schedule)
    return {"ScheduleArn": schedule.arn}


def get_schedule(scheduler: SchedulerState, context: CallContext, request: Request) -> Result:
    """Tell everything about a schedule."""
    schedule = scheduler.find_schedule(context, request)
    return {
        **schedule.settings,
        "Arn": schedule.arn,
        "GroupName": schedule.group.name,
        "Name": schedule.name,
        "CreationDate": schedule.created_ms / 1000,
        "LastModificationDate": schedule.modified_ms / 1000,
    }


def delete_schedule(scheduler: SchedulerState, context: CallContext, request: Request) -> Result:
    """Forget a schedule; a run already under way goes on."""
    schedule = scheduler.find_schedule(context, request)
    disarm(scheduler, schedule)
    del schedule.group.schedules[schedule.name]
    return {}


def list_schedules(scheduler: SchedulerState, context: CallContext, request: Request) -> Result:
    """List schedules by group, name prefix and state, ordered by group and name."""
    if "GroupName" in request:
        groups = [scheduler.find_group(context, request["GroupName"])]
    else:
        groups = scheduler.find_groups(context)
    found = [
        schedule
        for group in groups
        for schedule in group.schedules.values()
        if schedule.name.startswith(request.get("NamePrefix", ""))
        and request.get("State") in (None, schedule.settings["State"])
    ]
    schedules, more = page(found, lambda schedule: schedule.arn, request)
    return {"Schedules": [_summary(schedule) for schedule in schedules], **more}


def _summary(schedule: Schedule) -> Result:
    return {
        "Arn": schedule.arn,
        "GroupName": schedule.group.name,
        "Name": schedule.name,
        "State": schedule.settings["State"],
        "CreationDate": schedule.created_ms / 1000,
        "LastModificationDate": schedule.modified_ms / 1000,
        "Target": {"Arn": schedule.target["Arn"]},
    }
