"""Visibility timeouts, receipt handles, deletes, retention."""

from __future__ import annotations

import pytest


def test_a_received_message_comes_back_after_its_timeout(sqs, queue, clients, bodies):
    """Each receive gives a new handle; the queue's timeout or the request's counts."""
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    first = sqs.receive_message(QueueUrl=queue)["Messages"][0]
    clients.advance(29)
    assert bodies(sqs.receive_message(QueueUrl=queue)) == []
    clients.advance(1)
    second = sqs.receive_message(QueueUrl=queue, VisibilityTimeout=5)["Messages"][0]
    assert second["MessageId"] == first["MessageId"]
    assert second["ReceiptHandle"] != first["ReceiptHandle"]
    clients.advance(5)
    assert bodies(sqs.receive_message(QueueUrl=queue)) == ["x"]


def test_a_returned_message_keeps_its_place_by_age(sqs, queue, clients, bodies):
    """What was sent first is received first, though it was out meanwhile."""
    sqs.send_message(QueueUrl=queue, MessageBody="first")
    sqs.receive_message(QueueUrl=queue, VisibilityTimeout=3)
    sqs.send_message(QueueUrl=queue, MessageBody="second")
    clients.advance(3)
    assert bodies(sqs.receive_message(QueueUrl=queue)) == ["first"]


def test_change_message_visibility_counts_from_the_change(each_sqs, clients, bodies):
    """It can prolong, shorten to nothing, and holds for this receive only."""
    url = each_sqs.create_queue(QueueName="orders")["QueueUrl"]
    each_sqs.send_message(QueueUrl=url, MessageBody="x")

    def change(handle: str, timeout: int) -> None:
        each_sqs.change_message_visibility(
            QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=timeout
        )

    handle = each_sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
    clients.advance(20)
    change(handle, 60)
    clients.advance(59)
    assert bodies(each_sqs.receive_message(QueueUrl=url)) == []
    change(handle, 0)
    assert bodies(each_sqs.receive_message(QueueUrl=url)) == ["x"]
    clients.advance(30)
    assert bodies(each_sqs.receive_message(QueueUrl=url)) == ["x"]


def test_change_message_visibility_stops_at_twelve_hours(sqs, queue, clients, error_of):
    """Counted from the receive, whatever was changed since."""
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    handle = sqs.receive_message(QueueUrl=queue)["Messages"][0]["ReceiptHandle"]
    clients.advance(10)
    request = {"QueueUrl": queue, "ReceiptHandle": handle}
    code, text = error_of(sqs.change_message_visibility, VisibilityTimeout=43_191, **request)
    assert code == "InvalidParameterValue"
    assert "beyond the limit [43200 seconds]" in text
    sqs.change_message_visibility(VisibilityTimeout=43_190, **request)
    code, _ = error_of(sqs.change_message_visibility, VisibilityTimeout=43_201, **request)
    assert code == "InvalidParameterValue"


def test_change_message_visibility_of_a_deleted_message_is_refused(sqs, queue, error_of):
    """The handle was good once; the message is gone."""
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    handle = sqs.receive_message(QueueUrl=queue)["Messages"][0]["ReceiptHandle"]
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=handle)
    request = {"QueueUrl": queue, "ReceiptHandle": handle, "VisibilityTimeout": 1}
    assert error_of(sqs.change_message_visibility, **request) == (
        "InvalidParameterValue",
        (
            f"Value {handle} for parameter ReceiptHandle is invalid. Reason: Message does not "
            "exist or is not available for visibility timeout change."
        ),
    )


def test_change_message_visibility_with_an_expired_handle_hides_again(sqs, queue, clients, bodies):
    """A standard queue accepts it (recorded)."""
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    handle = sqs.receive_message(QueueUrl=queue)["Messages"][0]["ReceiptHandle"]
    clients.advance(31)
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=5)
    assert bodies(sqs.receive_message(QueueUrl=queue)) == []
    clients.advance(5)
    assert bodies(sqs.receive_message(QueueUrl=queue)) == ["x"]
    assert bodies(sqs.receive_message(QueueUrl=queue)) == []


@pytest.mark.parametrize("handle", ["garbage", "", "AQEB", "A" * 200, "ä", "AQEBAAAA" * 20])
def test_handles_nobody_gave_out_are_refused(sqs, queue, error_of, handle):
    """With the recorded text."""
    error = (
        "ReceiptHandleIsInvalid",
        f'The input receipt handle "{handle}" is not a valid receipt handle.',
    )
    request = {"QueueUrl": queue, "ReceiptHandle": handle}
    assert error_of(sqs.delete_message, **request) == error
    assert error_of(sqs.change_message_visibility, VisibilityTimeout=1, **request) == error


def test_a_handle_of_another_queue_is_refused(sqs, queue, error_of):
    """Handles belong to one queue."""
    other = sqs.create_queue(QueueName="other")["QueueUrl"]
    for url in (queue, other):
        sqs.send_message(QueueUrl=url, MessageBody="x")
    handle = sqs.receive_message(QueueUrl=other)["Messages"][0]["ReceiptHandle"]
    code, _ = error_of(sqs.delete_message, QueueUrl=queue, ReceiptHandle=handle)
    assert code == "ReceiptHandleIsInvalid"


def test_delete_message_works_with_an_expired_handle_and_twice(each_sqs, clients, bodies):
    """Standard queues delete late and without complaint (recorded)."""
    url = each_sqs.create_queue(QueueName="orders")["QueueUrl"]
    each_sqs.send_message(QueueUrl=url, MessageBody="x")
    handle = each_sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
    clients.advance(31)
    each_sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
    each_sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
    assert bodies(each_sqs.receive_message(QueueUrl=url)) == []


def test_messages_expire_wherever_they_are(sqs, queue, clients, attribute_of, bodies):
    """Visible and in flight alike, at the end of the retention period to the millisecond."""
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"MessageRetentionPeriod": "60"})
    sqs.send_message(QueueUrl=queue, MessageBody="in flight")
    handle = sqs.receive_message(QueueUrl=queue, VisibilityTimeout=600)["Messages"][0][
        "ReceiptHandle"
    ]
    clients.advance(30)
    sqs.send_message(QueueUrl=queue, MessageBody="visible")
    clients.advance(29.999)
    assert attribute_of(sqs, queue, "ApproximateNumberOfMessagesNotVisible") == "1"
    clients.advance(0.001)
    assert attribute_of(sqs, queue, "ApproximateNumberOfMessagesNotVisible") == "0"
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=handle)
    assert attribute_of(sqs, queue, "ApproximateNumberOfMessages") == "1"
    clients.advance(30)
    assert bodies(sqs.receive_message(QueueUrl=queue)) == []


def test_a_shorter_retention_period_holds_for_messages_already_there(sqs, queue, clients, bodies):
    """What is older than the new period goes at once."""
    sqs.send_message(QueueUrl=queue, MessageBody="old")
    clients.advance(100)
    sqs.send_message(QueueUrl=queue, MessageBody="new")
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"MessageRetentionPeriod": "60"})
    received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
    assert bodies(received) == ["new"]
