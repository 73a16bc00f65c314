"""The constraints a service model states, checked and reported in AWS's words.

Texts as recorded from EventBridge, SNS and Lambda: "1 validation error detected: Value
'<value>' at '<path>' failed to satisfy constraint: Member must have length less than or equal
to 10". Paths start in lower case; a structure in a list adds `.<position>.member`, one in a map
`.<key>.member`. Scalars in lists and maps, and the lengths of lists in maps, are reported once, on
their container. Of more than ten violations ten are told (recorded with DynamoDB).
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any

from chalice_offline.protocols import java_text
from chalice_offline.protocols.dynamodb_names import (
    TABLE_NAME_SHAPE,
    is_plain_name,
    table_name_rules,
)
from chalice_offline.protocols.shapes import ShapeCompiler

# (value, path of the parent with its dot, own name in the path, violations found so far)
Check = Callable[[Any, str, str, list[str]], None]
_Rule = tuple[Callable[[Any], bool], str]

_MOST_TOLD = 10

# AWS adds values faster than users update botocore; what is newer than the model must pass.
_GROWING_ENUMS = frozenset({"Runtime"})

# Enums AWS takes in lower case as well (recorded, 2024: HttpMethod "put" of a destination and
# of a connection's OAuth endpoint).
_CASELESS_ENUMS = frozenset({"ApiDestinationHttpMethod", "ConnectionOAuthHttpMethod"})

# DynamoDB says in its own words that the name of an item's attribute is too long. Left to it, items
# need no walk here: (name of the shape, its greatest length).
_JUDGED_BY_THE_SERVICE = frozenset({("AttributeName", 65_535)})

# Members of lists and maps of which AWS says that they are not null, and those of which it tells
# that they may be empty (recorded with Lambda; the models say neither).
_NEVER_NULL = frozenset({"Architecture", "LayerVersionArn", "Weight"})
_NEVER_NULL_TEXT = "Member must not be null"
_MAY_BE_EMPTY = frozenset({"SubnetId", "SecurityGroupId"})

# Patterns as AWS tells them, where the models have others (recorded with Lambda).
_PLACE = r"(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}"
_HEX_4 = "[0-9a-fA-F]{4}"
_RECORDED_PATTERNS = {
    "LayerVersionArn": (
        rf"(arn:(aws[a-zA-Z-]*)?:lambda:{_PLACE}:layer:[a-zA-Z0-9-_]+:[0-9]+)|"
        r"(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+)"
    ),
    "TaggableResource": (
        rf"arn:(aws[a-zA-Z-]*):lambda:{_PLACE}:"
        r"(function:[a-zA-Z0-9-_]+(:(\$LATEST|[a-zA-Z0-9-_]+))?|layer:([a-zA-Z0-9-_]+)|"
        r"code-signing-config:csc-[a-z0-9]{17}|event-source-mapping:[0-9a-fA-F]{8}-"
        rf"{_HEX_4}-{_HEX_4}-{_HEX_4}-[0-9a-fA-F]{{12}}|capacity-provider:[a-zA-Z0-9-_]+)"
    ),
}

_NULL = "Value null at '{}' failed to satisfy constraint: Member must not be null"
# Java's classes that Python spells otherwise; Unicode letters and digits only.
_JAVA_CLASSES = {r"\p{L}": r"\w", r"\p{N}": r"\d", r"\p{Z}": r"\s", r"\p{Alnum}": "a-zA-Z0-9"}


class Constraints(ShapeCompiler["Check | None"]):
    """Compiles the constraints of input shapes; None where nothing is constrained."""

    def __init__(self, *, presence_only: bool = False, service: str = "") -> None:
        super().__init__()
        own = _dynamodb_rules if service == "dynamodb" else _rules
        self._rules = _no_rules if presence_only else own

    def compile(self, shape: Any) -> Check | None:
        """Return what is to be checked; None also for what only contains itself, unconstrained."""
        return super().compile(shape) if self._is_constrained(shape, set()) else None

    def _is_constrained(self, shape: Any, seen: set[str]) -> bool:
        if self._rules(shape):
            return True
        if shape.type_name == "list":
            return bool(self._rules(shape.member, in_container=True)) or self._is_constrained(
                shape.member, seen
            )
        if shape.type_name == "map":
            return any(
                self._rules(part, in_container=True) or self._is_constrained(part, seen)
                for part in (shape.key, shape.value)
            )
        if shape.type_name != "structure" or shape.name in seen:
            return False
        seen.add(shape.name)
        return bool(shape.required_members) or any(
            self._is_constrained(member, seen) for member in shape.members.values()
        )

    def later(self, structures: dict[str, Any], name: str) -> Check:
        """Stand in for a structure within itself."""

        def check(value: Any, parent: str, name_in_path: str, found: list[str]) -> None:
            structures[name](value, parent, name_in_path, found)

        return check

    def leaf(self, shape: Any) -> Check | None:
        """Compile a scalar's own rules."""
        rules = self._rules(shape)
        if not rules:
            return None
        check = _rule_check(shape, rules)
        if self._rules is _dynamodb_rules and shape.name == TABLE_NAME_SHAPE:
            return _unless(is_plain_name, check)
        return check

    def structure(self, shape: Any) -> Check | None:
        """Compile what is required of a structure, and its members' rules."""
        required = frozenset(shape.required_members)
        table = [
            (name, java_text.lower_first(name), name in required, self.compile(member))
            for name, member in shape.members.items()
        ]
        table = [row for row in table if row[2] or row[3]]
        return _structure_check(table) if table else None

    def list_(self, shape: Any) -> Check | None:
        """Compile a list's own rules and those of its members."""
        return _both(self.leaf(shape), self._list_members_check(shape))

    def _list_members_check(self, shape: Any) -> Check | None:
        if shape.member.type_name in ("structure", "list", "map"):
            return _each_list_member(self.compile(shape.member))
        return self._scalar_members_check(shape, shape.member, "Member", _list_items)

    def map_(self, shape: Any) -> Check | None:
        """Compile a map's own rules and those of its keys and values."""
        own = self.leaf(shape)
        own = _both(own, self._scalar_members_check(shape, shape.key, "Map keys", _map_keys))
        if shape.value.type_name in ("structure", "map"):
            return _both(own, _each_map_value(self.compile(shape.value)))
        own = _both(own, self._scalar_members_check(shape, shape.value, "Map value", _map_values))
        if shape.value.type_name == "list":
            return _both(own, _each_map_value(self._list_members_check(shape.value)))
        return own

    def _scalar_members_check(
        self, container: Any, member: Any, label: str, members_of: Callable[[Any], Any]
    ) -> Check | None:
        rules = self._rules(member, in_container=True)
        if not rules:
            return None
        texts = [text for _, text in rules]
        if member.name in _NEVER_NULL:
            texts.append(_NEVER_NULL_TEXT)
        constraint = f"{label} must satisfy constraint: [{', '.join(texts)}]"

        def check(value: Any, parent: str, name: str, found: list[str]) -> None:
            for item in members_of(value):
                if any(broken(item) for broken, _ in rules):
                    found.append(_violation(container, value, parent + name, constraint))
                    return

        return check


