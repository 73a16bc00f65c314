"""DeleteMessage and DeleteMessageBatch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.sqs.batches import check_entries, each_entry
from chalice_offline.services.sqs.errors import invalid_value
from chalice_offline.services.sqs.handles import received

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.sqs.queue import Queue
    from chalice_offline.services.sqs.state import SqsState


def delete_message(sqs: SqsState, context: CallContext, request: Request) -> Result:
    """Delete a message by receipt handle; one that is gone already is fine."""
    queue = sqs.find_queue(request["QueueUrl"], context)
    _delete(queue, request["ReceiptHandle"])
    queue.wake()  # a group may be free now
    return {}


def delete_message_batch(sqs: SqsState, context: CallContext, request: Request) -> Result:
    """Delete up to ten messages; each succeeds or fails by itself."""
    queue = sqs.find_queue(request["QueueUrl"], context)
    check_entries(request["Entries"], "DeleteMessageBatchRequestEntry")

    def delete(entry: Request) -> Result:
        _delete(queue, entry["ReceiptHandle"])
        return {}

    result = each_entry(request["Entries"], delete)
    queue.wake()
    return result


def _delete(queue: Queue, handle: str) -> None:
    """Delete by handle.

    A standard queue deletes with a handle whose visibility timeout ended; a FIFO queue refuses
    it (both recorded).
    """
    message, is_held = received(queue, handle)
    if message is None:
        return
    if queue.attributes.is_fifo and not is_held:
        raise invalid_value("ReceiptHandle", handle, "The receipt handle has expired.")
    queue.delete(message)
