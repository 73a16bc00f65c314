"""Records: put, read from every position, throttled, expired."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

MIB = 1024 * 1024


def test_a_record_is_read_as_it_was_put(clicks: Any) -> None:
    """Data, partition key and number; of encryption nothing is said when there is none."""
    put = clicks.put("ünï💣".encode(), key="p")
    reply = clicks.kinesis.get_records(ShardIterator=clicks.iterator())
    [record] = reply["Records"]
    assert record["Data"] == "ünï💣".encode()
    assert (record["PartitionKey"], record["SequenceNumber"]) == ("p", put["SequenceNumber"])
    assert record["ApproximateArrivalTimestamp"] == clicks.aws.now
    assert "EncryptionType" not in record
    assert reply["MillisBehindLatest"] == 0


def test_sequence_numbers_grow_and_look_like_those_of_aws(clicks: Any) -> None:
    """56 digits, each greater than the one before, the first greater than the shard's start."""
    numbers = [int(clicks.put("x")["SequenceNumber"]) for _ in range(20)]
    assert numbers == sorted(set(numbers))
    start = clicks.shards()[0]["SequenceNumberRange"]["StartingSequenceNumber"]
    assert int(start) < numbers[0]
    assert len(start) == len(str(numbers[-1])) == 56


def test_the_shard_follows_from_the_key(empty: Any) -> None:
    """The MD5 of the partition key, or the explicit hash key."""
    empty.create(shards=2)
    assert empty.put("x", key="a")["ShardId"] == "shardId-000000000000"  # 0cc1…
    assert empty.put("x", key="b")["ShardId"] == "shardId-000000000001"  # 92eb…
    low, high = "0", str(2**128 - 1)
    assert empty.put("x", key="b", ExplicitHashKey=low)["ShardId"] == "shardId-000000000000"
    assert empty.put("x", key="a", ExplicitHashKey=high)["ShardId"] == "shardId-000000000001"
    code, text = empty.refused(
        "put_record",
        StreamName="clicks",
        Data=b"x",
        PartitionKey="a",
        ExplicitHashKey=str(2**128),
    )
    assert code == "InvalidArgumentException"
    assert text.startswith("Invalid ExplicitHashKey. ExplicitHashKey must be in the range:")


def test_every_kind_of_position(clicks: Any) -> None:
    """TRIM_HORIZON, LATEST, AT and AFTER_SEQUENCE_NUMBER, AT_TIMESTAMP."""
    clicks.put("a")
    clicks.aws.advance(seconds=10)
    middle = clicks.put("b")["SequenceNumber"]
    instant = clicks.aws.now
    clicks.aws.advance(seconds=10)
    latest = clicks.iterator("LATEST")
    clicks.put("c")
    assert clicks.read() == [b"a", b"b", b"c"]
    assert clicks.read("AT_SEQUENCE_NUMBER", StartingSequenceNumber=middle) == [b"b", b"c"]
    assert clicks.read("AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=middle) == [b"c"]
    clicks.aws.advance(seconds=1)
    assert clicks.read("AT_TIMESTAMP", Timestamp=instant) == [b"b", b"c"]
    after = instant + timedelta(milliseconds=1)
    assert clicks.read("AT_TIMESTAMP", Timestamp=after) == [b"c"]
    records = clicks.kinesis.get_records(ShardIterator=latest)["Records"]
    assert [record["Data"] for record in records] == [b"c"]
    start = clicks.shards()[0]["SequenceNumberRange"]["StartingSequenceNumber"]
    clicks.aws.advance(seconds=1)
    assert len(clicks.read("AT_SEQUENCE_NUMBER", StartingSequenceNumber=start)) == 3


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            {"ShardIteratorType": "LATEST", "StartingSequenceNumber": "5"},
            "Request specified LATEST and also a StartingSequenceNumber.",
        ),
        (
            {"ShardIteratorType": "AT_SEQUENCE_NUMBER"},
            "Request specified AT_SEQUENCE_NUMBER and no StartingSequenceNumber.",
        ),
        (
            {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "StartingSequenceNumber": "5"},
            (
                "StartingSequenceNumber 5 used in GetShardIterator on shard "
                "shardId-000000000000 in stream clicks under account 000000000000 is invalid."
            ),
        ),
        (
            {"ShardIteratorType": "AT_TIMESTAMP"},
            (
                "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. "
                "Current request has no timestamp parameter."
            ),
        ),
        (
            {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": 1_800_000_000},
            "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis.",
        ),
    ],
)
def test_positions_that_are_none(clicks: Any, options: dict[str, Any], text: str) -> None:
    """AWS's sentences."""
    shard = {"StreamName": "clicks", "ShardId": "shardId-000000000000"}
    code, message = clicks.refused("get_shard_iterator", **shard, **options)
    assert code == "InvalidArgumentException"
    assert text in message


