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


class FunctionLogs:
    """The lines of all functions that are not in CloudWatch Logs yet."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._waiting: deque[_Line] = deque(maxlen=limits.LOG_LINES_KEPT)
        self._left_out = 0

    def ended(self, run: FunctionRun, duration_ms: int) -> list[str]:
        """Take in what a run wrote, between the lines Lambda writes itself; return them all."""
        run.log.close()
        now_ms = self._kernel.now_ms
        started_ms = run.life.started_ms or now_ms
        lines = [(started_ms, f"START RequestId: {run.request_id} Version: {run.version}\n")]
        lines += run.log.lines
        if run.life.is_stopped:
            seconds = run.life.timeout_ms / 1000
            said = f"{run.request_id} Task timed out after {seconds:.2f} seconds"
            text = f"{iso_milliseconds(now_ms)} {said}\n\n"
            lines.append((now_ms, text))
        lines += [(now_ms, text) for text in _last_lines(run, duration_ms)]
        _, _, _, region, account_id, *_ = run.function_arn.split(":")
        place = (account_id, region, run.log.group, run.log.stream)
        self._left_out += max(0, len(self._waiting) + len(lines) - limits.LOG_LINES_KEPT)
        self._waiting.extend(_Line(place, at_ms, text) for at_ms, text in lines)
        return [text for _, text in lines]

    def write(self) -> None:
        """Bring what waits to CloudWatch Logs: somebody is about to look."""
        waiting = list(self._waiting)
        self._waiting.clear()
        left_out, self._left_out = self._left_out, 0
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


def _last_lines(run: FunctionRun, duration_ms: int) -> tuple[str, str]:
    # One process runs every function: what a single one used of its memory cannot be told.
    report = (
        f"REPORT RequestId: {run.request_id}\tDuration: {duration_ms:.2f} ms\t"
        f"Billed Duration: {duration_ms} ms\tMemory Size: {run.memory_mb} MB\t"
        f"Max Memory Used: {run.memory_mb} MB\t\n"
    )
    return f"END RequestId: {run.request_id}\n", report


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
