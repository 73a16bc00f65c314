"""Query requests that accept JSON get it: the shape AWS gives, not the XML's."""

from __future__ import annotations

import json

import pytest

from chalice_offline.core.errors import AwsError
from chalice_offline.core.http import Headers, HttpRequest
from chalice_offline.protocols import Target, detect, serialize, serialize_error

METADATA = {"ResponseMetadata": {"RequestId": "req-1"}}


def target(operation, service="sqs"):
    """Return what a query request that accepts JSON is for."""
    return Target(service, operation, "query", replies_in_json=True)


def reply(operation, result, service="sqs"):
    """Return the text inside `<Operation>Response` of the reply to an operation."""
    response = serialize(target(operation, service), result, "req-1")
    assert (response.status, response.headers["content-type"]) == (200, "application/json")
    document = json.loads(response.body)
    assert list(document) == [f"{operation}Response"]
    return document[f"{operation}Response"]


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("application/json", True),
        ("application/json, text/plain, */*", True),
        ("Application/JSON", True),
        ("*/*", False),
        ("text/html,application/xhtml+xml,application/xml;q=0.9", False),
        ("", False),
    ],
)
@pytest.mark.parametrize(
    "url", ["http://sqs.eu-west-1.amazonaws.com/", "http://127.0.0.1:4566/000000000000/q"]
)
def test_accept_header_decides(url, accept, wanted):
    """Only a client that names JSON gets it."""
    found = detect(
        HttpRequest("GET", f"{url}?Action=ReceiveMessage", Headers([("Accept", accept)]))
    )
    assert (found.operation, found.replies_in_json) == ("ReceiveMessage", wanted)


def test_json_clients_of_json_services_are_not_concerned():
    """The header means nothing to the protocols that always answer in JSON."""
    headers = Headers([("Accept", "application/json"), ("X-Amz-Target", "AmazonSQS.ListQueues")])
    found = detect(HttpRequest("POST", "http://127.0.0.1:4566/", headers, b"{}"))
    assert (found.protocol, found.replies_in_json) == ("json", False)


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("ListQueues", {"NextToken": None, "queueUrls": None}),
        ("ReceiveMessage", {"messages": None}),
        ("SendMessageBatch", {"Failed": None, "Successful": None}),
    ],
)
def test_absent_members_are_null(operation, members):
    """An empty result names its members all the same."""
    assert reply(operation, {}) == {f"{operation}Result": members, **METADATA}


def test_names_stand_in_alphabetical_order():
    """Also the wrappers: ResponseMetadata comes before SendMessageResult."""
    response = serialize(target("SendMessage"), {"MessageId": "m", "MD5OfMessageBody": "b"}, "r")
    assert response.body == (
        b'{"SendMessageResponse":{"ResponseMetadata":{"RequestId":"r"},"SendMessageResult":'
        b'{"MD5OfMessageAttributes":null,"MD5OfMessageBody":"b",'
        b'"MD5OfMessageSystemAttributes":null,"MessageId":"m","SequenceNumber":null}}}'
    )


def test_message_is_written_with_its_maps_as_lists():
    """SQS's maps are lists of names and values, and binary values base64."""
    message = {
        "Body": '{"a": "b\rc"}',
        "Attributes": {"SentTimestamp": "1"},
        "MessageAttributes": {"b": {"DataType": "Binary", "BinaryValue": b"\x00\x01"}},
    }
    assert reply("ReceiveMessage", {"Messages": [message]})["ReceiveMessageResult"] == {
        "messages": [
            {
                "Attributes": [{"Name": "SentTimestamp", "Value": "1"}],
                "Body": '{"a": "b\rc"}',
                "MD5OfBody": None,
                "MD5OfMessageAttributes": None,
                "MessageAttributes": [
                    {
                        "Name": "b",
                        "Value": {
                            "BinaryListValues": None,
                            "BinaryValue": "AAE=",
                            "DataType": "Binary",
                            "StringListValues": None,
                            "StringValue": None,
                        },
                    }
                ],
                "MessageId": None,
                "ReceiptHandle": None,
            }
        ]
    }


def test_tags_are_keys_and_values():
    """TagMap's entries are named otherwise than attributes."""
    assert reply("ListQueueTags", {"Tags": {"team": "shop"}})["ListQueueTagsResult"] == {
        "Tags": [{"Key": "team", "Value": "shop"}]
    }


@pytest.mark.parametrize(
    ("service", "operation"), [("sqs", "DeleteMessage"), ("sns", "DeleteTopic")]
)
def test_operation_without_result_has_metadata_only(service, operation):
    """Nothing stands beside the request id."""
    assert reply(operation, {}, service) == METADATA


def test_other_services_keep_their_maps():
    """SNS's attributes are one object."""
    result = {"Attributes": {"Owner": "000000000000"}}
    assert reply("GetTopicAttributes", result, "sns")["GetTopicAttributesResult"] == result


def test_error_is_an_object_with_the_legacy_code():
    """What XML clients find under ErrorResponse."""
    error = AwsError("QueueDoesNotExist", "The specified queue does not exist.")
    response = serialize_error(target("SendMessage"), error, "req-1")
    assert (response.status, response.headers["content-type"]) == (400, "application/json")
    assert json.loads(response.body) == {
        "Error": {
            "Code": "AWS.SimpleQueueService.NonExistentQueue",
            "Message": "The specified queue does not exist for this wsdl version.",
            "Type": "Sender",
        },
        "RequestId": "req-1",
    }
