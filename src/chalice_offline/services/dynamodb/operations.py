"""Amazon DynamoDB and DynamoDB Streams: two services, one state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.kernel import Service
from chalice_offline.services.dynamodb import account
from chalice_offline.services.dynamodb.backups import backups, restore
from chalice_offline.services.dynamodb.items.batches import batch_get_item, batch_write_item
from chalice_offline.services.dynamodb.items.item_reads import get_item
from chalice_offline.services.dynamodb.items.item_writes import delete_item, put_item, update_item
from chalice_offline.services.dynamodb.items.query import query, scan
from chalice_offline.services.dynamodb.items.transactions import (
    transact_get_items,
    transact_write_items,
)
from chalice_offline.services.dynamodb.renewal import renewed
from chalice_offline.services.dynamodb.reply_encoding import complete
from chalice_offline.services.dynamodb.state import DynamoDbState
from chalice_offline.services.dynamodb.statements.execute_statement import (
    batch_execute_statement,
    execute_statement,
    execute_transaction,
)
from chalice_offline.services.dynamodb.streams import kinesis_destinations
from chalice_offline.services.dynamodb.streams.stream_descriptions import (
    describe_stream,
    list_streams,
)
from chalice_offline.services.dynamodb.streams.stream_reads import get_records, get_shard_iterator
from chalice_offline.services.dynamodb.tables import contributor_insights, resource_policies
from chalice_offline.services.dynamodb.tables.tables import (
    create_table,
    delete_table,
    describe_table,
    list_tables,
)
from chalice_offline.services.dynamodb.tables.tags import (
    list_tags_of_resource,
    tag_resource,
    untag_resource,
)
from chalice_offline.services.dynamodb.tables.time_to_live import (
    describe_time_to_live,
    expire,
    update_time_to_live,
)
from chalice_offline.services.dynamodb.tables.update_table import update_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.kernel import Kernel, Operation

OPERATIONS: Mapping[str, Operation] = {
    "BatchExecuteStatement": batch_execute_statement,
    "BatchGetItem": batch_get_item,
    "BatchWriteItem": batch_write_item,
    "CreateBackup": backups.create_backup,
    "CreateTable": create_table,
    "DeleteBackup": backups.delete_backup,
    "DeleteItem": delete_item,
    "DeleteResourcePolicy": resource_policies.delete_resource_policy,
    "DeleteTable": delete_table,
    "DescribeBackup": backups.describe_backup,
    "DescribeContinuousBackups": restore.describe_continuous_backups,
    "DescribeContributorInsights": contributor_insights.describe_contributor_insights,
    "DescribeEndpoints": account.describe_endpoints,
    "DescribeKinesisStreamingDestination": kinesis_destinations.describe_destination,
    "DescribeLimits": account.describe_limits,
    "DescribeTable": describe_table,
    "DescribeTimeToLive": describe_time_to_live,
    "DisableKinesisStreamingDestination": kinesis_destinations.disable_destination,
    "EnableKinesisStreamingDestination": kinesis_destinations.enable_destination,
    "ExecuteStatement": execute_statement,
    "ExecuteTransaction": execute_transaction,
    "GetItem": get_item,
    "GetResourcePolicy": resource_policies.get_resource_policy,
    "ListBackups": backups.list_backups,
    "ListContributorInsights": contributor_insights.list_contributor_insights,
    "ListTables": list_tables,
    "ListTagsOfResource": list_tags_of_resource,
    "PutItem": put_item,
    "PutResourcePolicy": resource_policies.put_resource_policy,
    "Query": query,
    "RestoreTableFromBackup": restore.restore_table_from_backup,
    "RestoreTableToPointInTime": restore.restore_table_to_point_in_time,
    "Scan": scan,
    "TagResource": tag_resource,
    "TransactGetItems": transact_get_items,
    "TransactWriteItems": transact_write_items,
    "UntagResource": untag_resource,
    "UpdateContinuousBackups": restore.update_continuous_backups,
    "UpdateContributorInsights": contributor_insights.update_contributor_insights,
    "UpdateItem": update_item,
    "UpdateKinesisStreamingDestination": kinesis_destinations.update_destination,
    "UpdateTable": update_table,
    "UpdateTimeToLive": update_time_to_live,
}


STREAM_OPERATIONS: Mapping[str, Operation] = {
    "DescribeStream": describe_stream,
    "GetRecords": get_records,
    "GetShardIterator": get_shard_iterator,
    "ListStreams": list_streams,
}


def service(kernel: Kernel) -> Service:
    """Return DynamoDB."""
    state = DynamoDbState(kernel, expire)
    return Service("dynamodb", state, OPERATIONS, complete=complete, renew=renewed)


def streams_service(dynamodb: Service) -> Service:
    """Return DynamoDB Streams, which reads what DynamoDB holds."""
    return Service("dynamodbstreams", dynamodb.state, STREAM_OPERATIONS, complete=complete)
