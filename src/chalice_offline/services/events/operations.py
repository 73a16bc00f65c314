"""EventBridge: what each operation is done by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.kernel import Service
from chalice_offline.services.events import (
    api_destinations,
    archives,
    buses,
    connection_credentials,
    connections,
    event_patterns,
    permissions,
    put_events,
    replays,
    rules,
    tags,
    targets,
)
from chalice_offline.services.events.renewal import renewed
from chalice_offline.services.events.state import EventsState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.kernel import Kernel, Operation

OPERATIONS: Mapping[str, Operation] = {
    # events
    "PutEvents": put_events.put_events,
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
    "RetrieveConnectionCredentials": connection_credentials.retrieve_connection_credentials,
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
}


def service(kernel: Kernel) -> Service:
    """Return EventBridge with nothing but the default buses."""
    return Service("events", EventsState(kernel), OPERATIONS, renew=renewed)
