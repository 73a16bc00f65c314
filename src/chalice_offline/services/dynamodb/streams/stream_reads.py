"""GetShardIterator and GetRecords.

An iterator is all that is needed to go on: stream, position and the instant it was given out.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from chalice_offline.core.errors import AwsError
from chalice_offline.services.dynamodb import limits
from chalice_offline.services.dynamodb.errors import resource_missing, validation
from chalice_offline.services.dynamodb.streams.stream_requests import check_limit
from chalice_offline.services.dynamodb.values.sizes import item_size_bytes

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.dynamodb.state import DynamoDbState
    from chalice_offline.services.dynamodb.streams.stream import Change, Stream

_BY_NUMBER = ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")


class _Position(NamedTuple):
    arn: str
    number: int
    issued_ms: int


def get_shard_iterator(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Result:
    """Return where to read from."""
    kind, given = request["ShardIteratorType"], request.get("SequenceNumber")
    if kind in _BY_NUMBER and given is None:
        raise validation(f"SequenceNumber must be specified for ShardIteratorType {kind}")
    if kind not in _BY_NUMBER and given is not None:
        raise validation(f"SequenceNumber cannot be specified for ShardIteratorType {kind}")
    stream = dynamodb.find_stream(request["StreamArn"])
    if request["ShardId"] != stream.shard_id:
        raise resource_missing(f"Shard: {request['ShardId']} in Stream: {stream.arn} not found")
    number = _start(dynamodb, stream, kind, given)
    return {"ShardIterator": _iterator(_Position(stream.arn, number, context.now_ms))}


def get_records(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Result:
    """Return records from an iterator on, and the iterator that follows."""
    check_limit(request, limits.STREAM_PAGE_RECORDS)
    limit = request.get("Limit", limits.STREAM_PAGE_RECORDS)
    position = _position(request["ShardIterator"])
    if context.now_ms - position.issued_ms > limits.ITERATOR_MS:
        raise AwsError(
            "ExpiredIteratorException",
            "Iterator expired. The iterator is no longer valid: iterators are valid for 15 minutes",
        )
    stream = dynamodb.find_stream(position.arn)
    if position.number <= stream.trimmed_number:
        raise _trimmed()
    records: list[dict[str, Any]] = []
    size, next_number = 0, position.number
    for number, change in dynamodb.streams.records(stream, position.number):
        if len(records) == limit or size >= limits.STREAM_PAGE_BYTES:
            break
        records.append(_record(stream, number, change))
        size += change.size
        next_number = number + 1
    result: Result = {"Records": records}
    if stream.is_enabled or next_number < dynamodb.streams.next_number(stream):
        following = _Position(stream.arn, next_number, context.now_ms)
        result["NextShardIterator"] = _iterator(following)
    return result


def _start(dynamodb: DynamoDbState, stream: Stream, kind: str, given: str | None) -> int:
    if kind == "LATEST":
        return dynamodb.streams.next_number(stream)
    oldest = dynamodb.streams.oldest_number(stream)
    if kind == "TRIM_HORIZON":
        return oldest
    assert given is not None
    if not given.isdecimal() or not given.isascii():
        raise validation(f"Invalid SequenceNumber: {given}")
    number = int(given)
    if number <= stream.trimmed_number:
        raise _trimmed()
    if not stream.first_number <= number <= dynamodb.streams.next_number(stream):
        raise validation(f"Invalid SequenceNumber: {given} is not in the shard {stream.shard_id}")
    number += kind == "AFTER_SEQUENCE_NUMBER" and number != dynamodb.streams.next_number(stream)
    return number


def _trimmed() -> AwsError:
    return AwsError(
        "TrimmedDataAccessException",
        "The operation attempted to read past the oldest stream record in a shard.",
    )


def _iterator(position: _Position) -> str:
    text = json.dumps(position[1:]).encode()
    return f"{position.arn}|1|{base64.b64encode(text).decode()}"


def _position(iterator: str) -> _Position:
    arn, _, text = iterator.partition("|1|")
    try:
        number, issued_ms = json.loads(base64.b64decode(text, validate=True))
        return _Position(arn, int(number), int(issued_ms))
    except (binascii.Error, OverflowError, TypeError, ValueError) as error:
        raise validation("Invalid ShardIterator") from error


def _record(stream: Stream, number: int, change: Change) -> dict[str, Any]:
    view = stream.view_type
    inner: dict[str, Any] = {
        "ApproximateCreationDateTime": change.created_ms // 1000,
        "Keys": change.keys,
        "SequenceNumber": str(number),
        "SizeBytes": 0,
        "StreamViewType": view,
    }
    if change.new is not None and view in ("NEW_IMAGE", "NEW_AND_OLD_IMAGES"):
        inner["NewImage"] = change.new
    if change.old is not None and view in ("OLD_IMAGE", "NEW_AND_OLD_IMAGES"):
        inner["OldImage"] = change.old
    shown = ("Keys", "NewImage", "OldImage")
    inner["SizeBytes"] = sum(item_size_bytes(inner[name]) for name in shown if name in inner)
    record: dict[str, Any] = {
        "eventID": change.event_id,
        "eventName": change.name,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": stream.table_arn.split(":")[3],
        "dynamodb": inner,
    }
    if change.by_time_to_live:
        record["userIdentity"] = {
            "Type": "Service",
            "PrincipalId": "dynamodb.amazonaws.com",
        }
    return record
