"""DynamoDB: the checkouts of our own shop."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.adapters.due_index import DueIndex
from chalicelib.adapters.errors import aws_errors, error_code
from chalicelib.adapters.records import DAY_SECONDS, shard_of
from chalicelib.domain.checkout import SCHEMA, Checkout, from_dict, to_dict
from chalicelib.domain.checkout_duties import due_ms, steps_owed, tidied
from chalicelib.domain.deadlines import RECORD_DAYS
from chalicelib.domain.errors import UnreadableRecord, VersionConflict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class CheckoutTable:
    """Checkouts by id. Every write names the version that it replaces."""

    def __init__(self, client: Any, table: str, index: str, now_ms: Callable[[], int]) -> None:
        self._client = client
        self._table = table
        self._due = DueIndex(client, table, index, "checkout_id")
        self._now_ms = now_ms

    def get(self, checkout_id: str) -> Checkout | None:
        """Return a checkout as last written."""
        with aws_errors("GetItem"):
            reply = self._client.get_item(
                TableName=self._table, Key={"checkout_id": {"S": checkout_id}}, ConsistentRead=True
            )
        return _read(reply["Item"]) if "Item" in reply else None

    def save(self, checkout: Checkout) -> Checkout:
        """Write a checkout over its predecessor; VersionConflict when that is not there."""
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(checkout_id)"}
        if checkout.version > 1:
            condition = {
                "ConditionExpression": "version = :before",
                "ExpressionAttributeValues": {":before": {"N": str(checkout.version - 1)}},
            }
        kept = tidied(checkout)
        with aws_errors("PutItem"):
            try:
                item = _item(kept, self._now_ms())
                self._client.put_item(TableName=self._table, Item=item, **condition)
            except ClientError as error:
                if error_code(error) == "ConditionalCheckFailedException":
                    raise VersionConflict(checkout.checkout_id) from error
                raise
        return kept

    def due(self, now_ms: int) -> Iterator[tuple[str, str]]:
        """Yield id and owed steps of all checkouts that the sweep has to wake."""
        return self._due.due(now_ms)


def _item(checkout: Checkout, now_ms: int) -> dict[str, Any]:
    body = json.dumps(to_dict(checkout), separators=(",", ":"))
    schema = max(SCHEMA, int(checkout.origin.get("schema", 0)))
    numbers = {
        "version": checkout.version,
        "schema": schema,
        "expires_at": checkout.placed_ms // 1000 + RECORD_DAYS * DAY_SECONDS,
    }
    texts = {"checkout_id": checkout.checkout_id, "body": body}
    due = due_ms(checkout, now_ms)
    if due is not None:
        numbers["due_ms"] = due
        texts["due_shard"] = shard_of(checkout.checkout_id)
        texts["due_for"] = " ".join(sorted(steps_owed(checkout)))
    item = {name: {"S": text} for name, text in texts.items()}
    return item | {name: {"N": str(number)} for name, number in numbers.items()}


def _read(item: dict[str, Any]) -> Checkout:
    try:
        read = from_dict(json.loads(item["body"]["S"]))
        schema = int(item["schema"]["N"])
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        key = item.get("checkout_id", {}).get("S", "?")
        raise UnreadableRecord(f"{key}: {type(error).__name__}") from error
    return replace(read, origin={**read.origin, "schema": schema})
