"""How an order is written for any kitchen: titles, notes, options on one level."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.domain.refusal import Reason, Refusal
from chalicelib.pos.base import PosRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalicelib.domain.order import Modifier, Order
    from chalicelib.domain.record import OrderRecord
    from chalicelib.domain.store import Store

CHANNEL_TITLES = {
    "uber_eats": "Uber Eats",
    "doordash": "DoorDash",
    "deliveroo": "Deliveroo",
    "open_delivery": "Open Delivery",
    "shop": "Online shop",
}


def order_and_store(record: OrderRecord) -> tuple[Order, Store]:
    """Return what an order that is submitted always has."""
    assert record.order is not None, "an order that is submitted has been read"
    assert record.store is not None, "an order that is submitted has a store"
    return record.order, record.store


def begun_ms(record: OrderRecord) -> int:
    """Return since when there may be a ticket: not while the order was held, perhaps for days."""
    return record.clock_ms or record.received_ms


def title(channel: str) -> str:
    """Return a partner's name as people write it."""
    return CHANNEL_TITLES.get(channel, channel)


def ticket_title(order: Order) -> str:
    """Return what the courier asks for: the partner and its short number, not a name."""
    return f"{title(order.channel)} {order.display_id}"


def kitchen_note(order: Order) -> str:
    """Return the order's note, with the cash that has to be collected before it."""
    if order.cash_due is not None and order.cash_due.amount:
        return f"COLLECT CASH {order.cash_due}; {order.note}".rstrip("; ")
    return order.note


def whole(note: str, length: int) -> str:
    """Return the note, or refuse the order: half of an allergy note is worse than none."""
    if len(note) > length:
        text = f"an instruction is longer than the point of sale's {length} characters"
        raise PosRefused(Refusal(Reason.INSTRUCTIONS, text))
    return note


def flat(modifiers: tuple[Modifier, ...], times: int = 1) -> Iterator[tuple[Modifier, int]]:
    """Yield every option with its count per line, for points of sale with one level of them."""
    for modifier in modifiers:
        count = modifier.quantity * times
        yield modifier, count
        yield from flat(modifier.modifiers, count)
