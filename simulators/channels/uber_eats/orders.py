"""Orders as Uber Eats hands them out: prices with options, allergies apart."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from simulators.cart import FIRST_NAMES, PICKUP_AFTER_MS, by_group
from simulators.instants import rfc3339

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from simulators.cart import CartLine, PlacedOrder, Selection

Json = dict[str, Any]


def _money(amount: int, currency: str) -> Json:
    return {
        "amount": amount,
        "currency_code": currency,
        "formatted_amount": f"${amount // 100}.{amount % 100:02d}",
    }


def _price(unit: int, base: int, quantity: int, currency: str) -> Json:
    return {
        "unit_price": _money(unit, currency),
        "total_price": _money(unit * quantity, currency),
        "base_unit_price": _money(base, currency),
        "base_total_price": _money(base * quantity, currency),
    }


def _groups(selections: Sequence[Selection], currency: str) -> list[Json]:
    return [
        {
            "id": group.id,
            "title": group.name,
            "external_data": group.id,
            "selected_items": [
                {
                    "id": chosen.option.id,
                    "title": chosen.option.name,
                    "external_data": chosen.option.id,
                    "quantity": chosen.quantity,
                    "price": _price(
                        chosen.unit_price, chosen.option.price, chosen.quantity, currency
                    ),
                    "selected_modifier_groups": _groups(chosen.selections, currency),
                }
                for chosen in members
            ],
            "removed_items": None,
        }
        for group, members in by_group(selections)
    ]


def _item(line: CartLine, dice: random.Random, currency: str) -> Json:
    item: Json = {
        "id": line.item.id,
        "instance_id": str(uuid.UUID(int=dice.getrandbits(128), version=4)),
        "title": line.item.name,
        "external_data": line.item.id,
        "quantity": line.quantity,
        "price": _price(line.unit_price, line.item.price, line.quantity, currency),
        "selected_modifier_groups": _groups(line.selections, currency),
        "special_instructions": line.note,
    }
    if dice.random() < 0.05:
        item["special_requests"] = {
            "allergy": {
                "allergens_to_exclude": [{"type": "PEANUTS", "freeform_text": None}],
                "allergy_instructions": "Clean gloves, please",
            }
        }
    return item


def order_payload(order: PlacedOrder, dice: random.Random, at_ms: int) -> Json:
    """Return the body of GET /v2/eats/order/{id} (developer.uber.com, Get Order Details)."""
    currency = order.store.currency
    name = dice.choice(FIRST_NAMES)
    items = [_item(line, dice, currency) for line in order.lines]
    return {
        "id": order.order_id,
        "display_id": order.order_id[-5:].upper(),
        "current_state": "CREATED",
        "type": "DELIVERY_BY_UBER",
        "brand": "UBER_EATS",
        "store": {"id": order.store.uber_store_id, "name": order.store.name},
        "eater": {
            "first_name": name,
            "last_name": "R.",
            "phone": "+1 555-555-0100",
            "phone_code": f"{dice.randint(100, 999)} {dice.randint(10, 99)}",
        },
        "cart": {"items": items, "special_instructions": order.note},
        "payment": {
            "charges": {
                "total": _money(order.total, currency),
                "sub_total": _money(order.subtotal, currency),
                "tax": _money(order.tax, currency),
                "total_fee": _money(0, currency),
                "cash_amount_due": _money(0, currency),
            }
        },
        "placed_at": rfc3339(at_ms),
        "estimated_ready_for_pickup_at": rfc3339(at_ms + PICKUP_AFTER_MS),
    }
