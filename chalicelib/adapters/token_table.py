"""DynamoDB: access tokens that all containers share, renewed by one of them at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.adapters.errors import aws_errors, error_code

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY_SECONDS = 86_400
KEEP_REFRESH_DAYS = 400
"""A refresh token outlives the access token that it came with; the item must, too."""


@dataclass(frozen=True, slots=True)
class Token:
    """One party's token. `refused_until_ms`: no new grant is asked for before then.

    `begun_ms` is when a renewal began of which nothing has been heard since: its function died, or
    its answer never came. `disconnected_ms` is when the vendor refused the refresh token for good;
    `revoked_ms` when the vendor told us that the owner has taken the app out: nobody asks any more.
    """

    access: str = field(repr=False)
    ends_ms: int = 0
    refresh: str = field(default="", repr=False)
    granted_ms: int = 0
    failures: int = 0
    refused_until_ms: int = 0
    begun_ms: int = 0
    disconnected_ms: int = 0
    revoked_ms: int = 0
    told: str = ""  # what staff were told of it last; a renewal that fails keeps it

    def is_past(self, share: float, now_ms: int) -> bool:
        """Say whether more than this share of the token's life is over."""
        return now_ms >= self.granted_ms + (self.ends_ms - self.granted_ms) * share


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
            "ProjectionExpression": ", ".join(("#name", *NUMBERS)),
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
        """Share a token, whatever was there."""
        with aws_errors("PutItem"):
            self._client.put_item(TableName=self._table, Item=_item(name, token))

    def replace(self, name: str, access: str, token: Token) -> bool:
        """Share a token in place of `access`: False when that one is not there any more."""
        condition, values = _still(access)
        values = {"ExpressionAttributeValues": values} if values else {}
        return self._wrote(
            "put_item",
            Item=_item(name, token),
            ConditionExpression=condition,
            ExpressionAttributeNames={"#token": "token"},
            **values,
        )

    def lease(self, name: str, access: str, now_ms: int, until_ms: int) -> bool:
        """Take the right to renew `access`: False when another container has it, or has done it."""
        condition, values = _still(access)
        values |= {":now": {"N": str(now_ms)}, ":until": {"N": str(until_ms)}}
        return self._wrote(
            "update_item",
            Key={"name": {"S": name}},
            UpdateExpression="SET lease_until_ms = :until, begun_ms = :now",
            ConditionExpression=f"{condition} AND"
            " (attribute_not_exists(lease_until_ms) OR lease_until_ms < :now)",
            ExpressionAttributeNames={"#token": "token"},
            ExpressionAttributeValues=values,
        )

    def tell_once(self, name: str, what: str) -> bool:
        """Write down that staff are told something: False when they know it already."""
        return self._wrote(
            "update_item",
            Key={"name": {"S": name}},
            UpdateExpression="SET told = :what",
            ConditionExpression="attribute_not_exists(told) OR told <> :what",
            ExpressionAttributeValues={":what": {"S": what}},
        )

    def delete(self, name: str) -> None:
        """Forget a token."""
        with aws_errors("DeleteItem"):
            self._client.delete_item(TableName=self._table, Key={"name": {"S": name}})

    def use_up(self, name: str, expires_at: int) -> bool:
        """Write down that something was used: False when it was used before."""
        item = {"name": {"S": name}, "expires_at": {"N": str(expires_at)}}
        condition = "attribute_not_exists(#name)"
        names = {"#name": "name"}
        return self._wrote(
            "put_item",
            Item=item,
            ConditionExpression=condition,
            ExpressionAttributeNames=names,
        )

    def _wrote(self, operation: str, **request: Any) -> bool:
        with aws_errors(operation):
            try:
                getattr(self._client, operation)(TableName=self._table, **request)
            except ClientError as error:
                if error_code(error) == "ConditionalCheckFailedException":
                    return False
                raise
        return True


NUMBERS = (
    *("ends_ms", "granted_ms", "failures", "refused_until_ms"),
    *("begun_ms", "disconnected_ms", "revoked_ms"),
)


def _still(access: str) -> tuple[str, dict[str, Any]]:
    if access:
        return "#token = :token", {":token": {"S": access}}
    return "attribute_not_exists(#token)", {}


def _item(name: str, token: Token) -> dict[str, Any]:
    days = KEEP_REFRESH_DAYS if token.refresh or token.revoked_ms else 1
    # One that has no access token yet is as young as its connection.
    ends_ms = max(token.ends_ms, token.granted_ms, token.revoked_ms)
    texts = {"name": name, "token": token.access, "refresh": token.refresh, "told": token.told}
    item = {key: {"S": text} for key, text in texts.items() if text}
    item |= {key: {"N": str(getattr(token, key))} for key in NUMBERS}
    return item | {"expires_at": {"N": str(ends_ms // 1000 + days * DAY_SECONDS)}}


def _token(item: dict[str, Any]) -> Token:
    def number(name: str) -> int:
        return int(item[name]["N"]) if name in item else 0

    return Token(
        access=item.get("token", {}).get("S", ""),
        refresh=item.get("refresh", {}).get("S", ""),
        told=item.get("told", {}).get("S", ""),
        **{name: number(name) for name in NUMBERS},
    )
