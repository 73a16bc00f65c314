"""Tables: what they hold, item by item, and putting or deleting one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.console.doors import Asked, Door, Refusal
from chalice_offline.console.shown import shown
from chalice_offline.core.journal import readable
from chalice_offline.core.names import nearest

if TYPE_CHECKING:
    from chalice_offline.console.session import Session

ITEMS_PER_PAGE = 100


class Tables:
    """The tables of this account and region."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def doors(self) -> list[Door]:
        """Return what can be asked."""
        return [
            Door("GET", "tables", self.all),
            Door("GET", "tables/{name}/items", self.items),
            Door("POST", "tables/{name}/put", self.put),
            Door("POST", "tables/{name}/delete", self.delete),
        ]

    def all(self, _asked: Asked) -> dict[str, Any]:
        """Answer every table with its keys and how much it holds."""
        return {"tables": [self.described(name) for name in self.names()]}

    def names(self) -> list[str]:
        """Return the names of all tables."""
        session = self._session
        found: list[str] = []
        request: dict[str, Any] = {}
        while True:
            page = session.read("dynamodb", "ListTables", **request)
            found += page["TableNames"]
            if not page.get("LastEvaluatedTableName"):
                return found
            request["ExclusiveStartTableName"] = page["LastEvaluatedTableName"]

    def described(self, name: str) -> dict[str, Any]:
        """Return one table."""
        table = self._session.read("dynamodb", "DescribeTable", TableName=name)["Table"]
        return {
            "name": name,
            "arn": table["TableArn"],
            "items": table["ItemCount"],
            "bytes": table["TableSizeBytes"],
            "keys": [key["AttributeName"] for key in table["KeySchema"]],
            "indexes": [
                index["IndexName"]
                for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
                for index in table.get(kind, [])
            ],
            "stream": table.get("LatestStreamArn"),
        }

    def items(self, asked: Asked) -> dict[str, Any]:
        """Answer items of a table as they are read by Scan: `after` a key, as JSON."""
        name = self._find(asked.name("name"))
        request: dict[str, Any] = {
            "TableName": name,
            "Limit": asked.count("limit", ITEMS_PER_PAGE, 1_000),
        }
        after = asked.query.get("after", "")
        if after:
            try:
                request["ExclusiveStartKey"] = json.loads(after)
            except ValueError as error:
                raise Refusal(f"?after= is no key as JSON: {error}.") from error
        page = self._session.read("dynamodb", "Scan", **request)
        items = shown(page["Items"])
        more = page.get("LastEvaluatedKey")
        return {"items": items, "after": json.dumps(more, default=readable) if more else None}

    def put(self, asked: Asked) -> Any:
        """Put an `item`, with DynamoDB's types: {"id": {"S": "1"}}."""
        request = {"TableName": self._find(asked.name("name")), "Item": asked.mapping("item")}
        self._session.done("dynamodb", "PutItem", request, asked.origin)
        return {"put": True}

    def delete(self, asked: Asked) -> Any:
        """Delete the item of a `key`, with DynamoDB's types."""
        request = {"TableName": self._find(asked.name("name")), "Key": asked.mapping("key")}
        self._session.done("dynamodb", "DeleteItem", request, asked.origin)
        return {"deleted": True}

    def _find(self, name: str) -> str:
        names = self.names()
        if name not in names:
            raise Refusal(f"There is no table {name[:80]}.{nearest(name, names)}", 404)
        return name
