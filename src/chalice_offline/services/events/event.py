"""An event on a bus: the envelope AWS puts around a detail."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from chalice_offline.services.common.timestamps import iso_seconds
from chalice_offline.services.events.json_text import compact


@dataclass(slots=True)
class Event:
    """One event.

    `document` is the event as rules see it, keys in AWS's order. `time_s` is its time in epoch
    seconds, `ingested_ms` when it came in, `size_bytes` what an archive counts for it, `entry`
    the journal entry it came with, `hops` how many buses it has gone through, `trace_header` the
    X-Ray header that targets get with it (user guide, "Tracing Amazon EventBridge events").
    """

    document: dict[str, Any]
    time_s: int
    ingested_ms: int
    size_bytes: int
    entry: int
    hops: int = 0
    trace_header: str = ""
    _text: str = field(default="", init=False)

    @property
    def id(self) -> str:
        """The event's id."""
        return str(self.document["id"])

    @property
    def text(self) -> str:
        """The event as compact JSON."""
        if not self._text:
            self._text = compact(self.document)
        return self._text

    def replayed(self, replay_name: str, entry: int, now_ms: int) -> Event:
        """Return the event as a replay sends it: the same, with the replay's name after region."""
        document: dict[str, Any] = {}
        for key, value in self.document.items():
            document[key] = value
            if key == "region":
                document["replay-name"] = replay_name
        return Event(document, self.time_s, now_ms, self.size_bytes, entry)


def make_document(
    *,
    event_id: str,
    detail_type: str,
    source: str,
    account_id: str,
    time_s: int,
    region: str,
    resources: list[str],
    detail: dict[str, Any],
) -> dict[str, Any]:
    """Return an event's envelope, its keys in the order AWS writes them."""
    return {
        "version": "0",
        "id": event_id,
        "detail-type": detail_type,
        "source": source,
        "account": account_id,
        "time": iso_seconds(time_s),
        "region": region,
        "resources": resources,
        "detail": detail,
    }
