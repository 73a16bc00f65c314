"""Backups on demand: CreateBackup, DescribeBackup, ListBackups, DeleteBackup.

A backup is a table's definition and a copy of its items; it outlives the table.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.dynamodb import limits
from chalice_offline.services.dynamodb.descriptions import describe
from chalice_offline.services.dynamodb.errors import validation

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.dynamodb.state import DynamoDbState

Document = dict[str, Any]

_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}")
_BACKUPS = "dynamodb/backups"


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
    copy = dynamodb.kernel.storage.collection(items_of(arn))
    for key, stored in table.items.scan(b"", None):
        copy.put(key, stored.data)
    _kept(dynamodb).put(arn.encode(), json.dumps(backup).encode())
    return {"BackupDetails": {**backup["Details"], "BackupStatus": "CREATING"}}


def describe_backup(dynamodb: DynamoDbState, _context: CallContext, request: Request) -> Result:
    """Describe a backup and the table it is of."""
    return {"BackupDescription": _description(find_backup(dynamodb, request["BackupArn"]))}


def delete_backup(dynamodb: DynamoDbState, _context: CallContext, request: Request) -> Result:
    """Remove a backup."""
    arn = request["BackupArn"]
    backup = find_backup(dynamodb, arn)
    backup["Details"]["BackupStatus"] = "DELETED"
    _kept(dynamodb).delete(arn.encode())
    dynamodb.kernel.storage.drop(items_of(arn))
    return {"BackupDescription": _description(backup)}


def list_backups(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Result:
    """List the backups of the caller's tables in this region, by ARN."""
    after = request.get("ExclusiveStartBackupArn", "")
    found = [
        _summary(backup)
        for backup in _all(dynamodb)
        if _matches(backup, context, request) and backup["Details"]["BackupArn"] > after
    ]
    page = found[: request.get("Limit", limits.BACKUPS_LISTED)]
    result: Result = {"BackupSummaries": page}
    if len(found) > len(page):
        result["LastEvaluatedBackupArn"] = page[-1]["BackupArn"]
    return result


def find_backup(dynamodb: DynamoDbState, arn: str) -> Document:
    """Return a backup; BackupNotFoundException when there is none of this ARN."""
    kept = _kept(dynamodb).get(arn.encode())
    if kept is None:
        raise AwsError("BackupNotFoundException", f"Backup not found: {arn}")
    backup: Document = json.loads(kept)
    return backup


def items_of(arn: str) -> str:
    """Return the name of the collection with a backup's items."""
    return f"{_BACKUPS}/{arn}"


def _kept(dynamodb: DynamoDbState) -> Any:
    return dynamodb.kernel.storage.collection(_BACKUPS)


def _all(dynamodb: DynamoDbState) -> list[Document]:
    return [json.loads(kept[1]) for kept in _kept(dynamodb).items()]


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
