"""Query and Scan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.dynamodb import limits
from chalice_offline.services.dynamodb.errors import invalid_values, validation
from chalice_offline.services.dynamodb.expressions import (
    attributes_to_get,
    check_conditional_operator,
    check_parameters,
    filter_condition,
    key_conditions,
    parse_condition,
    parse_key_condition,
    parse_projection,
    placeholders_within,
)
from chalice_offline.services.dynamodb.items.capacity import Consumed, asked_for
from chalice_offline.services.dynamodb.items.key_ranges import (
    check_within,
    is_within,
    range_of,
)
from chalice_offline.services.dynamodb.items.keys import check_scalar_keys, segment_bounds
from chalice_offline.services.dynamodb.items.read_pages import Reading, read_page
from chalice_offline.services.dynamodb.items.starting_keys import StartingKey, check_starting_values
from chalice_offline.services.dynamodb.tables.definitions import ON_DEMAND

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.dynamodb.expressions import (
        AttributeCondition,
        Condition,
        Placeholders,
        Projection,
    )
    from chalice_offline.services.dynamodb.state import DynamoDbState
    from chalice_offline.services.dynamodb.tables.schema import Index
    from chalice_offline.services.dynamodb.tables.table import Table

# In AWS's order of naming them.
_QUERY = ("ProjectionExpression", "FilterExpression", "KeyConditionExpression")
_QUERY_LEGACY = ("AttributesToGet", "QueryFilter", "ConditionalOperator", "KeyConditions")
_SCAN = ("ProjectionExpression", "FilterExpression")
_SCAN_LEGACY = ("AttributesToGet", "ScanFilter", "ConditionalOperator")


def query(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Result:
    """Read items of one partition of a table or index, in the order of their sort keys."""
    check_parameters(request, _QUERY, _QUERY_LEGACY)
    old_projection, old_condition = _before_expressions(request, "QueryFilter")
    check_starting_values(request)
    _check_has_key_conditions(request)
    placeholders = placeholders_within(request)
    text = request.get("KeyConditionExpression")
    asked = None if text is None else parse_key_condition(text, placeholders)
    condition = _filter(request, placeholders) or old_condition
    projection = _projection(request, placeholders) or old_projection
    conditions = (
        _key_conditions(request) if asked is None else asked.attributes(placeholders.values)
    )
    placeholders.check_all_used()
    table = dynamodb.find_table(request["TableName"], context)
    index = _index(table, request)
    _check_select(request, index, projection)
    key = index.key if index else table.key
    start = _start(table, index, request)
    if start is not None:
        start.check_count()
    bounds = range_of(conditions, key, start)
    reverse = not request.get("ScanIndexForward", True)
    if start is not None:
        position = start.position()
        start.check_restartable()
        check_within(start, position, bounds, conditions, key)
        bounds = (bounds[0], position) if reverse else (position + b"\x00", bounds[1])
    _check_filter(condition, key.names, "FilterExpression" in request)
    _check_projected(request, index, projection)
    _check_paths(table, projection, condition)
    reading = _reading(table, index, bounds, request, condition, projection)
    reading.reverse = reverse
    return _read(reading, request)


def scan(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Result:
    """Read all items of a table or index, or those of one segment of it."""
    check_parameters(request, _SCAN, _SCAN_LEGACY)
    old_projection, old_condition = _before_expressions(request, "ScanFilter")
    check_starting_values(request)
    bounds = _segment(request)
    placeholders = placeholders_within(request)
    condition = _filter(request, placeholders) or old_condition
    projection = _projection(request, placeholders) or old_projection
    placeholders.check_all_used()
    table = dynamodb.find_table(request["TableName"], context)
    index = _index(table, request)
    _check_select(request, index, projection)
    start = _start(table, index, request)
    if start is not None and index is not None:
        start.check_count()
        start.check_attributes()
    _check_projected(request, index, projection)
    if start is not None:
        position = start.position()
        if not is_within(position, bounds):
            raise validation(
                "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use "
                "ExclusiveStartKey with correct Segment. TotalSegments: "
                f"{request.get('TotalSegments')} Segment: {request.get('Segment')}"
            )
        bounds = (position + b"\x00", bounds[1])
    _check_paths(table, projection, condition)
    reading = _reading(table, index, bounds, request, condition, projection)
    reading.partitions = _partitions(table)
    return _read(reading, request)


def _partitions(table: Table) -> int:
    """Return how many partitions a table starts with: a scan is charged in each (recorded).

    "Partitions and data distribution": one takes 1,000 writes or 3,000 reads a second.
    """
    if table.billing_mode == ON_DEMAND:
        reads, writes = limits.WARM_READ_UNITS, limits.WARM_WRITE_UNITS
    else:
        reads = int(table.throughput["ReadCapacityUnits"])
        writes = int(table.throughput["WriteCapacityUnits"])
    by_reads = -(-reads // limits.PARTITION_READ_UNITS)
    by_writes = -(-writes // limits.PARTITION_WRITE_UNITS)
    return max(1, by_reads, by_writes)


def _read(reading: Reading, request: Request) -> Result:
    page = read_page(reading)
    result = page.result(reading)
    wanted = asked_for(request)
    if wanted:
        consumed = Consumed(reading.table, request["TableName"])
        page.charge(reading, consumed)
        result["ConsumedCapacity"] = consumed.describe(wanted)
    return result


def _reading(
    table: Table,
    index: Index | None,
    bounds: tuple[bytes, bytes | None],
    request: Request,
    condition: Condition | None,
    projection: Projection | None,
) -> Reading:
    select = request.get("Select")
    return Reading(
        table,
        index,
        *bounds,
        limit=request.get("Limit"),
        passes=None if condition is None else condition.evaluate,
        projection=projection,
        fetches=_fetches(index, select, projection),
        counts_only=select == "COUNT",
        consistent=request.get("ConsistentRead", False),
    )


def _start(table: Table, index: Index | None, request: Request) -> StartingKey | None:
    given = request.get("ExclusiveStartKey")
    return None if given is None else StartingKey(table, index, given)


def _index(table: Table, request: Request) -> Index | None:
    name = request.get("IndexName")
    if name is None:
        return None
    index = table.indexes.get(name)
    if index is None:
        raise validation(f"The table does not have the specified index: {name}")
    if index.is_global and request.get("ConsistentRead"):
        raise validation("Consistent reads are not supported on global secondary indexes")
    return index


def _before_expressions(
    request: Request, legacy: str
) -> tuple[Projection | None, Condition | None]:
    """Return what a request says without expressions; AWS looks at it first."""
    names = request.get("AttributesToGet")
    if legacy == "ScanFilter" and names is not None:
        attributes_to_get(names)  # a scan's come before its filter, a query's after (recorded)
    conditions, operator = request.get(legacy), request.get("ConditionalOperator")
    if "FilterExpression" not in request:
        check_conditional_operator(operator, conditions)
    condition = filter_condition(conditions, operator) if conditions else None
    return None if names is None else attributes_to_get(names), condition


def _check_has_key_conditions(request: Request) -> None:
    if request.get("KeyConditionExpression") is None and request.get("KeyConditions") is None:
        raise validation(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in "
            "the request."
        )


def _key_conditions(request: Request) -> dict[str, AttributeCondition]:
    conditions = request["KeyConditions"]
    if not conditions:
        raise validation("Conditions can be of length 1 or 2 only")
    return key_conditions(conditions)


def _filter(request: Request, placeholders: Placeholders) -> Condition | None:
    text = request.get("FilterExpression")
    return None if text is None else parse_condition(text, placeholders, "FilterExpression")


def _projection(request: Request, placeholders: Placeholders) -> Projection | None:
    text = request.get("ProjectionExpression")
    return None if text is None else parse_projection(text, placeholders)


def _check_paths(table: Table, projection: Projection | None, condition: Condition | None) -> None:
    for one in (projection, condition):
        if one is not None:
            check_scalar_keys(table, one.paths)


def _check_filter(condition: Condition | None, keys: tuple[str, ...], is_expression: bool) -> None:
    """A query's filter cannot ask for what its key conditions are for."""
    if condition is None:
        return
    for name in keys:
        if name in condition.attribute_names:
            what = "Filter Expression" if is_expression else "QueryFilter"
            raise validation(
                f"{what} can only contain non-primary key attributes: Primary key attribute: {name}"
            )


