"""Puts, deletes, updates and condition checks as plans: requests checked without reading anything.

The same for an operation of its own, for an entry of a batch, and for an action of a transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.dynamodb.attribute_values import check_item
from chalice_offline.services.dynamodb.errors import invalid_values
from chalice_offline.services.dynamodb.expressions import (
    attribute_updates,
    check_conditional_operator,
    expected_condition,
    parse_condition,
    parse_update,
    placeholders_of,
)
from chalice_offline.services.dynamodb.keys import check_key, key_of_item, stored_key
from chalice_offline.services.dynamodb.writes import Plan, check_item_fits

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Request
    from chalice_offline.services.dynamodb.attribute_values import Item
    from chalice_offline.services.dynamodb.expressions import Placeholders, Update
    from chalice_offline.services.dynamodb.table import Table
    from chalice_offline.services.dynamodb.writes import Condition, Make, Touched

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


def plan_put(table: Table, request: Request) -> Plan:
    """Plan to put the request's item, in the place of one with its key if there is any."""
    condition = _only_condition(request)
    item = check_item(request["Item"])
    return putting(table, item, condition, returns_old=_returns_old(request))


def plan_delete(table: Table, request: Request) -> Plan:
    """Plan to delete the item with the request's key."""
    condition = _only_condition(request)
    return deleting(table, request["Key"], condition, returns_old=_returns_old(request))


def plan_check(table: Table, request: Request) -> Plan:
    """Plan to look whether a condition holds, as transactions may."""
    return checking(plan_delete(table, request))


def plan_update(table: Table, request: Request) -> Plan:
    """Plan to change an item's attributes, or to make an item that has them."""
    placeholders = placeholders_of(request, _UPDATE, _LEGACY_UPDATE)
    update: Update | None = None
    if request.get("UpdateExpression") is not None:
        update = parse_update(request["UpdateExpression"], placeholders)
    elif request.get("AttributeUpdates") is not None:
        update = attribute_updates(request["AttributeUpdates"])
    condition = _condition(request, placeholders)
    placeholders.check_all_used()
    return updating(table, request["Key"], update, condition, returns_old=_returns_old(request))


# ---- without a request ---------------------------------------------------------------------------


def putting(
    table: Table, item: Item, condition: Condition | None, *, returns_old: bool = False
) -> Plan:
    """Plan to put a checked item."""
    key = key_of_item(table, item)
    return Plan(
        table,
        key,
        {name: item[name] for name in table.key.names},
        lambda _old: (item, None),
        condition,
        returns_old=returns_old,
        new_size=check_item_fits(table, item),
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


def _only_condition(request: Request) -> Condition | None:
    """Return the condition of a request in which nothing else can be an expression."""
    if _CONDITION_PARAMETERS.isdisjoint(request):
        return None
    placeholders = placeholders_of(request, _CONDITION, _LEGACY_CONDITION)
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


def _returns_old(request: Request) -> bool:
    return request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"


def _delete(_old: Item | None) -> tuple[Item | None, Touched]:
    return None, None


def _keep(old: Item | None) -> tuple[Item | None, Touched]:
    return old, None