def test_iterators_end_after_five_minutes(clicks: Any) -> None:
    """With AWS's text; one that is no iterator has another."""
    iterator = clicks.iterator()
    clicks.aws.advance(seconds=300)
    clicks.kinesis.get_records(ShardIterator=iterator)
    clicks.aws.advance(seconds=0.001)
    code, text = clicks.refused("get_records", ShardIterator=iterator)
    assert code == "ExpiredIteratorException"
    assert "which is further in the future than the tolerated delay of 300000 milliseconds" in text
    assert text.startswith("Iterator expired. The iterator was created at time Thu Jan 01 00:00:00")
    assert clicks.refused("get_records", ShardIterator="AAAA") == (
        "InvalidArgumentException",
        "Invalid ShardIterator.",
    )


def test_iterators_differ_and_lead_on(clicks: Any) -> None:
    """Each read gives another iterator, also when nothing was there; quotation marks are fine."""
    first = clicks.iterator("LATEST")
    second = clicks.kinesis.get_records(ShardIterator=first)["NextShardIterator"]
    third = clicks.kinesis.get_records(ShardIterator=f'"{second}"')["NextShardIterator"]
    assert len({first, second, third}) == 3
    clicks.put("x")
    assert len(clicks.kinesis.get_records(ShardIterator=third)["Records"]) == 1


def test_limit_and_how_far_behind(clicks: Any) -> None:
    """A reader that leaves something is told how long the next record has been there."""
    clicks.put_many(b"a", b"b", b"c")
    clicks.aws.advance(seconds=7)
    reply = clicks.kinesis.get_records(ShardIterator=clicks.iterator(), Limit=2)
    assert [record["Data"] for record in reply["Records"]] == [b"a", b"b"]
    assert reply["MillisBehindLatest"] == 7_000
    rest = clicks.kinesis.get_records(ShardIterator=reply["NextShardIterator"])
    assert ([r["Data"] for r in rest["Records"]], rest["MillisBehindLatest"]) == ([b"c"], 0)


def test_a_read_gives_ten_megabytes_and_is_then_paid_for(clicks: Any) -> None:
    """12 MB come in two reads; after the first the shard gives nothing for five seconds."""
    for _ in range(12):
        clicks.put(b"x" * (MIB - 1))
        clicks.aws.advance(seconds=1)
    reply = clicks.kinesis.get_records(ShardIterator=clicks.iterator())
    assert len(reply["Records"]) == 10
    code, _ = clicks.refused("get_records", ShardIterator=reply["NextShardIterator"])
    assert code == "ProvisionedThroughputExceededException"
    clicks.aws.advance(seconds=5)
    assert len(clicks.kinesis.get_records(ShardIterator=reply["NextShardIterator"])["Records"]) == 2


def test_a_shard_is_read_five_times_a_second(clicks: Any) -> None:
    """The sixth read is refused, with AWS's sentence; a second later all is well."""
    iterator = clicks.iterator()
    for _ in range(5):
        clicks.kinesis.get_records(ShardIterator=iterator)
    assert clicks.refused("get_records", ShardIterator=iterator) == (
        "ProvisionedThroughputExceededException",
        "Rate exceeded for shard shardId-000000000000 in stream clicks under account 000000000000.",
    )
    clicks.aws.advance(seconds=1)
    clicks.kinesis.get_records(ShardIterator=iterator)


