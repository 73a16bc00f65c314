"""Point-in-time recovery, and tables made of backups or of an earlier instant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.dynamodb import limits
from chalice_offline.services.dynamodb.backups.backup_store import find_backup, items_of_backup
from chalice_offline.services.dynamodb.backups.recovery_log import drop_log, items_before
from chalice_offline.services.dynamodb.errors import validation
from chalice_offline.services.dynamodb.items.item_store import Stored
from chalice_offline.services.dynamodb.tables import definitions
from chalice_offline.services.dynamodb.tables.descriptions import describe
from chalice_offline.services.dynamodb.tables.names import TableKey, check_name
from chalice_offline.services.dynamodb.tables.table import Table
from chalice_offline.services.dynamodb.tables.table_definition import types_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.dynamodb.state import DynamoDbState

Document = dict[str, Any]

# What a restored table takes over; streams, tags, policies and time to live it does not.
_TAKEN_OVER = ("Place", "AttributeDefinitions", "KeySchema", "BillingMode", "Throughput", "Indexes")


def describe_continuous_backups(
    dynamodb: DynamoDbState, context: CallContext, request: Request
) -> Result:
    """Say since when a table can be restored."""
    return _described(dynamodb.find_named_table(request["TableName"], context), context)


def update_continuous_backups(
    dynamodb: DynamoDbState, context: CallContext, request: Request
) -> Result:
    """Begin to note what items were, or stop and forget it."""
    table = dynamodb.find_named_table(request["TableName"], context)
    wanted = request["PointInTimeRecoverySpecification"]
    if wanted["PointInTimeRecoveryEnabled"]:
        table.recovery_since_ms = table.recovery_since_ms or context.now_ms
        days = wanted.get("RecoveryPeriodInDays")
        if days is not None:
            table.settings["RecoveryPeriodInDays"] = days
    else:
        table.recovery_since_ms = 0
        drop_log(dynamodb.kernel, table)
    dynamodb.save_table(table)
    return _described(table, context)


def restore_table_from_backup(
    dynamodb: DynamoDbState, context: CallContext, request: Request
) -> Result:
    """Make a new table of a backup."""
    backup = find_backup(dynamodb, request["BackupArn"])
    kept = items_of_backup(dynamodb, request["BackupArn"])
    summary = {
        "SourceBackupArn": request["BackupArn"],
        "SourceTableArn": backup["Description"]["TableArn"],
        "RestoreDateTime": context.now_ms / 1000,
        "RestoreInProgress": False,
    }
    table = _new_table(dynamodb, context, request, backup["Definition"])
    return _restored(dynamodb, table, kept.items(), summary)


def restore_table_to_point_in_time(
    dynamodb: DynamoDbState, context: CallContext, request: Request
) -> Result:
    """Make a new table of what another one was at an instant."""
    source = _source(dynamodb, context, request)
    if not source.recovery_since_ms:
        raise AwsError(
            "PointInTimeRecoveryUnavailableException",
            f"Point in time recovery is not enabled for table '{source.name}'",
        )
    at_ms = context.now_ms
    if not request.get("UseLatestRestorableTime"):
        if request.get("RestoreDateTime") is None:
            raise validation("Either RestoreDateTime or UseLatestRestorableTime must be specified")
        at_ms = int(request["RestoreDateTime"].timestamp() * 1000)
    if not _earliest_ms(source, context) <= at_ms <= context.now_ms:
        raise AwsError(
            "InvalidRestoreTimeException",
            "The specified restore time is not between EarliestRestorableDateTime and "
            "LatestRestorableDateTime",
        )
    table = _new_table(dynamodb, context, request, source.save())
    summary = {
        "SourceTableArn": source.arn,
        "RestoreDateTime": at_ms / 1000,
        "RestoreInProgress": False,
    }
    return _restored(dynamodb, table, _items_at(dynamodb, source, at_ms), summary)


def _source(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Table:
    name = request.get("SourceTableName") or request.get("SourceTableArn")
    if name is None:
        raise validation("Either SourceTableName or SourceTableArn must be specified")
    try:
        return dynamodb.find_named_table(name, context)
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            raise
        raise AwsError("TableNotFoundException", f"Table not found: {name}") from error


def _items_at(dynamodb: DynamoDbState, source: Table, at_ms: int) -> Iterator[tuple[bytes, bytes]]:
    before = items_before(dynamodb.kernel, source, at_ms)
    for key, stored in source.items.scan(b"", None):
        if key not in before:
            yield key, stored.data
    for key, data in before.items():
        if data:
            yield key, data


def _new_table(
    dynamodb: DynamoDbState,
    context: CallContext,
    request: Request,
    kept: Document,
) -> Table:
    """Return the table to restore to, without items; overrides of the request are applied."""
    name = request["TargetTableName"]
    check_name(name, "targetTableName")
    place = TableKey(context.account_id, context.region, name)
    if dynamodb.find_table_or_none(place) is not None:
        raise AwsError("TableAlreadyExistsException", f"Table already exists: {name}")
    definition = {member: kept[member] for member in _TAKEN_OVER}
    mode = request.get("BillingModeOverride", definition["BillingMode"])
    given = request.get("ProvisionedThroughputOverride")
    if given or mode != definition["BillingMode"]:
        definitions.check_billing(mode, given)
        definition["Throughput"] = definitions.units(given)
    settings: Document = {"DeletionProtectionEnabled": False}
    if mode == definitions.ON_DEMAND:
        settings["OnDemandSinceMs"] = context.now_ms
    table = Table.restore(
        {
            **definition,
            "Place": list(place),
            "Id": dynamodb.kernel.ids.uuid(),
            "CreatedMs": context.now_ms,
            "BillingMode": mode,
            "Settings": settings,
            "Tags": {},
            "Stream": None,
            "LatestStreamLabel": "",
            "ExpiryAttribute": "",
            "RecoverySinceMs": 0,
            "KinesisDestinations": [],
        }
    )
    _override_indexes(table, request)
    return table


def _override_indexes(table: Table, request: Request) -> None:
    """Take the indexes a request names instead of the source's; only those it had are possible."""
    for is_global, member in (
        (True, "GlobalSecondaryIndexOverride"),
        (False, "LocalSecondaryIndexOverride"),
    ):
        wanted = request.get(member)
        if wanted is None:
            continue
        names = {one["IndexName"] for one in wanted}
        for index in list(table.indexes.values()):
            if index.is_global == is_global and index.name not in names:
                del table.indexes[index.name]
    used = {*table.key.names, *(n for index in table.indexes.values() for n in index.key.names)}
    table.attributes = [
        {"AttributeName": name, "AttributeType": kind}
        for name, kind in types_of(table.attributes).items()
        if name in used
    ]


