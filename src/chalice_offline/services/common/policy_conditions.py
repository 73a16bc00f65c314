"""Conditions of a policy statement (IAM user guide, "IAM JSON policy elements: Condition")."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

# What a request has under a condition key: its values, none when it lacks the key, and None for a
# key that is not known here.
Facts = Callable[[str], list[str] | None]
_IF_EXISTS = "IfExists"
_ANY, _ALL = "ForAnyValue:", "ForAllValues:"


class _Operator(NamedTuple):
    """A comparison of a request's value with one of the policy's; `negated`: none may fit."""

    fits: Callable[[str, str], bool]
    negated: bool = False


def applies(conditions: Mapping[str, Mapping[str, Any]], facts: Facts) -> bool:
    """Whether all conditions hold.

    A condition on what is not known here (networks, organisations, roles) never does: a statement
    that depends on it allows nothing and denies nothing.
    """
    return all(
        _holds(name, facts(key), listed(wanted))
        for name, keys in conditions.items()
        for key, wanted in keys.items()
    )


def listed(value: Any) -> list[Any]:
    """Return a policy's value, which may be one or a list, as a list."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def matches(pattern: str, text: str) -> bool:
    """Whether a text fits a pattern with * and ?."""
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"([*?])", pattern)
    marks = {"*": ".*", "?": "."}
    return re.compile("".join(marks.get(part) or re.escape(part) for part in parts), re.DOTALL)


def _holds(name: str, values: list[str] | None, wanted: list[Any]) -> bool:
    if values is None:
        return False
    texts = [_text(each) for each in wanted]
    if name == "Null":
        return texts == ["false" if values else "true"]
    bare = name.removeprefix(_ANY).removeprefix(_ALL)
    operator = _OPERATORS.get(bare.removesuffix(_IF_EXISTS))
    if operator is None:
        return False
    if not values:
        # A key that is not there differs from everything, and all of no values fit.
        return bare.endswith(_IF_EXISTS) or name.startswith(_ALL) or operator.negated
    fitting = [
        any(operator.fits(value, text) for text in texts) is not operator.negated
        for value in values
    ]
    return any(fitting) if name.startswith(_ANY) else all(fitting)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _numeric(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    def fits(value: str, wanted: str) -> bool:
        try:
            return compare(float(value), float(wanted))
        except ValueError:
            return False

    return fits


def _dated(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    def fits(value: str, wanted: str) -> bool:
        try:
            return compare(_instant(value), _instant(wanted))
        except ValueError:
            return False

    return fits


def _instant(text: str) -> float:
    """Read a date in ISO 8601, or in seconds since the epoch."""
    try:
        return float(text)
    except ValueError:
        read = datetime.fromisoformat(text)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


def _same_ignoring_case(value: str, wanted: str) -> bool:
    return value.lower() == wanted.lower()


def _like(value: str, wanted: str) -> bool:
    return matches(wanted, value)


_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "LessThan": lambda one, other: one < other,
    "LessThanEquals": lambda one, other: one <= other,
    "GreaterThan": lambda one, other: one > other,
    "GreaterThanEquals": lambda one, other: one >= other,
}


def _equal(one: float, other: float) -> bool:
    return one == other


_OPERATORS: dict[str, _Operator] = {
    "StringEquals": _Operator(str.__eq__),
    "StringNotEquals": _Operator(str.__eq__, negated=True),
    "StringEqualsIgnoreCase": _Operator(_same_ignoring_case),
    "StringNotEqualsIgnoreCase": _Operator(_same_ignoring_case, negated=True),
    "StringLike": _Operator(_like),
    "StringNotLike": _Operator(_like, negated=True),
    "ArnEquals": _Operator(_like),
    "ArnLike": _Operator(_like),
    "ArnNotEquals": _Operator(_like, negated=True),
    "ArnNotLike": _Operator(_like, negated=True),
    "Bool": _Operator(_same_ignoring_case),
    "NumericEquals": _Operator(_numeric(_equal)),
    "NumericNotEquals": _Operator(_numeric(_equal), negated=True),
    "DateEquals": _Operator(_dated(_equal)),
    "DateNotEquals": _Operator(_dated(_equal), negated=True),
    **{f"Numeric{name}": _Operator(_numeric(compare)) for name, compare in _COMPARISONS.items()},
    **{f"Date{name}": _Operator(_dated(compare)) for name, compare in _COMPARISONS.items()},
}
