"""Orders whose way is not the usual one: for later, cancelled, undone, delivered, priced oddly."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib import bootstrap
from chalicelib.pos.clover import Clover
from chalicelib.pos.square import Square
from chalicelib.pos.toast import Toast
from simulators.audit import findings

if TYPE_CHECKING:
    from simulators.street import Street

BUCKET = "order-middleware-local"
MONEY = {"amount": 650, "currency_code": "USD"}
TILLS = {"square": (0, Square), "toast": (1, Toast), "clover": (2, Clover)}


def uber_order(street: Street, **more: Any) -> dict[str, Any]:
    """Return a salad at the first store."""
    price = {"unit_price": MONEY, "base_unit_price": MONEY}
    item = {"id": "salad", "title": "Garden salad", "quantity": 1, "price": price}
    return {
        "display_id": "AB12C", "type": "DELIVERY_BY_UBER",
        "store": {"id": street.world.generator.stores[0].uber_store_id},
        "cart": {"items": [item]}, "payment": {"charges": {"sub_total": MONEY}}, **more,
    }  # fmt: skip


def doordash_order(street: Street, **more: Any) -> dict[str, Any]:
    """Return a salad at the first store."""
    item = {"merchant_supplied_id": "salad", "name": "Garden salad", "price": 650, "quantity": 1}
    shop = street.world.generator.stores[0]
    return {
        "store": {"merchant_supplied_id": shop.doordash_store_id, "provider_type": "x"},
        "categories": [{"name": "B", "items": [item]}], "subtotal": 650, "is_pickup": False,
        "fulfillment_type": "dx_delivery", "delivery_short_code": "abc", **more,
    }  # fmt: skip


def place(street: Street, partner: Any, payload: dict[str, Any]) -> str:
    """Let a customer order exactly this."""
    order_id: str = partner.place(payload)
    street.world.tick()
    return order_id


def alerts(street: Street) -> list[dict[str, Any]]:
    """Return what staff were told."""
    s3 = street.offline.client("s3")
    keys = s3.list_objects_v2(Bucket=BUCKET, Prefix="alerts/").get("Contents", [])
    return [json.loads(s3.get_object(Bucket=BUCKET, Key=k["Key"])["Body"].read()) for k in keys]


# For later.


def test_scheduled_order_is_promised_at_once_and_printed_in_time(street: Street) -> None:
    """Uber announces it hours before: the kitchen must not fry it now."""
    uber = street.world.uber
    publish = uber._publish
    uber._publish = lambda event, order_id: publish(  # type: ignore[method-assign]
        "orders.scheduled.notification" if event == "orders.notification" else event, order_id
    )
    later = {"estimated_ready_for_pickup_at": "2026-01-01T02:00:00Z"}
    order_id = place(street, uber, uber_order(street, **later))
    street.go(seconds=60)
    assert street.decisions() == {order_id: "accepted"}
    assert street.tickets() == []
    street.go(seconds=2 * 3600, step=60)
    (ticket,) = street.world.square.tickets()
    assert "2026-01-01 01:45" in str(_instant(ticket.printed_at_ms))
    assert findings(street) == []


def _instant(at_ms: int) -> Any:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at_ms / 1000, UTC)


def test_order_is_printed_when_its_courier_is_near(street: Street) -> None:
    """Where the store wants it so: nothing gets cold on the counter."""
    shop = street.world.generator.stores[0]
    menu = street.world.generator.menu_files()[shop.store_id]
    body = json.dumps(menu | {"release_on_courier": ["uber_eats"]}).encode()
    street.offline.client("s3").put_object(
        Bucket=BUCKET, Key=f"menus/{shop.store_id}.json", Body=body
    )
    street.go(seconds=20)
    uber = street.world.uber
    order_id = place(street, uber, uber_order(street))
    street.go(seconds=300, step=30)
    assert (street.decisions(), street.tickets()) == ({order_id: "accepted"}, [])
    uber.courier_arrives(order_id)
    street.settle()
    assert street.tickets() == [order_id]
    street.go(seconds=60)
    assert findings(street) == []


# Cancelled.


def test_order_that_was_cancelled_before_it_was_fetched_is_not_printed(street: Street) -> None:
    """Its own state says so, long before the cancellation's webhook."""
    uber = street.world.uber
    uber.faults.add("orders.notification", "late_webhook", seconds=60)
    uber.faults.add("orders.cancel", "late_webhook", seconds=600)
    order_id = place(street, uber, uber_order(street))
    uber.cancel_by_customer(order_id)
    street.go(seconds=900, step=30)
    assert street.tickets() == []
    assert findings(street) == []


