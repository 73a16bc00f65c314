"""GetShardIterator and GetRecords."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.kinesis import limits
from chalice_offline.services.kinesis.errors import (
    dry_run,
    invalid_argument,
    no_such_shard,
    rate_exceeded,
)
from chalice_offline.services.kinesis.iterators import Place, read_iterator, write_iterator
from chalice_offline.services.kinesis.positions import find_shard, starting_position
from chalice_offline.services.kinesis.reading import describe_children, describe_record, read
from chalice_offline.services.kinesis.shard import shard_id_of

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.kinesis.shard import Shard
    from chalice_offline.services.kinesis.state import KinesisState
    from chalice_offline.services.kinesis.stream import Stream


def get_shard_iterator(kinesis: KinesisState, context: CallContext, request: Request) -> Result:
    """Return where reading a shard starts."""
    stream = kinesis.find_usable_stream(context, request)
    shard = find_shard(stream, request["ShardId"])
    position = starting_position(
        kinesis,
        stream,
        shard,
        request["ShardIteratorType"],
        number=request.get("StartingSequenceNumber"),
        timestamp=request.get("Timestamp"),
    )
    if request.get("DryRun"):
        raise dry_run()
    place = Place(stream.key, stream.id, shard.index, position)
    return {"ShardIterator": write_iterator(kinesis.kernel.ids, place, context.now_ms)}


def get_records(kinesis: KinesisState, context: CallContext, request: Request) -> Result:
    """Read on from an iterator, at most 10,000 records and 10 MB."""
    place = read_iterator(request["ShardIterator"], context.now_ms)
    if request.get("StreamARN", place.key.arn) != place.key.arn:
        raise invalid_argument("The ShardIterator belongs to another stream than StreamARN names.")
    stream, shard = _place(kinesis, place)
    if request.get("DryRun"):
        raise dry_run()
    throughput = kinesis.throughput(stream)
    by_client = not context.principal
    if by_client and not throughput.may_read(shard.index, context.now_ms):
        raise rate_exceeded(shard.id, stream.name, stream.key.account_id)
    limit = request.get("Limit", limits.READ_RECORDS_MAX)
    reading = read(kinesis, stream, shard, place.position, limit, limits.READ_BYTES_MAX)
    if by_client:
        size = sum(record.size for record in reading.records)
        throughput.was_read(shard.index, context.now_ms, size)
    result: Result = {
        "Records": [describe_record(shard, record) for record in reading.records],
        "MillisBehindLatest": reading.behind_ms,
    }
    if reading.next_position is None:
        result["ChildShards"] = describe_children(stream, shard)
    else:
        after = place._replace(position=reading.next_position)
        ids = kinesis.kernel.ids
        result["NextShardIterator"] = write_iterator(ids, after, context.now_ms)
    return result


def _place(kinesis: KinesisState, place: Place) -> tuple[Stream, Shard]:
    stream = kinesis.streams.get(place.key)
    if stream is not None and stream.is_usable and stream.id == place.stream_id:
        shard = stream.shard(place.shard_index)
        if shard is not None:
            return stream, shard
    shard_id = shard_id_of(place.shard_index)
    raise no_such_shard(shard_id, place.key.name, place.key.account_id)
