"""What executions write to CloudWatch Logs, as far as their logging configuration wants it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.stepfunctions.language.json_text import compact

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Kernel
    from chalice_offline.core.scheduler import Timer

# Ours: lines of one second are written together.
_DELAY_MS = 1_000
_PRINCIPAL = "states.amazonaws.com"
_FATAL = frozenset({"ExecutionAborted", "ExecutionFailed", "ExecutionTimedOut"})
# Developer guide, "Log levels": what ERROR adds to FATAL.
_ERROR_ENDINGS = ("Failed", "TimedOut", "ScheduleFailed", "StartFailed", "Aborted")
_DATA = frozenset({"input", "output", "inputDetails", "outputDetails", "parameters"})


class ExecutionLog:
    """Collects the lines of one execution, and writes them a second later or at its end."""

    def __init__(
        self, logs: ExecutionLogs, kernel: Kernel, configuration: dict[str, Any], arn: str
    ) -> None:
        self._logs = logs
        self._kernel = kernel
        self._configuration = configuration
        self._arn = arn
        self._redrives = 0
        self._lines: list[dict[str, Any]] = []
        self._timer: Timer | None = None

    def add(self, event: dict[str, Any]) -> None:
        """Take an event, if events of its kind are logged."""
        if event["type"] == "ExecutionRedriven":
            self._redrives += 1
        if not is_logged(self._configuration["level"], event["type"]):
            return
        data = bool(self._configuration.get("includeExecutionData"))
        self._lines.append(_line(event, self._arn, self._redrives, data))
        if self._timer is None:
            due_ms = self._kernel.now_ms + _DELAY_MS
            self._timer = self._kernel.at(due_ms, self.flush, owed=False)

    def flush(self) -> None:
        """Write what there is."""
        self._kernel.cancel(self._timer)
        self._timer = None
        lines, self._lines = self._lines, []
        if lines:
            self._logs.write(self._configuration, self._arn, lines)


class ExecutionLogs:
    """Writes lines of executions to the log groups of their state machines."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    def of_execution(self, configuration: dict[str, Any], arn: str) -> ExecutionLog:
        """Return the log of one execution."""
        return ExecutionLog(self, self._kernel, configuration, arn)

    def write(
        self, configuration: dict[str, Any], execution_arn: str, lines: list[dict[str, Any]]
    ) -> None:
        """Write lines of one execution."""
        for destination in configuration.get("destinations", ()):
            arn = destination["cloudWatchLogsLogGroup"]["logGroupArn"]
            self._put(arn, execution_arn, lines)

    def _put(self, group_arn: str, execution_arn: str, lines: list[dict[str, Any]]) -> None:
        parts = group_arn.split(":")
        names = {
            "logGroupName": parts[6],
            "logStreamName": _stream(execution_arn, lines[0]["timestamp"]),
        }
        put = {**names, "logEvents": lines}
        for operation, request in (("CreateLogStream", names), ("PutLogEvents", put)):
            try:
                self._deliver(parts, operation, request)
            except AwsError as error:
                if error.code != "ResourceAlreadyExistsException":
                    group = {"group": parts[6]}
                    self._kernel.note("logs", group, (), f"not written: {error.message}")
                    return

    def _deliver(self, parts: list[str], operation: str, request: dict[str, Any]) -> None:
        self._kernel.deliver(
            "logs",
            operation,
            request,
            account_id=parts[4],
            region=parts[3],
            causes=(),
            principal=_PRINCIPAL,
        )


def is_logged(level: str, kind: str) -> bool:
    """Whether an event of this kind is logged at a level."""
    if level == "ALL":
        return True
    if level == "FATAL":
        return kind in _FATAL
    is_error = kind in _FATAL or kind == "FailStateEntered" or kind.endswith(_ERROR_ENDINGS)
    return level == "ERROR" and is_error


def _stream(execution_arn: str, at_ms: int) -> str:
    """Return the stream of a state machine's executions of one day."""
    machine = execution_arn.split(":")[6]
    day = datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d")
    digest = hashlib.sha256(machine.encode()).hexdigest()
    return f"states/{machine}/{day}/{digest[:8]}"


def _line(event: dict[str, Any], execution_arn: str, redrives: int, data: bool) -> dict[str, Any]:
    at_ms = round(event["timestamp"] * 1000)
    found = [value for name, value in event.items() if name.endswith("Details")]
    details: dict[str, Any] = found[0] if found else {}
    if not data:
        details = {name: value for name, value in details.items() if name not in _DATA}
    message = {
        "id": str(event["id"]),
        "type": event["type"],
        "details": details,
        "redrive_count": str(redrives),
        "execution_arn": execution_arn,
        "previous_event_id": str(event["previousEventId"]),
        "event_timestamp": str(at_ms),
    }
    return {"timestamp": at_ms, "message": compact(message)}
