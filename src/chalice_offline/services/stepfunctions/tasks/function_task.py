"""A task whose resource is a function's ARN: invoked with the input, its result is the output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.core.pending import Pending
from chalice_offline.services.stepfunctions.execution.state_run import NOT_TRUNCATED
from chalice_offline.services.stepfunctions.language.json_text import NotJson, compact, parse
from chalice_offline.services.stepfunctions.tasks.api_errors import api_failure
from chalice_offline.services.stepfunctions.tasks.attempt import Attempt

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.kernel import Reply
    from chalice_offline.services.stepfunctions.execution.state_run import StateRun


def perform_function(run: StateRun, arn: str, credentials: dict[str, Any]) -> None:
    """Invoke a function and wait for it."""
    attempt = Attempt(run, "LambdaFunction")
    text = compact(run.input)
    details = {"resource": arn, "input": text, "inputDetails": NOT_TRUNCATED}
    attempt.scheduled({**details, **credentials})
    attempt.started()
    attempt.waits("call", f"function {arn.rpartition(':')[2]}")
    request = {"FunctionName": arn, "Payload": text.encode()}
    invoke(attempt, request, lambda answer: attempt.succeeded(payload_of(answer)))


def invoke(
    attempt: Attempt, request: dict[str, Any], done: Callable[[dict[str, Any]], None]
) -> None:
    """Invoke a function; a failure ends the task, `done` gets the answer of a success."""

    def answered(reply: Pending[Any]) -> None:
        if attempt.ended:
            return
        try:
            answer = reply.result()
        except AwsError as error:
            attempt.fail(api_failure("lambda", error, attempt.run.kernel.ids))
            return
        if answer.get("FunctionError"):
            attempt.failed(*_function_error(answer))
        else:
            done(answer)

    deliver(attempt, "lambda", "Invoke", request, answered)


def deliver(
    attempt: Attempt,
    service: str,
    operation: str,
    request: dict[str, Any],
    answered: Callable[[Pending[Any]], None],
) -> None:
    """Make a call; `answered` gets its reply, which may be an error."""
    reply: Reply
    try:
        reply = attempt.run.frame.deliver(
            service, operation, request, (attempt.cause,), attempt.account_id
        )
    except AwsError as error:
        failed: Pending[Any] = Pending()
        failed.fail(error)
        answered(failed)
        return
    if isinstance(reply, Pending):
        attempt.cleans(reply.abandon)
        reply.then(answered)
        return
    known: Pending[Any] = Pending()
    known.resolve(reply)
    answered(known)


def payload_of(answer: dict[str, Any]) -> Any:
    """Return what a function has returned, as JSON where it is."""
    payload = answer.get("Payload", b"")
    text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else str(payload)
    try:
        return parse(text)
    except NotJson:
        return text


def _function_error(answer: dict[str, Any]) -> tuple[str | None, str]:
    value = payload_of(answer)
    cause = value if isinstance(value, str) else compact(value)
    error = value.get("errorType") if isinstance(value, dict) else None
    return error or "Exception", cause
