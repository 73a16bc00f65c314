"""Orders as DoorDash sends them: cents, no total, no currency, no time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulators.cart import FIRST_NAMES, PICKUP_AFTER_MS, by_group
from simulators.channels.doordash.menus import PROVIDER_TYPE
from simulators.instants import rfc3339

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from simulators.cart import PlacedOrder, Selection

Json = dict[str, Any]


def _extras(selections: Sequence[Selection], dice: random.Random) -> list[Json]:
    return [
        {
            "merchant_supplied_id": group.id,
            "name": group.name,
            "options": [
                {
                    "merchant_supplied_id": chosen.option.id,
                    "line_option_id": str(dice.getrandbits(40)),
                    "name": chosen.option.name,
                    "price": chosen.option.price,
                    "quantity": chosen.quantity,
                    # DoorDash's own sample says "extra" here and "extras" one level up.
                    dice.choice(("extra", "extras")): _extras(chosen.selections, dice),
                }
                for chosen in members
            ],
        }
        for group, members in by_group(selections)
    ]


def _categories(order: PlacedOrder, dice: random.Random) -> list[Json]:
    categories: dict[str, Json] = {}
    for line in order.lines:
        name = line.item.category
        category = categories.setdefault(
            name, {"merchant_supplied_id": name.lower(), "name": name, "items": []}
        )
        category["items"].append(
            {
                "merchant_supplied_id": line.item.id,
                "line_item_id": str(dice.getrandbits(40)),
                "name": line.item.name,
                "price": line.unit_price,
                "quantity": line.quantity,
                "special_instructions": line.note,
                "extras": _extras(line.selections, dice),
            }
        )
    return list(categories.values())


def order_payload(order: PlacedOrder, dice: random.Random, at_ms: int) -> Json:
    """Return the webhook's `order` (developer.doordash.com, reference/sample_order).

    Prices are integer minor units; an item's has its options' in it (FAQ on orders, "How is the
    price of an item communicated"). There is no total, no currency and no time of creation. The
    consumer's id is a 64-bit integer.
    """
    return {
        "id": order.order_id,
        "store": {
            "merchant_supplied_id": order.store.doordash_store_id,
            "provider_type": PROVIDER_TYPE,
            "timezone": order.store.timezone,
        },
        "consumer": {
            "id": dice.getrandbits(62) | 2**61,
            "first_name": dice.choice(FIRST_NAMES),
            "last_name": "W.",
            "phone": "855-973-1040",
            "email": "customer@example.com",
        },
        "categories": _categories(order, dice),
        "subtotal": order.subtotal,
        "tax": order.tax,
        "is_tax_remitted_by_doordash": True,
        "tax_amount_remitted_by_doordash": order.tax,
        "merchant_tip_amount": 0,
        "tip_amount": 0,
        "estimated_pickup_time": rfc3339(at_ms + PICKUP_AFTER_MS),
        "is_pickup": False,
        "fulfillment_type": "dx_delivery",
        "experience": dice.choice(("DOORDASH", "DOORDASH", "CAVIAR", "STOREFRONT")),
        "delivery_short_code": f"{dice.getrandbits(32):08x}",
        "commission_type": "regular",
        "order_special_instructions": order.note,
        "is_plastic_ware_option_selected": False,
    }
