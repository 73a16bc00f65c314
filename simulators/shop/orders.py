"""A customer's cart as our shop's site posts it: a checkout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulators.cart import FIRST_NAMES

if TYPE_CHECKING:
    import random

    from simulators.cart import CartLine, PlacedOrder, Selection

Json = dict[str, Any]

DELIVERY_FEE = 399
TIPS = (0, 0, 150, 250, 400)
CARD = "pm_card_visa"


def checkout_payload(order: PlacedOrder, dice: random.Random, _at_ms: int) -> Json:
    """Return the checkout: two in three are carried, the rest is fetched."""
    name = dice.choice(FIRST_NAMES)
    tip = dice.choice(TIPS)
    is_carried = dice.random() < 0.67
    body: Json = {
        "checkout_id": order.order_id,
        "store": order.store.store_id,
        "currency": order.store.currency,
        "items": [_item(line) for line in order.lines],
        "note": order.note,
        "tax": order.tax,
        "tip": tip,
        "handover": "courier" if is_carried else "pickup",
        "customer": {"name": name, "email": f"customer-{order.order_id[:8]}@example.com"},
        "payment_method": CARD,
    }
    if is_carried:
        body["delivery_fee"] = DELIVERY_FEE
        body["if_no_courier"] = dice.choice(("pickup", "cancel"))
        body["customer"]["phone"] = f"+1555{dice.randrange(10**7):07d}"
        body["address"] = {
            "street": f"{dice.randrange(1, 999)} Main Street",
            "city": "Oakland",
            "region": "CA",
            "postal_code": "94601",
            "country": "US",
        }
    body["total"] = order.total + tip + body.get("delivery_fee", 0)
    return body


def _item(line: CartLine) -> Json:
    return {
        "id": line.item.id,
        "name": line.item.name,
        "quantity": line.quantity,
        "price": line.item.price,
        "note": line.note,
        "options": [_option(selection) for selection in line.selections],
    }


def _option(selection: Selection) -> Json:
    return {
        "id": selection.option.id,
        "name": selection.option.name,
        "quantity": selection.quantity,
        "price": selection.option.price,
        "options": [_option(inner) for inner in selection.selections],
    }
