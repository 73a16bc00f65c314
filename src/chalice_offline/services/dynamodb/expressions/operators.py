"""What comparisons and functions say of values out of an item.

A value of the wrong type out of an item makes a condition false; out of the request it has been
refused before (see `condition_checks`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.dynamodb.values.attribute_values import (
    SET_TYPES,
    compare,
    equal,
    type_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.services.dynamodb.values.attribute_values import AttributeValue


def is_equal(left: AttributeValue | None, right: AttributeValue | None) -> bool:
    """A missing attribute equals nothing, not even another missing one."""
    return left is not None and right is not None and equal(left, right)


def is_not_equal(left: AttributeValue | None, right: AttributeValue | None) -> bool:
    """A missing attribute differs from everything."""
    return left is None or right is None or not equal(left, right)


def _ordered(
    accept: Callable[[int], bool],
) -> Callable[[AttributeValue | None, AttributeValue | None], bool]:
    def holds(left: AttributeValue | None, right: AttributeValue | None) -> bool:
        if left is None or right is None:
            return False
        order = compare(left, right)
        return order is not None and accept(order)

    return holds


COMPARISONS: dict[str, Callable[[AttributeValue | None, AttributeValue | None], bool]] = {
    "=": is_equal,
    "<>": is_not_equal,
    "<": _ordered(lambda order: order < 0),
    "<=": _ordered(lambda order: order <= 0),
    ">": _ordered(lambda order: order > 0),
    ">=": _ordered(lambda order: order >= 0),
}


def is_between(
    value: AttributeValue | None, low: AttributeValue | None, high: AttributeValue | None
) -> bool:
    """Whether low <= value <= high."""
    return COMPARISONS["<="](low, value) and COMPARISONS["<="](value, high)


def begins_with(value: AttributeValue | None, start: AttributeValue | None) -> bool:
    """Whether a string begins with a string, or a binary with a binary."""
    if value is None or start is None:
        return False
    for kind in ("S", "B"):
        if kind in value and kind in start:
            found: bool = value[kind].startswith(start[kind])
            return found
    return False


def contains(value: AttributeValue | None, wanted: AttributeValue | None) -> bool:
    """Whether a string or binary has this part, or a set or list this member."""
    if value is None or wanted is None:
        return False
    kind, content = type_of(value), next(iter(value.values()))
    if kind in {"S", "B"}:
        return kind in wanted and wanted[kind] in content
    if kind in SET_TYPES:
        member_type = SET_TYPES[kind]
        return member_type in wanted and wanted[member_type] in content
    return kind == "L" and any(equal(member, wanted) for member in content)


def size(value: AttributeValue | None) -> AttributeValue | None:
    """Return how long a string or binary is, or how many a set, list or map has, as a number."""
    if value is None:
        return None
    for kind, content in value.items():
        if kind in {"N", "BOOL", "NULL"}:
            return None
        if kind == "S" and not content.isascii():
            # Java's length: UTF-16 code units, measured on AWS (github.com/ExtendDB/extenddb#60).
            return {"N": str(len(content.encode("utf-16-le")) // 2)}
        return {"N": str(len(content))}
    return None
