"""SNS with its real neighbours, through boto3 and both doors."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError


def test_topic_to_queue_to_client(aws: Any) -> None:
    """A published message is received from a subscribed queue, attributes included."""
    sns, sqs = aws.client("sns"), aws.client("sqs")
    topic = sns.create_topic(Name="orders")["TopicArn"]
    url, arn = _queue(sqs, "inbox")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    attributes = {
        "store": {"DataType": "Number", "StringValue": "7"},
        "blob": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
    }
    published = sns.publish(TopicArn=topic, Message="ö", MessageAttributes=attributes)
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    envelope = json.loads(message["Body"])
    assert envelope["MessageId"] == published["MessageId"]
    assert envelope["Message"] == "ö"
    assert envelope["MessageAttributes"] == {
        "store": {"Type": "Number", "Value": "7"},
        "blob": {"Type": "Binary", "Value": "AAE="},
    }


def test_raw_delivery_keeps_attributes_of_the_queue_message(aws: Any) -> None:
    """With raw delivery a queue's message has body and attributes as published."""
    sns, sqs = aws.client("sns"), aws.client("sqs")
    topic = sns.create_topic(Name="orders")["TopicArn"]
    url, arn = _queue(sqs, "inbox")
    sns.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"}
    )
    attributes = {"blob": {"DataType": "Binary", "BinaryValue": b"\x00\x01"}}
    sns.publish(TopicArn=topic, Message="text", MessageAttributes=attributes)
    [message] = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert message["Body"] == "text"
    assert message["MessageAttributes"] == attributes


def test_topic_runs_a_function(aws: Any) -> None:
    """A subscribed function runs with an event that has a Subject, absent or not."""
    sns = aws.client("sns")
    events: list[Any] = []
    function = aws.function("cook", events.append)
    topic = sns.create_topic(Name="orders")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function)
    sns.publish(TopicArn=topic, Message="two pizzas")
    aws.settle()
    [event] = events
    assert event["Records"][0]["Sns"]["Subject"] is None
    assert event["Records"][0]["Sns"]["Message"] == "two pizzas"


def test_fifo_topic_keeps_order_in_every_queue(aws: Any) -> None:
    """Two FIFO queues get the messages of a group in the order they were published."""
    sns, sqs = aws.client("sns"), aws.client("sqs")
    topic = sns.create_topic(
        Name="orders.fifo",
        Attributes={"FifoTopic": "true", "ContentBasedDeduplication": "true"},
    )["TopicArn"]
    urls = []
    for name in ("a.fifo", "b.fifo"):
        url, arn = _queue(sqs, name, FifoQueue="true")
        urls.append(url)
        sns.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=arn,
            Attributes={"RawMessageDelivery": "true"},
        )
    for index in range(5):
        for _duplicate in range(2):
            sns.publish(TopicArn=topic, Message=str(index), MessageGroupId="g")
    for url in urls:
        received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        assert [message["Body"] for message in received] == ["0", "1", "2", "3", "4"]


def test_deleted_queue_dead_letters(aws: Any) -> None:
    """Once a queue is gone its subscription's messages arrive in the dead-letter queue."""
    sns, sqs = aws.client("sns"), aws.client("sqs")
    topic = sns.create_topic(Name="orders")["TopicArn"]
    url, arn = _queue(sqs, "inbox")
    dead_url, dead_arn = _queue(sqs, "dead")
    policy = json.dumps({"deadLetterTargetArn": dead_arn})
    sns.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RedrivePolicy": policy}
    )
    sqs.delete_queue(QueueUrl=url)
    sns.publish(TopicArn=topic, Message="kept")
    [message] = sqs.receive_message(QueueUrl=dead_url)["Messages"]
    assert json.loads(message["Body"])["Message"] == "kept"


@pytest.mark.parametrize(
    ("operation", "parameters", "code", "status"),
    [
        (
            "publish",
            {"TopicArn": "arn:aws:sns:us-east-1:000000000000:no", "Message": "x"},
            "NotFound",
            404,
        ),
        ("create_topic", {"Name": "a b"}, "InvalidParameter", 400),
        (
            "publish_batch",
            {
                "TopicArn": "arn:aws:sns:us-east-1:000000000000:no",
                "PublishBatchRequestEntries": [
                    {"Id": "a", "Message": "x"},
                    {"Id": "a", "Message": "x"},
                ],
            },
            "BatchEntryIdsNotDistinct",
            400,
        ),
        (
            "list_tags_for_resource",
            {"ResourceArn": "arn:aws:sns:us-east-1:000000000000:no"},
            "ResourceNotFound",
            404,
        ),
    ],
)
def test_errors_have_the_codes_of_the_wire(
    aws: Any, operation: str, parameters: dict[str, Any], code: str, status: int
) -> None:
    """boto3 raises AWS's code with AWS's status."""
    with pytest.raises(ClientError) as raised:
        getattr(aws.client("sns"), operation)(**parameters)
    response = raised.value.response
    assert response["Error"]["Code"] == code
    assert response["Error"]["Type"] == "Sender"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_accounts_and_regions_are_apart(aws: Any) -> None:
    """A topic of another region is refused, one of another account can be used."""
    here = aws.client("sns")
    topic = here.create_topic(Name="orders")["TopicArn"]
    elsewhere = aws.client("sns", region="eu-west-1")
    with pytest.raises(ClientError, match="Invalid parameter: TopicArn"):
        elsewhere.publish(TopicArn=topic, Message="x")
    other = aws.client("sns", account="111111111111")
    assert other.list_topics()["Topics"] == []
    assert "MessageId" in other.publish(TopicArn=topic, Message="x")


def _queue(sqs: Any, name: str, **attributes: str) -> tuple[str, str]:
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, found["Attributes"]["QueueArn"]
