"""DynamoDB: requests for access, each with its audit trail beside it in one partition.

A request changes together with the entry that says so, in one transaction: what happened is in the
trail, and what is in the trail happened. Entries are only ever added.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.access.requests import Access, Request
from chalicelib.adapters.errors import aws_errors
from chalicelib.domain.events import iso

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUEST = "request"
TEXTS = ("requester", "queue", "store", "reason", "approver")
NUMBERS = ("minutes", "asked_ms", "ends_ms")


class AccessTable:
    """Requests by id."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def ask(self, request: Request) -> bool:
        """Write a new request down: False when there is one of that id."""
        entry = self._entry(request.id, "asked", request.asked_ms, {"by": request.requester})
        new = {"ConditionExpression": "attribute_not_exists(request_id)"}
        put = {"TableName": self._table, "Item": _item(request), **new}
        return self._write([{"Put": put}, entry])

    def get(self, request_id: str) -> Request | None:
        """Return a request as last written."""
        with aws_errors("GetItem"):
            reply = self._client.get_item(
                TableName=self._table, Key=_key(request_id, REQUEST), ConsistentRead=True
            )
        return _request(reply["Item"]) if "Item" in reply else None

    def change(
        self, request: Request, to: Access, now_ms: int, told: dict[str, Any], **changes: Any
    ) -> Request | None:
        """Take a request from the state that was read to another; None when it is elsewhere now."""
        changed = replace(request, state=to, **changes)
        put = {
            "TableName": self._table,
            "Item": _item(changed),
            "ConditionExpression": "#state = :before",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": {":before": {"S": str(request.state)}},
        }
        entry = self._entry(request.id, str(to), now_ms, told)
        return changed if self._write([{"Put": put}, entry]) else None

    def note(self, request: Request, what: str, now_ms: int, told: dict[str, Any]) -> bool:
        """Add an entry, as long as the request is as it was read: False when it is not."""
        check = {
            "TableName": self._table,
            "Key": _key(request.id, REQUEST),
            "ConditionExpression": "#state = :before",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": {":before": {"S": str(request.state)}},
        }
        entry = self._entry(request.id, what, now_ms, told)
        return self._write([{"ConditionCheck": check}, entry])

    def trail(self, request_id: str) -> list[dict[str, Any]]:
        """Return the entries of a request, the first one first."""
        query: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "request_id = :id AND begins_with(entry, :trail)",
            "ExpressionAttributeValues": {":id": {"S": request_id}, ":trail": {"S": "trail#"}},
            "ConsistentRead": True,
        }
        found: list[dict[str, Any]] = []
        while True:
            with aws_errors("Query"):
                reply = self._client.query(**query)
            found += (
                {"at": item["at"]["S"], "what": item["what"]["S"], **json.loads(item["told"]["S"])}
                for item in reply["Items"]
            )
            if "LastEvaluatedKey" not in reply:
                return found
            query["ExclusiveStartKey"] = reply["LastEvaluatedKey"]

    def open(self) -> Iterator[Request]:
        """Yield the requests that are open, or may be in a moment. A scan: glass breaks seldom."""
        scan: dict[str, Any] = {
            "TableName": self._table,
            "FilterExpression": "entry = :request AND #state IN (:open, :asked)",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": {
                ":request": {"S": REQUEST},
                ":open": {"S": Access.OPEN},
                ":asked": {"S": Access.ASKED},
            },
            "ConsistentRead": True,
        }
        while True:
            with aws_errors("Scan"):
                reply = self._client.scan(**scan)
            yield from map(_request, reply["Items"])
            if "LastEvaluatedKey" not in reply:
                return
            scan["ExclusiveStartKey"] = reply["LastEvaluatedKey"]

    def _entry(self, id_: str, what: str, now_ms: int, told: dict[str, Any]) -> dict[str, Any]:
        """Return the writing of an entry. Two of one kind in one millisecond are refused."""
        item = {
            **_key(id_, f"trail#{now_ms:015d}#{what}"),
            "at": {"S": iso(now_ms)},
            "what": {"S": what},
            "told": {"S": json.dumps(told)},
        }
        new = {"ConditionExpression": "attribute_not_exists(request_id)"}
        return {"Put": {"TableName": self._table, "Item": item, **new}}

    def _write(self, changes: list[dict[str, Any]]) -> bool:
        with aws_errors("TransactWriteItems"):
            try:
                self._client.transact_write_items(TransactItems=changes)
            except ClientError as error:
                reasons = error.response.get("CancellationReasons", [])
                if any(reason.get("Code") == "ConditionalCheckFailed" for reason in reasons):
                    return False
                raise
        return True


def _key(request_id: str, entry: str) -> dict[str, Any]:
    return {"request_id": {"S": request_id}, "entry": {"S": entry}}


def _item(request: Request) -> dict[str, Any]:
    texts = {name: getattr(request, name) for name in TEXTS}
    return {
        **_key(request.id, REQUEST),
        "state": {"S": str(request.state)},
        **{name: {"S": text} for name, text in texts.items() if text},
        **{name: {"N": str(getattr(request, name))} for name in NUMBERS},
    }


def _request(item: dict[str, Any]) -> Request:
    read: dict[str, Any] = {name: item.get(name, {}).get("S", "") for name in TEXTS}
    read |= {name: int(item[name]["N"]) for name in NUMBERS}
    return Request(id=item["request_id"]["S"], state=Access(item["state"]["S"]), **read)
