"""Streams and time to live: which records there are, what they hold, how long."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.services.dynamodb.conftest import order

if TYPE_CHECKING:
    from tests.services.dynamodb.conftest import Orders

KEY = {"id": {"S": "a"}, "at": {"N": "1"}}
BOTH = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}


def write_three(orders: Orders) -> None:
    """Insert, modify and remove one item, and twice do nothing to it."""
    orders.put(order("a", x=1))
    orders.put(order("a", x=1))
    orders.put(order("a", x=2))
    orders.client.delete_item(TableName="orders", Key=KEY)
    orders.client.delete_item(TableName="orders", Key=KEY)


@pytest.mark.parametrize(
    ("view", "images"),
    [
        ("KEYS_ONLY", [set(), set(), set()]),
        ("NEW_IMAGE", [{"NewImage"}, {"NewImage"}, set()]),
        ("OLD_IMAGE", [set(), {"OldImage"}, {"OldImage"}]),
        ("NEW_AND_OLD_IMAGES", [{"NewImage"}, {"NewImage", "OldImage"}, {"OldImage"}]),
    ],
)
def test_a_write_that_changes_nothing_makes_no_record(
    orders: Orders, view: str, images: list[set[str]]
) -> None:
    """INSERT, MODIFY and REMOVE, each with what the view type shows."""
    orders.create(StreamSpecification={"StreamEnabled": True, "StreamViewType": view})
    write_three(orders)
    records = orders.records()
    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "REMOVE"]
    shown = [set(record["dynamodb"]) & {"NewImage", "OldImage"} for record in records]
    assert shown == images
    assert all(record["dynamodb"]["Keys"] == KEY for record in records)
    numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in records]
    assert numbers == sorted(numbers)


def test_equal_in_another_spelling_is_no_change(orders: Orders) -> None:
    """Numbers by value, sets in any order."""
    orders.create(StreamSpecification=BOTH)
    orders.put(order("a") | {"n": {"N": "1"}, "s": {"SS": ["x", "y"]}})
    orders.put(order("a") | {"s": {"SS": ["y", "x"]}, "n": {"N": "1.0"}})
    assert len(orders.records()) == 1


def test_a_cancelled_transaction_makes_no_record(orders: Orders) -> None:
    """Nothing happened, nothing is told."""
    orders.create(StreamSpecification=BOTH)
    actions: list[Any] = [
        {"Put": {"TableName": "orders", "Item": order("a")}},
        {
            "ConditionCheck": {
                "TableName": "orders",
                "Key": {"id": {"S": "b"}, "at": {"N": "1"}},
                "ConditionExpression": "attribute_exists(id)",
            }
        },
    ]
    assert orders.refused("transact_write_items", TransactItems=actions)[0] == (
        "TransactionCanceledException"
    )
    assert orders.records() == []


def test_records_and_streams_last_a_day(orders: Orders) -> None:
    """A record goes after 24 hours; so does a stream that was ended."""
    orders.create(StreamSpecification=BOTH)
    arn = orders.describe()["LatestStreamArn"]
    orders.put(order("a"))
    orders.aws.advance(seconds=12 * 3600)
    orders.put(order("b"))
    orders.aws.advance(seconds=12 * 3600 + 1)
    assert [record["dynamodb"]["Keys"]["id"]["S"] for record in orders.records()] == ["b"]
    orders.client.delete_table(TableName="orders")
    assert len(orders.records(arn)) == 1
    described = orders.streams.describe_stream(StreamArn=arn)["StreamDescription"]
    assert described["StreamStatus"] == "DISABLED"
    orders.aws.advance(seconds=24 * 3600 + 1)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        orders.records(arn)


@pytest.mark.parametrize("place", ["[1e400, 1]", "[1, 1e400]", "[null, 1]", "{}", '["x", 1]', "["])
def test_what_is_no_iterator_is_refused(orders: Orders, place: str) -> None:
    """Also what no number can be made of; no bug of ours."""
    orders.create(StreamSpecification=BOTH)
    arn = orders.describe()["LatestStreamArn"]
    forged = f"{arn}|1|{base64.b64encode(place.encode()).decode()}"
    with pytest.raises(ClientError, match=r"ValidationException.*Invalid ShardIterator"):
        orders.streams.get_records(ShardIterator=forged)


def test_iterators_expire_and_trimmed_records_are_said_to_be(orders: Orders) -> None:
    """AWS's errors for reading late."""
    orders.create(StreamSpecification=BOTH)
    orders.put(order("a"))
    number = orders.records()[0]["dynamodb"]["SequenceNumber"]
    arn = orders.describe()["LatestStreamArn"]
    described = orders.streams.describe_stream(StreamArn=arn)["StreamDescription"]
    request = {"StreamArn": arn, "ShardId": described["Shards"][0]["ShardId"]}
    iterator = orders.streams.get_shard_iterator(**request, ShardIteratorType="TRIM_HORIZON")
    orders.aws.advance(seconds=16 * 60)
    with pytest.raises(ClientError, match="ExpiredIteratorException"):
        orders.streams.get_records(ShardIterator=iterator["ShardIterator"])
    orders.aws.advance(seconds=24 * 3600)
    with pytest.raises(ClientError, match="TrimmedDataAccessException"):
        orders.streams.get_shard_iterator(
            **request, ShardIteratorType="AT_SEQUENCE_NUMBER", SequenceNumber=number
        )


