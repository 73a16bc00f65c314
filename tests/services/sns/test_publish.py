"""Publish and PublishBatch: what is refused, what is delivered, and in which shape."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from .conftest import Cloud, number, queue_arn, string

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:cook"


def test_publish_delivers_the_envelope_to_a_queue(cloud: Cloud) -> None:
    """Keys come in AWS's order; subject and attributes only when there are any."""
    topic = cloud.topic()
    arn = cloud.subscribe(topic)
    message_id = cloud.publish(topic)["MessageId"]
    cloud.publish(topic, Subject="News", MessageAttributes={"store": string("7")})
    plain, full = cloud.envelopes()
    assert list(plain) == [
        "Type",
        "MessageId",
        "TopicArn",
        "Message",
        "Timestamp",
        "SignatureVersion",
        "Signature",
        "SigningCertURL",
        "UnsubscribeURL",
    ]
    assert plain["MessageId"] == message_id
    assert plain["Timestamp"] == "2026-01-01T00:00:00.000Z"
    assert plain["UnsubscribeURL"] == (
        f"http://127.0.0.1:4566/?Action=Unsubscribe&SubscriptionArn={arn}"
    )
    assert list(full)[3:5] == ["Subject", "Message"]
    assert list(full)[-1] == "MessageAttributes"
    assert full["MessageAttributes"] == {"store": {"Type": "String", "Value": "7"}}


def test_publish_delivers_to_the_account_and_region_of_the_queue(cloud: Cloud) -> None:
    """A queue of another account and region gets the message there."""
    topic = cloud.topic()
    cloud.subscribe(topic, "sqs", queue_arn("q", "eu-west-1", "111111111111"))
    cloud.publish(topic)
    [context] = cloud.sqs.contexts
    assert (context.account_id, context.region) == ("111111111111", "eu-west-1")
    assert context.principal == "sns.amazonaws.com"
    url = cloud.sqs.requests[0]["QueueUrl"]
    assert url == "https://sqs.eu-west-1.amazonaws.com/111111111111/q"


def test_publish_raw_delivers_message_and_attributes(cloud: Cloud) -> None:
    """With raw delivery the body is the message, and attributes become the queue's."""
    topic = cloud.topic()
    cloud.subscribe(topic, RawMessageDelivery="true")
    attributes = {"a": number("1"), "b": {"DataType": "Binary", "BinaryValue": b"\x02\x03"}}
    cloud.publish(topic, "text", MessageAttributes=attributes)
    [request] = cloud.sqs.requests
    assert request["MessageBody"] == "text"
    assert request["MessageAttributes"] == attributes


def test_publish_envelope_holds_binary_in_base64(cloud: Cloud) -> None:
    """The envelope is JSON, so binary values are written in base64."""
    topic = cloud.topic()
    cloud.subscribe(topic)
    attribute = {"DataType": "Binary", "BinaryValue": b"\x02\x03\x04"}
    cloud.publish(topic, MessageAttributes={"b": attribute})
    [envelope] = cloud.envelopes()
    assert envelope["MessageAttributes"] == {"b": {"Type": "Binary", "Value": "AgME"}}
    assert base64.b64decode("AgME") == attribute["BinaryValue"]


def test_publish_invokes_a_function_with_every_key(cloud: Cloud) -> None:
    """The event always has Subject and MessageAttributes, and spells "Url"."""
    topic = cloud.topic()
    arn = cloud.subscribe(topic, "lambda", FUNCTION)
    array = {"DataType": "String.Array", "StringValue": '["x"]'}
    cloud.publish(topic, MessageAttributes={"list": array})
    [request] = cloud.lambda_.requests
    assert request["FunctionName"] == FUNCTION
    assert request["InvocationType"] == "Event"
    [record] = json.loads(request["Payload"])["Records"]
    sns = record.pop("Sns")
    assert record == {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": arn,
    }
    assert list(sns) == [
        "Type",
        "MessageId",
        "TopicArn",
        "Subject",
        "Message",
        "Timestamp",
        "SignatureVersion",
        "Signature",
        "SigningCertUrl",
        "UnsubscribeUrl",
        "MessageAttributes",
    ]
    assert sns["Subject"] is None
    assert sns["MessageAttributes"] == {"list": {"Type": "String", "Value": '["x"]'}}


