"""ListShards, with its filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.kinesis import limits
from chalice_offline.services.kinesis.errors import invalid_argument
from chalice_offline.services.kinesis.shard import shard_index_of
from chalice_offline.services.kinesis.tokens import read_token, write_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.kinesis.shard import Shard
    from chalice_offline.services.kinesis.state import KinesisState
    from chalice_offline.services.kinesis.stream import Stream

_NAMED = ("StreamName", "StreamARN", "StreamCreationTimestamp", "ExclusiveStartShardId")


def list_shards(kinesis: KinesisState, context: CallContext, request: Request) -> Result:
    """List a stream's shards in the order in which they were made, a page at a time."""
    stream, wanted, after = _what(kinesis, context, request)
    found = [
        shard
        for shard in stream.shards
        if shard.index > after and _passes(stream, shard, wanted, context.now_ms)
    ]
    page = found[: request.get("MaxResults", limits.LISTED_SHARDS_DEFAULT)]
    result: Result = {"Shards": [shard.describe() for shard in page]}
    if len(found) > len(page):
        place = "/".join((*stream.key, str(page[-1].index), _filter_text(wanted)))
        result["NextToken"] = write_token("ListShards", place, context.now_ms)
    return result


def _what(
    kinesis: KinesisState, context: CallContext, request: Request
) -> tuple[Stream, tuple[str, int], int]:
    """Return the stream, the filter, and the number of the shard to go on after."""
    token = request.get("NextToken")
    if token is None:
        if not request.get("StreamName") and not request.get("StreamARN"):
            raise invalid_argument("Either NextToken or StreamName should be provided.")
        stream = kinesis.find_stream(context, request)
        index = shard_index_of(request.get("ExclusiveStartShardId", "-1"))
        after = -1 if "ExclusiveStartShardId" not in request else (index or 0)
        return stream, _wanted(stream, request.get("ShardFilter"), context.now_ms), after
    for member in _NAMED:
        if member in request:
            raise invalid_argument(f"NextToken and {member} cannot be provided together.")
    place = read_token("ListShards", token, context.now_ms).split("/")
    account_id, region, name, last, kind, argument = place
    arn_or_name = {"StreamName": name}
    there = context._replace(account_id=account_id, region=region)
    return kinesis.find_stream(there, arn_or_name), (kind, int(argument)), int(last)


def _wanted(stream: Stream, given: dict[str, Any] | None, now_ms: int) -> tuple[str, int]:
    """Return a filter as its type and a number: a shard's, or an instant."""
    if not given:
        return "", 0
    kind = given["Type"]
    if kind == "AFTER_SHARD_ID":
        if "ShardId" not in given:
            raise invalid_argument("ShardId must be provided when ShardFilter is AFTER_SHARD_ID.")
        return kind, shard_index_of(given["ShardId"]) or 0
    if kind in ("AT_TIMESTAMP", "FROM_TIMESTAMP"):
        if "Timestamp" not in given:
            raise invalid_argument(f"Timestamp must be provided when ShardFilter is {kind}.")
        instant_ms = round(given["Timestamp"].timestamp() * 1000)
        if instant_ms > now_ms:
            raise invalid_argument(f"Timestamp of ShardFilter {kind} cannot be in the future.")
        return kind, max(instant_ms, stream.trim_horizon_ms(now_ms))
    return kind, 0


def _passes(stream: Stream, shard: Shard, wanted: tuple[str, int], now_ms: int) -> bool:
    kind, argument = wanted
    if kind in ("AT_TRIM_HORIZON", "FROM_TRIM_HORIZON"):
        argument = max(stream.created_ms, stream.trim_horizon_ms(now_ms))
    return not kind or _FILTERS[kind](stream, shard, argument)


def _was_open_at(stream: Stream, shard: Shard, instant_ms: int) -> bool:
    # The first shards are there as soon as the stream is.
    created_ms = shard.created_ms if shard.parents else stream.created_ms
    return created_ms <= instant_ms and _was_open_since(stream, shard, instant_ms)


def _was_open_since(_stream: Stream, shard: Shard, instant_ms: int) -> bool:
    return shard.closed_ms is None or shard.closed_ms > instant_ms


# API reference, ShardFilter: AT_… are the shards open at that instant, FROM_… these and all since.
_FILTERS: dict[str, Callable[[Stream, Shard, int], bool]] = {
    "AFTER_SHARD_ID": lambda _stream, shard, index: shard.index > index,
    "AT_TRIM_HORIZON": _was_open_at,
    "FROM_TRIM_HORIZON": _was_open_since,
    "AT_LATEST": lambda _stream, shard, _: shard.is_open,
    "AT_TIMESTAMP": _was_open_at,
    "FROM_TIMESTAMP": _was_open_since,
}


def _filter_text(wanted: tuple[str, int]) -> str:
    return f"{wanted[0]}/{wanted[1]}"
