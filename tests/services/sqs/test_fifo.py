"""FIFO queues: order, group locks, deduplication, repeated attempts."""

from __future__ import annotations

import pytest


@pytest.fixture
def send(sqs, fifo):
    """A function that sends bodies like "g1-m2" to the group before the hyphen."""

    def send_all(*names: str) -> None:
        for name in names:
            group = name.partition("-")[0]
            sqs.send_message(QueueUrl=fifo, MessageBody=name, MessageGroupId=group)

    return send_all


@pytest.fixture
def take(sqs, fifo, bodies):
    """A function that receives and returns bodies and the messages by body."""

    def receive(count: int = 10, **request: object) -> tuple[list[str], dict[str, str]]:
        reply = sqs.receive_message(QueueUrl=fifo, MaxNumberOfMessages=count, **request)
        handles = {one["Body"]: one["ReceiptHandle"] for one in reply.get("Messages", [])}
        return bodies(reply), handles

    return receive


def test_a_receive_takes_one_group_first_then_the_next_oldest(send, take):
    """Messages of a group come together, in the order sent (recorded)."""
    send("g1-m1", "g2-m1", "g1-m2", "g1-m3")
    assert take()[0] == ["g1-m1", "g1-m2", "g1-m3", "g2-m1"]


def test_a_message_in_flight_locks_its_group_and_no_other(send, take, sqs, fifo):
    """Deleting one of two keeps the lock; deleting both frees the group (recorded)."""
    send("g1-m1", "g2-m1", "g1-m2", "g1-m3", "g3-m1")
    got, handles = take(2)
    assert got == ["g1-m1", "g1-m2"]
    sqs.delete_message(QueueUrl=fifo, ReceiptHandle=handles["g1-m1"])
    assert take()[0] == ["g2-m1", "g3-m1"]
    sqs.delete_message(QueueUrl=fifo, ReceiptHandle=handles["g1-m2"])
    assert take()[0] == ["g1-m3"]


def test_groups_are_ranked_by_when_they_became_available(send, take, clients):
    """A group that was out comes after one that waited meanwhile (recorded)."""
    send("g1-m1", "g1-m2", "g1-m3", "g2-m1", "g3-m1")
    assert take(2, VisibilityTimeout=1)[0] == ["g1-m1", "g1-m2"]
    assert take(1, VisibilityTimeout=1)[0] == ["g2-m1"]
    clients.advance(1)
    assert take()[0] == ["g3-m1", "g1-m1", "g1-m2", "g1-m3", "g2-m1"]


def test_a_receive_that_hides_nothing_moves_groups_to_the_back(send, take):
    """With a visibility timeout of 0 the messages are available again at once (recorded)."""
    send("g1-m1", "g2-m1", "g2-m2", "g3-m1", "g1-m2")
    assert take(3, VisibilityTimeout=0)[0] == ["g1-m1", "g1-m2", "g2-m1"]
    assert take(VisibilityTimeout=0)[0] == ["g3-m1", "g1-m1", "g1-m2", "g2-m1", "g2-m2"]


def test_a_message_given_back_early_is_received_alone(send, take, sqs, fifo):
    """Those after it in the group stay locked by the one still in flight (recorded)."""
    send("g1-m1", "g1-m2", "g1-m3")
    _, handles = take(2)
    sqs.change_message_visibility(
        QueueUrl=fifo, ReceiptHandle=handles["g1-m1"], VisibilityTimeout=0
    )
    assert take()[0] == ["g1-m1"]


@pytest.mark.parametrize(("position", "expected"), [(0, []), (1, ["g-0"]), (2, ["g-0", "g-1"])])
def test_prolonging_one_message_holds_back_the_later_ones(
    send, take, sqs, fifo, clients, position, expected
):
    """The earlier ones come back at their own time (recorded)."""
    send("g-0", "g-1", "g-2")
    _, handles = take(VisibilityTimeout=1)
    sqs.change_message_visibility(
        QueueUrl=fifo, ReceiptHandle=handles[f"g-{position}"], VisibilityTimeout=4
    )
    clients.advance(2.5)
    assert take()[0] == expected


