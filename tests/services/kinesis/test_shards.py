"""Resharding: splits, merges, scaling, and how readers find their way."""

from __future__ import annotations

from typing import Any

import pytest

HALF = 2**127
FIRST = "shardId-000000000000"


def ids(shards: list[dict[str, Any]]) -> list[str]:
    return [shard["ShardId"][-1] for shard in shards]


def split(clicks: Any, shard: str = FIRST, start: int = HALF) -> None:
    clicks.kinesis.split_shard(
        StreamName="clicks", ShardToSplit=shard, NewStartingHashKey=str(start)
    )
    clicks.aws.settle()


def test_a_split_closes_the_shard_and_opens_two(clicks: Any) -> None:
    """Old records stay in the parent, new ones go to the child that their key belongs to."""
    clicks.put("before")
    split(clicks)
    parent, low, high = clicks.shards()
    assert "EndingSequenceNumber" in parent["SequenceNumberRange"]
    assert low["ParentShardId"] == high["ParentShardId"] == FIRST
    assert low["HashKeyRange"] == {"StartingHashKey": "0", "EndingHashKey": str(HALF - 1)}
    assert high["HashKeyRange"]["StartingHashKey"] == str(HALF)
    assert clicks.put("after", ExplicitHashKey="0")["ShardId"] == low["ShardId"]
    assert clicks.read(shard=low["ShardId"]) == [b"after"]
    reply = clicks.kinesis.get_records(ShardIterator=clicks.iterator())
    assert [record["Data"] for record in reply["Records"]] == [b"before"]
    assert "NextShardIterator" not in reply
    assert reply["ChildShards"][0] == {
        "ShardId": low["ShardId"],
        "ParentShards": [FIRST],
        "HashKeyRange": low["HashKeyRange"],
    }
    start = low["SequenceNumberRange"]["StartingSequenceNumber"]
    end = parent["SequenceNumberRange"]["EndingSequenceNumber"]
    assert int(end) < int(start)


def test_a_merge_closes_two_shards_and_opens_one(empty: Any) -> None:
    """The child has both as parents, and their range."""
    empty.create(shards=2)
    empty.kinesis.merge_shards(
        StreamName="clicks", ShardToMerge=FIRST, AdjacentShardToMerge="shardId-000000000001"
    )
    empty.aws.settle()
    child = empty.shards()[-1]
    assert child["ParentShardId"] == FIRST
    assert child["AdjacentParentShardId"] == "shardId-000000000001"
    assert child["HashKeyRange"] == {"StartingHashKey": "0", "EndingHashKey": str(2**128 - 1)}


@pytest.mark.parametrize(
    ("start", "allowed"), [(0, False), (1, False), (2, True), (2**128 - 2, True), (2**128, False)]
)
def test_a_split_is_inside_the_range(clicks: Any, start: int, allowed: bool) -> None:
    """NewStartingHashKey leaves something for both sides, by AWS's rule."""
    if allowed:
        split(clicks, start=start)
        return
    code, text = clicks.refused(
        "split_shard", StreamName="clicks", ShardToSplit=FIRST, NewStartingHashKey=str(start)
    )
    assert code == "InvalidArgumentException"
    assert "is not both greater than one plus the shard's StartingHashKey 0 and less than" in text
    assert clicks.describe()["StreamStatus"] == "ACTIVE"


def test_closed_distant_and_unknown_shards_are_refused(empty: Any) -> None:
    """With AWS's sentences."""
    empty.create(shards=3)
    name = {"StreamName": "clicks"}
    distant = empty.refused(
        "merge_shards", **name, ShardToMerge=FIRST, AdjacentShardToMerge="shardId-000000000002"
    )
    assert distant == (
        "InvalidArgumentException",
        (
            "Shards shardId-000000000000 and shardId-000000000002 in stream clicks under account "
            "000000000000 are not an adjacent pair of shards eligible for merging"
        ),
    )
    unknown = empty.refused(
        "split_shard", **name, ShardToSplit="shardId-000000000009", NewStartingHashKey="5"
    )
    assert unknown == (
        "ResourceNotFoundException",
        "Could not find shard shardId-000000000009 in stream clicks under account 000000000000.",
    )
    split(empty, start=1000)
    closed = empty.refused("split_shard", **name, ShardToSplit=FIRST, NewStartingHashKey="5")
    assert "has already been merged or split" in closed[1]


