"""Runs: one invocation of a function, from its start to its outcome or its timeout."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chalice_offline.core.run import FunctionRun, Outcome, RunLog, timed_out
from chalice_offline.services.lambda_ import limits
from chalice_offline.services.lambda_.errors import throttled

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.kernel import Kernel
    from chalice_offline.services.lambda_.function import Function


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended, for whoever asked for it."""

    request_id: str
    entry: int
    outcome: Outcome
    log: list[str] = field(default_factory=list)


def start_run(
    kernel: Kernel,
    function: Function,
    payload: bytes,
    causes: tuple[int, ...],
    done: Callable[[RunResult], None],
    *,
    request_id: str = "",
    client_context: str = "",
    retry: bool = False,
) -> None:
    """Run a function once and call `done` with the result.

    `retry` says that the function has had this event before; it only counts in the metrics.
    Raises TooManyRequestsException when its reserved concurrency is used up. A handler that
    passes the function's timeout counts as ended then; what it does afterwards changes nothing.
    """
    if function.at_capacity:
        raise throttled("ReservedFunctionConcurrentInvocationLimitExceeded")
    settings = function.settings
    started_ms = kernel.now_ms
    run = FunctionRun(
        request_id=request_id or kernel.ids.uuid(),
        function_name=settings.name,
        function_arn=function.arn,
        payload=payload,
        started_ms=started_ms,
        deadline_ms=started_ms + settings.timeout_seconds * 1000,
        memory_mb=settings.memory_mb,
        client_context=client_context,
        code=function.upload.code(settings) if function.upload else None,
        log=RunLog(function.log_group, function.log_stream),
    )
    function.running += 1
    ended = False

    def end(outcome: Outcome) -> None:
        nonlocal ended
        if ended:
            if kernel.now_ms > run.deadline_ms:
                late = {"request_id": run.request_id}
                kernel.note(settings.name, late, (entry,), "ended after its timeout: ignored")
            return
        ended = True
        kernel.cancel(timeout)
        function.running -= 1
        duration_ms = kernel.now_ms - started_ms
        function.metrics.ended(duration_ms, failed=outcome.failed, retry=retry)
        stopped = outcome.failed and outcome.payload == timed_out(run).payload
        lines = function.logs.ended(run, timed_out=stopped)
        done(RunResult(run.request_id, entry, _within_size(outcome), lines))
        kernel.signal(f"{function.arn}:idle")

    def stop() -> None:
        what = f"timed out after {settings.timeout_seconds} s"
        kernel.note(settings.name, {"request_id": run.request_id}, (entry,), what)
        end(timed_out(run))

    timeout = kernel.at(run.deadline_ms, stop, owed=False)
    entry = kernel.start_run(run, causes, end)


def _within_size(outcome: Outcome) -> Outcome:
    if len(outcome.payload) <= limits.RESPONSE_PAYLOAD_BYTES:
        return outcome
    message = (
        "Response payload size exceeded maximum allowed payload size "
        f"({limits.RESPONSE_PAYLOAD_BYTES} bytes)."
    )
    payload = {"errorType": "Function.ResponseSizeTooLarge", "errorMessage": message}
    return Outcome(json.dumps(payload).encode(), failed=True)
