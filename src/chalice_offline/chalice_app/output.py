"""What a handler prints and logs, also taken down for CloudWatch Logs.

Which run a write belongs to is chosen by context, as with `os.environ`: outside a run nothing is
taken down, and in both cases the text goes where it would have gone anyway.
"""

from __future__ import annotations

import io
import logging
import sys
import threading
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from chalice_offline.chalice_app.process_patches import replace, undo_then
from chalice_offline.chalice_app.run_output import RunOutput

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chalice_offline.core.clock import Clock
    from chalice_offline.core.run import FunctionRun


_present: ContextVar[RunOutput | None] = ContextVar("present_output", default=None)


class _Shared:
    """A stream of the process that a handler writes to, and that is not the handler's to close.

    On AWS its process is its own. Here the terminal and other functions write there as well.
    """

    def __init__(self, stream: Any) -> None:
        self.passes_to = stream

    def flush(self) -> None:
        self.passes_to.flush()

    def close(self) -> None:
        self.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.passes_to, name)


class _Stream(_Shared):
    """Standard output or error: everything passes through, a run's lines are taken down, too."""

    def write(self, text: str) -> int:
        output = _present.get()
        if output is None:
            return int(self.passes_to.write(text) or 0)
        if not isinstance(text, str):
            message = f"write() argument must be str, not {type(text).__name__}"
            raise TypeError(message)
        output.write(self.passes_to, str.__str__(text))  # whatever a class of str's own does
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        output = _present.get()
        if output is not None:
            output.flush(self.passes_to)
        super().flush()

    @property
    def buffer(self) -> _Bytes:
        return _Bytes(self.passes_to)

    def detach(self) -> _Bytes:
        self.flush()
        return self.buffer


class _Bytes(_Shared):
    """The same for `sys.stdout.buffer`; AttributeError where the stream has none."""

    def __init__(self, stream: Any) -> None:
        super().__init__(stream.buffer)
        self._text = stream

    def write(self, data: bytes) -> int:
        output = _present.get()
        if output is not None:
            output.write_bytes(self._text, bytes(memoryview(data)))
        return int(self.passes_to.write(data) or 0)

    def writelines(self, lines: Iterable[bytes]) -> None:
        for line in lines:
            self.write(line)

    def detach(self) -> Self:
        return self


class _Nowhere(io.TextIOBase):
    """Where a process without a terminal prints: Python has None there, and prints nothing."""

    def write(self, text: str) -> int:
        return len(text)


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
_STREAMS = ("stdout", "stderr")
_placing = threading.Lock()


def watch_output() -> None:
    """Put the watchers in place, or back: test runners replace the streams now and then."""
    if _are_watched():
        return
    with _placing:  # or two handlers that begin at once watch one another's watchers
        for name in _STREAMS:
            stream = getattr(sys, name)
            if not isinstance(stream, _Stream):
                replace(sys, name, _Stream(_Nowhere() if stream is None else stream))
        root = logging.getLogger()
        if _logging not in root.handlers:
            root.addHandler(_logging)
            undo_then(lambda: root.removeHandler(_logging))


def _are_watched() -> bool:
    return _logging in logging.getLogger().handlers and all(
        isinstance(getattr(sys, name), _Stream) for name in _STREAMS
    )


class taken_down:  # noqa: N801 - used as a context manager, and as one faster than a generator
    """Take down what is written in this context, and in threads started in it, for `run`."""

    __slots__ = ("_output", "_token")

    def __init__(self, run: FunctionRun, clock: Clock) -> None:
        self._output = RunOutput(run, clock)

    def __enter__(self) -> None:
        watch_output()
        self._token = _present.set(self._output)

    def __exit__(self, *_: object) -> None:
        _present.reset(self._token)
        self._output.end()


def report_failure(error_type: str, message: str, stack: list[str]) -> None:
    """Write a handler's failure to the present run's log, as Lambda's runtime does."""
    output = _present.get()
    if output is None:
        return
    trace = "".join(["\nTraceback (most recent call last):\n", *stack]) if stack else "\n"
    output.append(f"[ERROR] {error_type}: {message}{trace}")
