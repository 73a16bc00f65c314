"""What can differ between our record of an order and what kitchen and partner have of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from chalicelib.domain.states import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chalicelib.domain.record import OrderRecord
    from chalicelib.pos.base import PosOrder

MADE = frozenset({State.ACCEPTED, State.READY, State.COMPLETED})
NOT_MADE = frozenset({State.REJECTED, State.CANCELLED})


class Kind(StrEnum):
    """What is wrong."""

    UNSETTLED = "unsettled"  # a day old, and nobody has said yes or no
    UNREADABLE = "unreadable"  # this code cannot read the record
    TICKET_MISSING = "ticket_missing"  # we said yes, and the kitchen has nothing
    TICKET_UNWANTED = "ticket_unwanted"  # we said no, and the kitchen has a ticket
    TICKET_TWICE = "ticket_twice"
    TICKET_UNKNOWN = "ticket_unknown"  # it names an order of ours that we do not have
    TICKET_MONEY = "ticket_money"  # the ticket's goods cost something else than the order's
    CANCELLED_AT_PARTNER = "cancelled_at_partner"  # the partner took it back, and we made it
    PARTNER_MONEY = "partner_money"  # the partner's goods cost something else than the order's


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is wrong. `amount` is by how many minor units, where it is about money."""

    kind: Kind
    order: str
    says: str
    amount: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return asdict(self) | {"kind": str(self.kind)}


def with_kitchen(
    records: Sequence[OrderRecord], tickets: Sequence[PosOrder]
) -> Iterator[Difference]:
    """Yield what differs between our records of a day and the point of sale's orders."""
    live: dict[str, list[PosOrder]] = {}
    for ticket in tickets:
        if ticket.is_live:
            live.setdefault(ticket.order_key, []).append(ticket)
    for record in records:
        mine = live.get(record.key, [])
        if record.state in MADE and not mine:
            yield Difference(Kind.TICKET_MISSING, record.key, f"{record.state}, no ticket")
        elif record.state in NOT_MADE and mine:
            says = f"{record.state}, ticket {mine[0].pos_order_id}"
            yield Difference(Kind.TICKET_UNWANTED, record.key, says)
        elif record.state not in MADE | NOT_MADE and record.state is not State.HELD:
            yield Difference(Kind.UNSETTLED, record.key, str(record.state))
        if len(mine) > 1:
            ids = ", ".join(ticket.pos_order_id for ticket in mine)
            yield Difference(Kind.TICKET_TWICE, record.key, ids)
        if mine:
            yield from _money(record, mine[0])


def _money(record: OrderRecord, ticket: PosOrder) -> Iterator[Difference]:
    if record.ticket_total is None or ticket.total is None:
        return
    by = ticket.total.amount - record.ticket_total
    if by:
        says = f"ticket {ticket.total.amount}, record {record.ticket_total}"
        yield Difference(Kind.TICKET_MONEY, record.key, says, by)
