"""The batch operations: what fails as a whole, and what fails by entry."""

from __future__ import annotations

import pytest

OPERATIONS = (
    ("send_message_batch", "SendMessageBatchRequestEntry", {"MessageBody": "x"}),
    ("delete_message_batch", "DeleteMessageBatchRequestEntry", {"ReceiptHandle": "x"}),
    (
        "change_message_visibility_batch",
        "ChangeMessageVisibilityBatchRequestEntry",
        {"ReceiptHandle": "x", "VisibilityTimeout": 1},
    ),
)
each_operation = pytest.mark.parametrize(("operation", "entry_type", "members"), OPERATIONS)
PREFIX = "AWS.SimpleQueueService."


@each_operation
def test_a_batch_has_one_to_ten_entries(each_sqs, error_of, operation, entry_type, members):
    """No entry and eleven entries are refused as a whole."""
    url = each_sqs.create_queue(QueueName="orders")["QueueUrl"]
    call = getattr(each_sqs, operation)
    assert error_of(call, QueueUrl=url, Entries=[]) == (
        f"{PREFIX}EmptyBatchRequest",
        f"There should be at least one {entry_type} in the request.",
    )
    entries = [{"Id": str(number), **members} for number in range(11)]
    assert error_of(call, QueueUrl=url, Entries=entries) == (
        f"{PREFIX}TooManyEntriesInBatchRequest",
        "Maximum number of entries per request are 10. You have sent 11.",
    )


@each_operation
@pytest.mark.parametrize("entry_id", ["", "x" * 81, "a:b", "ä"])
def test_entry_ids_are_checked(sqs, queue, error_of, operation, entry_type, members, entry_id):
    """1 to 80 letters, digits, hyphens, underscores."""
    entries = [{"Id": entry_id, **members}]
    assert error_of(getattr(sqs, operation), QueueUrl=queue, Entries=entries) == (
        f"{PREFIX}InvalidBatchEntryId",
        (
            "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
            "It can be at most 80 letters long."
        ),
    )


@each_operation
def test_entry_ids_are_distinct(sqs, queue, error_of, operation, entry_type, members):
    """The first one repeated is named."""
    entries = [{"Id": entry_id, **members} for entry_id in ("a", "b", "b", "a")]
    error = error_of(getattr(sqs, operation), QueueUrl=queue, Entries=entries)
    assert error == (f"{PREFIX}BatchEntryIdsNotDistinct", "Id b repeated.")


def test_send_message_batch_stores_what_is_good_and_reports_the_rest(each_sqs, bodies):
    """Order is kept; a failed entry has the query API's code in both protocols (recorded)."""
    attributes = {"MaximumMessageSize": "1024"}
    url = each_sqs.create_queue(QueueName="orders", Attributes=attributes)["QueueUrl"]
    entries = [
        {"Id": "long", "MessageBody": "a" * 1025},
        {
            "Id": "first",
            "MessageBody": "1",
            "MessageAttributes": {"k": {"DataType": "String", "StringValue": "x"}},
        },
        {"Id": "control", "MessageBody": "\x01"},
        {"Id": "second", "MessageBody": "2"},
        {"Id": "delay", "MessageBody": "3", "DelaySeconds": 901},
    ]
    reply = each_sqs.send_message_batch(QueueUrl=url, Entries=entries)
    assert [one["Id"] for one in reply["Successful"]] == ["first", "second"]
    assert reply["Successful"][0]["MD5OfMessageAttributes"] == "a45daa70926828a2f0a1db3418e6feb4"
    failed = {one["Id"]: one for one in reply["Failed"]}
    assert failed["long"] == {
        "Id": "long",
        "SenderFault": True,
        "Code": "InvalidParameterValue",
        "Message": (
            "One or more parameters cannot be validated. Reason: Message must be shorter than "
            "1024 bytes."
        ),
    }
    assert failed["control"]["Code"] == "InvalidMessageContents"
    assert failed["delay"]["Code"] == "InvalidParameterValue"
    received = each_sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    assert bodies(received) == ["1", "2"]


