"""What AWS refuses in an update when it knows names and values, before it reads the item.

Unlike in conditions, all actions are checked for one kind of mistake before the next: undefined
references, paths that overlap, operands of ADD and DELETE, functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.dynamodb.expressions.condition_checks import (
    check_operand_count,
    check_path_operand,
    resolved,
)
from chalice_offline.services.dynamodb.expressions.errors import (
    ExpressionError,
    wrong_operand_type,
)
from chalice_offline.services.dynamodb.expressions.operand_parser import UPDATE_FUNCTIONS
from chalice_offline.services.dynamodb.expressions.paths import check_apart
from chalice_offline.services.dynamodb.expressions.syntax import (
    Arithmetic,
    Call,
    Path,
    RemoveAction,
    SetAction,
    SetOrNumberAction,
    ValueReference,
)
from chalice_offline.services.dynamodb.values.attribute_values import SET_TYPES

if TYPE_CHECKING:
    from chalice_offline.services.dynamodb.expressions.placeholders import Binding
    from chalice_offline.services.dynamodb.expressions.syntax import Action, Operand

# ADD and DELETE name types in words, other operators as they are written in values.
_TYPE_WORDS = {
    "S": "STRING",
    "N": "NUMBER",
    "B": "BINARY",
    "NULL": "NULL",
    "BOOL": "BOOLEAN",
    "L": "LIST",
    "M": "MAP",
}


def checked_actions(actions: tuple[Action, ...], binding: Binding) -> tuple[Action, ...]:
    """Return the actions with their names in place. Raises ExpressionError."""
    found = tuple(_resolved(action, binding) for action in actions)
    check_apart(action.path for action in found)
    for action in found:
        if isinstance(action, SetOrNumberAction):
            _check_set_or_number(action, binding)
    for action in found:
        if isinstance(action, SetAction):
            _check_value(action.value, binding)
    return found


def _resolved(action: Action, binding: Binding) -> Action:
    path = resolved(action.path, binding)
    assert isinstance(path, Path)
    if isinstance(action, RemoveAction):
        return RemoveAction(path)
    if isinstance(action, SetOrNumberAction):
        binding.type_of(action.value)
        return SetOrNumberAction(action.section, path, action.value)
    if isinstance(action.value, Arithmetic):
        left, right = resolved(action.value.left, binding), resolved(action.value.right, binding)
        return SetAction(path, Arithmetic(action.value.operator, left, right))
    return SetAction(path, resolved(action.value, binding))


def _check_set_or_number(action: SetOrNumberAction, binding: Binding) -> None:
    kind = binding.type_of(action.value)
    if kind in SET_TYPES or (kind == "N" and action.section == "ADD"):
        return
    raise ExpressionError(
        "Incorrect operand type for operator or function; "
        f"operator: {action.section}, operand type: {_TYPE_WORDS[kind]}"
    )


def _check_value(value: Operand | Arithmetic, binding: Binding) -> None:
    if isinstance(value, Arithmetic):
        for operand in (value.left, value.right):
            _check_value(operand, binding)
        _check_types(value.operator, (value.left, value.right), "N", binding)
    elif isinstance(value, Call):
        for argument in value.arguments:
            _check_value(argument, binding)
        check_operand_count(value, UPDATE_FUNCTIONS)
        if value.function == "if_not_exists":
            check_path_operand(value)
        else:
            _check_types(value.function, value.arguments, "L", binding)


def _check_types(
    operator: str, operands: tuple[Operand, ...], wanted: str, binding: Binding
) -> None:
    for operand in operands:
        kind = _known_type(operand, binding)
        if kind is not None and kind != wanted:
            raise wrong_operand_type(operator, kind)


def _known_type(operand: Operand, binding: Binding) -> str | None:
    if isinstance(operand, ValueReference):
        return binding.type_of(operand)
    if isinstance(operand, Call) and operand.function == "list_append":
        return "L"
    return None
