"""An archive: the events of a bus, kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import make_arn

if TYPE_CHECKING:
    from chalice_offline.services.events.event import Event
    from chalice_offline.services.events.resources import EventBus

_DAY_MS = 86_400_000


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
