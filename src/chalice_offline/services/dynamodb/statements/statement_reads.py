"""SELECT: as queries, or as a scan."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING

from chalice_offline.services.dynamodb.errors import invalid_values, validation
from chalice_offline.services.dynamodb.expressions import KeyAttribute
from chalice_offline.services.dynamodb.items.capacity import Consumed, asked_for
from chalice_offline.services.dynamodb.items.keys import check_key, partition_prefix, stored_key
from chalice_offline.services.dynamodb.items.read_pages import Reading, key_of_entry, read_page
from chalice_offline.services.dynamodb.partiql import select_plan

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.dynamodb.expressions import KeyCondition
    from chalice_offline.services.dynamodb.items.read_pages import Page
    from chalice_offline.services.dynamodb.partiql import Select
    from chalice_offline.services.dynamodb.state import DynamoDbState
    from chalice_offline.services.dynamodb.tables.schema import Index, KeySchema
    from chalice_offline.services.dynamodb.tables.table import Table
    from chalice_offline.services.dynamodb.values.attribute_values import Item

    Range = tuple[bytes, bytes | None]


def key_attributes(key: KeySchema) -> tuple[KeyAttribute, KeyAttribute | None]:
    """Return the hash and the range attribute of a key."""
    hash_key = KeyAttribute(key.hash[0], key.types[key.hash[0]])
    if not key.range:
        return hash_key, None
    return hash_key, KeyAttribute(key.range[0], key.types[key.range[0]])


def select(
    dynamodb: DynamoDbState, context: CallContext, statement: Select, request: Request
) -> Result:
    """Return a page of what a SELECT finds."""
    table = dynamodb.find_table(statement.table, context)
    index = _index(table, statement, request)
    plan = select_plan(statement, *key_attributes(index.key if index else table.key))
    ranges: list[Range] = [_bounds(one) for one in plan.key_conditions] or [(b"", None)]
    position, ranges = _resume(request.get("NextToken"), ranges, descending=plan.descending)
    consumed = Consumed(table, table.name)
    left = request.get("Limit")
    items: list[Item] = []
    result: Result = {"Items": items}
    for number, bounds in enumerate(ranges, position):
        reading = Reading(
            table,
            index,
            *bounds,
            reverse=plan.descending,
            limit=left,
            passes=None if plan.condition is None else plan.condition.evaluate,
            fetches=index is not None and not index.is_global and statement.paths is not None,
            consistent=request.get("ConsistentRead", False),
        )
        page = read_page(reading)
        page.charge(reading, consumed)
        items += [statement.project(item) for item in page.items]
        if left is not None:
            left -= page.scanned
        if page.last is not None and (page.scanned or left == 0):
            result["NextToken"] = _token(table, index, number, page)
            result["LastEvaluatedKey"] = key_of_entry(table, index, page.last)
            break
        if left is not None and left <= 0:
            break
    asked = asked_for(request)
    if asked:
        result["ConsumedCapacity"] = consumed.describe(asked)
    return result


def read_one(
    dynamodb: DynamoDbState, context: CallContext, statement: Select
) -> tuple[Table, Item | None, int]:
    """Return the one item whose key a SELECT names, as batches and transactions need it."""
    table = dynamodb.find_table(statement.table, context)
    if statement.where is None:
        raise validation(
            "Select statements within BatchExecuteStatement must specify the primary key in the "
            "where clause."
        )
    key, rest = statement.where.key(*key_attributes(table.key))
    stored = table.items.get(stored_key(table.key, check_key(table, key)))
    if stored is None or (rest is not None and not rest.evaluate(stored.item)):
        return table, None, stored.size if stored else 0
    return table, statement.project(stored.item), stored.size


def _index(table: Table, statement: Select, request: Request) -> Index | None:
    if statement.index is None:
        return None
    index = table.indexes.get(statement.index)
    if index is None:
        raise validation("The table does not have the specified index")
    if index.is_global and request.get("ConsistentRead"):
        raise validation("Consistent reads are not supported on global secondary indexes")
    if index.is_global and statement.paths is not None and not index.projects_all:
        missing = sorted({str(path.parts[0]) for path in statement.paths} - index.projected)
        if missing:
            raise invalid_values(
                f"Global secondary index {index.name} does not project [{', '.join(missing)}]"
            )
    return index


def _bounds(condition: KeyCondition) -> Range:
    prefix = partition_prefix([condition.hash_value])
    checksum = prefix[:4]
    low, high = condition.bounds()
    return checksum + low, None if high is None else checksum + high


def _token(table: Table, index: Index | None, number: int, page: Page) -> str:
    assert page.last is not None
    position = stored_key(table.key, page.last)
    if index is not None:
        position = stored_key(index.key, page.last) + position
    return base64.b64encode(json.dumps([number, position.hex()]).encode()).decode()


def _resume(token: str | None, ranges: list[Range], *, descending: bool) -> tuple[int, list[Range]]:
    """Return the number of the range to go on with, and what is left of it and the others."""
    if token is None:
        return 0, ranges
    try:
        number, text = json.loads(base64.b64decode(token, validate=True))
        position = bytes.fromhex(text)
        low, high = ranges[number]
    except (binascii.Error, ValueError, TypeError, IndexError) as error:
        raise validation("Given NextToken is invalid") from error
    rest = (low, position) if descending else (position + b"\x00", high)
    return number, [rest, *ranges[number + 1 :]]
