"""SubscribeToShard: a shard's records are pushed to a consumer for five minutes.

An event is sent when there is something to read, and every five seconds: by an empty one AWS says
that a subscription is alive. The Kinesis client library subscribes anew when it hears nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.feed import Feed
from chalice_offline.services.kinesis import limits
from chalice_offline.services.kinesis.errors import dry_run, in_use, not_found
from chalice_offline.services.kinesis.positions import find_shard, starting_position
from chalice_offline.services.kinesis.reading import describe_children, describe_record, read
from chalice_offline.services.kinesis.stream import ACTIVE

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.core.scheduler import Timer
    from chalice_offline.services.kinesis.shard import Shard
    from chalice_offline.services.kinesis.state import KinesisState
    from chalice_offline.services.kinesis.stream import Consumer, Stream


def subscribe_to_shard(kinesis: KinesisState, context: CallContext, request: Request) -> Result:
    """Push records of a shard from a position on."""
    stream, consumer = kinesis.find_consumer(context, request)
    if consumer.status != ACTIVE or not stream.is_usable:
        raise in_use(f"Consumer {consumer.arn} is not ACTIVE, instead in state {consumer.status}")
    shard = find_shard(stream, request["ShardId"])
    wanted = request["StartingPosition"]
    position = starting_position(
        kinesis,
        stream,
        shard,
        wanted["Type"],
        number=wanted.get("SequenceNumber"),
        timestamp=wanted.get("Timestamp"),
    )
    known = kinesis.subscriptions.get((consumer.arn, shard.id))
    if known is not None and context.now_ms - known.began_ms < limits.SUBSCRIBE_AGAIN_MS:
        raise in_use(
            f"Another active subscription exists for this consumer: {stream.key.account_id}:"
            f"{stream.name}:{consumer.name}"
        )
    if request.get("DryRun"):
        raise dry_run()
    if known is not None:
        known.end()
    subscription = Subscription(kinesis, stream, consumer, shard, position)
    kinesis.subscriptions[consumer.arn, shard.id] = subscription
    return {"EventStream": subscription.start()}


class Subscription:
    """One consumer's subscription to one shard."""

    def __init__(
        self,
        kinesis: KinesisState,
        stream: Stream,
        consumer: Consumer,
        shard: Shard,
        position: int,
    ) -> None:
        self.began_ms = kinesis.kernel.now_ms
        self._kinesis = kinesis
        self._stream = stream
        self._consumer = consumer
        self._shard = shard
        self._position = position
        # Where to go on AFTER. A record may come to have this very position, but no shard's start.
        self._number = shard.sequence_number(max(position - 1, shard.start), self.began_ms)
        self._feed: Feed[dict[str, Any]] = Feed()
        self._timer: Timer | None = None
        self._heartbeat: Timer | None = None
        self._is_open = True

    def start(self) -> Feed[dict[str, Any]]:
        """Begin to push; return what is read by the client."""
        kernel = self._kinesis.kernel
        kernel.watch(self._stream.arn, self._push)
        self._timer = kernel.at(self.began_ms + limits.SUBSCRIPTION_MS, self.end, owed=False)
        self._feed.when_closed(self.end)
        self._push()
        if self._is_open:
            self._beat_later()
        return self._feed

    def end(self) -> None:
        """Push no more: the time is over, the client is gone, or has subscribed anew."""
        if not self._is_open:
            return
        self._is_open = False
        kernel = self._kinesis.kernel
        kernel.unwatch(self._stream.arn, self._push)
        kernel.cancel(self._timer)
        kernel.cancel(self._heartbeat)
        key = self._consumer.arn, self._shard.id
        if self._kinesis.subscriptions.get(key) is self:
            del self._kinesis.subscriptions[key]
        self._feed.end()

    def _push(self) -> None:
        while self._is_open:
            if not self._may_go_on():
                missing = not_found(f"Consumer {self._consumer.arn} or its stream is gone.")
                self._feed.put({"ResourceNotFoundException": {"message": missing.message}})
                self.end()
                return
            reading = read(
                self._kinesis,
                self._stream,
                self._shard,
                self._position,
                limits.READ_RECORDS_MAX,
                limits.READ_BYTES_PER_SECOND,
            )
            if not reading.records and reading.next_position is not None:
                return
            for record in reading.records:
                self._number = self._shard.sequence_number(record.position, record.arrived_ms)
            event: dict[str, Any] = {
                "Records": [describe_record(self._shard, record) for record in reading.records],
                "ContinuationSequenceNumber": self._number,
                "MillisBehindLatest": reading.behind_ms,
            }
            if reading.next_position is None:
                event["ChildShards"] = describe_children(self._stream, self._shard)
            self._feed.put({"SubscribeToShardEvent": event})
            if reading.next_position is None:
                self.end()
            else:
                self._position = reading.next_position

    def _beat_later(self) -> None:
        kernel = self._kinesis.kernel
        next_ms = kernel.now_ms + limits.HEARTBEAT_MS
        self._heartbeat = kernel.at(next_ms, self._beat, owed=False)

    def _beat(self) -> None:
        event: dict[str, Any] = {
            "Records": [],
            "ContinuationSequenceNumber": self._number,
            "MillisBehindLatest": 0,
        }
        self._feed.put({"SubscribeToShardEvent": event})
        self._beat_later()

    def _may_go_on(self) -> bool:
        stream = self._stream
        return (
            self._kinesis.streams.get(stream.key) is stream
            and stream.is_usable
            and self._consumer.status == ACTIVE
        )
