"""Who may use a version of a layer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import make_arn
from chalice_offline.services.lambda_.errors import (
    resource_not_found,
    stale_revision,
    statement_exists,
    statement_not_found,
)
from chalice_offline.services.lambda_.resource_policy import ResourcePolicy

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.lambda_.layers.layer import LayerVersion
    from chalice_offline.services.lambda_.state import LambdaState


def add_layer_version_permission(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """Add a statement to a version's policy."""
    version = _version(lambda_, context, request)
    statement_id, policy = request["StatementId"], version.policy
    if policy and statement_id in policy.statements:
        raise statement_exists(statement_id)
    _check_revision(policy, request)
    principal = request["Principal"]
    statement: dict[str, Any] = {
        "Sid": statement_id,
        "Effect": "Allow",
        "Principal": "*" if principal == "*" else {"AWS": f"arn:aws:iam::{principal}:root"},
        "Action": request["Action"],
        "Resource": version.arn,
    }
    if request.get("OrganizationId"):
        condition = {"aws:PrincipalOrgID": request["OrganizationId"]}
        statement["Condition"] = {"StringEquals": condition}
    if policy is None:
        policy = version.policy = ResourcePolicy("")
    policy.statements[statement_id] = statement
    policy.revision = lambda_.kernel.ids.uuid()
    text = json.dumps(statement, separators=(",", ":"))
    return {"Statement": text, "RevisionId": policy.revision}


def get_layer_version_policy(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """Return a version's policy."""
    policy = _version(lambda_, context, request).policy
    if policy is None:
        raise resource_not_found("No policy is associated with the given resource.")
    return {"Policy": policy.document(), "RevisionId": policy.revision}


def remove_layer_version_permission(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """Remove a statement from a version's policy."""
    version = _version(lambda_, context, request)
    policy, statement_id = version.policy, request["StatementId"]
    if policy is None or statement_id not in policy.statements:
        raise statement_not_found(statement_id)
    _check_revision(policy, request)
    del policy.statements[statement_id]
    policy.revision = lambda_.kernel.ids.uuid()
    if not policy.statements:
        version.policy = None
    return {}


def _check_revision(policy: ResourcePolicy | None, request: Request) -> None:
    present = policy.revision if policy else None
    if request.get("RevisionId", present) != present:
        raise stale_revision("GetLayerPolicy")


def _version(lambda_: LambdaState, context: CallContext, request: Request) -> LayerVersion:
    name, number = request["LayerName"].rpartition(":layer:")[2], request["VersionNumber"]
    version = lambda_.layer_version_or_none(context.account_id, context.region, name, number)
    if version is None:
        arn = make_arn("lambda", context.region, context.account_id, f"layer:{name}:{number}")
        raise resource_not_found(f"Layer version {arn} does not exist.")
    return version
