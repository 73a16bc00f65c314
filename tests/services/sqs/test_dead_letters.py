"""Dead-letter queues: policies, the receive too many, and the way back."""

from __future__ import annotations

import base64
import json

import pytest


@pytest.fixture
def pipe(sqs, arn_of):
    """A function that makes a dead-letter queue and a source queue for it."""

    def make(maximum_receives: int = 1, suffix: str = "", **attributes: str) -> tuple[str, str]:
        fifo = {"FifoQueue": "true", "ContentBasedDeduplication": "true"} if suffix else {}
        dead = sqs.create_queue(QueueName=f"dead{suffix}", Attributes=fifo)["QueueUrl"]
        policy = {"deadLetterTargetArn": arn_of(sqs, dead), "maxReceiveCount": maximum_receives}
        wanted = {**fifo, **attributes, "RedrivePolicy": json.dumps(policy)}
        source = sqs.create_queue(QueueName=f"source{suffix}", Attributes=wanted)["QueueUrl"]
        return source, dead

    return make


@pytest.fixture
def fail(sqs):
    """A function that receives until nothing comes, hiding nothing."""

    def receive_all(url: str) -> int:
        count = 0
        request = {"QueueUrl": url, "VisibilityTimeout": 0, "MaxNumberOfMessages": 10}
        while messages := sqs.receive_message(**request).get("Messages"):
            count += len(messages)
        return count

    return receive_all


def test_the_receive_beyond_the_maximum_moves_the_message(sqs, pipe, fail, arn_of):
    """It keeps id, contents, time sent and count, and says where it came from (recorded)."""
    source, dead = pipe(maximum_receives=2)
    attribute = {"a": {"DataType": "String", "StringValue": "b"}}
    trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-2-3"}}
    sent = sqs.send_message(
        QueueUrl=source,
        MessageBody="x",
        MessageAttributes=attribute,
        MessageSystemAttributes=trace,
    )
    every = {"MessageSystemAttributeNames": ["All"], "MessageAttributeNames": ["All"]}
    first = sqs.receive_message(QueueUrl=source, VisibilityTimeout=0, **every)["Messages"][0]
    assert fail(source) == 1
    moved = sqs.receive_message(QueueUrl=dead, **every)["Messages"][0]
    assert moved["MessageId"] == sent["MessageId"]
    assert moved["MessageAttributes"] == attribute
    assert moved["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert moved["Attributes"] == {
        **first["Attributes"],
        "ApproximateReceiveCount": "3",
        "DeadLetterQueueSourceArn": arn_of(sqs, source),
    }


def test_a_message_moves_only_when_it_would_be_received_again(sqs, pipe, clients, attribute_of):
    """The end of the visibility timeout alone does not move it."""
    source, dead = pipe()
    sqs.send_message(QueueUrl=source, MessageBody="x")
    sqs.receive_message(QueueUrl=source)
    clients.advance(100)
    assert attribute_of(sqs, source, "ApproximateNumberOfMessages") == "1"
    assert attribute_of(sqs, dead, "ApproximateNumberOfMessages") == "0"
    assert "Messages" not in sqs.receive_message(QueueUrl=source)
    assert attribute_of(sqs, dead, "ApproximateNumberOfMessages") == "1"


def test_a_dead_letter_frees_its_group(sqs, pipe, fail, bodies):
    """The next message of the group can be received."""
    source, dead = pipe(suffix=".fifo")
    sqs.send_message(QueueUrl=source, MessageBody="bad", MessageGroupId="g")
    sqs.receive_message(QueueUrl=source, VisibilityTimeout=0)
    sqs.send_message(QueueUrl=source, MessageBody="good", MessageGroupId="g")
    received = sqs.receive_message(QueueUrl=source, MaxNumberOfMessages=10)
    assert bodies(received) == ["good"]
    assert bodies(sqs.receive_message(QueueUrl=dead)) == ["bad"]


