"""CreateArchive, UpdateArchive, DeleteArchive, DescribeArchive, ListArchives.

An archive hangs on its bus by a rule that AWS manages: the archive's pattern, events of replays
left out, and one target that is EventBridge itself.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import parse_arn
from chalice_offline.services.events.archive import Archive
from chalice_offline.services.events.errors import already_exists, not_found, validation_error
from chalice_offline.services.events.pages import page
from chalice_offline.services.events.resources import Rule
from chalice_offline.services.events.rule_checks import compile_event_pattern
from chalice_offline.services.events.target import Target

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.events.resources import EventBus
    from chalice_offline.services.events.state import EventsState

_MANAGED_BY = "prod.vhs.events.aws.internal"
_CHANGEABLE = ("Description", "EventPattern", "RetentionDays", "KmsKeyIdentifier")


def create_archive(events: EventsState, context: CallContext, request: Request) -> Result:
    """Begin to keep the events of a bus that match a pattern."""
    name = request["ArchiveName"]
    archives = events.here(context).archives
    bus = _source_bus(events, context, request["EventSourceArn"])
    if name in archives:
        raise already_exists(f"Archive {name} already exists.")
    _check_pattern(request)
    archive = Archive(
        name=name,
        bus=bus,
        created_ms=context.now_ms,
        retention_days=request.get("RetentionDays", 0),
        settings=_settings(request),
    )
    _feed(events, archive)
    archives[name] = archive
    return _state(archive)


def update_archive(events: EventsState, context: CallContext, request: Request) -> Result:
    """Change an archive from now on; what it holds stays."""
    if not any(member in request for member in _CHANGEABLE):
        raise validation_error(
            "At least one of EventPattern, RetentionDays or Description must be provided."
        )
    archive = events.find_archive(context, request["ArchiveName"])
    _check_pattern(request)
    archive.settings.update(_settings(request))
    archive.retention_days = request.get("RetentionDays", archive.retention_days)
    _feed(events, archive)
    return _state(archive)


def delete_archive(events: EventsState, context: CallContext, request: Request) -> Result:
    """Delete an archive with its events and its rule."""
    archive = events.find_archive(context, request["ArchiveName"])
    rule = archive.bus.rules.get(archive.rule_name)
    if rule is not None:
        events.remove_rule(rule)
    del events.here(context).archives[archive.name]
    return {}


def describe_archive(events: EventsState, context: CallContext, request: Request) -> Result:
    """Show one archive."""
    archive = events.find_archive(context, request["ArchiveName"])
    archive.forget_old(context.now_ms)
    return {**archive.describe(), "ArchiveArn": archive.arn, **archive.settings}


def list_archives(events: EventsState, context: CallContext, request: Request) -> Result:
    """Show the archives by name, with at most one filter."""
    if sum(member in request for member in ("NamePrefix", "EventSourceArn", "State")) > 1:
        raise validation_error(
            "At most one filter is allowed for ListArchives. "
            "Use either : State, EventSourceArn, or NamePrefix."
        )
    archives = list(events.here(context).archives.values())
    if "EventSourceArn" in request:
        bus = _source_bus(events, context, request["EventSourceArn"])
        archives = [archive for archive in archives if archive.bus is bus]
    if request.get("State", "ENABLED") != "ENABLED":  # the only state an archive has here
        archives = []
    prefix = request.get("NamePrefix", "")
    archives = [archive for archive in archives if archive.name.startswith(prefix)]
    shown, more = page(archives, lambda archive: archive.name, request)
    for archive in shown:
        archive.forget_old(context.now_ms)
    return {"Archives": [archive.describe() for archive in shown], **more}


def _source_bus(events: EventsState, context: CallContext, arn: str) -> EventBus:
    bus = events.find_bus(context, arn)
    if (bus.account_id, bus.region) != (context.account_id, context.region):
        raise not_found(f"Event bus {bus.name} does not exist.")
    return bus


def _settings(request: Request) -> dict[str, Any]:
    return {
        member: request[member]
        for member in ("Description", "EventPattern", "KmsKeyIdentifier")
        if request.get(member)
    }


def _state(archive: Archive) -> Result:
    return {
        "ArchiveArn": archive.arn,
        "State": "ENABLED",
        "CreationTime": archive.created_ms / 1000,
    }


def _check_pattern(request: Request) -> None:
    if request.get("EventPattern"):
        compile_event_pattern(request["EventPattern"])


def _feed(events: EventsState, archive: Archive) -> None:
    """Put the managed rule on the bus, or renew its pattern."""
    source = archive.settings.get("EventPattern", "{}")
    # As in a rule, what follows the pattern's closing brace does not matter.
    fields, _ = json.JSONDecoder().raw_decode(source.lstrip())
    fields["replay-name"] = [{"exists": False}]
    rule = archive.bus.rules.get(archive.rule_name)
    if rule is None:
        rule = Rule(
            archive.rule_name,
            archive.bus,
            created_by=archive.bus.account_id,
            managed_by=_MANAGED_BY,
            archive=archive.store,
        )
        target = Target(_target_settings(archive))
        rule.targets[target.id] = target
        archive.bus.rules[rule.name] = rule
    rule.pattern = compile_event_pattern(json.dumps(fields, separators=(",", ":")))
    events.reindex(rule)


def _target_settings(archive: Archive) -> dict[str, Any]:
    """Return the managed rule's target as ListTargetsByRule shows it on AWS."""
    partition = parse_arn(archive.arn).partition
    return {
        "Id": archive.rule_name,
        "Arn": f"arn:{partition}:events:{archive.bus.region}:::",
        "InputTransformer": {
            "InputPathsMap": {},
            "InputTemplate": (
                f'{{"archive-arn": "{archive.arn}", "event": <aws.events.event.json>, '
                '"ingestion-time": <aws.events.event.ingestion-time>}'
            ),
        },
    }
