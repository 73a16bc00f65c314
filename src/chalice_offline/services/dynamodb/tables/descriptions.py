"""How tables and indexes are described."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.dynamodb import limits
from chalice_offline.services.dynamodb.tables.definitions import ON_DEMAND

if TYPE_CHECKING:
    from chalice_offline.services.dynamodb.tables.schema import Index
    from chalice_offline.services.dynamodb.tables.table import Table

Document = dict[str, Any]


def describe(table: Table, status: str = "ACTIVE", index_status: str = "ACTIVE") -> Document:
    """Return AWS's TableDescription."""
    table.items.count()
    description: Document = {
        "AttributeDefinitions": table.attributes,
        "TableName": table.name,
        "KeySchema": table.key.describe(),
        "TableStatus": status,
        "CreationDateTime": table.created_ms / 1000,
        "ProvisionedThroughput": _throughput(table.throughput),
        "TableSizeBytes": table.size_bytes,
        "ItemCount": table.item_count,
        "TableArn": table.arn,
        "TableId": table.id,
        **_billing(table, is_new=status == "CREATING"),
        **_local_indexes(table),
        **_global_indexes(table, index_status),
        **_stream(table),
        **{name: table.settings[name] for name in _AS_KEPT if name in table.settings},
        "DeletionProtectionEnabled": table.settings.get("DeletionProtectionEnabled", False),
    }
    if status != "CREATING":
        description["WarmThroughput"] = _warm(table, table.throughput)
    elif "WarmThroughput" in table.settings:  # asked for, and being brought about (recorded)
        description["WarmThroughput"] = _warm(table, table.throughput) | {"Status": "UPDATING"}
    return description


def describe_deleted(table: Table) -> Document:
    """Return what DeleteTable answers: neither keys nor indexes (recorded)."""
    table.items.count()
    return {
        "TableName": table.name,
        "TableStatus": "DELETING",
        "ProvisionedThroughput": _throughput(table.throughput),
        "TableSizeBytes": table.size_bytes,
        "ItemCount": table.item_count,
        "TableArn": table.arn,
        "TableId": table.id,
        **_billing(table),
        "DeletionProtectionEnabled": False,
    }


_AS_KEPT = ("SSEDescription", "TableClassSummary", "OnDemandThroughput", "RestoreSummary")


def _billing(table: Table, *, is_new: bool = False) -> Document:
    since_ms = table.settings.get("OnDemandSinceMs")
    if since_ms is None:
        return {}
    summary: Document = {"BillingMode": table.billing_mode}
    if not is_new:
        summary["LastUpdateToPayPerRequestDateTime"] = since_ms / 1000
    return {"BillingModeSummary": summary}


def _throughput(kept: Document) -> Document:
    described: Document = {
        "NumberOfDecreasesToday": kept.get("NumberOfDecreasesToday", 0),
        "ReadCapacityUnits": kept["ReadCapacityUnits"],
        "WriteCapacityUnits": kept["WriteCapacityUnits"],
    }
    for name in ("LastIncreaseDateTime", "LastDecreaseDateTime"):
        if name in kept:
            described[name] = kept[name]
    return described


def _warm(table: Table, throughput: Document) -> Document:
    on_demand = table.billing_mode == ON_DEMAND
    given = table.settings.get("WarmThroughput", {})
    read = limits.WARM_READ_UNITS if on_demand else throughput["ReadCapacityUnits"]
    write = limits.WARM_WRITE_UNITS if on_demand else throughput["WriteCapacityUnits"]
    return {
        "ReadUnitsPerSecond": given.get("ReadUnitsPerSecond", read),
        "WriteUnitsPerSecond": given.get("WriteUnitsPerSecond", write),
        "Status": "ACTIVE",
    }


def _local_indexes(table: Table) -> Document:
    found = [_index(table, one) for one in table.indexes.values() if not one.is_global]
    return {"LocalSecondaryIndexes": found} if found else {}


def _global_indexes(table: Table, status: str) -> Document:
    found = [
        {
            **_index(table, one),
            "IndexStatus": status,
            "ProvisionedThroughput": _throughput(one.throughput),
            **({"WarmThroughput": _warm(table, one.throughput)} if status == "ACTIVE" else {}),
        }
        for one in table.indexes.values()
        if one.is_global
    ]
    return {"GlobalSecondaryIndexes": found} if found else {}


def _index(table: Table, index: Index) -> Document:
    return {
        "IndexName": index.name,
        "KeySchema": index.key.describe(),
        "Projection": index.projection,
        "IndexSizeBytes": index.size_bytes,
        "ItemCount": index.item_count,
        "IndexArn": f"{table.arn}/index/{index.name}",
    }


def _stream(table: Table) -> Document:
    described: Document = {}
    if table.stream:
        described["StreamSpecification"] = table.stream
    if table.latest_stream_label:
        described["LatestStreamLabel"] = table.latest_stream_label
        described["LatestStreamArn"] = table.stream_arn
    return described
