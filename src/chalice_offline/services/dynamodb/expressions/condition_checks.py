"""What AWS refuses in a condition when it knows names and values, before it reads any item.

Each comparison and function is checked for itself, from left to right: references first, then
the number of operands, then that they differ, then their types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.dynamodb.expressions.errors import (
    ExpressionError,
    wrong_operand_type,
)
from chalice_offline.services.dynamodb.expressions.operand_parser import CONDITION_FUNCTIONS
from chalice_offline.services.dynamodb.expressions.paths import check_levels, shown
from chalice_offline.services.dynamodb.expressions.syntax import (
    Between,
    Call,
    Comparison,
    In,
    Path,
    ValueReference,
    operands_of,
)
from chalice_offline.services.dynamodb.values.attribute_values import (
    ORDERED_TYPES,
    compare,
    described,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalice_offline.services.dynamodb.expressions.placeholders import Binding
    from chalice_offline.services.dynamodb.expressions.syntax import Leaf, Operand

    ValueCheck = Callable[[Mapping[str, dict[str, Any]]], None]

_TYPE_NAMES = "{B,NULL,SS,BOOL,L,BS,N,NS,S,M}"
_ANY_TYPE = "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}"


def resolved(operand: Operand, binding: Binding) -> Operand:
    """Return the operand with its names in place; raise ExpressionError for what is undefined."""
    if isinstance(operand, Path):
        path = binding.path(operand)
        check_levels(path)
        return path
    if isinstance(operand, ValueReference):
        binding.type_of(operand)
        return operand
    return Call(operand.function, tuple(resolved(one, binding) for one in operand.arguments))


def resolved_leaf(leaf: Leaf, binding: Binding) -> Leaf:
    """Return the comparison or function with its names in place."""
    if isinstance(leaf, Comparison):
        return Comparison(
            leaf.operator, resolved(leaf.left, binding), resolved(leaf.right, binding)
        )
    if isinstance(leaf, Between):
        operand, low, high = (resolved(one, binding) for one in operands_of(leaf))
        return Between(operand, low, high)
    if isinstance(leaf, In):
        operand, *choices = (resolved(one, binding) for one in operands_of(leaf))
        return In(operand, tuple(choices))
    call = resolved(leaf, binding)
    assert isinstance(call, Call)
    return call


def check_leaf(leaf: Leaf, binding: Binding) -> list[ValueCheck]:
    """Check a resolved comparison or function; return the checks that need the values themselves.

    Raises ExpressionError.
    """
    calls = _calls_in(leaf)
    for call in calls:
        check_operand_count(call, CONDITION_FUNCTIONS)
    for call in calls:
        _check_distinct(call.function, call.arguments)
    if isinstance(leaf, Comparison):
        _check_distinct(leaf.operator, operands_of(leaf))
    value_checks = [check for call in calls for check in _check_call(call, binding)]
    if isinstance(leaf, Comparison) and leaf.operator not in {"=", "<>"}:
        _check_ordered(leaf.operator, operands_of(leaf), binding)
    elif isinstance(leaf, Between):
        _check_ordered("BETWEEN", operands_of(leaf), binding)
        value_checks.extend(_bounds_check(leaf))
    return value_checks


def _calls_in(leaf: Leaf) -> list[Call]:
    """Return the function calls of a leaf, inner ones first."""
    found: list[Call] = []

    def visit(operand: Operand) -> None:
        if isinstance(operand, Call):
            for argument in operand.arguments:
                visit(argument)
            found.append(operand)

    if isinstance(leaf, Call):
        visit(leaf)
    else:
        for operand in operands_of(leaf):
            visit(operand)
    return found


def check_operand_count(call: Call, functions: Mapping[str, int]) -> None:
    """Raise ExpressionError for a function with too few or too many operands."""
    if len(call.arguments) != functions[call.function]:
        raise ExpressionError(
            "Incorrect number of operands for operator or function; "
            f"operator or function: {call.function}, number of operands: {len(call.arguments)}"
        )


def _check_distinct(operator: str, operands: tuple[Operand, ...]) -> None:
    first, *others = operands
    if isinstance(first, Path) and first in others:
        raise ExpressionError(
            "The first operand must be distinct from the remaining operands "
            "for this operator or function; "
            f"operator: {operator}, first operand: {shown(first)}"
        )


def known_type(operand: Operand, binding: Binding) -> str | None:
    """Return the type of an operand when it does not depend on the item."""
    if isinstance(operand, ValueReference):
        return binding.type_of(operand)
    if isinstance(operand, Call) and operand.function == "size":
        return "N"
    return None


def _check_ordered(operator: str, operands: tuple[Operand, ...], binding: Binding) -> None:
    for operand in operands:
        kind = known_type(operand, binding)
        if kind is not None and kind not in ORDERED_TYPES:
            raise wrong_operand_type(operator, kind)


def _bounds_check(leaf: Between) -> list[ValueCheck]:
    low, high = leaf.low, leaf.high
    if not isinstance(low, ValueReference) or not isinstance(high, ValueReference):
        return []
    return [lambda values: check_bounds(values[low.name], values[high.name])]


def check_bounds(low: dict[str, Any], high: dict[str, Any]) -> None:
    """Raise ExpressionError for bounds of BETWEEN that nothing can lie between."""
    order = compare(low, high)
    if order is not None and order <= 0:
        return
    wanted = (
        "same data type for lower and upper bounds"
        if order is None
        else "upper bound to be greater than or equal to lower bound"
    )
    raise ExpressionError(
        f"The BETWEEN operator requires {wanted}; "
        f"lower bound operand: AttributeValue: {described(low)}, "
        f"upper bound operand: AttributeValue: {described(high)}"
    )


def _check_call(call: Call, binding: Binding) -> list[ValueCheck]:
    name = call.function
    if name in {"attribute_exists", "attribute_not_exists"}:
        check_path_operand(call)
    elif name == "begins_with":
        for argument in call.arguments:
            kind = known_type(argument, binding)
            if kind is not None and kind not in {"S", "B"}:
                raise wrong_operand_type(name, kind)
    elif name == "size":
        kind = known_type(call.arguments[0], binding)
        if kind in {"N", "BOOL", "NULL"}:
            raise wrong_operand_type(name, kind)
    elif name == "attribute_type":
        return [_check_attribute_type(call.arguments[1], binding)]
    return []


def check_path_operand(call: Call) -> None:
    """Raise ExpressionError when the first operand of a function is no path."""
    if not isinstance(call.arguments[0], Path):
        raise ExpressionError(
            f"Operator or function requires a document path; operator or function: {call.function}"
        )


def _check_attribute_type(argument: Operand, binding: Binding) -> ValueCheck:
    kind = known_type(argument, binding)
    if kind != "S":
        raise wrong_operand_type("attribute_type", kind or _ANY_TYPE)
    assert isinstance(argument, ValueReference)
    name = argument.name

    def check(values: Mapping[str, dict[str, Any]]) -> None:
        wanted = values[name]["S"]
        if wanted not in _TYPE_NAMES[1:-1].split(","):
            raise ExpressionError(
                f"Invalid attribute type name found; type: {wanted}, valid types: {_TYPE_NAMES}"
            )

    return check
