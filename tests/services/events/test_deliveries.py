"""What each kind of target gets, and what happens when it cannot."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import World

MISSING_QUEUE = "arn:aws:sqs:us-east-1:000000000000:missing"


def test_lambda_target_gets_the_event(world: World) -> None:
    """A function is invoked with the event, or what was made of it."""
    seen: list[Any] = []
    arn = world.aws.function("cook", seen.append)
    world.rule(arn, {"Arn": arn, "InputPath": "$.detail"})
    world.put({"n": 1})
    world.aws.settle()
    assert [event.get("detail", event) for event in seen] == [{"n": 1}, {"n": 1}]


def test_fifo_queue_target_gets_the_message_group(world: World) -> None:
    """SqsParameters name the group; the queue deduplicates by content."""
    caught = world.catcher("q.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    world.rule({"Arn": caught.arn, "SqsParameters": {"MessageGroupId": "store-1"}})
    world.put({"n": 1})
    world.put({"n": 2})
    messages = caught.messages()
    assert [json.loads(message["Body"])["detail"]["n"] for message in messages] == [1, 2]
    assert {message["Attributes"]["MessageGroupId"] for message in messages} == {"store-1"}


def test_sns_target_publishes_the_event(world: World) -> None:
    """The message of the notification is the event."""
    sns = world.aws.client("sns")
    topic = sns.create_topic(Name="updates")["TopicArn"]
    caught = world.catcher()
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=caught.arn)
    world.rule(topic)
    world.put({"n": 1})
    world.aws.settle()
    (notification,) = caught.events()
    assert json.loads(notification["Message"])["detail"] == {"n": 1}


def test_kinesis_target_puts_a_record(world: World) -> None:
    """The partition key is what PartitionKeyPath finds, else the event's id."""
    kinesis = world.aws.client("kinesis")
    kinesis.create_stream(StreamName="stream", ShardCount=1)
    world.aws.settle()
    arn = kinesis.describe_stream(StreamName="stream")["StreamDescription"]["StreamARN"]
    role = {"RoleArn": "arn:aws:iam::000000000000:role/r"}
    path = {"KinesisParameters": {"PartitionKeyPath": "$.detail.store"}}
    world.rule({"Arn": arn, **role}, {"Arn": arn, **role, **path})
    event_id = world.put({"store": "s1"})["Entries"][0]["EventId"]
    shard = kinesis.list_shards(StreamName="stream")["Shards"][0]["ShardId"]
    iterator = kinesis.get_shard_iterator(
        StreamName="stream", ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records = kinesis.get_records(ShardIterator=iterator)["Records"]
    assert [record["PartitionKey"] for record in records] == [event_id, "s1"]
    assert json.loads(records[0]["Data"])["detail"] == {"store": "s1"}


def test_logs_target_writes_a_log_event(world: World) -> None:
    """The event is the message; a transformed one may bring its own time and message."""
    logs = world.aws.client("logs")
    logs.create_log_group(logGroupName="/aws/events/orders")
    arn = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/events/orders"
    template = '{"timestamp": 1767225601000, "message": "order <n>"}'
    transformer = {"InputPathsMap": {"n": "$.detail.n"}, "InputTemplate": template}
    world.rule(arn, {"Arn": f"{arn}:*", "InputTransformer": transformer})
    world.put({"n": 1})
    written = logs.filter_log_events(logGroupName="/aws/events/orders")["events"]
    written.sort(key=lambda event: event["timestamp"])
    assert json.loads(written[0]["message"])["detail"] == {"n": 1}
    assert (written[1]["timestamp"], written[1]["message"]) == (1767225601000, "order 1")


def test_missing_target_goes_to_the_dead_letter_queue_at_once(world: World) -> None:
    """A resource that is gone is not tried again; the dead letter is the untouched event."""
    dead = world.catcher("dead")
    arn = world.rule(
        {"Arn": MISSING_QUEUE, "InputPath": "$.detail", "DeadLetterConfig": {"Arn": dead.arn}}
    )
    event_id = world.put({"n": 1})["Entries"][0]["EventId"]
    (letter,) = dead.messages()
    assert json.loads(letter["Body"])["id"] == event_id
    attributes = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert attributes.pop("ERROR_MESSAGE")
    assert attributes == {
        "RULE_ARN": arn,
        "TARGET_ARN": MISSING_QUEUE,
        "ERROR_CODE": "NO_RESOURCE",
        "RETRY_ATTEMPTS": "0",
    }


def test_failing_target_is_tried_again_with_growing_waits(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A busy target gets the event on a later try."""
    from chalice_offline.core.errors import AwsError

    attempts: list[int] = []

    def send(_service: object, context: Any, _request: object) -> dict[str, Any]:
        attempts.append(context.now_ms)
        if len(attempts) < 4:
            raise AwsError("ThrottlingException", "slow down")
        return {"MessageId": "m"}

    operations: Any = world.aws.emulator.registry.get("sqs").operations
    monkeypatch.setitem(operations, "SendMessage", send)
    world.rule(MISSING_QUEUE)
    world.put()
    world.aws.settle()
    waits = [later - earlier for earlier, later in itertools.pairwise(attempts)]
    assert len(waits) == 3
    for wait, longest in zip(waits, (1_000, 2_000, 4_000), strict=True):
        assert longest / 2 <= wait <= longest


@pytest.mark.parametrize(
    ("policy", "attempts", "condition"),
    [
        ({"MaximumRetryAttempts": 2}, 3, "MaximumRetryAttempts"),
        ({"MaximumRetryAttempts": 0}, 1, "MaximumRetryAttempts"),
        ({"MaximumEventAgeInSeconds": 60}, None, "MaximumEventAgeInSeconds"),
        ({}, 186, "MaximumRetryAttempts"),
    ],
)
def test_retry_policy_ends_the_attempts(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    policy: dict[str, int],
    attempts: int | None,
    condition: str,
) -> None:
    """Tries or age, whichever is used up first, is named in the dead letter."""
    from chalice_offline.core.errors import AwsError

    made: list[int] = []
    dead = world.catcher("dead")
    operations: Any = world.aws.emulator.registry.get("sqs").operations
    send_message = operations["SendMessage"]

    def send(service: Any, context: Any, request: Any) -> Any:
        if request["QueueUrl"].endswith("/dead"):
            return send_message(service, context, request)
        made.append(context.now_ms)
        raise AwsError("InternalFailure", "broken", status=500)

    monkeypatch.setitem(operations, "SendMessage", send)
    world.rule({"Arn": MISSING_QUEUE, "RetryPolicy": policy, "DeadLetterConfig": {"Arn": dead.arn}})
    world.put()
    world.aws.driver.settle(2 * 86_400_000)
    (letter,) = dead.messages()
    values = letter["MessageAttributes"]
    assert values["EXHAUSTED_RETRY_CONDITION"]["StringValue"] == condition
    assert values["ERROR_CODE"]["StringValue"] == "ERROR_FROM_TARGET"
    assert values["RETRY_ATTEMPTS"]["StringValue"] == str(len(made) - 1)
    assert made[-1] - made[0] <= policy.get("MaximumEventAgeInSeconds", 86_400) * 1_000
    if attempts is not None:
        assert len(made) == attempts


def test_target_that_is_not_emulated_leaves_a_note(world: World) -> None:
    """A kind of target we do not have is named, not silently ignored."""
    world.rule("arn:aws:codebuild:us-east-1:000000000000:project/p")
    world.put()
    assert len(world.notes("does not emulate codebuild as a target")) == 1
