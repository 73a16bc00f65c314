"""Puts, deletes, updates and condition checks as plans: requests checked without reading anything.

A draft is what a request alone tells; AWS refuses what is wrong in it before it looks for the
table (dynalite's tests, recorded). The table makes a draft a plan.

The same for an operation of its own, for an entry of a batch, and for an action of a transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from chalice_offline.services.dynamodb.errors import invalid_values, validation
from chalice_offline.services.dynamodb.expressions import (
    attribute_updates,
    check_conditional_operator,
    check_parameters,
    expected_condition,
    parse_condition,
    parse_update,
    placeholders_within,
)
from chalice_offline.services.dynamodb.items.keys import (
    check_index_keys,
    check_key,
    check_scalar_keys,
    key_of_item,
    stored_key,
)
from chalice_offline.services.dynamodb.items.writes import Plan, check_item_size
from chalice_offline.services.dynamodb.values.attribute_values import check_item

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Request
    from chalice_offline.services.dynamodb.expressions import Placeholders, Update
    from chalice_offline.services.dynamodb.items.writes import Condition, Make, Touched
    from chalice_offline.services.dynamodb.tables.table import Table
    from chalice_offline.services.dynamodb.values.attribute_values import Item

# In AWS's order of naming them.
_CONDITION = ("ConditionExpression",)
_UPDATE = ("UpdateExpression", "ConditionExpression")
_LEGACY_CONDITION = ("Expected", "ConditionalOperator")
_CONDITION_PARAMETERS = frozenset(
    {
        *_CONDITION,
        *_LEGACY_CONDITION,
        "ExpressionAttributeNames",
        "ExpressionAttributeValues",
    }
)
_LEGACY_UPDATE = ("AttributeUpdates", "Expected", "ConditionalOperator")

# What to write, with everything checked that can be without the table.
Draft = Callable[["Table"], Plan]


def draft_put(request: Request) -> Draft:
    """Draft to put the request's item, in the place of one with its key if there is any."""
    has_condition = _has_condition(request)
    item = check_item(request["Item"])
    _check_old_or_none(request)
    size = check_item_size(item)
    condition = _only_condition(request) if has_condition else None
    returns_old = _returns_old(request)
    return lambda table: putting(table, item, condition, returns_old=returns_old, size=size)


def draft_delete(request: Request) -> Draft:
    """Draft to delete the item with the request's key."""
    has_condition = _has_condition(request)
    key = check_item(request["Key"])
    _check_old_or_none(request)
    condition = _only_condition(request) if has_condition else None
    returns_old = _returns_old(request)
    return lambda table: deleting(table, key, condition, returns_old=returns_old)


def draft_check(request: Request) -> Draft:
    """Draft to look whether a condition holds, as transactions may."""
    draft = draft_delete(request)
    return lambda table: checking(draft(table))


def draft_update(request: Request) -> Draft:
    """Draft to change an item's attributes, or to make an item that has them."""
    check_parameters(request, _UPDATE, _LEGACY_UPDATE)
    key = check_item(request["Key"])
    legacy = request.get("AttributeUpdates")
    update: Update | None = None if legacy is None else attribute_updates(legacy)
    placeholders = placeholders_within(request)
    if request.get("UpdateExpression") is not None:
        update = parse_update(request["UpdateExpression"], placeholders)
    condition = _condition(request, placeholders)
    placeholders.check_all_used()
    returns_old = _returns_old(request)
    return lambda table: updating(table, key, update, condition, returns_old=returns_old)


# ---- without a request ---------------------------------------------------------------------------


def putting(
    table: Table,
    item: Item,
    condition: Condition | None,
    *,
    returns_old: bool = False,
    size: int = -1,
) -> Plan:
    """Plan to put a checked item, whose size may be known."""
    key = key_of_item(table, item)
    if size < 0:
        size = check_item_size(item)
    if table.indexes:
        check_index_keys(table, item)
    return Plan(
        table,
        key,
        item,
        lambda _old: (item, None),
        condition,
        returns_old=returns_old,
        new_size=size,
    )


def deleting(
    table: Table, key: Item, condition: Condition | None, *, returns_old: bool = False
) -> Plan:
    """Plan to delete an item."""
    key = check_key(table, key)
    return Plan(table, stored_key(table.key, key), key, _delete, condition, returns_old=returns_old)


def checking(plan: Plan) -> Plan:
    """Plan to look whether a plan's condition holds, and nothing else."""
    plan.make = _keep
    plan.is_check_only = True
    return plan


def updating(
    table: Table,
    key: Item,
    update: Update | None,
    condition: Condition | None,
    *,
    returns_old: bool = False,
) -> Plan:
    """Plan to update an item, which keeps its key."""
    key = check_key(table, key)
    if update is not None:
        for name in table.key.names:
            if name in update.attribute_names:
                raise invalid_values(
                    f"Cannot update attribute {name}. This attribute is part of the key"
                )
        if table.indexes:
            check_index_keys(table, update.known())
        check_scalar_keys(table, (*update.paths, *update.reads))
    return Plan(
        table,
        stored_key(table.key, key),
        key,
        _updating(update, key),
        condition,
        returns_old=returns_old,
    )


def _updating(update: Update | None, key: Item) -> Make:
    def make(old: Item | None) -> tuple[Item | None, Touched]:
        if update is None:  # no change asked for: it makes sure that the item is there
            return (key if old is None else old), None
        if old is None and update.removes_only:
            return None, None
        updated = update.apply(old, key)
        return updated.item, updated

    return make


def _has_condition(request: Request) -> bool:
    """Whether the request has anything of a condition; what does not go together is refused."""
    if _CONDITION_PARAMETERS.isdisjoint(request):
        return False
    check_parameters(request, _CONDITION, _LEGACY_CONDITION)
    return True


def _only_condition(request: Request) -> Condition | None:
    """Return the condition of a request in which nothing else can be an expression."""
    placeholders = placeholders_within(request)
    condition = _condition(request, placeholders)
    placeholders.check_all_used()
    return condition


def _condition(request: Request, placeholders: Placeholders) -> Condition | None:
    text = request.get("ConditionExpression")
    if text is not None:
        return parse_condition(text, placeholders).evaluate
    expected, operator = request.get("Expected"), request.get("ConditionalOperator")
    check_conditional_operator(operator, expected)
    return None if expected is None else expected_condition(expected, operator).evaluate


def _check_old_or_none(request: Request) -> None:
    if request.get("ReturnValues") not in (None, "NONE", "ALL_OLD"):
        raise validation("ReturnValues can only be ALL_OLD or NONE")


def _returns_old(request: Request) -> bool:
    return request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"


def _delete(_old: Item | None) -> tuple[Item | None, Touched]:
    return None, None


def _keep(old: Item | None) -> tuple[Item | None, Touched]:
    return old, None
