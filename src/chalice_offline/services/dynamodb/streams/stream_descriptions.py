"""ListStreams and DescribeStream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.dynamodb import limits
from chalice_offline.services.dynamodb.errors import validation
from chalice_offline.services.dynamodb.streams.stream import place_of
from chalice_offline.services.dynamodb.streams.stream_requests import check_limit, check_stream_arn

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.dynamodb.state import DynamoDbState
    from chalice_offline.services.dynamodb.streams.stream import Stream


def list_streams(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Result:
    """List streams by ARN, those that ended within the last day included."""
    after = request.get("ExclusiveStartStreamArn", "")
    check_limit(request, limits.STREAMS_LISTED)
    if after:
        check_stream_arn(after)
    wanted = request.get("TableName", "").rpartition("/")[2]
    found = [
        stream
        for stream in dynamodb.streams.all()
        if (place := place_of(stream)).account_id == context.account_id
        and place.region == context.region
        and stream.arn > after
        and wanted in ("", stream.table)
    ]
    page = found[: request.get("Limit", limits.STREAMS_LISTED)]
    result: Result = {
        "Streams": [
            {"StreamArn": one.arn, "TableName": one.table, "StreamLabel": one.label} for one in page
        ]
    }
    if len(found) > len(page):
        result["LastEvaluatedStreamArn"] = page[-1].arn
    return result


def describe_stream(dynamodb: DynamoDbState, _context: CallContext, request: Request) -> Result:
    """Describe a stream and its one shard."""
    check_limit(request, limits.STREAMS_LISTED)
    stream = dynamodb.find_stream(request["StreamArn"])
    shards = [_shard(dynamodb, stream)]
    if request.get("ExclusiveStartShardId", "") >= stream.shard_id:
        shards = []
    wanted = request.get("ShardFilter")
    if wanted is not None:
        shards = _children(stream, wanted)
    description: dict[str, Any] = {
        "StreamArn": stream.arn,
        "StreamLabel": stream.label,
        "StreamStatus": "ENABLED" if stream.is_enabled else "DISABLED",
        "StreamViewType": stream.view_type,
        "CreationRequestDateTime": stream.created_ms / 1000,
        "TableName": stream.table,
        "KeySchema": stream.key_schema,
        "Shards": shards,
    }
    return {"StreamDescription": description}


def _shard(dynamodb: DynamoDbState, stream: Stream) -> dict[str, Any]:
    numbers = {"StartingSequenceNumber": str(stream.first_number)}
    if not stream.is_enabled:
        last = max(dynamodb.streams.next_number(stream) - 1, stream.first_number)
        numbers["EndingSequenceNumber"] = str(last)
    return {"ShardId": stream.shard_id, "SequenceNumberRange": numbers}


def _children(stream: Stream, wanted: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the shards that follow another one: there are none, shards are not split here."""
    for member in ("Type", "ShardId"):
        if wanted.get(member) is None:
            raise validation(f"ShardFilter.{member[0].lower()}{member[1:]} must be specified")
    if wanted["ShardId"] != stream.shard_id:
        raise validation(
            f"1 validation error detected: Value '{wanted['ShardId']}' at 'shardFilter.shardId' "
            "failed to satisfy constraint: it names no shard of the stream"
        )
    return []
