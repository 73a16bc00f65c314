"""DynamoDB: which order was settled in which file, and in which version of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.adapters.batches import get_items, put_items
from chalicelib.adapters.errors import aws_errors, error_code

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class SettlementTable:
    """Files by order key."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def files_of(self, keys: Sequence[str]) -> dict[str, str]:
        """Return the file in which each of these orders was settled, for those that were."""
        wanted = [{"order_key": {"S": key}} for key in keys]
        items = get_items(self._client, self._table, wanted, consistent=True)
        return {item["order_key"]["S"]: item["file"]["S"] for item in items}

    def note(self, keys: Iterable[str], file: str, version: str, ends_s: int) -> None:
        """Note that a version of a file settles these orders, until `ends_s` (epoch seconds)."""
        items = [
            {
                "order_key": {"S": key},
                "file": {"S": file},
                "version": {"S": version},
                "expires_at": {"N": str(ends_s)},
            }
            for key in keys
        ]
        put_items(self._client, self._table, items)

    def forget(self, key: str, file: str, version: str) -> None:
        """Note that no version of a file but `version` settles an order, if one is noted."""
        with aws_errors("DeleteItem"):
            try:
                self._client.delete_item(
                    TableName=self._table,
                    Key={"order_key": {"S": key}},
                    ConditionExpression="#file = :file AND NOT version = :version",
                    ExpressionAttributeNames={"#file": "file"},
                    ExpressionAttributeValues={":file": {"S": file}, ":version": {"S": version}},
                )
            except ClientError as error:
                if error_code(error) != "ConditionalCheckFailedException":
                    raise
