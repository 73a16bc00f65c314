"""Runs: one invocation of a function, from its start to its outcome or its timeout."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalice_offline.core.run import FunctionRun, Outcome, RunLife, RunLog, timed_out
from chalice_offline.services.lambda_ import limits
from chalice_offline.services.lambda_.errors import recursive_invocation, throttled

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.kernel import Kernel
    from chalice_offline.core.scheduler import Timer
    from chalice_offline.core.unspelled import UnspelledJson
    from chalice_offline.services.lambda_.function import Function
    from chalice_offline.services.lambda_.logs import RunLines

_log = logging.getLogger(__name__)

# A message that was received for as long as its function may run is visible again a moment before
# the function's time is over, for that began a moment later.
_WARNING_MS = 500


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended, for whoever asked for it."""

    request_id: str
    entry: int
    outcome: Outcome
    version: str
    lines: RunLines


def start_run(
    kernel: Kernel,
    function: Function,
    payload: bytes | UnspelledJson,
    causes: tuple[int, ...],
    done: Callable[[RunResult], None],
    *,
    request_id: str = "",
    qualifier: str = "",
    client_context: str = "",
    trace_header: str = "",
    retry: bool = False,
    is_awaited: bool = False,
    takes_longer: Callable[[], None] | None = None,
) -> None:
    """Run a function once and call `done` with the result.

    `qualifier` is the version or alias that was asked for; what an alias stands for is decided
    now. `retry` says that the function has had this event before; it only counts in the metrics.
    `is_awaited` says that a caller waits for the answer. `trace_header` is its X-Ray header.
    `takes_longer` is called when the timeout is nearly over, or over, and timeouts wait.
    Raises ResourceNotFoundException when the version is not there, TooManyRequestsException when
    there is no concurrency left, and RecursiveInvocationException when the function runs in a
    loop. A handler that passes the function's timeout counts as ended then; what it does
    afterwards changes nothing.
    """
    version = function.version_to_run(qualifier, kernel.ids)
    settings = version.settings
    _refuse_loop(kernel, function, causes)
    is_provided = function.is_provided_for(version.number)
    refusal = function.concurrency.refusal(settings.name, 0 if is_provided else function.provided)
    if refusal:
        raise throttled(refusal)
    if kernel.throttles(settings.name):
        raise throttled("ReservedFunctionConcurrentInvocationLimitExceeded")
    run = FunctionRun(
        request_id=request_id or kernel.ids.uuid(),
        function_name=settings.name,
        function_arn=function.arn,
        sent=payload,
        memory_mb=settings.memory_mb,
        life=RunLife(settings.timeout_seconds * 1000),
        client_context=client_context,
        upstream_trace=trace_header,
        is_awaited=is_awaited,
        code=(version.upload.code(settings, provisioned=is_provided) if version.upload else None),
        log=RunLog(version.log_group, version.log_stream),
        version=version.number,
        qualifier=qualifier,
    )
    function.concurrency.begin(settings.name)
    under_way = _UnderWay(kernel, function, run, done, retry=retry, takes_longer=takes_longer)
    under_way.entry = kernel.start_run(run, causes, under_way.started, under_way.ended)


class _UnderWay:
    """A run from its start to its outcome or its timeout."""

    def __init__(
        self,
        kernel: Kernel,
        function: Function,
        run: FunctionRun,
        done: Callable[[RunResult], None],
        *,
        retry: bool,
        takes_longer: Callable[[], None] | None,
    ) -> None:
        self.entry = 0
        self._kernel = kernel
        self._function = function
        self._run = run
        self._done = done
        self._retry = retry
        self._takes_longer = takes_longer
        self._timeout: Timer | None = None

    def started(self) -> None:
        """The handler starts, and with it its timeout."""
        due_ms = self._kernel.now_ms + self._run.life.timeout_ms
        if self._takes_longer is None:
            self._timeout = self._kernel.at(due_ms, self._stop, owed=False)
        else:
            self._timeout = self._kernel.at(due_ms - _WARNING_MS, self._nearly_over, owed=False)

    def ended(self, outcome: Outcome) -> None:
        """The handler has ended, if it was not stopped before."""
        life = self._run.life
        if life.is_stopped:
            late = {"request_id": self._run.request_id}
            name = self._function.name
            self._kernel.note(name, late, (self.entry,), "ended after its timeout: ignored")
            return
        life.end(outcome.end)
        self._finish(outcome)

    def _nearly_over(self) -> None:
        """Let whoever gave the event know in time that it will be worked on for longer."""
        if self._takes_longer is not None and self._kernel.timeouts_wait():
            self._takes_longer()
        self._timeout = self._kernel.at(self._kernel.now_ms + _WARNING_MS, self._stop, owed=False)

    def _stop(self) -> None:
        life, name = self._run.life, self._function.name
        if not self._kernel.stop_run(self.entry, life):
            if self._takes_longer is not None:
                self._takes_longer()
            self.started()  # somebody looks at it with a debugger
            return
        what = f"timed out after {life.timeout_ms // 1000} s"
        self._kernel.note(name, {"request_id": self._run.request_id}, (self.entry,), what)
        self._finish(timed_out(self._run))

    def _finish(self, outcome: Outcome) -> None:
        kernel, function, run = self._kernel, self._function, self._run
        kernel.cancel(self._timeout)
        waiting = function.concurrency.end(function.name)
        duration_ms = kernel.now_ms - (run.life.started_ms or kernel.now_ms)
        function.metrics.ended(duration_ms, failed=outcome.failed, retry=self._retry)
        lines = function.logs.ended(run, duration_ms)
        self._done(RunResult(run.request_id, self.entry, outcome, run.version, lines))
        siblings = run.function_arn.removesuffix(function.name)
        for name in waiting:
            kernel.signal(f"{siblings}{name}:idle")


def _refuse_loop(kernel: Kernel, function: Function, causes: tuple[int, ...]) -> None:
    turns = kernel.turns(causes, function.arn)
    if turns < limits.TURNS_MAX or not function.stops_loops:
        return
    name = function.name
    kernel.note(name, {"turns": turns}, causes, "not run: it runs in a loop")
    _log.warning(
        "%s was not run again: it has run %d times in one chain of requests. Lambda stops such "
        "loops; PutFunctionRecursionConfig allows them",
        name,
        turns,
    )
    raise recursive_invocation()
