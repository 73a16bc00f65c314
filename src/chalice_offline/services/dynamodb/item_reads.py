"""GetItem, and what all reads of single items have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.dynamodb.attribute_values import check_item
from chalice_offline.services.dynamodb.capacity import Consumed
from chalice_offline.services.dynamodb.expressions import (
    attributes_to_get,
    check_parameters,
    parse_projection,
    placeholders_within,
)
from chalice_offline.services.dynamodb.keys import check_key, stored_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.dynamodb.attribute_values import Item
    from chalice_offline.services.dynamodb.expressions import Projection
    from chalice_offline.services.dynamodb.state import DynamoDbState


_PROJECTION_PARAMETERS = frozenset(
    {"ProjectionExpression", "AttributesToGet", "ExpressionAttributeNames"}
)


def get_item(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Result:
    """Return an item, or nothing."""
    projection = projection_of_request(request, (request["Key"],))
    table = dynamodb.find_table(request["TableName"], context)
    stored = table.items.get(stored_key(table.key, check_key(table, request["Key"])))
    result: Result = {}
    if stored is not None:
        item = stored.item
        result["Item"] = item if projection is None else projection.apply(item)
    wanted = request.get("ReturnConsumedCapacity")
    if wanted and wanted != "NONE":
        consumed = Consumed(table, request["TableName"])
        consistent = request.get("ConsistentRead", False)
        consumed.read(stored.size if stored else 0, consistent=consistent)
        result["ConsumedCapacity"] = consumed.describe(wanted)
    return result


def projection_of_request(request: Request, keys: Sequence[Item]) -> Projection | None:
    """Return which parts of items a request wants; None for all. Its keys are checked on the way.

    AWS looks at parameters that do not go together first, then at the keys' values, then at
    expressions, and only then for the table (dynalite's tests, recorded).
    """
    wants_all = _PROJECTION_PARAMETERS.isdisjoint(request)
    if not wants_all:
        check_parameters(request, ("ProjectionExpression",), ("AttributesToGet",))
    for key in keys:
        check_item(key)
    if wants_all:
        return None
    placeholders = placeholders_within(request)
    text, names = request.get("ProjectionExpression"), request.get("AttributesToGet")
    if text is not None:
        projection = parse_projection(text, placeholders)
        placeholders.check_all_used()
        return projection
    return None if names is None else attributes_to_get(names)
