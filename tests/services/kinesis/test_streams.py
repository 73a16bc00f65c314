"""Streams as a whole: their life, their settings, their descriptions."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/clicks"
UNKNOWN = "Stream clicks under account 000000000000 not found."


def test_a_stream_is_creating_then_active_then_deleting_then_gone(empty: Any) -> None:
    """Each status is seen, and until a stream is ACTIVE nothing can be put into it."""
    empty.kinesis.create_stream(StreamName="clicks", ShardCount=2)
    described = empty.describe()
    assert (described["StreamStatus"], described["Shards"]) == ("CREATING", [])
    request = {"StreamName": "clicks", "Data": b"x", "PartitionKey": "k"}
    assert empty.refused("put_record", **request) == ("ResourceNotFoundException", UNKNOWN)
    empty.aws.settle()
    described = empty.describe()
    assert (described["StreamStatus"], len(described["Shards"])) == ("ACTIVE", 2)
    empty.kinesis.delete_stream(StreamName="clicks")
    assert empty.describe()["StreamStatus"] == "DELETING"
    empty.aws.settle()
    code = empty.refused("describe_stream", StreamName="clicks")
    assert code == ("ResourceNotFoundException", UNKNOWN)


def test_a_name_is_taken_once_in_an_account_and_region(clicks: Any) -> None:
    """A second stream of a name is refused; another region's and another account's are not."""
    assert clicks.refused("create_stream", StreamName="clicks", ShardCount=1) == (
        "ResourceInUseException",
        "Stream clicks under account 000000000000 already exists.",
    )
    for place in ({"region": "eu-west-1"}, {"account": "111111111111"}):
        other = clicks.aws.client("kinesis", **place)
        assert other.list_streams()["StreamNames"] == []
        other.create_stream(StreamName="clicks", ShardCount=1)


def test_a_stream_recreated_under_its_name_is_empty(clicks: Any) -> None:
    """Deleted records stay deleted, and iterators of the old stream lead nowhere."""
    clicks.put("old")
    iterator = clicks.iterator()
    clicks.kinesis.delete_stream(StreamName="clicks")
    clicks.aws.settle()
    clicks.create()
    assert clicks.read() == []
    code, text = clicks.refused("get_records", ShardIterator=iterator)
    assert code == "ResourceNotFoundException"
    assert text == (
        "Shard shardId-000000000000 in stream clicks under account 000000000000 does not exist"
    )


def test_hash_keys_are_divided_evenly(empty: Any) -> None:
    """Shards cover all hash keys without a gap, in order."""
    empty.create(shards=3)
    ranges = [shard["HashKeyRange"] for shard in empty.describe()["Shards"]]
    assert ranges[0]["StartingHashKey"] == "0"
    assert ranges[-1]["EndingHashKey"] == str(2**128 - 1)
    for left, right in itertools.pairwise(ranges):
        assert int(left["EndingHashKey"]) + 1 == int(right["StartingHashKey"])


def test_without_shard_count_a_stream_is_on_demand_with_four_shards(empty: Any) -> None:
    """As recorded on AWS."""
    empty.kinesis.create_stream(StreamName="clicks")
    empty.aws.settle()
    summary = empty.kinesis.describe_stream_summary(StreamName="clicks")
    described = summary["StreamDescriptionSummary"]
    assert described["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}
    assert described["OpenShardCount"] == 4


def test_shard_count_and_mode_must_fit(empty: Any) -> None:
    """PROVISIONED needs a shard count, ON_DEMAND takes none; nothing is made."""
    provisioned = {"StreamModeDetails": {"StreamMode": "PROVISIONED"}}
    on_demand = {"StreamModeDetails": {"StreamMode": "ON_DEMAND"}, "ShardCount": 1}
    for options in (provisioned, on_demand):
        code, _ = empty.refused("create_stream", StreamName="clicks", **options)
        assert code == "InvalidArgumentException"
    assert empty.kinesis.list_streams()["StreamNames"] == []


def test_streams_are_listed_by_name_page_by_page(empty: Any) -> None:
    """With NextToken and with ExclusiveStartStreamName."""
    for name in ("c", "a", "b"):
        empty.kinesis.create_stream(StreamName=name, ShardCount=1)
    first = empty.kinesis.list_streams(Limit=2)
    assert (first["StreamNames"], first["HasMoreStreams"]) == (["a", "b"], True)
    rest = empty.kinesis.list_streams(NextToken=first["NextToken"])
    assert (rest["StreamNames"], rest["HasMoreStreams"]) == (["c"], False)
    assert empty.kinesis.list_streams(ExclusiveStartStreamName="a")["StreamNames"] == ["b", "c"]
    summaries = empty.kinesis.list_streams()["StreamSummaries"]
    assert summaries[0]["StreamARN"] == "arn:aws:kinesis:us-east-1:000000000000:stream/a"


def test_shards_of_a_description_come_page_by_page(empty: Any) -> None:
    """Limit and ExclusiveStartShardId."""
    empty.create(shards=3)
    first = empty.kinesis.describe_stream(StreamName="clicks", Limit=2)["StreamDescription"]
    assert (len(first["Shards"]), first["HasMoreShards"]) == (2, True)
    rest = empty.kinesis.describe_stream(
        StreamARN=ARN, ExclusiveStartShardId=first["Shards"][-1]["ShardId"]
    )["StreamDescription"]
    assert [shard["ShardId"] for shard in rest["Shards"]] == ["shardId-000000000002"]
    assert not rest["HasMoreShards"]


def test_a_stream_is_named_by_name_or_arn(clicks: Any) -> None:
    """One is needed; a region's streams are not known in another one."""
    assert clicks.kinesis.describe_stream(StreamARN=ARN)["StreamDescription"]["StreamARN"] == ARN
    code, text = clicks.refused("describe_stream")
    assert code == "InvalidArgumentException"
    assert text == "Either StreamName or StreamARN should be provided."


