"""How errors look on the wire, protocol by protocol, and how botocore reads them."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest
from botocore.awsrequest import HeadersDict
from botocore.parsers import create_parser

from chalice_offline.core.errors import AwsError
from chalice_offline.core.http import Headers, HttpRequest
from chalice_offline.protocols import Target, parse, serialize_error
from chalice_offline.protocols.service_models import model_for


def reply_to(service, protocol, error):
    """Return the error's reply."""
    return serialize_error(Target(service, None, protocol), error, "req-1")


def read_by_botocore(service, protocol, operation, response):
    """Return botocore's Error dict."""
    model = model_for(service, protocol)
    parsed = create_parser(protocol).parse(
        {
            "status_code": response.status,
            "headers": HeadersDict(response.headers),
            "body": response.body,
            "context": {"operation_name": operation},
        },
        model.operation_model(operation).output_shape,
    )
    return parsed["Error"]


def test_sqs_error_serves_new_and_old_clients():
    """The shape in `__type`, the legacy code in a header (recorded)."""
    response = reply_to("sqs", "json", AwsError("QueueDoesNotExist", "Gone."))
    assert response.status == 400
    assert response.headers["x-amzn-query-error"] == (
        "AWS.SimpleQueueService.NonExistentQueue;Sender"
    )
    assert json.loads(response.body) == {
        "__type": "com.amazonaws.sqs#QueueDoesNotExist",
        "message": "Gone.",
    }
    assert read_by_botocore("sqs", "json", "SendMessage", response) == {
        "Code": "AWS.SimpleQueueService.NonExistentQueue",
        "Message": "Gone.",
        "QueryErrorCode": "QueueDoesNotExist",
        "Type": "Sender",
    }


@pytest.mark.parametrize(
    ("code", "seen", "shape", "status"),
    [
        ("InvalidParameterValue", "InvalidParameterValue", "InvalidParameterValueException", 400),
        ("MissingParameter", "MissingParameter", "MissingRequiredParameterException", 400),
        ("QueueNameExists", "QueueAlreadyExists", "QueueNameExists", 400),
        (
            "PurgeQueueInProgress",
            "AWS.SimpleQueueService.PurgeQueueInProgress",
            "PurgeQueueInProgress",
            403,
        ),
        (
            "ResourceNotFoundException",
            "ResourceNotFoundException",
            "ResourceNotFoundException",
            404,
        ),
    ],
)
def test_sqs_error_codes_are_as_recorded(code, seen, shape, status):
    """Services may name an error by shape or by legacy code."""
    response = reply_to("sqs", "json", AwsError(code, "x"))
    error = read_by_botocore("sqs", "json", "SendMessage", response)
    assert (error["Code"], error["QueryErrorCode"], response.status) == (seen, shape, status)


def test_events_error_has_its_bare_name():
    """EventBridge sends no namespace."""
    response = reply_to("events", "json", AwsError("ResourceNotFoundException", "Rule x"))
    assert json.loads(response.body) == {"__type": "ResourceNotFoundException", "message": "Rule x"}
    assert response.headers["content-type"] == "application/x-amz-json-1.1"
    assert response.headers["x-amzn-requestid"] == "req-1"


@pytest.mark.parametrize("code", ["NotFound", "NotFoundException"])
def test_sns_error_has_code_and_status_of_the_model(code):
    """NotFoundException is NotFound on the wire, with 404."""
    response = reply_to("sns", "query", AwsError(code, "Topic does not exist"))
    assert response.status == 404
    assert read_by_botocore("sns", "query", "Publish", response) == {
        "Type": "Sender",
        "Code": "NotFound",
        "Message": "Topic does not exist",
    }


def test_lambda_error_has_type_header_and_fault():
    """Lambda puts the type in a header, `Type` in the body and Retry-After where it belongs."""
    error = AwsError(
        "TooManyRequestsException",
        "Rate Exceeded.",
        fields={"retryAfterSeconds": "1", "Reason": "ConcurrentInvocationLimitExceeded"},
    )
    response = reply_to("lambda", "rest-json", error)
    assert response.status == 429
    assert response.headers["x-amzn-errortype"] == "TooManyRequestsException"
    assert response.headers["retry-after"] == "1"
    assert json.loads(response.body) == {
        "Type": "User",
        "message": "Rate Exceeded.",
        "Reason": "ConcurrentInvocationLimitExceeded",
    }


