"""StartReplay, CancelReplay, DescribeReplay, ListReplays."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

from chalice_offline.core.arn import parse_arn
from chalice_offline.core.errors import AwsError
from chalice_offline.services.common.timestamps import epoch_seconds
from chalice_offline.services.events import routing
from chalice_offline.services.events.errors import (
    already_exists,
    limit_exceeded,
    not_found,
    validation_error,
)
from chalice_offline.services.events.limits import ACTIVE_REPLAYS
from chalice_offline.services.events.pages import page
from chalice_offline.services.events.replay import Replay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.events.archive import Archive
    from chalice_offline.services.events.event import Event
    from chalice_offline.services.events.state import EventsState

_ACTIVE = ("STARTING", "RUNNING")
_MINUTE_S = 60
_EVENT_BUS_ARN = re.compile(r"arn:[^:]*:events:[^:]*:[^:]*:event-bus/.+")


def start_replay(events: EventsState, context: CallContext, request: Request) -> Result:
    """Send the events of an archive to its bus again."""
    replays = events.here(context).replays
    archive = _check(events, context, request)
    name = request["ReplayName"]
    if name in replays:
        raise already_exists(f"Replay {name} already exists.")
    if sum(replay.state in _ACTIVE for replay in replays.values()) >= ACTIVE_REPLAYS:
        raise limit_exceeded()
    replay = Replay(
        name=name,
        account_id=context.account_id,
        region=context.region,
        archive=archive,
        settings={
            **request,
            "EventStartTime": epoch_seconds(request["EventStartTime"]),
            "EventEndTime": epoch_seconds(request["EventEndTime"]),
        },
        entry=context.entry,
        started_ms=context.now_ms,
    )
    replays[name] = replay
    events.kernel.at(context.now_ms, lambda: _run(events, replay))
    return {
        "ReplayArn": replay.arn,
        "State": replay.state,
        "ReplayStartTime": replay.started_ms / 1000,
    }


def cancel_replay(events: EventsState, context: CallContext, request: Request) -> Result:
    """Stop a replay that is under way; events sent already stay sent."""
    replay = _find(events, context, request["ReplayName"])
    if replay.state not in _ACTIVE:
        # API reference, CancelReplay: IllegalStatusException.
        raise AwsError(
            "IllegalStatusException",
            f"Replay {replay.name} is not in a valid state for this operation.",
        )
    replay.state = "CANCELLING"
    return {"ReplayArn": replay.arn, "State": replay.state}


def describe_replay(events: EventsState, context: CallContext, request: Request) -> Result:
    """Show one replay."""
    replay = _find(events, context, request["ReplayName"])
    described = {
        **replay.describe(),
        "ReplayArn": replay.arn,
        "Destination": replay.settings["Destination"],
    }
    if "Description" in replay.settings:
        described["Description"] = replay.settings["Description"]
    return described


def list_replays(events: EventsState, context: CallContext, request: Request) -> Result:
    """Show the replays by name, with at most one filter."""
    if sum(member in request for member in ("NamePrefix", "EventSourceArn", "State")) > 1:
        raise validation_error(
            "At most one filter is allowed for ListReplays. "
            "Use either : State, EventSourceArn, or NamePrefix."
        )
    replays = [
        replay
        for replay in events.here(context).replays.values()
        if replay.name.startswith(request.get("NamePrefix", ""))
        and request.get("EventSourceArn", replay.archive.arn) == replay.archive.arn
        and request.get("State", replay.state) == replay.state
    ]
    shown, more = page(replays, lambda replay: replay.name, request)
    return {"Replays": [replay.describe() for replay in shown], **more}


def _check(events: EventsState, context: CallContext, request: Request) -> Archive:
    destination = request["Destination"]["Arn"]
    if not _EVENT_BUS_ARN.fullmatch(destination):
        raise validation_error(
            "Parameter Destination.Arn is not valid. Reason: Must contain an event bus ARN."
        )
    archive_name = parse_arn(request["EventSourceArn"]).resource_name
    bus_name = parse_arn(destination).resource.partition("/")[2]
    region = events.here(context)
    if bus_name not in region.buses:
        raise not_found(f"Event bus {bus_name} does not exist.")
    archive = region.archives.get(archive_name)
    if archive is None:
        raise validation_error(
            f"Parameter EventSourceArn is not valid. Reason: Archive {archive_name} does not exist."
        )
    start_s = epoch_seconds(request["EventStartTime"])
    if start_s >= epoch_seconds(request["EventEndTime"]):
        raise validation_error(
            "Parameter EventEndTime is not valid. "
            "Reason: EventStartTime must be before EventEndTime."
        )
    if archive.bus.arn != destination:
        raise validation_error(
            "Parameter Destination.Arn is not valid. "
            "Reason: Cross event bus replay is not permitted."
        )
    return archive


def _find(events: EventsState, context: CallContext, name: str) -> Replay:
    replay = events.here(context).replays.get(name)
    if replay is None:
        raise not_found(f"Replay {name} does not exist.")
    return replay


def _run(events: EventsState, replay: Replay) -> None:
    """Replay minute by minute of the events' own time, as AWS does; one timer a minute."""
    if replay.state == "STARTING":
        replay.state = "RUNNING"
    replay.archive.forget_old(events.kernel.now_ms)
    start_s, end_s = replay.settings["EventStartTime"], replay.settings["EventEndTime"]
    chosen = [event for event in replay.archive.events if start_s <= event.time_s <= end_s]
    chosen.sort(key=lambda event: event.time_s)
    minutes = [list(events) for _, events in groupby(chosen, lambda e: e.time_s // _MINUTE_S)]
    _run_minute(events, replay, iter(minutes))


def _run_minute(events: EventsState, replay: Replay, minutes: Iterator[list[Event]]) -> None:
    kernel = events.kernel
    minute = next(minutes, None) if replay.state == "RUNNING" else None
    if minute is not None:
        only_rules = replay.settings["Destination"].get("FilterArns") or None
        for event in minute:
            again = event.replayed(replay.name, replay.entry, kernel.now_ms)
            routing.route(events, replay.archive.bus, again, only_rules)
            replay.last_replayed_s = event.time_s
        kernel.at(kernel.now_ms, lambda: _run_minute(events, replay, minutes))
        return
    replay.state = "COMPLETED" if replay.state == "RUNNING" else "CANCELLED"
    replay.ended_ms = kernel.now_ms
