"""An Open Delivery order, read into our own words.

Source: the Open Delivery specification (Abrasel, v1.5), Order. Amounts are decimal numbers with a
currency; options stand on one level, their quantity per piece of the item.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.channels.base import OrderWithdrawn, instant, items, money, obj, text
from chalicelib.channels.item import named, priced
from chalicelib.domain.charges import Charge, ChargeKind, Party, charges_of
from chalicelib.domain.errors import InvalidMoney, OrderRefused
from chalicelib.domain.fulfilment import Handover, Person, Timing, When
from chalicelib.domain.money import EXPONENTS, Money
from chalicelib.domain.order import Line, Modifier, Order, quantity
from chalicelib.domain.refusal import Reason, Refusal, RefusedItem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalicelib.domain.commands import Notice

FEES = {
    "DELIVERY_FEE": ChargeKind.FEE,
    "SERVICE_FEE": ChargeKind.FEE,
    "TIP": ChargeKind.TIP,
}

RECEIVERS = {
    "MARKETPLACE": Party.MARKETPLACE,
    "MERCHANT": Party.MERCHANT,
    "LOGISTIC_SERVICES": Party.COURIER,
}


def read_order(notice: Notice, payload: dict[str, Any], currency: str) -> Order:
    """Translate the body of GET order."""
    last = text(payload, "lastEvent")
    if last in ("CANCELLED", "CANCELLATION_REQUESTED"):
        raise OrderWithdrawn(f"the order is {last}")
    order = _order(notice, payload, currency)
    if last == "CONCLUDED":
        raise OrderWithdrawn(f"the order is {last}", order)
    return order


def _order(notice: Notice, payload: dict[str, Any], currency: str) -> Order:
    totals, handover = obj(payload, "total"), _handover(payload)
    return Order(
        channel=notice.channel,
        channel_store_id=notice.channel_store_id,
        order_id=notice.order_id,
        display_id=text(payload, "displayId") or notice.order_id[-4:],
        currency=currency,
        lines=tuple(_line(item) for item in items(payload, "items")),
        subtotal=_amount(obj(totals, "itemsPrice")),
        note=text(payload, "extraInfo"),
        charges=charges_of(_charges(payload)),
        total=_amount_or_none(totals, "orderAmount"),
        cash_due=_cash_due(payload, currency),
        handover=handover,
        person=_person(payload) if handover is Handover.MERCHANT else None,
        timing=_timing(payload),
    )


def _handover(payload: dict[str, Any]) -> Handover:
    if text(payload, "type") != "DELIVERY":
        return Handover.PICKUP
    delivery = payload.get("delivery")
    by = text(delivery, "deliveredBy") if isinstance(delivery, dict) else ""
    return Handover.MERCHANT if by == "MERCHANT" else Handover.COURIER


def _timing(payload: dict[str, Any]) -> Timing:
    begin_ms = instant(payload, "preparationStartDateTime")
    if text(payload, "orderTiming") != "SCHEDULED":
        return Timing(When.NOW)
    schedule = payload.get("schedule")
    schedule = schedule if isinstance(schedule, dict) else {}
    return Timing(When.SCHEDULED, instant(schedule, "scheduledDateTimeStart"), begin_ms)


def _charges(payload: dict[str, Any]) -> Iterator[Charge]:
    for fee in items(payload, "otherFees"):
        kind = FEES.get(text(fee, "type"), ChargeKind.FEE)
        party = RECEIVERS.get(text(fee, "receivedBy"), Party.MARKETPLACE)
        yield Charge(kind, _amount(obj(fee, "price")), party, text(fee, "name"))
    for discount in items(payload, "discounts"):
        for sponsored in items(discount, "sponsorshipValues"):
            amount = _amount(obj(sponsored, "amount"))
            party = RECEIVERS.get(text(sponsored, "name"), Party.MARKETPLACE)
            yield Charge(ChargeKind.DISCOUNT, amount, party, text(discount, "target"))


def _cash_due(payload: dict[str, Any], currency: str) -> Money | None:
    payments = payload.get("payments")
    if not isinstance(payments, dict) or payments.get("pending") is None:
        return None
    due = money(payments, "pending", currency)
    return due if due.amount else None


def _person(payload: dict[str, Any]) -> Person:
    """Return where our own driver goes; an order without an address cannot be delivered."""
    delivery = obj(payload, "delivery")
    address = delivery.get("deliveryAddress")
    address = address if isinstance(address, dict) else {}
    customer = payload.get("customer")
    customer = customer if isinstance(customer, dict) else {}
    phone = customer.get("phone")
    street = (text(address, "street"), text(address, "number"), text(address, "complement"))
    person = Person(
        name=text(customer, "name"),
        phone=text(phone, "number") if isinstance(phone, dict) else "",
        street=" ".join(part for part in street if part),
        city=text(address, "city"),
        region=text(address, "state"),
        postal_code=text(address, "postalCode"),
        country=text(address, "country"),
        instructions=text(address, "instructions") or text(address, "reference"),
    )
    if not person.street:
        reason = "the restaurant delivers, and there is no address"
        raise OrderRefused(Refusal(Reason.ADDRESS, reason))
    return person


def _line(item: dict[str, Any]) -> Line:
    ours = named(item, "externalCode")
    return Line(
        id=ours.id,
        name=ours.name,
        quantity=_whole(item, ours),
        price=priced(ours, lambda: _amount(obj(item, "unitPrice"))),
        note=text(item, "specialInstructions"),
        modifiers=tuple(_modifier(option) for option in items(item, "options")),
    )


def _modifier(option: dict[str, Any]) -> Modifier:
    ours = named(option, "externalCode")
    return Modifier(
        id=ours.id,
        name=ours.name,
        quantity=_whole(option, ours),
        price=priced(ours, lambda: _amount(obj(option, "unitPrice"))),
    )


def _whole(item: dict[str, Any], ours: RefusedItem) -> int:
    """Return the pieces; what is sold by weight cannot be made of a menu item."""
    value = item.get("quantity")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if text(item, "unit") not in ("", "UN"):
        raise OrderRefused(Refusal(Reason.INVALID_ORDER, "an item is sold by weight", (ours,)))
    return quantity(value, "quantity")


def _amount(data: dict[str, Any]) -> Money:
    currency = data.get("currency")
    if not isinstance(currency, str) or currency not in EXPONENTS:
        raise InvalidMoney("an amount has an unknown currency")
    return money(data, "value", currency)


def _amount_or_none(data: dict[str, Any], name: str) -> Money | None:
    value = data.get(name)
    return _amount(value) if isinstance(value, dict) else None
