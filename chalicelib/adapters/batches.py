"""What takes DynamoDB several calls: batches in chunks, queries and scans page after page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.adapters.errors import AwsUnavailable, aws_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

GET_LIMIT = 100
WRITE_LIMIT = 25
ROUNDS = 5
"""How often what DynamoDB left unprocessed is asked for again before the message is retried."""


def found(client: Any, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what a query finds, page after page."""
    return _pages("Query", client.query, query)


def scanned(client: Any, scan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what a scan finds, page after page."""
    return _pages("Scan", client.scan, scan)


def _pages(
    operation: str, read: Callable[..., Any], wanted: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    request = dict(wanted)
    while True:
        with aws_errors(operation):
            reply = read(**request)
        yield from reply["Items"]
        if "LastEvaluatedKey" not in reply:
            return
        request["ExclusiveStartKey"] = reply["LastEvaluatedKey"]


def get_items(
    client: Any, table: str, keys: Sequence[dict[str, Any]], *, consistent: bool = False
) -> Iterator[dict[str, Any]]:
    """Yield those items that there are, in no order; AwsUnavailable when some cannot be had."""
    for start in range(0, len(keys), GET_LIMIT):
        wanted: dict[str, Any] = {"Keys": keys[start : start + GET_LIMIT]}
        if consistent:
            wanted["ConsistentRead"] = True
        for reply in _rounds(client.batch_get_item, "UnprocessedKeys", {table: wanted}):
            yield from reply["Responses"].get(table, [])


def put_items(client: Any, table: str, items: Sequence[dict[str, Any]]) -> None:
    """Write items over what is there; AwsUnavailable when some could not be written."""
    for start in range(0, len(items), WRITE_LIMIT):
        puts = [{"PutRequest": {"Item": item}} for item in items[start : start + WRITE_LIMIT]]
        for _ in _rounds(client.batch_write_item, "UnprocessedItems", {table: puts}):
            pass


def _rounds(call: Any, left_over: str, requests: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the replies of a batch call until nothing is left unprocessed."""
    for _ in range(ROUNDS):
        with aws_errors(call.__name__):
            reply = call(RequestItems=requests)
        yield reply
        requests = reply.get(left_over) or {}
        if not requests:
            return
    raise AwsUnavailable(f"{call.__name__}: still unprocessed after {ROUNDS} rounds")
