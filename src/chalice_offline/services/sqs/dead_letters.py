"""Moving a message that was received too often to the dead-letter queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalice_offline.services.sqs.message import Message
    from chalice_offline.services.sqs.queue import Queue
    from chalice_offline.services.sqs.state import SqsState


def dead_letter(sqs: SqsState, queue: Queue, message: Message) -> bool:
    """Move a message to the queue its redrive policy names; False when that queue is gone.

    The message keeps its id, contents and receive count (recorded). A standard queue keeps the
    time it was sent, a FIFO queue counts its age anew (Developer Guide, dead-letter queues).
    """
    policy = queue.attributes.redrive_policy
    target = sqs.find_queue_or_none(policy.dead_letter_arn) if policy is not None else None
    if target is None or target is queue:
        return False
    queue.remove(message)
    queue.ledger.dead_lettered += 1
    message.dead_letter_source_arn = queue.arn
    if target.attributes.is_fifo:
        message.sent_ms = queue.now_ms
    target.store(message, delay_ms=0)
    entry = sqs.kernel.note(
        "sqs.DeadLetter",
        {
            "MessageId": message.message_id,
            "SourceArn": queue.arn,
            "DeadLetterTargetArn": target.arn,
            "ApproximateReceiveCount": message.receive_count,
        },
        sqs.kernel.origin(message.message_id),
        "received as often as the redrive policy allows",
    )
    sqs.kernel.set_origin(message.message_id, entry)
    # Not at once: the queue that is being received from may itself be waited for there.
    sqs.kernel.at(queue.now_ms, target.wake)
    return True
