"""GetItem."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.dynamodb.items.capacity import Consumed, asked_for
from chalice_offline.services.dynamodb.items.keys import check_key, check_scalar_keys, stored_key
from chalice_offline.services.dynamodb.items.projections import projection_of_request

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.dynamodb.state import DynamoDbState


def get_item(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Result:
    """Return an item, or nothing."""
    projection = projection_of_request(request, (request["Key"],))
    table = dynamodb.find_table(request["TableName"], context)
    if projection is not None:
        check_scalar_keys(table, projection.paths)
    stored = table.items.get(stored_key(table.key, check_key(table, request["Key"])))
    result: Result = {}
    if stored is not None:
        item = stored.item
        result["Item"] = item if projection is None else projection.apply(item)
    wanted = asked_for(request)
    if wanted:
        consumed = Consumed(table, request["TableName"])
        consistent = request.get("ConsistentRead", False)
        consumed.read(stored.size if stored else 0, consistent=consistent)
        result["ConsumedCapacity"] = consumed.describe(wanted)
    return result