def test_expired_handles_are_refused(send, take, sqs, fifo, clients, error_of):
    """Both for deletes and for changes, unlike in standard queues (recorded)."""
    send("g-1")
    _, handles = take(VisibilityTimeout=1)
    handle = handles["g-1"]
    clients.advance(1)
    assert error_of(sqs.delete_message, QueueUrl=fifo, ReceiptHandle=handle) == (
        "InvalidParameterValue",
        (
            f"Value {handle} for parameter ReceiptHandle is invalid. Reason: The receipt handle "
            "has expired."
        ),
    )
    request = {"QueueUrl": fifo, "ReceiptHandle": handle, "VisibilityTimeout": 5}
    assert error_of(sqs.change_message_visibility, **request)[0] == "InvalidParameterValue"
    _, handles = take()
    assert error_of(sqs.delete_message, QueueUrl=fifo, ReceiptHandle=handle)
    sqs.delete_message(QueueUrl=fifo, ReceiptHandle=handles["g-1"])
    sqs.delete_message(QueueUrl=fifo, ReceiptHandle=handles["g-1"])


def test_an_expired_message_frees_its_group(send, take, sqs, fifo, clients):
    """Retention counts in flight, too."""
    sqs.set_queue_attributes(QueueUrl=fifo, Attributes={"MessageRetentionPeriod": "60"})
    send("g-1")
    take(VisibilityTimeout=600)
    clients.advance(30)
    send("g-2")
    assert take()[0] == []
    clients.advance(30)
    assert take()[0] == ["g-2"]


def test_only_the_queue_delays_messages(sqs, fifo, send, take, clients, error_of):
    """A delay of one's own is refused, 0 means the queue's (recorded)."""
    request = {"QueueUrl": fifo, "MessageGroupId": "g", "MessageBody": "x"}
    assert error_of(sqs.send_message, DelaySeconds=2, **request) == (
        "InvalidParameterValue",
        (
            "Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter "
            "that is not valid for this queue type."
        ),
    )
    sqs.set_queue_attributes(QueueUrl=fifo, Attributes={"DelaySeconds": "20"})
    sqs.send_message(DelaySeconds=0, **request)
    send("g-2")
    clients.advance(19)
    assert take()[0] == []
    clients.advance(1)
    assert take()[0] == ["x", "g-2"]


def test_a_changed_delay_holds_for_messages_already_there(sqs, fifo, send, take, clients):
    """In FIFO queues the delay is retroactive (Developer Guide)."""
    sqs.set_queue_attributes(QueueUrl=fifo, Attributes={"DelaySeconds": "100"})
    send("g-1")
    clients.advance(10)
    sqs.set_queue_attributes(QueueUrl=fifo, Attributes={"DelaySeconds": "30"})
    clients.advance(19)
    assert take()[0] == []
    clients.advance(1)
    assert take()[0] == ["g-1"]


