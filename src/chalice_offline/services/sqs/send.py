"""SendMessage and SendMessageBatch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.sqs import contents, limits
from chalice_offline.services.sqs.batches import check_entries, each_entry
from chalice_offline.services.sqs.deduplication import Original, content_id
from chalice_offline.services.sqs.digests import attributes_digest, body_digest
from chalice_offline.services.sqs.errors import (
    invalid_parameter,
    invalid_value,
    missing_parameter,
)
from chalice_offline.services.sqs.message import Message, sequence_number

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.sqs.queue import Queue
    from chalice_offline.services.sqs.state import SqsState

_ENTRY_TYPE = "SendMessageBatchRequestEntry"
_NOT_FOR_THIS_TYPE = "The request include parameter that is not valid for this queue type."


def send_message(sqs: SqsState, context: CallContext, request: Request) -> Result:
    """Store one message; a duplicate in a FIFO queue is answered like its original."""
    queue = sqs.find_queue(request["QueueUrl"], context)
    _check_contents(queue, request, "are invalid")
    result = _accept(sqs, context, queue, request)
    queue.wake()
    return result


def send_message_batch(sqs: SqsState, context: CallContext, request: Request) -> Result:
    """Store up to ten messages; each succeeds or fails by itself."""
    queue = sqs.find_queue(request["QueueUrl"], context)
    entries: list[Request] = request["Entries"]
    check_entries(entries, _ENTRY_TYPE)
    size = sum(contents.size_bytes(entry) for entry in entries)
    if size > limits.BATCH_SIZE_BYTES:
        raise AwsError(
            "BatchRequestTooLong",
            f"Batch requests cannot be longer than {limits.BATCH_SIZE_BYTES} bytes. "
            f"You have sent {size} bytes.",
        )
    if queue.attributes.is_fifo:
        _check_fifo_entries(queue, entries)

    def send(entry: Request) -> Result:
        _check_contents(queue, entry, "cannot be validated")
        return _accept(sqs, context, queue, entry)

    result = each_entry(entries, send)
    queue.wake()
    return result


def _check_fifo_entries(queue: Queue, entries: list[Request]) -> None:
    """Raise AwsError for what fails a whole batch in a FIFO queue (recorded)."""
    for entry in entries:
        if "MessageGroupId" not in entry:
            raise invalid_parameter("The request must contain the parameter MessageGroupId.")
        _deduplication_id(queue, entry)


def _check_contents(queue: Queue, request: Request, oversize_wording: str) -> None:
    body: str = request["MessageBody"]
    contents.check_body(body)
    attributes = request.get("MessageAttributes")
    if attributes:
        contents.check_attributes(attributes)
    maximum = queue.attributes.maximum_size_bytes
    if contents.size_bytes(request) > maximum:
        raise invalid_parameter(
            f"One or more parameters {oversize_wording}. Reason: Message must be shorter than "
            f"{maximum} bytes."
        )


def _accept(sqs: SqsState, context: CallContext, queue: Queue, request: Request) -> Result:
    """Store a message whose contents were checked, and say so to the sender."""
    delay_ms = _delay_ms(queue, request)
    group_id = _group_id(queue, request)
    deduplication_id = _deduplication_id(queue, request)
    system_attributes = request.get("MessageSystemAttributes") or {}
    # X-Ray: the header of the request counts when the message brings none of its own (recorded).
    own_trace_header = contents.trace_header(system_attributes) if system_attributes else ""
    trace_header = own_trace_header or context.trace_header
    attributes = request.get("MessageAttributes")
    original = None
    if deduplication_id:
        key = (group_id if queue.deduplicates_by_group else "", deduplication_id)
        original = queue.duplicates.find(key, context.now_ms)
    if original is None:
        message = Message(
            message_id=sqs.kernel.ids.uuid(),
            body=request["MessageBody"],
            attributes=contents.stored_attributes(attributes) if attributes else None,
            trace_header=trace_header,
            sender_id=context.account_id,
            sent_ms=context.now_ms,
            group_id=group_id,
            deduplication_id=deduplication_id,
        )
        queue.store(message, delay_ms)
        sqs.kernel.set_origin(message.message_id, context.entry)
        original = Original(message.message_id, message.number, message.sent_ms)
        if deduplication_id:
            queue.duplicates.remember(key, original)
    result: Result = {
        "MD5OfMessageBody": body_digest(request["MessageBody"]),
        "MessageId": original.message_id,
    }
    if attributes:
        result["MD5OfMessageAttributes"] = attributes_digest(attributes)
    if system_attributes:
        result["MD5OfMessageSystemAttributes"] = attributes_digest(system_attributes)
    if queue.attributes.is_fifo:
        result["SequenceNumber"] = sequence_number(original.number)
    return result


def _delay_ms(queue: Queue, request: Request) -> int:
    delay_seconds: int | None = request.get("DelaySeconds")
    if delay_seconds is None:
        return queue.attributes.delay_ms
    if not 0 <= delay_seconds <= limits.DELAY_SECONDS:
        reason = f"DelaySeconds must be >= 0 and <= {limits.DELAY_SECONDS}."
        raise invalid_value("DelaySeconds", delay_seconds, reason)
    if not queue.attributes.is_fifo:
        return delay_seconds * 1000
    if delay_seconds:
        raise invalid_value("DelaySeconds", delay_seconds, _NOT_FOR_THIS_TYPE)
    return queue.attributes.delay_ms  # 0 means the queue's own delay (recorded)


def _group_id(queue: Queue, request: Request) -> str:
    """Return the message group: required in FIFO queues, a tenant's name in standard ones."""
    group_id: Any = request.get("MessageGroupId")
    if group_id is None:
        if queue.attributes.is_fifo:
            raise missing_parameter("MessageGroupId")
        return ""
    contents.check_token("MessageGroupId", group_id)
    return str(group_id)


def _deduplication_id(queue: Queue, request: Request) -> str:
    """Return the id that tells duplicates; "" in a standard queue, which has none."""
    given: Any = request.get("MessageDeduplicationId")
    if not queue.attributes.is_fifo:
        if given is not None:
            raise invalid_value("MessageDeduplicationId", given, _NOT_FOR_THIS_TYPE)
        return ""
    if given is not None:
        contents.check_token("MessageDeduplicationId", given)
        return str(given)
    if queue.attributes.content_based_deduplication:
        return content_id(request["MessageBody"])
    raise invalid_parameter(
        "The queue should either have ContentBasedDeduplication enabled or "
        "MessageDeduplicationId provided explicitly"
    )
