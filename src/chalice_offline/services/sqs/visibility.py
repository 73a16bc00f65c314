"""ChangeMessageVisibility and ChangeMessageVisibilityBatch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.sqs import limits
from chalice_offline.services.sqs.batches import check_entries, each_entry
from chalice_offline.services.sqs.errors import invalid_value, missing_parameter
from chalice_offline.services.sqs.handles import received

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.sqs.queue import Queue
    from chalice_offline.services.sqs.state import SqsState


def change_message_visibility(sqs: SqsState, context: CallContext, request: Request) -> Result:
    """Let a received message be hidden for longer or shorter, counted from now."""
    queue = sqs.find_queue(request["QueueUrl"], context)
    _change(queue, request["ReceiptHandle"], request["VisibilityTimeout"])
    queue.wake()
    return {}


def change_message_visibility_batch(
    sqs: SqsState, context: CallContext, request: Request
) -> Result:
    """Change the visibility of up to ten messages; each succeeds or fails by itself."""
    queue = sqs.find_queue(request["QueueUrl"], context)
    check_entries(request["Entries"], "ChangeMessageVisibilityBatchRequestEntry")

    def change(entry: Request) -> Result:
        if entry.get("VisibilityTimeout") is None:
            raise missing_parameter("VisibilityTimeout")
        _change(queue, entry["ReceiptHandle"], entry["VisibilityTimeout"])
        return {}

    result = each_entry(request["Entries"], change)
    queue.wake()
    return result


def _change(queue: Queue, handle: str, timeout_seconds: int) -> None:
    if not 0 <= timeout_seconds <= limits.VISIBILITY_TIMEOUT_SECONDS:
        reason = "VisibilityTimeout must be an integer between 0 and 43200"
        raise invalid_value("VisibilityTimeout", timeout_seconds, reason)
    message, is_held = received(queue, handle)
    if message is None or (queue.attributes.is_fifo and not is_held):
        reason = "Message does not exist or is not available for visibility timeout change."
        raise invalid_value("ReceiptHandle", handle, reason)
    timeout_ms = timeout_seconds * 1000
    # Developer Guide, "Visibility timeout": twelve hours from the receive, extensions included.
    until_ms = queue.awake_ms + timeout_ms
    if until_ms - message.received_ms > limits.VISIBILITY_TIMEOUT_SECONDS * 1000:
        reason = "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]"
        raise invalid_value("VisibilityTimeout", timeout_seconds, reason)
    queue.change_visibility(message, timeout_ms)
