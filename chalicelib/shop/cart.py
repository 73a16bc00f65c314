"""A checkout as our shop's site writes it, and the order that the kitchen gets of it.

The site is ours, and what it sends is signed; still the kitchen's prices are those of the menu: a
customer who put something into the cart yesterday pays today's price, or is asked again.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from chalicelib.channels.base import instant, items, obj, text
from chalicelib.domain.charges import Charge, ChargeKind, Party
from chalicelib.domain.checkout import SHOP, Checkout
from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.fulfilment import Handover, Person, Timing, When
from chalicelib.domain.money import Money
from chalicelib.domain.order import Line, Modifier, Order, identifier, quantity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CHECKOUT_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
"""A random UUID: it is all that somebody needs to see how the order gets on."""

EMAIL = re.compile(r"[^@\s,;<>\"\\]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,250}\.[A-Za-z]{2,63}")
METHOD = re.compile(r"[A-Za-z0-9_]{1,255}")
PHONE = re.compile(r"\+[0-9]{7,15}")

MOST_MINOR = 1_000_000
"""No order costs more (10,000.00): a slip of the site's must not reach a card."""
LATEST_MS = 5 * 86_400_000
"""Orders for later than this outlive the reservation of their money."""
LINES = 100
DEPTH = 8
NOTE = 500


def read_checkout(body: Mapping[str, Any], now_ms: int) -> Checkout:
    """Read a checkout whole, or raise InvalidPayload naming the first thing that is wrong."""
    checkout_id = text(body, "checkout_id")
    if not CHECKOUT_ID.fullmatch(checkout_id):
        raise InvalidPayload("checkout_id is no random UUID in lower case")
    handover = _handover(body)
    customer = obj(body, "customer")
    email, method = text(customer, "email"), text(body, "payment_method")
    if not EMAIL.fullmatch(email):
        raise InvalidPayload("customer.email is no address")
    if not METHOD.fullmatch(method):
        raise InvalidPayload("payment_method is missing or is no token")
    cart = _cart(body)
    checkout = Checkout(
        checkout_id=checkout_id,
        channel_store_id=identifier(body.get("store"), "store"),
        placed_ms=now_ms,
        currency=_currency(body),
        total=_amount(body, "total"),
        digest=hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:32],
        handover=handover,
        or_pickup=text(body, "if_no_courier") == "pickup",
        tip=cart["tip"],
        extras=cart["delivery_fee"] + cart["tip"] if handover is Handover.COURIER else 0,
        cart={**cart, "handover": str(handover)},
        method=method,
        email=email,
        person=_person(body, customer, handover),
    )
    order = order_of(checkout)
    _check_sum(checkout, order)
    _check_time(order.timing, now_ms)
    return checkout


def order_of(checkout: Checkout) -> Order:
    """Return the order that the kitchen gets: nothing in it says who eats it."""
    cart, currency = checkout.cart, checkout.currency
    lines = tuple(_line(item, currency) for item in cart["items"])
    handover = Handover(cart["handover"])
    courier = handover is Handover.COURIER
    parts = (
        (ChargeKind.TAX, "tax", Party.MERCHANT),  # our own shop remits its taxes itself
        (ChargeKind.TIP, "tip", Party.COURIER if courier else Party.MERCHANT),
        (ChargeKind.FEE, "delivery_fee", Party.MERCHANT),
        (ChargeKind.DISCOUNT, "discount", Party.MERCHANT),
    )
    ready_ms = cart["ready_ms"]
    return Order(
        channel=SHOP,
        channel_store_id=checkout.channel_store_id,
        order_id=checkout.checkout_id,
        display_id=checkout.checkout_id[-5:].upper(),
        currency=currency,
        lines=lines,
        subtotal=Money(sum(line.full_price.amount for line in lines), currency),
        note=cart["note"],
        charges=tuple(
            Charge(kind, Money(cart[name], currency), party, name)
            for kind, name, party in parts
            if cart[name]
        ),
        total=checkout.amount,
        handover=handover,
        timing=Timing(When.SCHEDULED, ready_ms) if ready_ms else Timing(),
    )


def prices_of(order: Order) -> Iterator[tuple[str, Money]]:
    """Yield every item and option with the price of one piece."""
    for line in order.lines:
        yield line.id, line.price
        yield from _option_prices(line.modifiers)


