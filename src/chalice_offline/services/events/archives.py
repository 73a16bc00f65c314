"""CreateArchive, UpdateArchive, DeleteArchive, DescribeArchive, ListArchives.

An archive hangs on its bus by a rule that AWS manages: the archive's pattern, events of replays
left out, and one target that is EventBridge itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import make_arn, parse_arn
from chalice_offline.services.events.errors import already_exists, not_found, validation_error
from chalice_offline.services.events.pagination import page
from chalice_offline.services.events.resources import EventBus, Rule
from chalice_offline.services.events.rules import compile_event_pattern, remove_rule
from chalice_offline.services.events.target import Target

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.events.event import Event
    from chalice_offline.services.events.service import Events

_MANAGED_BY = "prod.vhs.events.aws.internal"
_DAY_MS = 86_400_000
_CHANGEABLE = ("Description", "EventPattern", "RetentionDays", "KmsKeyIdentifier")


@dataclass(slots=True, eq=False)
class Archive:
    """An archive. `settings` are Description, EventPattern and KmsKeyIdentifier, if given."""

    name: str
    bus: EventBus
    created_ms: int
    retention_days: int
    settings: dict[str, Any]
    events: list[Event] = field(default_factory=list)

    @property
    def arn(self) -> str:
        """The archive's ARN."""
        return make_arn("events", self.bus.region, self.bus.account_id, f"archive/{self.name}")

    @property
    def rule_name(self) -> str:
        """The name of the managed rule that feeds the archive."""
        return f"Events-Archive-{self.name}"

    def store(self, event: Event) -> None:
        """Keep an event."""
        self.events.append(event)

    def forget_old(self, now_ms: int) -> None:
        """Drop what is past its retention; 0 days keep events for ever."""
        if self.retention_days:
            oldest_ms = now_ms - self.retention_days * _DAY_MS
            self.events = [event for event in self.events if event.ingested_ms > oldest_ms]

    def describe(self) -> dict[str, Any]:
        """Return the archive as ListArchives shows it."""
        return {
            "ArchiveName": self.name,
            "EventSourceArn": self.bus.arn,
            "State": "ENABLED",
            "RetentionDays": self.retention_days,
            "SizeBytes": sum(event.size_bytes for event in self.events),
            "EventCount": len(self.events),
            "CreationTime": self.created_ms / 1000,
        }


def create_archive(service: Events, context: CallContext, request: Request) -> Result:
    """Begin to keep the events of a bus that match a pattern."""
    name = request["ArchiveName"]
    archives = service.here(context).archives
    bus = _source_bus(service, context, request["EventSourceArn"])
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
    _feed(archive)
    archives[name] = archive
    return _state(archive)


def update_archive(service: Events, context: CallContext, request: Request) -> Result:
    """Change an archive from now on; what it holds stays."""
    if not any(member in request for member in _CHANGEABLE):
        raise validation_error(
            "At least one of EventPattern, RetentionDays or Description must be provided."
        )
    archive = find_archive(service, context, request["ArchiveName"])
    _check_pattern(request)
    archive.settings.update(_settings(request))
    archive.retention_days = request.get("RetentionDays", archive.retention_days)
    _feed(archive)
    return _state(archive)


def delete_archive(service: Events, context: CallContext, request: Request) -> Result:
    """Delete an archive with its events and its rule."""
    archive = find_archive(service, context, request["ArchiveName"])
    rule = archive.bus.rules.get(archive.rule_name)
    if rule is not None:
        remove_rule(service, rule)
    del service.here(context).archives[archive.name]
    return {}


def describe_archive(service: Events, context: CallContext, request: Request) -> Result:
    """Show one archive."""
    archive = find_archive(service, context, request["ArchiveName"])
    archive.forget_old(context.now_ms)
    return {**archive.describe(), "ArchiveArn": archive.arn, **archive.settings}


def list_archives(service: Events, context: CallContext, request: Request) -> Result:
    """Show the archives by name, with at most one filter."""
    if sum(member in request for member in ("NamePrefix", "EventSourceArn", "State")) > 1:
        raise validation_error(
            "At most one filter is allowed for ListArchives. "
            "Use either : State, EventSourceArn, or NamePrefix."
        )
    archives = list(service.here(context).archives.values())
    if "EventSourceArn" in request:
        bus = _source_bus(service, context, request["EventSourceArn"])
        archives = [archive for archive in archives if archive.bus is bus]
    if request.get("State", "ENABLED") != "ENABLED":  # the only state an archive has here
        archives = []
    prefix = request.get("NamePrefix", "")
    archives = [archive for archive in archives if archive.name.startswith(prefix)]
    shown, more = page(archives, lambda archive: archive.name, request)
    for archive in shown:
        archive.forget_old(context.now_ms)
    return {"Archives": [archive.describe() for archive in shown], **more}


def find_archive(service: Events, context: CallContext, name: str) -> Archive:
    """Return an archive; raises ResourceNotFoundException."""
    archive = service.here(context).archives.get(name)
    if archive is None:
        raise not_found(f"Archive {name} does not exist.")
    return archive


def _source_bus(service: Events, context: CallContext, arn: str) -> EventBus:
    bus = service.bus(context, arn)
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


def _feed(archive: Archive) -> None:
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
    archive.bus.reindex(rule)


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
