"""DynamoDB: the sweep's index of a table, in shards: a busy evening's writes do not meet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.adapters.batches import scanned

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
        """Yield key and `due_for` of everything that the sweep has to wake.

        In the index is only what something is owed for: all of it, in whatever shard, is one page
        as long as some five thousand orders are under way at once. A query per shard is one call
        each, and most minutes of most shops have nothing in any of them.
        """
        scan: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": self._index,
            "FilterExpression": "due_ms <= :now",
            "ExpressionAttributeValues": {":now": {"N": str(now_ms)}},
        }
        for item in scanned(self._client, scan):
            yield item[self._key]["S"], item.get("due_for", {}).get("S", "")
