"""DynamoDB: the orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib import log
from chalicelib.adapters.batches import found, get_items
from chalicelib.adapters.due_index import DueIndex
from chalicelib.adapters.errors import aws_errors, error_code
from chalicelib.adapters.records import ticket_key, to_item, to_record, trading_day
from chalicelib.domain.deadlines import NUDGE_MS
from chalicelib.domain.errors import UnreadableRecord, VersionConflict
from chalicelib.domain.states import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chalicelib.domain.record import OrderRecord


class OrderTable:
    """Orders by key. Every write names the version that it replaces."""

    def __init__(
        self, client: Any, table: str, due_index: str, ticket_index: str, day_index: str
    ) -> None:
        self._client = client
        self._table = table
        self._due = DueIndex(client, table, due_index, "order_key")
        self._ticket_index = ticket_index
        self._day_index = day_index

    def get(self, key: str) -> OrderRecord | None:
        """Return an order as last written."""
        with aws_errors("GetItem"):
            reply = self._client.get_item(
                TableName=self._table, Key={"order_key": {"S": key}}, ConsistentRead=True
            )
        return to_record(reply["Item"]) if "Item" in reply else None

    def get_all(self, keys: Sequence[str]) -> Iterator[OrderRecord]:
        """Yield those orders that there are, in no order; what cannot be read is left out."""
        wanted = [{"order_key": {"S": key}} for key in keys]
        for item in get_items(self._client, self._table, wanted, consistent=True):
            try:
                yield to_record(item)
            except UnreadableRecord as error:
                log.error("order.unreadable", reason=str(error))

    def of_day(self, channel: str, channel_store_id: str, at_ms: int) -> Iterator[str]:
        """Yield the keys of a partner's orders at a store on the UTC day that `at_ms` is in.

        Only keys are in the index: an order writes it once, and who reconciles reads by night.
        """
        day = trading_day(channel, channel_store_id, at_ms)
        query: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": self._day_index,
            "KeyConditionExpression": "trading_day = :day",
            "ExpressionAttributeValues": {":day": {"S": day}},
        }
        for item in found(self._client, query):
            yield item["order_key"]["S"]

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
                self._client.put_item(TableName=self._table, Item=to_item(record), **condition)
            except ClientError as error:
                if _failed_condition(error):
                    raise VersionConflict(record.key) from error
                raise
        return record

    def take(
        self, key: str, to: State, now_ms: int, lease_ms: int
    ) -> tuple[OrderRecord | None, bool]:
        """Read an order and, if it is RECEIVED and may be tried now, take it to `to`, in one call.

        Returns the order and whether it was taken. It is the usual case, and one call instead
        of two; every other case begins with what this returns.
        """
        request: dict[str, Any] = {
            "TableName": self._table,
            "Key": {"order_key": {"S": key}},
            "UpdateExpression": "SET #state = :to, version = version + :one, called_ms = :now,"
            " lease_until_ms = :lease, due_ms = :due REMOVE next_try_ms",
            "ConditionExpression": "#state = :received"
            " AND (attribute_not_exists(next_try_ms) OR next_try_ms <= :now)",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": {
                ":received": {"S": str(State.RECEIVED)},
                ":to": {"S": str(to)},
                ":one": {"N": "1"},
                ":now": {"N": str(now_ms)},
                ":lease": {"N": str(now_ms + lease_ms)},
                ":due": {"N": str(now_ms + lease_ms + NUDGE_MS)},
            },
            "ReturnValues": "ALL_NEW",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        with aws_errors("UpdateItem"):
            try:
                return to_record(self._client.update_item(**request)["Attributes"]), True
            except ClientError as error:
                if not _failed_condition(error):
                    raise
                item: Any = error.response.get("Item")
        return (to_record(item) if item else None), False

    def key_of_ticket(self, vendor: str, pos_order_id: str) -> str | None:
        """Return the key of the order that a ticket is of, as far as the index has it."""
        with aws_errors("Query"):
            reply = self._client.query(
                TableName=self._table,
                IndexName=self._ticket_index,
                KeyConditionExpression="ticket = :ticket",
                ExpressionAttributeValues={":ticket": {"S": ticket_key(vendor, pos_order_id)}},
            )
        items = reply["Items"]
        return str(items[0]["order_key"]["S"]) if items else None

    def due(self, now_ms: int) -> Iterator[tuple[str, str]]:
        """Yield key and `due_for` of all orders that the sweep has to wake."""
        return self._due.due(now_ms)


def _failed_condition(error: ClientError) -> bool:
    code = error_code(error)
    return code == "ConditionalCheckFailedException"
