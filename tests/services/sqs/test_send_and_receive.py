"""One message: what may be sent, and what the receiver sees of it."""

from __future__ import annotations

import hashlib

import pytest

TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
TEXTS = ["hello", '"&quot;&quot;\r', "{\r\n}", "\t<a>&amp;</a>\n", "grüße \U0001f600", " "]


@pytest.mark.parametrize("body", TEXTS)
def test_a_body_comes_back_unchanged_with_its_md5(each_sqs, body):
    """Whatever characters XML or JSON would escape."""
    url = each_sqs.create_queue(QueueName="orders")["QueueUrl"]
    sent = each_sqs.send_message(QueueUrl=url, MessageBody=body)
    received = each_sqs.receive_message(QueueUrl=url)["Messages"][0]
    assert received["Body"] == body
    assert received["MessageId"] == sent["MessageId"]
    digest = hashlib.md5(body.encode()).hexdigest()
    assert received["MD5OfBody"] == sent["MD5OfMessageBody"] == digest


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "MissingParameter"),
        ("bell \x07", "InvalidMessageContents"),
        ("nul \x00", "InvalidMessageContents"),
        ("\uffff", "InvalidMessageContents"),
    ],
)
def test_send_message_refuses_bodies_aws_does_not_carry(sqs, queue, error_of, body, code):
    """Empty bodies and characters outside of XML's set."""
    assert error_of(sqs.send_message, QueueUrl=queue, MessageBody=body)[0] == code


def test_message_attributes_come_back_with_aws_md5(each_sqs):
    """The digest covers names, types and values; this one was computed by AWS."""
    url = each_sqs.create_queue(QueueName="orders")["QueueUrl"]
    value = b"traceparent\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01"
    attributes = {"attr1": {"DataType": "Binary", "BinaryValue": value}}
    sent = each_sqs.send_message(QueueUrl=url, MessageBody="test", MessageAttributes=attributes)
    received = each_sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"][0]
    assert received["MessageAttributes"] == attributes
    assert received["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert sent["MD5OfMessageAttributes"] == "8cbe4db156db8a94db8b801b7addb984"


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        ([], []),
        (["All"], ["General", "Hello", "Help.Me"]),
        (["*"], ["General", "Hello", "Help.Me"]),
        ([".*"], ["General", "Hello", "Help.Me"]),
        (["Hel.*"], ["Hello", "Help.Me"]),
        (["Hello", "Foo"], ["Hello"]),
        (["Help"], []),
        (["AWS."], []),
        (["..foo"], []),
    ],
)
def test_receive_message_gives_the_attributes_asked_for(sqs, queue, names, chosen):
    """By name, by prefix, or all; the digest covers only what is given."""
    attributes = {
        "Help.Me": {"DataType": "String", "StringValue": "Me"},
        "Hello": {"DataType": "String", "StringValue": "There"},
        "General": {"DataType": "String", "StringValue": "Kenobi"},
    }
    sqs.send_message(QueueUrl=queue, MessageBody="msg", MessageAttributes=attributes)
    received = sqs.receive_message(QueueUrl=queue, MessageAttributeNames=names)["Messages"][0]
    assert sorted(received.get("MessageAttributes", {})) == chosen
    recorded = {"Hello": "a311262e065454b75da111d535b8dacd"}
    if chosen == ["Hello"]:
        assert received["MD5OfMessageAttributes"] == recorded["Hello"]
    assert ("MD5OfMessageAttributes" in received) == bool(chosen)


@pytest.mark.parametrize(
    ("name", "attribute"),
    [
        ("empty", {"DataType": "String", "StringValue": ""}),
        ("binary", {"DataType": "Binary", "StringValue": "text"}),
        ("number", {"DataType": "Number", "StringValue": "1_0"}),
        ("type", {"DataType": "Text", "StringValue": "x"}),
        ("type", {"DataType": "", "StringValue": "x"}),
        ("type", {"DataType": "String." + "x" * 256, "StringValue": "x"}),
        ("control", {"DataType": "String", "StringValue": "\x08"}),
        ("AWS.x", {"DataType": "String", "StringValue": "x"}),
        ("amazon.x", {"DataType": "String", "StringValue": "x"}),
        (".x", {"DataType": "String", "StringValue": "x"}),
        ("x.", {"DataType": "String", "StringValue": "x"}),
        ("x..y", {"DataType": "String", "StringValue": "x"}),
        ("x!", {"DataType": "String", "StringValue": "x"}),
        ("x" * 257, {"DataType": "String", "StringValue": "x"}),
    ],
)
def test_send_message_refuses_malformed_attributes(sqs, queue, error_of, name, attribute):
    """Names, types and values each have their rules; nothing is stored."""
    request = {"MessageBody": "x", "MessageAttributes": {name: attribute}}
    code, _ = error_of(sqs.send_message, QueueUrl=queue, **request)
    assert code == "InvalidParameterValue"
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)


