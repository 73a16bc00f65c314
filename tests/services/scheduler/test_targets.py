"""What targets get, and what becomes of runs that fail."""

from __future__ import annotations

import json
from typing import Any

import pytest

SOON = "at(2026-01-01T00:01:00)"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:{}"


def universal(action: str) -> str:
    return f"arn:aws:scheduler:::aws-sdk:{action}"


def test_input_with_context_attributes(scheduled: Any) -> None:
    """Attributes in angle brackets are filled in wherever they stand."""
    names = ("schedule-arn", "scheduled-time", "execution-id", "attempt-number")
    text = json.dumps({name: f"<aws.scheduler.{name}>" for name in names})
    arn = scheduled.create(SOON, Target={"Input": text})
    scheduled.aws.advance(seconds=60)

    (body,) = scheduled.bodies()
    assert int(body.pop("execution-id"), 16) > 0
    assert body == {
        "schedule-arn": arn,
        "scheduled-time": "2026-01-01T00:01:00Z",
        "attempt-number": "1",
    }


def test_function_without_input_gets_a_scheduled_event(scheduled: Any) -> None:
    """Scheduler's own event names the schedule."""
    seen: list[Any] = []
    arn = scheduled.aws.function("f", seen.append)
    schedule_arn = scheduled.create(SOON, Target={"Arn": arn})
    scheduled.aws.advance(seconds=60)
    scheduled.aws.settle()

    (event,) = seen
    assert event.pop("id")
    assert event == {
        "version": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": "000000000000",
        "time": "2026-01-01T00:01:00Z",
        "region": "us-east-1",
        "resources": [schedule_arn],
        "detail": "{}",
    }


def test_function_gets_input_as_its_event(scheduled: Any) -> None:
    """Input is the event as it is."""
    seen: list[Any] = []
    arn = scheduled.aws.function("f", seen.append)
    scheduled.create(SOON, Target={"Arn": arn, "Input": '{"store": "store-7"}'})
    scheduled.aws.advance(seconds=60)
    scheduled.aws.settle()
    assert seen == [{"store": "store-7"}]


def test_fifo_queue_gets_the_group(scheduled: Any) -> None:
    """MessageGroupId comes from SqsParameters."""
    settings = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    arn = scheduled.queue("orders.fifo", **settings)
    target = {"Arn": arn, "Input": "{}", "SqsParameters": {"MessageGroupId": "store-7"}}
    scheduled.create(SOON, Target=target)
    scheduled.aws.advance(seconds=60)
    (message,) = scheduled.messages("orders.fifo")
    assert message["Attributes"]["MessageGroupId"] == "store-7"