def test_a_dead_letter_serves_who_waits_for_it(sqs, pipe, clients, bodies):
    """A long poll on the dead-letter queue ends."""
    source, dead = pipe()
    sqs.send_message(QueueUrl=source, MessageBody="x")
    sqs.receive_message(QueueUrl=source, VisibilityTimeout=0)
    poll = clients.begin_long_poll(sqs, QueueUrl=dead, WaitTimeSeconds=20)
    sqs.receive_message(QueueUrl=source)
    assert bodies(poll.result()) == ["x"]


@pytest.mark.parametrize(("suffix", "left"), [("", 0), (".fifo", 1)])
def test_dead_letters_of_standard_queues_age_from_when_they_were_sent(
    sqs, pipe, clients, bodies, suffix, left
):
    """In a FIFO queue the age counts anew (Developer Guide)."""
    source, dead = pipe(suffix=suffix)
    sqs.set_queue_attributes(QueueUrl=dead, Attributes={"MessageRetentionPeriod": "60"})
    ids = {"MessageGroupId": "g"} if suffix else {}
    sqs.send_message(QueueUrl=source, MessageBody="old", **ids)
    clients.advance(50)
    sqs.receive_message(QueueUrl=source, VisibilityTimeout=0)
    sqs.send_message(QueueUrl=dead, MessageBody="new", **ids)
    sqs.receive_message(QueueUrl=source)
    clients.advance(10)
    received = sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10)
    assert len(bodies(received)) == 1 + left


def test_without_its_dead_letter_queue_a_message_stays(sqs, pipe, bodies):
    """Nothing is lost when the target was deleted."""
    source, dead = pipe()
    sqs.send_message(QueueUrl=source, MessageBody="x")
    sqs.delete_queue(QueueUrl=dead)
    for _ in range(3):
        assert bodies(sqs.receive_message(QueueUrl=source, VisibilityTimeout=0)) == ["x"]


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ({"maxReceiveCount": 1}, "mandatory attribute: deadLetterTargetArn"),
        ({"deadLetterTargetArn": "$DEAD"}, "mandatory attribute: maxReceiveCount"),
        ({"deadLetterTargetArn": "$DEAD", "maxReceiveCount": 0}, "from 1 to 1000"),
        ({"deadLetterTargetArn": "$DEAD", "maxReceiveCount": 1001}, "from 1 to 1000"),
        ({"deadLetterTargetArn": "$DEAD", "maxReceiveCount": "many"}, "from 1 to 1000"),
        ({"deadLetterTargetArn": "dead", "maxReceiveCount": 1}, "fully qualified ARN"),
        ({"deadLetterTargetArn": "$DEAD" + "x", "maxReceiveCount": 1}, "does not exist"),
        (
            {"deadLetterTargetArn": "$DEAD", "maxReceiveCount": 1, "x": 1},
            "attributes are supported",
        ),
    ],
)
def test_redrive_policies_are_checked(sqs, arn_of, error_of, policy, reason):
    """Malformed ones and targets that do not exist, with the value repeated."""
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    source = sqs.create_queue(QueueName="source")["QueueUrl"]
    text = json.dumps(policy).replace("$DEAD", arn_of(sqs, dead))
    code, message = error_of(
        sqs.set_queue_attributes, QueueUrl=source, Attributes={"RedrivePolicy": text}
    )
    assert code == "InvalidParameterValue"
    assert message.startswith(f"Value {text} for parameter RedrivePolicy is invalid. Reason: ")
    assert reason in message


def test_a_dead_letter_queue_is_of_the_same_type_and_owner(sqs, clients, arn_of, error_of):
    """FIFO to FIFO, within one account and region."""
    fifo = {"FifoQueue": "true"}
    dead_fifo = sqs.create_queue(QueueName="dead.fifo", Attributes=fifo)["QueueUrl"]
    west = clients.client(region="eu-west-1")
    dead_west = west.create_queue(QueueName="dead")["QueueUrl"]
    for arn in (arn_of(sqs, dead_fifo), arn_of(west, dead_west)):
        policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
        attributes = {"RedrivePolicy": policy}
        code, _ = error_of(sqs.create_queue, QueueName="source", Attributes=attributes)
        assert code == "InvalidParameterValue"


