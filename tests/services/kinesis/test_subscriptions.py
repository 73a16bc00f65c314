"""SubscribeToShard: records are pushed as long as a subscription lasts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/clicks"
FIRST = "shardId-000000000000"


class Subscriber:
    """A consumer of the stream clicks."""

    def __init__(self, clicks: Any) -> None:
        self.clicks = clicks
        made = clicks.kinesis.register_stream_consumer(StreamARN=ARN, ConsumerName="fast")
        self.arn = made["Consumer"]["ConsumerARN"]
        clicks.aws.settle()
        self.streams: list[Any] = []

    def subscribe(self, kind: str = "TRIM_HORIZON", **position: Any) -> Any:
        reply = self.clicks.kinesis.subscribe_to_shard(
            ConsumerARN=self.arn, ShardId=FIRST, StartingPosition={"Type": kind, **position}
        )
        self.streams.append(reply["EventStream"])
        return iter(reply["EventStream"])


@pytest.fixture
def fast(clicks: Any) -> Iterator[Subscriber]:
    subscriber = Subscriber(clicks)
    yield subscriber
    for stream in subscriber.streams:
        stream.close()


def data(entry: Any) -> list[bytes]:
    return [record["Data"] for record in entry["SubscribeToShardEvent"]["Records"]]


def test_records_are_pushed_as_they_come(fast: Subscriber) -> None:
    """What is there comes at once, what is put later when it is put."""
    fast.clicks.put("a")
    events = fast.subscribe()
    assert data(next(events)) == [b"a"]
    number = fast.clicks.put("b")["SequenceNumber"]
    entry = next(events)
    assert data(entry) == [b"b"]
    event = entry["SubscribeToShardEvent"]
    assert (event["ContinuationSequenceNumber"], event["MillisBehindLatest"]) == (number, 0)


def test_positions_are_those_of_iterators(fast: Subscriber) -> None:
    """AFTER_SEQUENCE_NUMBER, for example."""
    number = fast.clicks.put("a")["SequenceNumber"]
    fast.clicks.put("b")
    events = fast.subscribe("AFTER_SEQUENCE_NUMBER", SequenceNumber=number)
    assert data(next(events)) == [b"b"]


def test_a_subscription_ends_after_five_minutes(fast: Subscriber) -> None:
    """What is put later is for the next one."""
    events = fast.subscribe()
    fast.clicks.aws.advance(seconds=300)
    fast.clicks.put("late")
    assert [data(event) for event in events] == [[]] * 59
    assert data(next(fast.subscribe())) == [b"late"]


def test_empty_events_tell_that_a_subscription_is_alive(fast: Subscriber) -> None:
    """Every five seconds, with a number behind which the next subscription goes on."""
    events = fast.subscribe("LATEST")
    fast.clicks.aws.advance(seconds=5)
    alive = next(events)["SubscribeToShardEvent"]
    assert (alive["Records"], alive["MillisBehindLatest"]) == ([], 0)
    fast.clicks.put("a")
    assert data(next(events)) == [b"a"]
    number = alive["ContinuationSequenceNumber"]
    again = fast.subscribe("AFTER_SEQUENCE_NUMBER", SequenceNumber=number)
    assert data(next(again)) == [b"a"]


def test_a_second_subscription_takes_over_after_five_seconds(fast: Subscriber) -> None:
    """Sooner it is refused."""
    first = fast.subscribe()
    position = {"Type": "TRIM_HORIZON"}
    request = {"ConsumerARN": fast.arn, "ShardId": FIRST, "StartingPosition": position}
    assert fast.clicks.refused("subscribe_to_shard", **request)[0] == "ResourceInUseException"
    fast.clicks.aws.advance(seconds=5)
    second = fast.subscribe()
    fast.clicks.put("a")
    assert data(next(second)) == [b"a"]
    assert [data(event) for event in first] == [[]]


def test_a_closed_shard_ends_with_its_children(fast: Subscriber) -> None:
    """The last event names the shards that go on."""
    fast.clicks.put("a")
    events = fast.subscribe()
    assert data(next(events)) == [b"a"]
    fast.clicks.kinesis.split_shard(
        StreamName="clicks", ShardToSplit=FIRST, NewStartingHashKey="1000"
    )
    fast.clicks.aws.settle()
    event = next(events)["SubscribeToShardEvent"]
    assert [child["ParentShards"] for child in event["ChildShards"]] == [[FIRST], [FIRST]]
    assert list(events) == []


def test_a_consumer_that_is_not_active_gets_nothing(clicks: Any) -> None:
    """CREATING, or not there at all."""
    made = clicks.kinesis.register_stream_consumer(StreamARN=ARN, ConsumerName="new")
    request = {"ShardId": FIRST, "StartingPosition": {"Type": "LATEST"}}
    arn = made["Consumer"]["ConsumerARN"]
    code, _ = clicks.refused("subscribe_to_shard", ConsumerARN=arn, **request)
    assert code == "ResourceInUseException"
    code, _ = clicks.refused("subscribe_to_shard", ConsumerARN=f"{ARN}/consumer/none:1", **request)
    assert code == "ResourceNotFoundException"
