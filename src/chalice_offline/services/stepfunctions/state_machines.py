"""State machines: create, update, delete, describe, list, validate."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chalice_offline.core.arn import make_arn
from chalice_offline.services.stepfunctions import limits
from chalice_offline.services.stepfunctions.errors import (
    missing_parameter,
    state_machine_exists,
    state_machine_not_found,
    validation_error,
)
from chalice_offline.services.stepfunctions.language.definition_checks import check_text
from chalice_offline.services.stepfunctions.listing import listed
from chalice_offline.services.stepfunctions.names import check_name
from chalice_offline.services.stepfunctions.publishing import publish
from chalice_offline.services.stepfunctions.revisions import (
    begin_logging,
    checked_definition,
    checked_logging,
    describe_revision,
)
from chalice_offline.services.stepfunctions.state import check_arn, is_home
from chalice_offline.services.stepfunctions.state_machine import Revision, StateMachine

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.stepfunctions.state import StepFunctionsState


def create_state_machine(sfn: StepFunctionsState, context: CallContext, request: Request) -> Result:
    """Make a state machine; the very same request again is fine."""
    name = request["name"]
    check_name(name)
    _check_publishing(request)
    is_express = request.get("type", "STANDARD") == "EXPRESS"
    text = request["definition"]
    definition = checked_definition(text, is_express=is_express)
    logging = checked_logging(sfn.kernel, context, request.get("loggingConfiguration"))
    arn = make_arn("states", context.region, context.account_id, f"stateMachine:{name}")
    revision = Revision(
        machine_arn=arn,
        machine_name=name,
        account_id=context.account_id,
        region=context.region,
        text=text,
        definition=definition,
        role_arn=request["roleArn"],
        is_express=is_express,
        logging=logging,
        tracing=request.get("tracingConfiguration") or {"enabled": False},
        updated_ms=context.now_ms,
    )
    tags = {tag["key"]: tag["value"] for tag in request.get("tags", ())}
    machine = sfn.machines.get(arn)
    if machine is not None:
        if replace(machine.revision, updated_ms=context.now_ms, revision_id="") != revision:
            raise state_machine_exists(arn)
    else:
        machine = StateMachine(arn, name, context.now_ms, revision, tags)
        sfn.machines[arn] = machine
        begin_logging(sfn.kernel, context, logging)
    result: Result = {"stateMachineArn": arn, "creationDate": machine.created_ms / 1000}
    if request.get("publish"):
        version = publish(machine, request.get("versionDescription", ""), context.now_ms)
        result["stateMachineVersionArn"] = version.arn
    return result


def update_state_machine(sfn: StepFunctionsState, context: CallContext, request: Request) -> Result:
    """Change a state machine; executions under way keep what they began with."""
    machine = sfn.find_machine(request["stateMachineArn"])
    _check_publishing(request)
    names = ("definition", "roleArn", "loggingConfiguration", "tracingConfiguration")
    if not any(request.get(name) for name in names):
        raise missing_parameter(
            "Either the definition, the role ARN, the LoggingConfiguration, or the "
            "TracingConfiguration must be specified"
        )
    old = machine.revision
    revision = replace(old, updated_ms=context.now_ms)
    if request.get("definition"):
        text = request["definition"]
        definition = checked_definition(text, is_express=old.is_express)
        revision = replace(revision, text=text, definition=definition)
    if request.get("roleArn"):
        revision = replace(revision, role_arn=request["roleArn"])
    if request.get("loggingConfiguration"):
        logging = checked_logging(sfn.kernel, context, request["loggingConfiguration"])
        revision = replace(revision, logging=logging)
    if request.get("tracingConfiguration"):
        revision = replace(revision, tracing=request["tracingConfiguration"])
    if replace(revision, updated_ms=old.updated_ms) != old:
        begin_logging(sfn.kernel, context, revision.logging)
        machine.revision = replace(revision, revision_id=sfn.kernel.ids.uuid())
    result: Result = {"updateDate": context.now_ms / 1000}
    if machine.revision.revision_id:
        result["revisionId"] = machine.revision.revision_id
    if request.get("publish"):
        version = publish(machine, request.get("versionDescription", ""), context.now_ms)
        result["stateMachineVersionArn"] = version.arn
    return result


def delete_state_machine(
    sfn: StepFunctionsState, _context: CallContext, request: Request
) -> Result:
    """Forget a state machine, its versions and aliases; its executions are stopped."""
    arn = request["stateMachineArn"]
    check_arn(arn)
    if sfn.machines.pop(arn, None) is not None:
        for execution in tuple(sfn.executions_of.pop(arn, {}).values()):
            if execution.is_running:
                execution.stop(None, None)
    return {}


def describe_state_machine(
    sfn: StepFunctionsState, _context: CallContext, request: Request
) -> Result:
    """Describe a state machine or a version of it."""
    arn = request["stateMachineArn"]
    check_arn(arn)
    version = sfn.find_version_or_none(arn)
    if version is not None:
        revision = version.revision
        shown: Result = {"stateMachineArn": arn, "creationDate": version.created_ms / 1000}
        if version.description:
            shown["description"] = version.description
    else:
        machine = sfn.machines.get(arn)
        if machine is None:
            raise state_machine_not_found(arn)
        revision = machine.revision
        shown = {"stateMachineArn": arn, "creationDate": machine.created_ms / 1000}
    return {
        **shown,
        "name": revision.machine_name,
        "status": "ACTIVE",
        "type": "EXPRESS" if revision.is_express else "STANDARD",
        **describe_revision(revision),
    }


def list_state_machines(sfn: StepFunctionsState, context: CallContext, request: Request) -> Result:
    """List state machines by name."""
    machines = [one for arn, one in sfn.machines.items() if is_home(context, arn)]
    return listed("stateMachines", machines, lambda one: one.name, _listed, request)


def _listed(machine: StateMachine) -> Result:
    return {
        "stateMachineArn": machine.arn,
        "name": machine.name,
        "type": "EXPRESS" if machine.revision.is_express else "STANDARD",
        "creationDate": machine.created_ms / 1000,
    }


def validate_state_machine_definition(
    _sfn: StepFunctionsState, _context: CallContext, request: Request
) -> Result:
    """Say what is wrong with a definition."""
    is_express = request.get("type", "STANDARD") == "EXPRESS"
    _, found = check_text(request["definition"], is_express=is_express)
    size = request.get("maxResults") or limits.LISTED_DEFAULT
    return {
        "result": "FAIL" if found else "OK",
        "diagnostics": [one.shown() for one in found[:size]],
        "truncated": len(found) > size,
    }


def _check_publishing(request: Request) -> None:
    if request.get("versionDescription") and not request.get("publish"):
        raise validation_error("Version description can only be set when publish is true")
