"""Our order as Square writes one.

Source: Square's OpenAPI document, CreateOrder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.domain.order import reference_id
from chalicelib.pos.writing import flat, kitchen_note, ticket_title, title, whole

if TYPE_CHECKING:
    from chalicelib.domain.order import Line, Order
    from chalicelib.domain.store import Store

NAME_LENGTH = 255
NOTE_LENGTH = 2000
PICKUP_NOTE_LENGTH = 500


def order_body(order: Order, store: Store) -> dict[str, Any]:
    """Return CreateOrder's order: one line per cart line, options flattened, prices as paid."""
    return {
        "location_id": store.location_id,
        "reference_id": reference_id(order.channel, order.order_id),
        "source": {"name": title(order.channel)},
        "ticket_name": ticket_title(order)[:30],
        "line_items": [_line_item(line, number) for number, line in enumerate(order.lines, 1)],
        "fulfillments": [_fulfilment(order, store)],
        "metadata": {"order_key": order.key},
    }


def _fulfilment(order: Order, store: Store) -> dict[str, Any]:
    details: dict[str, Any] = {
        "recipient": _recipient(order),
        "schedule_type": "ASAP",
        "prep_time_duration": f"PT{store.prep_minutes}M",
    }
    if note := kitchen_note(order):
        details["note"] = whole(note, PICKUP_NOTE_LENGTH)
    if order.person is None:
        return {"type": "PICKUP", "state": "PROPOSED", "pickup_details": details}
    return {"type": "DELIVERY", "state": "PROPOSED", "delivery_details": details}


def _recipient(order: Order) -> dict[str, Any]:
    person = order.person
    if person is None:
        return {"display_name": ticket_title(order)[:NAME_LENGTH]}
    address = {
        "address_line_1": person.street,
        "address_line_2": person.instructions[:500],
        "locality": person.city,
        "administrative_district_level_1": person.region,
        "postal_code": person.postal_code,
    }
    recipient: dict[str, Any] = {
        "display_name": (person.name or ticket_title(order))[:NAME_LENGTH],
        "address": {name: value for name, value in address.items() if value},
    }
    if person.phone:
        recipient["phone_number"] = person.phone[:17]
    return recipient


def _line_item(line: Line, number: int) -> dict[str, Any]:
    item: dict[str, Any] = {
        "uid": f"line-{number}",
        "catalog_object_id": line.pos_id,
        "quantity": str(line.quantity),
        "base_price_money": line.price.to_dict(),
    }
    if line.note:
        item["note"] = whole(line.note, NOTE_LENGTH)
    modifiers = [
        {
            "catalog_object_id": modifier.pos_id,
            "quantity": str(count),
            "base_price_money": modifier.price.to_dict(),
        }
        for modifier, count in flat(line.modifiers)
    ]
    if modifiers:
        item["modifiers"] = modifiers
    return item
