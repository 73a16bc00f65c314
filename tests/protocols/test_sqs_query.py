"""SQS as SDKs from before 2023 speak it: forms and XML of 2012-11-05."""

from __future__ import annotations

from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest

from chalice_offline.core.errors import AwsError
from chalice_offline.core.http import Headers, HttpRequest
from chalice_offline.protocols import Target, detect, parse, serialize, serialize_error

QUEUE_URL = "http://127.0.0.1:4566/000000000000/orders"


def form(path="/", **fields):
    """Return an old SDK's request; `__` in a name stands for a dot."""
    pairs = {name.replace("__", "."): value for name, value in fields.items()}
    body = urlencode({"Version": "2012-11-05", **pairs}).encode()
    headers = Headers([("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")])
    return HttpRequest("POST", f"http://127.0.0.1:4566{path}", headers, body)


def parsed(request):
    """Return the parameters of a request."""
    return parse(detect(request), request)


def body_of(operation, result):
    """Return the reply's XML without declaration."""
    response = serialize(Target("sqs", operation, "query"), result, "req-1")
    return response.body.decode().removeprefix('<?xml version="1.0"?>')


def test_create_queue_reads_attributes_and_tags():
    """Attribute.N.Name/Value and Tag.N.Key/Value become maps."""
    assert parsed(
        form(
            Action="CreateQueue",
            QueueName="orders.fifo",
            Attribute__1__Name="FifoQueue",
            Attribute__1__Value="true",
            Attribute__2__Name="DelaySeconds",
            Attribute__2__Value="5",
            Tag__1__Key="team",
            Tag__1__Value="shop & café",
        )
    ) == {
        "QueueName": "orders.fifo",
        "Attributes": {"FifoQueue": "true", "DelaySeconds": "5"},
        "tags": {"team": "shop & café"},
    }


def test_send_message_reads_message_attributes():
    """MessageAttribute.N.Value.DataType and its kinds; binary values are base64."""
    assert parsed(
        form(
            Action="SendMessage",
            QueueUrl=QUEUE_URL,
            MessageBody="a=1&b=2 +%",
            DelaySeconds="3",
            MessageAttribute__1__Name="n",
            MessageAttribute__1__Value__DataType="Number",
            MessageAttribute__1__Value__StringValue="7",
            MessageAttribute__2__Name="b",
            MessageAttribute__2__Value__DataType="Binary",
            MessageAttribute__2__Value__BinaryValue="AAE=",
        )
    ) == {
        "QueueUrl": QUEUE_URL,
        "MessageBody": "a=1&b=2 +%",
        "DelaySeconds": 3,
        "MessageAttributes": {
            "n": {"DataType": "Number", "StringValue": "7"},
            "b": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
        },
    }


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {
                "Action": "SendMessageBatch",
                "SendMessageBatchRequestEntry.2.Id": "b",
                "SendMessageBatchRequestEntry.2.MessageBody": "two",
                "SendMessageBatchRequestEntry.1.Id": "a",
                "SendMessageBatchRequestEntry.1.MessageBody": "one",
            },
            {"Entries": [{"Id": "a", "MessageBody": "one"}, {"Id": "b", "MessageBody": "two"}]},
        ),
        (
            {
                "Action": "DeleteMessageBatch",
                "DeleteMessageBatchRequestEntry.1.Id": "a",
                "DeleteMessageBatchRequestEntry.1.ReceiptHandle": "h+/=",
            },
            {"Entries": [{"Id": "a", "ReceiptHandle": "h+/="}]},
        ),
        (
            {
                "Action": "ChangeMessageVisibilityBatch",
                "ChangeMessageVisibilityBatchRequestEntry.1.Id": "a",
                "ChangeMessageVisibilityBatchRequestEntry.1.ReceiptHandle": "h",
                "ChangeMessageVisibilityBatchRequestEntry.1.VisibilityTimeout": "0",
            },
            {"Entries": [{"Id": "a", "ReceiptHandle": "h", "VisibilityTimeout": 0}]},
        ),
        (
            {"Action": "ReceiveMessage", "AttributeName.1": "All", "MessageAttributeName.1": ".*"},
            {"AttributeNames": ["All"], "MessageAttributeNames": [".*"]},
        ),
        (
            {
                "Action": "AddPermission",
                "Label": "l",
                "AWSAccountId.1": "000000000000",
                "ActionName.1": "SendMessage",
                "ActionName.10": "DeleteMessage",
                "ActionName.2": "ReceiveMessage",
            },
            {
                "Label": "l",
                "AWSAccountIds": ["000000000000"],
                "Actions": ["SendMessage", "ReceiveMessage", "DeleteMessage"],
            },
        ),
        ({"Action": "UntagQueue", "TagKey.1": "team"}, {"TagKeys": ["team"]}),
        ({"Action": "SendMessageBatch"}, {"Entries": []}),
    ],
)
def test_numbered_names_become_lists(fields, expected):
    """Every SQS list is flattened under the name of its members, in numeric order."""
    assert parsed(form(QueueUrl=QUEUE_URL, **fields)) == {"QueueUrl": QUEUE_URL, **expected}


def test_queue_may_be_named_by_the_path():
    """A request sent to the queue's own URL needs no QueueUrl."""
    request = HttpRequest("GET", f"{QUEUE_URL}?Action=SendMessage&MessageBody=x+y", Headers())
    assert parsed(request) == {"QueueUrl": QUEUE_URL, "MessageBody": "x y"}