def test_send_message_takes_ten_attributes_and_not_eleven(sqs, queue, error_of):
    """The limit of the Developer Guide."""
    attributes = {f"a{i}": {"DataType": "String", "StringValue": "x"} for i in range(11)}
    request = {"QueueUrl": queue, "MessageBody": "x", "MessageAttributes": attributes}
    assert error_of(sqs.send_message, **request)[0] == "InvalidParameterValue"
    del attributes["a10"]
    sqs.send_message(**request)


def test_send_message_counts_attributes_towards_the_size(each_sqs, error_of):
    """Body, names, types and values together may be as long as MaximumMessageSize."""
    attributes = {"MaximumMessageSize": "1024"}
    url = each_sqs.create_queue(QueueName="orders", Attributes=attributes)["QueueUrl"]
    fitting = {"k": {"DataType": "String", "StringValue": "x"}}
    body = "a" * (1024 - len("kStringx"))
    each_sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=fitting)
    request = {"QueueUrl": url, "MessageBody": body + "a", "MessageAttributes": fitting}
    assert error_of(each_sqs.send_message, **request) == (
        "InvalidParameterValue",
        "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.",
    )


def test_send_message_takes_a_mebibyte(sqs, queue, error_of):
    """The limit since August 2025, counted in bytes, not characters."""
    sqs.send_message(QueueUrl=queue, MessageBody="a" * 1_048_576)
    code, text = error_of(sqs.send_message, QueueUrl=queue, MessageBody="ä" * 524_289)
    assert code == "InvalidParameterValue"
    assert "shorter than 1048576 bytes" in text


def test_the_trace_header_is_the_one_system_attribute_to_send(each_sqs, error_of):
    """It has a digest of its own (computed by AWS) and does not change the others'."""
    url = each_sqs.create_queue(QueueName="orders")["QueueUrl"]
    header = {"AWSTraceHeader": {"DataType": "String", "StringValue": TRACE}}
    sent = each_sqs.send_message(QueueUrl=url, MessageBody="x", MessageSystemAttributes=header)
    assert sent["MD5OfMessageSystemAttributes"] == "5ae4d5d7636402d80f4eb6d213245a88"
    assert "MD5OfMessageAttributes" not in sent
    received = each_sqs.receive_message(QueueUrl=url, MessageSystemAttributeNames=["All"])
    assert received["Messages"][0]["Attributes"]["AWSTraceHeader"] == TRACE
    other = {"Other": {"DataType": "String", "StringValue": "x"}}
    request = {"QueueUrl": url, "MessageBody": "x", "MessageSystemAttributes": other}
    assert error_of(each_sqs.send_message, **request)[0] == "InvalidParameterValue"


def test_the_trace_header_of_the_request_is_kept_with_the_message(each_sqs):
    """X-Ray's header, unless the message brings one of its own (recorded)."""
    url = each_sqs.create_queue(QueueName="orders")["QueueUrl"]

    def add_header(request, **_: object) -> None:
        request.headers["X-Amzn-Trace-Id"] = "Root=1-a-b"

    each_sqs.meta.events.register("before-sign.sqs.SendMessage", add_header)
    own = {"AWSTraceHeader": {"DataType": "String", "StringValue": TRACE}}
    sent = each_sqs.send_message(QueueUrl=url, MessageBody="x")
    assert "MD5OfMessageSystemAttributes" not in sent
    each_sqs.send_message(QueueUrl=url, MessageBody="y", MessageSystemAttributes=own)
    received = each_sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["AWSTraceHeader"]
    )
    headers = [message["Attributes"]["AWSTraceHeader"] for message in received["Messages"]]
    assert headers == ["Root=1-a-b", TRACE]