def test_a_redrive_policy_is_shown_and_removed(sqs, pipe):
    """maxReceiveCount may be a text; "" removes the policy."""
    source, _ = pipe()
    names = ["RedrivePolicy"]
    shown = sqs.get_queue_attributes(QueueUrl=source, AttributeNames=names)["Attributes"]
    policy = json.loads(shown["RedrivePolicy"])
    again = json.dumps({**policy, "maxReceiveCount": "7"})
    sqs.set_queue_attributes(QueueUrl=source, Attributes={"RedrivePolicy": again})
    shown = sqs.get_queue_attributes(QueueUrl=source, AttributeNames=names)["Attributes"]
    assert json.loads(shown["RedrivePolicy"]) == {**policy, "maxReceiveCount": 7}
    sqs.set_queue_attributes(QueueUrl=source, Attributes={"RedrivePolicy": ""})
    assert "Attributes" not in sqs.get_queue_attributes(QueueUrl=source, AttributeNames=names)


@pytest.mark.parametrize(
    ("allow", "accepted"),
    [
        ({"redrivePermission": "allowAll"}, True),
        ({"redrivePermission": "denyAll"}, False),
        ({"redrivePermission": "byQueue", "sourceQueueArns": ["$SOURCE"]}, True),
        ({"redrivePermission": "byQueue", "sourceQueueArns": ["$SOURCE" + "x"]}, False),
    ],
)
def test_the_dead_letter_queue_says_whose_letters_it_takes(
    sqs, queue, arn_of, error_of, allow, accepted
):
    """RedriveAllowPolicy."""
    text = json.dumps(allow).replace("$SOURCE", arn_of(sqs, queue))
    dead = sqs.create_queue(QueueName="dead", Attributes={"RedriveAllowPolicy": text})["QueueUrl"]
    policy = json.dumps({"deadLetterTargetArn": arn_of(sqs, dead), "maxReceiveCount": 1})
    request = {"QueueUrl": queue, "Attributes": {"RedrivePolicy": policy}}
    if accepted:
        sqs.set_queue_attributes(**request)
    else:
        assert error_of(sqs.set_queue_attributes, **request)[0] == "InvalidParameterValue"


@pytest.mark.parametrize(
    "allow",
    [
        "no json",
        "[]",
        '{"redrivePermission":"some"}',
        '{"redrivePermission":"allowAll","x":1}',
        '{"redrivePermission":"byQueue"}',
        '{"redrivePermission":"byQueue","sourceQueueArns":"arn"}',
        '{"redrivePermission":"denyAll","sourceQueueArns":["arn"]}',
        json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": ["arn"] * 11}),
    ],
)
def test_redrive_allow_policies_are_checked(sqs, queue, error_of, allow):
    """One of three permissions, up to ten sources, and only with byQueue."""
    request = {"QueueUrl": queue, "Attributes": {"RedriveAllowPolicy": allow}}
    code, text = error_of(sqs.set_queue_attributes, **request)
    assert code in ("InvalidAttributeValue", "InvalidParameterValue")
    assert "RedriveAllowPolicy" in text


