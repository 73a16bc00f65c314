"""AttributeUpdates: PUT, ADD and DELETE before there were update expressions.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.AttributeUpdates.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.dynamodb.errors import (
    invalid_values,
    validation,
)
from chalice_offline.services.dynamodb.expressions.projections import projection_of
from chalice_offline.services.dynamodb.expressions.syntax import Path
from chalice_offline.services.dynamodb.expressions.updates import (
    CompiledUpdate,
    Update,
    added,
    deleted,
)
from chalice_offline.services.dynamodb.values.attribute_values import (
    SET_TYPES,
    check_name,
    check_value,
    type_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalice_offline.core.errors import AwsError
    from chalice_offline.services.dynamodb.expressions.document_edit import DocumentEdit
    from chalice_offline.services.dynamodb.expressions.updates import Change, Compute, Values
    from chalice_offline.services.dynamodb.values.attribute_values import AttributeValue, Item

_ADDABLE = frozenset({"N", "L", *SET_TYPES})


def attribute_updates(updates: Mapping[str, dict[str, Any]]) -> Update:
    """Return the update of AttributeUpdates.

    Raises AwsError("ValidationException") with AWS's text.
    """
    changes = []
    known: list[tuple[str, Compute]] = []
    removes_only = bool(updates)
    for name, update in updates.items():
        check_name(name)
        action = update.get("Action") or "PUT"
        value = update.get("Value")
        if value is not None:
            value = check_value(value)
        _check(action, value)
        removes_only = removes_only and action == "DELETE"
        changes.append(_change(Path((name,)), action, value))
        if value is not None and action != "DELETE":
            known.append((name, _always(value)))
    paths = tuple(Path((name,)) for name in updates)
    compiled = CompiledUpdate(
        tuple(changes), paths, (), tuple(known), projection_of(paths), removes_only
    )
    return Update(compiled, {})


def _always(value: AttributeValue) -> Compute:
    return lambda item, values: value  # noqa: ARG005 - the signature is fixed


def _check(action: str, value: AttributeValue | None) -> None:
    if value is None:
        if action != "DELETE":
            raise invalid_values(
                "Only DELETE action is allowed when no attribute value is specified"
            )
        return
    kind = type_of(value)
    if action == "DELETE" and kind not in SET_TYPES:
        raise invalid_values(f"DELETE action with value is not supported for the type {kind}")
    if action == "ADD" and kind not in _ADDABLE:
        raise invalid_values(f"ADD action is not supported for the type {kind}")


def _change(path: Path, action: str, value: AttributeValue | None) -> Change:
    def change(item: Item, values: Values) -> Callable[[DocumentEdit], None]:  # noqa: ARG001
        return lambda edit: _act(edit, path, action, value)

    return change


def _act(edit: DocumentEdit, path: Path, action: str, value: AttributeValue | None) -> None:
    if value is None:
        edit.remove(path)
    elif action == "PUT":
        edit.set(path, value)
    else:
        old = edit.get(path)
        new = _added(old, value) if action == "ADD" else _deleted(old, value)
        if new is not None:
            edit.set(path, new)
        elif old is not None:
            edit.remove(path)


def _added(old: AttributeValue | None, value: AttributeValue) -> AttributeValue:
    if old is None:
        return value
    if type_of(old) != type_of(value):
        raise _type_mismatch()
    # Lists are appended to: documented nowhere, verified on AWS by ScyllaDB's tests.
    return {"L": old["L"] + value["L"]} if "L" in value else added(old, value)


def _deleted(old: AttributeValue | None, value: AttributeValue) -> AttributeValue | None:
    if old is None:
        return None
    if type_of(old) != type_of(value):
        raise _type_mismatch()
    return deleted(old, value)


def _type_mismatch() -> AwsError:
    return validation("Type mismatch for attribute to update")
