"""Tumbling windows: records of a stretch of time share a state that each invocation hands on.

Source: AWS Lambda developer guide, "Stateful processing with tumbling windows" (for Kinesis and for
DynamoDB): windows begin at multiples of their length, a record belongs to the one it arrived in,
and when a window is over the function is invoked once more, without records.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chalice_offline.services.lambda_ import limits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalice_offline.services.lambda_.event_source_mappings.stream_source import Item


class TumblingWindow:
    """One window of one shard."""

    def __init__(self, start_seconds: int, length_seconds: int) -> None:
        self.start_seconds = start_seconds
        self.end_seconds = start_seconds + length_seconds
        self.is_terminated_early = False
        self._state: Any = {}

    def leading(self, items: Sequence[Item]) -> int:
        """Count the records at the front that belong to this window."""
        return next(
            (n for n, item in enumerate(items) if item.arrived_seconds >= self.end_seconds),
            len(items),
        )

    def is_over(self, now_ms: int) -> bool:
        """Whether no more records can come into it."""
        return now_ms >= self.end_seconds * 1000

    def event(self, shard_id: str, stream_arn: str, *, final: bool) -> dict[str, Any]:
        """Return what an event has besides its records."""
        return {
            "window": {"start": _instant(self.start_seconds), "end": _instant(self.end_seconds)},
            "state": self._state,
            "shardId": shard_id,
            "eventSourceARN": stream_arn,
            "isFinalInvokeForWindow": final,
            "isWindowTerminatedEarly": self.is_terminated_early,
        }

    def returned(self, result: Any) -> None:
        """Take the state from what the function returned; of more than 1 MB the window ends."""
        self._state = result.get("state", {}) if isinstance(result, dict) else {}
        if len(json.dumps(self._state)) > limits.WINDOW_STATE_BYTES:
            self.is_terminated_early = True


def window_of(item: Item, length_seconds: int) -> TumblingWindow:
    """Return the window that a record belongs to, without a state yet."""
    start = int(item.arrived_seconds) // length_seconds * length_seconds
    return TumblingWindow(start, length_seconds)


def _instant(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