def test_a_shard_takes_a_thousand_records_a_second(clicks: Any) -> None:
    """PutRecords says which did not fit; the rest is stored. A single record is refused."""
    clicks.put_many(*[b"x"] * 500)
    clicks.put_many(*[b"x"] * 400)
    reply = clicks.put_many(*[b"x"] * 150)
    assert reply["FailedRecordCount"] == 50
    assert reply["Records"][99]["ShardId"] == "shardId-000000000000"
    assert reply["Records"][100] == {
        "ErrorCode": "ProvisionedThroughputExceededException",
        "ErrorMessage": "Rate exceeded for shard shardId-000000000000 in stream clicks under "
        "account 000000000000.",
    }
    request = {"StreamName": "clicks", "Data": b"x", "PartitionKey": "k"}
    code, _ = clicks.refused("put_record", **request)
    assert code == "ProvisionedThroughputExceededException"
    assert len(clicks.read()) == 1000
    clicks.aws.advance(seconds=1)
    clicks.put("x")


def test_a_shard_takes_a_megabyte_a_second(clicks: Any) -> None:
    """Data and keys count."""
    reply = clicks.put_many(b"x" * (MIB // 2), b"y" * (MIB // 2), b"z")
    assert [("ErrorCode" in record) for record in reply["Records"]] == [False, True, False]


def test_records_have_a_size(clicks: Any) -> None:
    """1 MiB with the partition key; 10 MiB a request. Nothing of a refused request is stored."""
    request = {"StreamName": "clicks", "Data": b"x" * MIB, "PartitionKey": "k"}
    code, text = clicks.refused("put_record", **request)
    assert code == "ValidationException"
    assert text.endswith("Member must have length less than or equal to 1048576")
    entries = [{"Data": b"x" * (MIB - 1), "PartitionKey": "k"}] * 11
    code, text = clicks.refused("put_records", StreamName="clicks", Records=entries)
    assert (code, text) == ("InvalidArgumentException", "Records size exceeds 10 MB limit")
    assert clicks.read() == []


def test_ordering_number_must_be_of_the_past(clicks: Any) -> None:
    """SequenceNumberForOrdering is a number that was given out."""
    number = clicks.put("x")["SequenceNumber"]
    clicks.put("y", SequenceNumberForOrdering=number)
    code, text = clicks.refused(
        "put_record",
        StreamName="clicks",
        Data=b"z",
        PartitionKey="k",
        SequenceNumberForOrdering="7",
    )
    assert code == "InvalidArgumentException"
    assert text == (
        "ExclusiveMinimumSequenceNumber 7 used in PutRecord on stream clicks under account "
        "000000000000 is invalid."
    )


def test_records_expire_with_the_retention_period(clicks: Any) -> None:
    """After 24 hours a record is gone; a shorter period takes effect at once."""
    clicks.put("old")
    clicks.aws.advance(seconds=3600)
    clicks.put("new")
    clicks.aws.advance(seconds=23 * 3600 - 1)
    assert clicks.read() == [b"old", b"new"]
    clicks.aws.advance(seconds=2)
    assert clicks.read() == [b"new"]
    clicks.aws.advance(seconds=2 * 3600)
    assert clicks.read() == []


def test_a_longer_retention_keeps_records(clicks: Any) -> None:
    """48 hours, and back to 24."""
    clicks.kinesis.increase_stream_retention_period(StreamName="clicks", RetentionPeriodHours=48)
    clicks.put("x")
    clicks.aws.advance(seconds=47 * 3600)
    assert clicks.read() == [b"x"]
    clicks.kinesis.decrease_stream_retention_period(StreamName="clicks", RetentionPeriodHours=24)
    assert clicks.read() == []