def _restored(
    dynamodb: DynamoDbState,
    table: Table,
    items: Iterable[tuple[bytes, bytes]],
    summary: Document,
) -> Result:
    table.settings["RestoreSummary"] = summary
    dynamodb.add_table(table)
    for key, data in items:
        stored = Stored(data)
        table.items.write(key, None, stored.item, stored.size)
    description = describe(table, "CREATING", "CREATING")
    return {"TableDescription": description}


def _earliest_ms(table: Table, context: CallContext) -> int:
    days = int(table.settings.get("RecoveryPeriodInDays", limits.RECOVERY_DAYS))
    return max(table.recovery_since_ms, context.now_ms - days * limits.DAY_MS)


def _described(table: Table, context: CallContext) -> Result:
    recovery: Document = {"PointInTimeRecoveryStatus": "DISABLED"}
    if table.recovery_since_ms:
        recovery = {
            "PointInTimeRecoveryStatus": "ENABLED",
            "RecoveryPeriodInDays": table.settings.get(
                "RecoveryPeriodInDays", limits.RECOVERY_DAYS
            ),
            "EarliestRestorableDateTime": _earliest_ms(table, context) / 1000,
            "LatestRestorableDateTime": context.now_ms / 1000,
        }
    return {
        "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": recovery,
        }
    }
