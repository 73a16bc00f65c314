"""What executions write to CloudWatch Logs, as far as their logging configuration wants it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.stepfunctions.language.json_text import compact

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Kernel

_PRINCIPAL = "states.amazonaws.com"
_FATAL = frozenset({"ExecutionAborted", "ExecutionFailed", "ExecutionTimedOut"})
# Developer guide, "Log levels": what ERROR adds to FATAL.
_ERROR_ENDINGS = ("Failed", "TimedOut", "ScheduleFailed", "StartFailed", "Aborted")
_DATA = frozenset({"input", "output", "inputDetails", "outputDetails", "parameters"})


class ExecutionLogs:
    """Hands each event of an execution on that is to be logged."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    def write(
        self, configuration: dict[str, Any], execution_arn: str, events: list[dict[str, Any]]
    ) -> None:
        """Write the events of one execution to its own stream."""
        level = configuration.get("level", "OFF")
        wanted = [event for event in events if is_logged(level, event["type"])]
        if not wanted:
            return
        data = bool(configuration.get("includeExecutionData"))
        for destination in configuration.get("destinations", ()):
            arn = destination["cloudWatchLogsLogGroup"]["logGroupArn"]
            self._put(arn, execution_arn, [_line(event, execution_arn, data) for event in wanted])

    def _put(self, group_arn: str, execution_arn: str, lines: list[dict[str, Any]]) -> None:
        parts = group_arn.split(":")
        names = {
            "logGroupName": parts[6],
            "logStreamName": _stream(execution_arn, lines[0]["timestamp"]),
        }
        try:
            self._deliver(parts, "CreateLogStream", names)
        except AwsError as error:
            if error.code != "ResourceAlreadyExistsException":
                self._kernel.note("logs", {"group": parts[6]}, (), f"not written: {error.message}")
                return
        self._deliver(parts, "PutLogEvents", {**names, "logEvents": lines})

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


def _line(event: dict[str, Any], execution_arn: str, data: bool) -> dict[str, Any]:
    at_ms = round(event["timestamp"] * 1000)
    found = [value for name, value in event.items() if name.endswith("Details")]
    details: dict[str, Any] = found[0] if found else {}
    if not data:
        details = {name: value for name, value in details.items() if name not in _DATA}
    message = {
        "id": str(event["id"]),
        "type": event["type"],
        "details": details,
        "redrive_count": "0",
        "execution_arn": execution_arn,
        "previous_event_id": str(event["previousEventId"]),
        "event_timestamp": str(at_ms),
    }
    return {"timestamp": at_ms, "message": compact(message)}
