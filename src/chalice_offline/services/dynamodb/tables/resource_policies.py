"""PutResourcePolicy, GetResourcePolicy, DeleteResourcePolicy: kept, nothing follows from them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError
from chalice_offline.services.dynamodb import limits
from chalice_offline.services.dynamodb.errors import table_missing, validation
from chalice_offline.services.dynamodb.tables.names import key_of_arn

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.dynamodb.state import DynamoDbState
    from chalice_offline.services.dynamodb.tables.table import Table

_NO_POLICY = "NO_POLICY"


def put_resource_policy(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Result:
    """Keep a policy of a table or one of its streams."""
    table = _table(dynamodb, request["ResourceArn"])
    text = request["Policy"]
    if len(text.encode()) > limits.POLICY_BYTES:
        raise validation(f"Policy size exceeds the limit of {limits.POLICY_BYTES} bytes")
    try:
        document = json.loads(text)
    except ValueError as error:
        raise validation("Invalid policy document: it is no JSON") from error
    if not isinstance(document, dict) or "Statement" not in document:
        raise validation("Invalid policy document: it has no Statement")
    _check_revision(table, request)
    before = _policies(table).get(request["ResourceArn"])
    if before is not None and json.loads(before["Policy"]) == document:
        return {"RevisionId": before["RevisionId"]}  # nothing is changed (recorded)
    revision = str(max(context.now_ms, int(before["RevisionId"]) + 1 if before else 0))
    _policies(table)[request["ResourceArn"]] = {"Policy": text, "RevisionId": revision}
    dynamodb.save_table(table)
    return {"RevisionId": revision}


def get_resource_policy(dynamodb: DynamoDbState, _context: CallContext, request: Request) -> Result:
    """Return the policy of a table or stream."""
    table = _table(dynamodb, request["ResourceArn"])
    found = _policies(table).get(request["ResourceArn"])
    if found is None:
        raise _missing(request["ResourceArn"])
    return dict(found)


def delete_resource_policy(
    dynamodb: DynamoDbState, _context: CallContext, request: Request
) -> Result:
    """Remove a policy; one that is not there is no error."""
    table = _table(dynamodb, request["ResourceArn"])
    _check_revision(table, request)
    found = _policies(table).pop(request["ResourceArn"], None)
    dynamodb.save_table(table)
    return {} if found is None else {"RevisionId": found["RevisionId"]}


def _table(dynamodb: DynamoDbState, arn: str) -> Table:
    name = key_of_arn(arn)
    found = dynamodb.find_table_or_none(name)
    if found is None:
        raise table_missing(name.name)
    return found


def _policies(table: Table) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = table.settings.setdefault("ResourcePolicies", {})
    return found


def _check_revision(table: Table, request: Request) -> None:
    expected = request.get("ExpectedRevisionId")
    if expected is None:
        return
    found = _policies(table).get(request["ResourceArn"])
    present = _NO_POLICY if found is None else found["RevisionId"]
    if expected == present:
        return
    if found is None:
        raise _missing(request["ResourceArn"])
    if expected == _NO_POLICY:
        raise _missing(
            "Requested policy update expecting none to be present for table "
            f"{table.name}, but a policy exists with revision id {present}."
        )
    raise _missing(
        f"Requested update for policy with revision id {expected}, but the policy associated to "
        f"target table {table.name} has revision id {present}."
    )


def _missing(what: str) -> AwsError:
    return AwsError(
        "PolicyNotFoundException",
        f"Resource-based policy not found for the provided ResourceArn: {what}",
    )