def _check_select(request: Request, index: Index | None, projection: Projection | None) -> None:
    select = request.get("Select")
    parameter = "ProjectionExpression" if "ProjectionExpression" in request else "AttributesToGet"
    if projection is not None and select not in (None, "SPECIFIC_ATTRIBUTES"):
        what = {
            "ALL_ATTRIBUTES": "ALL_ATTRIBUTES",
            "ALL_PROJECTED_ATTRIBUTES": "ALL_PROJECTED_ATTRIBUTES",
            "COUNT": "only the Count",
        }[select]
        raise validation(f"Cannot specify the {parameter} when choosing to get {what}")
    if select == "SPECIFIC_ATTRIBUTES" and projection is None:
        raise validation(
            "Must specify the AttributesToGet or ProjectionExpression when choosing to get "
            "SPECIFIC_ATTRIBUTES"
        )
    if select == "ALL_PROJECTED_ATTRIBUTES" and index is None:
        raise validation(
            "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"
        )


def _check_projected(request: Request, index: Index | None, projection: Projection | None) -> None:
    """Refuse to read from a global index what it has not."""
    if index is None or index.projects_all or not index.is_global:
        return
    if request.get("Select") == "ALL_ATTRIBUTES":
        raise invalid_values(
            "Select type ALL_ATTRIBUTES is not supported for global secondary index "
            f"{index.name} because its projection type is not ALL"
        )
    if projection is not None:
        missing = sorted(projection.attribute_names - index.projected)
        if missing:
            raise invalid_values(
                f"Global secondary index {index.name} does not project [{', '.join(missing)}]"
            )


def _fetches(index: Index | None, select: str | None, projection: Projection | None) -> bool:
    """Whether a local index is asked for what it does not project."""
    if index is None or index.is_global or index.projects_all:
        return False
    if select == "ALL_ATTRIBUTES":
        return True
    return projection is not None and not projection.attribute_names <= index.projected


def _segment(request: Request) -> tuple[bytes, bytes | None]:
    segment, total = request.get("Segment"), request.get("TotalSegments")
    if segment is None and total is None:
        return b"", None
    if total is None:
        raise validation(
            "The TotalSegments parameter is required but was not present in the request when "
            "Segment parameter is present"
        )
    if segment is None:
        raise validation(
            "The Segment parameter is required but was not present in the request when parameter "
            "TotalSegments is present"
        )
    if segment >= total:
        raise validation(
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
            f"Segment: {segment} is not less than TotalSegments: {total}"
        )
    return segment_bounds(segment, total)
