"""Where reading starts: TRIM_HORIZON, LATEST, AT_TIMESTAMP, AT and AFTER_SEQUENCE_NUMBER.

GetShardIterator and SubscribeToShard name a place the same way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.kinesis.errors import invalid_argument, no_such_shard
from chalice_offline.services.kinesis.sequence_numbers import parse_sequence_number
from chalice_offline.services.kinesis.shard import shard_id_of, shard_index_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.services.kinesis.shard import Shard
    from chalice_offline.services.kinesis.state import KinesisState
    from chalice_offline.services.kinesis.stream import Stream


def starting_position(
    kinesis: KinesisState,
    stream: Stream,
    shard: Shard,
    kind: str,
    *,
    number: str | None,
    timestamp: Any,
) -> int:
    """Return the position of the next record to read."""
    _check_number(kind, number)
    if number is not None:
        return _from_number(stream, shard, kind, number)
    return _POSITIONS[kind](kinesis, stream, shard, timestamp)


def find_shard(stream: Stream, shard_id: str) -> Shard:
    """Return the shard that a reader names."""
    index = shard_index_of(shard_id)
    shard = stream.shard(index)
    if shard is None:
        named = shard_id if index is None else shard_id_of(index)
        raise no_such_shard(named, stream.name, stream.key.account_id)
    return shard


def _check_number(kind: str, number: str | None) -> None:
    needs_number = kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")
    if needs_number == (number is not None):
        return
    has = "no StartingSequenceNumber" if needs_number else "also a StartingSequenceNumber"
    raise invalid_argument(
        "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and "
        "StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. "
        f"Request specified {kind} and {has}."
    )


def _from_number(stream: Stream, shard: Shard, kind: str, text: str) -> int:
    used = (
        f"StartingSequenceNumber {text} used in GetShardIterator on shard {shard.id} in stream "
        f"{stream.name} under account {stream.key.account_id} is invalid"
    )
    try:
        number = parse_sequence_number(text)
    except ValueError:
        raise invalid_argument(f"{used}.") from None
    if number.shard_index != shard.index:
        raise invalid_argument(
            f"Invalid StartingSequenceNumber. It encodes {shard_id_of(number.shard_index)}, while "
            f"it was used in a call to a shard with {shard.id}"
        )
    if number.shard_created_s != shard.created_ms // 1000:
        raise invalid_argument(f"{used} because it did not come from this stream.")
    return number.position + (kind == "AFTER_SEQUENCE_NUMBER")


def _trim_horizon(kinesis: KinesisState, stream: Stream, shard: Shard, _timestamp: Any) -> int:
    """The oldest record that has not expired. Reading looks at ages again."""
    first = next(kinesis.log(stream).read(shard, shard.start), None)
    horizon_ms = stream.trim_horizon_ms(kinesis.kernel.now_ms)
    if first is None or first.arrived_ms >= horizon_ms:
        return shard.start
    return kinesis.log(stream).position_at(shard, horizon_ms)


def _latest(kinesis: KinesisState, stream: Stream, shard: Shard, _timestamp: Any) -> int:
    return kinesis.log(stream).next_position if shard.end is None else shard.end


def _at_timestamp(kinesis: KinesisState, stream: Stream, shard: Shard, timestamp: Any) -> int:
    if timestamp is None:
        raise invalid_argument(
            "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current "
            "request has no timestamp parameter."
        )
    # An aware datetime from a client, seconds since the epoch from another service.
    seconds = timestamp.timestamp() if hasattr(timestamp, "timestamp") else timestamp
    instant_ms, now_ms = round(seconds * 1000), kinesis.kernel.now_ms
    if instant_ms > now_ms:
        raise invalid_argument(
            "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
            f"timestampInMillis: {instant_ms}, currentTimestampInMillis: {now_ms}"
        )
    return kinesis.log(stream).position_at(shard, instant_ms)


_POSITIONS: dict[str, Callable[[KinesisState, Stream, Shard, Any], int]] = {
    "TRIM_HORIZON": _trim_horizon,
    "LATEST": _latest,
    "AT_TIMESTAMP": _at_timestamp,
}
