"""An Uber Eats order as Uber writes it, read into our own words.

Source: Uber's developer pages, "Eats": get order details.
"""

from __future__ import annotations

from typing import Any

from chalicelib.channels.base import OrderWithdrawn, instant, items, obj, text
from chalicelib.channels.item import named
from chalicelib.domain.charges import Charge, ChargeKind, Party, charges_of
from chalicelib.domain.commands import Notice, NoticeKind
from chalicelib.domain.errors import InvalidMoney, InvalidPayload, OrderRefused
from chalicelib.domain.fulfilment import Handover, Person, Timing, When
from chalicelib.domain.money import Money, total
from chalicelib.domain.order import Line, Modifier, Order, quantity
from chalicelib.domain.refusal import Reason, Refusal, RefusedItem

WITHDRAWN = frozenset({"DENIED", "CANCELED"})
"""States in which an order is nothing to be made any more."""

HANDOVERS = {
    "DELIVERY_BY_UBER": Handover.COURIER,
    "PICK_UP": Handover.PICKUP,
    "DINE_IN": Handover.PICKUP,
    "DELIVERY_BY_RESTAURANT": Handover.MERCHANT,
}


def read_order(notice: Notice, payload: dict[str, Any], currency: str) -> Order:
    """Translate the body of GET order."""
    state = text(payload, "current_state")
    if state in WITHDRAWN:
        raise OrderWithdrawn(f"the order is {state}")
    order = _order(notice, payload, currency)
    if state == "FINISHED":
        raise OrderWithdrawn(f"the order is {state}", order)
    return order


def _order(notice: Notice, payload: dict[str, Any], currency: str) -> Order:
    cart = obj(payload, "cart")
    charges = obj(obj(payload, "payment"), "charges")
    handover = HANDOVERS.get(text(payload, "type"), Handover.COURIER)
    return Order(
        channel=notice.channel,
        channel_store_id=notice.channel_store_id,
        order_id=notice.order_id,
        display_id=text(payload, "display_id") or notice.order_id[-5:],
        currency=currency,
        lines=tuple(_line(item) for item in items(cart, "items")),
        subtotal=_money(obj(charges, "sub_total")),
        note=text(cart, "special_instructions"),
        charges=_charges(charges, handover),
        total=_money_or_none(charges, "total"),
        cash_due=_money_or_none(charges, "cash_amount_due"),
        handover=handover,
        person=_person(payload) if handover is Handover.MERCHANT else None,
        timing=_timing(notice, payload),
    )


def _charges(charges: dict[str, Any], handover: Handover) -> tuple[Charge, ...]:
    """Read the bill. Uber remits the tax as marketplace facilitator; tips go to who delivers."""
    tip_to = Party.MERCHANT if handover is not Handover.COURIER else Party.COURIER
    parts = (
        (ChargeKind.TAX, "tax", Party.MARKETPLACE),
        (ChargeKind.FEE, "total_fee", Party.MARKETPLACE),
        (ChargeKind.TIP, "tip", tip_to),
        (ChargeKind.DISCOUNT, "total_promo_applied", Party.MERCHANT),
    )
    return charges_of(
        Charge(kind, amount, party, name)
        for kind, name, party in parts
        if (amount := _money_or_none(charges, name)) is not None
    )


def _timing(notice: Notice, payload: dict[str, Any]) -> Timing:
    ready_ms = instant(payload, "estimated_ready_for_pickup_at")
    scheduled = notice.kind is NoticeKind.SCHEDULED
    return Timing(When.SCHEDULED if scheduled else When.NOW, ready_ms)


def _person(payload: dict[str, Any]) -> Person:
    """Return where our own driver goes; an order without an address cannot be delivered."""
    eater = obj(payload, "eater")
    delivery = eater.get("delivery") if isinstance(eater.get("delivery"), dict) else {}
    location = delivery.get("location") if isinstance(delivery, dict) else None
    location = location if isinstance(location, dict) else {}
    person = Person(
        name=text(eater, "first_name"),
        phone=text(eater, "phone"),
        street=text(location, "street_address") or text(location, "street_address_line_one"),
        city=text(location, "city"),
        region=text(location, "state"),
        postal_code=text(location, "zip_code") or text(location, "postal_code"),
        instructions=text(delivery, "notes") if isinstance(delivery, dict) else "",
    )
    if not person.street:
        text_ = "the restaurant delivers, and there is no address"
        raise OrderRefused(Refusal(Reason.ADDRESS, text_))
    return person


