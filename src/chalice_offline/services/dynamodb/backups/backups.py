"""Backups on demand: CreateBackup, DescribeBackup, ListBackups, DeleteBackup.

A backup is a table's definition and a copy of its items; it outlives the table.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from chalice_offline.services.dynamodb import limits
from chalice_offline.services.dynamodb.backups.backup_store import (
    all_backups,
    drop_backup,
    find_backup,
    items_of_backup,
    keep_backup,
)
from chalice_offline.services.dynamodb.errors import validation
from chalice_offline.services.dynamodb.tables.descriptions import describe

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.dynamodb.state import DynamoDbState

Document = dict[str, Any]

_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}")


def create_backup(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Result:
    """Copy a table as it is now."""
    name = request["BackupName"]
    if not _NAME.fullmatch(name):
        raise validation(f"Invalid backup name: {name}")
    table = dynamodb.find_named_table(request["TableName"], context)
    arn = f"{table.arn}/backup/{context.now_ms:014d}-{dynamodb.kernel.ids.hex(8)}"
    described = describe(table)
    backup: Document = {
        "Details": {
            "BackupArn": arn,
            "BackupName": name,
            "BackupSizeBytes": table.size_bytes,
            "BackupStatus": "AVAILABLE",
            "BackupType": "USER",
            "BackupCreationDateTime": context.now_ms / 1000,
        },
        "Description": described,
        "Definition": table.save(),
    }
    copy = items_of_backup(dynamodb, arn)
    for key, stored in table.items.scan(b"", None):
        copy.put(key, stored.data)
    keep_backup(dynamodb, backup)
    return {"BackupDetails": {**backup["Details"], "BackupStatus": "CREATING"}}


def describe_backup(dynamodb: DynamoDbState, _context: CallContext, request: Request) -> Result:
    """Describe a backup and the table it is of."""
    return {"BackupDescription": _description(find_backup(dynamodb, request["BackupArn"]))}


def delete_backup(dynamodb: DynamoDbState, _context: CallContext, request: Request) -> Result:
    """Remove a backup."""
    arn = request["BackupArn"]
    backup = find_backup(dynamodb, arn)
    backup["Details"]["BackupStatus"] = "DELETED"
    drop_backup(dynamodb, arn)
    return {"BackupDescription": _description(backup)}


def list_backups(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Result:
    """List the backups of the caller's tables in this region, by ARN."""
    after = request.get("ExclusiveStartBackupArn", "")
    found = [
        _summary(backup)
        for backup in all_backups(dynamodb)
        if _matches(backup, context, request) and backup["Details"]["BackupArn"] > after
    ]
    page = found[: request.get("Limit", limits.BACKUPS_LISTED)]
    result: Result = {"BackupSummaries": page}
    if len(found) > len(page):
        result["LastEvaluatedBackupArn"] = page[-1]["BackupArn"]
    return result


def _matches(backup: Document, context: CallContext, request: Request) -> bool:
    account_id, region, name = backup["Definition"]["Place"]
    made = backup["Details"]["BackupCreationDateTime"]
    wanted = request.get("TableName", "").rpartition("/")[2]
    low, high = request.get("TimeRangeLowerBound"), request.get("TimeRangeUpperBound")
    return (
        (account_id, region) == (context.account_id, context.region)
        and wanted in ("", name)
        and request.get("BackupType", "USER") in ("USER", "ALL")
        and (low is None or made >= low.timestamp())
        and (high is None or made < high.timestamp())
    )


def _summary(backup: Document) -> Document:
    described = backup["Description"]
    return {
        "TableName": described["TableName"],
        "TableId": described["TableId"],
        "TableArn": described["TableArn"],
        **backup["Details"],
    }


def _description(backup: Document) -> Document:
    described = backup["Description"]
    features = {
        name: described[name]
        for name in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes", "SSEDescription")
        if name in described
    }
    if "StreamSpecification" in described:
        features["StreamDescription"] = described["StreamSpecification"]
    return {
        "BackupDetails": backup["Details"],
        "SourceTableDetails": {
            "TableName": described["TableName"],
            "TableId": described["TableId"],
            "TableArn": described["TableArn"],
            "TableSizeBytes": described["TableSizeBytes"],
            "ItemCount": described["ItemCount"],
            "KeySchema": described["KeySchema"],
            "TableCreationDateTime": described["CreationDateTime"],
            "ProvisionedThroughput": described["ProvisionedThroughput"],
            "BillingMode": backup["Definition"]["BillingMode"],
        },
        "SourceTableFeatureDetails": features,
    }
