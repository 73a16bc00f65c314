"""PutItem, DeleteItem, UpdateItem."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.dynamodb.items.capacity import Consumed, asked_for
from chalice_offline.services.dynamodb.items.item_collections import collection_metrics
from chalice_offline.services.dynamodb.items.item_plans import draft_delete, draft_put, draft_update
from chalice_offline.services.dynamodb.items.writes import commit, weigh

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.dynamodb.items.item_plans import Draft
    from chalice_offline.services.dynamodb.items.writes import Weighed
    from chalice_offline.services.dynamodb.state import DynamoDbState
    from chalice_offline.services.dynamodb.values.attribute_values import Item


def put_item(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Result:
    """Put an item, in the place of one with the same key."""
    return _write(dynamodb, context, request, draft_put(request))


def delete_item(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Result:
    """Delete an item; one that is not there is no error."""
    return _write(dynamodb, context, request, draft_delete(request))


def update_item(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Result:
    """Change attributes of an item, which is made if it is not there."""
    return _write(dynamodb, context, request, draft_update(request))


def _write(dynamodb: DynamoDbState, context: CallContext, request: Request, draft: Draft) -> Result:
    plan = draft(dynamodb.find_table(request["TableName"], context))
    weighed = weigh(plan)
    commit(dynamodb, (weighed,), context.entry)
    result: Result = {}
    wanted = request.get("ReturnValues")
    if wanted and wanted != "NONE":
        attributes = _attributes(weighed, wanted)
        if attributes:
            result["Attributes"] = attributes
    wanted = asked_for(request)
    if wanted:
        consumed = Consumed(plan.table, request["TableName"])
        consumed.write(weighed.old_item, weighed.old_size, weighed.new, weighed.new_size)
        result["ConsumedCapacity"] = consumed.describe(wanted)
    if request.get("ReturnItemCollectionMetrics") == "SIZE" and plan.table.has_local_indexes:
        result["ItemCollectionMetrics"] = collection_metrics(plan)
    return result


def _attributes(weighed: Weighed, wanted: str) -> Item | None:
    if wanted == "ALL_OLD":
        return weighed.old_item
    if wanted == "ALL_NEW":
        return weighed.new
    if weighed.touched is None:
        return None
    touched: Item = weighed.touched.old if wanted == "UPDATED_OLD" else weighed.touched.new
    return touched
