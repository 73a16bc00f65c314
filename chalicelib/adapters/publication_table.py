"""DynamoDB: which partner has which version of a store's menu, beside the items of the menus.

A wish is written in the transaction that switches the store over (`wish`), so no menu is in force
that nobody publishes; everything else is written over the revision that was read.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.adapters.batches import found
from chalicelib.adapters.errors import aws_errors, error_code
from chalicelib.domain.errors import UnreadableRecord, VersionConflict
from chalicelib.domain.publication import WISH, Publication

if TYPE_CHECKING:
    from collections.abc import Iterator

SHARD = "publishing"
"""One partition of the sweep's index: few menus change in a minute."""

NUMBERS = ("asked", "asked_ms")


class PublicationTable:
    """Rows by store and partner, in the table of the menus' items."""

    def __init__(self, client: Any, menu_items: str, index: str) -> None:
        self._client = client
        self._table = menu_items
        self._index = index

    def get(self, store_id: str, channel: str) -> Publication | None:
        """Return a row as last written."""
        with aws_errors("GetItem"):
            reply = self._client.get_item(
                TableName=self._table, Key=_key(store_id, channel), ConsistentRead=True
            )
        return _read(reply["Item"]) if "Item" in reply else None

    def of_store(self, store_id: str) -> dict[str, Publication]:
        """Return a store's rows by partner."""
        query = {
            "TableName": self._table,
            "KeyConditionExpression": "menu = :menu",
            "ExpressionAttributeValues": {":menu": {"S": f"{store_id}#published"}},
            "ConsistentRead": True,
        }
        return {item["item_id"]["S"]: _read(item) for item in found(self._client, query)}

    def save(self, row: Publication) -> Publication:
        """Write a row over what was read; VersionConflict when that is not there any more."""
        written = replace(row, revision=row.revision + 1)
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(item_id)"}
        if row.revision:
            condition = {
                "ConditionExpression": "revision = :before",
                "ExpressionAttributeValues": {":before": _n(row.revision)},
            }
        with aws_errors("PutItem"):
            try:
                item = _item(written)
                self._client.put_item(TableName=self._table, Item=item, **condition)
            except ClientError as error:
                if error_code(error) == "ConditionalCheckFailedException":
                    raise VersionConflict(row.key) from error
                raise
        return written

    def wish(
        self, store_id: str, channel: str, place: str, version: str, sequencer: str, now_ms: int
    ) -> dict[str, Any]:
        """Return the part of a transaction that wishes for a version at a partner."""
        return {
            "Update": {
                "TableName": self._table,
                "Key": _key(store_id, channel),
                "UpdateExpression": "SET version = :version, sequencer = :sequencer, "
                "place = :place, asked_ms = :now, due_shard = :shard, due_ms = :now "
                "ADD asked :one, revision :one",
                "ConditionExpression": "attribute_not_exists(sequencer) OR sequencer <= :sequencer",
                "ExpressionAttributeValues": {
                    ":version": {"S": version},
                    ":sequencer": {"S": sequencer},
                    ":place": {"S": place},
                    ":now": _n(now_ms),
                    ":shard": {"S": SHARD},
                    ":one": _n(1),
                },
            }
        }

    def unlink(self, store_id: str, channel: str, sequencer: str, now_ms: int) -> dict[str, Any]:
        """Return the part of a transaction that has nothing published at a partner any more.

        The row stays: its wishes go on counting when the partner comes back, so that the result of
        an upload of before is none of one after.
        """
        return {
            "Update": {
                "TableName": self._table,
                "Key": _key(store_id, channel),
                "UpdateExpression": "SET version = :none, sequencer = :sequencer, "
                "place = if_not_exists(place, :none), asked = if_not_exists(asked, :zero), "
                "asked_ms = if_not_exists(asked_ms, :now) "
                "REMOVE due_shard, due_ms ADD revision :one",
                "ExpressionAttributeValues": {
                    ":none": {"S": ""},
                    ":sequencer": {"S": sequencer},
                    ":zero": _n(0),
                    ":now": _n(now_ms),
                    ":one": _n(1),
                },
            }
        }

    def due(self, now_ms: int) -> Iterator[tuple[str, str]]:
        """Yield the keys of rows about which somebody has to be woken."""
        query = {
            "TableName": self._table,
            "IndexName": self._index,
            "KeyConditionExpression": "due_shard = :shard AND due_ms <= :now",
            "ExpressionAttributeValues": {":shard": {"S": SHARD}, ":now": _n(now_ms)},
        }
        for item in found(self._client, query):
            yield f"{item['menu']['S'].rpartition('#')[0]}#{item['item_id']['S']}", ""


def _key(store_id: str, channel: str) -> dict[str, Any]:
    return {"menu": {"S": f"{store_id}#published"}, "item_id": {"S": channel}}


def _item(row: Publication) -> dict[str, Any]:
    data = row.to_dict()
    item = _key(row.store_id, row.channel) | {"revision": _n(row.revision)}
    for name in WISH:
        value = data.pop(name)
        item[name] = _n(value) if name in NUMBERS else {"S": value}
    item["body"] = {"S": json.dumps(data, separators=(",", ":"))}
    if (due_ms := row.due_ms()) is not None:
        item |= {"due_shard": {"S": SHARD}, "due_ms": _n(due_ms)}
    return item


def _read(item: dict[str, Any]) -> Publication:
    store_id, channel = item["menu"]["S"].rpartition("#")[0], item["item_id"]["S"]
    try:
        data = json.loads(item["body"]["S"]) if "body" in item else {}
        data |= {name: item[name]["S"] for name in WISH if name not in NUMBERS}
        data |= {name: int(item[name]["N"]) for name in NUMBERS}
        data |= {"store_id": store_id, "channel": channel, "revision": int(item["revision"]["N"])}
        return Publication.from_dict(data)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise UnreadableRecord(f"{store_id}#{channel}: {type(error).__name__}") from error


def _n(number: int) -> dict[str, str]:
    return {"N": str(number)}
