"""One run of a function, and how it ended."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# As much as is kept of what one run writes; what it writes after that is left out, and said so.
LOG_CHARACTERS_MAX = 1024 * 1024
# An event of CloudWatch Logs has 256 KiB at most, and a character in UTF-8 four bytes.
LOG_LINE_CHARACTERS_MAX = 60_000


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


@dataclass(frozen=True, slots=True)
class FunctionRun:
    """A handler to be run once.

    `payload` is the event as JSON bytes. `entry` is the journal entry of this run: the AWS calls
    the handler makes name it as their cause. `deadline_ms` is when AWS would stop it. `code` is
    None for a function of the project, which whoever runs it has loaded by name.
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
    code: UploadedCode | None = None
    log: RunLog = field(default_factory=RunLog, compare=False)


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
