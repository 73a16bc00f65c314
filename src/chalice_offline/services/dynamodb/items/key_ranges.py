"""Which part of a table or an index a query reads, and where a page starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.dynamodb.errors import (
    invalid_values,
    starting_key_mismatch,
    validation,
)
from chalice_offline.services.dynamodb.expressions import KeyAttribute, key_condition, range_within
from chalice_offline.services.dynamodb.items.keys import partition_prefix, stored_key
from chalice_offline.services.dynamodb.values.attribute_values import (
    check_item,
    check_value,
    described,
    type_of,
)
from chalice_offline.services.dynamodb.values.key_encoding import (
    after_prefix,
    key_bytes,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.services.dynamodb.expressions import AttributeCondition
    from chalice_offline.services.dynamodb.tables.schema import Index, KeySchema
    from chalice_offline.services.dynamodb.tables.table import Table
    from chalice_offline.services.dynamodb.values.attribute_values import Item

    Conditions = Mapping[str, AttributeCondition]
    Range = tuple[bytes, bytes | None]

_SAID_AS_IT_IS = (
    "contains duplicates",
    "number set",
    "numeric value",
    "significant digits",
    "number with magnitude",
)


def range_of(conditions: Conditions, key: KeySchema) -> Range:
    """Return the first stored key that a query may find, and the first after all of them."""
    if len(key.hash) == 1 and len(key.range) <= 1:
        _check_single(conditions, key)
    else:
        _check_parts(conditions, key)
    low = partition_prefix([conditions[name].values[0] for name in key.hash])
    for name in key.range:
        condition = conditions.get(name)
        if condition is None:
            break
        if condition.operator != "EQ":
            return range_within(low, condition)
        low += key_bytes(condition.values[0])
    return low, after_prefix(low)


def is_within(position: bytes, bounds: Range) -> bool:
    """Whether a stored key lies in a range."""
    low, high = bounds
    return position >= low and (high is None or position < high)


def check_restartable(key: KeySchema, index: Index | None, start: Item) -> None:
    """Refuse to go on in a partition that has one item at most."""
    if index is None and not key.range:
        shown = ", ".join(
            f"{name}=AttributeValue: {described(value)}" for name, value in start.items()
        )
        raise validation(
            f"The provided exclusive start key is invalid: ExclusiveStartKey: {{{shown}}}"
        )


def check_starting_values(request: Mapping[str, Any]) -> None:
    """Refuse an ExclusiveStartKey with values that nothing can have.

    AWS says what is wrong with numbers and duplicates as it is (dynalite's tests, recorded).
    """
    try:
        check_item(request.get("ExclusiveStartKey") or {})
    except AwsError as error:
        if any(words in error.message for words in _SAID_AS_IT_IS):
            raise
        raise validation(f"The provided starting key is invalid: {error.message}") from error


def position_of(table: Table, index: Index | None, start: Item) -> bytes:
    """Return the stored key of an ExclusiveStartKey: it has the keys of table and index, only."""
    types = dict(table.key.types)
    if index is not None:
        types |= index.key.types
    if start.keys() != types.keys():
        raise starting_key_mismatch()
    checked = {name: check_value(value) for name, value in start.items()}
    for name, value in checked.items():
        if types[name] not in value:
            raise starting_key_mismatch()
    position = stored_key(table.key, checked)
    return position if index is None else stored_key(index.key, checked) + position


def _check_single(conditions: Conditions, key: KeySchema) -> None:
    name = key.hash[0]
    range_key = None
    if key.range:
        range_key = KeyAttribute(key.range[0], key.types[key.range[0]])
    key_condition(conditions, KeyAttribute(name, key.types[name]), range_key)


def _check_parts(conditions: Conditions, key: KeySchema) -> None:
    """Check conditions on a key of several attributes ("Multi-attribute keys").

    All hash attributes equal something; range attributes from left to right, and only the last of
    those that are given may be compared otherwise.
    """
    for name, given in conditions.items():
        if name not in key.types:
            raise validation(f"Query condition missed key schema element: {key.hash[0]}")
        if any(type_of(value) != key.types[name] for value in given.values):
            raise invalid_values("Condition parameter type does not match schema type")
    for name in key.hash:
        if name not in conditions or conditions[name].operator != "EQ":
            raise validation(
                f"Query key condition not supported: all HASH key attributes need an equality "
                f"condition: {name} has none"
            )
    ended = ""
    for name in key.range:
        condition = conditions.get(name)
        if condition is not None and ended:
            raise validation(
                "Query key condition not supported: a RANGE key attribute can have a condition "
                "only when all RANGE key attributes before it have an equality condition: "
                f"{ended} has none"
            )
        if condition is None or condition.operator != "EQ":
            ended = ended or name