def test_a_batch_is_at_most_a_mebibyte(each_sqs, error_of):
    """All entries together; the queue's own limit holds for each entry alone (recorded)."""
    url = each_sqs.create_queue(QueueName="orders")["QueueUrl"]
    attributes = {"k": {"DataType": "String", "StringValue": "x"}}
    body = "a" * (1_048_576 - len("kStringx"))
    entries = [
        {"Id": "1", "MessageBody": body, "MessageAttributes": attributes},
        {"Id": "2", "MessageBody": "a"},
    ]
    assert error_of(each_sqs.send_message_batch, QueueUrl=url, Entries=entries) == (
        f"{PREFIX}BatchRequestTooLong",
        "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.",
    )
    each_sqs.set_queue_attributes(QueueUrl=url, Attributes={"MaximumMessageSize": "1024"})
    entries = [{"Id": str(number), "MessageBody": "a" * 1024} for number in range(10)]
    reply = each_sqs.send_message_batch(QueueUrl=url, Entries=entries)
    assert len(reply["Successful"]) == 10


def test_delete_message_batch_reports_handles_nobody_gave_out(each_sqs, attribute_of):
    """The others are deleted."""
    url = each_sqs.create_queue(QueueName="orders")["QueueUrl"]
    for body in ("1", "2"):
        each_sqs.send_message(QueueUrl=url, MessageBody=body)
    received = each_sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    entries = [
        {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
        for number, message in enumerate(received)
    ]
    entries.append({"Id": "bad", "ReceiptHandle": "garbage"})
    reply = each_sqs.delete_message_batch(QueueUrl=url, Entries=entries)
    assert reply["Successful"] == [{"Id": "0"}, {"Id": "1"}]
    assert [(one["Id"], one["Code"]) for one in reply["Failed"]] == [
        ("bad", "ReceiptHandleIsInvalid")
    ]
    assert attribute_of(each_sqs, url, "ApproximateNumberOfMessagesNotVisible") == "0"


def test_change_message_visibility_batch_changes_each_entry(each_sqs, clients, bodies):
    """Every entry has its own timeout."""
    url = each_sqs.create_queue(QueueName="orders")["QueueUrl"]
    for body in ("at once", "later"):
        each_sqs.send_message(QueueUrl=url, MessageBody=body)
    received = each_sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    entries = [
        {"Id": str(seconds), "ReceiptHandle": one["ReceiptHandle"], "VisibilityTimeout": seconds}
        for seconds, one in zip((0, 90), received, strict=True)
    ]
    entries.append({"Id": "bad", "ReceiptHandle": "garbage", "VisibilityTimeout": 1})
    reply = each_sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries)
    assert [one["Id"] for one in reply["Successful"]] == ["0", "90"]
    assert [one["Id"] for one in reply["Failed"]] == ["bad"]
    request = {"QueueUrl": url, "MaxNumberOfMessages": 10, "VisibilityTimeout": 900}
    assert bodies(each_sqs.receive_message(**request)) == ["at once"]
    clients.advance(90)
    assert bodies(each_sqs.receive_message(**request)) == ["later"]


def test_duplicates_within_one_fifo_batch_are_answered_and_dropped(sqs, fifo, bodies):
    """Entry by entry, as if sent one after the other."""
    entries = [
        {"Id": str(number), "MessageBody": body, "MessageGroupId": "g"}
        for number, body in enumerate(("x", "x", "y"))
    ]
    reply = sqs.send_message_batch(QueueUrl=fifo, Entries=entries)
    first, second, third = reply["Successful"]
    assert first["MessageId"] == second["MessageId"] != third["MessageId"]
    assert bodies(sqs.receive_message(QueueUrl=fifo, MaxNumberOfMessages=10)) == ["x", "y"]
