r"""A stream's life as a table, and what happens when a change that takes time is done.

    (not there) --CreateStream--> CREATING --> ACTIVE <--> UPDATING
                                                  \----DeleteStream----> DELETING --> (gone)

A change is stored with the stream before it takes place, so a file that was closed halfway goes
on where it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import EmulatorBug
from chalice_offline.services.kinesis import limits
from chalice_offline.services.kinesis.shard import Shard, even_ranges
from chalice_offline.services.kinesis.stream import (
    ACTIVE,
    CREATING,
    DELETING,
    UPDATING,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.services.kinesis.state import KinesisState
    from chalice_offline.services.kinesis.stream import Stream

# From which status a stream may come to which.
TRANSITIONS: dict[str, frozenset[str]] = {
    CREATING: frozenset({ACTIVE, DELETING}),
    ACTIVE: frozenset({UPDATING, DELETING}),
    UPDATING: frozenset({ACTIVE, DELETING}),
    DELETING: frozenset(),
}


def begin(kinesis: KinesisState, stream: Stream, status: str, change: str, **details: Any) -> None:
    """Put a stream into a status that ends by itself, with what will have changed then."""
    if stream.status != status and status not in TRANSITIONS[stream.status]:
        raise EmulatorBug(f"a stream cannot come from {stream.status} to {status}")
    stream.status = status
    stream.change = {"name": change, **details}
    kinesis.save(stream)
    finish_later(kinesis, stream)


def finish_now(kinesis: KinesisState, stream: Stream) -> None:
    """Let a change that has begun take place: for a caller that would wait for it anyway."""
    _finish(kinesis, stream)


def finish_later(kinesis: KinesisState, stream: Stream) -> None:
    """Let a change that has begun take place when its time has come."""
    change = stream.change

    def finish() -> None:
        if kinesis.streams.get(stream.key) is stream and stream.change is change:
            _finish(kinesis, stream)

    kinesis.kernel.at(kinesis.kernel.now_ms + limits.CHANGE_MS, finish)


def resume(kinesis: KinesisState) -> None:
    """Go on with the changes that storage was closed amidst, and with expiry."""
    for stream in kinesis.streams.values():
        if stream.change:
            finish_later(kinesis, stream)
        for consumer in stream.consumers.values():
            if consumer.status != ACTIVE:
                finish_consumer_later(kinesis, stream, consumer.name)
        kinesis.clear_later(stream, stream.created_ms)


def finish_consumer_later(kinesis: KinesisState, stream: Stream, name: str) -> None:
    """Let a consumer become ACTIVE, or go, when its time has come."""

    def finish() -> None:
        consumer = stream.consumers.get(name)
        if consumer is None or kinesis.streams.get(stream.key) is not stream:
            return
        if consumer.status == DELETING:
            del stream.consumers[name]
            stream.consumer_policies.pop(consumer.arn, None)
        else:
            consumer.status = ACTIVE
        kinesis.save(stream)

    kinesis.kernel.at(kinesis.kernel.now_ms + limits.CHANGE_MS, finish)


def _finish(kinesis: KinesisState, stream: Stream) -> None:
    details = dict(stream.change)
    change = _CHANGES[details.pop("name")]
    stream.change = {}
    if stream.status == DELETING:
        kinesis.forget(stream)
    else:
        stream.status = ACTIVE
        change(kinesis, stream, **details)
        kinesis.save(stream)
    kinesis.tell_watchers(stream)


def _create_shards(kinesis: KinesisState, stream: Stream, shard_count: int) -> None:
    position = kinesis.log(stream).take_position()
    for low, high in even_ranges(shard_count):
        _add_shard(kinesis, stream, low, high, [], position)


def _split(kinesis: KinesisState, stream: Stream, index: int, start: str) -> None:
    middle = int(start)
    [parent] = [shard for shard in stream.shards if shard.index == index]
    _close(kinesis, stream, [parent])
    position = kinesis.log(stream).take_position()
    for low, high in ((parent.lowest, middle - 1), (middle, parent.highest)):
        _add_shard(kinesis, stream, low, high, [index], position)


def _merge(kinesis: KinesisState, stream: Stream, index: int, adjacent: int) -> None:
    parents = [shard for shard in stream.shards if shard.index in (index, adjacent)]
    _close(kinesis, stream, parents)
    position = kinesis.log(stream).take_position()
    low = min(shard.lowest for shard in parents)
    high = max(shard.highest for shard in parents)
    _add_shard(kinesis, stream, low, high, [index, adjacent], position)


def _scale(kinesis: KinesisState, stream: Stream, shard_count: int) -> None:
    """Make the open shards `shard_count` ranges of the same size, by splits and merges.

    As on AWS, shards that live only for the time between are made on the way.
    """
    wanted = even_ranges(shard_count)
    for start in [low for low, _ in wanted[1:]]:
        shard = stream.shard_for(start)
        if shard.lowest != start:
            _split(kinesis, stream, shard.index, str(start))
    for low, high in wanted:
        while (first := stream.shard_for(low)).highest != high:
            second = stream.shard_for(first.highest + 1)
            _merge(kinesis, stream, first.index, second.index)


def _nothing(_kinesis: KinesisState, _stream: Stream) -> None:
    """A setting, which is known already when the update begins."""


_CHANGES: dict[str, Callable[..., None]] = {
    "create": _create_shards,
    "split": _split,
    "merge": _merge,
    "scale": _scale,
    "set": _nothing,
    "delete": _nothing,
}


def _close(kinesis: KinesisState, stream: Stream, shards: list[Shard]) -> None:
    for shard in shards:
        shard.end = kinesis.log(stream).take_position()
        shard.closed_ms = kinesis.kernel.now_ms
    kinesis.clear_later(stream, kinesis.kernel.now_ms)


def _add_shard(
    kinesis: KinesisState, stream: Stream, low: int, high: int, parents: list[int], start: int
) -> None:
    now_ms = kinesis.kernel.now_ms
    stream.shards.append(Shard(stream.next_shard, low, high, now_ms, start, parents))
    stream.next_shard += 1
