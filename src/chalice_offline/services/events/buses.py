"""CreateEventBus, UpdateEventBus, DeleteEventBus, DescribeEventBus, ListEventBuses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.services.common.tags import tags_of
from chalice_offline.services.events.errors import (
    already_exists,
    not_found,
    validation_error,
)
from chalice_offline.services.events.pages import page
from chalice_offline.services.events.resources import DEFAULT_BUS, EventBus

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.events.state import EventsState

_SETTINGS = ("Description", "KmsKeyIdentifier", "DeadLetterConfig", "LogConfig")


def create_event_bus(events: EventsState, context: CallContext, request: Request) -> Result:
    """Make a custom bus. There are no partners, so there is no partner's event source."""
    buses = events.here(context).buses
    name = request["Name"]
    if name in buses:
        raise already_exists(f"Event bus {name} already exists.")
    if "EventSourceName" in request:
        raise not_found(f"Event source {request['EventSourceName']} does not exist.")
    if "/" in name:
        raise validation_error("Event bus name must not contain '/'.")
    bus = EventBus(
        name=name,
        account_id=context.account_id,
        region=context.region,
        created_ms=context.now_ms,
        modified_ms=context.now_ms,
        settings=_settings(request),
        tags=tags_of(request.get("Tags", ())),
    )
    buses[name] = bus
    return {"EventBusArn": bus.arn, **bus.settings}


def update_event_bus(events: EventsState, context: CallContext, request: Request) -> Result:
    """Change the settings that are given."""
    bus = events.find_bus(context, request.get("Name", DEFAULT_BUS))
    bus.settings.update(_settings(request))
    bus.modified_ms = context.now_ms
    return {"Arn": bus.arn, "Name": bus.name, **bus.settings}


def delete_event_bus(events: EventsState, context: CallContext, request: Request) -> Result:
    """Delete a bus without rules; one that does not exist is fine."""
    name = request["Name"]
    if name == DEFAULT_BUS:
        raise validation_error("Cannot delete event bus default.")
    region = events.here(context)
    bus = region.buses.get(name)
    if bus is not None and bus.rules:
        raise validation_error("EventBus can't be deleted since it has rules.")
    region.buses.pop(name, None)
    return {}


def describe_event_bus(events: EventsState, context: CallContext, request: Request) -> Result:
    """Show a bus with its policy."""
    return _described(events.find_bus(context, request.get("Name", DEFAULT_BUS)))


def list_event_buses(events: EventsState, context: CallContext, request: Request) -> Result:
    """Show the buses by name."""
    prefix = request.get("NamePrefix", "")
    buses = [bus for bus in events.here(context).buses.values() if bus.name.startswith(prefix)]
    shown, more = page(buses, lambda bus: bus.name, request)
    return {"EventBuses": [_listed(bus) for bus in shown], **more}


def _settings(request: Request) -> dict[str, Any]:
    return {member: request[member] for member in _SETTINGS if member in request}


def _described(bus: EventBus) -> dict[str, Any]:
    described = {
        "Name": bus.name,
        "Arn": bus.arn,
        "CreationTime": bus.created_ms / 1000,
        "LastModifiedTime": bus.modified_ms / 1000,
        **bus.settings,
    }
    if bus.statements:
        described["Policy"] = json.dumps(
            {"Version": "2012-10-17", "Statement": bus.statements}, separators=(",", ":")
        )
    return described


def _listed(bus: EventBus) -> dict[str, Any]:
    shown = ("Name", "Arn", "Description", "Policy", "CreationTime", "LastModifiedTime")
    return {member: value for member, value in _described(bus).items() if member in shown}