def _money_or_none(data: dict[str, Any], name: str) -> Money | None:
    return _money(obj(data, name)) if data.get(name) is not None else None


def _line(item: dict[str, Any]) -> Line:
    ours = _ours(item)
    modifiers, removed = _modifiers(item)
    return Line(
        id=ours.id,
        name=ours.name,
        quantity=quantity(item.get("quantity"), "item quantity"),
        price=_own_price(item, modifiers, ours),
        note=_note(item, removed),
        modifiers=modifiers,
    )


def _modifiers(item: dict[str, Any]) -> tuple[tuple[Modifier, ...], list[str]]:
    """Return the selected options, and the titles of what the customer took out."""
    selected: list[Modifier] = []
    removed: list[str] = []
    for group in items(item, "selected_modifier_groups"):
        removed += [_removed(option) for option in items(group, "removed_items")]
        for option in items(group, "selected_items"):
            ours = _ours(option)
            below, removed_below = _modifiers(option)
            removed += removed_below
            selected.append(
                Modifier(
                    id=ours.id,
                    name=ours.name,
                    quantity=quantity(option.get("quantity"), "modifier quantity"),
                    price=_own_price(option, below, ours),
                    modifiers=below,
                )
            )
    return tuple(selected), removed


def _ours(part: dict[str, Any]) -> RefusedItem:
    if part.get("id") is None:
        raise InvalidPayload("the id of an item or an option is missing")
    return named(part, "id", name="title")


def _removed(option: dict[str, Any]) -> str:
    """Return what the customer took out, as the kitchen can read it."""
    name = text(option, "title") or text(option, "id")
    if not name:
        reason = "something was taken out, and it does not say what"
        raise OrderRefused(Refusal(Reason.INSTRUCTIONS, reason))
    return name


def _own_price(
    item: dict[str, Any], modifiers: tuple[Modifier, ...], refused: RefusedItem
) -> Money:
    """Return one piece's price without its options: Uber's unit_price includes them."""
    try:
        price = obj(item, "price")
        if "base_unit_price" in price:
            return _money(obj(price, "base_unit_price"))
        unit = _money(obj(price, "unit_price"))
        own = unit - total([m.full_price.times(m.quantity) for m in modifiers], unit.currency)
    except InvalidMoney as error:
        raise OrderRefused(Refusal(Reason.PRICING, str(error), (refused,))) from error
    if own.amount < 0:
        refusal = Refusal(Reason.PRICING, "the options cost more than the item", (refused,))
        raise OrderRefused(refusal)
    return own


def _money(data: dict[str, Any]) -> Money:
    return Money.from_dict({"amount": data.get("amount"), "currency": data.get("currency_code")})


def _note(item: dict[str, Any], removed: list[str]) -> str:
    """Put together what the kitchen must read: leaving any of it out could harm someone."""
    parts = [f"NO {title}" for title in removed]
    if allergy := _allergy(item.get("special_requests")):
        parts.append(f"ALLERGY: {allergy}")
    parts.append(text(item, "special_instructions"))
    return "; ".join(part for part in parts if part)


def _allergy(requests: object) -> str:
    """Return the allergy request as text, or refuse the order: Uber forbids dropping it."""
    try:
        if not requests:
            return ""
        if not isinstance(requests, dict) or not requests.keys() <= {"allergy"}:
            raise InvalidPayload("special_requests holds more than an allergy")
        if not requests["allergy"]:
            return ""
        allergy = obj(requests, "allergy")
        parts = [
            text(allergen, "freeform_text") or text(allergen, "type")
            for allergen in items(allergy, "allergens_to_exclude")
        ]
        if instructions := text(allergy, "allergy_instructions"):
            parts.append(instructions)
        if not parts or not all(parts):
            raise InvalidPayload("an allergy does not say what to leave out")
        return ", ".join(parts)
    except InvalidPayload as error:
        refusal = Refusal(Reason.INSTRUCTIONS, "a special request cannot reach the kitchen")
        raise OrderRefused(refusal) from error
