"""What happened to an order, in the past tense, as a CloudEvents 1.0 envelope."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

SOURCE = "order-middleware"

NEWER: dict[str, int] = {}
"""Types whose data has changed since version 1 in a way that older consumers cannot read: a new
version of a contract (docs/events/TYPE/VERSION.json)."""


@dataclass(frozen=True, slots=True)
class Event:
    """One fact. `subject` is the order key, or the file for a menu."""

    id: str
    type: str
    subject: str
    time_ms: int
    data: dict[str, Any] = field(default_factory=dict)

    def to_detail(self, traceparent: str = "") -> dict[str, Any]:
        """Return the EventBridge detail: a whole CloudEvent, in structured JSON form.

        `traceparent` is its Distributed Tracing extension. EventBridge gives every PutEvents an
        id of its own, so consumers that must tell a repetition from a new fact compare this
        envelope's `id`.
        """
        detail = {
            "specversion": "1.0",
            "id": self.id,
            "source": f"/{SOURCE}",
            "type": self.type,
            "subject": self.subject,
            "time": iso(self.time_ms),
            "datacontenttype": "application/json",
            "dataschema": schema_uri(self.type),
            "data": self.data,
        }
        return detail | {"traceparent": traceparent} if traceparent else detail

    @classmethod
    def from_detail(cls, detail: dict[str, Any]) -> Event:
        """Read what `to_detail` wrote."""
        return cls(
            detail["id"], detail["type"], detail["subject"], ms(detail["time"]), detail["data"]
        )


def event_id(*parts: object) -> str:
    """Return the same id for the same fact, so that publishing twice can be noticed."""
    return hashlib.sha256("\n".join(str(part) for part in parts).encode()).hexdigest()[:32]


def iso(time_ms: int) -> str:
    """Return an instant as RFC 3339 text in UTC, to the millisecond."""
    moment = datetime.fromtimestamp(time_ms // 1000, UTC).replace(microsecond=time_ms % 1000 * 1000)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def ms(text: str) -> int:
    """Return the instant of an RFC 3339 text in milliseconds since the epoch."""
    moment = datetime.fromisoformat(text)
    return int(moment.replace(microsecond=0).timestamp()) * 1000 + moment.microsecond // 1000


def schema_uri(type_: str) -> str:
    """Return the name of the contract that an event's data keeps (docs/events)."""
    return f"urn:{SOURCE}:{type_}:{NEWER.get(type_, 1)}"
