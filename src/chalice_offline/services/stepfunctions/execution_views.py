"""What can be seen of executions: described, listed, event by event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.stepfunctions import limits
from chalice_offline.services.stepfunctions.errors import (
    invalid_token,
    type_not_supported,
    validation_error,
)
from chalice_offline.services.stepfunctions.execution_summary import ends, summary
from chalice_offline.services.stepfunctions.listing import listed
from chalice_offline.services.stepfunctions.revisions import describe_revision

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.stepfunctions.execution.execution import Execution
    from chalice_offline.services.stepfunctions.state import StepFunctionsState


def describe_execution(sfn: StepFunctionsState, _context: CallContext, request: Request) -> Result:
    """Describe an execution."""
    execution = sfn.find_execution(request["executionArn"])
    shown = {**summary(execution), "redriveCount": execution.redrive_count, **ends(execution)}
    status, reason = execution.redrive_status()
    shown["redriveStatus"] = status
    if reason:
        shown["redriveStatusReason"] = reason
    if request.get("includedData") != "METADATA_ONLY":
        shown.update(input=execution.input_text, inputDetails={"included": True})
        if execution.output_text is not None:
            shown.update(output=execution.output_text, outputDetails={"included": True})
    return shown


def describe_state_machine_for_execution(
    sfn: StepFunctionsState, _context: CallContext, request: Request
) -> Result:
    """Describe what an execution runs."""
    execution = sfn.find_execution(request["executionArn"])
    revision = execution.revision
    return {
        "stateMachineArn": revision.machine_arn,
        "name": revision.machine_name,
        "updateDate": revision.updated_ms / 1000,
        **describe_revision(revision),
    }


def get_execution_history(
    sfn: StepFunctionsState, _context: CallContext, request: Request
) -> Result:
    """Return events, oldest first or newest first."""
    execution = sfn.find_execution(request["executionArn"])
    events = execution.history.events
    if request.get("reverseOrder"):
        events = events[::-1]
    size = request.get("maxResults") or limits.LISTED_DEFAULT
    start = _offset(request.get("nextToken"))
    shown = events[start : start + size]
    result: Result = {"events": shown}
    if start + size < len(events):
        result["nextToken"] = f"event-{start + size}"
    return result


def list_executions(sfn: StepFunctionsState, _context: CallContext, request: Request) -> Result:
    """List executions of a machine, version, alias or map run, newest first."""
    arn = request.get("stateMachineArn")
    if arn is None:
        found = _of_map_run(sfn, request)
    elif request.get("redriveFilter"):
        raise validation_error("redriveFilter is supported only with mapRunArn")
    else:
        found = _of_machine(sfn, arn)
    wanted = request.get("statusFilter")
    chosen = [one for one in found if not wanted or one.status == wanted]
    newest_first = lambda one: f"{10**12 - one.sequence:013}"  # noqa: E731
    return listed("executions", chosen, newest_first, _listed, request)


def _of_machine(sfn: StepFunctionsState, arn: str) -> list[Execution]:
    machine = sfn.find_machine_of(arn)
    if machine.revision.is_express:
        raise type_not_supported()
    found = sfn.executions_of.get(machine.arn, {}).values()
    return [one for one in found if arn == machine.arn or one.called_as == arn]


def _of_map_run(sfn: StepFunctionsState, request: Request) -> list[Execution]:
    map_run = sfn.find_map_run(request.get("mapRunArn", ""))
    wanted = request.get("redriveFilter")
    return [
        one
        for one in sfn.children.of_run(map_run.arn).values()
        if not wanted or (wanted == "REDRIVEN") == bool(one.redrive_count)
    ]


def _listed(execution: Execution) -> Result:
    shown = summary(execution)
    if execution.stopped_ms is not None:
        shown["stopDate"] = execution.stopped_ms / 1000
    if execution.redrive_count:
        shown["redriveCount"] = execution.redrive_count
    if execution.map_run_arn:
        shown["itemCount"] = execution.item_count
    return shown


def _offset(token: str | None) -> int:
    if not token:
        return 0
    start, _, number = token.partition("-")
    if start != "event" or not number.isdigit():
        raise invalid_token()
    return int(number)
