"""TransactWriteItems and TransactGetItems: all of it, or nothing and a reason for each part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.dynamodb import limits
from chalice_offline.services.dynamodb.errors import (
    MismatchError,
    transaction_too_large,
    validation,
)
from chalice_offline.services.dynamodb.items.cancellations import (
    check_distinct,
    weigh_all,
    without_mismatches,
)
from chalice_offline.services.dynamodb.items.capacity import TRANSACTIONAL, Consumed, bill
from chalice_offline.services.dynamodb.items.item_collections import batch_metrics
from chalice_offline.services.dynamodb.items.item_plans import (
    draft_check,
    draft_delete,
    draft_put,
    draft_update,
)
from chalice_offline.services.dynamodb.items.keys import check_key, stored_key
from chalice_offline.services.dynamodb.items.projections import projection_of_request
from chalice_offline.services.dynamodb.items.writes import commit
from chalice_offline.services.dynamodb.values.sizes import item_size_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.dynamodb.items.item_plans import Draft
    from chalice_offline.services.dynamodb.items.writes import Plan, Weighed
    from chalice_offline.services.dynamodb.state import DynamoDbState

Document = dict[str, Any]

_DRAFTS: Mapping[str, Callable[[Any], Draft]] = {
    "ConditionCheck": draft_check,
    "Put": draft_put,
    "Delete": draft_delete,
    "Update": draft_update,
}


def transact_write_items(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Result:
    """Write up to a hundred items of any tables, or none; once for a token within ten minutes."""
    token, actions = request.get("ClientRequestToken"), request["TransactItems"]
    is_repeated = dynamodb.request_tokens.is_repeated(context, token, actions)
    drafts = [
        (action["TableName"], _draft(kind, action)) for kind, action in _actions(request, _DRAFTS)
    ]
    plans = [(name, _plan(dynamodb, context, name, draft)) for name, draft in drafts]
    names = [name for name, _ in plans]
    checked = without_mismatches([plan for _, plan in plans])
    check_distinct([(plan.table, plan.key) for plan in checked])
    if sum(map(_payload, actions)) > limits.TRANSACTION_BYTES:
        raise transaction_too_large()
    if is_repeated:
        return _read_back(request, list(zip(names, checked, strict=True)))
    writes = weigh_all(checked)
    commit(dynamodb, writes, context.entry)
    dynamodb.request_tokens.keep(context, token, actions)
    return _written(request, list(zip(names, writes, strict=True)))


def transact_get_items(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Result:
    """Return up to a hundred items of any tables, as they were at one instant."""
    wanted = []
    gets = [get for _, get in _actions(request, ("Get",))]
    projections = [projection_of_request(get, (get["Key"],)) for get in gets]
    for get, projection in zip(gets, projections, strict=True):
        table = dynamodb.find_table(get["TableName"], context)
        key: bytes | MismatchError
        try:
            key = stored_key(table.key, check_key(table, get["Key"]))
        except MismatchError as error:
            key = error
        wanted.append((get["TableName"], table, key, projection))
    keys = without_mismatches([key for _, _, key, _ in wanted])
    check_distinct([(table, key) for (_, table, _, _), key in zip(wanted, keys, strict=True)])
    responses: list[Document] = []
    consumed: dict[str, Consumed] = {}
    size = 0
    for (name, table, _, projection), found in zip(wanted, keys, strict=True):
        stored = table.items.get(found)
        size += stored.size if stored else 0
        if size > limits.TRANSACTION_BYTES:
            raise transaction_too_large()
        of_table = consumed.setdefault(name, Consumed(table, name))
        of_table.read(stored.size if stored else 0, consistent=True, factor=TRANSACTIONAL)
        if stored is None:
            responses.append({})
        else:
            item = stored.item
            responses.append({"Item": projection.apply(item) if projection else item})
    return {"Responses": responses} | bill(request, consumed.values(), transactional=True)


# ---- within --------------------------------------------------------------------------------------


def _actions(request: Request, known: Collection[str]) -> list[tuple[str, Request]]:
    actions = []
    for entry in request["TransactItems"]:
        given = [kind for kind in known if entry.get(kind) is not None]
        if len(given) != 1:
            raise validation(
                "TransactItems can only contain one of Check, Put, Update or Delete"
                if len(known) > 1
                else "TransactItems must contain a Get"
            )
        actions.append((given[0], entry[given[0]]))
    return actions


def _draft(kind: str, action: Request) -> Draft | MismatchError:
    try:
        return _DRAFTS[kind](action)
    except MismatchError as error:
        return error


def _plan(
    dynamodb: DynamoDbState, context: CallContext, name: str, draft: Draft | MismatchError
) -> Plan | MismatchError:
    table = dynamodb.find_table(name, context)
    if isinstance(draft, MismatchError):
        return draft
    try:
        return draft(table)
    except MismatchError as error:
        return error


def _payload(entry: Request) -> int:
    """Return the size of what an action brings along; what it finds does not count (recorded)."""
    return sum(
        item_size_bytes(action.get(member) or {})
        for action in entry.values()
        for member in ("Item", "Key", "ExpressionAttributeValues")
    )


def _written(request: Request, writes: list[tuple[str, Weighed]]) -> Result:
    """Return the answer to writes that happened: capacity and metrics, if they are asked for."""
    consumed: dict[str, Consumed] = {}
    for name, one in writes:
        of_table = consumed.setdefault(name, Consumed(one.plan.table, name))
        of_table.write(one.old_item, one.old_size, one.new, one.new_size, TRANSACTIONAL)
    return _answer(request, consumed, [(name, one.plan) for name, one in writes])


def _read_back(request: Request, plans: list[tuple[str, Plan]]) -> Result:
    """Return the answer to writes that happened before.

    It costs what reading the items costs ("TransactWriteItems", "Idempotency").
    """
    consumed: dict[str, Consumed] = {}
    for name, plan in plans:
        of_table = consumed.setdefault(name, Consumed(plan.table, name))
        stored = plan.table.items.get(plan.key)
        of_table.read(stored.size if stored else 0, consistent=True, factor=TRANSACTIONAL)
    return _answer(request, consumed, plans)


def _answer(
    request: Request, consumed: dict[str, Consumed], plans: list[tuple[str, Plan]]
) -> Result:
    result = bill(request, consumed.values(), transactional=True)
    if request.get("ReturnItemCollectionMetrics") == "SIZE":
        result["ItemCollectionMetrics"] = batch_metrics(plans)
    return result
