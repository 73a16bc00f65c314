"""startExecution.sync: the task ends when the execution that it has started does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.stepfunctions.language.failures import TASK_FAILED, StateFailure
from chalice_offline.services.stepfunctions.language.json_text import compact, parse
from chalice_offline.services.stepfunctions.tasks import api_requests

if TYPE_CHECKING:
    from chalice_offline.services.stepfunctions.tasks.attempt import Attempt

# What the result shows of DescribeExecution (recorded).
_SHOWN = frozenset(
    {"Cause", "Error", "ExecutionArn", "Input", "InputDetails", "Name", "Output", "OutputDetails",
     "StartDate", "StateMachineArn", "Status", "StopDate"}
)  # fmt: skip


def wait_for_execution(attempt: Attempt, arn: str, *, parsed: bool) -> None:
    """End the task with the execution; it is stopped when the task ends before."""
    kernel, frame = attempt.run.kernel, attempt.run.frame
    has_ended = False

    def looks() -> None:
        nonlocal has_ended
        found: Any = frame.deliver(
            "stepfunctions", "DescribeExecution", {"executionArn": arn}, (attempt.cause,)
        )
        if found["status"] == "RUNNING":
            return
        has_ended = True
        described = _described(found, parsed=parsed and found["status"] == "SUCCEEDED")
        if found["status"] == "SUCCEEDED":
            attempt.succeeded(described)
        else:
            attempt.fail(StateFailure(TASK_FAILED, compact(described)))

    def ends() -> None:
        kernel.unwatch(arn, looks)
        if not has_ended:
            try:
                frame.deliver(
                    "stepfunctions", "StopExecution", {"executionArn": arn}, (attempt.cause,)
                )
            except AwsError as error:
                kernel.note("stepfunctions", {"execution": arn}, (attempt.cause,), str(error))

    attempt.waits("execution", arn)
    kernel.watch(arn, looks)
    attempt.cleans(ends)
    looks()


def _described(found: dict[str, Any], *, parsed: bool) -> dict[str, Any]:
    result = api_requests.result_of("stepfunctions", "DescribeExecution", found, spell_dates=False)
    shown = {name: value for name, value in result.items() if name in _SHOWN}
    if found["status"] != "SUCCEEDED":
        shown.pop("OutputDetails", None)
    for name in ("Input", "Output") if parsed else ():
        if name in shown:
            shown[name] = parse(shown[name])
    return shown