def test_publish_keeps_unicode(cloud: Cloud) -> None:
    """Letters beyond ASCII arrive as they were sent."""
    topic = cloud.topic()
    cloud.subscribe(topic)
    cloud.publish(topic, 'ö§a1"_!?,. £$-')
    assert cloud.envelopes()[0]["Message"] == 'ö§a1"_!?,. £$-'


def test_publish_message_structure_picks_the_protocol(cloud: Cloud) -> None:
    """Each protocol gets its own string, others the default; what is no string does not count."""
    topic = cloud.topic()
    cloud.subscribe(topic)
    cloud.subscribe(topic, "lambda", FUNCTION)
    message = {"default": "for all", "sqs": "for queues", "lambda": {"not": "a string"}}
    cloud.publish(topic, json.dumps(message), MessageStructure="json")
    assert cloud.envelopes()[0]["Message"] == "for queues"
    event = json.loads(cloud.lambda_.requests[0]["Payload"])
    assert event["Records"][0]["Sns"]["Message"] == "for all"


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ('{"sqs":"x"}', "No default entry in JSON message body"),
        ('{"default":{"x":1}}', "No default entry in JSON message body"),
        ('{"default":"x"} }', "JSON message body failed to parse"),
        ('["default"]', "JSON message body failed to parse"),
        ("[" * 5000, "JSON message body failed to parse"),
    ],
)
def test_publish_message_structure_refuses(cloud: Cloud, message: str, text: str) -> None:
    """The message must be a JSON object with a string under "default"."""
    error = cloud.error("Publish", TopicArn=cloud.topic(), Message=message, MessageStructure="json")
    assert error[1] == f"Invalid parameter: Message Structure - {text}"


@pytest.mark.parametrize(
    ("request_part", "text"),
    [
        ({"Message": ""}, "Empty message"),
        ({"Subject": ""}, "Subject"),
        ({"Subject": "x" * 101}, "Subject"),
        ({"Subject": "two\nlines"}, "Subject"),
        ({"Message": "x" * 262_145}, "Message too long"),
        (
            {"MessageDeduplicationId": "x"},
            (
                "MessageDeduplicationId Reason: The request includes MessageDeduplicationId "
                "parameter that is not valid for this topic type"
            ),
        ),
    ],
)
def test_publish_refuses(cloud: Cloud, request_part: dict[str, Any], text: str) -> None:
    """Nothing is delivered when a part of the request is not valid."""
    topic = cloud.topic()
    cloud.subscribe(topic)
    error = cloud.error("Publish", **{"TopicArn": topic, "Message": "x", **request_part})
    assert error == ("InvalidParameterException", f"Invalid parameter: {text}")
    assert cloud.sqs.requests == []


def test_publish_counts_attributes_against_the_size(cloud: Cloud) -> None:
    """Name, type and value of attributes count: 262,144 bytes pass, one more does not."""
    topic = cloud.topic()
    attributes = {"attr1": number("1")}
    longest = "a" * (262_144 - len("attr1" + "Number" + "1"))
    cloud.publish(topic, longest, MessageAttributes=attributes)
    error = cloud.error(
        "Publish", TopicArn=topic, Message=f"{longest}a", MessageAttributes=attributes
    )
    assert error[1] == "Invalid parameter: Message too long"


def test_publish_size_follows_the_topic(cloud: Cloud) -> None:
    """MaximumMessageSize raises and lowers what a topic takes, singly and in batches."""
    large = cloud.topic("large", MaximumMessageSize="1048576")
    cloud.publish(large, "x" * 1_048_576)
    small = cloud.topic("small", MaximumMessageSize="1024")
    assert cloud.error("Publish", TopicArn=small, Message="x" * 1025)[1].endswith("too long")
    entries = [{"Id": str(index), "Message": "x" * 513} for index in range(2)]
    error = cloud.error("PublishBatch", TopicArn=small, PublishBatchRequestEntries=entries)
    assert error == (
        "BatchRequestTooLongException",
        "The length of all the messages put together is more than the limit.",
    )


