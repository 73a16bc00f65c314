"""Attribute values: what is valid, and which are equal, less or greater.

A value is AWS's wire form as `protocols` gives it: a dict with one member that names the type.
Values that have passed `check_value` are canonical: numbers in AWS's spelling, sets as given.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from chalice_offline.services.dynamodb.errors import invalid_values, validation
from chalice_offline.services.dynamodb.values.numbers import canonical_number, compare_numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chalice_offline.core.errors import AwsError

AttributeValue = dict[str, Any]
Item = dict[str, AttributeValue]

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
MAX_NESTING = 32
MAX_NAME_BYTES = 65_535
_SURELY_SHORT = MAX_NAME_BYTES // 4  # characters: no UTF-8 has more than four bytes for one

ORDERED_TYPES = frozenset("SNB")
SET_TYPES = {"SS": "S", "NS": "N", "BS": "B"}
TYPES = frozenset({"S", "N", "B", "SS", "NS", "BS", "M", "L", "BOOL", "NULL"})

_EMPTY = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
_SEVERAL = (
    "Supplied AttributeValue has more than one datatypes set, "
    "must contain exactly one of the supported datatypes"
)
_TOO_DEEP = (
    "Nesting Levels have exceeded supported limits: "
    "Attributes in the item have nested levels beyond supported limit"
)
# AWS's own words and spaces, as its replies have them.
_EMPTY_SET = {
    "SS": "An string set  may not be empty",
    "NS": "An number set  may not be empty",
    "BS": "Binary sets should not be empty",
}


def type_of(value: AttributeValue) -> str:
    """Return the type of a checked value, such as "S"."""
    return next(iter(value))


def check_value(value: AttributeValue, level: int = 1) -> AttributeValue:
    """Return `value` in canonical form; the same object when it is canonical already.

    `level` is the value's depth in the item. Raises AwsError("ValidationException").
    """
    if len(value) != 1:
        raise _not_one_type(value, level)
    for kind, content in value.items():
        if kind == "S" or kind == "B" or kind == "BOOL":
            return value
        if kind == "N":
            number = canonical_number(content)
            return value if number is content else {"N": number}
        if kind not in _CHECKS:
            raise validation(_EMPTY)
        return _CHECKS[kind](value, content, level)
    raise validation(_EMPTY)


def check_item(item: Item) -> Item:
    """Return `item` with canonical values; the same object when nothing had to change."""
    return _checked_members(item, 1)


def _checked_members(members: Item, level: int) -> Item:
    changed: Item | None = None
    for name, value in members.items():
        if not 0 < len(name) <= _SURELY_SHORT:
            check_name(name)
        if len(value) == 1 and "S" in value:  # most attributes are: spare them the call
            continue
        checked = check_value(value, level)
        if checked is not value:
            changed = changed or dict(members)
            changed[name] = checked
    return changed or members


def check_name(name: str) -> None:
    """Raise AwsError("ValidationException") when no attribute can have this name."""
    if problem := name_problem(name):
        raise invalid_values(problem)


def name_problem(name: str) -> str:
    """Return what is wrong with an attribute's name in AWS's words, "" when nothing is."""
    if not name:
        return "Empty attribute name"
    if len(name) > _SURELY_SHORT and len(name.encode()) > MAX_NAME_BYTES:
        return f"Attribute name is too large, must be less than {MAX_NAME_BYTES + 1} bytes"
    return ""


def _not_one_type(value: AttributeValue, level: int) -> AwsError:
    for kind, content in value.items():  # what is wrong inside comes first
        check_value({kind: content}, level)
    return validation(_SEVERAL if value else _EMPTY)


def _check_null(value: AttributeValue, content: Any, level: int) -> AttributeValue:  # noqa: ARG001
    if content is not True:
        raise invalid_values("Null attribute value types must have the value of true")
    return value


def _check_list(value: AttributeValue, content: list[Any], level: int) -> AttributeValue:
    _check_level(level)
    checked = [check_value(member, level + 1) for member in content]
    if all(one is other for one, other in zip(checked, content, strict=True)):
        return value
    return {"L": checked}


def _check_map(value: AttributeValue, content: Item, level: int) -> AttributeValue:
    _check_level(level)
    checked = _checked_members(content, level + 1)
    return value if checked is content else {"M": checked}


def _check_level(level: int) -> None:
    if level > MAX_NESTING:
        raise validation(_TOO_DEEP)


def _check_set(kind: str) -> Callable[[AttributeValue, Any, int], AttributeValue]:
    def check(value: AttributeValue, content: list[Any], level: int) -> AttributeValue:  # noqa: ARG001
        if not content:
            raise invalid_values(_EMPTY_SET[kind])
        if kind == "NS":
            numbers = [canonical_number(text) for text in content]
            if len(set(numbers)) != len(numbers):
                raise validation("Input collection contains duplicates")
            return value if numbers == content else {"NS": numbers}
        if len(set(content)) != len(content):
            raise invalid_values(_duplicates(kind, content))
        return value

    return check


def _duplicates(kind: str, content: list[Any]) -> str:
    shown = content if kind == "SS" else [base64.b64encode(one).decode() for one in content]
    suffix = " contains duplicates." if kind == "SS" else "of type BS contains duplicates."
    return f"Input collection [{', '.join(shown)}]{suffix}"


_CHECKS: dict[str, Callable[[AttributeValue, Any, int], AttributeValue]] = {
    "NULL": _check_null,
    "L": _check_list,
    "M": _check_map,
    **{kind: _check_set(kind) for kind in SET_TYPES},
}


def equal(left: AttributeValue, right: AttributeValue) -> bool:
    """Whether two checked values are the same: types, numbers by value, sets in any order."""
    if left == right:
        return True
    kind = type_of(left)
    if kind not in right:
        return False
    mine, other = left[kind], right[kind]
    if kind in SET_TYPES:
        return len(mine) == len(other) and set(mine) == set(other)
    if kind == "L":
        return len(mine) == len(other) and all(map(equal, mine, other))
    if kind == "M":
        return mine.keys() == other.keys() and all(equal(mine[name], other[name]) for name in mine)
    return False


def compare(left: AttributeValue, right: AttributeValue) -> int | None:
    """Return a number below, equal to or above 0; None when the two have no order.

    Strings are ordered by their UTF-8, binaries by their unsigned bytes, numbers by value.
    """
    kind = type_of(left)
    if kind not in right or kind not in ORDERED_TYPES:
        return None
    mine, other = left[kind], right[kind]
    if kind == "N":
        return compare_numbers(mine, other)
    if mine == other:
        return 0
    # Code points are in the order of their UTF-8, so the texts need not be encoded.
    return -1 if mine < other else 1


def set_union(left: Iterable[Any], right: Iterable[Any]) -> list[Any]:
    """Return the members of both sets, the new ones at the end."""
    return list(dict.fromkeys([*left, *right]))


def described(value: AttributeValue) -> str:
    """Return a value as AWS shows it in messages: "{N:1}", "{SS:[a, b]}"."""
    for kind, content in value.items():
        return f"{{{kind}:{_described_content(kind, content)}}}"
    return "{}"


def _described_content(kind: str, content: Any) -> str:
    if kind == "B":
        return base64.b64encode(content).decode()
    if kind == "BS":
        return f"[{', '.join(base64.b64encode(one).decode() for one in content)}]"
    if kind == "L":
        return f"[{', '.join(map(described, content))}]"
    if kind == "M":
        return f"{{{', '.join(f'{name}={described(one)}' for name, one in content.items())}}}"
    if kind in SET_TYPES:
        return f"[{', '.join(content)}]"
    return str(content).lower() if isinstance(content, bool) else str(content)
