"""ExpressionAttributeNames and ExpressionAttributeValues of one request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError
from chalice_offline.services.dynamodb.errors import validation
from chalice_offline.services.dynamodb.expressions.errors import ExpressionError
from chalice_offline.services.dynamodb.expressions.syntax import Path, ValueReference
from chalice_offline.services.dynamodb.values.attribute_values import (
    check_value,
    name_problem,
    type_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chalice_offline.services.dynamodb.values.attribute_values import AttributeValue

_NAME_KEY = re.compile(r"#[0-9a-zA-Z_]+", re.ASCII)
_VALUE_KEY = re.compile(r":[0-9a-zA-Z_]+", re.ASCII)


class Placeholders:
    """What "#name" and ":value" stand for, and which of them the request's expressions use.

    Make one for a request, parse all of its expressions with it, then call `check_all_used`.
    """

    __slots__ = ("_unused_names", "_unused_values", "names", "values")

    def __init__(
        self,
        names: Mapping[str, str] | None = None,
        values: Mapping[str, AttributeValue] | None = None,
    ) -> None:
        """Raises AwsError("ValidationException") for wrong keys and values.

        None is a parameter that was not given; an empty one is an error.
        """
        self.names = {} if names is None else _checked_names(names)
        self.values = {} if values is None else _checked_values(values)
        self._unused_names = dict.fromkeys(self.names)
        self._unused_values = dict.fromkeys(self.values)

    def use(self, names: Iterable[str], values: Iterable[str]) -> None:
        """Note that an expression uses these references."""
        for name in names:
            self._unused_names.pop(name, None)
        for value in values:
            self._unused_values.pop(value, None)

    def check_all_used(self) -> None:
        """Raise AwsError("ValidationException") when an expression uses fewer than were given."""
        for parameter, unused in (
            ("ExpressionAttributeNames", self._unused_names),
            ("ExpressionAttributeValues", self._unused_values),
        ):
            if unused:
                raise validation(
                    f"Value provided in {parameter} unused in expressions: "
                    f"keys: {{{', '.join(unused)}}}"
                )


def _checked_names(names: Mapping[str, str]) -> dict[str, str]:
    if not names:
        raise validation("ExpressionAttributeNames must not be empty")
    for key, name in names.items():
        if not _NAME_KEY.fullmatch(key):
            raise validation(
                f'ExpressionAttributeNames contains invalid key: Syntax error; key: "{key}"'
            )
        if problem := name_problem(name):
            raise validation(
                f"ExpressionAttributeNames contains invalid value: {problem} for key {key}"
            )
    return dict(names)


def _checked_values(values: Mapping[str, AttributeValue]) -> dict[str, AttributeValue]:
    if not values:
        raise validation("ExpressionAttributeValues must not be empty")
    for key in values:
        if not _VALUE_KEY.fullmatch(key):
            raise validation(
                f'ExpressionAttributeValues contains invalid key: Syntax error; key: "{key}"'
            )
    checked = {}
    for key, value in values.items():
        try:
            checked[key] = check_value(value)
        except AwsError as error:
            raise validation(
                f"ExpressionAttributeValues contains invalid value: {error.message} for key {key}"
            ) from error
    return checked


class Binding:
    """The references of one expression, resolved: names to names, values to their types.

    Two requests whose bindings are equal can share everything that is made of the expression
    but the values themselves.
    """

    __slots__ = ("_names", "_types")

    def __init__(self, names: Mapping[str, str], types: Mapping[str, str]) -> None:
        self._names = names
        self._types = types

    def path(self, path: Path) -> Path:
        """Return the path with its names; ExpressionError when one is not defined."""
        if not any(isinstance(part, str) and part[0] == "#" for part in path.parts):
            return path
        return Path(tuple(map(self._part, path.parts)))

    def _part(self, part: str | int) -> str | int:
        if isinstance(part, int) or part[0] != "#":
            return part
        if part not in self._names:
            raise ExpressionError(
                "An expression attribute name used in the document path is not defined; "
                f"attribute name: {part}"
            )
        return self._names[part]

    def type_of(self, reference: ValueReference) -> str:
        """Return the type of the value; ExpressionError when it is not defined."""
        if reference.name not in self._types:
            raise ExpressionError(
                "An expression attribute value used in expression is not defined; "
                f"attribute value: {reference.name}"
            )
        return self._types[reference.name]


BindingKey = tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]


def binding_key(
    placeholders: Placeholders, names: Iterable[str], values: Iterable[str]
) -> BindingKey:
    """Return what of the request's placeholders an expression with these references depends on."""
    given_names, given_values = placeholders.names, placeholders.values
    return (
        tuple([(name, given_names[name]) for name in names if name in given_names]),
        tuple([(name, type_of(given_values[name])) for name in values if name in given_values]),
    )


def binding_of(key: BindingKey) -> Binding:
    """Return the binding that the key describes."""
    return Binding(dict(key[0]), dict(key[1]))