def test_a_move_task_brings_letters_back_to_their_sources(sqs, pipe, fail, clients, arn_of, bodies):
    """Without a destination each goes where it came from, as a new message."""
    source, dead = pipe()
    policy = json.dumps({"deadLetterTargetArn": arn_of(sqs, dead), "maxReceiveCount": 1})
    second = sqs.create_queue(QueueName="second", Attributes={"RedrivePolicy": policy})["QueueUrl"]
    for url in (source, second):
        sent = sqs.send_message(QueueUrl=url, MessageBody=url)
        fail(url)
    handle = sqs.start_message_move_task(SourceArn=arn_of(sqs, dead))["TaskHandle"]
    assert json.loads(base64.b64decode(handle))["sourceArn"] == arn_of(sqs, dead)
    clients.advance(1)
    for url in (source, second):
        reply = sqs.receive_message(QueueUrl=url, MessageSystemAttributeNames=["All"])
        assert bodies(reply) == [url]
        shown = reply["Messages"][0]["Attributes"]
        assert shown["ApproximateReceiveCount"] == "1"
        assert "DeadLetterQueueSourceArn" not in shown
        assert reply["Messages"][0]["MessageId"] != sent["MessageId"]
    (task,) = sqs.list_message_move_tasks(SourceArn=arn_of(sqs, dead))["Results"]
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 2)
    assert task["ApproximateNumberOfMessagesToMove"] == 2
    assert "TaskHandle" not in task
    assert "DestinationArn" not in task


def test_a_move_task_keeps_to_its_rate_and_can_be_cancelled(sqs, pipe, fail, clients, arn_of):
    """One message a second; what was moved stays moved."""
    source, dead = pipe()
    for number in range(5):
        sqs.send_message(QueueUrl=source, MessageBody=str(number))
    fail(source)
    destination = sqs.create_queue(QueueName="destination")["QueueUrl"]
    source_arn = arn_of(sqs, dead)
    request = {"SourceArn": source_arn, "DestinationArn": arn_of(sqs, destination)}
    handle = sqs.start_message_move_task(MaxNumberOfMessagesPerSecond=1, **request)["TaskHandle"]
    clients.advance(2)
    (task,) = sqs.list_message_move_tasks(SourceArn=source_arn)["Results"]
    assert task == {
        "TaskHandle": handle,
        "Status": "RUNNING",
        **request,
        "MaxNumberOfMessagesPerSecond": 1,
        "ApproximateNumberOfMessagesMoved": 3,
        "ApproximateNumberOfMessagesToMove": 5,
        "StartedTimestamp": task["StartedTimestamp"],
    }
    cancelled = sqs.cancel_message_move_task(TaskHandle=handle)
    assert cancelled["ApproximateNumberOfMessagesMoved"] == 3
    clients.advance(5)
    (task,) = sqs.list_message_move_tasks(SourceArn=source_arn)["Results"]
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("CANCELLED", 3)
    left = sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"] for message in left] == ["3", "4"]


def test_a_move_task_fails_when_its_destination_goes(sqs, pipe, fail, clients, arn_of):
    """The letters that are left stay in the dead-letter queue."""
    source, dead = pipe()
    for number in range(3):
        sqs.send_message(QueueUrl=source, MessageBody=str(number))
    fail(source)
    destination = sqs.create_queue(QueueName="destination")["QueueUrl"]
    sqs.start_message_move_task(
        SourceArn=arn_of(sqs, dead),
        DestinationArn=arn_of(sqs, destination),
        MaxNumberOfMessagesPerSecond=1,
    )
    sqs.delete_queue(QueueUrl=destination)
    clients.advance(5)
    (task,) = sqs.list_message_move_tasks(SourceArn=arn_of(sqs, dead))["Results"]
    assert task["Status"] == "FAILED"
    assert task["FailureReason"] == "AWS.SimpleQueueService.NonExistentQueue"
    left = sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10)["Messages"]
    assert len(left) == 2


def test_a_move_task_cannot_guess_where_a_message_came_from(sqs, pipe, clients, arn_of):
    """What was sent to the dead-letter queue directly has no source."""
    _, dead = pipe()
    sqs.send_message(QueueUrl=dead, MessageBody="x")
    sqs.start_message_move_task(SourceArn=arn_of(sqs, dead))
    clients.advance(1)
    (task,) = sqs.list_message_move_tasks(SourceArn=arn_of(sqs, dead))["Results"]
    assert (task["Status"], task["FailureReason"]) == ("FAILED", "CouldNotDetermineMessageSource")
    assert len(sqs.receive_message(QueueUrl=dead)["Messages"]) == 1


