"""A message as its receiver sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.sqs import receipts
from chalice_offline.services.sqs.digests import attributes_digest, body_digest
from chalice_offline.services.sqs.message import sequence_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.sqs.message import Message
    from chalice_offline.services.sqs.queue import Queue


def shown(queue: Queue, message: Message, request: Request) -> Result:
    """Return a message as the receiver sees it."""
    result: Result = {
        "MessageId": message.message_id,
        "ReceiptHandle": receipts.encode(queue.number, message.number, message.receive_count),
        "MD5OfBody": body_digest(message.body),
        "Body": message.body,
    }
    names = request.get("MessageSystemAttributeNames") or []
    names = [*names, *(request.get("AttributeNames") or [])]
    if names:
        shown = _system_attributes(queue, message, names)
        if shown:
            result["Attributes"] = shown
    wanted = request.get("MessageAttributeNames")
    if wanted and message.attributes:
        chosen = _chosen(message.attributes, wanted)
        if chosen:
            result["MD5OfMessageAttributes"] = attributes_digest(chosen)
            result["MessageAttributes"] = chosen
    return result


def _system_attributes(queue: Queue, message: Message, names: list[str]) -> dict[str, str]:
    """Return the system attributes asked for; one the message does not have is left out."""
    is_fifo = queue.attributes.is_fifo
    present = {
        "SenderId": message.sender_id,
        "SentTimestamp": str(message.sent_ms),
        "ApproximateReceiveCount": str(message.receive_count),
        "ApproximateFirstReceiveTimestamp": str(message.first_received_ms),
        "SequenceNumber": sequence_number(message.number) if is_fifo else "",
        "MessageDeduplicationId": message.deduplication_id,
        "MessageGroupId": message.group_id,
        "AWSTraceHeader": message.trace_header,
        "DeadLetterQueueSourceArn": message.dead_letter_source_arn,
    }
    everything = "All" in names
    return {
        name: value for name, value in present.items() if value and (everything or name in names)
    }


def _chosen(attributes: Mapping[str, Any], wanted: list[str]) -> dict[str, Any]:
    """Return the attributes that match: "All", ".*", "*", "prefix.*" or a name (recorded)."""
    if any(name in ("All", ".*", "*") for name in wanted):
        return dict(attributes)
    prefixes = tuple(name.removesuffix(".*") for name in wanted if name.endswith(".*"))
    return {
        name: attribute
        for name, attribute in attributes.items()
        if name in wanted or (prefixes and name.startswith(prefixes))
    }
