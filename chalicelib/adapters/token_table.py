"""DynamoDB: access tokens that all containers share, renewed by one of them at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.adapters.errors import aws_errors

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY_SECONDS = 86_400
KEEP_REFRESH_DAYS = 400
"""A refresh token outlives the access token that it came with; the item must, too."""


@dataclass(frozen=True, slots=True)
class Token:
    """One party's token. `refused_until_ms`: no new grant is asked for before then."""

    access: str = field(repr=False)
    ends_ms: int = 0
    refresh: str = field(default="", repr=False)
    granted_ms: int = 0
    failures: int = 0
    refused_until_ms: int = 0


class TokenTable:
    """Tokens by name."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def get(self, name: str) -> Token | None:
        """Return what is known."""
        with aws_errors("GetItem"):
            reply = self._client.get_item(
                TableName=self._table, Key={"name": {"S": name}}, ConsistentRead=True
            )
        return _token(reply["Item"]) if "Item" in reply else None

    def all(self) -> Iterator[tuple[str, Token]]:
        """Yield when every token was granted and ends, without the tokens themselves."""
        request: dict[str, Any] = {
            "TableName": self._table,
            "ProjectionExpression": "#name, ends_ms, granted_ms, failures, refused_until_ms",
            "ExpressionAttributeNames": {"#name": "name"},
        }
        while True:
            with aws_errors("Scan"):
                reply = self._client.scan(**request)
            for item in reply["Items"]:
                yield item["name"]["S"], _token(item)
            if "LastEvaluatedKey" not in reply:
                return
            request["ExclusiveStartKey"] = reply["LastEvaluatedKey"]

    def put(self, name: str, token: Token) -> None:
        """Share a token; whoever held the right to renew it has used it."""
        days = KEEP_REFRESH_DAYS if token.refresh else 1
        texts = {"name": name, "token": token.access, "refresh": token.refresh}
        numbers = {
            "ends_ms": token.ends_ms,
            "granted_ms": token.granted_ms,
            "failures": token.failures,
            "refused_until_ms": token.refused_until_ms,
            "expires_at": token.ends_ms // 1000 + days * DAY_SECONDS,
        }
        item = {key: {"S": text} for key, text in texts.items() if text}
        item |= {key: {"N": str(number)} for key, number in numbers.items()}
        with aws_errors("PutItem"):
            self._client.put_item(TableName=self._table, Item=item)

    def lease(self, name: str, access: str, now_ms: int, until_ms: int) -> bool:
        """Take the right to renew `access`: False when another container has it, or has done it."""
        unchanged = "#token = :token" if access else "attribute_not_exists(#token)"
        values = {":now": {"N": str(now_ms)}, ":until": {"N": str(until_ms)}}
        if access:
            values[":token"] = {"S": access}
        names = {"#token": "token"}
        with aws_errors("UpdateItem"):
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key={"name": {"S": name}},
                    UpdateExpression="SET lease_until_ms = :until",
                    ConditionExpression=f"{unchanged} AND"
                    " (attribute_not_exists(lease_until_ms) OR lease_until_ms < :now)",
                    ExpressionAttributeNames=names,
                    ExpressionAttributeValues=values,
                )
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") == "ConditionalCheckFailedException":
                    return False
                raise
        return True


def _token(item: dict[str, Any]) -> Token:
    def number(name: str) -> int:
        return int(item[name]["N"]) if name in item else 0

    return Token(
        access=item.get("token", {}).get("S", ""),
        ends_ms=number("ends_ms"),
        refresh=item.get("refresh", {}).get("S", ""),
        granted_ms=number("granted_ms"),
        failures=number("failures"),
        refused_until_ms=number("refused_until_ms"),
    )
