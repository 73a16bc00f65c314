"""Orders of our own shop, from the checkout to the door, and every way in which they end early."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.pipeline.shop_audit import checkouts, findings
from tests.pipeline.shop_steps import check_out, status, subjects

if TYPE_CHECKING:
    from tests.pipeline.conftest import Street


def test_an_order_is_paid_made_carried_and_told(street: Street) -> None:
    """In this order: held, ticket, taken, courier, and a mail for each state."""
    ids = [check_out(street, number=number) for number in range(6)]
    street.settle()
    assert set(street.world.shop.answers().values()) == {202}
    assert [status(street, id_)["status"] for id_ in ids] == ["being_made"] * 6
    street.go(seconds=1800, step=30)
    shown = [status(street, id_) for id_ in ids]
    assert {one["status"] for one in shown if one["handover"] == "courier"} == {"delivered"}
    assert {one["status"] for one in shown if one["handover"] == "pickup"} == {"being_made"}
    assert all(one["charged"] for one in shown)
    assert findings(street) == []
    for one in shown:
        wanted = ["Your order is being made"]
        if one["handover"] == "courier":
            wanted += ["Your order is on its way", "Your order was delivered"]
        assert subjects(street, one["checkout_id"]) == wanted
    assert all(record["kitchen"] == "making" for record in checkouts(street).values())


@pytest.mark.parametrize("method", ["pm_card_chargeDeclined", "pm_card_insufficient"])
def test_without_money_there_is_no_ticket(street: Street, method: str) -> None:
    """A declined card ends it, and the customer hears why."""
    id_ = check_out(street, payment_method=method)
    street.settle()
    shown = status(street, id_)
    assert shown["status"] == "declined"
    assert shown["reason"] in ("generic_decline", "insufficient_funds")
    assert subjects(street, id_) == ["Your payment was declined"]
    assert street.world.square.tickets() == []
    street.go(seconds=60)
    assert findings(street) == []
