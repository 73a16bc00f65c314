"""What a message move task does: so many messages a second, one step after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.sqs.message import Message
from chalice_offline.services.sqs.move_task import CANCELLING, RUNNING

if TYPE_CHECKING:
    from chalice_offline.services.sqs.move_task import MoveTask
    from chalice_offline.services.sqs.queue import Queue
    from chalice_offline.services.sqs.state import SqsState

# Without a rate AWS moves as fast as it sees fit; so do we, in portions.
_PORTION = 500
_PORTION_INTERVAL_MS = 100
_QUEUE_MISSING = "AWS.SimpleQueueService.NonExistentQueue"  # recorded as FailureReason
_SOURCE_UNKNOWN = "CouldNotDetermineMessageSource"


def start_moving(sqs: SqsState, task: MoveTask) -> None:
    """Begin as soon as the present input is done with."""
    sqs.kernel.at(task.started_ms, lambda: _step(sqs, task))


def _step(sqs: SqsState, task: MoveTask) -> None:
    if task.status == CANCELLING:
        task.status = "CANCELLED"
        return
    for _ in range(_PORTION if task.rate_per_second is None else 1):
        if task.status == RUNNING:
            _move_one(sqs, task)
    if task.status == RUNNING:
        sqs.kernel.at(_next_step_ms(sqs, task), lambda: _step(sqs, task))


def _next_step_ms(sqs: SqsState, task: MoveTask) -> int:
    if task.rate_per_second is None:
        return sqs.kernel.now_ms + _PORTION_INTERVAL_MS
    return task.started_ms + task.moved * 1000 // task.rate_per_second


def _move_one(sqs: SqsState, task: MoveTask) -> None:
    source = sqs.find_queue_or_none(task.source_arn)
    if source is None:
        _fail(sqs, task, _QUEUE_MISSING)
        return
    message = source.next_visible() if task.moved < task.to_move else None
    if message is None:
        task.status = "COMPLETED"
        return
    destination_arn = task.destination_arn or message.dead_letter_source_arn
    destination = sqs.find_queue_or_none(destination_arn)
    if destination is None:
        _fail(sqs, task, _QUEUE_MISSING if destination_arn else _SOURCE_UNKNOWN)
        return
    source.remove(message)
    source.ledger.moved += 1
    task.moved += 1
    move(sqs, task.entry, message, source, destination)
    source.wake()


def move(sqs: SqsState, cause: int, message: Message, source: Queue, destination: Queue) -> None:
    """Store the message anew: AWS gives it a new id and a new time of sending.

    It does not pass the deduplication of a FIFO queue again, which might drop it.
    """
    kernel = sqs.kernel
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
        (cause, *kernel.origin(message.message_id)),
        "moved by a message move task",
    )
    kernel.set_origin(moved.message_id, entry)
    destination.wake()


def _fail(sqs: SqsState, task: MoveTask, reason: str) -> None:
    task.status = "FAILED"
    task.failure_reason = reason
    detail = {"SourceArn": task.source_arn, "DestinationArn": task.destination_arn}
    sqs.kernel.note("sqs.MoveTaskFailed", detail, (task.entry,), reason)