@pytest.mark.parametrize(
    ("code", "status", "body"),
    [
        ("ResourceNotFoundException", 404, {"Type": "User", "Message": "x"}),
        ("ResourceConflictException", 409, {"Type": "User", "message": "x"}),
        ("ServiceException", 500, {"Type": "Service", "Message": "x"}),
        ("ValidationException", 400, {"message": "x"}),
    ],
)
def test_lambda_error_spells_the_message_as_its_shape(code, status, body):
    """Lambda's shapes disagree on `Message` and `message`."""
    response = reply_to("lambda", "rest-json", AwsError(code, "x"))
    assert (response.status, json.loads(response.body)) == (status, body)


def test_scheduler_error_has_the_status_of_the_model():
    """A conflict is 409."""
    response = reply_to("scheduler", "rest-json", AwsError("ConflictException", "exists"))
    assert (response.status, json.loads(response.body)) == (409, {"Message": "exists"})


def test_s3_error_lists_its_fields():
    """S3 tells which bucket, before the request id."""
    error = AwsError("NoSuchBucket", "No & none", fields={"BucketName": "b"})
    response = reply_to("s3", "rest-xml", error)
    parts = [(part.tag, part.text) for part in ET.fromstring(response.body)]
    assert response.status == 404
    assert parts[:4] == [
        ("Code", "NoSuchBucket"),
        ("Message", "No & none"),
        ("BucketName", "b"),
        ("RequestId", "REQ1"),  # S3 spells them like this
    ]


@pytest.mark.parametrize(
    ("service", "protocol"),
    [("sqs", "json"), ("sns", "query"), ("lambda", "rest-json"), ("s3", "rest-xml")],
)
def test_unmodelled_error_keeps_its_own_status(service, protocol):
    """Codes no model knows carry the status they were raised with."""
    error = AwsError("NotImplementedHere", "later \x00", status=501, sender_fault=False)
    assert reply_to(service, protocol, error).status == 501


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("service", ["sqs", "sns"])
def test_request_without_action_names_no_operation(service, as_json):
    """AWS answers before it looks at the headers: one bare element, whatever is accepted."""
    target = Target(service, None, "query", replies_in_json=as_json)
    with pytest.raises(AwsError) as refused:
        parse(target, HttpRequest("GET", "http://127.0.0.1:4566/", Headers()))
    response = serialize_error(target, refused.value, "req-1")
    assert (response.status, response.body) == (404, b"<UnknownOperationException/>\n")
    assert response.headers["x-amzn-requestid"] == "req-1"


@pytest.mark.parametrize(("service", "status"), [("dynamodb", 400), ("kinesis", 404)])
def test_unknown_operations_have_the_status_of_their_service(service, status):
    """DynamoDB answers 400 where other JSON services answer 404."""
    target = Target(service, "Dance", "json")
    with pytest.raises(AwsError) as refused:
        parse(target, HttpRequest("POST", "http://127.0.0.1:4566/", Headers(), b"{}"))
    response = serialize_error(target, refused.value, "req-1")
    assert response.status == status
    assert json.loads(response.body)["__type"].endswith("#UnknownOperationException")


def test_broken_json_gets_a_type_without_a_message():
    """AWS names the kind of mistake and says no more."""
    target = Target("dynamodb", "PutItem", "json")
    with pytest.raises(AwsError) as refused:
        parse(target, HttpRequest("POST", "http://127.0.0.1:4566/", Headers(), b"{broken"))
    response = serialize_error(target, refused.value, "req-1")
    assert response.status == 400
    assert list(json.loads(response.body)) == ["__type"]


def test_error_without_target_is_xml():
    """A request nobody understands still gets an answer."""
    response = serialize_error(None, AwsError("InvalidAction", "what?"), "req-1")
    assert ET.fromstring(response.body).findtext("Error/Code") == "InvalidAction"
