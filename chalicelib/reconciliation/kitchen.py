"""A store's day at its point of sale, and what differs there from our records.

Nothing is concluded from what could not be read: a ticket is missing only when the list that does
not show it is whole, and none of its entries may be that ticket.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chalicelib.domain.errors import RetryLater
from chalicelib.domain.states import State
from chalicelib.pos.base import (
    PosAnswerUnreadable,
    PosOrder,
    PosOutcomeUnknown,
    PosRefused,
    PosUnavailable,
)
from chalicelib.reconciliation.differences import MADE, NOT_MADE, Difference, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chalicelib.domain.record import OrderRecord
    from chalicelib.domain.store import Store
    from chalicelib.pos.base import PointOfSale, UnreadOrder

LONGEST_ID = 100


@dataclass(slots=True)
class Kitchen:
    """What a point of sale lists of a day. `cut_off` is why it is not all; "" when it is."""

    vendor: str
    tickets: list[PosOrder] = field(default_factory=list)
    unread: list[UnreadOrder] = field(default_factory=list)
    cut_off: str = ""


def kitchen_of(pos: PointOfSale, store: Store, start_ms: int, end_ms: int) -> Kitchen:
    """Read the list; RetryLater when the point of sale is away."""
    kitchen = Kitchen(pos.vendor)
    tickets: dict[str, PosOrder] = {}
    try:
        for one in pos.orders_between(store, start_ms, end_ms):
            if isinstance(one, PosOrder):
                # A list that grows while it is paged through shows an entry twice.
                tickets[one.pos_order_id] = one
            else:
                kitchen.unread.append(one)
    except (PosAnswerUnreadable, PosRefused) as error:
        # To ask again in a minute would bring the same.
        kitchen.cut_off = str(error)
    except (PosUnavailable, PosOutcomeUnknown) as error:
        if not (isinstance(error, PosUnavailable) and error.disconnected):
            raise RetryLater(f"store {store.store_id}: {error}") from error
        # The seller has to connect anew: whoever asked first was told so by a PosRefused.
        kitchen.cut_off = str(error)
    kitchen.tickets = list(tickets.values())
    return kitchen


def with_kitchen(records: Sequence[OrderRecord], kitchen: Kitchen) -> Iterator[Difference]:
    """Yield what differs between our records of a day and the point of sale's orders."""
    live: dict[str, list[PosOrder]] = {}
    for ticket in kitchen.tickets:
        if ticket.is_live:
            live.setdefault(ticket.order_key, []).append(ticket)
    not_found = 0
    for record in records:
        mine = live.get(record.key, [])
        if record.state in MADE and not mine:
            not_found += 1
            yield from _not_found(record, kitchen)
        elif record.state in NOT_MADE and mine:
            says = f"{record.state}, ticket {mine[0].pos_order_id}"
            yield Difference(Kind.TICKET_UNWANTED, record.key, says)
        elif record.state not in MADE | NOT_MADE and record.state is not State.HELD:
            yield Difference(Kind.UNSETTLED, record.key, str(record.state))
        if len(mine) > 1:
            ids = ", ".join(ticket.pos_order_id for ticket in mine)
            yield Difference(Kind.TICKET_TWICE, record.key, ids)
        if mine:
            yield from _money(record, mine[0], kitchen.vendor)
    yield from _unread(records, kitchen)
    if kitchen.cut_off:
        says = f"{kitchen.cut_off}; {len(kitchen.tickets)} tickets read"
        says = f"{kitchen.vendor}: {says}, {not_found} orders not among them"
        yield Difference(Kind.KITCHEN_UNREAD, "", says)


def _not_found(record: OrderRecord, kitchen: Kitchen) -> Iterator[Difference]:
    """Tell of an order that was made and that no ticket names."""
    voided = {ticket.pos_order_id for ticket in kitchen.tickets if not ticket.is_live}
    if record.pos_order_id not in voided:
        if any(_is_of(entry, record) for entry in kitchen.unread) or kitchen.cut_off:
            return  # told of where these are
        if any(_may_be_of(entry, record) for entry in kitchen.unread):
            says = f"{record.state}, no ticket among what can be read at {kitchen.vendor}"
            yield Difference(Kind.TICKET_UNREAD, record.key, says)
            return
    yield Difference(Kind.TICKET_MISSING, record.key, f"{record.state}, no ticket")


def _is_of(entry: UnreadOrder, record: OrderRecord) -> bool:
    if entry.order_key:
        return entry.order_key == record.key
    return bool(entry.pos_order_id) and entry.pos_order_id == record.pos_order_id


def _may_be_of(entry: UnreadOrder, record: OrderRecord) -> bool:
    is_known = entry.pos_order_id and record.pos_order_id
    return not entry.order_key and not is_known


def _unread(records: Sequence[OrderRecord], kitchen: Kitchen) -> Iterator[Difference]:
    owners = {record.pos_order_id: record.key for record in records if record.pos_order_id}
    for entry in kitchen.unread:
        key = entry.order_key or owners.get(entry.pos_order_id, "")
        id_ = entry.pos_order_id[:LONGEST_ID] or "without an id"
        yield Difference(Kind.TICKET_UNREAD, key, f"{kitchen.vendor} ticket {id_}: {entry.why}")


def _money(record: OrderRecord, ticket: PosOrder, vendor: str) -> Iterator[Difference]:
    id_ = ticket.pos_order_id
    if ticket.total is None:
        says = f"{vendor} ticket {id_}: what it costs cannot be read"
        yield Difference(Kind.TICKET_UNREAD, record.key, says)
    elif record.order is not None and ticket.total.currency != record.order.currency:
        says = f"{vendor} ticket {id_}: {ticket.total}, not {record.order.currency}"
        yield Difference(Kind.TICKET_UNREAD, record.key, says)
    elif record.ticket_total is not None and (by := ticket.total.amount - record.ticket_total):
        says = f"ticket {ticket.total.amount}, record {record.ticket_total}"
        yield Difference(Kind.TICKET_MONEY, record.key, says, by)
