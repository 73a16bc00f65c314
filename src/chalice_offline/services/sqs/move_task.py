"""One message move task: dead letters on their way back."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from chalice_offline.services.sqs.errors import invalid_parameter
from chalice_offline.services.sqs.message import Message

if TYPE_CHECKING:
    from chalice_offline.services.sqs.queue import Queue
    from chalice_offline.services.sqs.service import Sqs

RUNNING = "RUNNING"
CANCELLING = "CANCELLING"
ACTIVE = (RUNNING, CANCELLING)

# Without a rate AWS moves as fast as it sees fit; so do we, in portions.
_PORTION = 500
_PORTION_INTERVAL_MS = 100
_QUEUE_MISSING = "AWS.SimpleQueueService.NonExistentQueue"  # recorded as FailureReason
_SOURCE_UNKNOWN = "CouldNotDetermineMessageSource"


class MoveTask:
    """Moves the messages that are in a dead-letter queue when the task starts."""

    def __init__(
        self,
        sqs: Sqs,
        source: Queue,
        destination_arn: str,
        rate_per_second: int | None,
        entry: int,
    ) -> None:
        """Prepare; `entry` is the journal entry of the call that started the task."""
        self._sqs = sqs
        self._entry = entry
        self.task_id = sqs.kernel.ids.uuid()
        self.source_arn = source.arn
        self.destination_arn = destination_arn
        self.rate_per_second = rate_per_second
        self.started_ms = sqs.kernel.now_ms
        self.to_move = source.visible_count
        self.moved = 0
        self.status = RUNNING
        self.failure_reason = ""

    @property
    def handle(self) -> str:
        """The task handle: base64 of JSON, as recorded."""
        text = json.dumps(
            {"taskId": self.task_id, "sourceArn": self.source_arn}, separators=(",", ":")
        )
        return base64.b64encode(text.encode()).decode()

    def start(self) -> None:
        """Begin as soon as the present input is done with."""
        self._sqs.kernel.at(self.started_ms, self._step)

    def cancel(self) -> None:
        """Stop before the next message."""
        self.status = CANCELLING

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

    def _step(self) -> None:
        if self.status == CANCELLING:
            self.status = "CANCELLED"
            return
        for _ in range(_PORTION if self.rate_per_second is None else 1):
            if self.status == RUNNING:
                self._move_one()
        if self.status == RUNNING:
            self._sqs.kernel.at(self._next_step_ms(), self._step)

    def _next_step_ms(self) -> int:
        if self.rate_per_second is None:
            return self._sqs.kernel.now_ms + _PORTION_INTERVAL_MS
        return self.started_ms + self.moved * 1000 // self.rate_per_second

    def _move_one(self) -> None:
        source = self._sqs.queue_by_arn(self.source_arn)
        if source is None:
            self._fail(_QUEUE_MISSING)
            return
        message = source.next_visible() if self.moved < self.to_move else None
        if message is None:
            self.status = "COMPLETED"
            return
        destination_arn = self.destination_arn or message.dead_letter_source_arn
        destination = self._sqs.queue_by_arn(destination_arn)
        if destination is None:
            self._fail(_QUEUE_MISSING if destination_arn else _SOURCE_UNKNOWN)
            return
        source.remove(message)
        source.ledger.moved += 1
        self.moved += 1
        self._redrive(message, source, destination)
        source.wake()

    def _redrive(self, message: Message, source: Queue, destination: Queue) -> None:
        """Store the message anew: AWS gives it a new id and a new time of sending.

        It does not pass the deduplication of a FIFO queue again, which might drop it.
        """
        kernel = self._sqs.kernel
        moved = Message(
            message_id=kernel.ids.uuid(),
            body=message.body,
            attributes=message.attributes,
            trace_header=message.trace_header,
            sender_id=message.sender_id,
            sent_ms=kernel.now_ms,
            group_id=message.group_id,
            deduplication_id=message.deduplication_id,
        )
        destination.store(moved, destination.attributes.delay_ms)
        entry = kernel.note(
            "sqs.MessageMoved",
            {
                "MessageId": message.message_id,
                "NewMessageId": moved.message_id,
                "SourceArn": source.arn,
                "DestinationArn": destination.arn,
            },
            (self._entry, *kernel.origin(message.message_id)),
            "moved by a message move task",
        )
        kernel.set_origin(moved.message_id, entry)
        destination.wake()

    def _fail(self, reason: str) -> None:
        self.status = "FAILED"
        self.failure_reason = reason
        detail = {"SourceArn": self.source_arn, "DestinationArn": self.destination_arn}
        self._sqs.kernel.note("sqs.MoveTaskFailed", detail, (self._entry,), reason)


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
