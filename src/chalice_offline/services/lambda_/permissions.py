"""The resource policies of functions, their versions and aliases."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from chalice_offline.services.lambda_.errors import (
    invalid_parameter,
    resource_not_found,
    stale_revision,
    statement_exists,
    statement_not_found,
)
from chalice_offline.services.lambda_.function import LATEST
from chalice_offline.services.lambda_.references import reference_in
from chalice_offline.services.lambda_.resource_policy import ResourcePolicy

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.lambda_.function import Function
    from chalice_offline.services.lambda_.references import Reference
    from chalice_offline.services.lambda_.state import LambdaState

_ACCOUNT = re.compile(r"\d{12}")
# Members of AddPermission that become conditions, with their operators and keys.
_CONDITIONS = (
    ("SourceAccount", "StringEquals", "AWS:SourceAccount"),
    ("SourceArn", "ArnLike", "AWS:SourceArn"),
    ("EventSourceToken", "StringEquals", "lambda:EventSourceToken"),
    ("FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"),
    ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
)


def add_permission(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """Add a statement to the resource policy of a function, version or alias."""
    reference = reference_in(request, context)
    if reference.qualifier == LATEST:
        raise invalid_parameter("We currently do not support adding policies for $LATEST.")
    principal = _principal(request["Principal"])
    function = lambda_.function_or_none(reference)
    if function is None:
        raise reference.not_found()
    if function.version(reference.qualifier) is None:
        raise reference.not_set_for()
    policy = function.permissions.get(reference.kept_under)
    _check_revision(policy, function, reference, request)
    statement_id = request["StatementId"]
    if policy and statement_id in policy.statements:
        raise statement_exists(statement_id)
    statement: dict[str, Any] = {
        "Sid": statement_id,
        "Effect": "Allow",
        "Principal": principal,
        "Action": request["Action"],
        "Resource": reference.arn,
    }
    conditions: dict[str, dict[str, str]] = {}
    for member, operator, key in _CONDITIONS:
        if member in request:
            conditions.setdefault(operator, {})[key] = request[member]
    if "InvokedViaFunctionUrl" in request:
        via_url = str(request["InvokedViaFunctionUrl"]).lower()
        conditions["Bool"] = {"lambda:InvokedViaFunctionUrl": via_url}
    if conditions:
        statement["Condition"] = conditions
    if policy is None:
        policy = function.permissions.setdefault(reference.kept_under, ResourcePolicy(""))
    policy.statements[statement_id] = statement
    _changed(lambda_, function, policy, reference)
    return {"Statement": json.dumps(statement, separators=(",", ":"))}


def remove_permission(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """Remove a statement from a resource policy."""
    reference = reference_in(request, context)
    function = lambda_.function_or_none(reference)
    if function is None:
        raise resource_not_found(f"No policy found for: {reference.arn}")
    if function.version(reference.qualifier) is None:
        raise reference.not_set_for()
    policy = function.permissions.get(reference.kept_under)
    if policy is None:
        raise resource_not_found("No policy is associated with the given resource.")
    if request["StatementId"] not in policy.statements:
        raise statement_not_found(request["StatementId"])
    _check_revision(policy, function, reference, request)
    del policy.statements[request["StatementId"]]
    if not policy.statements:
        del function.permissions[reference.kept_under]
    _changed(lambda_, function, policy, reference)
    return {}


def get_policy(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """Return the resource policy of a function, version or alias."""
    reference = reference_in(request, context)
    function = lambda_.function_or_none(reference)
    policy = function.permissions.get(reference.kept_under) if function else None
    if policy is None:
        raise resource_not_found("The resource you requested does not exist.")
    return {"Policy": policy.document(), "RevisionId": policy.revision}


def _principal(principal: str) -> str | dict[str, str]:
    if principal == "*":
        return principal
    if _ACCOUNT.fullmatch(principal):
        return {"AWS": f"arn:aws:iam::{principal}:root"}
    if principal.startswith("arn:"):
        return {"AWS": principal}
    if not principal.endswith((".amazonaws.com", ".amazonaws.com.cn")):
        raise invalid_parameter(
            "The provided principal was invalid. Please check the principal and try again."
        )
    return {"Service": principal}


def _check_revision(
    policy: ResourcePolicy | None, function: Function, reference: Reference, request: Request
) -> None:
    """Refuse a change that is based on an older state of the policy, or of what it is of."""
    alias = function.aliases.get(reference.qualifier)
    present = {policy and policy.revision, function.latest.revision, alias and alias.revision}
    if request.get("RevisionId") not in {None, *present}:
        raise stale_revision("GetPolicy")


def _changed(
    lambda_: LambdaState, function: Function, policy: ResourcePolicy, reference: Reference
) -> None:
    """A policy that changed has another revision, and so has the alias it belongs to."""
    policy.revision = lambda_.kernel.ids.uuid()
    alias = function.aliases.get(reference.qualifier)
    if alias is not None:
        alias.revision = policy.revision
