"""What a parsed statement is made of, before its parameters are known.

Conditions and updates are those of `expressions.syntax`; names in paths are the names themselves,
and each ValueReference names a literal or a parameter of the statement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalice_offline.services.dynamodb.expressions.syntax import (
        Action,
        ConditionNode,
        Path,
        ValueReference,
    )
    from chalice_offline.services.dynamodb.values.attribute_values import AttributeValue


@dataclass(frozen=True, slots=True)
class Placed:
    """A reference to a value, and where in the statement the value stands."""

    reference: ValueReference
    place: str


@dataclass(frozen=True, slots=True)
class SelectSyntax:
    """SELECT paths FROM table.index WHERE … ORDER BY …."""

    table: str
    index: str | None
    paths: tuple[Path, ...] | None
    where: ConditionNode | None
    order_by: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class InsertSyntax:
    """INSERT INTO table VALUE {…}, or VALUE ?."""

    table: str
    members: tuple[tuple[str, ValueReference], ...] | ValueReference
    ignore_duplicate: bool


@dataclass(frozen=True, slots=True)
class UpdateSyntax:
    """UPDATE table SET … REMOVE … WHERE … RETURNING …."""

    table: str
    actions: tuple[Action, ...]
    where: ConditionNode | None
    returning: str


@dataclass(frozen=True, slots=True)
class DeleteSyntax:
    """DELETE FROM table WHERE … RETURNING …."""

    table: str
    where: ConditionNode | None
    returning: str


@dataclass(frozen=True, slots=True)
class ExistsSyntax:
    """EXISTS(SELECT …)."""

    select: SelectSyntax


StatementSyntax = SelectSyntax | InsertSyntax | UpdateSyntax | DeleteSyntax | ExistsSyntax


@dataclass(frozen=True, slots=True)
class ParsedStatement:
    """A statement with its literals by reference; parameters are ":?1", ":?2" and so on."""

    statement: StatementSyntax
    literals: dict[str, AttributeValue]
    parameters: int
    set_operations: tuple[tuple[str, Placed], ...]  # set_add and set_delete, to be checked
