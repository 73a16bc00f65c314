"""What a handler prints and logs, also taken down for CloudWatch Logs.

Which run a write belongs to is chosen by context, as with `os.environ`: outside a run nothing is
taken down, and in both cases the text goes where it would have gone anyway.
"""

from __future__ import annotations

import logging
import sys
import threading
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chalice_offline.chalice_app.process_patches import replace, undo_then

if TYPE_CHECKING:
    from chalice_offline.core.clock import Clock
    from chalice_offline.core.run import FunctionRun


class _RunOutput:
    """Cuts what a run writes, piece by piece and from several threads, into lines.

    They are passed on a line at a time, too: `print` writes its arguments one by one, and whoever
    else writes to the same stream would get between them.
    """

    def __init__(self, run: FunctionRun, clock: Clock) -> None:
        self.request_id = run.request_id
        self._log = run.log
        self._clock = clock
        self._lock = threading.Lock()
        self._begun: list[str] = []
        # What of a line has not been passed on, by where it goes.
        self._held: dict[Any, str] = {}
        self._is_over = False

    def pass_on(self, stream: Any, text: str) -> None:
        """Write whole lines to a stream, and keep what has begun until the run is over."""
        with self._lock:
            lines, end, begun = (self._held.pop(stream, "") + text).rpartition("\n")
            if begun and self._is_over:  # of a thread that outlives its run
                end += begun
            elif begun:
                self._held[stream] = begun
        if end:
            stream.write(lines + end)

    def flush(self, stream: Any) -> None:
        """Write what of a line there is."""
        with self._lock:
            begun = self._held.pop(stream, "")
        if begun:
            stream.write(begun)

    def write(self, text: str) -> None:
        with self._lock:
            *complete, rest = text.split("\n")
            for line in complete:
                self._begun.append(line)
                self._log.append(self._clock.now_ms(), "".join(self._begun) + "\n")
                self._begun.clear()
            if rest:
                self._begun.append(rest)

    def append(self, entry: str) -> None:
        """Add an entry that may have several lines and stays one event."""
        self._log.append(self._clock.now_ms(), entry)

    def end(self) -> None:
        with self._lock:
            if self._begun:
                self._log.append(self._clock.now_ms(), "".join(self._begun))
                self._begun.clear()
            held, self._held, self._is_over = self._held, {}, True
        for stream, begun in held.items():
            stream.write(begun)


_present: ContextVar[_RunOutput | None] = ContextVar("present_output", default=None)


class _Stream:
    """Standard output or error: everything passes through, a run's lines are taken down, too."""

    def __init__(self, stream: Any) -> None:
        self.passes_to = stream

    def write(self, text: str) -> int:
        output = _present.get()
        if output is None:
            return int(self.passes_to.write(text) or 0)
        output.write(text)
        output.pass_on(self.passes_to, text)
        return len(text)

    def flush(self) -> None:
        output = _present.get()
        if output is not None:
            output.flush(self.passes_to)
        self.passes_to.flush()

    def writelines(self, lines: list[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.passes_to, name)


class _LambdaLogging(logging.Handler):
    """Writes log records as the handler does that Lambda's runtime gives the root logger.

    Format: AWS Lambda developer guide, "Log and monitor Python Lambda functions".
    """

    def emit(self, record: logging.LogRecord) -> None:
        output = _present.get()
        if output is None or record.name.partition(".")[0] == "chalice_offline":
            return
        try:
            text = self.format(record)
        except Exception:  # noqa: BLE001 - the caller's arguments; logging says what it does with it
            self.handleError(record)
            return
        at = datetime.fromtimestamp(record.created, UTC)
        instant = at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
        output.append(f"[{record.levelname}]\t{instant}\t{output.request_id}\t{text}\n")


_logging = _LambdaLogging()


def watch_output() -> None:
    """Put the watchers in place, or back: test runners replace the streams now and then."""
    for name in ("stdout", "stderr"):
        if not isinstance(getattr(sys, name), _Stream):
            replace(sys, name, _Stream(getattr(sys, name)))
    root = logging.getLogger()
    if _logging not in root.handlers:
        root.addHandler(_logging)
        undo_then(lambda: root.removeHandler(_logging))


class taken_down:  # noqa: N801 - used as a context manager, and as one faster than a generator
    """Take down what is written in this context, and in threads started in it, for `run`."""

    __slots__ = ("_output", "_token")

    def __init__(self, run: FunctionRun, clock: Clock) -> None:
        self._output = _RunOutput(run, clock)

    def __enter__(self) -> None:
        watch_output()
        self._token = _present.set(self._output)

    def __exit__(self, *_: object) -> None:
        self._output.end()
        _present.reset(self._token)


def report_failure(error_type: str, message: str, stack: list[str]) -> None:
    """Write a handler's failure to the present run's log, as Lambda's runtime does."""
    output = _present.get()
    if output is None:
        return
    trace = "".join(["\nTraceback (most recent call last):\n", *stack]) if stack else "\n"
    output.append(f"[ERROR] {error_type}: {message}{trace}")
