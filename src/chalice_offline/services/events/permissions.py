"""PutPermission and RemovePermission: who else may put events on a bus."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.common import policies
from chalice_offline.services.events.errors import not_found, validation_error
from chalice_offline.services.events.limits import POLICY_BYTES
from chalice_offline.services.events.resources import DEFAULT_BUS

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.events.resources import EventBus
    from chalice_offline.services.events.state import EventsState


def put_permission(events: EventsState, context: CallContext, request: Request) -> Result:
    """Add or replace one statement, or with Policy the whole policy."""
    bus = events.find_bus(context, request.get("EventBusName", DEFAULT_BUS))
    if "Policy" in request:
        statements = _parse_policy(request["Policy"])
    else:
        statement = _statement(bus, request)
        statements = [*policies.without(bus.statements, statement["Sid"]), statement]
    if len(json.dumps(statements).encode()) > POLICY_BYTES:
        raise AwsError(
            "PolicyLengthExceededException", "The policy is over the limit of 10240 bytes."
        )
    bus.statements = statements
    bus.modified_ms = context.now_ms
    return {}


def remove_permission(events: EventsState, context: CallContext, request: Request) -> Result:
    """Remove one statement, or all of them."""
    bus = events.find_bus(context, request.get("EventBusName", DEFAULT_BUS))
    if request.get("RemoveAllPermissions"):
        if not bus.statements:
            raise not_found("EventBus does not have a policy.")
        bus.statements = []
    else:
        kept = policies.without(bus.statements, request.get("StatementId"))
        if len(kept) == len(bus.statements):
            raise not_found("Statement with the provided id does not exist.")
        bus.statements = kept
    bus.modified_ms = context.now_ms
    return {}


def _statement(bus: EventBus, request: Request) -> dict[str, Any]:
    for member in ("Principal", "Action", "StatementId"):
        if member not in request:
            raise validation_error(f"Parameter {member} must be specified.")
    if request["Action"] != "events:PutEvents":
        raise validation_error("Provided value in parameter 'action' is not supported.")
    principal = request["Principal"]
    condition = request.get("Condition")
    if condition is not None and principal != "*":
        raise AwsError(
            "InvalidParameterValue",
            "Value of the parameter 'principal' must be '*' when the parameter 'condition' is set.",
        )
    statement = policies.allow(
        request["StatementId"],
        region=bus.region,
        account_ids=[principal],
        actions=[request["Action"]],
        resource=bus.arn,
    )
    if principal == "*":
        statement["Principal"] = principal
    if condition is not None:
        statement["Condition"] = {condition["Type"]: {condition["Key"]: condition["Value"]}}
    return statement


def _parse_policy(text: str) -> list[dict[str, Any]]:
    try:
        policy = json.loads(text)
    except ValueError as error:
        raise _invalid_policy() from error
    statements = policy.get("Statement") if isinstance(policy, dict) else None
    statements = [statements] if isinstance(statements, dict) else statements
    if not isinstance(statements, list) or not all(
        isinstance(statement, dict) for statement in statements
    ):
        raise _invalid_policy()
    return statements


def _invalid_policy() -> AwsError:
    return validation_error("This policy contains invalid Json")
