"""How to read what a SELECT asks for: queries when its WHERE names hash keys, else a scan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalice_offline.services.dynamodb.errors import validation
from chalice_offline.services.dynamodb.values.key_encoding import key_bytes

if TYPE_CHECKING:
    from chalice_offline.services.dynamodb.expressions import (
        Condition,
        KeyAttribute,
        KeyCondition,
    )
    from chalice_offline.services.dynamodb.partiql.statements import Select


@dataclass(frozen=True, slots=True)
class SelectPlan:
    """The reads that a SELECT takes.

    The key conditions are to be queried one after the other; without any, the table or index is
    to be scanned. Of what is found, the items that fulfil `condition` are wanted.
    """

    key_conditions: tuple[KeyCondition, ...]
    condition: Condition | None
    descending: bool


def select_plan(
    select: Select, hash_key: KeyAttribute, range_key: KeyAttribute | None
) -> SelectPlan:
    """Return the plan for a table or index with these keys.

    Raises AwsError("ValidationException").
    """
    if select.where is None:
        if select.order_by:
            raise validation("Must have WHERE clause in the statement when using ORDER BY clause.")
        return SelectPlan((), None, descending=False)
    queries = select.where.key_conditions(hash_key, range_key)
    if select.order_by:
        queries = _in_order(select, queries, hash_key, range_key)
    descending = any(
        backwards
        for name, backwards in select.order_by
        if range_key is not None and name == range_key.name
    )
    return SelectPlan(queries, select.where.condition(), descending)


def _in_order(
    select: Select,
    queries: tuple[KeyCondition, ...],
    hash_key: KeyAttribute,
    range_key: KeyAttribute | None,
) -> tuple[KeyCondition, ...]:
    keys = {key.name for key in (hash_key, range_key) if key is not None}
    for name, _ in select.order_by:
        if name not in keys:
            raise validation(
                f"Variable reference {name} in ORDER BY clause must be part of the primary key"
            )
    if not queries:
        raise validation(
            "Must have at least one non-optional hash key condition in WHERE clause "
            "when using ORDER BY clause."
        )
    directions = dict(select.order_by)
    if hash_key.name in directions:
        return tuple(
            sorted(
                queries,
                key=lambda query: key_bytes(query.hash_value),
                reverse=directions[hash_key.name],
            )
        )
    if len({key_bytes(query.hash_value) for query in queries}) > 1:
        raise validation(
            "Must have hash key in ORDER BY clause when more than one hash key condition "
            "specified in WHERE clause."
        )
    return queries
