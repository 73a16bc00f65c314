"""DynamoDB: requests for access, each with its audit trail beside it in one partition.

A request changes together with the entry that says so, in one transaction: what happened is in the
trail, and what is in the trail happened. What the bus has to hear of it is written with it, as
owed. Entries are only ever added.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.access.requests import Access, News, Request
from chalicelib.adapters.errors import aws_errors, error_code
from chalicelib.domain.events import iso

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REQUEST = "request"
TEXTS = ("requester", "queue", "store", "reason", "approver")
ATTEMPTS = 5
LONGEST_WAIT_SECONDS = 0.4
NUMBERS = ("minutes", "asked_ms", "ends_ms")


class AccessTable:
    """Requests by id."""

    def __init__(self, client: Any, table: str, wait: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._table = table
        self._wait = wait

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
        self, request: Request, to: Access, now_ms: int, told: dict[str, Any], news: News,
        **changes: Any,
    ) -> Request | None:  # fmt: skip
        """Take a request from the state that was read to another; None when it is elsewhere now.

        `news` is owed to the bus from then on.
        """
        changed = replace(request, state=to, owed=(*request.owed, news), **changes)
        put = {
            "TableName": self._table,
            "Item": _item(changed),
            "ConditionExpression": "#state = :before",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": {":before": {"S": str(request.state)}},
        }
        entry = self._entry(request.id, str(to), now_ms, told)
        return changed if self._write([{"Put": put}, entry]) else None

    def note_told(self, request: Request) -> None:
        """The bus knows what was owed; what somebody else has come to owe meanwhile stays."""
        with aws_errors("UpdateItem"):
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key=_key(request.id, REQUEST),
                    UpdateExpression="REMOVE owed",
                    ConditionExpression="owed = :told",
                    ExpressionAttributeValues={":told": {"S": _owed(request)}},
                )
            except ClientError as error:
                if error_code(error) != "ConditionalCheckFailedException":
                    raise

    def note(
        self, request: Request, what: str, now_ms: int, told: dict[str, Any], look: str
    ) -> bool:
        """Add an entry of a look, if the request is as it was read: False when it is not."""
        entry = self._entry(request.id, f"{what}#{look}", now_ms, {**told, "look": look})
        return self._write([self._unchanged(request), entry])

    def note_look(self, request: Request, look: str, now_ms: int, told: dict[str, Any]) -> bool:
        """Add the entry of a look that begins: False also when one of that id has begun before."""
        once = {
            "TableName": self._table,
            "Item": _key(request.id, f"look#{look}"),
            "ConditionExpression": "attribute_not_exists(request_id)",
        }
        entry = self._entry(request.id, f"looked#{look}", now_ms, {**told, "look": look})
        return self._write([self._unchanged(request), {"Put": once}, entry])

    def has_looked(self, request_id: str, look: str) -> bool:
        """Say whether a look of that id has begun."""
        with aws_errors("GetItem"):
            reply = self._client.get_item(
                TableName=self._table, Key=_key(request_id, f"look#{look}"), ConsistentRead=True
            )
        return "Item" in reply

    def _unchanged(self, request: Request) -> dict[str, Any]:
        check = {
            "TableName": self._table,
            "Key": _key(request.id, REQUEST),
            "ConditionExpression": "#state = :before",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": {":before": {"S": str(request.state)}},
        }
        return {"ConditionCheck": check}

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

    def unfinished(self) -> Iterator[Request]:
        """Yield the requests that are open, may be in a moment, or have something left to tell.

        A scan: glass breaks seldom.
        """
        scan: dict[str, Any] = {
            "TableName": self._table,
            "FilterExpression": "entry = :request AND "
            "(#state IN (:open, :asked) OR attribute_exists(owed))",
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
        """Return the writing of an entry; after `#` in `what` comes which of its kind it is."""
        item = {
            **_key(id_, f"trail#{now_ms:015d}#{what}"),
            "at": {"S": iso(now_ms)},
            "what": {"S": what.partition("#")[0]},
            "told": {"S": json.dumps(told)},
        }
        new = {"ConditionExpression": "attribute_not_exists(request_id)"}
        return {"Put": {"TableName": self._table, "Item": item, **new}}

    def _write(self, changes: list[dict[str, Any]]) -> bool:
        """Write all or nothing: False when a condition does not hold.

        Whoever meets another's transaction waits and tries again, as botocore does not (Amazon
        DynamoDB developer guide, "Transaction conflict handling in DynamoDB").
        """
        with aws_errors("TransactWriteItems"):
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    self._client.transact_write_items(TransactItems=changes)
                except ClientError as error:
                    reasons = {
                        reason.get("Code")
                        for reason in error.response.get("CancellationReasons", [])
                    }
                    if "ConditionalCheckFailed" in reasons:
                        return False
                    if "TransactionConflict" not in reasons or attempt == ATTEMPTS:
                        raise
                    self._wait(_pause(changes, attempt))
                else:
                    break
        return True


def _pause(changes: list[dict[str, Any]], attempt: int) -> float:
    """Return how long to wait: another while for each writer, and longer ones each time."""
    chance = hashlib.sha256(f"{attempt} {json.dumps(changes)}".encode()).digest()[0] / 256
    return LONGEST_WAIT_SECONDS * chance * attempt / ATTEMPTS


def _key(request_id: str, entry: str) -> dict[str, Any]:
    return {"request_id": {"S": request_id}, "entry": {"S": entry}}


def _item(request: Request) -> dict[str, Any]:
    texts = {name: getattr(request, name) for name in TEXTS}
    return {
        **_key(request.id, REQUEST),
        "state": {"S": str(request.state)},
        **{name: {"S": text} for name, text in texts.items() if text},
        **({"owed": {"S": _owed(request)}} if request.owed else {}),
        **{name: {"N": str(getattr(request, name))} for name in NUMBERS},
    }


def _request(item: dict[str, Any]) -> Request:
    read: dict[str, Any] = {name: item.get(name, {}).get("S", "") for name in TEXTS}
    read |= {name: int(item[name]["N"]) for name in NUMBERS}
    owed = tuple(News(**one) for one in json.loads(item.get("owed", {}).get("S", "[]")))
    return Request(id=item["request_id"]["S"], state=Access(item["state"]["S"]), owed=owed, **read)


def _owed(request: Request) -> str:
    return json.dumps([asdict(news) for news in request.owed])
