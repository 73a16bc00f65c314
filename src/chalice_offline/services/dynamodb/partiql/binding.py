"""Statements with the values of their parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.dynamodb.errors import validation
from chalice_offline.services.dynamodb.expressions.errors import ExpressionError
from chalice_offline.services.dynamodb.expressions.placeholders import Binding
from chalice_offline.services.dynamodb.expressions.syntax import ValueReference
from chalice_offline.services.dynamodb.expressions.update_checks import checked_actions
from chalice_offline.services.dynamodb.expressions.updates import Update, compiled_update
from chalice_offline.services.dynamodb.partiql.statement_parser import parsed_statement
from chalice_offline.services.dynamodb.partiql.statements import (
    Delete,
    Exists,
    Insert,
    Select,
    UpdateItem,
)
from chalice_offline.services.dynamodb.partiql.syntax import (
    DeleteSyntax,
    ExistsSyntax,
    InsertSyntax,
    SelectSyntax,
    UpdateSyntax,
)
from chalice_offline.services.dynamodb.partiql.where import Where, missing_key
from chalice_offline.services.dynamodb.values.attribute_values import (
    SET_TYPES,
    check_item,
    check_value,
    type_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chalice_offline.services.dynamodb.expressions.syntax import ConditionNode, Path
    from chalice_offline.services.dynamodb.partiql.statements import Statement
    from chalice_offline.services.dynamodb.partiql.syntax import ParsedStatement
    from chalice_offline.services.dynamodb.values.attribute_values import AttributeValue, Item


class _LiteralBinding(Binding):
    """Names in statements are the names themselves, also those that begin with "#"."""

    def path(self, path: Path) -> Path:
        return path


def parse_statement(
    statement: str, parameters: Sequence[AttributeValue] | None = None
) -> Statement:
    """Return what a statement asks for.

    Raises AwsError("ValidationException"); parameters are looked at before the statement is.
    """
    given = checked_parameters(parameters)
    parsed = parsed_statement(statement)
    if len(given) < parsed.parameters:
        raise validation("Number of parameters in request and statement don't match.")
    values = dict(parsed.literals)
    values.update({f":?{position}": value for position, value in enumerate(given, 1)})
    return _Binder(parsed, values).bound()


def checked_parameters(parameters: Sequence[AttributeValue] | None) -> list[AttributeValue]:
    """Return a statement's parameters in canonical form. Raises AwsError("ValidationException")."""
    return [check_value(parameter) for parameter in parameters or ()]


class _Binder:
    """Puts the values of one request into a parsed statement."""

    def __init__(self, parsed: ParsedStatement, values: Mapping[str, AttributeValue]) -> None:
        self._parsed = parsed
        self._values = values
        types = {name: type_of(value) for name, value in values.items()}
        self._binding = _LiteralBinding({}, types)

    def bound(self) -> Statement:
        syntax = self._parsed.statement
        if isinstance(syntax, SelectSyntax):
            return self._select(syntax)
        if isinstance(syntax, ExistsSyntax):
            return Exists(self._select(syntax.select))
        if isinstance(syntax, InsertSyntax):
            return Insert(syntax.table, self._item(syntax), syntax.ignore_duplicate)
        if isinstance(syntax, UpdateSyntax):
            where = self._required_where(syntax.where)
            return UpdateItem(syntax.table, self._update(syntax), where, syntax.returning)
        assert isinstance(syntax, DeleteSyntax)
        return Delete(syntax.table, self._required_where(syntax.where), syntax.returning)

    def _select(self, syntax: SelectSyntax) -> Select:
        where = None if syntax.where is None else self._where(syntax.where)
        return Select(syntax.table, syntax.index, syntax.paths, where, syntax.order_by)

    def _where(self, node: ConditionNode) -> Where:
        where = Where(node, self._values)
        where.check(self._binding)
        return where

    def _required_where(self, node: ConditionNode | None) -> Where:
        if node is None:
            raise missing_key()
        return self._where(node)

    def _item(self, syntax: InsertSyntax) -> Item:
        if isinstance(syntax.members, ValueReference):
            value = self._values[syntax.members.name]
            if "M" not in value:
                raise validation(
                    "Unsupported format in item expression. Please use struct format {...} to "
                    "express item values for insert statement."
                )
            return check_item(value["M"])
        return check_item({name: self._values[one.name] for name, one in syntax.members})

    def _update(self, syntax: UpdateSyntax) -> Update:
        for word, placed in self._parsed.set_operations:
            if type_of(self._values[placed.reference.name]) not in SET_TYPES:
                raise validation(
                    f"The second argument to {word} must be a value with type SET at {placed.place}"
                )
        try:
            actions = checked_actions(syntax.actions, self._binding)
            return Update(compiled_update(actions), self._values)
        except ExpressionError as error:
            raise validation(str(error)) from error
