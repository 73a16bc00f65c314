"""DynamoDB: stores and their menus."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.adapters.batches import get_items, put_items
from chalicelib.adapters.errors import aws_errors, error_code
from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.money import Money
from chalicelib.domain.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from chalicelib.domain.store import Menu, MenuItem

OURS_AND_OLDER = "store_id = :store AND menu_sequencer <= :sequencer"

KEEP_STORE_MS = 10_000
"""How long a store is remembered. A menu that was just replaced is used a little longer."""

ATTEMPTS = 4

KEEP_MENUS = 500
"""How many menus' ids are remembered. They never change: a menu is named after its content."""


class StoreTable:
    """Stores by partner id, and their menus by version."""

    def __init__(
        self, client: Any, stores: str, menu_items: str, now_ms: Callable[[], int]
    ) -> None:
        self._client = client
        self._stores = stores
        self._menu_items = menu_items
        self._now_ms = now_ms
        self._known: dict[str, tuple[Store, int]] = {}
        self._pos_ids: dict[str, dict[str, str]] = {}
        self._everywhere: tuple[list[Store], int] = ([], -KEEP_STORE_MS)

    def find(self, channel: str, channel_store_id: str) -> Store | None:
        """Return the store that a partner calls `channel_store_id`."""
        name, now_ms = f"{channel}#{channel_store_id}", self._now_ms()
        known = self._known.get(name)
        if known is not None and 0 <= now_ms - known[1] < KEEP_STORE_MS:
            return known[0]
        return self.read(channel, channel_store_id)

    def read(self, channel: str, channel_store_id: str) -> Store | None:
        """Return the same as it is now, whatever is remembered."""
        name = f"{channel}#{channel_store_id}"
        with aws_errors("GetItem"):
            reply = self._client.get_item(
                TableName=self._stores, Key={"channel_store": {"S": name}}, ConsistentRead=True
            )
        if "Item" not in reply:
            self._known.pop(name, None)
            return None
        store = Store.from_dict(json.loads(reply["Item"]["store"]["S"]))
        self._known[name] = (store, self._now_ms())
        return store

    def all(self) -> Iterator[tuple[str, str, Store]]:
        """Yield channel, the partner's store id and the store, for every one there is."""
        request: dict[str, Any] = {"TableName": self._stores}
        while True:
            with aws_errors("Scan"):
                reply = self._client.scan(**request)
            for item in reply["Items"]:
                channel, _, channel_store_id = item["channel_store"]["S"].partition("#")
                yield channel, channel_store_id, Store.from_dict(json.loads(item["store"]["S"]))
            if "LastEvaluatedKey" not in reply:
                return
            request["ExclusiveStartKey"] = reply["LastEvaluatedKey"]

    def at(self, vendor: str, location_id: str | None) -> list[Store]:
        """Return the stores with a point of sale: at one of its locations, or at any (None)."""
        now_ms = self._now_ms()
        if not 0 <= now_ms - self._everywhere[1] < KEEP_STORE_MS:
            stores = {store.store_id: store for _, _, store in self.all()}
            self._everywhere = (list(stores.values()), now_ms)
        return [
            store
            for store in self._everywhere[0]
            if store.pos == vendor and location_id in (None, store.location_id)
        ]

    def pos_ids(self, store: Store, item_ids: Sequence[str]) -> dict[str, str]:
        """Return the point of sale's ids for those items that the store's menu has."""
        menu = _menu_key(store)
        known = self._pos_ids.setdefault(menu, {})
        if len(self._pos_ids) > KEEP_MENUS:
            del self._pos_ids[next(iter(self._pos_ids))]
        unknown = [id_ for id_ in item_ids if id_ not in known]
        keys = [{"menu": {"S": menu}, "item_id": {"S": id_}} for id_ in unknown]
        for item in get_items(self._client, self._menu_items, keys):
            known[item["item_id"]["S"]] = item["pos_id"]["S"]
        return {id_: known[id_] for id_ in item_ids if id_ in known}

    def remove(self, store_id: str) -> None:
        """Let a store sell nowhere any more. Its menu items stay: orders under way name them."""
        for channel, channel_store_id, store in self.all():
            if store.store_id != store_id:
                continue
            key = {"channel_store": {"S": f"{channel}#{channel_store_id}"}}
            with aws_errors("DeleteItem"):
                try:
                    self._client.delete_item(
                        TableName=self._stores,
                        Key=key,
                        ConditionExpression="store_id = :store",
                        ExpressionAttributeValues={":store": {"S": store_id}},
                    )
                except ClientError as error:
                    code = error_code(error)
                    if code != "ConditionalCheckFailedException":
                        raise
            self._known.pop(f"{channel}#{channel_store_id}", None)

    def prices(self, store: Store, item_ids: Sequence[str]) -> dict[str, Money]:
        """Return the prices of those items that the store's menu has."""
        keys = [{"menu": {"S": _menu_key(store)}, "item_id": {"S": id_}} for id_ in item_ids]
        return {
            item["item_id"]["S"]: Money.from_dict(json.loads(item["price"]["S"]))
            for item in get_items(self._client, self._menu_items, keys)
        }

    def replace_menu(
        self,
        menu: Menu,
        sequencer: str,
        also: Callable[[set[str], set[str]], Sequence[dict[str, Any]]] = lambda *_: (),
    ) -> bool:
        """Write a menu beside the old one, then switch the store over in one transaction.

        Orders see the old menu or the new one, never a mixture. A partner's id that is another
        store's is refused (InvalidPayload): its orders would be cooked in the wrong kitchen. One
        that the file no longer names stops selling. Return False when a newer file has been
        imported already: S3 does not order its notifications. `sequencer` compares as text once
        it is padded (AWS: pad the shorter one with zeros on the right). `also` is told which
        partners sell the menu and which do not any more, and returns what is written in the same
        transaction.
        """
        mine, wanted = set(), set(menu.channels.items())
        for channel, channel_store_id, store in self.all():
            if store.store_id == menu.store.store_id:
                mine.add((channel, channel_store_id))
            elif (channel, channel_store_id) in wanted:
                raise InvalidPayload(f"{channel} {channel_store_id} is store {store.store_id}'s")
        self._write_items(menu)
        changes = [self._put(menu, *name, sequencer) for name in sorted(wanted)]
        changes += [self._delete(menu, *name, sequencer) for name in sorted(mine - wanted)]
        channels = {channel for channel, _ in wanted}
        changes += also(channels, {channel for channel, _ in mine} - channels)
        return self._switch(changes)

    def _switch(self, changes: list[dict[str, Any]]) -> bool:
        """Write all changes or none; False when what is there is newer."""
        with aws_errors("TransactWriteItems"):
            for left in reversed(range(ATTEMPTS)):
                try:
                    self._client.transact_write_items(TransactItems=changes)
                except ClientError as error:
                    reasons = error.response.get("CancellationReasons", [])
                    codes = {reason.get("Code") for reason in reasons}
                    if "ConditionalCheckFailed" in codes:
                        return False
                    # Somebody writes one of the rows at this moment: which partner has what.
                    if "TransactionConflict" not in codes or not left:
                        raise
                else:
                    break
        return True

    def _put(
        self, menu: Menu, channel: str, channel_store_id: str, sequencer: str
    ) -> dict[str, Any]:
        item = {
            "channel_store": {"S": f"{channel}#{channel_store_id}"},
            "store": {"S": json.dumps(menu.store.to_dict())},
            "store_id": {"S": menu.store.store_id},
            "menu_sequencer": {"S": sequencer},
        }
        condition = f"attribute_not_exists(channel_store) OR ({OURS_AND_OLDER})"
        return {"Put": {"Item": item, **self._if(menu, sequencer, condition)}}

    def _delete(
        self, menu: Menu, channel: str, channel_store_id: str, sequencer: str
    ) -> dict[str, Any]:
        key = {"channel_store": {"S": f"{channel}#{channel_store_id}"}}
        return {"Delete": {"Key": key, **self._if(menu, sequencer, OURS_AND_OLDER)}}

    def _if(self, menu: Menu, sequencer: str, condition: str) -> dict[str, Any]:
        return {
            "TableName": self._stores,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": {
                ":sequencer": {"S": sequencer},
                ":store": {"S": menu.store.store_id},
            },
        }

    def _write_items(self, menu: Menu) -> None:
        key = _menu_key(menu.store)
        items = [_menu_item(key, item) for item in menu.items]
        put_items(self._client, self._menu_items, items)


def _menu_item(menu_key: str, item: MenuItem) -> dict[str, Any]:
    return {
        "menu": {"S": menu_key},
        "item_id": {"S": item.id},
        "pos_id": {"S": item.pos_id},
        "name": {"S": item.name},
        "price": {"S": json.dumps(item.price.to_dict())},
    }


def _menu_key(store: Store) -> str:
    return f"{store.store_id}#{store.menu_version}"
