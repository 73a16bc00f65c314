"""Queue attributes: defaults, changes, refusals."""

from __future__ import annotations

import json

import pytest

DEFAULTS = {
    "ApproximateNumberOfMessages": "0",
    "ApproximateNumberOfMessagesDelayed": "0",
    "ApproximateNumberOfMessagesNotVisible": "0",
    "DelaySeconds": "0",
    "MaximumMessageSize": "1048576",
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "SqsManagedSseEnabled": "true",
    "VisibilityTimeout": "30",
}
FIFO_DEFAULTS = {
    "ContentBasedDeduplication": "false",
    "DeduplicationScope": "queue",
    "FifoQueue": "true",
    "FifoThroughputLimit": "perQueue",
}


def test_get_queue_attributes_all_shows_defaults(each_sqs, clients):
    """A new queue shows AWS's defaults, its ARN and when it was made and changed."""
    created = str(int(clients.aws.now.timestamp()))
    url = each_sqs.create_queue(QueueName="orders")["QueueUrl"]
    assert each_sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"] == {
        **DEFAULTS,
        "QueueArn": "arn:aws:sqs:us-east-1:000000000000:orders",
        "CreatedTimestamp": created,
        "LastModifiedTimestamp": created,
    }


def test_get_queue_attributes_of_a_fifo_queue_shows_four_more(each_sqs):
    """Only FIFO queues have them."""
    url = each_sqs.create_queue(QueueName="o.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    shown = each_sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert {name: shown[name] for name in FIFO_DEFAULTS} == FIFO_DEFAULTS


def test_get_queue_attributes_gives_what_was_asked_for(each_sqs, error_of):
    """No names, no attributes; a name that does not exist is an error."""
    url = each_sqs.create_queue(QueueName="orders")["QueueUrl"]
    assert "Attributes" not in each_sqs.get_queue_attributes(QueueUrl=url)
    some = each_sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["DelaySeconds", "Policy"])
    assert some["Attributes"] == {"DelaySeconds": "0"}
    assert error_of(each_sqs.get_queue_attributes, QueueUrl=url, AttributeNames=["Foobar"]) == (
        "InvalidAttributeName",
        "Unknown Attribute Foobar.",
    )


def test_set_queue_attributes_changes_and_dates_them(sqs, queue, clients):
    """LastModifiedTimestamp moves, CreatedTimestamp does not."""
    clients.advance(5)
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "69"})
    shown = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert shown["VisibilityTimeout"] == "69"
    assert int(shown["LastModifiedTimestamp"]) == int(shown["CreatedTimestamp"]) + 5


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DelaySeconds", "901"),
        ("DelaySeconds", "-1"),
        ("DelaySeconds", "1.5"),
        ("DelaySeconds", ""),
        ("MaximumMessageSize", "1023"),
        ("MaximumMessageSize", "1048577"),
        ("MessageRetentionPeriod", "59"),
        ("MessageRetentionPeriod", "1209601"),
        ("ReceiveMessageWaitTimeSeconds", "21"),
        ("VisibilityTimeout", "43201"),
        ("VisibilityTimeout", "9" * 5000),
        ("KmsDataKeyReusePeriodSeconds", "59"),
        ("SqsManagedSseEnabled", "maybe"),
        ("Policy", "{"),
        ("Policy", "[]"),
    ],
)
def test_set_queue_attributes_refuses_values_out_of_range(sqs, queue, error_of, name, value):
    """The attribute is named and the queue stays as it was."""
    before = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    error = error_of(
        sqs.set_queue_attributes,
        QueueUrl=queue,
        Attributes={"VisibilityTimeout": "1", name: value},
    )
    assert error == ("InvalidAttributeValue", f"Invalid value for the parameter {name}.")
    after = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert after == before


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("FifoQueue", "Unknown Attribute FifoQueue."),
        ("ContentBasedDeduplication", "Unknown Attribute ContentBasedDeduplication."),
        (
            "DeduplicationScope",
            "You can specify the DeduplicationScope only when FifoQueue is set to true.",
        ),
        (
            "FifoThroughputLimit",
            "You can specify the FifoThroughputLimit only when FifoQueue is set to true.",
        ),
        ("Foobar", "Unknown Attribute Foobar."),
        ("QueueArn", "Unknown Attribute QueueArn."),
    ],
)
def test_standard_queues_refuse_attributes_they_do_not_have(sqs, error_of, name, text):
    """On creation and on change alike."""
    error = ("InvalidAttributeName", text)
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    attributes = {name: "false"}
    assert error_of(sqs.create_queue, QueueName="more", Attributes=attributes) == error
    assert error_of(sqs.set_queue_attributes, QueueUrl=url, Attributes=attributes) == error


