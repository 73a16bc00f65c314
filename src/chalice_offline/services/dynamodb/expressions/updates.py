"""Updates as functions of an item: UpdateExpression.

All values are computed from the item as it was before anything is changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from chalice_offline.services.dynamodb.errors import validation
from chalice_offline.services.dynamodb.expressions.condition_parser import CACHED_EXPRESSIONS
from chalice_offline.services.dynamodb.expressions.document_edit import DocumentEdit
from chalice_offline.services.dynamodb.expressions.errors import ExpressionError
from chalice_offline.services.dynamodb.expressions.paths import check_apart, reader
from chalice_offline.services.dynamodb.expressions.placeholders import binding_key, binding_of
from chalice_offline.services.dynamodb.expressions.projections import projection_of
from chalice_offline.services.dynamodb.expressions.references import references_of
from chalice_offline.services.dynamodb.expressions.syntax import (
    Arithmetic,
    Call,
    Path,
    RemoveAction,
    SetAction,
    SetOrNumberAction,
    ValueReference,
)
from chalice_offline.services.dynamodb.expressions.update_checks import checked_actions
from chalice_offline.services.dynamodb.expressions.update_parser import parsed_update
from chalice_offline.services.dynamodb.values.attribute_values import SET_TYPES, set_union
from chalice_offline.services.dynamodb.values.numbers import add, subtract

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from chalice_offline.core.errors import AwsError
    from chalice_offline.services.dynamodb.expressions.placeholders import (
        BindingKey,
        Placeholders,
    )
    from chalice_offline.services.dynamodb.expressions.projections import Projection
    from chalice_offline.services.dynamodb.expressions.syntax import Action, Operand
    from chalice_offline.services.dynamodb.values.attribute_values import AttributeValue, Item

    Values = Mapping[str, AttributeValue]
    Compute = Callable[[Item, Values], AttributeValue]
    # Computes from the old item what then is to be done to the copy of it.
    Change = Callable[[Item, Values], Callable[[DocumentEdit], None]]


@dataclass(frozen=True, slots=True)
class Updated:
    """An item after an update, and what the update touched, before and after."""

    item: Item
    old: Item
    new: Item


@dataclass(frozen=True, slots=True)
class CompiledUpdate:
    """An update without its values: shared by all requests that differ in nothing else."""

    changes: tuple[Change, ...]
    paths: tuple[Path, ...]
    reads: tuple[Path, ...]
    known: tuple[tuple[str, Compute], ...]
    touched: Projection
    removes_only: bool


@dataclass(frozen=True, slots=True)
class Update:
    """An update of one request."""

    compiled: CompiledUpdate
    values: Mapping[str, AttributeValue]

    @property
    def paths(self) -> tuple[Path, ...]:
        """The document paths that are changed, in the order of the actions."""
        return self.compiled.paths

    @property
    def attribute_names(self) -> frozenset[str]:
        """The top-level attributes that are changed, or changed inside."""
        return frozenset(str(path.parts[0]) for path in self.paths)

    @property
    def reads(self) -> tuple[Path, ...]:
        """The document paths whose values are used, in the order of the actions."""
        return self.compiled.reads

    def known(self) -> Item:
        """Return top-level attributes that get a value, or one of a type, whatever the item has.

        What is computed stands as some value of its type.
        """
        return {name: value({}, self.values) for name, value in self.compiled.known}

    @property
    def removes_only(self) -> bool:
        """Whether there is nothing but REMOVE and DELETE: what creates no item.

        Without an item such an update does nothing; others create one that has the key.
        """
        return self.compiled.removes_only

    def apply(self, item: Item | None, key: Item) -> Updated:
        """Return the item after the update; `item` itself is not changed.

        Without an item, the update starts from one that has nothing but the key.
        Raises AwsError("ValidationException").
        """
        if item is None and self.removes_only:
            # Not even a path that leads nowhere is an error then (ScyllaDB's tests, on AWS).
            return Updated(dict(key), {}, {})
        before = key if item is None else item
        actions = [change(before, self.values) for change in self.compiled.changes]
        edit = DocumentEdit(before)
        for act in actions:
            act(edit)
        after = edit.finish()
        touched = self.compiled.touched
        return Updated(after, touched.apply(item or {}), touched.apply(after))


def parse_update(text: str, placeholders: Placeholders) -> Update:
    """Return the update of an UpdateExpression.

    Raises AwsError("ValidationException") with AWS's text.
    """
    try:
        names, values = references_of(parsed_update, text)
        placeholders.use(names, values)
        compiled = _compiled(text, binding_key(placeholders, names, values))
    except ExpressionError as error:
        raise error.as_aws_error("UpdateExpression") from error
    return Update(compiled, placeholders.values)


@lru_cache(maxsize=CACHED_EXPRESSIONS)
def _compiled(text: str, key: BindingKey) -> CompiledUpdate:
    return compiled_update(checked_actions(parsed_update(text), binding_of(key)))


def compiled_update(actions: tuple[Action, ...]) -> CompiledUpdate:
    """Return the update that these resolved actions are. Raises ExpressionError."""
    paths = tuple(action.path for action in actions)
    check_apart(paths)
    return CompiledUpdate(
        tuple(map(_change, actions)),
        paths,
        tuple(read for action in actions for read in _reads(_value_of(action))),
        tuple(
            (str(action.path.parts[0]), known)
            for action in actions
            if len(action.path.parts) == 1 and (known := _known(action)) is not None
        ),
        projection_of(paths),
        bool(actions)
        and all(isinstance(action, RemoveAction) or _is_delete(action) for action in actions),
    )


def _is_delete(action: Action) -> bool:
    return isinstance(action, SetOrNumberAction) and action.section == "DELETE"


def _value_of(action: Action) -> Operand | Arithmetic | None:
    return None if isinstance(action, RemoveAction) else action.value


def _reads(value: Operand | Arithmetic | None) -> Iterator[Path]:
    """Give the paths that a value is computed from."""
    if isinstance(value, Path):
        yield value
    elif isinstance(value, Arithmetic):
        yield from _reads(value.left)
        yield from _reads(value.right)
    elif isinstance(value, Call):
        for argument in value.arguments:
            yield from _reads(argument)


def _known(action: Action) -> Compute | None:
    """Return what gives the value, or one of the type, that no item changes; None without one."""
    if _is_delete(action):
        return None
    value = _value_of(action)
    if isinstance(value, ValueReference):
        return _value(value)
    if isinstance(value, Arithmetic):
        return lambda item, values: {"N": "0"}  # noqa: ARG005 - the signature is fixed
    if isinstance(value, Call) and value.function == "list_append":
        return lambda item, values: {"L": []}  # noqa: ARG005
    return None


def _change(action: Action) -> Change:
    if isinstance(action, SetAction):
        return _set(action)
    if isinstance(action, RemoveAction):
        return _remove(action)
    return _add(action) if action.section == "ADD" else _delete(action)


def _set(action: SetAction) -> Change:
    path, compute = action.path, _value(action.value)

    def change(item: Item, values: Values) -> Callable[[DocumentEdit], None]:
        value = compute(item, values)
        return lambda edit: edit.set(path, value)

    return change


def _remove(action: RemoveAction) -> Change:
    path = action.path
    return lambda item, values: lambda edit: edit.remove(path)  # noqa: ARG005


def _add(action: SetOrNumberAction) -> Change:
    path, name = action.path, action.value.name

    def change(item: Item, values: Values) -> Callable[[DocumentEdit], None]:  # noqa: ARG001
        return lambda edit: edit.set(path, added(edit.get(path), values[name]))

    return change


def added(old: AttributeValue | None, operand: AttributeValue) -> AttributeValue:
    """Return the sum of numbers, or the union of sets; a missing old value is 0 or empty.

    Raises AwsError("ValidationException") when the old value is of another type.
    """
    if old is None:
        return operand
    for kind, content in operand.items():
        if kind not in old:
            break
        if kind == "N":
            return {"N": add(old["N"], content)}
        return {kind: set_union(old[kind], content)}
    raise wrong_data_type()


def _delete(action: SetOrNumberAction) -> Change:
    path, name = action.path, action.value.name

    def change(item: Item, values: Values) -> Callable[[DocumentEdit], None]:  # noqa: ARG001
        def act(edit: DocumentEdit) -> None:
            old = edit.get(path)
            if old is None:
                return
            left = deleted(old, values[name])
            if left is None:
                edit.remove(path)
            else:
                edit.set(path, left)

        return act

    return change


def deleted(old: AttributeValue, operand: AttributeValue) -> AttributeValue | None:
    """Return a set without the operand's members; None for nothing, as no set can be empty.

    Raises AwsError("ValidationException") when the old value is of another type.
    """
    for kind, content in operand.items():
        if kind not in old or kind not in SET_TYPES:
            break
        gone = set(content)
        left = [member for member in old[kind] if member not in gone]
        return {kind: left} if left else None
    raise wrong_data_type()


def _value(value: Operand | Arithmetic) -> Compute:
    """Return the function that computes what is assigned; it raises AwsError."""
    if isinstance(value, Arithmetic):
        left, right = _value(value.left), _value(value.right)
        calculate = add if value.operator == "+" else subtract
        return lambda item, values: {
            "N": calculate(_number(left(item, values)), _number(right(item, values)))
        }
    if isinstance(value, ValueReference):
        name = value.name
        return lambda item, values: values[name]  # noqa: ARG005 - the signature is fixed
    if isinstance(value, Path):
        read = reader(value)

        def read_required(item: Item, values: Values) -> AttributeValue:  # noqa: ARG001
            found = read(item)
            if found is None:
                raise _missing_attribute()
            return found

        return read_required
    if value.function == "if_not_exists":
        path, default = value.arguments
        assert isinstance(path, Path)
        existing, otherwise = reader(path), _value(default)

        def read_or_default(item: Item, values: Values) -> AttributeValue:
            found = existing(item)
            return otherwise(item, values) if found is None else found

        return read_or_default
    first, second = map(_value, value.arguments)
    return lambda item, values: {"L": _list(first(item, values)) + _list(second(item, values))}


def _number(value: AttributeValue) -> str:
    if "N" not in value:
        raise wrong_data_type()
    number: str = value["N"]
    return number


def _list(value: AttributeValue) -> list[AttributeValue]:
    if "L" not in value:
        raise wrong_data_type()
    elements: list[AttributeValue] = value["L"]
    return elements


def _missing_attribute() -> AwsError:
    return validation(
        "The provided expression refers to an attribute that does not exist in the item"
    )


def wrong_data_type() -> AwsError:
    """Return the error for an operand that the item has with another type."""
    return validation("An operand in the update expression has an incorrect data type")
