"""What can differ between our record of an order and what kitchen and partner have of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from chalicelib.domain.states import State

MADE = frozenset({State.ACCEPTED, State.READY, State.COMPLETED})
NOT_MADE = frozenset({State.REJECTED, State.CANCELLED})


class Kind(StrEnum):
    """What is wrong. What could not be compared is: nobody may take it for equal."""

    UNSETTLED = "unsettled"  # a day old, and nobody has said yes or no
    UNREADABLE = "unreadable"  # this code cannot read the record
    TICKET_MISSING = "ticket_missing"  # we said yes, and the kitchen has nothing
    TICKET_UNWANTED = "ticket_unwanted"  # we said no, and the kitchen has a ticket
    TICKET_TWICE = "ticket_twice"
    TICKET_UNKNOWN = "ticket_unknown"  # it names an order of ours that we do not have
    TICKET_MONEY = "ticket_money"  # the ticket's goods cost something else than the order's
    TICKET_UNREAD = "ticket_unread"  # the point of sale shows it, or may, and nobody can read it
    KITCHEN_UNREAD = "kitchen_unread"  # the point of sale's list is not there, or not all of it
    CANCELLED_AT_PARTNER = "cancelled_at_partner"  # the partner took it back, and we made it
    PARTNER_MONEY = "partner_money"  # the partner's goods cost something else than the order's
    PARTNER_UNREAD = "partner_unread"  # what the partner has of it could not be read


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is wrong. `amount` is by how many minor units, where it is about money.

    `order` is "" where nobody can say which order it is about.
    """

    kind: Kind
    order: str
    says: str
    amount: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return asdict(self) | {"kind": str(self.kind)}
