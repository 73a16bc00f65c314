"""DynamoDB: orders, stores with their menus, access tokens."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from chalicelib.adapters.errors import AwsUnavailable, aws_errors
from chalicelib.domain.deadlines import RECORD_DAYS
from chalicelib.domain.errors import VersionConflict
from chalicelib.domain.events import Event
from chalicelib.domain.order import Order
from chalicelib.domain.record import OrderRecord
from chalicelib.domain.refusal import Refusal
from chalicelib.domain.states import State
from chalicelib.domain.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chalicelib.domain.store import Menu, MenuItem

DAY_SECONDS = 86_400
OPEN = "open"
"""The one partition of the sweep's index. It holds only unfinished orders: about 90 seconds'
worth of them, far below what one DynamoDB partition carries."""

BATCH_GET_LIMIT = 100
BATCH_WRITE_LIMIT = 25
BATCH_ROUNDS = 5
"""How often what DynamoDB left unprocessed is asked for again before the message is retried."""

_T = TypeVar("_T")


class OrderTable:
    """Orders by key. Every write names the version that it replaces."""

    def __init__(self, client: Any, table: str, due_index: str) -> None:
        self._client = client
        self._table = table
        self._due_index = due_index

    def get(self, key: str) -> OrderRecord | None:
        """Return an order as last written."""
        with aws_errors("GetItem"):
            reply = self._client.get_item(
                TableName=self._table, Key={"order_key": {"S": key}}, ConsistentRead=True
            )
        return _record(reply["Item"]) if "Item" in reply else None

    def save(self, record: OrderRecord) -> OrderRecord:
        """Write a record over its predecessor; VersionConflict when that is not there.

        Version 1 has no predecessor: it is written only if the order does not exist, which
        is what makes every order be received once.
        """
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(order_key)"}
        if record.version > 1:
            condition = {
                "ConditionExpression": "version = :before",
                "ExpressionAttributeValues": {":before": {"N": str(record.version - 1)}},
            }
        with aws_errors("PutItem"):
            try:
                self._client.put_item(TableName=self._table, Item=_item(record), **condition)
            except ClientError as error:
                if _code(error) == "ConditionalCheckFailedException":
                    raise VersionConflict(record.key) from error
                raise
        return record

    def due(self, now_ms: int) -> Iterator[str]:
        """Yield the keys of all unfinished orders that are due, oldest first.

        The index lags behind the table: read the order before believing it.
        """
        query: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": self._due_index,
            "KeyConditionExpression": "unfinished = :open AND due_ms <= :now",
            "ExpressionAttributeValues": {":open": {"S": OPEN}, ":now": {"N": str(now_ms)}},
        }
        while True:
            with aws_errors("Query"):
                reply = self._client.query(**query)
            yield from (item["order_key"]["S"] for item in reply["Items"])
            if "LastEvaluatedKey" not in reply:
                return
            query["ExclusiveStartKey"] = reply["LastEvaluatedKey"]


class StoreTable:
    """Stores by partner id, and their menus by version."""

    def __init__(self, client: Any, stores: str, menu_items: str) -> None:
        self._client = client
        self._stores = stores
        self._menu_items = menu_items

    def find(self, channel: str, channel_store_id: str) -> Store | None:
        """Return the store that a partner calls `channel_store_id`."""
        with aws_errors("GetItem"):
            reply = self._client.get_item(
                TableName=self._stores,
                Key={"channel_store": {"S": f"{channel}#{channel_store_id}"}},
                ConsistentRead=True,
            )
        return Store(**json.loads(reply["Item"]["store"]["S"])) if "Item" in reply else None

    def pos_ids(self, store: Store, item_ids: Sequence[str]) -> dict[str, str]:
        """Return the point of sale's ids for those items that the store's menu has."""
        menu = _menu_key(store)
        found: dict[str, str] = {}
        for chunk in _chunks(item_ids, BATCH_GET_LIMIT):
            keys = [{"menu": {"S": menu}, "item_id": {"S": id_}} for id_ in chunk]
            for reply in self._rounds("batch_get_item", "UnprocessedKeys", {"Keys": keys}):
                for item in reply["Responses"].get(self._menu_items, []):
                    found[item["item_id"]["S"]] = item["pos_id"]["S"]
        return found

    def replace_menu(self, menu: Menu, sequencer: str) -> bool:
        """Write a menu beside the old one, then switch the store over in one transaction.

        Orders see the old menu or the new one, never a mixture. Return False when a newer file
        has been imported already: S3 does not order its notifications. `sequencer` compares as
        text once it is padded (AWS: pad the shorter one with zeros on the right).
        """
        self._write_items(menu)
        puts = [
            {
                "Put": {
                    "TableName": self._stores,
                    "Item": {
                        "channel_store": {"S": f"{channel}#{channel_store_id}"},
                        "store": {"S": json.dumps(menu.store.to_dict())},
                        "store_id": {"S": menu.store.store_id},
                        "menu_sequencer": {"S": sequencer},
                    },
                    "ConditionExpression": "attribute_not_exists(menu_sequencer)"
                    " OR menu_sequencer <= :sequencer",
                    "ExpressionAttributeValues": {":sequencer": {"S": sequencer}},
                }
            }
            for channel, channel_store_id in menu.channels.items()
        ]
        with aws_errors("TransactWriteItems"):
            try:
                self._client.transact_write_items(TransactItems=puts)
            except ClientError as error:
                reasons = error.response.get("CancellationReasons", [])
                if any(reason.get("Code") == "ConditionalCheckFailed" for reason in reasons):
                    return False
                raise
        return True

    def _write_items(self, menu: Menu) -> None:
        key = _menu_key(menu.store)
        for chunk in _chunks(menu.items, BATCH_WRITE_LIMIT):
            puts = [{"PutRequest": {"Item": _menu_item(key, item)}} for item in chunk]
            for _ in self._rounds("batch_write_item", "UnprocessedItems", puts):
                pass

    def _rounds(self, operation: str, left_over: str, wanted: Any) -> Iterator[dict[str, Any]]:
        """Yield the replies of a batch call until nothing is left unprocessed."""
        requests: dict[str, Any] = {self._menu_items: wanted}
        for _ in range(BATCH_ROUNDS):
            with aws_errors(operation):
                reply = getattr(self._client, operation)(RequestItems=requests)
            yield reply
            requests = reply.get(left_over) or {}
            if not requests:
                return
        raise AwsUnavailable(f"{operation}: still unprocessed after {BATCH_ROUNDS} rounds")


class TokenTable:
    """Access tokens that all containers share."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def get(self, name: str) -> tuple[str, int] | None:
        """Return a token and when it ends, in milliseconds since the epoch."""
        with aws_errors("GetItem"):
            reply = self._client.get_item(TableName=self._table, Key={"name": {"S": name}})
        if "Item" not in reply:
            return None
        return reply["Item"]["token"]["S"], int(reply["Item"]["ends_ms"]["N"])

    def put(self, name: str, token: str, ends_ms: int) -> None:
        """Share a token."""
        with aws_errors("PutItem"):
            self._client.put_item(
                TableName=self._table,
                Item={
                    "name": {"S": name},
                    "token": {"S": token},
                    "ends_ms": {"N": str(ends_ms)},
                    "expires_at": {"N": str(ends_ms // 1000)},
                },
            )


def _item(record: OrderRecord) -> dict[str, Any]:
    outbox = [
        [event.id, event.type, event.subject, event.time_ms, event.data] for event in record.outbox
    ]
    texts = {
        "order_key": record.key,
        "channel": record.channel,
        "channel_store_id": record.channel_store_id,
        "order_id": record.order_id,
        "state": str(record.state),
        "store": _json(record.store),
        "order": _json(record.order),
        "refusal": _json(record.refusal),
        "pos_order_id": record.pos_order_id,
        "answered": record.answered,
        "outbox": json.dumps(outbox) if outbox else None,
        "unfinished": OPEN if record.due_ms is not None else None,
    }
    numbers = {
        "received_ms": record.received_ms,
        "version": record.version,
        "due_ms": record.due_ms,
        "expires_at": record.received_ms // 1000 + RECORD_DAYS * DAY_SECONDS,
    }
    return {name: {"S": text} for name, text in texts.items() if text is not None} | {
        name: {"N": str(number)} for name, number in numbers.items() if number is not None
    }


def _record(item: dict[str, Any]) -> OrderRecord:
    def text(name: str) -> str | None:
        return item[name]["S"] if name in item else None

    def parsed(name: str) -> Any:
        return json.loads(item[name]["S"]) if name in item else None

    store, order, refusal = parsed("store"), parsed("order"), parsed("refusal")
    return OrderRecord(
        channel=item["channel"]["S"],
        channel_store_id=item["channel_store_id"]["S"],
        order_id=item["order_id"]["S"],
        received_ms=int(item["received_ms"]["N"]),
        state=State(item["state"]["S"]),
        version=int(item["version"]["N"]),
        store=Store(**store) if store else None,
        order=Order.from_dict(order) if order else None,
        pos_order_id=text("pos_order_id"),
        refusal=Refusal.from_dict(refusal) if refusal else None,
        answered=text("answered"),
        due_ms=int(item["due_ms"]["N"]) if "due_ms" in item else None,
        outbox=tuple(Event(*event) for event in parsed("outbox") or []),
    )


def _json(part: Store | Order | Refusal | None) -> str | None:
    return None if part is None else json.dumps(part.to_dict(), separators=(",", ":"))


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


def _chunks(items: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