@pytest.mark.parametrize(
    ("name", "attribute", "text"),
    [
        (
            "a",
            {"DataType": "String", "StringValue": ""},
            (
                "The message attribute 'a' must contain "
                "non-empty message attribute value for message attribute type 'String'."
            ),
        ),
        (
            "a",
            {"DataType": "String"},
            (
                "The message attribute 'a' must contain non-empty message "
                "attribute value for message attribute type 'String'."
            ),
        ),
        (
            "a",
            {"DataType": "Binary", "StringValue": "x"},
            "The message attribute 'a' with type 'Binary' must use field 'Binary'.",
        ),
        (
            "a",
            {"DataType": "Number", "BinaryValue": b"1"},
            "The message attribute 'a' with type 'Number' must use field 'String'.",
        ),
        (
            "a",
            string("x") | {"DataType": "Text"},
            (
                "The message attribute 'a' has an invalid "
                "message attribute type, the set of supported type prefixes is Binary, Number, and "
                "String."
            ),
        ),
        (
            "a",
            string("x") | {"DataType": "String."},
            (
                "The message attribute 'a' has an invalid "
                "message attribute type, the set of supported type prefixes is Binary, Number, and "
                "String."
            ),
        ),
        ("a", number("many"), "Could not cast message attribute 'a' value to number."),
        ("a" * 257, string("x"), "Length of message attribute name must be less than 256 bytes."),
        (
            "a^",
            string("x"),
            (
                "Invalid non-alphanumeric character '#x5E' was found in the message "
                "attribute name. Can only include alphanumeric characters, hyphens, "
                "underscores, or dots."
            ),
        ),
        (
            ".a",
            string("x"),
            "Invalid message attribute name starting with character '.' was found.",
        ),
        ("a.", string("x"), "Invalid message attribute name ending with character '.' was found."),
        ("a..b", string("x"), "Message attribute name can not have successive '.' character."),
    ],
)
def test_publish_refuses_attributes(
    cloud: Cloud, name: str, attribute: dict[str, Any], text: str
) -> None:
    """Publish and PublishBatch say the same about an attribute."""
    topic = cloud.topic()
    request = {"Message": "x", "MessageAttributes": {name: attribute}}
    expected = ("InvalidParameterValueException", text)
    assert cloud.error("Publish", TopicArn=topic, **request) == expected
    entries = [{"Id": "1", **request}, {"Id": "2", "Message": "fine"}]
    error = cloud.error("PublishBatch", TopicArn=topic, PublishBatchRequestEntries=entries)
    assert error == expected


def test_publish_needs_one_target(cloud: Cloud) -> None:
    """Without a topic, an endpoint or a phone number there is nowhere to publish to."""
    assert cloud.error("Publish", Message="x")[1] == (
        "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter"
    )
    topic = cloud.topic()
    code, _ = cloud.error("Publish", Message="x", TopicArn=topic, PhoneNumber="+15551234567")
    assert code == "InvalidParameterException"


def test_publish_takes_a_topic_as_target(cloud: Cloud) -> None:
    """TargetArn may name a topic as well."""
    topic = cloud.topic()
    cloud.subscribe(topic)
    cloud.call("Publish", TargetArn=topic, Message="x")
    assert cloud.envelopes()[0]["Message"] == "x"


def test_publish_forwards_a_message_group_to_standard_queues(cloud: Cloud) -> None:
    """On a standard topic a group id goes to queues alone, for fair queueing."""
    topic = cloud.topic()
    cloud.subscribe(topic)
    cloud.publish(topic, MessageGroupId="tenant-1")
    [request] = cloud.sqs.requests
    assert request["MessageGroupId"] == "tenant-1"
    assert "MessageDeduplicationId" not in request
    error = cloud.error("Publish", TopicArn=topic, Message="x", MessageGroupId="two words")
    assert error[1].startswith("Invalid parameter: MessageGroupId")