@pytest.mark.parametrize("vendor", sorted(TILLS))
def test_cancellation_while_the_ticket_is_made_leaves_no_ticket(
    long_street: Street, monkeypatch: pytest.MonkeyPatch, vendor: str
) -> None:
    """It comes between creating and printing; where creating prints, the ticket is voided."""
    store, class_ = TILLS[vendor]
    uber, create = long_street.world.uber, class_.create

    def slow(self: Any, record: Any) -> Any:
        ticket = create(self, record)
        orders = bootstrap.services().orders
        now_ms = bootstrap.services().now_ms()
        uber.cancel_by_customer(record.order_id)
        orders.save(orders.get(record.key).cancel(now_ms))  # type: ignore[union-attr]
        return ticket

    monkeypatch.setattr(class_, "create", slow)
    long_street.place("uber_eats", store=store)
    long_street.go(seconds=300, step=10)
    till = long_street.world.points_of_sale[vendor]
    assert till.standing_tickets() == []
    assert len(till.tickets()) == (1 if vendor == "toast" else 0)
    assert findings(long_street) == []


@pytest.mark.parametrize("vendor", sorted(TILLS))
def test_cancellation_after_the_print_voids_the_ticket(long_street: Street, vendor: str) -> None:
    """However long the point of sale is down at that moment."""
    store, _ = TILLS[vendor]
    till = long_street.world.points_of_sale[vendor]
    order_id = long_street.place("uber_eats", store=store)
    long_street.settle()
    assert len(till.standing_tickets()) == 1
    till.faults.add("*", "error_before_commit", times=10**6)
    long_street.world.uber.cancel_by_customer(order_id)
    long_street.go(seconds=120)
    till.faults.clear()
    long_street.go(seconds=600, step=30)
    assert till.standing_tickets() == []
    assert findings(long_street) == []


def cancel_at_the_till(street: Street) -> None:
    """Let the restaurant's staff cancel the only order."""
    square = street.world.square
    (order,) = square._orders.values()
    order["state"] = "CANCELED"
    square._touch(order)
    street.go(seconds=120)


@pytest.mark.parametrize("channel", ["uber_eats", "doordash", "open_delivery"])
def test_kitchens_cancellation_reaches_the_partner(street: Street, channel: str) -> None:
    """Staff cancel at the till; the partner stops its courier and pays the customer back."""
    order_id = street.place(channel)
    street.settle()
    cancel_at_the_till(street)
    assert "cancel" in street.decisions()[order_id]
    assert findings(street) == []


def test_cancellation_that_a_partner_has_no_call_for_is_shown_to_staff(street: Street) -> None:
    """Deliveroo takes an accepted order back by telephone only."""
    street.place("deliveroo")
    street.settle()
    cancel_at_the_till(street)
    assert "order.callback_refused" in {alert["type"] for alert in alerts(street)}


def test_yes_whose_reply_got_lost_is_not_reported_as_refused(street: Street) -> None:
    """DoorDash has committed it and answered 500."""
    doordash = street.world.doordash
    doordash.faults.add("ConfirmOrder", "error_after_commit")
    order_id = place(street, doordash, doordash_order(street))
    street.go(seconds=60)
    (row,) = street.offline.client("dynamodb").scan(TableName="orders")["Items"]
    assert (doordash.order_state(order_id), row["answered"]["S"]) == ("CONFIRMED", "accepted")
    assert findings(street) == []


@pytest.mark.parametrize(
    ("channel", "event"),
    [
        ("uber_eats", "orders.notification"),
        ("deliveroo", "order.new"),
        ("open_delivery", "CREATED"),
    ],
)
def test_lost_webhook_is_found_by_asking(street: Street, channel: str, event: str) -> None:
    """The partner's retries all fail, and nobody else would ever tell us of the order."""
    street.world.channels[channel].faults.add(event, "late_webhook", seconds=3600)
    street.place(channel)
    street.go(seconds=200)
    assert len(street.tickets()) == 1
    street.go(seconds=3700, step=100)  # the webhook comes after all
    assert findings(street) == []


# Who gets what, and for how much.


