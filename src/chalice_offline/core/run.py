"""One run of a function, and how it ended."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FunctionRun:
    """A handler to be run once.

    `payload` is the event as JSON bytes. `entry` is the journal entry of this run: the AWS calls
    the handler makes name it as their cause. `deadline_ms` is when AWS would stop it.
    """

    request_id: str
    function_name: str
    function_arn: str
    payload: bytes
    started_ms: int
    deadline_ms: int
    memory_mb: int
    client_context: str = ""
    entry: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended.

    `payload` is what Lambda answers: the handler's result or its error, as JSON bytes.
    `failed` is what AWS calls an unhandled function error. `exception` is the handler's own
    exception, for the test that settles; None when the handler returned.
    """

    payload: bytes
    failed: bool = False
    exception: BaseException | None = None


def timed_out(run: FunctionRun) -> Outcome:
    """Return what Lambda answers when a function passes its timeout (recorded on AWS, 2024)."""
    seconds = (run.deadline_ms - run.started_ms) / 1000
    message = f"RequestId: {run.request_id} Error: Task timed out after {seconds:.2f} seconds"
    payload = json.dumps({"errorType": "Sandbox.Timedout", "errorMessage": message})
    exception = TimeoutError(f"{run.function_name}: task timed out after {seconds:.2f} seconds")
    return Outcome(payload.encode(), failed=True, exception=exception)
