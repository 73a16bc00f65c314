"""INSERT, UPDATE, DELETE and EXISTS as the plans that other writes are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError
from chalice_offline.services.dynamodb.items.item_plans import checking, deleting, putting, updating
from chalice_offline.services.dynamodb.items.writes import weigh
from chalice_offline.services.dynamodb.partiql import Exists, Insert, Select, UpdateItem
from chalice_offline.services.dynamodb.partiql.where import missing_key
from chalice_offline.services.dynamodb.statements.statement_reads import key_attributes

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request
    from chalice_offline.services.dynamodb.expressions import Condition
    from chalice_offline.services.dynamodb.items.writes import Plan, Weighed
    from chalice_offline.services.dynamodb.partiql import Statement
    from chalice_offline.services.dynamodb.state import DynamoDbState
    from chalice_offline.services.dynamodb.values.attribute_values import Item


@dataclass(frozen=True, slots=True)
class Planned:
    """A statement's plan, and what it returns."""

    plan: Plan
    returning: str = "NONE"
    is_insert: bool = False
    ignores_duplicate: bool = False


def plan_statement(
    dynamodb: DynamoDbState,
    context: CallContext,
    statement: Statement,
    request: Request,
) -> Planned:
    """Plan what a statement writes; a SELECT writes nothing."""
    assert not isinstance(statement, Select)
    returns_old = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
    if isinstance(statement, Exists):
        return _exists(dynamodb, context, statement, returns_old=returns_old)
    table = dynamodb.find_table(statement.table, context)
    if isinstance(statement, Insert):
        plan = putting(table, statement.item, _is_missing, returns_old=returns_old)
        return Planned(plan, is_insert=True, ignores_duplicate=statement.ignore_duplicate)
    key, rest = statement.where.key(*key_attributes(table.key))
    if isinstance(statement, UpdateItem):
        exists = _existing(rest)
        plan = updating(table, key, statement.update, exists, returns_old=returns_old)
        return Planned(plan, statement.returning)
    condition = None if rest is None else _missing_or(rest)
    plan = deleting(table, key, condition, returns_old=returns_old)
    return Planned(plan, statement.returning)


def weigh_statement(planned: Planned) -> Weighed | None:
    """Hold a plan against the item that is there; None when nothing is to be done."""
    try:
        return weigh(planned.plan)
    except AwsError as error:
        if not planned.is_insert or error.code != "ConditionalCheckFailedException":
            raise
        if planned.ignores_duplicate:
            return None
        raise AwsError("DuplicateItemException", "Duplicate primary key exists in table") from error


def returned(planned: Planned, weighed: Weighed) -> Item | None:
    """Return what RETURNING asks for."""
    if planned.returning == "ALL_OLD":
        return weighed.old_item
    if planned.returning == "ALL_NEW":
        return weighed.new
    if weighed.touched is None or planned.returning == "NONE":
        return None
    is_old = planned.returning == "UPDATED_OLD"
    item: Item = weighed.touched.old if is_old else weighed.touched.new
    return item


def _exists(
    dynamodb: DynamoDbState, context: CallContext, statement: Exists, *, returns_old: bool
) -> Planned:
    table = dynamodb.find_table(statement.select.table, context)
    where = statement.select.where
    if where is None:
        raise missing_key()
    key, rest = where.key(*key_attributes(table.key))
    plan = deleting(table, key, _existing(rest), returns_old=returns_old)
    return Planned(checking(plan))


def _is_missing(item: Item) -> bool:
    return not item


def _missing_or(rest: Condition) -> Callable[[Item], bool]:
    """Return the condition of a DELETE, which of no item deletes nothing and is content.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.delete.html
    """
    return lambda item: not item or rest.evaluate(item)


def _existing(rest: Condition | None) -> Callable[[Item], bool]:
    """Return the condition that an item is there, and fulfils the rest of a WHERE clause."""
    return lambda item: bool(item) and (rest is None or rest.evaluate(item))