def test_a_fifo_queue_stays_one(sqs, fifo, error_of):
    """FifoQueue may be repeated, not changed."""
    sqs.set_queue_attributes(QueueUrl=fifo, Attributes={"FifoQueue": "true"})
    error = error_of(sqs.set_queue_attributes, QueueUrl=fifo, Attributes={"FifoQueue": "false"})
    assert error == (
        "InvalidAttributeValue",
        "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.",
    )


def test_per_message_group_throughput_needs_the_scope(sqs, fifo, error_of):
    """FifoThroughputLimit perMessageGroupId goes only with DeduplicationScope messageGroup."""
    high = {"FifoThroughputLimit": "perMessageGroupId"}
    code, _ = error_of(sqs.set_queue_attributes, QueueUrl=fifo, Attributes=high)
    assert code == "InvalidAttributeValue"
    both = {**high, "DeduplicationScope": "messageGroup"}
    sqs.set_queue_attributes(QueueUrl=fifo, Attributes=both)


def test_a_queue_has_one_kind_of_encryption(sqs, queue, error_of):
    """A KMS key switches SQS's own encryption off; both at once are refused."""
    names = ["KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled"]

    def shown() -> dict[str, str]:
        reply = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)
        return dict(reply["Attributes"])

    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"KmsMasterKeyId": "key"})
    assert shown() == {
        "KmsMasterKeyId": "key",
        "KmsDataKeyReusePeriodSeconds": "300",
        "SqsManagedSseEnabled": "false",
    }
    both = {"KmsMasterKeyId": "key", "SqsManagedSseEnabled": "true"}
    assert error_of(sqs.set_queue_attributes, QueueUrl=queue, Attributes=both) == (
        "InvalidAttributeName",
        (
            "You can use one type of server-side encryption (SSE) at one time. "
            "You can either enable KMS SSE or SQS SSE."
        ),
    )
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"KmsMasterKeyId": ""})
    assert shown() == {"SqsManagedSseEnabled": "false"}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"SqsManagedSseEnabled": "true"})
    assert shown() == {"SqsManagedSseEnabled": "true"}


def test_a_policy_is_kept_as_given_and_removed_by_an_empty_text(sqs, queue):
    """Setting "" takes the attribute away, also when there is none."""
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": ""})
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    shown = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["Policy"])
    assert shown["Attributes"] == {"Policy": policy}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": ""})
    assert "Attributes" not in sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["Policy"])


def test_counts_follow_messages_from_place_to_place(sqs, queue, clients):
    """Visible, delayed and in flight are counted apart."""
    names = [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesDelayed",
        "ApproximateNumberOfMessagesNotVisible",
    ]

    def counts() -> list[int]:
        shown = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        return [int(shown[name]) for name in names]

    sqs.send_message(QueueUrl=queue, MessageBody="a")
    sqs.send_message(QueueUrl=queue, MessageBody="b")
    sqs.send_message(QueueUrl=queue, MessageBody="c", DelaySeconds=10)
    assert counts() == [2, 1, 0]
    sqs.receive_message(QueueUrl=queue)
    assert counts() == [1, 1, 1]
    clients.advance(10)
    assert counts() == [2, 0, 1]
    clients.advance(20)
    assert counts() == [3, 0, 0]


def test_tags_merge_and_go(each_sqs):
    """Keys are case-sensitive, a known key gets the new value, unknown keys are ignored."""
    url = each_sqs.create_queue(QueueName="orders", tags={"a": "1"})["QueueUrl"]
    each_sqs.tag_queue(QueueUrl=url, Tags={"A": "2", "a": "3", "empty": ""})
    assert each_sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"a": "3", "A": "2", "empty": ""}
    each_sqs.untag_queue(QueueUrl=url, TagKeys=["a", "A", "empty", "unknown"])
    assert "Tags" not in each_sqs.list_queue_tags(QueueUrl=url)
