"""DynamoDB: what of a store's menu is off, under a name of its own in the table of the items.

All of a store is one partition, so an order asks once, whatever it has in its cart.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.adapters.batches import found
from chalicelib.adapters.errors import aws_errors, error_code
from chalicelib.domain.errors import UnreadableRecord, VersionConflict
from chalicelib.domain.stock import ItemStock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SHARD = "stock"
"""One partition of the sweep's index: a few items change in a minute."""

KEEP_SECONDS = 7 * 86_400
"""So long it is kept that an item was off once."""


class StockTable:
    """Items that are off or were lately. Every write names the revision that it replaces."""

    def __init__(self, client: Any, menu_items: str, index: str, now_ms: Callable[[], int]) -> None:
        self._client = client
        self._table = menu_items
        self._index = index
        self._now_ms = now_ms

    def get(self, store_id: str, item_id: str) -> ItemStock | None:
        """Return an item as last written."""
        key = {"menu": {"S": f"{store_id}#stock"}, "item_id": {"S": item_id}}
        with aws_errors("GetItem"):
            reply = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return _read(reply["Item"]) if "Item" in reply else None

    def of_store(self, store_id: str) -> dict[str, ItemStock]:
        """Return the items of a store that are off or were lately, by id."""
        query = {
            "TableName": self._table,
            "KeyConditionExpression": "menu = :menu",
            "ExpressionAttributeValues": {":menu": {"S": f"{store_id}#stock"}},
            "ConsistentRead": True,
        }
        return {item["item_id"]["S"]: _read(item) for item in found(self._client, query)}

    def save(self, stock: ItemStock) -> ItemStock:
        """Write an item over what was read; VersionConflict when that is not there any more."""
        written = replace(stock, revision=stock.revision + 1)
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(item_id)"}
        if stock.revision:
            condition = {
                "ConditionExpression": "revision = :before",
                "ExpressionAttributeValues": {":before": {"N": str(stock.revision)}},
            }
        with aws_errors("PutItem"):
            try:
                item = _item(written, self._now_ms())
                self._client.put_item(TableName=self._table, Item=item, **condition)
            except ClientError as error:
                if error_code(error) == "ConditionalCheckFailedException":
                    raise VersionConflict(stock.key) from error
                raise
        return written

    def due(self, now_ms: int) -> Iterator[tuple[str, str]]:
        """Yield the keys of items about which somebody has to be woken."""
        query = {
            "TableName": self._table,
            "IndexName": self._index,
            "KeyConditionExpression": "due_shard = :shard AND due_ms <= :now",
            "ExpressionAttributeValues": {":shard": {"S": SHARD}, ":now": {"N": str(now_ms)}},
        }
        for item in found(self._client, query):
            store_id = item["menu"]["S"].rpartition("#")[0]
            yield f"{store_id}#{item['item_id']['S']}", ""


def _item(stock: ItemStock, now_ms: int) -> dict[str, Any]:
    body = json.dumps(stock.to_dict(), separators=(",", ":"))
    item: dict[str, Any] = {
        "menu": {"S": f"{stock.store_id}#stock"},
        "item_id": {"S": stock.item_id},
        "body": {"S": body},
        "revision": {"N": str(stock.revision)},
    }
    due_ms = stock.due_ms(now_ms)
    if due_ms is not None:
        item |= {"due_shard": {"S": SHARD}, "due_ms": {"N": str(due_ms)}}
    elif not stock.off and not stock.reported:
        item["expires_at"] = {"N": str(now_ms // 1000 + KEEP_SECONDS)}
    return item


def _read(item: dict[str, Any]) -> ItemStock:
    try:
        return ItemStock.from_dict(json.loads(item["body"]["S"]))
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        key = f"{item['menu']['S']}#{item['item_id']['S']}"
        raise UnreadableRecord(f"{key}: {type(error).__name__}") from error
