"""Kinesis: the table of its operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.kernel import Service
from chalice_offline.services.kinesis import (
    changes,
    consumers,
    get,
    list_shards,
    policies,
    put,
    resharding,
    settings,
    streams,
    subscriptions,
    tags,
)
from chalice_offline.services.kinesis.renewal import renewed
from chalice_offline.services.kinesis.state import KinesisState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.kernel import Kernel, Operation

OPERATIONS: Mapping[str, Operation] = {
    "CreateStream": streams.create_stream,
    "DeleteStream": streams.delete_stream,
    "ListStreams": streams.list_streams,
    "DescribeStream": streams.describe_stream,
    "DescribeStreamSummary": streams.describe_stream_summary,
    "DescribeLimits": streams.describe_limits,
    "PutRecord": put.put_record,
    "PutRecords": put.put_records,
    "GetShardIterator": get.get_shard_iterator,
    "GetRecords": get.get_records,
    "ListShards": list_shards.list_shards,
    "SplitShard": resharding.split_shard,
    "MergeShards": resharding.merge_shards,
    "UpdateShardCount": resharding.update_shard_count,
    "IncreaseStreamRetentionPeriod": settings.increase_stream_retention_period,
    "DecreaseStreamRetentionPeriod": settings.decrease_stream_retention_period,
    "UpdateStreamMode": settings.update_stream_mode,
    "UpdateStreamWarmThroughput": settings.update_stream_warm_throughput,
    "UpdateStreamRecordDistributionStrategy": settings.update_stream_record_distribution_strategy,
    "UpdateMaxRecordSize": settings.update_max_record_size,
    "EnableEnhancedMonitoring": settings.enable_enhanced_monitoring,
    "DisableEnhancedMonitoring": settings.disable_enhanced_monitoring,
    "StartStreamEncryption": settings.start_stream_encryption,
    "StopStreamEncryption": settings.stop_stream_encryption,
    "AddTagsToStream": tags.add_tags_to_stream,
    "RemoveTagsFromStream": tags.remove_tags_from_stream,
    "ListTagsForStream": tags.list_tags_for_stream,
    "TagResource": tags.tag_resource,
    "UntagResource": tags.untag_resource,
    "ListTagsForResource": tags.list_tags_for_resource,
    "PutResourcePolicy": policies.put_resource_policy,
    "GetResourcePolicy": policies.get_resource_policy,
    "DeleteResourcePolicy": policies.delete_resource_policy,
    "RegisterStreamConsumer": consumers.register_stream_consumer,
    "DeregisterStreamConsumer": consumers.deregister_stream_consumer,
    "DescribeStreamConsumer": consumers.describe_stream_consumer,
    "ListStreamConsumers": consumers.list_stream_consumers,
    "SubscribeToShard": subscriptions.subscribe_to_shard,
}


def service(kernel: Kernel) -> Service:
    """Return Kinesis; changes that storage was closed amidst go on."""
    state = KinesisState(kernel)
    changes.resume(state)
    return Service("kinesis", state, OPERATIONS, renew=renewed)
