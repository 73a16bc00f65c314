"""What EventBridge holds, of all accounts and regions, and how it is found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chalice_offline.core.arn import parse_arn
from chalice_offline.services.events.errors import no_such_bus, no_such_rule, not_found
from chalice_offline.services.events.resources import DEFAULT_BUS, EventBus, Rule

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Kernel, Request
    from chalice_offline.services.events.api_destination import ApiDestination
    from chalice_offline.services.events.archive import Archive
    from chalice_offline.services.events.connection import Connection
    from chalice_offline.services.events.replay import Replay

PRINCIPAL = "events.amazonaws.com"  # as whom EventBridge calls other services


@dataclass(slots=True, eq=False)
class Region:
    """All that one account has in one region."""

    buses: dict[str, EventBus]
    archives: dict[str, Archive] = field(default_factory=dict)
    replays: dict[str, Replay] = field(default_factory=dict)
    connections: dict[str, Connection] = field(default_factory=dict)
    api_destinations: dict[str, ApiDestination] = field(default_factory=dict)


class EventsState:
    """Regions by account and name."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self._regions: dict[tuple[str, str], Region] = {}

    def region(self, account_id: str, region: str) -> Region:
        """Return what an account has in a region; the default bus is always there."""
        found = self._regions.get((account_id, region))
        if found is None:
            now_ms = self.kernel.now_ms
            bus = EventBus(DEFAULT_BUS, account_id, region, now_ms, now_ms)
            found = self._regions[account_id, region] = Region({DEFAULT_BUS: bus})
        return found

    def here(self, context: CallContext) -> Region:
        """Return what the caller has in its region."""
        return self.region(context.account_id, context.region)

    def find_bus(self, context: CallContext, name_or_arn: str) -> EventBus:
        """Return a bus by name, or by ARN from anywhere; raises ResourceNotFoundException."""
        if not name_or_arn.startswith("arn:"):
            return self.find_bus_in(context.account_id, context.region, name_or_arn)
        arn = parse_arn(name_or_arn)
        return self.find_bus_in(arn.account_id, arn.region, arn.resource.partition("/")[2])

    def find_bus_in(self, account_id: str, region: str, name: str) -> EventBus:
        """Return a bus of an account and region; raises ResourceNotFoundException."""
        bus = self.region(account_id, region).buses.get(name)
        if bus is None:
            raise no_such_bus(name)
        return bus

    def find_rule(self, context: CallContext, name: str, request: Request) -> Rule:
        """Return a rule on the bus the request names; raises ResourceNotFoundException."""
        bus = self.find_bus(context, request.get("EventBusName", DEFAULT_BUS))
        return self.find_rule_on(bus, name)

    @staticmethod
    def find_rule_on(bus: EventBus, name: str) -> Rule:
        """Return a rule of a bus; raises ResourceNotFoundException."""
        rule = bus.rules.get(name)
        if rule is None:
            raise no_such_rule(name, bus.name)
        return rule

    def remove_rule(self, rule: Rule) -> None:
        """Take a rule off its bus, whatever it has."""
        del rule.bus.rules[rule.name]
        rule.bus.index.discard(rule.name)
        self._heed(rule.bus)
        self.kernel.cancel(rule.timer)

    def reindex(self, rule: Rule) -> None:
        """Have a rule matched against events, as far as it is enabled and has a pattern."""
        rule.bus.reindex(rule)
        self._heed(rule.bus)

    def _heed(self, bus: EventBus) -> None:
        """Watch the bus's ARN as long as an event could match anything.

        AWS services tell the default bus of much that nobody wants to know: ours look first.
        """
        watched, wanted = self.kernel.is_watched(bus.arn), len(bus.index) > 0
        if wanted and not watched:
            self.kernel.watch(bus.arn, _nothing)
        elif watched and not wanted:
            self.kernel.unwatch(bus.arn, _nothing)

    # ---- archives, connections, API destinations ----------------------------------------------

    def find_archive(self, context: CallContext, name: str) -> Archive:
        """Return an archive; raises ResourceNotFoundException."""
        archive = self.here(context).archives.get(name)
        if archive is None:
            raise not_found(f"Archive {name} does not exist.")
        return archive

    def find_connection(self, context: CallContext, name: str, verb: str) -> Connection:
        """Return a connection; raises ResourceNotFoundException naming what was attempted."""
        connection = self.here(context).connections.get(name)
        if connection is None:
            raise not_found(
                f"Failed to {verb} the connection(s). Connection '{name}' does not exist."
            )
        return connection

    def find_connection_or_none(self, connection_arn: str) -> Connection | None:
        """Return the connection with this ARN, or None."""
        arn = parse_arn(connection_arn)
        name = arn.resource.split("/")[1]
        connection = self.region(arn.account_id, arn.region).connections.get(name)
        return connection if connection is not None and connection.arn == connection_arn else None

    def find_connection_of(self, destination: ApiDestination) -> Connection | None:
        """Return the connection a destination uses, or None when it was deleted."""
        return self.find_connection_or_none(destination.settings["ConnectionArn"])

    def find_api_destination(self, context: CallContext, name: str, verb: str) -> ApiDestination:
        """Return an API destination; raises ResourceNotFoundException."""
        destination = self.here(context).api_destinations.get(name)
        if destination is None:
            raise not_found(
                f"Failed to {verb} the api-destination(s). "
                f"An api-destination '{name}' does not exist."
            )
        return destination


def _nothing() -> None:
    """Nobody signals a bus: it is watched so that others see it is."""
