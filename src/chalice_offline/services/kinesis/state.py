"""What Kinesis holds: streams by account, region and name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol

from chalice_offline.core.arn import parse_arn
from chalice_offline.services.kinesis import limits
from chalice_offline.services.kinesis.errors import (
    consumer_not_found,
    invalid_argument,
    stream_not_active,
    stream_not_found,
)
from chalice_offline.services.kinesis.record_log import RecordLog
from chalice_offline.services.kinesis.stream import ACTIVE, Stream, StreamKey
from chalice_offline.services.kinesis.throughput import Throughput

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Kernel, Request
    from chalice_offline.services.kinesis.shard import Shard
    from chalice_offline.services.kinesis.stream import Consumer


class Subscribed(Protocol):
    """A subscription to a shard that is under way."""

    began_ms: int

    def end(self) -> None:
        """Push no more."""
        ...


class KinesisState:
    """All streams; what storage has is loaded when this is made."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.streams: dict[StreamKey, Stream] = {}
        self.subscriptions: dict[tuple[str, str], Subscribed] = {}  # by consumer ARN, shard id
        self._stored = kernel.storage.collection("kinesis/streams")
        self._logs: dict[StreamKey, RecordLog] = {}
        self._throughputs: dict[StreamKey, Throughput] = {}
        self._clearing: set[StreamKey] = set()
        for _, value in self._stored.items():  # noqa: PERF102 - not a dict: it has no values()
            stream = Stream.from_json(json.loads(value))
            self.streams[stream.key] = stream

    # ---- looking up ------------------------------------------------------------------------------

    def find_stream(self, context: CallContext, request: Request) -> Stream:
        """Return the stream that StreamName or StreamARN names, whatever its status."""
        key = stream_key(context, request)
        try:
            return self.streams[key]
        except KeyError:
            raise stream_not_found(key.name, key.account_id) from None

    def find_usable_stream(self, context: CallContext, request: Request) -> Stream:
        """Return a stream that can be written and read; AWS knows no other one for that."""
        stream = self.find_stream(context, request)
        if not stream.is_usable:
            raise stream_not_found(stream.name, stream.key.account_id)
        return stream

    def find_active_stream(self, context: CallContext, request: Request) -> Stream:
        """Return a stream that may be changed."""
        stream = self.find_stream(context, request)
        if stream.status != ACTIVE:
            raise stream_not_active(stream.name, stream.key.account_id, stream.status)
        return stream

    def find_stream_by_arn(self, context: CallContext, arn: str) -> Stream:
        """Return the stream that a stream's or one of its consumers' ARNs names."""
        stream_arn = arn.partition("/consumer/")[0]
        return self.find_stream(context, {"StreamARN": stream_arn})

    def find_consumer(self, context: CallContext, request: Request) -> tuple[Stream, Consumer]:
        """Return the consumer that ConsumerARN, or StreamARN and ConsumerName, names."""
        arn = request.get("ConsumerARN", "")
        stream_arn, name = request.get("StreamARN", ""), request.get("ConsumerName", "")
        if not arn and not (stream_arn and name):
            raise invalid_argument(
                "Either ConsumerARN, or StreamARN and ConsumerName, should be provided."
            )
        stream = self.find_stream_by_arn(context, arn or stream_arn)
        for consumer in stream.consumers.values():
            if consumer.arn == arn or (not arn and consumer.name == name):
                return stream, consumer
        raise consumer_not_found(arn or name, stream.key.account_id)

    def streams_of(self, account_id: str, region: str) -> list[Stream]:
        """Return the streams of an account in a region, by name."""
        return [
            stream
            for key, stream in sorted(self.streams.items())
            if (key.account_id, key.region) == (account_id, region)
        ]

    def log(self, stream: Stream) -> RecordLog:
        """Return a stream's records."""
        log = self._logs.get(stream.key)
        if log is None:
            log = self._logs[stream.key] = RecordLog(self.kernel.storage, stream)
        return log

    def throughput(self, stream: Stream) -> Throughput:
        """Return what counts a stream's writes and reads."""
        return self._throughputs.setdefault(stream.key, Throughput())

    # ---- changing --------------------------------------------------------------------------------

    def save(self, stream: Stream) -> None:
        """Store what a stream has become."""
        self.streams[stream.key] = stream
        self._stored.put(stream.key.stored_as, json.dumps(stream.to_json()).encode())

    def forget(self, stream: Stream) -> None:
        """Remove a stream with its records."""
        del self.streams[stream.key]
        self._stored.delete(stream.key.stored_as)
        self.log(stream).drop()
        self._logs.pop(stream.key, None)
        self._throughputs.pop(stream.key, None)

    def tell_watchers(self, stream: Stream) -> None:
        """Say that a stream has something new, or is gone."""
        self.kernel.signal(stream.arn)

    # ---- expiry ----------------------------------------------------------------------------------

    def clear_later(self, stream: Stream, oldest_ms: int) -> None:
        """Remove expired records in the background, when the oldest of a stream has expired."""
        if stream.key in self._clearing:
            return
        self._clearing.add(stream.key)
        due_ms = oldest_ms + (self.kernel.now_ms - stream.trim_horizon_ms(self.kernel.now_ms)) + 1
        due_ms = max(due_ms, self.kernel.now_ms + limits.CLEARING_MS)
        self.kernel.at(due_ms, lambda: self._clear(stream.key, stream.id), owed=False)

    def _clear(self, key: StreamKey, stream_id: str) -> None:
        self._clearing.discard(key)
        stream = self.streams.get(key)
        if stream is None or stream.id != stream_id:
            return
        horizon_ms = stream.trim_horizon_ms(self.kernel.now_ms)
        log = self.log(stream)
        oldest = [log.clear_before(shard, horizon_ms) for shard in stream.shards]
        left = [shard for shard in stream.shards if not _is_gone(shard, horizon_ms)]
        if len(left) < len(stream.shards):
            stream.shards = left
            self.save(stream)
        closed = [shard.closed_ms for shard in left]
        instants = [instant for instant in (*oldest, *closed) if instant is not None]
        if instants:
            self.clear_later(stream, min(instants))


def stream_key(context: CallContext, request: Request) -> StreamKey:
    """Return the key of the stream that a request names, which may not be there."""
    arn = request.get("StreamARN")
    if arn:
        parsed = parse_arn(arn)
        named = StreamKey(parsed.account_id, parsed.region, parsed.resource.partition("/")[2])
        if parsed.region != context.region:  # a region knows its own streams
            raise stream_not_found(named.name, named.account_id)
        if request.get("StreamName", named.name) != named.name:
            raise invalid_argument("StreamName and StreamARN name different streams.")
        return named
    name = request.get("StreamName")
    if not name:
        raise invalid_argument("Either StreamName or StreamARN should be provided.")
    return StreamKey(context.account_id, context.region, name)


def _is_gone(shard: Shard, horizon_ms: int) -> bool:
    """Whether a shard was closed so long ago that all it held has expired."""
    return shard.closed_ms is not None and shard.closed_ms < horizon_ms
