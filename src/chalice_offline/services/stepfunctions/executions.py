"""Executions: start, stop, redrive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import make_arn
from chalice_offline.core.pending import Pending
from chalice_offline.services.stepfunctions import limits
from chalice_offline.services.stepfunctions.errors import (
    execution_exists,
    execution_not_redrivable,
    invalid_input,
    type_not_supported,
)
from chalice_offline.services.stepfunctions.execution_summary import ends
from chalice_offline.services.stepfunctions.language.json_text import NotJson, parse
from chalice_offline.services.stepfunctions.names import check_name
from chalice_offline.services.stepfunctions.state import check_arn

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Reply, Request, Result
    from chalice_offline.services.stepfunctions.execution.execution import Execution
    from chalice_offline.services.stepfunctions.state import StepFunctionsState
    from chalice_offline.services.stepfunctions.state_machine import Revision


def start_execution(sfn: StepFunctionsState, context: CallContext, request: Request) -> Result:
    """Start an execution; the same name and input again is the same execution."""
    called_as = request["stateMachineArn"]
    check_arn(called_as)
    revision, version_arn = sfn.find_revision(called_as)
    text, data = _input(request)
    name = request.get("name") or sfn.kernel.ids.uuid()
    check_name(name)
    if revision.is_express:
        execution = _express(sfn, context, revision, name, text, data, called_as)
        return {"executionArn": execution.arn, "startDate": execution.started_ms / 1000}
    arn = make_arn(
        "states",
        revision.region,
        revision.account_id,
        f"execution:{revision.machine_name}:{name}",
    )
    known = sfn.executions.get(arn)
    if known is not None and not _is_forgotten(sfn, known):
        if known.is_running and known.input_text == text and known.called_as == called_as:
            return {"executionArn": arn, "startDate": known.started_ms / 1000}
        raise execution_exists(arn)
    execution = sfn.launch.execution(
        revision, arn, name, text, data, called_as=called_as, cause=context.entry
    )
    execution.version_arn = version_arn
    sfn.keep_execution(execution)
    execution.start()
    return {"executionArn": arn, "startDate": execution.started_ms / 1000}


def _is_forgotten(sfn: StepFunctionsState, execution: Execution) -> bool:
    """Whether an execution ended so long ago that another one may have its name."""
    ended_ms = execution.stopped_ms
    return ended_ms is not None and sfn.kernel.now_ms - ended_ms > limits.KEPT_MS


def start_sync_execution(sfn: StepFunctionsState, context: CallContext, request: Request) -> Reply:
    """Start an Express execution and answer when it has ended."""
    called_as = request["stateMachineArn"]
    check_arn(called_as)
    revision, _ = sfn.find_revision(called_as)
    if not revision.is_express:
        raise type_not_supported()
    text, data = _input(request)
    name = request.get("name") or sfn.kernel.ids.uuid()
    check_name(name)
    reply: Pending[Result] = Pending()

    def ended(execution: Execution) -> None:
        reply.resolve(_sync_result(execution))

    _express(sfn, context, revision, name, text, data, called_as, ended)
    return reply


def stop_execution(sfn: StepFunctionsState, _context: CallContext, request: Request) -> Result:
    """Stop an execution; one that has ended stays what it is."""
    execution = sfn.find_execution(request["executionArn"])
    if execution.is_running:
        execution.stop(request.get("error"), request.get("cause"))
    return {"stopDate": (execution.stopped_ms or 0) / 1000}


def redrive_execution(sfn: StepFunctionsState, context: CallContext, request: Request) -> Result:
    """Go on with an execution that did not succeed."""
    execution = sfn.find_execution(request["executionArn"])
    status, reason = execution.redrive_status()
    if execution.revision.machine_arn not in sfn.machines and not execution.map_run_arn:
        status, reason = "NOT_REDRIVABLE", "State machine is in DELETING status"
    if status != "REDRIVABLE":
        raise execution_not_redrivable(f"Execution is not redrivable: {reason}")
    execution.redrive(context.entry)
    return {"redriveDate": sfn.kernel.now_ms / 1000}


def _input(request: Request) -> tuple[str, Any]:
    text = request.get("input")
    if text is None:
        return "{}", {}
    if not text.strip():
        raise invalid_input("Invalid execution input.")
    if len(text.encode()) > limits.DATA_BYTES_MAX:
        raise invalid_input(f"The input exceeds the maximum of {limits.DATA_BYTES_MAX} bytes.")
    try:
        return text, parse(text)
    except NotJson as error:
        raise invalid_input(error.message) from error


def _express(
    sfn: StepFunctionsState,
    context: CallContext,
    revision: Revision,
    name: str,
    text: str,
    data: Any,
    called_as: str,
    ended: Callable[[Execution], None] | None = None,
) -> Execution:
    resource = f"express:{revision.machine_name}:{name}:{sfn.kernel.ids.uuid()}"
    arn = make_arn("states", revision.region, revision.account_id, resource)
    execution = sfn.launch.execution(
        revision, arn, name, text, data, called_as=called_as, cause=context.entry, ended=ended
    )
    execution.start()
    return execution


def _sync_result(execution: Execution) -> Result:
    duration = (execution.stopped_ms or 0) - execution.started_ms
    step = limits.BILLED_STEP_MS
    billed = max(1, -(-duration // step)) * step
    shown: Result = {
        "executionArn": execution.arn,
        "stateMachineArn": execution.revision.machine_arn,
        "name": execution.name,
        "startDate": execution.started_ms / 1000,
        "status": execution.status,
        "input": execution.input_text,
        "inputDetails": {"included": True},
        "outputDetails": {"included": True},
        "billingDetails": {
            "billedMemoryUsedInMB": limits.BILLED_MEMORY_MB,
            "billedDurationInMilliseconds": billed,
        },
        **ends(execution),
    }
    if execution.output_text is not None:
        shown["output"] = execution.output_text
    return shown
