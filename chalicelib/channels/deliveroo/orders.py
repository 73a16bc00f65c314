"""A Deliveroo order as Deliveroo writes it, read into our own words.

Source: api-docs.deliveroo.com, Order events. Amounts are `{"fractional", "currency_code"}`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.channels.base import OrderWithdrawn, instant, items, obj, text
from chalicelib.channels.item import named, priced
from chalicelib.domain.charges import Charge, ChargeKind, Party, charges_of
from chalicelib.domain.errors import InvalidMoney, OrderRefused
from chalicelib.domain.fulfilment import Handover, Person, Timing, When
from chalicelib.domain.money import Money
from chalicelib.domain.order import Line, Modifier, Order, quantity
from chalicelib.domain.refusal import Reason, Refusal

if TYPE_CHECKING:
    from chalicelib.domain.commands import Notice

HANDOVERS = {
    "deliveroo": Handover.COURIER,
    "restaurant": Handover.MERCHANT,
    "customer": Handover.PICKUP,
    "table_service": Handover.PICKUP,
}

CHARGES = (
    (ChargeKind.DISCOUNT, "offer_discount", Party.MERCHANT),
    (ChargeKind.FEE, "bag_fee", Party.MERCHANT),
    (ChargeKind.FEE, "surcharge", Party.MARKETPLACE),
)


def read_order(notice: Notice, payload: dict[str, Any], currency: str) -> Order:
    """Translate the webhook's order."""
    status = text(payload, "status")
    if status in ("canceled", "rejected"):
        raise OrderWithdrawn(f"the order is {status}")
    handover = HANDOVERS.get(text(payload, "fulfillment_type"), Handover.COURIER)
    notes = (text(payload, "order_notes"), text(payload, "cutlery_notes"))
    return Order(
        channel=notice.channel,
        channel_store_id=notice.channel_store_id,
        order_id=notice.order_id,
        display_id=text(payload, "display_id") or notice.order_id[-4:],
        currency=currency,
        lines=tuple(_line(item) for item in items(payload, "items")),
        subtotal=_subtotal(payload),
        note="; ".join(note for note in notes if note),
        charges=charges_of(
            Charge(kind, amount, party, name)
            for kind, name, party in CHARGES
            if (amount := _amount_or_none(payload, name)) is not None
        ),
        total=_amount_or_none(payload, "total_price"),
        cash_due=_amount_or_none(payload, "cash_due"),
        handover=handover,
        person=_person(payload) if handover is Handover.MERCHANT else None,
        timing=_timing(payload),
    )


def _subtotal(payload: dict[str, Any]) -> Money:
    for name in ("partner_order_subtotal", "subtotal"):
        if (amount := _amount_or_none(payload, name)) is not None:
            return amount
    raise InvalidMoney("subtotal is missing")


def _timing(payload: dict[str, Any]) -> Timing:
    when = When.SCHEDULED if payload.get("asap") is False else When.NOW
    begin_ms = instant(payload, "start_preparing_at") if when is When.SCHEDULED else None
    return Timing(when, instant(payload, "prepare_for"), begin_ms)


def _person(payload: dict[str, Any]) -> Person:
    """Return where our own driver goes; an order without an address cannot be delivered."""
    delivery = payload.get("delivery")
    delivery = delivery if isinstance(delivery, dict) else {}
    address = delivery.get("address")
    address = address if isinstance(address, dict) else delivery
    lines = (text(address, "line1"), text(address, "line2"))
    person = Person(
        name=text(delivery, "customer_name"),
        phone=text(delivery, "contact_number"),
        street=", ".join(line for line in lines if line),
        city=text(address, "city"),
        postal_code=text(address, "postcode"),
        instructions=text(delivery, "note"),
    )
    if not person.street:
        reason = "the restaurant delivers, and there is no address"
        raise OrderRefused(Refusal(Reason.ADDRESS, reason))
    return person


def _line(item: dict[str, Any]) -> Line:
    ours = named(item, "pos_item_id")
    return Line(
        id=ours.id,
        name=ours.name,
        quantity=quantity(item.get("quantity"), "item quantity"),
        price=priced(ours, lambda: _amount(obj(item, "unit_price"))),
        note=text(item, "item_notes"),
        modifiers=_modifiers(item),
    )


def _modifiers(item: dict[str, Any]) -> tuple[Modifier, ...]:
    return tuple(_modifier(modifier) for modifier in items(item, "modifiers"))


def _modifier(item: dict[str, Any]) -> Modifier:
    ours = named(item, "pos_item_id")
    return Modifier(
        id=ours.id,
        name=ours.name,
        quantity=quantity(item.get("quantity", 1), "modifier quantity"),
        price=priced(ours, lambda: _amount(obj(item, "unit_price"))),
        modifiers=_modifiers(item),
    )


def _amount(data: dict[str, Any]) -> Money:
    return Money(data.get("fractional"), data.get("currency_code"))  # type: ignore[arg-type]


def _amount_or_none(payload: dict[str, Any], name: str) -> Money | None:
    value = payload.get(name)
    return _amount(value) if isinstance(value, dict) else None
