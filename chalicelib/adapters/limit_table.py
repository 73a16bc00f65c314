"""DynamoDB: what containers have to agree on about a vendor: is it up, and how fast may we call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.adapters.errors import aws_errors, error_code

FORGET_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Circuit:
    """Failures in a row, and until when nobody calls. `opened` counts openings in a row.

    `paused_until_ms` is until when partners are to send the store nothing.
    """

    failures: int = 0
    open_until_ms: int = 0
    opened: int = 0
    paused_until_ms: int = 0


class LimitTable:
    """Circuits and counters by name."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def circuits(self, names: list[str]) -> dict[str, Circuit]:
        """Return the circuits that are not as new."""
        keys = [{"name": {"S": name}} for name in names]
        with aws_errors("BatchGetItem"):
            reply = self._client.batch_get_item(RequestItems={self._table: {"Keys": keys}})
        found = reply["Responses"].get(self._table, [])
        return {item["name"]["S"]: _circuit(item) for item in found}

    def failed(self, name: str, now_ms: int) -> Circuit:
        """Count a failure."""
        return self._update(
            name,
            "SET expires_at = :expires ADD failures :one",
            {":one": 1, ":expires": now_ms // 1000 + FORGET_SECONDS},
        )

    def open(self, name: str, until_ms: int) -> Circuit:
        """Let nobody call until then."""
        return self._update(
            name, "SET open_until_ms = :until ADD opened :one", {":until": until_ms, ":one": 1}
        )

    def probe(self, name: str, open_until_ms: int, next_ms: int) -> bool:
        """Take the one call that is allowed when the circuit's time is over."""
        values = {":until": open_until_ms, ":next": next_ms}
        return self._set_if(name, "open_until_ms", "open_until_ms = :until", values)

    def pause(self, name: str, now_ms: int, until_ms: int) -> bool:
        """Begin a pause; False when there is one."""
        over = "attribute_not_exists(paused_until_ms) OR paused_until_ms <= :now"
        return self._set_if(name, "paused_until_ms", over, {":now": now_ms, ":next": until_ms})

    def close(self, name: str) -> None:
        """Forget the failures."""
        with aws_errors("DeleteItem"):
            self._client.delete_item(TableName=self._table, Key={"name": {"S": name}})

    def take(self, name: str, amount: int, most: int, now_ms: int) -> bool:
        """Add to a counter; False, and nothing is added, when that makes it more than `most`.

        Who is refused takes nothing from those who come after it.
        """
        if amount > most:
            return False
        expires = now_ms // 1000 + FORGET_SECONDS
        values = {":amount": amount, ":room": most - amount, ":expires": expires}
        update = "SET expires_at = :expires ADD used :amount"
        return self._update_if(name, update, "attribute_not_exists(used) OR used <= :room", values)

    def _set_if(self, name: str, attribute: str, condition: str, values: dict[str, int]) -> bool:
        return self._update_if(name, f"SET {attribute} = :next", condition, values)

    def _update_if(self, name: str, update: str, condition: str, values: dict[str, int]) -> bool:
        with aws_errors("UpdateItem"):
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key={"name": {"S": name}},
                    UpdateExpression=update,
                    ConditionExpression=condition,
                    ExpressionAttributeValues={key: {"N": str(n)} for key, n in values.items()},
                )
            except ClientError as error:
                if error_code(error) == "ConditionalCheckFailedException":
                    return False
                raise
        return True

    def _update(self, name: str, update: str, values: dict[str, int]) -> Circuit:
        return _circuit(self._updated(name, update, values))

    def _updated(self, name: str, update: str, values: dict[str, int]) -> dict[str, Any]:
        with aws_errors("UpdateItem"):
            reply = self._client.update_item(
                TableName=self._table,
                Key={"name": {"S": name}},
                UpdateExpression=update,
                ExpressionAttributeValues={key: {"N": str(n)} for key, n in values.items()},
                ReturnValues="ALL_NEW",
            )
        attributes: dict[str, Any] = reply["Attributes"]
        return attributes


def _circuit(item: dict[str, Any]) -> Circuit:
    def number(name: str) -> int:
        return int(item[name]["N"]) if name in item else 0

    names = ("failures", "open_until_ms", "opened", "paused_until_ms")
    return Circuit(*(number(name) for name in names))