def report(violations: list[str]) -> str:
    """Join violations into the one message AWS sends."""
    told = violations[:_MOST_TOLD]
    errors = "1 validation error" if len(told) == 1 else f"{len(told)} validation errors"
    return f"{errors} detected: {'; '.join(told)}"


def _structure_check(table: list[tuple[str, str, bool, Check | None]]) -> Check:
    def check(value: Any, parent: str, name: str, found: list[str]) -> None:
        prefix = f"{parent}{name}." if name else parent
        for member, name_in_path, required, check_member in table:
            # Most members are absent; `in` says so without a call.
            if member in value and (item := value[member]) is not None:
                if check_member is not None:
                    check_member(item, prefix, name_in_path, found)
            elif required:
                found.append(_NULL.format(prefix + name_in_path))

    return check


def _unless(is_fine: Callable[[Any], object], check: Check) -> Check:
    """Look closer only at values that one look does not find fine."""

    def check_unless(value: Any, parent: str, name: str, found: list[str]) -> None:
        if not is_fine(value):
            check(value, parent, name, found)

    return check_unless


def _both(first: Check | None, second: Check | None) -> Check | None:
    if first is None or second is None:
        return first or second

    def check(value: Any, parent: str, name: str, found: list[str]) -> None:
        first(value, parent, name, found)
        second(value, parent, name, found)

    return check


