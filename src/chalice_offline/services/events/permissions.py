"""PutPermission and RemovePermission: who else may put events on a bus."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import partition_of
from chalice_offline.core.errors import AwsError
from chalice_offline.services.events.errors import not_found, validation_error
from chalice_offline.services.events.limits import POLICY_BYTES
from chalice_offline.services.events.resources import DEFAULT_BUS

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.events.resources import EventBus
    from chalice_offline.services.events.service import Events

_PUT_EVENTS = frozenset({"events:PutEvents", "events:*", "*"})


def put_permission(service: Events, context: CallContext, request: Request) -> Result:
    """Add or replace one statement, or with Policy the whole policy."""
    bus = service.bus(context, request.get("EventBusName", DEFAULT_BUS))
    if "Policy" in request:
        statements = _parse_policy(request["Policy"])
    else:
        statement = _statement(bus, request)
        statements = [kept for kept in bus.statements if kept.get("Sid") != statement["Sid"]]
        statements.append(statement)
    if len(json.dumps(statements).encode()) > POLICY_BYTES:
        raise AwsError(
            "PolicyLengthExceededException", "The policy is over the limit of 10240 bytes."
        )
    bus.statements = statements
    bus.modified_ms = context.now_ms
    return {}


def remove_permission(service: Events, context: CallContext, request: Request) -> Result:
    """Remove one statement, or all of them."""
    bus = service.bus(context, request.get("EventBusName", DEFAULT_BUS))
    if request.get("RemoveAllPermissions"):
        if not bus.statements:
            raise not_found("EventBus does not have a policy.")
        bus.statements = []
    else:
        kept = [entry for entry in bus.statements if entry.get("Sid") != request.get("StatementId")]
        if len(kept) == len(bus.statements):
            raise not_found("Statement with the provided id does not exist.")
        bus.statements = kept
    bus.modified_ms = context.now_ms
    return {}


def allows_events_from(bus: EventBus, account_id: str) -> bool:
    """Whether the bus takes events from `account_id`. Conditions of statements count as met."""
    return account_id == bus.account_id or any(
        _allows(statement, account_id) for statement in bus.statements
    )


def _allows(statement: dict[str, Any], account_id: str) -> bool:
    principal = statement.get("Principal")
    accounts = principal.get("AWS") if isinstance(principal, dict) else principal
    named = {part for account in _as_list(accounts) for part in str(account).split(":")}
    return (
        statement.get("Effect") == "Allow"
        and not _PUT_EVENTS.isdisjoint(map(str, _as_list(statement.get("Action"))))
        and (account_id in named or "*" in named)
    )


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


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
    root = f"arn:{partition_of(bus.region)}:iam::{principal}:root"
    statement: dict[str, Any] = {
        "Sid": request["StatementId"],
        "Effect": "Allow",
        "Principal": principal if principal == "*" else {"AWS": root},
        "Action": request["Action"],
        "Resource": bus.arn,
    }
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
