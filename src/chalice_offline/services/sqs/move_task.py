"""One message move task: dead letters on their way back."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any, NamedTuple

from chalice_offline.services.sqs.errors import invalid_parameter

RUNNING = "RUNNING"
CANCELLING = "CANCELLING"
ACTIVE = (RUNNING, CANCELLING)


@dataclass(slots=True, eq=False)
class MoveTask:
    """Moves the messages that are in a dead-letter queue when the task starts.

    `entry` is the journal entry of the call that started it.
    """

    task_id: str
    source_arn: str
    destination_arn: str
    rate_per_second: int | None
    started_ms: int
    to_move: int
    entry: int
    moved: int = 0
    status: str = RUNNING
    failure_reason: str = ""

    @property
    def handle(self) -> str:
        """The task handle: base64 of JSON, as recorded."""
        text = json.dumps(
            {"taskId": self.task_id, "sourceArn": self.source_arn}, separators=(",", ":")
        )
        return base64.b64encode(text.encode()).decode()

    def shown(self) -> dict[str, Any]:
        """Return the task as ListMessageMoveTasks shows it."""
        result: dict[str, Any] = {
            "Status": self.status,
            "SourceArn": self.source_arn,
            "ApproximateNumberOfMessagesMoved": self.moved,
            "ApproximateNumberOfMessagesToMove": self.to_move,
            "StartedTimestamp": self.started_ms,
        }
        if self.status == RUNNING:
            result["TaskHandle"] = self.handle
        if self.destination_arn:
            result["DestinationArn"] = self.destination_arn
        if self.rate_per_second is not None:
            result["MaxNumberOfMessagesPerSecond"] = self.rate_per_second
        if self.failure_reason:
            result["FailureReason"] = self.failure_reason
        return result


class TaskHandle(NamedTuple):
    """What a task handle holds."""

    task_id: str
    source_arn: str


def decode_handle(handle: str) -> TaskHandle:
    """Return what a task handle holds; AwsError when it is none (text recorded)."""
    try:
        content = json.loads(base64.b64decode(handle, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        content = None
    if isinstance(content, dict):
        task_id, source_arn = content.get("taskId"), content.get("sourceArn")
        if isinstance(task_id, str) and isinstance(source_arn, str):
            return TaskHandle(task_id, source_arn)
    raise invalid_parameter("Value for parameter TaskHandle is invalid.")