@pytest.mark.parametrize("parameter", ["AttributeNames", "MessageSystemAttributeNames"])
def test_system_attributes_tell_when_and_how_often(each_sqs, clients, parameter):
    """Times are in milliseconds; the first receive is remembered, each receive counts."""
    url = each_sqs.create_queue(QueueName="orders")["QueueUrl"]
    sent_ms = round(clients.aws.now.timestamp() * 1000)
    each_sqs.send_message(QueueUrl=url, MessageBody="x")
    clients.advance(3)
    for count in (1, 2):
        reply = each_sqs.receive_message(QueueUrl=url, VisibilityTimeout=0, **{parameter: ["All"]})
        assert reply["Messages"][0]["Attributes"] == {
            "SenderId": "000000000000",
            "SentTimestamp": str(sent_ms),
            "ApproximateFirstReceiveTimestamp": str(sent_ms + 3000),
            "ApproximateReceiveCount": str(count),
        }
        clients.advance(1)
    reply = each_sqs.receive_message(QueueUrl=url, **{parameter: ["SenderId", "SequenceNumber"]})
    assert list(reply["Messages"][0]["Attributes"]) == ["SenderId"]


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("MaxNumberOfMessages", 11, "Must be between 1 and 10, if provided."),
        ("WaitTimeSeconds", 21, "Must be >= 0 and <= 20, if provided."),
        ("WaitTimeSeconds", -1, "Must be >= 0 and <= 20, if provided."),
        ("VisibilityTimeout", 43_201, "Must be between 0 and 43200, if provided."),
    ],
)
def test_receive_message_refuses_numbers_out_of_range(each_sqs, error_of, name, value, reason):
    """AWS says which values there may be."""
    url = each_sqs.create_queue(QueueName="orders")["QueueUrl"]
    code, text = error_of(each_sqs.receive_message, QueueUrl=url, **{name: value})
    assert code == "InvalidParameterValue"
    assert text == f"Value {value} for parameter {name} is invalid. Reason: {reason}"


def test_receive_message_gives_up_to_ten_oldest_first(sqs, queue, bodies):
    """One by default, never more than asked for."""
    for number in range(13):
        sqs.send_message(QueueUrl=queue, MessageBody=str(number))
    assert bodies(sqs.receive_message(QueueUrl=queue)) == ["0"]
    ten = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
    assert bodies(ten) == [str(number) for number in range(1, 11)]
    rest = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
    assert bodies(rest) == ["11", "12"]
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)


def test_delay_hides_a_message_until_it_is_over(sqs, queue, clients, bodies):
    """A message's own delay comes before the queue's; 0 means none."""
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"DelaySeconds": "30"})
    sqs.send_message(QueueUrl=queue, MessageBody="queue's delay")
    sqs.send_message(QueueUrl=queue, MessageBody="own delay", DelaySeconds=10)
    sqs.send_message(QueueUrl=queue, MessageBody="at once", DelaySeconds=0)
    for seconds, expected in ((9, ["at once"]), (1, ["own delay"]), (20, ["queue's delay"])):
        assert bodies(sqs.receive_message(QueueUrl=queue, VisibilityTimeout=900))[:1] in (
            [],
            ["at once"],
        )
        clients.advance(seconds)
        if expected != ["at once"]:
            assert bodies(sqs.receive_message(QueueUrl=queue, VisibilityTimeout=900)) == expected


@pytest.mark.parametrize("seconds", [-1, 901])
def test_send_message_refuses_a_delay_beyond_fifteen_minutes(sqs, queue, error_of, seconds):
    """0 to 900 seconds."""
    error = error_of(sqs.send_message, QueueUrl=queue, MessageBody="x", DelaySeconds=seconds)
    assert error[0] == "InvalidParameterValue"


@pytest.mark.parametrize("group_id", ["", "a" * 129, "group 123"])
def test_group_ids_of_standard_queues_are_checked(sqs, queue, error_of, group_id):
    """The recorded text, for whatever is not 1 to 128 printable characters."""
    request = {"QueueUrl": queue, "MessageBody": "x", "MessageGroupId": group_id}
    assert error_of(sqs.send_message, **request) == (
        "InvalidParameterValue",
        (
            f"Value {group_id} for parameter MessageGroupId is invalid. Reason: MessageGroupId can "
            "only include alphanumeric and punctuation characters. 1 to 128 in length."
        ),
    )


def test_standard_queues_have_no_deduplication(sqs, queue, error_of):
    """MessageDeduplicationId belongs to FIFO queues."""
    request = {"QueueUrl": queue, "MessageBody": "x", "MessageDeduplicationId": "1"}
    assert error_of(sqs.send_message, **request)[0] == "InvalidParameterValue"
    first = sqs.send_message(QueueUrl=queue, MessageBody="x")
    second = sqs.send_message(QueueUrl=queue, MessageBody="x")
    assert first["MessageId"] != second["MessageId"]
    assert "SequenceNumber" not in first
