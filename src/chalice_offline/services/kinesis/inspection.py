"""Looking at the latest records of a stream: no iterator moves, no read is counted."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.services.kinesis.state import KinesisState


def latest_records(
    kinesis: KinesisState, context: CallContext, name: str, limit: int
) -> list[dict[str, Any]]:
    """Return a stream's latest records, the newest first; ResourceNotFoundException without it."""
    stream = kinesis.find_stream(context, {"StreamName": name})
    log = kinesis.log(stream)
    found = [
        {
            "shard": shard.id,
            "sequence_number": shard.sequence_number(record.position, record.arrived_ms),
            "at_ms": record.arrived_ms,
            "key": record.partition_key,
            "data": record.data,
        }
        for shard in stream.shards
        for record in islice(log.latest(shard), limit)
    ]
    return sorted(found, key=_age, reverse=True)[:limit]


def _age(record: dict[str, Any]) -> tuple[int, int]:
    return record["at_ms"], int(record["sequence_number"])