def test_a_change_waits_for_the_one_before(clicks: Any) -> None:
    """While a stream is UPDATING it can be written to and read, but not changed."""
    clicks.kinesis.increase_stream_retention_period(StreamName="clicks", RetentionPeriodHours=48)
    assert clicks.describe()["StreamStatus"] == "UPDATING"
    clicks.put("x")
    assert clicks.read() == [b"x"]
    request = {"StreamName": "clicks", "RetentionPeriodHours": 72}
    assert clicks.refused("increase_stream_retention_period", **request) == (
        "ResourceInUseException",
        "Stream clicks under account 000000000000 not ACTIVE, instead in state UPDATING",
    )
    clicks.aws.settle()
    described = clicks.describe()
    assert (described["StreamStatus"], described["RetentionPeriodHours"]) == ("ACTIVE", 48)


@pytest.mark.parametrize(
    ("operation", "hours", "text"),
    [
        (
            "increase_stream_retention_period",
            23,
            (
                "Minimum allowed retention period is 24 hours. Requested retention period "
                "(23 hours) is too short."
            ),
        ),
        (
            "increase_stream_retention_period",
            8761,
            (
                "Maximum allowed retention period is 8760 hours. Requested retention period "
                "(8761 hours) is too long."
            ),
        ),
        (
            "decrease_stream_retention_period",
            25,
            (
                "Requested retention period (25 hours) for stream clicks can not be longer than "
                "existing retention period (24 hours). Use IncreaseRetentionPeriod API."
            ),
        ),
    ],
)
def test_retention_has_bounds_and_a_direction(
    clicks: Any, operation: str, hours: int, text: str
) -> None:
    """Each refused with AWS's sentence, and nothing changed."""
    refused = clicks.refused(operation, StreamName="clicks", RetentionPeriodHours=hours)
    assert refused == ("InvalidArgumentException", text)
    assert clicks.describe()["RetentionPeriodHours"] == 24
    assert clicks.describe()["StreamStatus"] == "ACTIVE"


