"""Aliases: names that point to one version of a state machine, or to two with weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.stepfunctions.errors import (
    conflict,
    resource_not_found,
    validation_error,
)
from chalice_offline.services.stepfunctions.listing import listed
from chalice_offline.services.stepfunctions.state import check_arn
from chalice_offline.services.stepfunctions.state_machine import Alias

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.stepfunctions.state import StepFunctionsState
    from chalice_offline.services.stepfunctions.state_machine import StateMachine

_ALL = 100


def create_state_machine_alias(
    sfn: StepFunctionsState, context: CallContext, request: Request
) -> Result:
    """Make an alias; the very same request again is fine."""
    routes = request["routingConfiguration"]
    machine = _check_routes(sfn, routes)
    name, description = request["name"], request.get("description", "")
    known = machine.aliases.get(name)
    if known is not None:
        if known.routes != routes or known.description != description:
            raise conflict(
                "Failed to create alias because an alias with the same name and a different "
                "routing configuration already exists."
            )
        return {"stateMachineAliasArn": known.arn, "creationDate": known.created_ms / 1000}
    arn = f"{machine.arn}:{name}"
    now_ms = context.now_ms
    machine.aliases[name] = Alias(arn, name, description, routes, now_ms, now_ms)
    return {"stateMachineAliasArn": arn, "creationDate": now_ms / 1000}


def update_state_machine_alias(
    sfn: StepFunctionsState, context: CallContext, request: Request
) -> Result:
    """Let an alias point elsewhere, or describe it otherwise."""
    _, alias = sfn.find_alias(request["stateMachineAliasArn"])
    if request.get("routingConfiguration"):
        _check_routes(sfn, request["routingConfiguration"])
        alias.routes = request["routingConfiguration"]
    if "description" in request:
        alias.description = request["description"]
    alias.updated_ms = context.now_ms
    return {"updateDate": context.now_ms / 1000}


def describe_state_machine_alias(
    sfn: StepFunctionsState, _context: CallContext, request: Request
) -> Result:
    """Describe an alias."""
    _, alias = sfn.find_alias(request["stateMachineAliasArn"])
    shown: Result = {
        "stateMachineAliasArn": alias.arn,
        "name": alias.name,
        "routingConfiguration": alias.routes,
        "creationDate": alias.created_ms / 1000,
        "updateDate": alias.updated_ms / 1000,
    }
    if alias.description:
        shown["description"] = alias.description
    return shown


def delete_state_machine_alias(
    sfn: StepFunctionsState, _context: CallContext, request: Request
) -> Result:
    """Forget an alias; one that is not there is fine."""
    arn = request["stateMachineAliasArn"]
    check_arn(arn)
    machine_arn, _, name = arn.rpartition(":")
    machine = sfn.machines.get(machine_arn)
    if machine is not None:
        machine.aliases.pop(name, None)
    return {}


def list_state_machine_aliases(
    sfn: StepFunctionsState, _context: CallContext, request: Request
) -> Result:
    """List the aliases of a state machine, or those that point to a version."""
    arn = request["stateMachineArn"]
    machine = sfn.find_machine_of(arn)
    aliases = [
        alias
        for alias in machine.aliases.values()
        if arn == machine.arn
        or any(route["stateMachineVersionArn"] == arn for route in alias.routes)
    ]
    return listed("stateMachineAliases", aliases, lambda one: one.name, _listed, request)


def _listed(alias: Alias) -> Result:
    return {"stateMachineAliasArn": alias.arn, "creationDate": alias.created_ms / 1000}


def _check_routes(sfn: StepFunctionsState, routes: list[dict[str, Any]]) -> StateMachine:
    arns = [route["stateMachineVersionArn"] for route in routes]
    shown = f"Received: [{', '.join(arns)}]"
    if any(not arn.rpartition(":")[2].isdigit() for arn in arns):
        raise validation_error(
            f"Routing configuration must contain state machine version ARNs. {shown}"
        )
    if len(set(arns)) != len(arns):
        raise validation_error(
            f"Routing configuration must contain distinct state machine version ARNs. {shown}"
        )
    weights = [route["weight"] for route in routes]
    if sum(weights) != _ALL:
        raise validation_error(
            "Sum of routing configuration weights must equal 100. "
            f"Received: [{', '.join(map(str, weights))}]"
        )
    versions = [sfn.find_version_or_none(arn) for arn in arns]
    if any(version is None for version in versions):
        raise resource_not_found()
    return sfn.machines[arns[0].rpartition(":")[0]]
