"""One message, and the places it can be in, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from chalice_offline.core.errors import EmulatorBug

if TYPE_CHECKING:
    from collections.abc import Mapping

# Where a stored message is. Plain integers: they index the queue's counters.
VISIBLE: Final = 0
DELAYED: Final = 1
IN_FLIGHT: Final = 2
PLACES: Final = ("visible", "delayed", "in flight")
# Where it is before a queue has it, and after: handled, expired, or on its way to another queue.
OUTSIDE: Final = 3

# What may follow what. A message in flight that is received or hidden again stays in flight.
MAY_FOLLOW: Final = {
    OUTSIDE: (VISIBLE, DELAYED),
    DELAYED: (VISIBLE, OUTSIDE),
    VISIBLE: (IN_FLIGHT, OUTSIDE),
    IN_FLIGHT: (VISIBLE, OUTSIDE),
}

# AWS's sequence numbers have twenty digits and grow in steps.
_SEQUENCE_BASE: Final = 18_873_516_942_358_761_472
_SEQUENCE_STEP: Final = 256


class Message:
    """A message as its queue keeps it.

    `number` counts the queue's messages in the order of their arrival; in a FIFO queue it also
    gives the sequence number. `available_order` ranks the oldest messages of FIFO groups by when
    they became available.
    """

    __slots__ = (
        "attributes",
        "available_order",
        "body",
        "dead_letter_source_arn",
        "deduplication_id",
        "first_received_ms",
        "group_id",
        "message_id",
        "number",
        "place",
        "receive_count",
        "received_ms",
        "sender_id",
        "sent_ms",
        "trace_header",
        "visible_at_ms",
    )

    def __init__(
        self,
        *,
        message_id: str,
        body: str,
        attributes: Mapping[str, Any] | None,
        trace_header: str,
        sender_id: str,
        sent_ms: int,
        group_id: str = "",
        deduplication_id: str = "",
    ) -> None:
        self.message_id = message_id
        self.body = body
        self.attributes = attributes
        self.trace_header = trace_header
        self.sender_id = sender_id
        self.sent_ms = sent_ms
        self.group_id = group_id
        self.deduplication_id = deduplication_id
        self.dead_letter_source_arn = ""
        self.receive_count = 0
        self.first_received_ms = 0
        self.received_ms = 0
        self.number = 0
        self.available_order = 0
        self.place = OUTSIDE
        self.visible_at_ms = sent_ms

    def move_to(self, place: int) -> None:
        """Be in another place; an EmulatorBug, and no change, when none leads there from here."""
        if place not in MAY_FOLLOW[self.place]:
            names = (*PLACES, "outside")
            raise EmulatorBug(f"a message that is {names[self.place]} cannot become {names[place]}")
        self.place = place


def sequence_number(number: int) -> str:
    """Return the sequence number AWS would show for a FIFO queue's message number `number`."""
    return str(_SEQUENCE_BASE + number * _SEQUENCE_STEP)