def _each_list_member(check_member: Check | None) -> Check | None:
    if check_member is None:
        return None

    def check(value: Any, parent: str, name: str, found: list[str]) -> None:
        prefix = f"{parent}{name}."
        for position, item in enumerate(value, 1):
            check_member(item, prefix, f"{position}.member", found)

    return check


def _each_map_value(check_value: Check | None) -> Check | None:
    if check_value is None:
        return None

    def check(value: Any, parent: str, name: str, found: list[str]) -> None:
        prefix = f"{parent}{name}."
        for key, item in value.items():
            check_value(item, prefix, f"{key}.member", found)

    return check


def _list_items(value: Any) -> Any:
    return value


def _map_keys(value: Any) -> Any:
    return value


def _map_values(value: Any) -> Any:
    return value.values()


def _rule_check(shape: Any, rules: list[_Rule]) -> Check:
    def check(value: Any, parent: str, name: str, found: list[str]) -> None:
        for broken, text in rules:
            if broken(value):
                found.append(_violation(shape, value, parent + name, text))

    return check


def _violation(shape: Any, value: Any, path: str, constraint: str) -> str:
    shown = f"Value '{java_text.text(shape, value)}' at '{path}'"
    return f"{shown} failed to satisfy constraint: {constraint}"


def _rules(shape: Any, *, in_container: bool = False) -> list[_Rule]:
    """Return a shape's own rules, in the order AWS reports them."""
    metadata = shape.metadata
    if (shape.name, metadata.get("max")) in _JUDGED_BY_THE_SERVICE:
        return []
    limits = _limit_rules(shape)
    pattern = _RECORDED_PATTERNS.get(shape.name, metadata.get("pattern"))
    patterns = [] if pattern is None else _pattern_rules(pattern)
    values = None if shape.name in _GROWING_ENUMS else metadata.get("enum")
    rules = limits + patterns if in_container else patterns + limits
    caseless = shape.name in _CASELESS_ENUMS
    return rules + ([_enum_rule(values, caseless=caseless)] if values else [])


def _dynamodb_rules(shape: Any, *, in_container: bool = False) -> list[_Rule]:
    if shape.name == TABLE_NAME_SHAPE:
        return table_name_rules(in_container=in_container)
    return _rules(shape, in_container=in_container)


def _no_rules(_shape: Any, *, in_container: bool = False) -> list[_Rule]:  # noqa: ARG001
    return []


def _limit_rules(shape: Any) -> list[_Rule]:
    measured = "value" if shape.type_name in ("integer", "long", "float", "double") else "length"
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    rules: list[_Rule] = []
    if high is not None:
        text = f"Member must have {measured} less than or equal to {high}"
        rules.append((_above(high, measured), text))
    is_told = low is not None and (low > 0 or measured == "value" or shape.name in _MAY_BE_EMPTY)
    if low is not None and is_told:
        text = f"Member must have {measured} greater than or equal to {low}"
        rules.append((_below(low, measured), text))
    return rules


def _above(high: float, measured: str) -> Callable[[Any], bool]:
    if measured == "length":
        return lambda value: len(value) > high
    return lambda value: bool(value > high)


def _below(low: float, measured: str) -> Callable[[Any], bool]:
    if measured == "length":
        return lambda value: len(value) < low
    return lambda value: bool(value < low)


def _pattern_rules(pattern: str) -> list[_Rule]:
    compiled = compile_java_pattern(pattern)
    if compiled is None:
        return []
    matches = compiled.fullmatch  # Java's validators call Matcher.matches(): the whole value
    text = f"Member must satisfy regular expression pattern: {pattern}"
    return [(lambda value: matches(value) is None, text)]


def compile_java_pattern(pattern: str) -> re.Pattern[str] | None:
    """Compile a model's Java pattern; None when Python's engine cannot express it."""
    for java, python in _JAVA_CLASSES.items():
        pattern = pattern.replace(java, python)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # [[ and -- mean nothing special here
        try:
            return re.compile(pattern)
        except re.error:
            return None


def _enum_rule(values: list[str], *, caseless: bool) -> _Rule:
    allowed = frozenset(values + [value.lower() for value in values] if caseless else values)
    shown = ", ".join(java_text.hash_set_order(values))
    return (
        lambda value: value not in allowed,
        f"Member must satisfy enum value set: [{shown}]",
    )
