"""Versions of state machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.stepfunctions.errors import conflict
from chalice_offline.services.stepfunctions.listing import listed
from chalice_offline.services.stepfunctions.publishing import publish
from chalice_offline.services.stepfunctions.state import check_arn

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.stepfunctions.state import StepFunctionsState
    from chalice_offline.services.stepfunctions.state_machine import Version


def publish_state_machine_version(
    sfn: StepFunctionsState, context: CallContext, request: Request
) -> Result:
    """Publish the present revision, if it is still the one that is meant."""
    machine = sfn.find_machine(request["stateMachineArn"])
    wanted = request.get("revisionId")
    current = machine.revision.revision_id
    if wanted and wanted != current and not (wanted == "INITIAL" and not current):
        raise conflict(
            f"Failed to publish the State Machine version for revision {wanted}. The current State "
            f"Machine revision is {current or 'INITIAL'}."
        )
    version = publish(machine, request.get("description", ""), context.now_ms)
    return {"stateMachineVersionArn": version.arn, "creationDate": version.created_ms / 1000}


def delete_state_machine_version(
    sfn: StepFunctionsState, _context: CallContext, request: Request
) -> Result:
    """Forget a version that no alias points to."""
    arn = request["stateMachineVersionArn"]
    check_arn(arn)
    version = sfn.find_version_or_none(arn)
    if version is None:
        return {}
    machine = sfn.machines[version.revision.machine_arn]
    using = [
        alias.name
        for alias in machine.aliases.values()
        if any(route["stateMachineVersionArn"] == arn for route in alias.routes)
    ]
    if using:
        raise conflict(
            "Version to be deleted must not be referenced by an alias. Current list of aliases "
            f"referencing this version: [{', '.join(using)}]"
        )
    del machine.versions[version.number]
    return {}


def list_state_machine_versions(
    sfn: StepFunctionsState, _context: CallContext, request: Request
) -> Result:
    """List versions, newest first."""
    machine = sfn.find_machine(request["stateMachineArn"])
    newest_first = lambda one: f"{10**9 - one.number:010}"  # noqa: E731
    found = machine.versions.values()
    return listed("stateMachineVersions", found, newest_first, _listed, request)


def _listed(version: Version) -> Result:
    return {"stateMachineVersionArn": version.arn, "creationDate": version.created_ms / 1000}
