"""Choice rules in JSONPath: comparisons of a variable, and And, Or, Not of them."""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, Any

from chalice_offline.services.stepfunctions.language.failures import runtime_failure
from chalice_offline.services.stepfunctions.language.paths import NoSuchValue
from chalice_offline.services.stepfunctions.language.timestamps import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalice_offline.services.stepfunctions.language.sources import Sources

_MISSING = object()


def holds(rule: Mapping[str, Any], sources: Sources) -> bool:
    """Whether a choice rule is met."""
    if "And" in rule:
        return all(holds(one, sources) for one in rule["And"])
    if "Or" in rule:
        return any(holds(one, sources) for one in rule["Or"])
    if "Not" in rule:
        return not holds(rule["Not"], sources)
    name = comparison_of(rule)
    if name == "IsPresent":
        return (_look_up(rule["Variable"], sources) is not _MISSING) is rule[name]
    value = _look_up(rule["Variable"], sources)
    if value is _MISSING:
        raise runtime_failure(
            f"Invalid path '{rule['Variable']}': The choice state's condition path references an "
            "invalid value."
        )
    wanted = rule[name]
    if name in _TESTS:
        return _TESTS[name](value) is wanted
    if name.endswith("Path"):
        wanted = _look_up(wanted, sources)
        if wanted is _MISSING:
            raise runtime_failure(
                f"Invalid path '{rule[name]}': The choice state's condition path references an "
                "invalid value."
            )
        name = name.removesuffix("Path")
    return COMPARISONS[name](value, wanted)


def comparison_of(rule: Mapping[str, Any]) -> str:
    """Return the name of a rule's comparison; "" when it has none."""
    return next((name for name in rule if name in OPERATORS), "")


def _look_up(path: str, sources: Sources) -> Any:
    try:
        return sources.look_up(path)
    except NoSuchValue:
        return _MISSING


def _strings(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compared(value: Any, wanted: Any) -> bool:
        return isinstance(value, str) and isinstance(wanted, str) and compare(value, wanted)

    return compared


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _numbers(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compared(value: Any, wanted: Any) -> bool:
        return _is_number(value) and _is_number(wanted) and compare(value, wanted)

    return compared


def _timestamps(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compared(value: Any, wanted: Any) -> bool:
        if not isinstance(value, str) or not isinstance(wanted, str):
            return False
        left, right = parse_timestamp(value), parse_timestamp(wanted)
        return left is not None and right is not None and compare(left, right)

    return compared


def _matches(value: str, pattern: str) -> bool:
    """`*` stands for anything; a backslash before it or before a backslash takes it as it is."""
    parts = re.findall(r"\\[*\\]|\*|[^*\\]+|\\", pattern)
    translated = "".join(
        ".*" if part == "*" else re.escape(part[1:] if len(part) == 2 and part[0] == "\\" else part)
        for part in parts
    )
    return re.fullmatch(translated, value, re.DOTALL) is not None


def _booleans(value: Any, wanted: Any) -> bool:
    return isinstance(value, bool) and value is wanted


_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "GreaterThan": operator.gt,
    "LessThanEquals": operator.le,
    "GreaterThanEquals": operator.ge,
}
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "StringMatches": _strings(_matches),
    "BooleanEquals": _booleans,
}
for _name, _compare in _ORDER.items():
    COMPARISONS[f"String{_name}"] = _strings(_compare)
    COMPARISONS[f"Numeric{_name}"] = _numbers(_compare)
    COMPARISONS[f"Timestamp{_name}"] = _timestamps(_compare)
_TESTS: dict[str, Callable[[Any], bool]] = {
    "IsNull": lambda value: value is None,
    "IsNumeric": _is_number,
    "IsString": lambda value: isinstance(value, str),
    "IsBoolean": lambda value: isinstance(value, bool),
    "IsTimestamp": lambda value: isinstance(value, str) and parse_timestamp(value) is not None,
}
OPERATORS = frozenset(
    {"IsPresent", *_TESTS, *COMPARISONS}
    | {f"{name}Path" for name in COMPARISONS if name != "StringMatches"}
)
