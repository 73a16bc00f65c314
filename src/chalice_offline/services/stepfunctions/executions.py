"""Executions: start, stop, redrive and what can be seen of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import make_arn
from chalice_offline.core.pending import Pending
from chalice_offline.services.common.paging import page
from chalice_offline.services.stepfunctions import limits
from chalice_offline.services.stepfunctions.errors import (
    execution_exists,
    execution_not_redrivable,
    invalid_input,
    invalid_token,
    type_not_supported,
)
from chalice_offline.services.stepfunctions.execution.execution import SUCCEEDED, Execution
from chalice_offline.services.stepfunctions.language.json_text import NotJson, parse
from chalice_offline.services.stepfunctions.names import check_name
from chalice_offline.services.stepfunctions.revisions import describe_revision
from chalice_offline.services.stepfunctions.state import check_arn

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Reply, Request, Result
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
    if known is not None:
        if known.is_running and known.input_text == text and known.called_as == called_as:
            return {"executionArn": arn, "startDate": known.started_ms / 1000}
        raise execution_exists(arn)
    execution = _new(sfn, context, revision, arn, name, text, data, called_as)
    execution.version_arn = version_arn
    sfn.keep_execution(execution)
    execution.start()
    return {"executionArn": arn, "startDate": execution.started_ms / 1000}


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
    status, reason = _redrive_status(execution)
    if status != "REDRIVABLE":
        raise execution_not_redrivable(f"Execution is not redrivable: {reason}")
    execution.redrive(context.entry)
    return {"redriveDate": sfn.kernel.now_ms / 1000}


def describe_execution(sfn: StepFunctionsState, _context: CallContext, request: Request) -> Result:
    """Describe an execution."""
    execution = sfn.find_execution(request["executionArn"])
    shown: Result = {
        "executionArn": execution.arn,
        "stateMachineArn": execution.revision.machine_arn,
        "name": execution.name,
        "status": execution.status,
        "startDate": execution.started_ms / 1000,
        "redriveCount": execution.redrive_count,
        **_called_as(execution),
        **_ends(execution),
    }
    status, reason = _redrive_status(execution)
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
        sfn.find_map_run(request.get("mapRunArn", ""))
        return {"executions": []}
    machine = sfn.find_machine_of(arn)
    if machine.revision.is_express:
        raise type_not_supported()
    found = sfn.executions_of.get(machine.arn, {}).values()
    wanted = request.get("statusFilter")
    chosen = [
        one
        for one in found
        if (not wanted or one.status == wanted) and (arn == machine.arn or one.called_as == arn)
    ]
    order = {id(one): f"{position:012}" for position, one in enumerate(reversed(chosen))}
    shown, token = page(
        chosen,
        lambda one: order[id(one)],
        size=request.get("maxResults") or limits.LISTED_DEFAULT,
        token=request.get("nextToken"),
        invalid_token=invalid_token,
    )
    result: Result = {"executions": [_listed(one) for one in shown]}
    return {**result, "nextToken": token} if token else result


def _listed(execution: Execution) -> Result:
    shown: Result = {
        "executionArn": execution.arn,
        "stateMachineArn": execution.revision.machine_arn,
        "name": execution.name,
        "status": execution.status,
        "startDate": execution.started_ms / 1000,
        **_called_as(execution),
    }
    if execution.stopped_ms is not None:
        shown["stopDate"] = execution.stopped_ms / 1000
    if execution.redrive_count:
        shown["redriveCount"] = execution.redrive_count
    return shown


def _called_as(execution: Execution) -> dict[str, str]:
    shown = {}
    if execution.version_arn:
        shown["stateMachineVersionArn"] = execution.version_arn
    if execution.called_as not in (execution.revision.machine_arn, execution.version_arn):
        shown["stateMachineAliasArn"] = execution.called_as
    return shown


def _ends(execution: Execution) -> dict[str, Any]:
    ends = {
        "stopDate": execution.stopped_ms / 1000 if execution.stopped_ms is not None else None,
        "error": execution.error,
        "cause": execution.cause,
        "redriveDate": execution.redriven_ms / 1000 if execution.redriven_ms else None,
    }
    return {name: value for name, value in ends.items() if value is not None}


def _redrive_status(execution: Execution) -> tuple[str, str]:
    if execution.is_running:
        return "NOT_REDRIVABLE", "Execution is RUNNING and cannot be redriven"
    if execution.status == SUCCEEDED:
        return "NOT_REDRIVABLE", "Execution is SUCCEEDED and cannot be redriven"
    return "REDRIVABLE", ""


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


def _offset(token: str | None) -> int:
    if not token:
        return 0
    start, _, number = token.partition("-")
    if start != "event" or not number.isdigit():
        raise invalid_token()
    return int(number)


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
    execution = _new(sfn, context, revision, arn, name, text, data, called_as, ended)
    execution.start()
    return execution


def _new(
    sfn: StepFunctionsState,
    context: CallContext,
    revision: Revision,
    arn: str,
    name: str,
    text: str,
    data: Any,
    called_as: str,
    ended: Callable[[Execution], None] | None = None,
) -> Execution:
    logs = revision.logging.get("level", "OFF") != "OFF"
    logged: list[dict[str, Any]] = []

    def over(execution: Execution) -> None:
        if logs:
            sfn.logs.write(revision.logging, arn, logged)
            logged.clear()
        if ended is not None:
            ended(execution)

    return Execution(
        sfn.kernel,
        sfn.surroundings,
        arn=arn,
        name=name,
        revision=revision,
        input_text=text,
        data=data,
        called_as=called_as,
        cause=context.entry,
        written=logged.append if logs else None,
        ended=over,
    )


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
        **_ends(execution),
    }
    if execution.output_text is not None:
        shown["output"] = execution.output_text
    return shown
