"""A function's resource policy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.lambda_.errors import resource_not_found
from chalice_offline.services.lambda_.function import revision_of

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.lambda_.state import LambdaState


def add_permission(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """Add a statement to the function's resource policy."""
    function = lambda_.find_function(request["FunctionName"], context)
    statement_id = request["StatementId"]
    if statement_id in function.permissions:
        raise AwsError(
            "ResourceConflictException",
            f"The statement id ({statement_id}) provided already exists. Please provide a new "
            "statement id, or remove the existing statement.",
            fields={"Type": "User"},
        )
    principal = request["Principal"]
    statement: dict[str, Any] = {
        "Sid": statement_id,
        "Effect": "Allow",
        "Principal": {"Service": principal} if "." in principal else {"AWS": principal},
        "Action": request["Action"],
        "Resource": function.arn,
    }
    conditions: dict[str, Any] = {}
    if "SourceAccount" in request:
        conditions["StringEquals"] = {"AWS:SourceAccount": request["SourceAccount"]}
    if "SourceArn" in request:
        conditions["ArnLike"] = {"AWS:SourceArn": request["SourceArn"]}
    if conditions:
        statement["Condition"] = conditions
    function.permissions[statement_id] = statement
    return {"Statement": json.dumps(statement, separators=(",", ":"))}


def remove_permission(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """Remove a statement from the function's resource policy."""
    function = lambda_.find_function(request["FunctionName"], context)
    if function.permissions.pop(request["StatementId"], None) is None:
        raise resource_not_found(
            f"Statement {request['StatementId']} is not found in resource policy."
        )
    return {}


def get_policy(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """Return the function's resource policy."""
    function = lambda_.find_function(request["FunctionName"], context)
    if not function.permissions:
        raise resource_not_found("The resource you requested does not exist.")
    statements = list(function.permissions.values())
    policy = json.dumps({"Version": "2012-10-17", "Id": "default", "Statement": statements})
    return {"Policy": policy, "RevisionId": revision_of(policy)}
