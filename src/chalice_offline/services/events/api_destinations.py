"""CreateApiDestination, UpdateApiDestination, DeleteApiDestination and the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.events.api_destination import ApiDestination
from chalice_offline.services.events.errors import already_exists, not_found
from chalice_offline.services.events.limits import DEFAULT_INVOCATION_RATE
from chalice_offline.services.events.pages import page

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.events.state import EventsState

_SETTINGS = (
    "Description",
    "ConnectionArn",
    "InvocationEndpoint",
    "HttpMethod",
    "InvocationRateLimitPerSecond",
)


def create_api_destination(events: EventsState, context: CallContext, request: Request) -> Result:
    """Make a destination on a connection that exists.

    Unlike AWS, an endpoint may be plain HTTP: servers on this machine rarely speak TLS.
    """
    destinations = events.here(context).api_destinations
    name = request["Name"]
    if name in destinations:
        raise already_exists(f"An api-destination '{name}' already exists.")
    _require_connection(events, request["ConnectionArn"])
    destination = ApiDestination(
        name=name,
        account_id=context.account_id,
        region=context.region,
        unique_id=events.kernel.ids.uuid(),
        settings={"InvocationRateLimitPerSecond": DEFAULT_INVOCATION_RATE, **_settings(request)},
        created_ms=context.now_ms,
        modified_ms=context.now_ms,
    )
    destinations[name] = destination
    return destination.summary(events.find_connection_of(destination))


def update_api_destination(events: EventsState, context: CallContext, request: Request) -> Result:
    """Change the settings that are given."""
    destination = events.find_api_destination(context, request["Name"], "update")
    if "ConnectionArn" in request:
        _require_connection(events, request["ConnectionArn"])
    destination.settings.update(_settings(request))
    destination.modified_ms = context.now_ms
    return destination.summary(events.find_connection_of(destination))


def delete_api_destination(events: EventsState, context: CallContext, request: Request) -> Result:
    """Delete a destination; rules keep it as a target and fail."""
    destination = events.find_api_destination(context, request["Name"], "delete")
    del events.here(context).api_destinations[destination.name]
    return {}


def describe_api_destination(events: EventsState, context: CallContext, request: Request) -> Result:
    """Show one destination."""
    destination = events.find_api_destination(context, request["Name"], "describe")
    return {
        **destination.summary(events.find_connection_of(destination)),
        "Name": destination.name,
        **destination.settings,
    }


def list_api_destinations(events: EventsState, context: CallContext, request: Request) -> Result:
    """Show the destinations by name, all but their descriptions."""
    destinations = [
        destination
        for destination in events.here(context).api_destinations.values()
        if destination.name.startswith(request.get("NamePrefix", ""))
        and request.get("ConnectionArn", destination.settings["ConnectionArn"])
        == destination.settings["ConnectionArn"]
    ]
    shown, more = page(destinations, lambda destination: destination.name, request)
    listed = []
    for destination in shown:
        entry = {
            **destination.summary(events.find_connection_of(destination)),
            "Name": destination.name,
            **destination.settings,
        }
        entry.pop("Description", None)
        listed.append(entry)
    return {"ApiDestinations": listed, **more}


def _require_connection(events: EventsState, connection_arn: str) -> None:
    if events.find_connection_or_none(connection_arn) is None:
        name = connection_arn.split("/")[1]
        raise not_found(f"Connection '{name}' does not exist.")


def _settings(request: Request) -> dict[str, Any]:
    return {member: request[member] for member in _SETTINGS if member in request}