def test_start_message_move_task_refuses_what_cannot_work(each_sqs, arn_of, error_of):
    """With the recorded texts."""
    plain = arn_of(each_sqs, each_sqs.create_queue(QueueName="plain")["QueueUrl"])
    dead = arn_of(each_sqs, each_sqs.create_queue(QueueName="dead")["QueueUrl"])
    policy = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 1})
    each_sqs.create_queue(QueueName="source", Attributes={"RedrivePolicy": policy})
    start = each_sqs.start_message_move_task
    missing = "The resource that you specified for the {} parameter doesn't exist."
    assert error_of(start, SourceArn=plain) == (
        "InvalidParameterValue",
        "Source queue must be configured as a Dead Letter Queue.",
    )
    assert error_of(start, SourceArn=plain + "x") == (
        "ResourceNotFoundException",
        missing.format("SourceArn"),
    )
    assert error_of(start, SourceArn=dead, DestinationArn=plain + "x") == (
        "ResourceNotFoundException",
        missing.format("DestinationArn"),
    )
    assert error_of(start, SourceArn="dead")[0] == "InvalidParameterValue"
    assert error_of(start, SourceArn=dead, DestinationArn=dead)[0] == "InvalidParameterValue"
    for rate in (0, 501):
        code, _ = error_of(start, SourceArn=dead, MaxNumberOfMessagesPerSecond=rate)
        assert code == "InvalidParameterValue"


def test_one_move_task_at_a_time(sqs, pipe, fail, clients, arn_of, error_of):
    """A second one may start when the first is over; the latest is listed first."""
    source, dead = pipe()
    for number in range(3):
        sqs.send_message(QueueUrl=source, MessageBody=str(number))
    fail(source)
    request = {"SourceArn": arn_of(sqs, dead)}
    first = sqs.start_message_move_task(MaxNumberOfMessagesPerSecond=1, **request)["TaskHandle"]
    assert error_of(sqs.start_message_move_task, **request) == (
        "InvalidParameterValue",
        (
            "There is already a task running. Only one active task is allowed for a source queue "
            "arn at a given time."
        ),
    )
    clients.advance(5)
    code, _ = error_of(sqs.cancel_message_move_task, TaskHandle=first)
    assert code == "InvalidParameterValue"
    fail(source)
    sqs.start_message_move_task(**request)
    results = sqs.list_message_move_tasks(MaxResults=10, **request)["Results"]
    assert len(results) == 2
    assert "MaxNumberOfMessagesPerSecond" not in results[0]
    code, _ = error_of(sqs.list_message_move_tasks, MaxResults=11, **request)
    assert code == "InvalidParameterValue"


def test_cancel_message_move_task_needs_a_task(each_sqs, arn_of, error_of):
    """Garbage, another queue's handle and an unknown task are told apart (recorded)."""
    arn = arn_of(each_sqs, each_sqs.create_queue(QueueName="dead")["QueueUrl"])

    def cancel(handle: object) -> tuple[str, str]:
        text = base64.b64encode(json.dumps(handle).encode()).decode()
        return tuple(error_of(each_sqs.cancel_message_move_task, TaskHandle=text))

    assert error_of(each_sqs.cancel_message_move_task, TaskHandle="foobared") == (
        "InvalidParameterValue",
        "Value for parameter TaskHandle is invalid.",
    )
    assert cancel(["x"])[0] == "InvalidParameterValue"
    assert cancel({"taskId": "1", "sourceArn": arn + "x"}) == (
        "ResourceNotFoundException",
        "The resource that you specified for the SourceArn parameter doesn't exist.",
    )
    assert cancel({"taskId": "1", "sourceArn": arn}) == (
        "ResourceNotFoundException",
        "Task does not exist.",
    )
