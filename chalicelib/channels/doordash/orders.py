"""A DoorDash order as DoorDash writes it, read into our own words.

Source: DoorDash's developer pages, "Marketplace": order webhook, FAQ on orders. Money is whole
cents without a currency: the store's currency is meant.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chalicelib.channels.base import instant, items, text
from chalicelib.channels.item import named, priced
from chalicelib.domain.charges import Charge, ChargeKind, Party, charges_of
from chalicelib.domain.errors import OrderRefused
from chalicelib.domain.fulfilment import Handover, Person, Timing, When
from chalicelib.domain.money import Money, total
from chalicelib.domain.order import Line, Modifier, Order, quantity
from chalicelib.domain.refusal import Reason, Refusal

if TYPE_CHECKING:
    from chalicelib.domain.commands import Notice

HANDOVERS = {
    "dx_delivery": Handover.COURIER,
    "pickup": Handover.PICKUP,
    "mx_fleet_delivery": Handover.MERCHANT,
}


def read_order(notice: Notice, payload: dict[str, Any], currency: str) -> Order:
    """Translate the webhook's order; `currency` is the store's."""
    kind = text(payload, "fulfillment_type")
    is_pickup = payload.get("is_pickup") is True
    handover = HANDOVERS.get(kind, Handover.PICKUP if is_pickup else Handover.COURIER)
    subtotal = Money(payload.get("subtotal"), currency)  # type: ignore[arg-type]
    return Order(
        channel=notice.channel,
        channel_store_id=notice.channel_store_id,
        order_id=notice.order_id,
        display_id=text(payload, "delivery_short_code") or notice.order_id[-5:],
        currency=currency,
        lines=_lines(payload, subtotal),
        subtotal=subtotal,
        note=text(payload, "order_special_instructions"),
        charges=_charges(payload, currency),
        handover=handover,
        person=_person(payload) if handover is Handover.MERCHANT else None,
        timing=Timing(When.NOW, instant(payload, "estimated_pickup_time")),
    )


def _charges(payload: dict[str, Any], currency: str) -> tuple[Charge, ...]:
    """Read the bill: DoorDash remits the tax where the law makes it the facilitator."""
    remits = payload.get("is_tax_remitted_by_doordash", True) is not False
    remitted = Party.MARKETPLACE if remits else Party.MERCHANT
    parts = (
        (ChargeKind.TAX, "tax", remitted),
        (ChargeKind.TIP, "merchant_tip_amount", Party.MERCHANT),
        (ChargeKind.TIP, "tip_amount", Party.MERCHANT),  # only for the merchant's own drivers
    )
    return charges_of(
        Charge(kind, Money(payload[name], currency), party, name)
        for kind, name, party in parts
        if payload.get(name)
    )


def _person(payload: dict[str, Any]) -> Person:
    """Return where our own driver goes; an order without an address cannot be delivered."""
    address, consumer = payload.get("delivery_address"), payload.get("consumer")
    address = address if isinstance(address, dict) else {}
    consumer = consumer if isinstance(consumer, dict) else {}
    person = Person(
        name=" ".join(text(consumer, name) for name in ("first_name", "last_name")).strip(),
        phone=text(consumer, "phone"),
        street=text(address, "street") or text(address, "printable_address"),
        city=text(address, "city"),
        region=text(address, "state"),
        postal_code=text(address, "zip_code") or text(address, "zip"),
        instructions=text(address, "instructions") or text(payload, "delivery_instructions"),
    )
    if not person.street:
        text_ = "the restaurant delivers, and there is no address"
        raise OrderRefused(Refusal(Reason.ADDRESS, text_))
    return person


def _lines(payload: dict[str, Any], subtotal: Money) -> tuple[Line, ...]:
    """Read the cart. An item's price has its options' in it ("Marketplace", FAQ on orders).

    The API reference does not say so, and its sample order shows no price at all: so an order
    that only adds up, or adds up better, with the options beside the price is read that way.
    """
    currency = subtotal.currency
    written = tuple(
        _line(item, currency)
        for category in items(payload, "categories")
        for item in items(category, "items")
    )
    bare = tuple(replace(line, price=line.price - _options_of(line)) for line in written)
    if any(line.price.amount < 0 for line in bare):
        return written

    def distance(lines: tuple[Line, ...]) -> int:
        return abs((total([line.full_price for line in lines], currency) - subtotal).amount)

    return min(bare, written, key=distance)


def _options_of(line: Line) -> Money:
    """Return what the options of one piece cost."""
    prices = [option.full_price.times(option.quantity) for option in line.modifiers]
    return total(prices, line.price.currency)


def _line(item: dict[str, Any], currency: str) -> Line:
    ours = named(item, "merchant_supplied_id")
    return Line(
        id=ours.id,
        name=ours.name,
        quantity=quantity(item.get("quantity"), "item quantity"),
        price=priced(ours, lambda: _amount(item, currency)),
        note=text(item, "special_instructions"),
        modifiers=_modifiers(item, currency),
    )


def _modifiers(item: dict[str, Any], currency: str) -> tuple[Modifier, ...]:
    # DoorDash's sample says "extra" in one place and "extras" in another.
    groups = items(item, "extras") + items(item, "extra")
    return tuple(
        _modifier(option, currency) for group in groups for option in items(group, "options")
    )


def _modifier(option: dict[str, Any], currency: str) -> Modifier:
    ours = named(option, "merchant_supplied_id")
    return Modifier(
        id=ours.id,
        name=ours.name,
        quantity=quantity(option.get("quantity", 1), "option quantity"),
        price=priced(ours, lambda: _amount(option, currency)),
        modifiers=_modifiers(option, currency),
    )


def _amount(item: dict[str, Any], currency: str) -> Money:
    return Money(item.get("price"), currency)  # type: ignore[arg-type]
