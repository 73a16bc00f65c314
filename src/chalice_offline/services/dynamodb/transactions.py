"""TransactWriteItems and TransactGetItems: all of it, or nothing and a reason for each part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.dynamodb import limits
from chalice_offline.services.dynamodb.batches import batch_metrics
from chalice_offline.services.dynamodb.capacity import TRANSACTIONAL, Consumed
from chalice_offline.services.dynamodb.errors import MismatchError, validation
from chalice_offline.services.dynamodb.item_plans import (
    draft_check,
    draft_delete,
    draft_put,
    draft_update,
)
from chalice_offline.services.dynamodb.item_reads import projection_of_request
from chalice_offline.services.dynamodb.keys import check_key, stored_key
from chalice_offline.services.dynamodb.sizes import item_size_bytes
from chalice_offline.services.dynamodb.writes import commit, weigh

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.dynamodb.item_plans import Draft
    from chalice_offline.services.dynamodb.state import DynamoDbState
    from chalice_offline.services.dynamodb.table import Table
    from chalice_offline.services.dynamodb.writes import Plan, Weighed

Document = dict[str, Any]

_DRAFTS: Mapping[str, Callable[[Any], Draft]] = {
    "ConditionCheck": draft_check,
    "Put": draft_put,
    "Delete": draft_delete,
    "Update": draft_update,
}
_NO_REASON = {"Code": "None"}


def transact_write_items(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Result:
    """Write up to a hundred items of any tables, or none; once for a token within ten minutes."""
    token = request.get("ClientRequestToken")
    if token:
        answer = remembered(dynamodb, context, token, request["TransactItems"])
        if answer is not None:
            return answer
    drafts = [
        (action["TableName"], _draft(kind, action)) for kind, action in _actions(request, _DRAFTS)
    ]
    plans = [(name, _plan(dynamodb, context, name, draft)) for name, draft in drafts]
    names = [name for name, _ in plans]
    checked = _without_mismatches([plan for _, plan in plans])
    _check_distinct([(plan.table, plan.key) for plan in checked])
    if sum(map(_payload, request["TransactItems"])) > limits.TRANSACTION_BYTES:
        raise validation("Transaction payload size cannot exceed 4194304 bytes")
    writes = weigh_all(checked)
    commit(dynamodb, writes, context.entry)
    result = written(request, list(zip(names, writes, strict=True)))
    if token:
        remember(dynamodb, context, token, request["TransactItems"], result)
    return result


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
    keys = _without_mismatches([key for _, _, key, _ in wanted])
    _check_distinct([(table, key) for (_, table, _, _), key in zip(wanted, keys, strict=True)])
    responses: list[Document] = []
    consumed: dict[str, Consumed] = {}
    for (name, table, _, projection), found in zip(wanted, keys, strict=True):
        stored = table.items.get(found)
        of_table = consumed.setdefault(name, Consumed(table, name))
        of_table.read(stored.size if stored else 0, consistent=True, factor=TRANSACTIONAL)
        if stored is None:
            responses.append({})
        else:
            item = stored.item
            responses.append({"Item": projection.apply(item) if projection else item})
    result: Result = {"Responses": responses}
    asked = request.get("ReturnConsumedCapacity")
    if asked and asked != "NONE":
        result["ConsumedCapacity"] = [
            one.describe(asked, transactional=True) for one in consumed.values()
        ]
    return result


# ---- reasons -------------------------------------------------------------------------------------


def cancelled(reasons: list[Document]) -> AwsError:
    """Return the answer to a transaction that was not carried out."""
    codes = ", ".join(reason["Code"] for reason in reasons)
    return AwsError(
        "TransactionCanceledException",
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
        fields={"CancellationReasons": reasons},
    )


def weigh_all(plans: list[Plan]) -> list[Weighed]:
    """Hold every plan against its item; TransactionCanceledException unless all may happen."""
    writes: list[Weighed] = []
    reasons: list[Document] = []
    for plan in plans:
        try:
            writes.append(weigh(plan))
        except AwsError as error:
            reasons.append(reason_of(error))
        else:
            reasons.append(_NO_REASON)
    if len(writes) < len(plans):
        raise cancelled(reasons)
    return writes


def reason_of(error: AwsError) -> Document:
    """Return why an action did not happen, as a cancellation says it."""
    if error.code == "ConditionalCheckFailedException":
        reason: Document = {"Code": "ConditionalCheckFailed", "Message": error.message}
        if "Item" in error.fields:
            reason["Item"] = error.fields["Item"]
        return reason
    if error.code == "DuplicateItemException":
        return {"Code": "DuplicateItem", "Message": error.message}
    return {"Code": "ValidationError", "Message": error.message}


def _without_mismatches(found: list[Any]) -> list[Any]:
    """Return what was found if all of it fits; AWS names only the first that does not."""
    for position, one in enumerate(found):
        if isinstance(one, MismatchError):
            reasons: list[Document] = [_NO_REASON for _ in found]
            reasons[position] = reason_of(one)
            raise cancelled(reasons)
    return found


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


def _check_distinct(keys: list[tuple[Table, bytes]]) -> None:
    if len({(table.id, key) for table, key in keys}) < len(keys):
        raise validation("Transaction request cannot include multiple operations on one item")


def written(request: Request, writes: list[tuple[str, Weighed]]) -> Result:
    """Return the answer to writes that happened: capacity and metrics, if they are asked for."""
    result: Result = {}
    asked = request.get("ReturnConsumedCapacity")
    if asked and asked != "NONE":
        consumed: dict[str, Consumed] = {}
        for name, one in writes:
            of_table = consumed.setdefault(name, Consumed(one.plan.table, name))
            of_table.write(one.old_item, one.old_size, one.new, one.new_size, TRANSACTIONAL)
        result["ConsumedCapacity"] = [
            one.describe(asked, transactional=True) for one in consumed.values()
        ]
    if request.get("ReturnItemCollectionMetrics") == "SIZE":
        result["ItemCollectionMetrics"] = batch_metrics([(name, one.plan) for name, one in writes])
    return result


# ---- once for a token ----------------------------------------------------------------------------


def remembered(
    dynamodb: DynamoDbState, context: CallContext, token: str, asked: Any
) -> Result | None:
    """Return the answer given to this token before; a token for something else is refused."""
    found = dynamodb.tokens.get((context.account_id, context.region, token))
    if found is None or found[0] <= context.now_ms:
        return None
    if found[1] != asked:
        raise AwsError(
            "IdempotentParameterMismatchException",
            "The request uses the same client token as a previous, but non-identical request. Do "
            "not reuse a client token with different requests, unless the requests are identical",
        )
    result: Result = found[2]
    return result


def remember(
    dynamodb: DynamoDbState, context: CallContext, token: str, asked: Any, result: Result
) -> None:
    """Keep an answer for ten minutes."""
    key = (context.account_id, context.region, token)
    until_ms = context.now_ms + limits.TOKEN_MS
    dynamodb.tokens[key] = (until_ms, asked, result)

    def forget() -> None:
        if dynamodb.tokens.get(key, (0,))[0] == until_ms:
            del dynamodb.tokens[key]

    dynamodb.kernel.at(until_ms, forget, owed=False)
