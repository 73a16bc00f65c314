"""What is particular about single replies."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from chalice_offline.core.http import Headers, HttpRequest
from chalice_offline.protocols import Target, parse, scalars, serialize

PUT_EVENTS = Target("events", "PutEvents", "json")


def test_none_and_unknown_members_are_left_out():
    """Services may leave optional members None; an older model may not know a newer member."""
    result = {"MessageId": "m", "SequenceNumber": None, "Future": 1}
    response = serialize(Target("sqs", "SendMessage", "json"), result, "req-1")
    assert response.body == b'{"MessageId":"m"}'
    assert response.headers["content-type"] == "application/x-amz-json-1.0"
    assert response.headers["content-length"] == str(len(response.body))


@pytest.mark.parametrize(("service", "body"), [("dynamodb", b""), ("sqs", b"{}")])
def test_replies_without_a_shape(service, body):
    """DynamoDB sends no body where the model has no reply; SQS an empty object."""
    operation = {"dynamodb": "TagResource", "sqs": "TagQueue"}[service]
    response = serialize(Target(service, operation, "json"), {}, "req-1")
    assert (response.status, response.body) == (200, body)


def test_lambda_invoke_reply_is_the_functions_own_bytes():
    """Status, function error and version travel in status line and headers."""
    result = {
        "StatusCode": 200,
        "FunctionError": "Unhandled",
        "ExecutedVersion": "$LATEST",
        "Payload": b'{"errorMessage": "x"}',
    }
    response = serialize(Target("lambda", "Invoke", "rest-json"), result, "req-1")
    assert response.status == 200
    assert response.headers["x-amz-function-error"] == "Unhandled"
    assert response.headers["x-amz-executed-version"] == "$LATEST"
    assert response.body == b'{"errorMessage": "x"}'


@pytest.mark.parametrize("status", [202, 204])
def test_lambda_status_is_the_results(status):
    """Event answers 202 and DryRun 204, both without a body."""
    response = serialize(Target("lambda", "Invoke", "rest-json"), {"StatusCode": status}, "r")
    assert (response.status, response.body) == (status, b"")


def test_lambda_create_answers_201():
    """The model's responseCode counts."""
    response = serialize(
        Target("lambda", "CreateFunction", "rest-json"), {"FunctionName": "f"}, "r"
    )
    assert (response.status, json.loads(response.body)) == (201, {"FunctionName": "f"})


def test_s3_notification_reply_has_s3s_root_and_names():
    """CloudFunction is Lambda's old name, and the root element is the configuration."""
    result = {
        "LambdaFunctionConfigurations": [
            {"Id": "i", "LambdaFunctionArn": "arn", "Events": ["s3:ObjectCreated:*", "s3:X"]}
        ],
        "EventBridgeConfiguration": {},
    }
    target = Target("s3", "GetBucketNotificationConfiguration", "rest-xml")
    assert serialize(target, result, "r").body.decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<NotificationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        "<CloudFunctionConfiguration><Id>i</Id><CloudFunction>arn</CloudFunction>"
        "<Event>s3:ObjectCreated:*</Event><Event>s3:X</Event></CloudFunctionConfiguration>"
        "<EventBridgeConfiguration></EventBridgeConfiguration>"
        "</NotificationConfiguration>"
    )


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        ("1769860800", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("1769860800.123", datetime(2026, 1, 31, 12, 0, 0, 123000, tzinfo=UTC)),
        ('"2026-01-31T12:00:00Z"', datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ('"2026-01-31T13:30:00.5+01:30"', datetime(2026, 1, 31, 12, 0, 0, 500000, tzinfo=UTC)),
        ('"Sat, 31 Jan 2026 12:00:00 GMT"', datetime(2026, 1, 31, 12, tzinfo=UTC)),
    ],
)
def test_timestamps_are_read_exactly(wire, expected):
    """Epoch seconds, ISO 8601 and HTTP dates, to the microsecond."""
    body = f'{{"Entries": [{{"Time": {wire}}}]}}'.encode()
    request = HttpRequest("POST", "http://127.0.0.1/", Headers(), body)
    assert parse(PUT_EVENTS, request)["Entries"][0]["Time"] == expected


def test_timestamps_are_written_in_the_models_format():
    """Seconds in JSON, ISO 8601 in XML, HTTP dates in headers; any zone is made UTC."""
    moment = datetime(2026, 1, 31, 13, 0, 0, 250000, tzinfo=timezone(timedelta(hours=1)))
    assert scalars.epoch_seconds(moment) == 1769860800.25
    assert scalars.iso8601(moment) == "2026-01-31T12:00:00.250Z"
    assert scalars.http_date(moment) == "Sat, 31 Jan 2026 12:00:00 GMT"
    assert scalars.epoch_seconds(1769860800) == 1769860800
