"""Which parts of items a request wants back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.dynamodb.expressions import (
    attributes_to_get,
    check_parameters,
    parse_projection,
    placeholders_within,
)
from chalice_offline.services.dynamodb.values.attribute_values import check_item

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalice_offline.core.kernel import Request
    from chalice_offline.services.dynamodb.expressions import Projection
    from chalice_offline.services.dynamodb.values.attribute_values import Item

_PROJECTION_PARAMETERS = frozenset(
    {"ProjectionExpression", "AttributesToGet", "ExpressionAttributeNames"}
)


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
