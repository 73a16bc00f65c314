"""From a receipt handle to the message it was given out for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chalice_offline.services.sqs import receipts
from chalice_offline.services.sqs.message import IN_FLIGHT

if TYPE_CHECKING:
    from chalice_offline.services.sqs.message import Message
    from chalice_offline.services.sqs.queue import Queue


class Received(NamedTuple):
    """The message a handle stands for (None once it left the queue) and whose receive it was.

    `is_held`: the message is in flight because of this very receive.
    """

    message: Message | None
    is_held: bool


def received(queue: Queue, handle: str) -> Received:
    """Return what a handle stands for; AwsError when this queue never gave it out."""
    receipt = receipts.decode(handle)
    if receipt.queue_number != queue.number:
        raise receipts.invalid_handle(handle)
    message = queue.messages.get(receipt.message_number)
    is_held = (
        message is not None
        and message.place == IN_FLIGHT
        and message.receive_count == receipt.receive_count
    )
    return Received(message, is_held)