def test_merchants_driver_finds_the_address_on_the_ticket(street: Street) -> None:
    """And nobody finds it in our record afterwards, nor in any event or log line."""
    more = {
        "fulfillment_type": "mx_fleet_delivery", "tip_amount": 500,
        "delivery_address": {"street": "1 Main St", "city": "Oakland"},
    }  # fmt: skip
    place(street, street.world.doordash, doordash_order(street, **more))
    street.settle()
    (order,) = street.world.square.orders()
    assert "1 Main St" in json.dumps(order["fulfillments"])
    (payment,) = street.world.square.payments()
    assert payment["tip_money"]["amount"] == 500
    (row,) = street.offline.client("dynamodb").scan(TableName="orders")["Items"]
    assert "Main" not in str(row)


def test_merchants_driver_without_an_address_is_refused_by_name(street: Street) -> None:
    """Half an order is worse than none."""
    more = {"fulfillment_type": "mx_fleet_delivery"}
    order_id = place(street, street.world.doordash, doordash_order(street, **more))
    street.settle()
    (decision,) = street.world.doordash.decisions()
    assert (decision.order_id, decision.decision) == (order_id, "denied")
    assert "address" in str(decision.detail)


@pytest.mark.parametrize("subtotal", [1, 65, 6500])
def test_price_that_has_nothing_to_do_with_the_menu_is_refused_and_shown(
    street: Street, subtotal: int
) -> None:
    """The partner says 0.01, the menu says 6.50."""
    place(street, street.world.doordash, doordash_order(street, subtotal=subtotal))
    street.settle()
    assert set(street.decisions().values()) == {"denied"}
    assert street.tickets() == []
    assert any("Pricing Mismatch" in alert["reason"] for alert in alerts(street))


def test_point_of_sales_own_words_stay_with_staff(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The partner hears its own prescribed text."""
    from simulators.pos.square.errors import invalid

    def refuse(_request: Any) -> Any:
        raise invalid("VALUE_TOO_LONG", "Ada's note", "order.line_items[0].note")

    square = street.world.square
    monkeypatch.setattr(square, "_checked_order", refuse)
    place(street, street.world.doordash, doordash_order(street))
    street.settle()
    (decision,) = street.world.doordash.decisions()
    assert decision.decision == "denied"
    assert "Square" not in str(decision.detail)
    assert any("VALUE_TOO_LONG" in alert["reason"] for alert in alerts(street))


def test_an_order_that_ends_while_its_ticket_is_looked_for_does_not_print(
    long_street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Toast takes up to half a minute to say that there is none, and prints what is created."""
    street, find = long_street, Toast.find
    toast, uber = street.world.toast, street.world.uber

    def meanwhile(self: Toast, record: Any) -> Any:
        found = find(self, record)
        monkeypatch.setattr(Toast, "find", find)
        uber.cancel_by_customer(record.order_id)
        orders, now_ms = bootstrap.services().orders, street.world.now_ms()
        current = orders.get(record.key)
        assert current is not None
        orders.save(current.cancel(now_ms))
        return found

    toast.faults.add("ordersPost", "error_before_commit", times=1)
    monkeypatch.setattr(Toast, "find", meanwhile)
    order_id = street.place("uber_eats", store=1, number=1)
    street.go(seconds=300)
    assert street.decisions() == {order_id: "cancelled_by_customer"}
    assert toast.tickets() == []
    assert findings(street) == []


def test_a_partner_that_wants_more_patience_than_it_has_is_told_before_it_loses_it(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Uber cancels after 11.5 minutes what the kitchen has made by then."""
    uber, error = street.world.uber, street.world.uber.error

    def in_an_hour(status: int, detail: str) -> Any:
        headers = {"Retry-After": "3600", "Content-Type": "application/json"}
        return replace(error(status, detail), headers=headers)

    monkeypatch.setattr(uber, "error", in_an_hour)
    uber.faults.add("AcceptOrder", "rate_limited", times=1)
    order_id = street.place("uber_eats", number=1)
    street.go(seconds=720, step=10)
    assert street.decisions() == {order_id: "accepted"}
    assert findings(street) == []


@pytest.mark.parametrize("part", ["tip", "tax", "total", "cash_amount_due"])
def test_an_order_with_a_part_in_another_currency_is_refused_at_once(
    street: Street, part: str
) -> None:
    """Its tip would stop the payment of a ticket that is there already."""
    euros = {"amount": 100, "currency_code": "EUR"}
    payment = {"charges": {"sub_total": MONEY, part: euros}}
    order_id = place(street, street.world.uber, uber_order(street, type="PICK_UP", payment=payment))
    street.settle()
    assert street.decisions() == {order_id: "denied"}
    assert street.world.uber.decisions()[0].detail["reason"]["code"] == "PRICING"
    assert street.world.square.orders() == []
