"""CreateApiDestination, UpdateApiDestination, DeleteApiDestination and the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import make_arn, parse_arn
from chalice_offline.services.events.errors import already_exists, not_found
from chalice_offline.services.events.limits import DEFAULT_INVOCATION_RATE
from chalice_offline.services.events.pagination import page

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.events.connections import Connection
    from chalice_offline.services.events.service import Events

_SETTINGS = (
    "Description",
    "ConnectionArn",
    "InvocationEndpoint",
    "HttpMethod",
    "InvocationRateLimitPerSecond",
)


@dataclass(slots=True, eq=False)
class ApiDestination:
    """An HTTP endpoint as a target. `settings` are its members under AWS's names."""

    name: str
    account_id: str
    region: str
    unique_id: str
    settings: dict[str, Any]
    created_ms: int
    modified_ms: int

    @property
    def arn(self) -> str:
        """The destination's ARN."""
        path = f"api-destination/{self.name}/{self.unique_id}"
        return make_arn("events", self.region, self.account_id, path)

    def summary(self, connection: Connection | None) -> dict[str, Any]:
        """Return what every reply holds; it is active while its connection is authorized."""
        is_active = connection is not None and connection.state == "AUTHORIZED"
        return {
            "ApiDestinationArn": self.arn,
            "ApiDestinationState": "ACTIVE" if is_active else "INACTIVE",
            "CreationTime": self.created_ms / 1000,
            "LastModifiedTime": self.modified_ms / 1000,
        }


def create_api_destination(service: Events, context: CallContext, request: Request) -> Result:
    """Make a destination on a connection that exists.

    Unlike AWS, an endpoint may be plain HTTP: servers on this machine rarely speak TLS.
    """
    destinations = service.here(context).api_destinations
    name = request["Name"]
    if name in destinations:
        raise already_exists(f"An api-destination '{name}' already exists.")
    _require_connection(service, request["ConnectionArn"])
    destination = ApiDestination(
        name=name,
        account_id=context.account_id,
        region=context.region,
        unique_id=service.kernel.ids.uuid(),
        settings={"InvocationRateLimitPerSecond": DEFAULT_INVOCATION_RATE, **_settings(request)},
        created_ms=context.now_ms,
        modified_ms=context.now_ms,
    )
    destinations[name] = destination
    return destination.summary(connection_of(service, destination))


def update_api_destination(service: Events, context: CallContext, request: Request) -> Result:
    """Change the settings that are given."""
    destination = _find(service, context, request["Name"], "update")
    if "ConnectionArn" in request:
        _require_connection(service, request["ConnectionArn"])
    destination.settings.update(_settings(request))
    destination.modified_ms = context.now_ms
    return destination.summary(connection_of(service, destination))


def delete_api_destination(service: Events, context: CallContext, request: Request) -> Result:
    """Delete a destination; rules keep it as a target and fail."""
    destination = _find(service, context, request["Name"], "delete")
    del service.here(context).api_destinations[destination.name]
    return {}


def describe_api_destination(service: Events, context: CallContext, request: Request) -> Result:
    """Show one destination."""
    destination = _find(service, context, request["Name"], "describe")
    return {
        **destination.summary(connection_of(service, destination)),
        "Name": destination.name,
        **destination.settings,
    }


def list_api_destinations(service: Events, context: CallContext, request: Request) -> Result:
    """Show the destinations by name, all but their descriptions."""
    destinations = [
        destination
        for destination in service.here(context).api_destinations.values()
        if destination.name.startswith(request.get("NamePrefix", ""))
        and request.get("ConnectionArn", destination.settings["ConnectionArn"])
        == destination.settings["ConnectionArn"]
    ]
    shown, more = page(destinations, lambda destination: destination.name, request)
    listed = []
    for destination in shown:
        entry = {
            **destination.summary(connection_of(service, destination)),
            "Name": destination.name,
            **destination.settings,
        }
        entry.pop("Description", None)
        listed.append(entry)
    return {"ApiDestinations": listed, **more}


def connection_of(service: Events, destination: ApiDestination) -> Connection | None:
    """Return the connection a destination uses, or None when it was deleted."""
    return _connection_at(service, destination.settings["ConnectionArn"])


def _require_connection(service: Events, connection_arn: str) -> None:
    if _connection_at(service, connection_arn) is None:
        name = connection_arn.split("/")[1]
        raise not_found(f"Connection '{name}' does not exist.")


def _connection_at(service: Events, connection_arn: str) -> Connection | None:
    arn = parse_arn(connection_arn)
    name = arn.resource.split("/")[1]
    connection = service.region(arn.account_id, arn.region).connections.get(name)
    return connection if connection is not None and connection.arn == connection_arn else None


def _find(service: Events, context: CallContext, name: str, verb: str) -> ApiDestination:
    destination = service.here(context).api_destinations.get(name)
    if destination is None:
        raise not_found(
            f"Failed to {verb} the api-destination(s). An api-destination '{name}' does not exist."
        )
    return destination


def _settings(request: Request) -> dict[str, Any]:
    return {member: request[member] for member in _SETTINGS if member in request}
