"""Orders that are legal and odd, from the partner's webhook to the kitchen and back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from simulators.audit import findings

if TYPE_CHECKING:
    from simulators.street import Street

ALLERGY = "No nuts 🥜, no shellfish 🦐, für Zoë 中文"


def salad(**more: Any) -> dict[str, Any]:
    """Return a salad as DoorDash writes one."""
    item = {"merchant_supplied_id": "salad", "name": "Garden salad", "price": 650, "quantity": 1}
    return {**item, **more}


def order_at_doordash(street: Street, *items: dict[str, Any], **more: Any) -> str:
    """Let a customer order exactly this at the first store."""
    shop = street.world.generator.stores[0]
    payload = {
        "store": {"merchant_supplied_id": shop.doordash_store_id, "provider_type": "x"},
        "categories": [{"name": "B", "items": list(items)}],
        "subtotal": sum(item["price"] * item["quantity"] for item in items),
        "is_pickup": False, "fulfillment_type": "dx_delivery", "delivery_short_code": "abc",
        **more,
    }  # fmt: skip
    order_id = street.world.doordash.place(payload)
    street.world.tick()
    street.go(seconds=60)
    return str(order_id)


def denial(street: Street) -> dict[str, Any]:
    """Return what DoorDash was told with its only decision."""
    [decision] = street.world.doordash.decisions()
    assert decision.decision == "denied"
    detail: dict[str, Any] = decision.detail
    return detail


def test_what_costs_less_than_nothing_is_a_pricing_mismatch_that_names_it(street: Street) -> None:
    """A discount that came as an item of its own is nothing that a kitchen can make."""
    rebate = salad(name="Rebate", price=-700)
    order_at_doordash(street, salad(), rebate)
    told = denial(street)
    assert told["failure_reason"] == "Pricing Mismatch - Rebate - salad"
    assert street.tickets() == []
    assert findings(street) == []


def test_an_item_of_somebody_elses_menu_is_named_as_the_partner_names_it(street: Street) -> None:
    """DoorDash takes off its menu what the text names."""
    order_at_doordash(street, salad(), salad(merchant_supplied_id="Tarte/2 🍋", name="Tarte"))
    told = denial(street)
    assert told["failure_reason"] == "Item Missing - Tarte - Tarte/2 🍋"
    assert told["errors"][0]["merchant_supplied_id"] == "Tarte/2 🍋"
    assert findings(street) == []


@pytest.mark.parametrize("where", ["item", "order"])
def test_a_note_in_any_script_reaches_the_kitchen_whole(street: Street, where: str) -> None:
    """Characters of four bytes, and other people's letters."""
    if where == "item":
        order_id = order_at_doordash(street, salad(special_instructions=ALLERGY))
    else:
        order_id = order_at_doordash(street, salad(), order_special_instructions=ALLERGY)
    assert street.decisions() == {order_id: "accepted"}
    assert ALLERGY in json.dumps(street.world.square.orders(), ensure_ascii=False)
    assert findings(street) == []


def test_a_note_that_no_ticket_can_hold_is_refused_with_its_reason(street: Street) -> None:
    """Cut in the middle it could harm somebody."""
    order_at_doordash(street, salad(special_instructions="No nuts. " * 400))
    assert "instruction is longer" in denial(street)["failure_reason"]
    assert street.tickets() == []
    assert findings(street) == []
