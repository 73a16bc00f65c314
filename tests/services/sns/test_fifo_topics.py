"""FIFO topics: order, deduplication, dead letters, archive and replay."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from chalice_offline.core.errors import AwsError

from .conftest import Cloud, queue_arn


def test_publish_needs_a_group_and_a_deduplication_id(cloud: Cloud) -> None:
    """The id may be left out where the topic deduplicates by content."""
    topic = cloud.fifo_topic()
    request = {"TopicArn": topic, "Message": "x"}
    assert cloud.error("Publish", **request)[1] == (
        "Invalid parameter: The MessageGroupId parameter is required for FIFO topics"
    )
    assert cloud.error("Publish", **request, MessageGroupId="g")[1] == (
        "Invalid parameter: The topic should either have ContentBasedDeduplication enabled or "
        "MessageDeduplicationId provided explicitly"
    )
    by_content = cloud.fifo_topic("other.fifo", ContentBasedDeduplication="true")
    cloud.publish(by_content, MessageGroupId="g")


def test_fifo_queue_gets_group_and_deduplication_id(cloud: Cloud) -> None:
    """Content is hashed to an id; the envelope has a sequence number and no signature."""
    topic = cloud.fifo_topic(ContentBasedDeduplication="true")
    cloud.subscribe(topic)
    reply = cloud.publish(topic, "Test", MessageGroupId="g")
    [request] = cloud.sqs.requests
    assert request["MessageGroupId"] == "g"
    assert request["MessageDeduplicationId"] == hashlib.sha256(b"Test").hexdigest()
    [envelope] = cloud.envelopes()
    assert list(envelope) == [
        "Type",
        "MessageId",
        "SequenceNumber",
        "TopicArn",
        "Message",
        "Timestamp",
        "UnsubscribeURL",
    ]
    assert envelope["SequenceNumber"] == reply["SequenceNumber"]


def test_standard_queue_gets_neither_group_nor_deduplication_id(cloud: Cloud) -> None:
    """A standard queue on a FIFO topic sees an ordinary message."""
    topic = cloud.fifo_topic()
    cloud.subscribe(topic, "sqs", queue_arn("plain"))
    _publish(cloud, topic, "x", "1")
    [request] = cloud.sqs.requests
    assert "MessageGroupId" not in request
    assert "MessageDeduplicationId" not in request


def test_sequence_numbers_have_twenty_digits_and_grow(cloud: Cloud) -> None:
    """Every message of a topic has a greater number than the one before."""
    topic = cloud.fifo_topic()
    numbers = [_publish(cloud, topic, "x", str(index))["SequenceNumber"] for index in range(5)]
    assert all(len(number) == 20 for number in numbers)
    assert numbers == sorted(numbers)
    assert len(dict.fromkeys(numbers)) == 5


def test_duplicates_are_accepted_and_not_delivered_for_five_minutes(cloud: Cloud) -> None:
    """A duplicate gets the reply of the original, whatever its group, until the window ends."""
    topic = cloud.fifo_topic()
    cloud.subscribe(topic)
    original = _publish(cloud, topic, "first", "id")
    assert _publish(cloud, topic, "second", "id", group="other") == original
    cloud.advance(299)
    assert _publish(cloud, topic, "third", "id") == original
    assert len(cloud.sqs.requests) == 1
    assert cloud.outcomes() == ["duplicate: not delivered"] * 2
    cloud.advance(1)
    assert _publish(cloud, topic, "fourth", "id") != original
    assert [envelope["Message"] for envelope in cloud.envelopes()] == ["first", "fourth"]


def test_deduplication_may_be_scoped_to_the_group(cloud: Cloud) -> None:
    """With FifoThroughputScope MessageGroup an id may repeat in another group."""
    topic = cloud.fifo_topic(FifoThroughputScope="MessageGroup")
    one = _publish(cloud, topic, "x", "id", group="a")
    assert _publish(cloud, topic, "x", "id", group="a") == one
    assert _publish(cloud, topic, "x", "id", group="b") != one


def test_batches_are_deduplicated_within_and_across(cloud: Cloud) -> None:
    """A repeated batch gets the same replies, and nothing is delivered twice."""
    topic = cloud.fifo_topic(ContentBasedDeduplication="true")
    cloud.subscribe(topic, RawMessageDelivery="true")
    entries = [
        {"Id": str(index), "Message": text, "MessageGroupId": "g"}
        for index, text in enumerate(["a", "b", "a"])
    ]
    first = cloud.call("PublishBatch", TopicArn=topic, PublishBatchRequestEntries=entries)
    assert cloud.call("PublishBatch", TopicArn=topic, PublishBatchRequestEntries=entries) == first
    assert first["Successful"][0]["MessageId"] == first["Successful"][2]["MessageId"]
    assert cloud.bodies() == ["a", "b"]


def test_a_message_that_is_retried_holds_up_its_group_alone(cloud: Cloud) -> None:
    """Later messages of the group wait for it; other groups go on; order is kept."""
    topic = cloud.fifo_topic()
    cloud.subscribe(topic, RawMessageDelivery="true")
    cloud.sqs.failure = AwsError("ServiceUnavailable", "busy", status=503)
    cloud.sqs.fails_for = '"MessageGroupId": "slow"'
    for index in range(3):
        _publish(cloud, topic, f"slow-{index}", f"s{index}", group="slow")
    _publish(cloud, topic, "fast-0", "f0", group="fast")
    assert list(dict.fromkeys(cloud.bodies())) == ["slow-0", "fast-0"]
    cloud.sqs.failure = None
    cloud.sqs.requests.clear()
    cloud.settle()
    assert cloud.bodies() == ["slow-0", "slow-1", "slow-2"]


def test_dead_letters_keep_their_group_and_order(cloud: Cloud) -> None:
    """What a gone FIFO queue does not take arrives in the dead-letter queue in order."""
    topic = cloud.fifo_topic()
    policy = json.dumps({"deadLetterTargetArn": queue_arn("dead.fifo")})
    cloud.subscribe(topic, RedrivePolicy=policy, RawMessageDelivery="true")
    cloud.sqs.failure = AwsError("QueueDoesNotExist", "gone")
    cloud.sqs.fails_for = "/inbox.fifo"
    for index in range(3):
        _publish(cloud, topic, f"m{index}", f"d{index}")
    kept = [one for one in cloud.sqs.requests if one["QueueUrl"].endswith("/dead.fifo")]
    assert [one["MessageBody"] for one in kept] == ["m0", "m1", "m2"]
    assert [one["MessageDeduplicationId"] for one in kept] == ["d0", "d1", "d2"]
    assert {one["MessageGroupId"] for one in kept} == {"g"}


def test_archived_messages_are_replayed(cloud: Cloud) -> None:
    """A replay policy delivers what the archive holds from its starting point on."""
    topic = cloud.fifo_topic(ArchivePolicy='{"MessageRetentionPeriod":"1"}')
    _publish(cloud, topic, "old", "1")
    cloud.advance(3600)
    _publish(cloud, topic, "new", "2")
    arn = cloud.subscribe(topic, RawMessageDelivery="true")
    policy = {"PointType": "Timestamp", "StartingPoint": "2026-01-01T00:30:00.000Z"}
    _set(cloud, arn, "ReplayPolicy", policy)
    cloud.settle()
    assert cloud.bodies() == ["new"]
    attributes = cloud.call("GetTopicAttributes", TopicArn=topic)["Attributes"]
    assert attributes["BeginningArchiveTime"] == "2026-01-01T00:00:00.000Z"


def test_archive_forgets_after_its_retention_period(cloud: Cloud) -> None:
    """A message older than the retention period is gone when the next one comes."""
    topic = cloud.fifo_topic(ArchivePolicy='{"MessageRetentionPeriod":"1"}')
    _publish(cloud, topic, "old", "1")
    cloud.advance(86_400)
    _publish(cloud, topic, "new", "2")
    attributes = cloud.call("GetTopicAttributes", TopicArn=topic)["Attributes"]
    assert attributes["BeginningArchiveTime"] == "2026-01-02T00:00:00.000Z"


@pytest.mark.parametrize("name", ["ArchivePolicy", "ContentBasedDeduplication"])
def test_standard_topics_have_no_fifo_attributes(cloud: Cloud, name: str) -> None:
    """What only FIFO topics have is refused on a standard topic."""
    code, _ = cloud.error("CreateTopic", Name="standard", Attributes={name: "true"})
    assert code == "InvalidParameterException"


def _publish(
    cloud: Cloud, topic: str, text: str, deduplication_id: str, group: str = "g"
) -> dict[str, Any]:
    return cloud.publish(topic, text, MessageGroupId=group, MessageDeduplicationId=deduplication_id)


def _set(cloud: Cloud, arn: str, name: str, value: dict[str, Any]) -> None:
    cloud.call(
        "SetSubscriptionAttributes",
        SubscriptionArn=arn,
        AttributeName=name,
        AttributeValue=json.dumps(value),
    )