def test_system_attributes_of_a_fifo_message(sqs, fifo, send):
    """Group, deduplication id (SHA-256 of the body) and sequence number."""
    sent = sqs.send_message(QueueUrl=fifo, MessageBody="x", MessageGroupId="g")
    reply = sqs.receive_message(QueueUrl=fifo, MessageSystemAttributeNames=["All"])
    shown = reply["Messages"][0]["Attributes"]
    assert shown["MessageGroupId"] == "g"
    assert shown["SequenceNumber"] == sent["SequenceNumber"]
    assert shown["MessageDeduplicationId"] == (
        "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    )


def test_sequence_numbers_have_twenty_digits_and_grow(sqs, fifo):
    """Strictly, across groups."""
    numbers = [
        sqs.send_message(QueueUrl=fifo, MessageBody=str(n), MessageGroupId=f"g{n % 2}")[
            "SequenceNumber"
        ]
        for n in range(20)
    ]
    assert {len(number) for number in numbers} == {20}
    assert sorted(set(numbers)) == numbers


def test_group_and_deduplication_ids_are_required(each_sqs, error_of):
    """With the recorded texts, single and in a batch."""
    url = each_sqs.create_queue(QueueName="o.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    no_id = (
        "The queue should either have ContentBasedDeduplication enabled or "
        "MessageDeduplicationId provided explicitly"
    )
    no_group = "The request must contain the parameter MessageGroupId."

    def send(**ids: str) -> tuple[str, str]:
        return error_of(each_sqs.send_message, QueueUrl=url, MessageBody="x", **ids)

    def send_batch(**ids: str) -> tuple[str, str]:
        entries = [
            {"Id": "1", "MessageBody": "x", "MessageGroupId": "g", "MessageDeduplicationId": "1"},
            {"Id": "2", "MessageBody": "x", **ids},
        ]
        return error_of(each_sqs.send_message_batch, QueueUrl=url, Entries=entries)

    assert send(MessageGroupId="g") == ("InvalidParameterValue", no_id)
    assert send(MessageDeduplicationId="1") == ("MissingParameter", no_group)
    assert send_batch(MessageGroupId="g") == ("InvalidParameterValue", no_id)
    assert send_batch(MessageDeduplicationId="1") == ("InvalidParameterValue", no_group)
    assert "Messages" not in each_sqs.receive_message(QueueUrl=url)


def test_a_duplicate_is_answered_like_its_original_for_five_minutes(sqs, fifo, clients, take):
    """From the first send, even after a delete, whatever the group; then it counts as new."""

    def send(body: str, group: str) -> dict[str, str]:
        return dict(
            sqs.send_message(
                QueueUrl=fifo,
                MessageBody=body,
                MessageGroupId=group,
                MessageDeduplicationId="same",
            )
        )

    first = send("first", "g1")
    got, handles = take()
    assert got == ["first"]
    sqs.delete_message(QueueUrl=fifo, ReceiptHandle=handles["first"])
    clients.advance(299)
    again = send("second", "g2")
    assert again["MessageId"] == first["MessageId"]
    assert again["SequenceNumber"] == first["SequenceNumber"]
    assert take()[0] == []
    clients.advance(1)
    third = send("third", "g1")
    assert third["MessageId"] != first["MessageId"]
    assert take()[0] == ["third"]


def test_content_alone_makes_a_duplicate(sqs, fifo, take):
    """Attributes do not count; an explicit id comes before the content."""
    attribute = {"a": {"DataType": "String", "StringValue": "1"}}
    request = {"QueueUrl": fifo, "MessageBody": "x", "MessageGroupId": "g"}
    first = sqs.send_message(**request)
    again = sqs.send_message(MessageAttributes=attribute, **request)
    assert again["MessageId"] == first["MessageId"]
    other = sqs.send_message(MessageDeduplicationId="own", **request)
    assert other["MessageId"] != first["MessageId"]
    assert take()[0] == ["x", "x"]


def test_the_scope_may_be_the_group(sqs, clients, bodies):
    """Then two groups may use the same id; changing the scope takes a minute (recorded)."""
    attributes = {"FifoQueue": "true", "DeduplicationScope": "messageGroup"}
    url = sqs.create_queue(QueueName="scoped.fifo", Attributes=attributes)["QueueUrl"]

    def send(group: str) -> None:
        sqs.send_message(
            QueueUrl=url, MessageBody=group, MessageGroupId=group, MessageDeduplicationId="same"
        )

    send("g1")
    send("g2")
    send("g1")
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    assert bodies(received) == ["g1", "g2"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DeduplicationScope": "queue"})
    send("g3")
    assert bodies(sqs.receive_message(QueueUrl=url)) == ["g3"]
    clients.advance(60)
    send("g4")
    send("g5")
    assert "g5" not in bodies(sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10))


def test_purge_queue_forgets_deduplication_ids(sqs, fifo, take):
    """What was sent before may be sent again (recorded)."""
    request = {"QueueUrl": fifo, "MessageBody": "x", "MessageGroupId": "g"}
    sqs.send_message(**request)
    sqs.purge_queue(QueueUrl=fifo)
    sqs.send_message(**request)
    assert take()[0] == ["x"]


def test_a_repeated_attempt_gets_the_same_messages(sqs, fifo, send, take, clients):
    """Same handles, and the visibility timeout starts anew."""
    send("g-1", "g-2")
    first = take(ReceiveRequestAttemptId="try")
    clients.advance(20)
    assert take(ReceiveRequestAttemptId="try") == first
    clients.advance(29)
    assert take()[0] == []
    clients.advance(1)
    assert take()[0] == ["g-1", "g-2"]


def test_a_repeated_attempt_is_a_new_one_once_a_message_changed(sqs, fifo, send, take):
    """Deleting or changing the visibility of a message ends the repetition."""
    send("g-1", "h-1")
    _, handles = take(1, ReceiveRequestAttemptId="try")
    sqs.delete_message(QueueUrl=fifo, ReceiptHandle=handles["g-1"])
    assert take(1, ReceiveRequestAttemptId="try")[0] == ["h-1"]


def test_attempt_ids_are_for_fifo_queues(sqs, queue, error_of):
    """A standard queue refuses them."""
    request = {"QueueUrl": queue, "ReceiveRequestAttemptId": "try"}
    assert error_of(sqs.receive_message, **request)[0] == "InvalidParameterValue"
