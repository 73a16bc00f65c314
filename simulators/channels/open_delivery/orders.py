"""Orders as Open Delivery has them: decimal amounts, one level of options.

What was chosen under an option stands beside it, its quantity multiplied: the specification has
no deeper level.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from simulators.cart import FIRST_NAMES, PICKUP_AFTER_MS
from simulators.instants import rfc3339

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

    from simulators.cart import CartLine, PlacedOrder, Selection

Json = dict[str, Any]


def order_payload(order: PlacedOrder, dice: random.Random, at_ms: int) -> Json:
    """Return the body of GET /v1/orders/{id} (Open Delivery v1.5, Order)."""
    currency = order.store.currency
    name = dice.choice(FIRST_NAMES)
    return {
        "id": order.order_id,
        "type": "DELIVERY",
        "displayId": order.order_id[-4:].upper(),
        "createdAt": rfc3339(at_ms),
        "salesChannel": "OPEN_DELIVERY",
        "orderTiming": "INSTANT",
        "preparationStartDateTime": rfc3339(at_ms),
        "merchant": {"id": order.store.open_delivery_merchant_id, "name": order.store.name},
        "items": [_item(line, number, currency) for number, line in enumerate(order.lines)],
        "otherFees": [],
        "discounts": [],
        "total": {
            "itemsPrice": _price(order.subtotal, currency),
            "otherFees": _price(0, currency),
            "discount": _price(0, currency),
            "orderAmount": _price(order.subtotal, currency),
        },
        "payments": {
            "prepaid": _number(order.subtotal),
            "pending": 0,
            "methods": [
                {
                    "value": _number(order.subtotal),
                    "currency": currency,
                    "type": "PREPAID",
                    "method": "CREDIT",
                }
            ],
        },
        "customer": {
            "id": str(dice.getrandbits(40)),
            "name": name,
            "phone": {"number": "+1 555-555-0100"},
        },
        "delivery": {
            "deliveredBy": "MARKETPLACE",
            "estimatedDeliveryDateTime": rfc3339(at_ms + 2 * PICKUP_AFTER_MS),
        },
        "extraInfo": order.note,
    }


def _item(line: CartLine, number: int, currency: str) -> Json:
    return {
        "id": str(number),
        "index": number,
        "name": line.item.name,
        "externalCode": line.item.id,
        "unit": "UN",
        "quantity": line.quantity,
        "specialInstructions": line.note,
        "unitPrice": _price(line.item.price, currency),
        "optionsPrice": _price(line.unit_price - line.item.price, currency),
        "totalPrice": _price(line.total_price, currency),
        "options": [
            {
                "id": chosen.option.id,
                "index": place,
                "name": chosen.option.name,
                "externalCode": chosen.option.id,
                "unit": "UN",
                "quantity": count,
                "unitPrice": _price(chosen.option.price, currency),
                "totalPrice": _price(chosen.option.price * count, currency),
            }
            for place, (chosen, count) in enumerate(_flat(line.selections))
        ],
    }


def _flat(selections: Sequence[Selection], times: int = 1) -> Iterator[tuple[Selection, int]]:
    for chosen in selections:
        count = chosen.quantity * times
        yield chosen, count
        yield from _flat(chosen.selections, count)


def _number(amount: int) -> float:
    return float(Decimal(amount) / 100)


def _price(amount: int, currency: str) -> Json:
    return {"value": _number(amount), "currency": currency}