def _option_prices(modifiers: tuple[Modifier, ...]) -> Iterator[tuple[str, Money]]:
    for modifier in modifiers:
        yield modifier.id, modifier.price
        yield from _option_prices(modifier.modifiers)


def _handover(body: Mapping[str, Any]) -> Handover:
    kinds = {"courier": Handover.COURIER, "pickup": Handover.PICKUP}
    try:
        return kinds[text(body, "handover")]
    except KeyError:
        raise InvalidPayload("handover is neither courier nor pickup") from None


def _currency(body: Mapping[str, Any]) -> str:
    return Money(0, text(body, "currency")).currency


def _cart(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return of the body what makes the order, checked, and nothing else of it."""
    lines = [_item(item, 0) for item in items(body, "items")]
    if not 1 <= len(lines) <= LINES:
        raise InvalidPayload(f"items must be 1 to {LINES}")
    optional = ("tax", "tip", "delivery_fee", "discount")
    amounts = {name: _amount(body, name) if name in body else 0 for name in optional}
    note, ready_ms = text(body, "note")[:NOTE], instant(body, "ready_at")
    return {"items": lines, "note": note, "ready_ms": ready_ms, **amounts}


def _item(item: Mapping[str, Any], depth: int) -> dict[str, Any]:
    if depth > DEPTH:
        raise InvalidPayload("options are nested too deeply")
    options = items(item, "options")
    if len(options) > LINES:
        raise InvalidPayload("an item has too many options")
    return {
        "id": identifier(item.get("id"), "item id"),
        "name": text(item, "name")[:NOTE],
        "quantity": quantity(item.get("quantity", 1), "item quantity"),
        "price": _amount(item, "price"),
        "note": text(item, "note")[:NOTE],
        "options": [_item(option, depth + 1) for option in options],
    }


def _line(item: Mapping[str, Any], currency: str) -> Line:
    return Line(
        item["id"],
        item["name"],
        item["quantity"],
        Money(item["price"], currency),
        note=item["note"],
        modifiers=_modifiers(item, currency),
    )


def _modifiers(item: Mapping[str, Any], currency: str) -> tuple[Modifier, ...]:
    return tuple(
        Modifier(
            option["id"],
            option["name"],
            option["quantity"],
            Money(option["price"], currency),
            modifiers=_modifiers(option, currency),
        )
        for option in item["options"]
    )


def _amount(data: Mapping[str, Any], name: str) -> int:
    value = data.get(name)
    if type(value) is not int or not 0 <= value <= MOST_MINOR:
        raise InvalidPayload(f"{name} is no whole number of minor units, 0 to {MOST_MINOR}")
    return value


def _person(body: Mapping[str, Any], customer: Mapping[str, Any], handover: Handover) -> Person:
    """Return whom the courier has to find."""
    name = text(customer, "name")[:100]
    if handover is not Handover.COURIER:
        return Person(name=name)
    address, phone = obj(body, "address"), text(customer, "phone")
    if not PHONE.fullmatch(phone):
        raise InvalidPayload("customer.phone is no international number")
    parts = ("street", "city", "region", "postal_code", "country", "instructions")
    person = Person(name, phone, *(text(address, part)[:200] for part in parts))
    if not (person.street and person.city):
        raise InvalidPayload("address needs street and city")
    return person


def _check_sum(checkout: Checkout, order: Order) -> None:
    """The customer has agreed to `total`: it must be what the parts come to."""
    parts = [
        order.charged(kind).amount for kind in (ChargeKind.TAX, ChargeKind.TIP, ChargeKind.FEE)
    ]
    comes_to = order.subtotal.amount + sum(parts) - order.charged(ChargeKind.DISCOUNT).amount
    if comes_to != checkout.total or not 1 <= checkout.total <= MOST_MINOR:
        raise InvalidPayload("total is not what items, tax, tip, fee and discount come to")


def _check_time(timing: Timing, now_ms: int) -> None:
    if timing.ready_ms is not None and not now_ms < timing.ready_ms <= now_ms + LATEST_MS:
        raise InvalidPayload("ready_at is in the past, or more than five days away")