@pytest.mark.parametrize(("before", "after"), [(2, 4), (4, 2), (2, 3), (3, 2), (5, 3), (1, 2)])
def test_scaling_ends_with_even_shards(empty: Any, before: int, after: int) -> None:
    """UpdateShardCount: the open shards are even ranges, and every key finds its shard."""
    empty.create(shards=before)
    reply = empty.kinesis.update_shard_count(
        StreamName="clicks", TargetShardCount=after, ScalingType="UNIFORM_SCALING"
    )
    assert (reply["CurrentShardCount"], reply["TargetShardCount"]) == (before, after)
    empty.aws.settle()
    shards = [s for s in empty.shards() if "EndingSequenceNumber" not in s["SequenceNumberRange"]]
    starts = sorted(int(shard["HashKeyRange"]["StartingHashKey"]) for shard in shards)
    assert starts == [2**128 // after * number for number in range(after)]
    empty.put("x", key="anything")


def test_scaling_has_bounds(empty: Any) -> None:
    """At most double, at least half."""
    empty.create(shards=4)
    for target, way in ((9, "up over double"), (1, "down below half")):
        code, text = empty.refused(
            "update_shard_count",
            StreamName="clicks",
            TargetShardCount=target,
            ScalingType="UNIFORM_SCALING",
        )
        assert code == "LimitExceededException"
        assert text == (
            f"UpdateShardCount cannot scale {way} your current open shard count. Current open "
            f"shard count: 4, Target shard count: {target}"
        )


def test_shards_are_listed_through_filters_and_pages(empty: Any) -> None:
    """Filters by time and id; a token carries stream and filter with it."""
    empty.create(shards=2)
    empty.aws.advance(seconds=60)
    before = empty.aws.now
    split(empty, start=1000)
    empty.aws.advance(seconds=60)
    listed = empty.kinesis.list_shards

    def found(kind: str, **options: Any) -> list[str]:
        reply = listed(StreamName="clicks", ShardFilter={"Type": kind, **options})
        return ids(reply["Shards"])

    assert found("AT_LATEST") == ["1", "2", "3"]
    assert found("AT_TRIM_HORIZON") == ["0", "1"]
    assert found("FROM_TRIM_HORIZON") == ["0", "1", "2", "3"]
    assert found("AT_TIMESTAMP", Timestamp=before) == ["0", "1"]
    assert found("FROM_TIMESTAMP", Timestamp=empty.aws.now) == ["1", "2", "3"]
    assert found("AFTER_SHARD_ID", ShardId="shardId-000000000001") == ["2", "3"]
    page = listed(StreamName="clicks", MaxResults=2, ShardFilter={"Type": "AT_LATEST"})
    assert ids(page["Shards"]) == ["1", "2"]
    assert ids(listed(NextToken=page["NextToken"])["Shards"]) == ["3"]
    both = empty.refused("list_shards", StreamName="clicks", NextToken=page["NextToken"])
    assert both[1] == "NextToken and StreamName cannot be provided together."
    empty.aws.advance(seconds=301)
    code, _ = empty.refused("list_shards", NextToken=page["NextToken"])
    assert code == "ExpiredNextTokenException"


def test_a_closed_shard_goes_when_its_records_have_expired(clicks: Any) -> None:
    """A day later nothing is left of the parent."""
    split(clicks)
    clicks.aws.advance(seconds=25 * 3600)
    assert ids(clicks.shards()) == ["1", "2"]


def test_an_on_demand_stream_keeps_its_shards(empty: Any) -> None:
    """Splitting, merging and scaling are for provisioned streams; nothing begins."""
    empty.kinesis.create_stream(StreamName="clicks")
    empty.aws.settle()
    second = "shardId-000000000001"
    for operation, options in (
        ("split_shard", {"ShardToSplit": FIRST, "NewStartingHashKey": "1000"}),
        ("merge_shards", {"ShardToMerge": FIRST, "AdjacentShardToMerge": second}),
        ("update_shard_count", {"TargetShardCount": 8, "ScalingType": "UNIFORM_SCALING"}),
    ):
        code, text = empty.refused(operation, StreamName="clicks", **options)
        assert (code, "in On-Demand mode" in text) == ("ValidationException", True)
    assert empty.describe()["StreamStatus"] == "ACTIVE"


def test_a_stream_is_scaled_ten_times_a_day(empty: Any) -> None:
    """And its mode changed twice; a day later both can be done again."""
    empty.create(shards=1)
    scale = {"StreamName": "clicks", "ScalingType": "UNIFORM_SCALING"}
    for number in range(10):
        empty.kinesis.update_shard_count(**scale, TargetShardCount=1 + (number + 1) % 2)
        empty.aws.settle()
    code, _ = empty.refused("update_shard_count", **scale, TargetShardCount=2)
    assert code == "LimitExceededException"
    arn = empty.describe()["StreamARN"]
    for mode in ("ON_DEMAND", "PROVISIONED"):
        empty.kinesis.update_stream_mode(StreamARN=arn, StreamModeDetails={"StreamMode": mode})
        empty.aws.settle()
    again = {"StreamARN": arn, "StreamModeDetails": {"StreamMode": "ON_DEMAND"}}
    code, _ = empty.refused("update_stream_mode", **again)
    assert code == "LimitExceededException"
    empty.aws.advance(seconds=86_400)
    empty.kinesis.update_shard_count(**scale, TargetShardCount=2)
    empty.aws.settle()
    empty.kinesis.update_stream_mode(**again)
