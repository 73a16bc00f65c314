"""Reading on from a position: what GetRecords and SubscribeToShard share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Result
    from chalice_offline.services.kinesis.record_log import Record
    from chalice_offline.services.kinesis.shard import Shard
    from chalice_offline.services.kinesis.state import KinesisState
    from chalice_offline.services.kinesis.stream import Stream


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read, where to go on (None at the end of a shard), how far behind that is."""

    records: list[Record]
    next_position: int | None
    behind_ms: int


def read(
    kinesis: KinesisState, stream: Stream, shard: Shard, position: int, count: int, size: int
) -> Reading:
    """Read at most `count` records and `size` bytes, but one record in any case."""
    now_ms = kinesis.kernel.now_ms
    horizon_ms = stream.trim_horizon_ms(now_ms)
    found: list[Record] = []
    for record in kinesis.log(stream).read(shard, position):
        size -= record.size
        if len(found) == count or (found and size < 0):
            behind_ms = now_ms - record.arrived_ms
            return Reading(found, record.position, behind_ms)
        if record.arrived_ms >= horizon_ms:
            found.append(record)
    if shard.end is not None:
        return Reading(found, None, 0)
    return Reading(found, found[-1].position + 1 if found else position, 0)


def describe_record(shard: Shard, record: Record) -> Result:
    """Return a record as GetRecords gives it; of encryption it speaks only when there is some."""
    described: Result = {
        "SequenceNumber": shard.sequence_number(record.position, record.arrived_ms),
        "ApproximateArrivalTimestamp": record.arrived_ms / 1000,
        "Data": record.data,
        "PartitionKey": record.partition_key,
    }
    if record.encryption:
        described["EncryptionType"] = record.encryption
    return described


def describe_children(stream: Stream, shard: Shard) -> list[Result]:
    """Return the shards that go on where a closed one ends."""
    return [child.describe_as_child() for child in stream.children_of(shard)]
