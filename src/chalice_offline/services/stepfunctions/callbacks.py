"""Task tokens come back: a task has succeeded or failed, or its worker is alive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.stepfunctions.errors import invalid_output
from chalice_offline.services.stepfunctions.language.json_text import NotJson, parse

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.stepfunctions.state import StepFunctionsState


def send_task_success(sfn: StepFunctionsState, _context: CallContext, request: Request) -> Result:
    """End a task with an output."""
    task = sfn.surroundings.tokens.find(request["taskToken"])
    try:
        output = parse(request["output"])
    except NotJson as error:
        raise invalid_output(error.message) from error
    task.succeeded(output)
    return {}


def send_task_failure(sfn: StepFunctionsState, _context: CallContext, request: Request) -> Result:
    """End a task with a failure."""
    task = sfn.surroundings.tokens.find(request["taskToken"])
    task.failed(request.get("error"), request.get("cause"))
    return {}


def send_task_heartbeat(sfn: StepFunctionsState, _context: CallContext, request: Request) -> Result:
    """Let the heartbeat of a task begin anew."""
    sfn.surroundings.tokens.find(request["taskToken"]).beats()
    return {}
