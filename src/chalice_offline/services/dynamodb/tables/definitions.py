"""What CreateTable and UpdateTable say about keys, indexes and throughput, checked.

Order and words of the refusals are AWS's (recorded by ScyllaDB's and LocalStack's tests).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.dynamodb import limits
from chalice_offline.services.dynamodb.errors import invalid_values, validation
from chalice_offline.services.dynamodb.tables.names import check_name
from chalice_offline.services.dynamodb.tables.schema import Index, KeySchema
from chalice_offline.services.dynamodb.tables.table_definition import types_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Document = dict[str, Any]
PROVISIONED, ON_DEMAND = "PROVISIONED", "PAY_PER_REQUEST"


def attribute_types(definitions: Sequence[Document]) -> dict[str, str]:
    """Return the types of the defined attributes; a name has one definition."""
    names = [one["AttributeName"] for one in definitions]
    for name in names:
        if names.count(name) > 1:
            raise validation(f"Attribute Name is duplicated: {name}")
    return types_of(list(definitions))


def table_key(elements: Sequence[Document], types: Mapping[str, str]) -> KeySchema:
    """Return the key of a table: one hash attribute, perhaps one range attribute."""
    if len(elements) > len(types):
        raise validation("Invalid KeySchema: Some index key attribute have no definition")
    _check_defined(elements, types)
    _check_elements(elements)
    return KeySchema.read(elements, types)


def check_all_used(types: Mapping[str, str], key: KeySchema, indexes: Iterable[Index]) -> None:
    """Refuse a definition of an attribute that is no part of any key."""
    indexes = list(indexes)
    used = {*key.names, *(name for index in indexes for name in index.key.names)}
    if used >= set(types):
        return
    if not indexes:
        raise invalid_values(
            "Number of attributes in KeySchema does not exactly match number of attributes "
            "defined in AttributeDefinitions"
        )
    raise invalid_values(
        f"Some AttributeDefinitions are not used. AttributeDefinitions: {_listed(types)}, "
        f"keys used: {_listed(used)}"
    )


def local_indexes(
    wanted: Sequence[Document] | None, key: KeySchema, types: Mapping[str, str]
) -> list[Index]:
    """Return the local indexes of a new table."""
    if wanted is None:
        return []
    if not wanted:
        raise invalid_values("List of LocalSecondaryIndexes is empty")
    if not key.range:
        raise invalid_values(
            "Table KeySchema does not have a range key, which is required when specifying a "
            "LocalSecondaryIndex"
        )
    found = []
    for one in wanted:
        check_name(one["IndexName"], "localSecondaryIndexes.1.member.indexName")
        elements = one["KeySchema"]
        _check_defined(elements, types)
        _check_elements(elements)
        name = one["IndexName"]
        if len(elements) == 1:
            raise invalid_values(f"Index KeySchema does not have a range key for index: {name}")
        leading = elements[0]["AttributeName"]
        if leading != key.hash[0]:
            raise invalid_values(
                "Index KeySchema does not have the same leading hash key as table KeySchema for "
                f"index: {name}. index hash key: {leading}, table hash key: {key.hash[0]}"
            )
        found.append(_index(one, key, types, is_global=False, throughput={}))
    if len(found) > limits.LOCAL_INDEXES:
        raise invalid_values(
            f"Number of LocalSecondaryIndexes exceeds per-table limit of {limits.LOCAL_INDEXES}"
        )
    return found


def global_indexes(
    wanted: Sequence[Document] | None, key: KeySchema, types: Mapping[str, str], billing_mode: str
) -> list[Index]:
    """Return the global indexes of a new table."""
    if wanted is None:
        return []
    if not wanted:
        raise invalid_values("List of GlobalSecondaryIndexes is empty")
    found = [global_index(one, key, types, billing_mode) for one in wanted]
    if len(found) > limits.GLOBAL_INDEXES:
        raise invalid_values(
            f"GlobalSecondaryIndex count exceeds the per-table limit of {limits.GLOBAL_INDEXES}"
        )
    return found


def global_index(
    wanted: Document, key: KeySchema, types: Mapping[str, str], billing_mode: str
) -> Index:
    """Return one new global index; its key may have up to four attributes of each kind."""
    name = wanted["IndexName"]
    check_name(name, "globalSecondaryIndexes.1.member.indexName")
    elements = wanted["KeySchema"]
    _check_defined(elements, types)
    _check_parts(elements)
    throughput = wanted.get("ProvisionedThroughput")
    if billing_mode == ON_DEMAND:
        if throughput:
            raise invalid_values(
                f"ProvisionedThroughput should not be specified for index: {name} when "
                "BillingMode is PAY_PER_REQUEST"
            )
    elif not throughput:
        raise invalid_values(f"ProvisionedThroughput is not specified for index: {name}")
    else:
        check_units(throughput)
    return _index(wanted, key, types, is_global=True, throughput=units(throughput))


def check_index_names(indexes: Sequence[Index]) -> None:
    """Refuse two indexes of one name, and more projected attributes than a table may have."""
    names = [index.name for index in indexes]
    for name in names:
        if names.count(name) > 1:
            raise invalid_values(f"Duplicate index name: {name}")
    projected = sum(len(index.projection.get("NonKeyAttributes", ())) for index in indexes)
    if projected > limits.PROJECTED_ATTRIBUTES:
        raise invalid_values(
            "The number of projected attributes in all indexes exceeds the per-table limit of "
            f"{limits.PROJECTED_ATTRIBUTES}"
        )


def check_billing(mode: str, throughput: Document | None) -> None:
    """Refuse units that do not go with the billing mode."""
    if mode == ON_DEMAND:
        if throughput:
            raise invalid_values(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when "
                "BillingMode is PAY_PER_REQUEST"
            )
    elif not throughput:
        raise invalid_values(
            "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is "
            "PROVISIONED"
        )
    else:
        check_units(throughput)


def check_units(throughput: Document) -> None:
    """Refuse more units than AWS can count."""
    for name in ("ReadCapacityUnits", "WriteCapacityUnits"):
        if throughput[name] > limits.UNITS_MOST:
            raise validation(f"Given value {throughput[name]} for {name} is out of bounds")
    for name in ("ReadCapacityUnits", "WriteCapacityUnits"):
        if throughput[name] > limits.TABLE_UNITS:
            raise AwsError(
                "LimitExceededException",
                f"The requested {name} exceeds the per-table limit of {limits.TABLE_UNITS}. Refer "
                "to the Amazon DynamoDB Developer Guide for current limits and how to request "
                "higher limits.",
            )


def units(throughput: Document | None) -> Document:
    """Return read and write units; zeros when they are on demand."""
    given = throughput or {}
    return {
        "ReadCapacityUnits": given.get("ReadCapacityUnits", 0),
        "WriteCapacityUnits": given.get("WriteCapacityUnits", 0),
    }


def _index(
    wanted: Document,
    key: KeySchema,
    types: Mapping[str, str],
    *,
    is_global: bool,
    throughput: Document,
) -> Index:
    return Index(
        name=wanted["IndexName"],
        key=KeySchema.read(wanted["KeySchema"], types),
        projection=_projection(wanted["Projection"]),
        is_global=is_global,
        throughput=throughput,
        table_key=key,
    )


def _projection(wanted: Document) -> Document:
    kind = wanted.get("ProjectionType")
    if kind is None:
        raise invalid_values("Unknown ProjectionType: null")
    names = wanted.get("NonKeyAttributes")
    if kind != "INCLUDE":
        if names is not None:
            raise invalid_values(f"ProjectionType is {kind}, but NonKeyAttributes is specified")
        return {"ProjectionType": kind}
    if not names:
        raise invalid_values("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
    if len(set(names)) != len(names):
        raise invalid_values("Duplicate attribute names in NonKeyAttributes")
    return {"ProjectionType": kind, "NonKeyAttributes": list(names)}


def _check_elements(elements: Sequence[Document]) -> None:
    """Refuse a key that is not a hash attribute and perhaps a range attribute."""
    if elements[0]["KeyType"] != "HASH":
        raise validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
    if len(elements) == 1:
        return
    if len(elements) > 2:
        raise validation(
            "1 validation error detected: Value at 'keySchema' failed to satisfy constraint: "
            "Member must have length less than or equal to 2"
        )
    if elements[1]["AttributeName"] == elements[0]["AttributeName"]:
        raise validation(
            "Both the Hash Key and the Range Key element in the KeySchema have the same name"
        )
    if elements[1]["KeyType"] != "RANGE":
        raise validation("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")


def _check_parts(elements: Sequence[Document]) -> None:
    """Refuse a global index's key that is not some hash and then some range attributes."""
    if elements[0]["KeyType"] != "HASH":
        raise validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
    names = [one["AttributeName"] for one in elements]
    if len(set(names)) != len(names):
        raise validation(
            "Both the Hash Key and the Range Key element in the KeySchema have the same name"
            if len(names) == 2
            else "Two elements in the KeySchema have the same name"
        )
    kinds = [one["KeyType"] for one in elements]
    for kind in ("HASH", "RANGE"):
        if kinds.count(kind) > limits.KEY_PARTS_OF_A_TYPE:
            raise invalid_values(
                f"Number of {kind} key attributes in the KeySchema exceeds the limit of "
                f"{limits.KEY_PARTS_OF_A_TYPE}"
            )
    if kinds != sorted(kinds):
        raise validation(
            "Invalid KeySchema: All HASH key elements must precede all RANGE key elements"
        )


def _check_defined(elements: Sequence[Document], types: Mapping[str, str]) -> None:
    if any(one["AttributeName"] not in types for one in elements):
        raise invalid_values(
            "Some index key attributes are not defined in AttributeDefinitions. Keys: "
            f"{_listed(one['AttributeName'] for one in elements)}, AttributeDefinitions: "
            f"{_listed(types)}"
        )


def _listed(names: Iterable[str]) -> str:
    return f"[{', '.join(names)}]"