def test_a_function_hears_of_each_change(orders: Orders) -> None:
    """A mapping gets the records, those of expired items with who removed them."""
    events: list[Any] = []
    orders.create(StreamSpecification=BOTH)
    orders.client.update_time_to_live(
        TableName="orders", TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"}
    )
    orders.aws.function("f", lambda event: events.extend(event["Records"]))
    orders.aws.client("lambda").create_event_source_mapping(
        FunctionName="f",
        EventSourceArn=orders.describe()["LatestStreamArn"],
        StartingPosition="TRIM_HORIZON",
    )
    orders.put(order("a", until=int(orders.aws.now.timestamp()) + 60))
    orders.aws.settle()
    assert [record["eventName"] for record in events] == ["INSERT"]
    orders.aws.advance(seconds=61)
    orders.aws.settle()
    assert [record["eventName"] for record in events] == ["INSERT", "REMOVE"]
    assert events[1]["userIdentity"] == {
        "type": "Service",
        "principalId": "dynamodb.amazonaws.com",
    }


def test_time_to_live_removes_what_has_expired(orders: Orders) -> None:
    """At its second; what is not a number, or more than five years old, stays."""
    orders.create()
    now = int(orders.aws.now.timestamp())
    orders.put(order("early", until=now + 10))
    orders.client.update_time_to_live(
        TableName="orders", TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"}
    )
    orders.put(order("late", until=now + 100))
    orders.put(order("text", until="soon"))
    orders.put(order("ancient", until=now - 6 * 365 * 24 * 3600))
    orders.put(order("moved", until=now + 10))
    orders.put(order("moved", until=now + 1000))
    orders.aws.advance(seconds=11)
    assert {item["id"]["S"] for item in orders.scan()} == {"late", "text", "ancient", "moved"}
    orders.aws.advance(seconds=100)
    assert {item["id"]["S"] for item in orders.scan()} == {"text", "ancient", "moved"}


def test_changes_reach_kinesis(orders: Orders) -> None:
    """A streaming destination gets each change as JSON."""
    kinesis = orders.aws.client("kinesis")
    kinesis.create_stream(StreamName="changes", ShardCount=1)
    orders.aws.settle()
    arn = kinesis.describe_stream(StreamName="changes")["StreamDescription"]["StreamARN"]
    orders.create()
    reply = orders.client.enable_kinesis_streaming_destination(TableName="orders", StreamArn=arn)
    assert reply["EnableKinesisStreamingConfiguration"] == {}
    described = orders.client.describe_kinesis_streaming_destination(TableName="orders")
    assert described["KinesisDataStreamDestinations"] == [
        {"StreamArn": arn, "DestinationStatus": "ACTIVE"}
    ]
    orders.put(order("a", x=1))
    orders.aws.settle()
    iterator = kinesis.get_shard_iterator(
        StreamName="changes", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    [record] = kinesis.get_records(ShardIterator=iterator)["Records"]
    assert b'"eventName":"INSERT"' in record["Data"]
    assert b'"NewImage":{"id":{"S":"a"}' in record["Data"]
