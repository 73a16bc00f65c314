"""One run of a function: its life as a table, what it writes, and how it ended."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from chalice_offline.core.errors import EmulatorBug
from chalice_offline.core.interruption import Interruption
from chalice_offline.core.unspelled import UnspelledJson

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.clock import Reading

# As much as is kept of what one run writes; what it writes after that is left out, and said so.
LOG_CHARACTERS_MAX = 1024 * 1024
# An event of CloudWatch Logs has 256 KiB at most, and a character in UTF-8 four bytes.
LOG_LINE_CHARACTERS_MAX = 60_000
# What a run may answer (recorded on AWS: 6 MiB and 100 bytes).
RESPONSE_PAYLOAD_BYTES = 6_291_556


class RunLog:
    """What a handler writes while it runs: (instant, line) pairs, on their way to a log stream.

    Written outside the kernel, read by it when the run ends; what comes later is not kept.
    """

    def __init__(self, group: str = "", stream: str = "") -> None:
        self.group = group
        self.stream = stream
        self.lines: list[tuple[int, str]] = []
        self._left = LOG_CHARACTERS_MAX
        self._closed = False

    def append(self, at_ms: int, line: str) -> None:
        """Add one line, its newline included; a very long one in pieces."""
        for start in range(0, len(line), LOG_LINE_CHARACTERS_MAX):
            self._append(at_ms, line[start : start + LOG_LINE_CHARACTERS_MAX])

    def close(self) -> None:
        """Keep nothing more: the run has ended."""
        self._closed = True

    def _append(self, at_ms: int, line: str) -> None:
        if self._closed:
            return
        self._left -= len(line)
        if self._left < 0:
            self._closed = True
            line = f"chalice-offline keeps {LOG_CHARACTERS_MAX} characters of a run's output\n"
        self.lines.append((at_ms, line))


@dataclass(frozen=True, slots=True)
class UploadedCode:
    """A function that came as a zip file: what is to be imported, and with which variables.

    Another `revision` is another container: unpacked and imported anew.
    """

    revision: str
    package: bytes
    runtime: str
    handler: str
    variables: Mapping[str, str]
    initialization: str = "on-demand"  # or "provisioned-concurrency"
    layers: tuple[bytes, ...] = ()  # packages, each laid over those before it


class RunState(Enum):
    """Where a run is in its life."""

    WAITING = "waiting"  # written down; its handler has not started
    RUNNING = "running"
    RETURNED = "returned"
    FAILED = "failed"  # it raised, or could not be run at all
    EXITED = "exited"  # it ended the process it ran in
    TIMED_OUT = "timed out"

    __hash__ = object.__hash__  # a member is one object; Enum's own hashes its name each time


# What may follow what. A state without followers is an end, and each run has one.
MAY_FOLLOW: Final[Mapping[RunState, frozenset[RunState]]] = {
    RunState.WAITING: frozenset({RunState.RUNNING, RunState.FAILED}),
    RunState.RUNNING: frozenset(
        {RunState.RETURNED, RunState.FAILED, RunState.EXITED, RunState.TIMED_OUT}
    ),
    RunState.RETURNED: frozenset(),
    RunState.FAILED: frozenset(),
    RunState.EXITED: frozenset(),
    RunState.TIMED_OUT: frozenset(),
}


class RunLife:
    """One run's life: the kernel decides it, whoever runs the handler asks about it.

    The deadline starts when the handler starts, not while the run waits to be started. It is an
    instant in awake time (`core.clock`): nothing times out because the machine slept.
    """

    __slots__ = ("deadline_awake_ms", "interruption", "started_ms", "state", "timeout_ms")

    def __init__(self, timeout_ms: int) -> None:
        self.timeout_ms = timeout_ms
        self.state = RunState.WAITING
        self.started_ms = 0
        self.deadline_awake_ms = 0
        self.interruption = Interruption()

    @property
    def has_ended(self) -> bool:
        """Whether nothing can follow any more."""
        return not MAY_FOLLOW[self.state]

    @property
    def is_stopped(self) -> bool:
        """Whether AWS has stopped it: nothing it does counts any more."""
        return self.state is RunState.TIMED_OUT

    def start(self, now: Reading) -> None:
        """The handler starts."""
        self._move_to(RunState.RUNNING)
        self.started_ms = now.now_ms
        self.deadline_awake_ms = now.awake_ms + self.timeout_ms

    def end(self, state: RunState) -> None:
        """The run ends so; an EmulatorBug, and no change, when it cannot."""
        self._move_to(state)

    def grant(self, awake_ms: int) -> None:
        """Begin the timeout anew: somebody looks at the handler with a debugger."""
        self.deadline_awake_ms = awake_ms + self.timeout_ms

    def left_ms(self, awake_ms: int) -> int:
        """Return the milliseconds left before the deadline; never negative."""
        return max(0, self.deadline_awake_ms - awake_ms)

    def _move_to(self, state: RunState) -> None:
        if state not in MAY_FOLLOW[self.state]:
            raise EmulatorBug(f"a run that is {self.state.value} cannot be {state.value}")
        self.state = state


@dataclass(slots=True)
class FunctionRun:
    """A handler to be run once.

    `sent` is the event: its JSON, or what makes it. `entry` is the journal entry of this run: the
    AWS calls the handler makes name it as their cause. It and `standstill` are set when the kernel
    writes the run down. `code` is None for a function of the project, which whoever runs it has
    loaded by name. `standstill` counts the runs that led to this one since the clock last moved:
    without end in a loop. `is_awaited` says that a caller waits for the answer.
    """

    request_id: str
    function_name: str
    function_arn: str
    sent: bytes | UnspelledJson
    memory_mb: int
    life: RunLife
    client_context: str = ""
    upstream_trace: str = ""  # the X-Ray header of whoever invokes
    entry: int = 0
    standstill: int = 0
    is_awaited: bool = False
    code: UploadedCode | None = None
    log: RunLog = field(default_factory=RunLog, compare=False)
    version: str = "$LATEST"
    qualifier: str = ""  # as it was asked for: a version's number, or an alias

    @property
    def payload(self) -> bytes:
        """The event as JSON."""
        return self.sent if isinstance(self.sent, bytes) else self.sent.spelled()

    def event(self) -> Any:
        """Return the event for the handler to do with as it likes; ValueError for no JSON."""
        sent = self.sent
        return sent.document() if isinstance(sent, UnspelledJson) else json.loads(sent)

    @property
    def invoked_arn(self) -> str:
        """The ARN that was invoked."""
        return f"{self.function_arn}:{self.qualifier}" if self.qualifier else self.function_arn

    @property
    def trace_header(self) -> str:
        """What X-Ray calls the run: the trace it belongs to, or one of its own, not sampled.

        Source: developer guide of X-Ray, "Concepts", "Tracing header".
        """
        digits = self.request_id.replace("-", "").zfill(32)
        given = dict(
            part.strip().split("=", 1) for part in self.upstream_trace.split(";") if "=" in part
        )
        root = given.get("Root") or f"1-{self.life.started_ms // 1000:08x}-{digits[:24]}"
        parent, sampled = given.get("Parent") or digits[16:], given.get("Sampled") or "0"
        return f"Root={root};Parent={parent};Sampled={sampled}"


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
    state: RunState | None = None

    @property
    def end(self) -> RunState:
        """The state a run is in after this outcome."""
        return self.state or (RunState.FAILED if self.failed else RunState.RETURNED)

    def content(self) -> Any:
        """Return the payload as JSON; as text when it is none, for a handler may return bytes."""
        try:
            return json.loads(self.payload)
        except (ValueError, RecursionError):
            return self.payload.decode("utf-8", "replace")


def timed_out(run: FunctionRun) -> Outcome:
    """Return what Lambda answers when a function passes its timeout (recorded on AWS, 2024)."""
    seconds = run.life.timeout_ms / 1000
    message = f"RequestId: {run.request_id} Error: Task timed out after {seconds:.2f} seconds"
    exception = TimeoutError(f"{run.function_name}: task timed out after {seconds:.2f} seconds")
    return _error_outcome("Sandbox.Timedout", message, exception, RunState.TIMED_OUT)


def exited(run: FunctionRun, reason: str) -> Outcome:
    """Return what Lambda answers when the process of a function ends (recorded on AWS).

    `reason` is how it ended ("exit status 1", "signal: killed"), "" when it ended without error.
    """
    text = f"Runtime exited with error: {reason}" if reason else ""
    text = text or "Runtime exited without providing a reason"
    message = f"RequestId: {run.request_id} Error: {text}"
    return _error_outcome("Runtime.ExitError", message, RuntimeError(message), RunState.EXITED)


def within_size(run: FunctionRun, outcome: Outcome) -> Outcome:
    """Return an outcome, or what Lambda answers instead of one that is too large (recorded)."""
    if len(outcome.payload) <= RESPONSE_PAYLOAD_BYTES:
        return outcome
    message = (
        f"Response payload size exceeded maximum allowed payload size ({RESPONSE_PAYLOAD_BYTES} "
        "bytes)."
    )
    exception = ValueError(f"{run.function_name}: {message}")
    return _error_outcome("Function.ResponseSizeTooLarge", message, exception, RunState.FAILED)


def not_run(run: FunctionRun, error: BaseException) -> Outcome:
    """Return the outcome of a run whose handler could not be run here, which is our mistake."""
    message = f"RequestId: {run.request_id} Error: chalice-offline could not run it: {error!r}"
    return _error_outcome("Runtime.Unknown", message, error, RunState.FAILED)


def _error_outcome(
    error_type: str, message: str, exception: BaseException, state: RunState
) -> Outcome:
    payload = json.dumps({"errorType": error_type, "errorMessage": message}).encode()
    return Outcome(payload, failed=True, exception=exception, state=state)
