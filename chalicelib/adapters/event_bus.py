"""EventBridge."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.errors import AwsUnavailable, aws_errors
from chalicelib.domain.events import SOURCE
from chalicelib.telemetry import work

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalicelib.domain.events import Event


BATCH = 10
"""AWS's limit for PutEvents."""


class EventBus:
    """One event bus to publish on."""

    def __init__(self, client: Any, name: str, source: str = SOURCE) -> None:
        self._client = client
        self._name = name
        self._source = source

    def publish(self, events: Sequence[Event]) -> None:
        """Put all events on the bus, or raise AwsUnavailable.

        PutEvents answers 200 even when it took none of the entries: FailedEntryCount decides.
        """
        entries = [
            {
                "EventBusName": self._name,
                "Source": self._source,
                "DetailType": event.type,
                # ASCII only: a character that SQS does not allow must not reach it unescaped.
                "Detail": json.dumps(event.to_detail(work.traceparent()), separators=(",", ":")),
            }
            for event in events
        ]
        codes: set[str] = set()
        failed = 0
        for start in range(0, len(entries), BATCH):
            with aws_errors("PutEvents"):
                result = self._client.put_events(Entries=entries[start : start + BATCH])
            failed += result["FailedEntryCount"]
            codes |= {entry.get("ErrorCode", "") for entry in result["Entries"]}
        if failed:
            raise AwsUnavailable(f"PutEvents: {', '.join(sorted(codes - {''}))}")
