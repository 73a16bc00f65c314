"""AWS::DynamoDB::GlobalTable (what the CDK makes of a TableV2), as the table of this region.

Properties: CloudFormation template reference. Replicas in other regions are refused, as
DynamoDB here refuses them.
"""

from __future__ import annotations

from typing import Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.cloudformation.resource_types import streams
from chalice_offline.services.cloudformation.resource_types.base import (
    Place,
    Properties,
    Resource,
    ResourceType,
    only,
)

_TABLE = streams.TYPES["AWS::DynamoDB::Table"]
_AS_THEY_ARE = (
    "AttributeDefinitions",
    "BillingMode",
    "KeySchema",
    "LocalSecondaryIndexes",
    "StreamSpecification",
    "TimeToLiveSpecification",
)
_INDEXES = "GlobalSecondaryIndexes"
# What a table's capacity starts with where a template leaves that to auto scaling.
_LEAST_UNITS = 1


def _table(place: Place, properties: Properties) -> Properties:
    """Return the properties of AWS::DynamoDB::Table that say the same of this region.

    Raises AwsError for replicas elsewhere, and when there is none here.
    """
    replicas = {one["Region"]: one for one in properties.get("Replicas", [])}
    replica = replicas.pop(place.region, None)
    if replica is None:
        raise _invalid(f"Replicas must have one in {place.region}, the stack's own region.")
    if replicas:
        elsewhere = ", ".join(sorted(replicas))
        raise _invalid(f"chalice-offline keeps no replicas in other regions: {elsewhere}.")
    table = only(properties, *_AS_THEY_ARE) | only(replica, "Tags")
    if indexes := properties.get(_INDEXES):
        reads = {one["IndexName"]: one for one in replica.get(_INDEXES, [])}
        table[_INDEXES] = [_index(properties, one, reads) for one in indexes]
    return table | _throughput(properties, properties, replica)


def _index(properties: Properties, index: Properties, reads: dict[str, Any]) -> Properties:
    name = index["IndexName"]
    described = only(index, "IndexName", "KeySchema", "Projection")
    return described | _throughput(properties, index, reads.get(name, {}))


def _throughput(properties: Properties, writes: Properties, reads: Properties) -> Properties:
    """Return the provisioned capacity of a table or an index; nothing of one on demand."""
    if properties.get("BillingMode") == "PAY_PER_REQUEST":
        return {}
    units = {
        "ReadCapacityUnits": _units("Read", reads),
        "WriteCapacityUnits": _units("Write", writes),
    }
    return {"ProvisionedThroughput": units}


def _units(way: str, given: Properties) -> int:
    settings = given.get(f"{way}ProvisionedThroughputSettings", {})
    scaling = settings.get(f"{way}CapacityAutoScalingSettings", {})
    return int(settings.get(f"{way}CapacityUnits", scaling.get("MinCapacity", _LEAST_UNITS)))


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationError", message)


def _create(place: Place, name: str, properties: Properties) -> Any:
    return _TABLE.create(place, name, _table(place, properties))


def _complete(place: Place, table: Resource, properties: Properties) -> None:
    _TABLE.complete(place, table, _table(place, properties))


def _update(place: Place, table: Resource, before: Properties, after: Properties) -> Any:
    return streams.update_table(place, table, _table(place, before), _table(place, after))


TYPES = {
    "AWS::DynamoDB::GlobalTable": ResourceType(
        _create,
        _TABLE.delete,
        complete=_complete,
        update=_update,
        name=_TABLE.name,
        fixed=_TABLE.fixed,
    )
}
