"""Asynchronous invocation: retries, event age, destinations and dead letters.

Source: AWS Lambda developer guide, "Invoking a Lambda function asynchronously" and "How Lambda
handles errors and retries with asynchronous invocation".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.common.timestamps import iso_milliseconds
from chalice_offline.services.lambda_ import limits
from chalice_offline.services.lambda_.destinations import (
    deliver_dead_letter,
    deliver_record,
)
from chalice_offline.services.lambda_.errors import RECURSIVE_INVOCATION
from chalice_offline.services.lambda_.function import LATEST
from chalice_offline.services.lambda_.invoke_config import InvokeConfig
from chalice_offline.services.lambda_.next_try import NextTry
from chalice_offline.services.lambda_.runs import start_run

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Kernel
    from chalice_offline.services.lambda_.function import Function
    from chalice_offline.services.lambda_.runs import RunResult


# Errors that no other try would mend, and the condition that is written down. AWS does not say
# what it writes.
_NOT_TRIED_AGAIN = {
    RECURSIVE_INVOCATION: "RecursiveInvocation",
    "ResourceNotFoundException": "FunctionNotFound",  # its alias or version was deleted
}


@dataclass(slots=True)
class _Event:
    """An accepted event. The request id stays the same across its tries."""

    function: Function
    qualifier: str
    payload: bytes
    request_id: str
    born_awake_ms: int
    causes: tuple[int, ...]
    trace_header: str
    tries: int = 0
    throttles: int = 0
    last: RunResult | None = None


def accept(
    kernel: Kernel, function: Function, qualifier: str, payload: bytes, context: CallContext
) -> None:
    """Take an event in; it runs right after the present input."""
    event = _Event(
        function,
        qualifier,
        payload,
        request_id=context.request_id,
        born_awake_ms=kernel.awake_ms,
        causes=(context.entry,),
        trace_header=context.trace_header,
    )
    kernel.at(context.now_ms, lambda: _try(kernel, event))


def _try(kernel: Kernel, event: _Event) -> None:
    function = event.function
    function.next_tries.pop(event.request_id, None)
    if function.reserved_concurrency == 0:
        # AWS sends the event straight on: with no concurrency there is nothing to retry for.
        _give_up(kernel, event, "ZeroReservedConcurrency")
        return
    try:
        start_run(
            kernel,
            function,
            event.payload,
            event.causes,
            lambda result: _ended(kernel, event, result),
            request_id=event.request_id,
            qualifier=event.qualifier,
            trace_header=event.trace_header,
            retry=event.tries > 0,
        )
    except AwsError as error:
        if error.code in _NOT_TRIED_AGAIN:
            _give_up(kernel, event, _NOT_TRIED_AGAIN[error.code])
            return
        # Throttled: goes back into the queue.
        delay_ms = limits.THROTTLE_DELAY_MS_FIRST * 2**event.throttles
        event.throttles += 1
        _try_again(kernel, event, min(delay_ms, limits.THROTTLE_DELAY_MS_MAX))


def _try_again(kernel: Kernel, event: _Event, delay_ms: int) -> None:
    """Wait for another try, unless the event would be too old by then (recorded on AWS)."""
    age_ms = kernel.awake_ms - event.born_awake_ms + delay_ms
    if age_ms >= _config(event).maximum_age_seconds * 1000:
        _give_up(kernel, event, "EventAgeExceeded")
        return
    due_ms = kernel.now_ms + delay_ms
    event.function.next_tries[event.request_id] = NextTry(due_ms, event.tries + 1)
    kernel.at(due_ms, lambda: _try(kernel, event))


def _ended(kernel: Kernel, event: _Event, result: RunResult) -> None:
    if event.function.was_reset:
        return
    event.tries += 1
    event.last = result
    # What comes next follows from this try; the story of a retry is then a chain, not a fan.
    event.causes = (result.entry,)
    if not result.outcome.failed:
        arn = _config(event).destinations.get("OnSuccess")
        if arn:
            record = _record(kernel, event, "Success", result)
            deliver_record(kernel, event.function, arn, record, (result.entry,))
        return
    if event.tries > _config(event).maximum_retries:
        _give_up(kernel, event, "RetriesExhausted")
        return
    _try_again(kernel, event, limits.RETRY_DELAYS_MS[event.tries - 1])


def _give_up(kernel: Kernel, event: _Event, condition: str) -> None:
    function, result, causes = event.function, event.last, event.causes
    on_failure = _config(event).destinations.get("OnFailure")
    version = function.version(event.qualifier)
    letters = version.dead_letter_arn if version else ""
    note = {"request_id": event.request_id, "condition": condition}
    places = [arn for arn in (on_failure, letters) if arn]
    outcome = f"sent to {', '.join(places)}" if places else "discarded"
    entry = kernel.note(function.name, note, causes, outcome)
    if on_failure:
        record = _record(kernel, event, condition, result)
        deliver_record(kernel, function, on_failure, record, (entry,))
    if letters:
        error = result.outcome.content() if result else {}
        message = str(error.get("errorMessage", condition))
        deliver_dead_letter(kernel, letters, event.request_id, event.payload, message, (entry,))


def _record(
    kernel: Kernel, event: _Event, condition: str, result: RunResult | None
) -> dict[str, Any]:
    record: dict[str, Any] = {
        "version": "1.0",
        "timestamp": iso_milliseconds(kernel.now_ms),
        "requestContext": {
            "requestId": event.request_id,
            "functionArn": f"{event.function.arn}:{event.qualifier or LATEST}",
            "condition": condition,
            "approximateInvokeCount": event.tries,
        },
        "requestPayload": json.loads(event.payload),
    }
    if result is not None:
        response: dict[str, Any] = {"statusCode": 200, "executedVersion": result.version}
        if result.outcome.failed:
            response["functionError"] = "Unhandled"
        record["responseContext"] = response
        record["responsePayload"] = result.outcome.content()
    return record


def _config(event: _Event) -> InvokeConfig:
    return event.function.invoke_configs.get(event.qualifier or LATEST) or InvokeConfig()
