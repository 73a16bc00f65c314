"""Orders as Deliveroo sends them: amounts as `fractional`, modifiers nested as they were chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulators.cart import PICKUP_AFTER_MS
from simulators.instants import rfc3339

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from simulators.cart import PlacedOrder, Selection

Json = dict[str, Any]


def order_payload(order: PlacedOrder, dice: random.Random, at_ms: int) -> Json:
    """Return the webhook's `order` (api-docs.deliveroo.com, Order events)."""
    currency = order.store.currency
    ready = rfc3339(at_ms + PICKUP_AFTER_MS)
    return {
        "id": f"gb:{order.order_id}",
        "order_number": str(dice.randint(10**9, 10**10 - 1)),
        "display_id": str(dice.randint(1000, 9999)),
        "location_id": order.store.deliveroo_site_id,
        "brand_id": "golden-crumb",
        "status": "placed",
        "status_log": [{"at": rfc3339(at_ms), "status": "placed"}],
        "fulfillment_type": "deliveroo",
        "asap": True,
        "prepare_for": ready,
        "start_preparing_at": rfc3339(at_ms),
        "items": [
            {
                "pos_item_id": line.item.id,
                "quantity": line.quantity,
                "name": line.item.name,
                "operational_name": line.item.name,
                "unit_price": _money(line.item.price, currency),
                "total_price": _money(line.total_price, currency),
                "modifiers": _modifiers(line.selections, currency),
                "item_notes": line.note,
            }
            for line in order.lines
        ],
        "subtotal": _money(order.subtotal, currency),
        "total_price": _money(order.total, currency),
        "partner_order_subtotal": _money(order.subtotal, currency),
        "partner_order_total": _money(order.total, currency),
        "offer_discount": _money(0, currency),
        "cash_due": _money(0, currency),
        "bag_fee": _money(0, currency),
        "surcharge": _money(0, currency),
        "order_notes": order.note,
        "cutlery_notes": dice.choice(("", "No cutlery")),
    }


def _money(amount: int, currency: str) -> Json:
    return {"fractional": amount, "currency_code": currency}


def _modifiers(selections: Sequence[Selection], currency: str) -> list[Json]:
    return [
        {
            "pos_item_id": chosen.option.id,
            "quantity": chosen.quantity,
            "name": chosen.option.name,
            "operational_name": chosen.option.name,
            "unit_price": _money(chosen.option.price, currency),
            "total_price": _money(chosen.total_price, currency),
            "modifiers": _modifiers(chosen.selections, currency),
        }
        for chosen in selections
    ]