def test_settings_are_kept_and_described(clicks: Any) -> None:
    """Mode, monitoring, encryption and record size."""
    kinesis = clicks.kinesis
    changed = kinesis.enable_enhanced_monitoring(
        StreamName="clicks", ShardLevelMetrics=["IncomingBytes", "OutgoingBytes"]
    )
    assert changed["CurrentShardLevelMetrics"] == []
    assert changed["DesiredShardLevelMetrics"] == ["IncomingBytes", "OutgoingBytes"]
    clicks.aws.settle()
    kinesis.disable_enhanced_monitoring(StreamName="clicks", ShardLevelMetrics=["IncomingBytes"])
    clicks.aws.settle()
    assert clicks.describe()["EnhancedMonitoring"] == [{"ShardLevelMetrics": ["OutgoingBytes"]}]
    kinesis.start_stream_encryption(StreamName="clicks", EncryptionType="KMS", KeyId="alias/k")
    clicks.aws.settle()
    assert (clicks.describe()["EncryptionType"], clicks.describe()["KeyId"]) == ("KMS", "alias/k")
    assert clicks.put("x")["EncryptionType"] == "KMS"
    kinesis.stop_stream_encryption(StreamName="clicks", EncryptionType="KMS", KeyId="alias/k")
    clicks.aws.settle()
    assert clicks.describe()["EncryptionType"] == "NONE"
    kinesis.update_max_record_size(StreamARN=ARN, MaxRecordSizeInKiB=2048)
    clicks.aws.settle()
    kinesis.update_stream_mode(StreamARN=ARN, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    clicks.aws.settle()
    summary = kinesis.describe_stream_summary(StreamARN=ARN)["StreamDescriptionSummary"]
    assert summary["MaxRecordSizeInKiB"] == 2048
    assert summary["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}


def test_tags_of_a_stream(clicks: Any) -> None:
    """Both families of operations see the same tags."""
    kinesis = clicks.kinesis
    kinesis.add_tags_to_stream(StreamName="clicks", Tags={"a": "1", "b": "2"})
    kinesis.tag_resource(ResourceARN=ARN, Tags={"b": "3"})
    listed = kinesis.list_tags_for_stream(StreamName="clicks", Limit=1)
    assert (listed["Tags"], listed["HasMoreTags"]) == ([{"Key": "a", "Value": "1"}], True)
    kinesis.remove_tags_from_stream(StreamName="clicks", TagKeys=["a", "none"])
    assert kinesis.list_tags_for_resource(ResourceARN=ARN)["Tags"] == [{"Key": "b", "Value": "3"}]
    many = {f"t{number}": "" for number in range(50)}
    code, text = clicks.refused("add_tags_to_stream", StreamName="clicks", Tags=many)
    assert code == "InvalidArgumentException"
    assert "cannot have more than 50 tags" in text


def test_resource_policies_are_kept(clicks: Any) -> None:
    """An empty document when there is none; deleting none is an error."""
    kinesis = clicks.kinesis
    assert kinesis.get_resource_policy(ResourceARN=ARN)["Policy"] == "{}"
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]})
    kinesis.put_resource_policy(ResourceARN=ARN, Policy=policy)
    assert kinesis.get_resource_policy(ResourceARN=ARN)["Policy"] == policy
    kinesis.delete_resource_policy(ResourceARN=ARN)
    assert clicks.refused("delete_resource_policy", ResourceARN=ARN)[0] == (
        "ResourceNotFoundException"
    )
    code, _ = clicks.refused("put_resource_policy", ResourceARN=ARN, Policy="no")
    assert code == "InvalidArgumentException"


def test_limits_count_shards_and_streams(empty: Any) -> None:
    """DescribeLimits."""
    empty.create(shards=3)
    empty.kinesis.create_stream(StreamName="other")
    found = empty.kinesis.describe_limits()
    assert (found["OpenShardCount"], found["ShardLimit"]) == (7, 20_000)
    assert (found["OnDemandStreamCount"], found["OnDemandStreamCountLimit"]) == (1, 50)


def test_consumers_come_and_go(clicks: Any) -> None:
    """CREATING, ACTIVE, gone; a stream with consumers is deleted only if told so."""
    kinesis = clicks.kinesis
    made = kinesis.register_stream_consumer(StreamARN=ARN, ConsumerName="fast")["Consumer"]
    assert made["ConsumerStatus"] == "CREATING"
    assert made["ConsumerARN"].startswith(f"{ARN}/consumer/fast:")
    clicks.aws.settle()
    described = kinesis.describe_stream_consumer(StreamARN=ARN, ConsumerName="fast")
    assert described["ConsumerDescription"]["ConsumerStatus"] == "ACTIVE"
    assert described["ConsumerDescription"]["StreamARN"] == ARN
    again = clicks.refused("register_stream_consumer", StreamARN=ARN, ConsumerName="fast")
    assert again[0] == "ResourceInUseException"
    code, text = clicks.refused("delete_stream", StreamName="clicks")
    assert code == "ResourceInUseException"
    assert text.startswith("DeleteStream can't delete 000000000000:clicks because there are")
    kinesis.deregister_stream_consumer(ConsumerARN=made["ConsumerARN"])
    clicks.aws.settle()
    assert kinesis.list_stream_consumers(StreamARN=ARN)["Consumers"] == []
