"""What functions write, on its way to CloudWatch Logs.

The lines wait here, bounded, until somebody asks CloudWatch Logs for something: storing them at
every run would cost more than most runs do.
"""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from chalice_offline.core.errors import AwsError
from chalice_offline.services.common.timestamps import iso_milliseconds
from chalice_offline.services.lambda_ import limits
from chalice_offline.services.lambda_.principal import PRINCIPAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.core.kernel import Kernel
    from chalice_offline.core.run import FunctionRun

_Place = tuple[str, str, str, str]


class _Line(NamedTuple):
    place: _Place  # account, region, log group, log stream
    at_ms: int
    text: str


class RunLines(NamedTuple):
    """What a run wrote, and what Lambda writes around it: lines that few ever read."""

    function_arn: str
    group: str
    stream: str
    request_id: str
    version: str
    memory_mb: int
    started_ms: int
    ended_ms: int
    duration_ms: int
    stopped_after_ms: int | None
    written: list[tuple[int, str]]

    @property
    def length(self) -> int:
        """How many lines it is."""
        return len(self.written) + (3 if self.stopped_after_ms is None else 4)

    def lines(self) -> list[tuple[int, str]]:
        """Return them all, each with its instant."""
        first = f"START RequestId: {self.request_id} Version: {self.version}\n"
        return [
            (self.started_ms, first),
            *self.written,
            *((self.ended_ms, text) for text in self._last()),
        ]

    def texts(self) -> list[str]:
        """Return them without their instants."""
        return [text for _, text in self.lines()]

    def placed(self) -> Iterator[_Line]:
        """Give them with the log stream that each belongs to."""
        _, _, _, region, account_id, *_ = self.function_arn.split(":")
        place = (account_id, region, self.group, self.stream)
        return (_Line(place, at_ms, text) for at_ms, text in self.lines())

    def _last(self) -> Iterator[str]:
        if self.stopped_after_ms is not None:
            said = f"Task timed out after {self.stopped_after_ms / 1000:.2f} seconds"
            yield f"{iso_milliseconds(self.ended_ms)} {self.request_id} {said}\n\n"
        yield f"END RequestId: {self.request_id}\n"
        # One process runs every function: what a single one used of its memory cannot be told.
        yield (
            f"REPORT RequestId: {self.request_id}\tDuration: {self.duration_ms:.2f} ms\t"
            f"Billed Duration: {self.duration_ms} ms\tMemory Size: {self.memory_mb} MB\t"
            f"Max Memory Used: {self.memory_mb} MB\t\n"
        )


class FunctionLogs:
    """The lines of all functions that are not in CloudWatch Logs yet."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._waiting: deque[RunLines] = deque()
        self._count = 0
        self._left_out = 0

    def ended(self, run: FunctionRun, duration_ms: int) -> RunLines:
        """Take in what a run wrote; return it between the lines Lambda writes itself."""
        log, life = run.log, run.life
        log.close()
        now_ms = self._kernel.now_ms
        lines = RunLines(
            run.function_arn,
            log.group,
            log.stream,
            run.request_id,
            run.version,
            run.memory_mb,
            life.started_ms or now_ms,
            now_ms,
            duration_ms,
            life.timeout_ms if life.is_stopped else None,
            log.lines,
        )
        self._waiting.append(lines)
        self._count += lines.length
        while self._count > limits.LOG_LINES_KEPT and len(self._waiting) > 1:
            count = self._waiting.popleft().length
            self._count -= count
            self._left_out += count
        return lines

    def forget(self) -> None:
        """Lose what waits: CloudWatch Logs was reset."""
        self._waiting.clear()
        self._count = self._left_out = 0

    def write(self) -> None:
        """Bring what waits to CloudWatch Logs: somebody is about to look."""
        waiting = [line for run in self._waiting for line in run.placed()]
        self._waiting.clear()
        left_out = self._left_out + max(0, len(waiting) - limits.LOG_LINES_KEPT)
        del waiting[: -limits.LOG_LINES_KEPT]
        self._count = self._left_out = 0
        if left_out:
            kept = f"at most {limits.LOG_LINES_KEPT} lines wait for CloudWatch Logs"
            self._kernel.note("logs", {"lines": left_out}, (), f"left out: {kept}")
        waiting.sort(key=_by_place)
        for place, lines in groupby(waiting, key=_by_place):
            self._store(place, list(lines))

    def _store(self, place: _Place, lines: list[_Line]) -> None:
        group, stream = {"logGroupName": place[2]}, {"logStreamName": place[3]}
        self._create("CreateLogGroup", place, group)
        self._create("CreateLogStream", place, group | stream)
        for events in _calls(lines):
            self._deliver("PutLogEvents", place, group | stream | {"logEvents": events})

    def _create(self, operation: str, place: _Place, names: dict[str, Any]) -> None:
        try:
            self._deliver(operation, place, names)
        except AwsError as error:
            if error.code != "ResourceAlreadyExistsException":
                raise

    def _deliver(self, operation: str, place: _Place, request: dict[str, Any]) -> None:
        account_id, region, _, _ = place
        self._kernel.deliver(
            "logs",
            operation,
            request,
            account_id=account_id,
            region=region,
            causes=(),
            principal=PRINCIPAL,
        )


def stream_name(container: str, version: str, since_ms: int) -> str:
    """Return the log stream of a container (32 hexadecimal digits) that started at `since_ms`."""
    day = datetime.fromtimestamp(since_ms / 1000, UTC).strftime("%Y/%m/%d")
    return f"{day}/[{version}]{container}"


def _calls(lines: list[_Line]) -> Iterator[list[dict[str, Any]]]:
    """Cut lines into what PutLogEvents takes at once, in the order of their instants."""
    events: list[dict[str, Any]] = []
    size_bytes = 0
    for line in sorted(lines, key=lambda one: one.at_ms):
        bytes_of_event = len(line.text.encode()) + limits.LOG_EVENT_OVERHEAD_BYTES
        full = size_bytes + bytes_of_event > limits.LOG_BYTES_PER_CALL
        if full or len(events) == limits.LOG_EVENTS_PER_CALL:
            yield events
            events, size_bytes = [], 0
        events.append({"timestamp": line.at_ms, "message": line.text})
        size_bytes += bytes_of_event
    if events:
        yield events


def _by_place(line: _Line) -> _Place:
    return line.place
