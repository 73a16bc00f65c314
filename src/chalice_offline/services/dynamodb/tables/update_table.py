"""UpdateTable: throughput, billing, streams, global indexes and settings.

What is asked for is checked whole before anything changes, and done when the reply leaves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.dynamodb import limits
from chalice_offline.services.dynamodb.errors import (
    invalid_values,
    refused,
    resource_missing,
    validation,
)
from chalice_offline.services.dynamodb.streams.stream_settings import (
    apply_specification,
    check_change,
    check_specification,
)
from chalice_offline.services.dynamodb.tables import definitions
from chalice_offline.services.dynamodb.tables.descriptions import describe
from chalice_offline.services.dynamodb.tables.encryption import encryption
from chalice_offline.services.dynamodb.tables.table_definition import types_of

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.dynamodb.state import DynamoDbState
    from chalice_offline.services.dynamodb.tables.schema import Index
    from chalice_offline.services.dynamodb.tables.table import Table

Document = dict[str, Any]

_CHANGES = (
    "BillingMode", "DeletionProtectionEnabled", "GlobalSecondaryIndexUpdates",
    "OnDemandThroughput", "ProvisionedThroughput", "ReplicaUpdates", "SSESpecification",
    "StreamSpecification", "TableClass", "WarmThroughput", "GlobalTableWitnessUpdates",
    "MultiRegionConsistency", "GlobalTableSettingsReplicationMode",
)  # fmt: skip


def update_table(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Result:
    """Change a table."""
    _check_request(request)
    table = dynamodb.find_named_table(request["TableName"], context)
    if request.get("ReplicaUpdates"):
        raise refused("replicas of global tables")
    billing_mode = request.get("BillingMode", table.billing_mode)
    _check_throughput(table, billing_mode, request)
    check_specification(request.get("StreamSpecification"))
    check_change(table, request.get("StreamSpecification"))
    changes = _IndexChanges(table, billing_mode, request)
    encrypted = encryption(dynamodb, context, request.get("SSESpecification"))
    was_encrypted = table.settings.get("SSEDescription")

    _set_throughput(table, billing_mode, request.get("ProvisionedThroughput"), context.now_ms)
    _apply_settings(table, request, encrypted)
    apply_specification(dynamodb, table, request.get("StreamSpecification"))
    created = changes.apply(context.now_ms)
    dynamodb.save_table(table)
    description = describe(table, "UPDATING")
    shown = encrypted or was_encrypted
    if "SSESpecification" in request and shown:
        # Going back to AWS's own key is described only while it is under way (recorded).
        description["SSEDescription"] = {**shown, "Status": "UPDATING"}
    for index in description.get("GlobalSecondaryIndexes", ()):
        if index["IndexName"] in created:
            index |= {"IndexStatus": "CREATING", "Backfilling": False}
        elif index["IndexName"] in changes.updated:
            index["IndexStatus"] = "UPDATING"
    return {"TableDescription": description}


def _check_request(request: Request) -> None:
    """Refuse what is wrong whichever table it is for: AWS sees it before it looks for the table."""
    if not any(request.get(name) not in (None, []) for name in _CHANGES):
        raise validation(
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
            "GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required in "
            "UpdateTable"
        )
    wanted = request.get("ProvisionedThroughput")
    if request.get("BillingMode") == definitions.PROVISIONED and not wanted:
        raise invalid_values(
            "ProvisionedThroughput must be specified when BillingMode is PROVISIONED"
        )
    if wanted:
        definitions.check_units(wanted)
    named = set()
    for update in request.get("GlobalSecondaryIndexUpdates") or ():
        if not update:
            raise invalid_values(
                "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
                "GlobalSecondaryIndexUpdate.Delete must not be null"
            )
        for change in update.values():
            name = change["IndexName"]
            if name in named:
                raise invalid_values(
                    "Only one global secondary index update per index is allowed simultaneously. "
                    f"Index: {name}"
                )
            named.add(name)


def _check_throughput(table: Table, billing_mode: str, request: Request) -> None:
    wanted = request.get("ProvisionedThroughput")
    changes_mode = billing_mode != table.billing_mode
    if wanted or changes_mode:
        definitions.check_billing(billing_mode, wanted)
    if wanted and not changes_mode and definitions.units(wanted) == _units(table.throughput):
        read, write = wanted["ReadCapacityUnits"], wanted["WriteCapacityUnits"]
        raise validation(
            "The provisioned throughput for the table will not change. The requested value equals "
            f"the current value. Current ReadCapacityUnits provisioned for the table: {read}. "
            f"Requested ReadCapacityUnits: {read}. Current WriteCapacityUnits provisioned for the "
            f"table: {write}. Requested WriteCapacityUnits: {write}. Refer to the Amazon DynamoDB "
            "Developer Guide for current limits and how to request higher limits."
        )


def _units(throughput: Document) -> Document:
    return definitions.units(throughput)


def _set_throughput(table: Table, billing_mode: str, wanted: Document | None, now_ms: int) -> None:
    if billing_mode != table.billing_mode:
        table.billing_mode = billing_mode
        if billing_mode == definitions.ON_DEMAND:
            table.settings["OnDemandSinceMs"] = now_ms
            table.throughput = definitions.units(None)
            for index in table.indexes.values():
                if index.is_global:
                    index.throughput = definitions.units(None)
    if wanted:
        table.throughput = _changed_units(table.throughput, wanted, now_ms)


def _changed_units(now: Document, wanted: Document, now_ms: int) -> Document:
    """Return new units, with the instants and number of changes that AWS shows."""
    changed = {**now, **definitions.units(wanted)}
    for name in ("ReadCapacityUnits", "WriteCapacityUnits"):
        if wanted[name] > now[name]:
            changed["LastIncreaseDateTime"] = now_ms / 1000
        elif wanted[name] < now[name]:
            changed["LastDecreaseDateTime"] = now_ms / 1000
    if changed.get("LastDecreaseDateTime") == now_ms / 1000:
        last_day = int(now.get("LastDecreaseDateTime", 0) * 1000) // limits.DAY_MS
        today = now.get("NumberOfDecreasesToday", 0) if last_day == now_ms // limits.DAY_MS else 0
        changed["NumberOfDecreasesToday"] = today + 1
    return changed


def _apply_settings(table: Table, request: Request, encrypted: Document | None) -> None:
    settings = table.settings
    if "DeletionProtectionEnabled" in request:
        settings["DeletionProtectionEnabled"] = request["DeletionProtectionEnabled"]
    if request.get("TableClass"):
        settings["TableClassSummary"] = {"TableClass": request["TableClass"]}
    for name in ("OnDemandThroughput", "WarmThroughput"):
        if request.get(name):
            settings[name] = request[name]
    if "SSESpecification" in request:
        settings.pop("SSEDescription", None)
        if encrypted:
            settings["SSEDescription"] = encrypted


class _IndexChanges:
    """GlobalSecondaryIndexUpdates, checked when made."""

    def __init__(self, table: Table, billing_mode: str, request: Request) -> None:
        self._table = table
        self._updates: list[Document] = request.get("GlobalSecondaryIndexUpdates") or []
        self._attributes: list[Document] = request.get("AttributeDefinitions") or []
        self._types = {**types_of(table.attributes), **self._new_types()}
        for update in self._updates:
            if len(update) != 1:
                raise invalid_values(
                    "Only one of Create, Update or Delete may be in a GlobalSecondaryIndexUpdate"
                )
        changing = [one for one in self._updates if "Update" not in one]
        if len(changing) > 1:
            raise AwsError(
                "LimitExceededException",
                "Subscriber limit exceeded: Only 1 online index can be created or deleted "
                "simultaneously per table",
            )
        self.updated = [one["Update"]["IndexName"] for one in self._updates if "Update" in one]
        self.deleted = [one["Delete"]["IndexName"] for one in self._updates if "Delete" in one]
        for name in (*self.updated, *self.deleted):
            if name not in table.indexes or not table.indexes[name].is_global:
                raise resource_missing(f"Index: {name} not found")
        for update in self._updates:
            wanted = update.get("Update", {}).get("ProvisionedThroughput")
            if wanted:
                definitions.check_units(wanted)
        self.created = [self._new_index(one["Create"], billing_mode) for one in self._updates
                        if "Create" in one]  # fmt: skip

    def apply(self, now_ms: int) -> list[str]:
        """Make the changes; return the names of the new indexes."""
        table = self._table
        for update in self._updates:
            if "Update" in update:
                index = table.indexes[update["Update"]["IndexName"]]
                wanted = update["Update"].get("ProvisionedThroughput")
                if wanted:
                    index.throughput = _changed_units(index.throughput, wanted, now_ms)
        for name in self.deleted:
            table.items.drop_index(table.indexes.pop(name))
        for index in self.created:
            table.items.fill_index(index)
            table.indexes[index.name] = index
        used = {*table.key.names}
        for index in table.indexes.values():
            used |= {*index.key.names}
        table.attributes = [
            {"AttributeName": name, "AttributeType": kind}
            for name, kind in self._types.items()
            if name in used
        ]
        return [index.name for index in self.created]

    def _new_types(self) -> dict[str, str]:
        types = definitions.attribute_types(self._attributes)
        for name, kind in types_of(self._table.attributes).items():
            if types.get(name, kind) != kind:
                raise invalid_values(
                    f"Attribute {name} cannot be redefined: its type is {kind} and not "
                    f"{types[name]}"
                )
        return types

    def _new_index(self, wanted: Document, billing_mode: str) -> Index:
        table = self._table
        # Only what the request itself defines counts (recorded: also for the table's own key).
        given = definitions.attribute_types(self._attributes)
        index = definitions.global_index(wanted, table.key, given, billing_mode)
        if index.name in table.indexes:
            raise validation(
                "Attempting to create an index which already exists"
                if table.indexes[index.name].is_global
                else f"One or more parameter values were invalid: An index {index.name} already "
                "exists"
            )
        definitions.check_index_names([*table.indexes.values(), index])
        count = sum(one.is_global for one in table.indexes.values())
        if count >= limits.GLOBAL_INDEXES:
            raise AwsError(
                "LimitExceededException",
                "GlobalSecondaryIndex count exceeds the per-table limit of "
                f"{limits.GLOBAL_INDEXES}",
            )
        return index
