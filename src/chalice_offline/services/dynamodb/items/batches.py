"""BatchGetItem and BatchWriteItem."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chalice_offline.services.dynamodb import limits
from chalice_offline.services.dynamodb.errors import key_mismatch, validation
from chalice_offline.services.dynamodb.items.capacity import Consumed, asked_for, bill
from chalice_offline.services.dynamodb.items.item_collections import batch_metrics
from chalice_offline.services.dynamodb.items.item_plans import draft_delete, draft_put
from chalice_offline.services.dynamodb.items.keys import check_key, stored_key
from chalice_offline.services.dynamodb.items.projections import projection_of_request
from chalice_offline.services.dynamodb.items.writes import commit, weigh

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.dynamodb.expressions import Projection
    from chalice_offline.services.dynamodb.items.item_plans import Draft
    from chalice_offline.services.dynamodb.items.writes import Plan
    from chalice_offline.services.dynamodb.state import DynamoDbState
    from chalice_offline.services.dynamodb.tables.table import Table
    from chalice_offline.services.dynamodb.values.attribute_values import Item

_DUPLICATES = "Provided list of item keys contains duplicates"


class _Wanted:
    """What a batch wants of one table, checked."""

    def __init__(
        self, table: Table, name: str, request: Request, projection: Projection | None
    ) -> None:
        self.table, self.name, self.request = table, name, request
        self.projection = projection
        self.keys: list[tuple[bytes, Item]] = [
            (stored_key(table.key, check_key(table, key)), key) for key in request["Keys"]
        ]
        if len({key for key, _ in self.keys}) < len(self.keys):
            raise validation(_DUPLICATES)
        self.consumed = Consumed(table, name)

    def rest(self, keys: Sequence[Item]) -> Request:
        """Return the request for the keys that are left."""
        return {**self.request, "Keys": list(keys)}


def batch_get_item(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Result:
    """Return up to a hundred items of any tables; what exceeds 16 MB is left to ask for again."""
    tables: dict[str, Request] = request["RequestItems"]
    if sum(len(one["Keys"]) for one in tables.values()) > limits.BATCH_GET_ITEMS:
        raise validation("Too many items requested for the BatchGetItem call")
    projections = {name: projection_of_request(one, one["Keys"]) for name, one in tables.items()}
    for asked_of_table in tables.values():
        _check_distinct(asked_of_table["Keys"])
    wanted = [
        _Wanted(dynamodb.find_table(name, context), name, one, projections[name])
        for name, one in tables.items()
    ]
    responses: dict[str, list[Item]] = {}
    unprocessed: dict[str, Request] = {}
    size = 0
    for one in wanted:
        items = responses.setdefault(one.name, [])
        for position, (key, _) in enumerate(one.keys):
            stored = one.table.items.get(key)
            size += stored.size if stored else 0
            if size > limits.BATCH_BYTES:
                unprocessed[one.name] = one.rest([key for _, key in one.keys[position:]])
                break
            consistent = one.request.get("ConsistentRead", False)
            one.consumed.read(stored.size if stored else 0, consistent=consistent)
            if stored is not None:
                item = stored.item
                items.append(item if one.projection is None else one.projection.apply(item))
    result: Result = {"Responses": responses, "UnprocessedKeys": unprocessed}
    return result | bill(request, [one.consumed for one in wanted])


def batch_write_item(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Result:
    """Put and delete up to 25 items of any tables; refused whole when one of them is wrong."""
    tables: dict[str, list[Request]] = request["RequestItems"]
    if sum(len(entries) for entries in tables.values()) > limits.BATCH_WRITE_ITEMS:
        raise validation("Too many items requested for the BatchWriteItem call")
    drafts = {name: [_draft(entry) for entry in entries] for name, entries in tables.items()}
    plans: list[tuple[str, Plan]] = []
    for name, drafted in drafts.items():
        table = dynamodb.find_table(name, context)
        planned = [draft(table) for draft in drafted]
        if len({plan.key for plan in planned}) < len(planned):
            raise validation(_DUPLICATES)
        plans += [(name, plan) for plan in planned]
    writes = [(name, weigh(plan)) for name, plan in plans]
    commit(dynamodb, [weighed for _, weighed in writes], context.entry)
    result: Result = {"UnprocessedItems": {}}
    if asked_for(request):
        consumed: dict[str, Consumed] = {}
        for name, weighed in writes:
            of_table = consumed.setdefault(name, Consumed(weighed.plan.table, name))
            of_table.write(weighed.old_item, weighed.old_size, weighed.new, weighed.new_size)
        result |= bill(request, consumed.values())
    if request.get("ReturnItemCollectionMetrics") == "SIZE":
        result["ItemCollectionMetrics"] = batch_metrics(plans)
    return result


def _check_distinct(keys: Sequence[Item]) -> None:
    """AWS sees keys that are spelled alike before it looks for the table."""
    spelled = {json.dumps(key, sort_keys=True, default=bytes.hex) for key in keys}
    if len(spelled) < len(keys):
        raise validation(_DUPLICATES)


def _draft(entry: Request) -> Draft:
    put, delete = entry.get("PutRequest"), entry.get("DeleteRequest")
    if put is not None and delete is None:
        return _draft_put(put)
    if delete is not None and put is None:
        return draft_delete(delete)
    raise validation(
        "Supplied WriteRequest must contain exactly one of PutRequest and DeleteRequest"
    )


def _draft_put(put: Request) -> Draft:
    draft = draft_put(put)

    def plan(table: Table) -> Plan:
        item = put["Item"]
        if any(kind not in item.get(name, ()) for name, kind in table.key.typed_names):
            raise key_mismatch()  # where PutItem says more of what is missing or wrong (recorded)
        return draft(table)

    return plan