def test_topic_gets_input_as_its_message(scheduled: Any) -> None:
    """Publish with Input."""
    sns = scheduled.aws.client("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=scheduled.queue_arn)
    scheduled.create(SOON, Target={"Arn": topic, "Input": "wake up"})
    scheduled.aws.advance(seconds=60)
    assert [body["Message"] for body in scheduled.bodies()] == ["wake up"]


def test_event_bus_gets_an_event(scheduled: Any) -> None:
    """Source and detail type come from EventBridgeParameters, the detail is Input."""
    events = scheduled.aws.client("events")
    events.put_rule(Name="r", EventPattern=json.dumps({"source": ["sweep"]}))
    events.put_targets(Rule="r", Targets=[{"Id": "q", "Arn": scheduled.queue_arn}])
    target = {
        "Arn": "arn:aws:events:us-east-1:000000000000:event-bus/default",
        "EventBridgeParameters": {"Source": "sweep", "DetailType": "due"},
        "Input": '{"store": "store-7"}',
    }
    scheduled.create(SOON, Target=target)
    scheduled.aws.advance(seconds=60)
    (event,) = scheduled.bodies()
    assert (event["source"], event["detail-type"]) == ("sweep", "due")
    assert event["detail"] == {"store": "store-7"}


def test_stream_gets_a_record(scheduled: Any) -> None:
    """PutRecord with the partition key of KinesisParameters."""
    kinesis = scheduled.aws.client("kinesis")
    kinesis.create_stream(StreamName="s", ShardCount=1)
    scheduled.aws.settle()
    target = {
        "Arn": "arn:aws:kinesis:us-east-1:000000000000:stream/s",
        "KinesisParameters": {"PartitionKey": "store-7"},
        "Input": "{}",
    }
    scheduled.create(SOON, Target=target)
    scheduled.aws.advance(seconds=60)
    shard = kinesis.get_shard_iterator(
        StreamName="s", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )
    (record,) = kinesis.get_records(ShardIterator=shard["ShardIterator"])["Records"]
    assert (record["PartitionKey"], record["Data"]) == ("store-7", b"{}")


def test_universal_target_calls_any_operation(scheduled: Any) -> None:
    """The ARN names the operation, Input its parameters."""
    parameters = {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/000000000000/target"}
    text = json.dumps({**parameters, "MessageBody": "universal", "DelaySeconds": 0})
    scheduled.create(SOON, Target={"Arn": universal("sqs:sendMessage"), "Input": text})
    scheduled.aws.advance(seconds=60)
    assert [message["Body"] for message in scheduled.messages()] == ["universal"]


def test_universal_target_of_a_table(scheduled: Any) -> None:
    """A schedule can put an item."""
    dynamodb = scheduled.aws.client("dynamodb")
    dynamodb.create_table(
        TableName="orders",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    text = json.dumps({"TableName": "orders", "Item": {"id": {"S": "o-1"}}})
    scheduled.create(SOON, Target={"Arn": universal("dynamodb:putItem"), "Input": text})
    scheduled.aws.advance(seconds=60)
    assert dynamodb.scan(TableName="orders")["Items"] == [{"id": {"S": "o-1"}}]


def test_missing_target_is_dead_lettered_at_once(scheduled: Any) -> None:
    """No retry mends a missing queue: the dead letter holds the request and says why."""
    target = {
        "Arn": "arn:aws:sqs:us-east-1:000000000000:missing",
        "Input": "hello",
        "DeadLetterConfig": {"Arn": scheduled.dead_letter_arn},
    }
    arn = scheduled.create(SOON, Target=target)
    scheduled.aws.advance(seconds=60)

    body, attributes = scheduled.dead_letter()
    assert body == {
        "MessageBody": "hello",
        "QueueUrl": "https://sqs.us-east-1.amazonaws.com/000000000000/missing",
    }
    assert int(attributes.pop("EXECUTION_ID"), 16) > 0
    assert attributes.pop("ERROR_MESSAGE").startswith("The specified queue does not exist")
    assert attributes == {
        "ERROR_CODE": "AWS.SimpleQueueService.NonExistentQueue",
        "IS_PAYLOAD_TRUNCATED": "false",
        "RETRY_ATTEMPTS": "0",
        "SCHEDULED_TIME": "2026-01-01T00:01:00Z",
        "SCHEDULE_ARN": arn,
        "TARGET_ARN": universal("sqs:sendMessage"),
    }


def _throttled(scheduled: Any, **policy: int) -> None:
    """Call a function that has no concurrency left: a synchronous call is throttled."""
    arn = scheduled.aws.function("f", lambda event: event)
    target = {
        "Arn": universal("lambda:invoke"),
        "Input": json.dumps({"FunctionName": arn, "InvocationType": "RequestResponse"}),
        "RetryPolicy": policy,
        "DeadLetterConfig": {"Arn": scheduled.dead_letter_arn},
    }
    lambda_ = scheduled.aws.client("lambda")
    lambda_.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    scheduled.create(SOON, Target=target)


def test_throttled_target_is_tried_until_attempts_run_out(scheduled: Any) -> None:
    """Throttling is tried again; the dead letter tells how often and which limit ended it."""
    _throttled(scheduled, MaximumRetryAttempts=3)
    scheduled.aws.advance(seconds=60)
    assert scheduled.messages("dead-letters") == []
    scheduled.aws.settle()
    _, attributes = scheduled.dead_letter()
    assert attributes["ERROR_CODE"] == "TooManyRequestsException"
    assert attributes["RETRY_ATTEMPTS"] == "3"
    assert attributes["EXHAUSTED_RETRY_CONDITION"] == "MaximumRetryAttempts"


def test_throttled_target_is_tried_until_the_event_is_too_old(scheduled: Any) -> None:
    """MaximumEventAgeInSeconds ends it first."""
    _throttled(scheduled, MaximumEventAgeInSeconds=60)
    scheduled.aws.advance(seconds=60)
    scheduled.aws.settle()
    _, attributes = scheduled.dead_letter()
    assert attributes["EXHAUSTED_RETRY_CONDITION"] == "MaximumEventAgeInSeconds"
    assert (scheduled.aws.now.timestamp() - 1_767_225_660) <= 60


def test_lost_run_is_written_down(scheduled: Any) -> None:
    """Without a dead-letter queue the journal alone tells."""
    arn = scheduled.create(SOON, Target={"Arn": FUNCTION.format("missing")})
    scheduled.aws.advance(seconds=60)
    scheduled.aws.settle()
    outcomes = [
        entry.outcome for entry in scheduled.aws.emulator.journal.entries() if entry.subject == arn
    ]
    assert outcomes[0] == "due"
    assert "gave up: ResourceNotFoundException" in outcomes[1]


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ({"Arn": "no-arn"}, "Provided Arn is not in correct format."),
        ({"Arn": universal("nothing:doIt")}, "does not exist"),
        ({"Arn": universal("sqs:doNothing")}, "does not exist"),
        ({"Arn": universal("sqs:listQueues")}, "not supported"),
        ({"Arn": universal("sqs:sendMessage"), "Input": "no json"}, "Invalid RequestJson"),
        ({"Arn": universal("sqs:sendMessage"), "Input": '{"Body": "x"}'}, "Invalid RequestJson"),
        (
            {"Arn": "arn:aws:events:us-east-1:000000000000:event-bus/default"},
            "EventBridgeParameters",
        ),
    ],
)
def test_target_that_cannot_be_called_is_refused(
    scheduled: Any, target: dict[str, Any], text: str
) -> None:
    """CreateSchedule says ValidationException."""
    with pytest.raises(scheduled.client.exceptions.ValidationException, match=text):
        scheduled.create(SOON, Target=target)
