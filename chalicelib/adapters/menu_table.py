"""DynamoDB: which versions of a store's menu there are, and when old ones go.

Versions are listed under a name of their own in the table of the items, before their items are
written: whatever crashes, the next import finds what is left of an older one.
"""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.batches import found, put_items
from chalicelib.adapters.errors import aws_errors
from chalicelib.domain.errors import InvalidPayload

if TYPE_CHECKING:
    from collections.abc import Iterator


MOST_PACKED_BYTES = 350_000
"""DynamoDB: an item has at most 400 KB."""

KEEP_MENUS = 100
"""How many menus' ids are remembered."""


class MenuTable:
    """The versions of stores' menus, behind the table that StoreTable writes items to."""

    def __init__(self, client: Any, menu_items: str) -> None:
        self._client = client
        self._table = menu_items
        self._pos_ids: dict[str, dict[str, str]] = {}

    def begin(self, store_id: str, version: str) -> None:
        """List a version whose items are about to be written."""
        put_items(self._client, self._table, [_listed(store_id, version)])

    def versions(self, store_id: str) -> list[str]:
        """Return the versions whose items have no end yet."""
        return [item["item_id"]["S"] for item in self._under(f"{store_id}#versions")]

    def items(self, store_id: str, version: str) -> dict[str, tuple[str, str, str]]:
        """Return name, price and the point of sale's id of every item of a version."""
        return {
            item["item_id"]["S"]: (item["name"]["S"], item["price"]["S"], item["pos_id"]["S"])
            for item in self._under(f"{store_id}#{version}")
        }

    def pos_ids(self, store_id: str, version: str) -> dict[str, str]:
        """Return the point of sale's id of every item of a version. Versions never change."""
        name = f"{store_id}#{version}"
        if name not in self._pos_ids:
            if len(self._pos_ids) >= KEEP_MENUS:
                del self._pos_ids[next(iter(self._pos_ids))]
            items = self.items(store_id, version)
            self._pos_ids[name] = {id_: pos_id for id_, (_, _, pos_id) in items.items()}
        return self._pos_ids[name]

    def keep_content(self, store_id: str, version: str, content: bytes) -> None:
        """Keep a menu file as it came, for whoever publishes it."""
        packed = gzip.compress(content, mtime=0)
        if len(packed) > MOST_PACKED_BYTES:
            raise InvalidPayload("the menu file is too large, also when it is packed")
        put_items(
            self._client, self._table, [_content_key(store_id, version) | {"file": {"B": packed}}]
        )

    def content(self, store_id: str, version: str) -> bytes | None:
        """Return the file of a version; None when it is gone, or was never kept."""
        with aws_errors("GetItem"):
            reply = self._client.get_item(
                TableName=self._table, Key=_content_key(store_id, version), ConsistentRead=True
            )
        return gzip.decompress(reply["Item"]["file"]["B"]) if "Item" in reply else None

    def set_end(self, store_id: str, version: str, expires_at: int | None) -> None:
        """Let the items of a version be deleted at an instant (seconds), or never."""
        items = []
        for item in self._rows_of(store_id, version):
            item.pop("expires_at", None)
            items.append(item if expires_at is None else item | {"expires_at": _n(expires_at)})
        put_items(self._client, self._table, items)
        if expires_at is None:
            self.begin(store_id, version)
            return
        with aws_errors("DeleteItem"):
            key = {name: _listed(store_id, version)[name] for name in ("menu", "item_id")}
            self._client.delete_item(TableName=self._table, Key=key)

    def _rows_of(self, store_id: str, version: str) -> Iterator[dict[str, Any]]:
        yield from self._under(f"{store_id}#{version}")
        yield from self._under(f"{store_id}#{version}#file")

    def _under(self, menu: str) -> Iterator[dict[str, Any]]:
        query = {
            "TableName": self._table,
            "KeyConditionExpression": "menu = :menu",
            "ExpressionAttributeValues": {":menu": {"S": menu}},
            "ConsistentRead": True,
        }
        return found(self._client, query)


def _content_key(store_id: str, version: str) -> dict[str, Any]:
    return {"menu": {"S": f"{store_id}#{version}#file"}, "item_id": {"S": "file"}}


def _listed(store_id: str, version: str) -> dict[str, Any]:
    return {"menu": {"S": f"{store_id}#versions"}, "item_id": {"S": version}}


def _n(number: int) -> dict[str, str]:
    return {"N": str(number)}
