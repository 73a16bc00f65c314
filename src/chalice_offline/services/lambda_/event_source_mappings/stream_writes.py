"""Writes to DynamoDB that wake stream mappings, and the tables they name."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from chalice_offline.services.lambda_.event_source_mappings.stream_source import write_topic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.http import HttpRequest, HttpResponse
    from chalice_offline.services.lambda_.state import LambdaState

# PartiQL: INSERT INTO "table", UPDATE "table", DELETE FROM "table"; quotes are optional.
_STATEMENT_TABLE = re.compile(
    r"^\s*(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+\"?(?P<table>[A-Za-z0-9_.-]+)", re.IGNORECASE
)


def written_streams(body: bytes) -> list[str]:
    """Return the names of the tables a JSON request writes to, each once, in order."""
    request = json.loads(body)
    return list(dict.fromkeys(_names(request))) if isinstance(request, dict) else []


def _names(request: dict[str, Any]) -> Iterator[str]:
    if isinstance(request.get("TableName"), str):
        yield _name(request["TableName"])
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


def observe(
    lambda_: LambdaState,
    context: CallContext,
    operation: str,
    request: HttpRequest,
    response: HttpResponse,
) -> None:
    """Hear of a delegated call to DynamoDB: a write wakes the stream mappings."""
    if response.status != 200 or operation not in _STREAM_WRITES:
        return
    if not any(mapping.service == "dynamodb" for mapping in lambda_.mappings.values()):
        return
    for name in written_streams(request.body):
        topic = write_topic("dynamodb", context.account_id, context.region, name)
        lambda_.kernel.set_origin(topic, context.entry)
        lambda_.kernel.signal(topic)


# The delegated operations after which a stream may hold something new.
_STREAM_WRITES = frozenset(
    {
        "PutItem",
        "UpdateItem",
        "DeleteItem",
        "BatchWriteItem",
        "TransactWriteItems",
        "ExecuteStatement",
        "BatchExecuteStatement",
        "ExecuteTransaction",
    }
)
