"""DynamoDB: which order was settled in which file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.adapters.batches import get_items, put_items

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class SettlementTable:
    """Files by order key."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def files_of(self, keys: Sequence[str]) -> dict[str, str]:
        """Return the file in which each of these orders was settled, for those that were."""
        wanted = [{"order_key": {"S": key}} for key in keys]
        items = get_items(self._client, self._table, wanted, consistent=True)
        return {item["order_key"]["S"]: item["file"]["S"] for item in items}

    def note(self, files: Mapping[str, str], ends_s: int) -> None:
        """Note the file of each order, until `ends_s` (epoch seconds). Again does no harm."""
        items = [
            {
                "order_key": {"S": key},
                "file": {"S": file},
                "expires_at": {"N": str(ends_s)},
            }
            for key, file in files.items()
        ]
        put_items(self._client, self._table, items)
