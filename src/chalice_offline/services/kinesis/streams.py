"""Streams as a whole: made, deleted, listed, described."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.kinesis import changes, limits
from chalice_offline.services.kinesis.errors import (
    in_use,
    invalid_argument,
    invalid_value,
    stream_exists,
    stream_not_active,
)
from chalice_offline.services.kinesis.quotas import (
    check_distribution,
    check_on_demand_quota,
    check_shard_quota,
    open_shards,
)
from chalice_offline.services.kinesis.shard import shard_index_of
from chalice_offline.services.kinesis.stream import (
    CREATING,
    DELETING,
    ON_DEMAND,
    PROVISIONED,
    Stream,
    StreamKey,
)
from chalice_offline.services.kinesis.tag_rules import check_tags
from chalice_offline.services.kinesis.tokens import read_token, write_token

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.kinesis.state import KinesisState


def create_stream(kinesis: KinesisState, context: CallContext, request: Request) -> Result:
    """Make a stream, which is ACTIVE a moment later.

    Without ShardCount and mode it is an on-demand stream with four shards (recorded on AWS).
    """
    key = StreamKey(context.account_id, context.region, request["StreamName"])
    if key in kinesis.streams:
        raise stream_exists(key.name, key.account_id)
    shard_count = request.get("ShardCount")
    mode = request.get("StreamModeDetails", {}).get("StreamMode")
    if mode is None:
        mode = ON_DEMAND if shard_count is None else PROVISIONED
    if mode == PROVISIONED and shard_count is None:
        raise invalid_argument("ShardCount must be provided for streams in PROVISIONED mode.")
    if mode == ON_DEMAND and shard_count is not None:
        raise invalid_argument("ShardCount must not be provided for streams in ON_DEMAND mode.")
    shard_count = shard_count or limits.ON_DEMAND_SHARDS
    check_shard_quota(kinesis, context, shard_count)
    check_on_demand_quota(kinesis, context, mode)
    tags = dict(request.get("Tags", {}))
    check_tags(key.name, key.account_id, tags)
    stream = Stream(
        key=key,
        id=kinesis.kernel.ids.uuid(),
        created_ms=context.now_ms,
        mode=mode,
        tags=tags,
        record_kib=request.get("MaxRecordSizeInKiB", limits.RECORD_KIB_DEFAULT),
        warm_mib=request.get("WarmThroughputMiBps"),
    )
    distribution = request.get("RecordDistributionStrategy", stream.distribution)
    check_distribution(stream, distribution)
    stream.distribution = distribution
    changes.begin(kinesis, stream, CREATING, "create", shard_count=shard_count)
    if context.principal:
        # CloudFormation goes on when a stream is ACTIVE: nobody behind it sees it CREATING.
        changes.finish_now(kinesis, stream)
    return {}


def delete_stream(kinesis: KinesisState, context: CallContext, request: Request) -> Result:
    """Delete a stream with its records and, if asked, its consumers."""
    stream = kinesis.find_stream(context, request)
    if stream.status == DELETING:
        raise stream_not_active(stream.name, stream.key.account_id, DELETING)
    if stream.consumers and not request.get("EnforceConsumerDeletion"):
        account_and_name = f"{stream.key.account_id}:{stream.name}"
        raise in_use(
            f"DeleteStream can't delete {account_and_name} because there are consumers associated "
            f"with this data stream. To delete {stream.name} anyway, set the "
            "EnforceConsumerDeletion parameter to true to force the deletion of all the consumers "
            "that are associated with it."
        )
    changes.begin(kinesis, stream, DELETING, "delete")
    return {}


def list_streams(kinesis: KinesisState, context: CallContext, request: Request) -> Result:
    """List the caller's streams by name, a page at a time."""
    after = request.get("ExclusiveStartStreamName", "")
    if request.get("NextToken"):
        after = read_token("ListStreams", request["NextToken"], context.now_ms)
    found = [
        stream
        for stream in kinesis.streams_of(context.account_id, context.region)
        if stream.name > after
    ]
    page = found[: request.get("Limit", limits.LIST_STREAMS_DEFAULT)]
    result: Result = {
        "StreamNames": [stream.name for stream in page],
        "HasMoreStreams": len(found) > len(page),
        "StreamSummaries": [
            {
                "StreamName": stream.name,
                "StreamARN": stream.arn,
                "StreamStatus": stream.status,
                "StreamModeDetails": {"StreamMode": stream.mode},
                "StreamCreationTimestamp": stream.created_ms // 1000,
            }
            for stream in page
        ],
    }
    if len(found) > len(page):
        result["NextToken"] = write_token("ListStreams", page[-1].name, context.now_ms)
    return result


def describe_stream(kinesis: KinesisState, context: CallContext, request: Request) -> Result:
    """Describe a stream and its shards, a page at a time."""
    stream = kinesis.find_stream(context, request)
    after = -1
    if "ExclusiveStartShardId" in request:
        index = shard_index_of(request["ExclusiveStartShardId"])
        if index is None:
            raise invalid_value(
                request["ExclusiveStartShardId"],
                "exclusiveStartShardId",
                "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
            )
        after = index
    found = [shard for shard in stream.shards if shard.index > after]
    page = found[: request.get("Limit", limits.DESCRIBED_SHARDS_DEFAULT)]
    described = _described(stream)
    described["Shards"] = [shard.describe() for shard in page]
    described["HasMoreShards"] = len(found) > len(page)
    return {"StreamDescription": described}


def describe_stream_summary(
    kinesis: KinesisState, context: CallContext, request: Request
) -> Result:
    """Describe a stream without its shards."""
    stream = kinesis.find_stream(context, request)
    summary = _described(stream)
    summary["OpenShardCount"] = len(stream.open_shards)
    summary["ConsumerCount"] = len(stream.consumers)
    summary["MaxRecordSizeInKiB"] = stream.record_kib
    if stream.mode == ON_DEMAND:
        summary["RecordDistributionStrategy"] = stream.distribution
    if stream.warm_mib is not None:
        summary["WarmThroughput"] = stream.warm_throughput
    return {"StreamDescriptionSummary": summary}


def describe_limits(kinesis: KinesisState, context: CallContext, _request: Request) -> Result:
    """Tell the account's quotas in this region, and what is used of them."""
    streams = kinesis.streams_of(context.account_id, context.region)
    return {
        "ShardLimit": limits.shards_per_account(context.region),
        "OpenShardCount": open_shards(kinesis, context),
        "OnDemandStreamCount": sum(stream.mode == ON_DEMAND for stream in streams),
        "OnDemandStreamCountLimit": limits.ON_DEMAND_STREAMS,
    }


def _described(stream: Stream) -> Result:
    described: Result = {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "StreamStatus": stream.status,
        "StreamModeDetails": {"StreamMode": stream.mode},
        "RetentionPeriodHours": stream.retention_hours,
        "StreamCreationTimestamp": stream.created_ms // 1000,
        "EnhancedMonitoring": [{"ShardLevelMetrics": list(stream.metrics)}],
        "EncryptionType": stream.encryption_type,
    }
    if stream.encryption_key:
        described["KeyId"] = stream.encryption_key
    return described
