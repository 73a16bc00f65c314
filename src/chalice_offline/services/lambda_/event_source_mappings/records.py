"""Received messages and stream records as the events a handler gets (recorded on AWS)."""

from __future__ import annotations

import base64
from typing import Any


def sqs_record(message: dict[str, Any], queue_arn: str, region: str) -> dict[str, Any]:
    """Return one message of ReceiveMessage as a record of a Lambda event."""
    record: dict[str, Any] = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes", {})),
        "messageAttributes": {
            name: _message_attribute(value)
            for name, value in message.get("MessageAttributes", {}).items()
        },
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": region,
    }
    if "MD5OfMessageAttributes" in message:
        record["md5OfMessageAttributes"] = message["MD5OfMessageAttributes"]
    return record


def _message_attribute(attribute: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {}
    if "StringValue" in attribute:
        described["stringValue"] = attribute["StringValue"]
    if "BinaryValue" in attribute:
        described["binaryValue"] = base64.b64encode(attribute["BinaryValue"]).decode()
    return described | {
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": attribute["DataType"],
    }


def kinesis_record(
    record: dict[str, Any], shard_id: str, stream_arn: str, region: str, role_arn: str
) -> dict[str, Any]:
    """Return one record of Kinesis GetRecords as a record of a Lambda event."""
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": record["PartitionKey"],
            "sequenceNumber": record["SequenceNumber"],
            "data": base64.b64encode(record["Data"]).decode(),
            "approximateArrivalTimestamp": epoch_seconds(record["ApproximateArrivalTimestamp"]),
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard_id}:{record['SequenceNumber']}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": role_arn,
        "awsRegion": region,
        "eventSourceARN": stream_arn,
    }


def dynamodb_record(record: dict[str, Any], stream_arn: str, region: str) -> dict[str, Any]:
    """Return one record of DynamoDB Streams GetRecords as a record of a Lambda event."""
    change = dict(record["dynamodb"])
    if "ApproximateCreationDateTime" in change:
        # Lambda gives whole seconds where the stream API gives an instant.
        change["ApproximateCreationDateTime"] = float(
            int(epoch_seconds(change["ApproximateCreationDateTime"]))
        )
    for image in ("Keys", "NewImage", "OldImage"):
        if image in change:
            change[image] = {name: _plain(value) for name, value in change[image].items()}
    made = {
        "eventID": record["eventID"],
        "eventName": record["eventName"],
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": region,
        "dynamodb": change,
        "eventSourceARN": stream_arn,
    }
    identity = record.get("userIdentity")
    if identity:  # an item that time to live removed; keys in lower case, in the event only
        made["userIdentity"] = {
            "type": identity["Type"],
            "principalId": identity["PrincipalId"],
        }
    return made


def epoch_seconds(instant: Any) -> float:
    """Return an instant, as botocore parses it, in seconds since the epoch."""
    return float(instant.timestamp() if hasattr(instant, "timestamp") else instant)


def _plain(value: Any) -> Any:
    """Binary attribute values travel as base64 text."""
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value
