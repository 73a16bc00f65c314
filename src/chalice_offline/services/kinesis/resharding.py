"""SplitShard, MergeShards, UpdateShardCount."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.kinesis import changes, limits
from chalice_offline.services.kinesis.errors import (
    invalid_argument,
    limit_exceeded,
    shard_not_found,
)
from chalice_offline.services.kinesis.quotas import check_provisioned, check_shard_quota, counted
from chalice_offline.services.kinesis.shard import shard_id_of, shard_index_of
from chalice_offline.services.kinesis.stream import UPDATING

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.kinesis.shard import Shard
    from chalice_offline.services.kinesis.state import KinesisState
    from chalice_offline.services.kinesis.stream import Stream


def split_shard(kinesis: KinesisState, context: CallContext, request: Request) -> Result:
    """Close a shard and open two, the second from NewStartingHashKey on."""
    stream = kinesis.find_active_stream(context, request)
    check_provisioned(stream)
    shard = _open_shard(stream, request["ShardToSplit"])
    start = int(request["NewStartingHashKey"])
    if not shard.lowest + 1 < start < shard.highest:
        raise invalid_argument(
            f"NewStartingHashKey {start} used in SplitShard() on shard {shard.id} in stream "
            f"{stream.name} under account {stream.key.account_id} is not both greater than one "
            f"plus the shard's StartingHashKey {shard.lowest} and less than the shard's "
            f"EndingHashKey {shard.highest}."
        )
    check_shard_quota(kinesis, context, 1)
    changes.begin(kinesis, stream, UPDATING, "split", index=shard.index, start=str(start))
    return {}


def merge_shards(kinesis: KinesisState, context: CallContext, request: Request) -> Result:
    """Close two neighbouring shards and open one."""
    stream = kinesis.find_active_stream(context, request)
    check_provisioned(stream)
    first = _open_shard(stream, request["ShardToMerge"])
    second = _open_shard(stream, request["AdjacentShardToMerge"])
    low, high = sorted((first, second), key=lambda shard: shard.lowest)
    if low.highest + 1 != high.lowest:
        raise invalid_argument(
            f"Shards {first.id} and {second.id} in stream {stream.name} under account "
            f"{stream.key.account_id} are not an adjacent pair of shards eligible for merging"
        )
    changes.begin(kinesis, stream, UPDATING, "merge", index=first.index, adjacent=second.index)
    return {}


def update_shard_count(kinesis: KinesisState, context: CallContext, request: Request) -> Result:
    """Divide the stream anew, into shards of the same size."""
    stream = kinesis.find_active_stream(context, request)
    target, present = request["TargetShardCount"], len(stream.open_shards)
    counts = f"Current open shard count: {present}, Target shard count: {target}"
    check_provisioned(stream)
    if target > limits.SHARDS_PER_STREAM:
        raise limit_exceeded(
            "Target shard count or number of open shards cannot be greater than "
            f"{limits.SHARDS_PER_STREAM}. {counts}"
        )
    if target > present * 2:
        raise limit_exceeded(
            f"UpdateShardCount cannot scale up over double your current open shard count. {counts}"
        )
    if target * 2 < present:
        raise limit_exceeded(
            f"UpdateShardCount cannot scale down below half your current open shard count. {counts}"
        )
    if target > present:
        check_shard_quota(kinesis, context, target - present)
    stream.scaled_ms = counted(
        stream.scaled_ms,
        context.now_ms,
        limits.SCALINGS_PER_DAY,
        f"The shard count of stream {stream.name} under account {stream.key.account_id}",
    )
    changes.begin(kinesis, stream, UPDATING, "scale", shard_count=target)
    return {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "CurrentShardCount": present,
        "TargetShardCount": target,
    }


def _open_shard(stream: Stream, shard_id: str) -> Shard:
    index = shard_index_of(shard_id)
    shard = stream.shard(index)
    if shard is None:
        named = shard_id if index is None else shard_id_of(index)
        raise shard_not_found(named, stream.name, stream.key.account_id)
    if not shard.is_open:
        raise invalid_argument(
            f"Shard {shard.id} in stream {stream.name} under account {stream.key.account_id} has "
            "already been merged or split, and thus is not eligible for merging or splitting."
        )
    return shard
