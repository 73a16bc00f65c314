"""EventBridge: event buses, rules, targets, archives and API destinations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chalice_offline.core.arn import parse_arn
from chalice_offline.services.events import (
    api_destinations,
    archives,
    buses,
    connections,
    event_patterns,
    partner_sources,
    permissions,
    put_events,
    replays,
    rules,
    tags,
    targets,
)
from chalice_offline.services.events.errors import no_such_bus, no_such_rule
from chalice_offline.services.events.resources import DEFAULT_BUS, EventBus, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Kernel, Operation, Request


@dataclass(slots=True, eq=False)
class Region:
    """All that one account has in one region."""

    buses: dict[str, EventBus]
    archives: dict[str, archives.Archive] = field(default_factory=dict)
    replays: dict[str, replays.Replay] = field(default_factory=dict)
    connections: dict[str, connections.Connection] = field(default_factory=dict)
    api_destinations: dict[str, api_destinations.ApiDestination] = field(default_factory=dict)
    event_sources: dict[str, partner_sources.EventSource] = field(default_factory=dict)


class Events:
    """The service. Operations are in the modules named in the table below."""

    name = "events"

    operations: Mapping[str, Operation] = {
        # events
        "PutEvents": put_events.put_events,
        "PutPartnerEvents": put_events.put_partner_events,
        "TestEventPattern": event_patterns.test_event_pattern,
        # event buses
        "CreateEventBus": buses.create_event_bus,
        "UpdateEventBus": buses.update_event_bus,
        "DeleteEventBus": buses.delete_event_bus,
        "DescribeEventBus": buses.describe_event_bus,
        "ListEventBuses": buses.list_event_buses,
        "PutPermission": permissions.put_permission,
        "RemovePermission": permissions.remove_permission,
        # rules
        "PutRule": rules.put_rule,
        "DeleteRule": rules.delete_rule,
        "DescribeRule": rules.describe_rule,
        "EnableRule": rules.enable_rule,
        "DisableRule": rules.disable_rule,
        "ListRules": rules.list_rules,
        "ListRuleNamesByTarget": rules.list_rule_names_by_target,
        # targets
        "PutTargets": targets.put_targets,
        "RemoveTargets": targets.remove_targets,
        "ListTargetsByRule": targets.list_targets_by_rule,
        # tags
        "TagResource": tags.tag_resource,
        "UntagResource": tags.untag_resource,
        "ListTagsForResource": tags.list_tags_for_resource,
        # archives and replays
        "CreateArchive": archives.create_archive,
        "UpdateArchive": archives.update_archive,
        "DeleteArchive": archives.delete_archive,
        "DescribeArchive": archives.describe_archive,
        "ListArchives": archives.list_archives,
        "StartReplay": replays.start_replay,
        "CancelReplay": replays.cancel_replay,
        "DescribeReplay": replays.describe_replay,
        "ListReplays": replays.list_replays,
        # API destinations
        "CreateConnection": connections.create_connection,
        "UpdateConnection": connections.update_connection,
        "DeauthorizeConnection": connections.deauthorize_connection,
        "DeleteConnection": connections.delete_connection,
        "DescribeConnection": connections.describe_connection,
        "ListConnections": connections.list_connections,
        "CreateApiDestination": api_destinations.create_api_destination,
        "UpdateApiDestination": api_destinations.update_api_destination,
        "DeleteApiDestination": api_destinations.delete_api_destination,
        "DescribeApiDestination": api_destinations.describe_api_destination,
        "ListApiDestinations": api_destinations.list_api_destinations,
        # partner event sources
        "CreatePartnerEventSource": partner_sources.create_partner_event_source,
        "DeletePartnerEventSource": partner_sources.delete_partner_event_source,
        "DescribePartnerEventSource": partner_sources.describe_partner_event_source,
        "ListPartnerEventSources": partner_sources.list_partner_event_sources,
        "ListPartnerEventSourceAccounts": partner_sources.list_partner_event_source_accounts,
        "DescribeEventSource": partner_sources.describe_event_source,
        "ListEventSources": partner_sources.list_event_sources,
        "ActivateEventSource": partner_sources.activate_event_source,
        "DeactivateEventSource": partner_sources.deactivate_event_source,
    }

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

    def bus(self, context: CallContext, name_or_arn: str) -> EventBus:
        """Return a bus by name, or by ARN from anywhere; raises ResourceNotFoundException."""
        if not name_or_arn.startswith("arn:"):
            return self.bus_in(context.account_id, context.region, name_or_arn)
        arn = parse_arn(name_or_arn)
        return self.bus_in(arn.account_id, arn.region, arn.resource.partition("/")[2])

    def bus_in(self, account_id: str, region: str, name: str) -> EventBus:
        """Return a bus of an account and region; raises ResourceNotFoundException."""
        bus = self.region(account_id, region).buses.get(name)
        if bus is None:
            raise no_such_bus(name)
        return bus

    def rule(self, context: CallContext, name: str, request: Request) -> Rule:
        """Return a rule on the bus the request names; raises ResourceNotFoundException."""
        bus = self.bus(context, request.get("EventBusName", DEFAULT_BUS))
        return self.rule_on(bus, name)

    @staticmethod
    def rule_on(bus: EventBus, name: str) -> Rule:
        """Return a rule of a bus; raises ResourceNotFoundException."""
        rule = bus.rules.get(name)
        if rule is None:
            raise no_such_rule(name, bus.name)
        return rule

    def event_sources(self, region: str) -> Iterator[partner_sources.EventSource]:
        """Yield the partner event sources of all accounts in a region."""
        for (_, name), found in self._regions.items():
            if name == region:
                yield from found.event_sources.values()

    def partner_buses(self, region: str, source_name: str) -> list[EventBus]:
        """Return the buses that customers have for an active partner event source."""
        return [
            self.bus_in(source.account_id, region, source_name)
            for source in self.event_sources(region)
            if source.name == source_name and source.state == "ACTIVE"
        ]