def test_attributes_may_be_named_as_in_json():
    """SQS takes MessageAttributes.N for MessageAttribute.N as well (recorded)."""
    for name in ("MessageAttribute", "MessageAttributes"):
        fields = {
            "Action": "SendMessage",
            f"{name}.1.Name": "kind",
            f"{name}.1.Value.DataType": "String",
            f"{name}.1.Value.StringValue": "tea",
        }
        attributes = {"kind": {"DataType": "String", "StringValue": "tea"}}
        found = parsed(form(QueueUrl=QUEUE_URL, MessageBody="x", **fields))
        assert found["MessageAttributes"] == attributes


def test_receive_message_reply_is_flattened():
    """Messages and their attributes stand side by side, without wrapping lists."""
    result = {
        "Messages": [
            {
                "MessageId": "m1",
                "Body": 'a<b>&"c"\r\n',
                "Attributes": {"SenderId": "AKID", "SentTimestamp": "1"},
                "MessageAttributes": {"n": {"DataType": "Number", "StringValue": "7"}},
            },
            {"MessageId": "m2", "Body": None},
        ]
    }
    assert body_of("ReceiveMessage", result) == (
        '<ReceiveMessageResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/">'
        "<ReceiveMessageResult>"
        "<Message><MessageId>m1</MessageId>"
        "<Body>a&lt;b&gt;&amp;&quot;c&quot;&#xD;\n</Body>"
        "<Attribute><Name>SenderId</Name><Value>AKID</Value></Attribute>"
        "<Attribute><Name>SentTimestamp</Name><Value>1</Value></Attribute>"
        "<MessageAttribute><Name>n</Name><Value><StringValue>7</StringValue>"
        "<DataType>Number</DataType></Value></MessageAttribute></Message>"
        "<Message><MessageId>m2</MessageId></Message>"
        "</ReceiveMessageResult>"
        "<ResponseMetadata><RequestId>req-1</RequestId></ResponseMetadata>"
        "</ReceiveMessageResponse>"
    )


@pytest.mark.parametrize("operation", ["ReceiveMessage", "ListQueues", "GetQueueAttributes"])
def test_empty_result_is_one_empty_element(operation):
    """A result without members closes itself (recorded)."""
    assert body_of(operation, {}) == (
        f'<{operation}Response xmlns="http://queue.amazonaws.com/doc/2012-11-05/">'
        f"<{operation}Result/>"
        "<ResponseMetadata><RequestId>req-1</RequestId></ResponseMetadata>"
        f"</{operation}Response>"
    )


def test_operation_without_result_has_metadata_only():
    """DeleteMessage answers with its request id."""
    assert body_of("DeleteMessage", {}) == (
        '<DeleteMessageResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/">'
        "<ResponseMetadata><RequestId>req-1</RequestId></ResponseMetadata>"
        "</DeleteMessageResponse>"
    )


@pytest.mark.parametrize(
    ("code", "wire_code", "status"),
    [
        ("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", 400),
        ("QueueNameExists", "QueueAlreadyExists", 400),
        ("PurgeQueueInProgress", "AWS.SimpleQueueService.PurgeQueueInProgress", 403),
        ("ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid", 400),
        ("InvalidParameterValue", "InvalidParameterValue", 400),
        ("MissingParameter", "MissingParameter", 400),
        ("ResourceNotFoundException", "ResourceNotFoundException", 404),
    ],
)
def test_error_carries_the_legacy_code(code, wire_code, status):
    """Query clients know SQS errors by the names of 2012."""
    error = AwsError(code, "no <such> queue")
    response = serialize_error(Target("sqs", "SendMessage", "query"), error, "req-1")
    namespace = "{http://queue.amazonaws.com/doc/2012-11-05/}"
    found = ET.fromstring(response.body).find(f"{namespace}Error")
    assert response.status == status
    assert [(part.tag.removeprefix(namespace), part.text) for part in found] == [
        ("Type", "Sender"),
        ("Code", wire_code),
        ("Message", "no <such> queue"),
    ]


def test_unknown_action_is_invalid_action():
    """An Action that SQS does not have."""
    request = form(Action="Fly")
    with pytest.raises(AwsError) as refused:
        parse(Target("sqs", "Fly", "query"), request)
    assert refused.value.code == "InvalidAction"
    assert refused.value.message == "The action Fly is not valid for this endpoint."


@pytest.mark.parametrize("action", ["CreateQueue", "ListQueues"])
@pytest.mark.parametrize(
    "path", ["/000000000000/orders", "/queue/eu-west-1/000000000000/orders.fifo"]
)
def test_a_queues_own_address_refuses_what_concerns_all_queues(action, path):
    """CreateQueue and ListQueues belong to the service's endpoint (recorded)."""
    request = form(path, Action=action, QueueName="other")
    with pytest.raises(AwsError) as refused:
        parsed(request)
    assert refused.value.code == "InvalidAction"
    assert refused.value.message == f"The action {action} is not valid for this endpoint."
    assert "QueueName" in parsed(form("/", Action="CreateQueue", QueueName="other"))


def test_get_queue_url_is_answered_at_a_queues_address():
    """It is asked for any queue at any queue (recorded)."""
    request = form("/000000000000/orders", Action="GetQueueUrl", QueueName="other")
    assert parsed(request) == {"QueueName": "other"}