def test_publish_batch_delivers_in_order(cloud: Cloud) -> None:
    """Each entry is a message of its own, with its own id, in the order given."""
    topic = cloud.topic()
    cloud.subscribe(topic, RawMessageDelivery="true")
    entries = [{"Id": f"e{index}", "Message": f"m{index}"} for index in range(10)]
    reply = cloud.call("PublishBatch", TopicArn=topic, PublishBatchRequestEntries=entries)
    assert reply["Failed"] == []
    assert [one["Id"] for one in reply["Successful"]] == [entry["Id"] for entry in entries]
    assert len(dict.fromkeys(one["MessageId"] for one in reply["Successful"])) == 10
    assert cloud.bodies() == [f"m{index}" for index in range(10)]


@pytest.mark.parametrize(
    ("ids", "code", "text"),
    [
        ([], "EmptyBatchRequestException", "The batch request doesn't contain any entries."),
        (
            [str(index) for index in range(11)],
            "TooManyEntriesInBatchRequestException",
            "The batch request contains more entries than permissible.",
        ),
        (
            ["a", "a"],
            "BatchEntryIdsNotDistinctException",
            "Two or more batch entries in the request have the same Id.",
        ),
        (
            ["a.b"],
            "InvalidBatchEntryIdException",
            "The Id of a batch entry in the batch request contains an impermissible character: a.b",
        ),
        (
            ["a" * 81],
            "InvalidBatchEntryIdException",
            f"The Id of a batch entry in the batch request is too long: {'a' * 81}",
        ),
    ],
)
def test_publish_batch_refuses_ids(cloud: Cloud, ids: list[str], code: str, text: str) -> None:
    """A batch has 1 to 10 entries with distinct ids of letters, digits, hyphen, underscore."""
    entries = [{"Id": entry_id, "Message": "x"} for entry_id in ids]
    error = cloud.error("PublishBatch", TopicArn=cloud.topic(), PublishBatchRequestEntries=entries)
    assert error == (code, text)


def test_publish_to_nobody_is_noted(cloud: Cloud) -> None:
    """A message that nothing is subscribed to leaves a note that names the publication."""
    topic = cloud.topic()
    message_id = cloud.publish(topic)["MessageId"]
    [note] = cloud.notes()
    assert note.outcome == "nothing is subscribed"
    assert note.detail["MessageId"] == message_id
    [call] = [entry for entry in cloud.emulator.journal.entries() if entry.subject == "sns.Publish"]
    assert note.causes == (call.number,)


def test_publish_to_pending_subscriptions_is_noted(cloud: Cloud) -> None:
    """A message that only unconfirmed endpoints wait for leaves a note."""
    topic = cloud.topic()
    cloud.subscribe(topic, "email", "a@example.com")
    cloud.publish(topic)
    assert cloud.outcomes()[-1] == "no subscription is confirmed"


def test_publish_to_delivery_stream_puts_a_line(cloud: Cloud) -> None:
    """A delivery stream gets the envelope as one line."""
    topic = cloud.topic()
    stream = "arn:aws:firehose:us-east-1:000000000000:deliverystream/archive"
    cloud.subscribe(
        topic, "firehose", stream, SubscriptionRoleArn="arn:aws:iam::000000000000:role/r"
    )
    cloud.publish(topic)
    [request] = cloud.firehose.requests
    assert request["DeliveryStreamName"] == "archive"
    assert request["Record"]["Data"].endswith(b"}\n")
    assert json.loads(request["Record"]["Data"])["Message"] == "hello"


def test_deliveries_follow_from_the_publication(cloud: Cloud) -> None:
    """What SNS sends names the publishing call as its cause."""
    topic = cloud.topic()
    cloud.subscribe(topic)
    cloud.publish(topic)
    entries = list(cloud.emulator.journal.entries())
    published = next(entry for entry in entries if entry.subject == "sns.Publish")
    delivered = next(entry for entry in entries if entry.subject == "sqs.SendMessage")
    assert delivered.causes == (published.number,)
