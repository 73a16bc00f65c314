"""Which tables or streams a write request to DynamoDB or Kinesis names."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

# PartiQL: INSERT INTO "table", UPDATE "table", DELETE FROM "table"; quotes are optional.
_STATEMENT_TABLE = re.compile(
    r"^\s*(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+\"?(?P<table>[A-Za-z0-9_.-]+)", re.IGNORECASE
)


def written_streams(body: bytes) -> list[str]:
    """Return the names of the streams or tables a JSON request writes to, each once, in order."""
    try:
        request = json.loads(body)
    except ValueError:  # CBOR, which the Java SDK speaks to Kinesis
        return []
    return list(dict.fromkeys(_names(request))) if isinstance(request, dict) else []


def _names(request: dict[str, Any]) -> Iterator[str]:
    for key in ("TableName", "StreamName", "StreamARN"):
        if isinstance(request.get(key), str):
            yield _name(request[key])
    for table in request.get("RequestItems", {}):
        yield _name(table)
    for item in request.get("TransactItems", []):
        for action in item.values():
            yield _name(action.get("TableName", ""))
    statements = request.get("Statements") or request.get("TransactStatements") or [request]
    for statement in statements:
        match = _STATEMENT_TABLE.match(str(statement.get("Statement", "")))
        if match:
            yield match["table"]


def _name(name_or_arn: str) -> str:
    return name_or_arn.rsplit("/", 1)[-1]
