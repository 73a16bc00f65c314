"""DynamoDB: the sweep's index of a table, in shards: a busy evening's writes do not meet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.adapters.batches import found
from chalicelib.adapters.records import SHARDS

if TYPE_CHECKING:
    from collections.abc import Iterator


class DueIndex:
    """What is due in a table, by its key and by what is owed.

    The index lags behind the table, which costs a wake too many at most. Nothing is read but the
    index, so a record that nobody can read stops nothing here.
    """

    def __init__(self, client: Any, table: str, index: str, key: str) -> None:
        self._client = client
        self._table = table
        self._index = index
        self._key = key

    def due(self, now_ms: int) -> Iterator[tuple[str, str]]:
        """Yield key and `due_for` of everything that the sweep has to wake."""
        for shard in range(SHARDS):
            yield from self._due_in(f"{shard:02d}", now_ms)

    def _due_in(self, shard: str, now_ms: int) -> Iterator[tuple[str, str]]:
        query: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": self._index,
            "KeyConditionExpression": "due_shard = :shard AND due_ms <= :now",
            "ExpressionAttributeValues": {":shard": {"S": shard}, ":now": {"N": str(now_ms)}},
        }
        for item in found(self._client, query):
            yield item[self._key]["S"], item.get("due_for", {}).get("S", "")
