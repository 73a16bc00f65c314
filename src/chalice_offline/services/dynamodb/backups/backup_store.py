"""Backups as they are kept: a document each, and a copy of the table's items."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError

if TYPE_CHECKING:
    from chalice_offline.core.storage import Collection
    from chalice_offline.services.dynamodb.state import DynamoDbState

Document = dict[str, Any]

_BACKUPS = "dynamodb/backups"


def find_backup(dynamodb: DynamoDbState, arn: str) -> Document:
    """Return a backup; BackupNotFoundException when there is none of this ARN."""
    kept = _kept(dynamodb).get(arn.encode())
    if kept is None:
        raise AwsError("BackupNotFoundException", f"Backup not found: {arn}")
    backup: Document = json.loads(kept)
    return backup


def all_backups(dynamodb: DynamoDbState) -> list[Document]:
    """Return the backups of all accounts and regions, by ARN."""
    return [json.loads(kept[1]) for kept in _kept(dynamodb).items()]


def keep_backup(dynamodb: DynamoDbState, backup: Document) -> None:
    """Keep a new backup."""
    arn = backup["Details"]["BackupArn"]
    _kept(dynamodb).put(arn.encode(), json.dumps(backup).encode())


def drop_backup(dynamodb: DynamoDbState, arn: str) -> None:
    """Remove a backup with its items."""
    _kept(dynamodb).delete(arn.encode())
    dynamodb.kernel.storage.drop(_items_name(arn))


def items_of_backup(dynamodb: DynamoDbState, arn: str) -> Collection:
    """Return the collection with a backup's items."""
    return dynamodb.kernel.storage.collection(_items_name(arn))


def _kept(dynamodb: DynamoDbState) -> Collection:
    return dynamodb.kernel.storage.collection(_BACKUPS)


def _items_name(arn: str) -> str:
    return f"{_BACKUPS}/{arn}"
