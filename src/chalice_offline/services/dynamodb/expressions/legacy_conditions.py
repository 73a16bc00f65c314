"""Expected, QueryFilter, ScanFilter and KeyConditions: conditions before there were expressions.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.dynamodb.errors import (
    invalid_values,
    validation,
)
from chalice_offline.services.dynamodb.expressions import operators
from chalice_offline.services.dynamodb.expressions.conditions import (
    CompiledCondition,
    Condition,
)
from chalice_offline.services.dynamodb.expressions.key_conditions import AttributeCondition
from chalice_offline.services.dynamodb.expressions.syntax import Path
from chalice_offline.services.dynamodb.values.attribute_values import check_value, compare, type_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chalice_offline.services.dynamodb.values.attribute_values import AttributeValue, Item

    Request = dict[str, Any]
    Holds = Callable[[AttributeValue | None, Sequence[AttributeValue]], bool]

_SCALARS = frozenset("SNB")
# How many arguments an operator takes (None: one or more), and of which types (None: of any).
_ARGUMENTS: dict[str, tuple[int | None, frozenset[str] | None]] = {
    "EQ": (1, None),
    "NE": (1, None),
    "LE": (1, _SCALARS),
    "LT": (1, _SCALARS),
    "GE": (1, _SCALARS),
    "GT": (1, _SCALARS),
    "CONTAINS": (1, _SCALARS),
    "NOT_CONTAINS": (1, _SCALARS),
    "BEGINS_WITH": (1, frozenset("SB")),
    "IN": (None, _SCALARS),
    "BETWEEN": (2, _SCALARS),
    "NULL": (0, None),
    "NOT_NULL": (0, None),
}


def _compared(operator: str) -> Holds:
    holds = operators.COMPARISONS[operator]
    return lambda value, arguments: holds(value, arguments[0])


def _not_contains(value: AttributeValue | None, arguments: Sequence[AttributeValue]) -> bool:
    # A missing attribute neither contains nor does not contain (ScyllaDB's tests, on AWS).
    return value is not None and not operators.contains(value, arguments[0])


_HOLDS: dict[str, Holds] = {
    "EQ": _compared("="),
    "NE": _compared("<>"),
    "LE": _compared("<="),
    "LT": _compared("<"),
    "GE": _compared(">="),
    "GT": _compared(">"),
    "CONTAINS": lambda value, arguments: operators.contains(value, arguments[0]),
    "NOT_CONTAINS": _not_contains,
    "BEGINS_WITH": lambda value, arguments: operators.begins_with(value, arguments[0]),
    "IN": lambda value, arguments: any(operators.is_equal(value, one) for one in arguments),
    "BETWEEN": lambda value, arguments: operators.is_between(value, arguments[0], arguments[1]),
    "NULL": lambda value, _: value is None,
    "NOT_NULL": lambda value, _: value is not None,
}


def filter_condition(conditions: Mapping[str, Request], operator: str | None = None) -> Condition:
    """Return the condition of QueryFilter or ScanFilter with their ConditionalOperator.

    Raises AwsError("ValidationException") with AWS's text.
    """
    return _joined(attribute_conditions(conditions), operator)


def key_conditions(conditions: Mapping[str, Request]) -> dict[str, AttributeCondition]:
    """Return the legacy KeyConditions in the form of `parse_key_condition`; raises as it does."""
    return attribute_conditions(conditions)


def attribute_conditions(conditions: Mapping[str, Request]) -> dict[str, AttributeCondition]:
    """Check conditions of the shape {attribute: {ComparisonOperator, AttributeValueList}}."""
    found = {}
    for name, condition in conditions.items():
        values = [check_value(value) for value in condition.get("AttributeValueList") or ()]
        found[name] = _checked(condition["ComparisonOperator"], values)
    return found


def _checked(operator: str, values: list[AttributeValue]) -> AttributeCondition:
    count, types = _ARGUMENTS[operator]
    if len(values) != count if count is not None else not values:
        raise invalid_values(f"Invalid number of argument(s) for the {operator} ComparisonOperator")
    if len({type_of(value) for value in values}) > 1:
        raise invalid_values("AttributeValues inside AttributeValueList must be of same type")
    for value in values:
        if types is not None and type_of(value) not in types:
            raise invalid_values(
                f"ComparisonOperator {operator} is not valid for "
                f"{type_of(value)} AttributeValue type"
            )
    if operator == "BETWEEN" and (compare(values[0], values[1]) or 0) > 0:
        raise validation(
            "The BETWEEN condition was provided a range "
            "where the lower bound is greater than the upper bound"
        )
    return AttributeCondition(operator, tuple(values))


def expected_condition(expected: Mapping[str, Request], operator: str | None = None) -> Condition:
    """Return the condition of Expected with its ConditionalOperator.

    Raises AwsError("ValidationException") with AWS's text.
    """
    return _joined({name: _expected(name, one) for name, one in expected.items()}, operator)


def _expected(name: str, condition: Request) -> AttributeCondition:
    listed, value = condition.get("AttributeValueList"), condition.get("Value")
    exists, operator = condition.get("Exists"), condition.get("ComparisonOperator")
    if listed is not None and value is not None:
        raise invalid_values(
            f"Value and AttributeValueList cannot be used together for Attribute: {name}"
        )
    if operator is not None:
        return _expected_comparison(name, operator, condition)
    if listed is not None:
        raise invalid_values(
            f"AttributeValueList can only be used with a ComparisonOperator for Attribute: {name}"
        )
    if exists is False:
        if value is not None:
            raise invalid_values(f"Value cannot be used when Exists is false for Attribute: {name}")
        return AttributeCondition("NULL", ())
    if value is None:
        shown = "null" if exists is None else "true"
        raise invalid_values(f"Value must be provided when Exists is {shown} for Attribute: {name}")
    return AttributeCondition("EQ", (check_value(value),))


def _expected_comparison(name: str, operator: str, condition: Request) -> AttributeCondition:
    listed, value = condition.get("AttributeValueList"), condition.get("Value")
    if condition.get("Exists") is not None:
        raise invalid_values(
            f"Exists and ComparisonOperator cannot be used together for Attribute: {name}"
        )
    if listed is None and value is None and operator not in {"NULL", "NOT_NULL"}:
        raise invalid_values(
            "Value or AttributeValueList must be used with ComparisonOperator: "
            f"{operator} for Attribute: {name}"
        )
    given = listed if listed is not None else [] if value is None else [value]
    return _checked(operator, [check_value(one) for one in given])


def check_conditional_operator(operator: str | None, conditions: Mapping[str, Any] | None) -> None:
    """Raise AwsError("ValidationException") for a ConditionalOperator with nothing to join."""
    if operator is None:
        return
    if not conditions:
        raise invalid_values("ConditionalOperator cannot be used without Filter or Expected")
    if len(conditions) == 1:
        raise invalid_values(
            "ConditionalOperator can only be used when Filter or Expected has two or more elements"
        )


def _joined(conditions: Mapping[str, AttributeCondition], operator: str | None) -> Condition:
    tests = [(name, _HOLDS[one.operator], one.values) for name, one in conditions.items()]

    def all_hold(item: Item, _: Mapping[str, AttributeValue]) -> bool:
        return all(holds(item.get(name), values) for name, holds, values in tests)

    def any_holds(item: Item, _: Mapping[str, AttributeValue]) -> bool:
        return any(holds(item.get(name), values) for name, holds, values in tests)

    paths = tuple(Path((name,)) for name in conditions)
    test = any_holds if operator == "OR" and conditions else all_hold
    return Condition(CompiledCondition(test, paths, ()), {})
