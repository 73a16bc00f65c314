"""Which part of a table or an index a query reads, and where a page starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.dynamodb.errors import invalid_values, validation
from chalice_offline.services.dynamodb.expressions import KeyAttribute, key_condition, range_within
from chalice_offline.services.dynamodb.items.keys import partition_prefix
from chalice_offline.services.dynamodb.values.attribute_values import type_of
from chalice_offline.services.dynamodb.values.key_encoding import (
    after_prefix,
    key_bytes,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.services.dynamodb.expressions import AttributeCondition
    from chalice_offline.services.dynamodb.items.starting_keys import StartingKey
    from chalice_offline.services.dynamodb.tables.schema import KeySchema
    from chalice_offline.services.dynamodb.values.attribute_values import AttributeValue

    Conditions = Mapping[str, AttributeCondition]
    Range = tuple[bytes, bytes | None]


def range_of(conditions: Conditions, key: KeySchema, start: StartingKey | None) -> Range:
    """Return the first stored key that a query may find, and the first after all of them.

    The attributes of `start` are checked on the way, each before the condition on it (recorded).
    """
    if len(key.hash) == 1 and len(key.range) <= 1:
        _check_single(conditions, key, start)
    else:
        if start is not None:
            start.check_attributes()
        _check_parts(conditions, key)
    return _bounds(conditions, key, [conditions[name].values[0] for name in key.hash])


def _bounds(conditions: Conditions, key: KeySchema, hash_values: list[AttributeValue]) -> Range:
    """Return the range of those range keys in a partition that are as asked."""
    low = partition_prefix(hash_values)
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


def check_within(
    start: StartingKey, position: bytes, bounds: Range, conditions: Conditions, key: KeySchema
) -> None:
    """Refuse to go on behind an item that the query cannot find (texts recorded)."""
    if is_within(position, bounds):
        return
    if not any(name in conditions for name in key.range):
        raise validation(
            "The provided starting key is outside query boundaries based on provided conditions"
        )
    if not is_within(position, _bounds(conditions, key, start.values(key.hash))):
        raise validation("The provided starting key does not match the range key predicate")
    raise validation("The query can return at most one row and cannot be restarted")


def _check_single(conditions: Conditions, key: KeySchema, start: StartingKey | None) -> None:
    name = key.hash[0]
    range_key = None
    if key.range:
        range_key = KeyAttribute(key.range[0], key.types[key.range[0]])
    key_condition(
        conditions,
        KeyAttribute(name, key.types[name]),
        range_key,
        None if start is None else start.check_attribute,
    )


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
