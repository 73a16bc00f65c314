"""Square's payments, the tickets they make, and the signed webhooks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from simulators.menu import make_stores, pos_id

LOCATION = make_stores(1)[0].location_id


def create(call, **more: Any) -> dict[str, Any]:
    items = [{"quantity": "2", "catalog_object_id": pos_id("fries")}]
    body = {"order": {"location_id": LOCATION, "line_items": items, **more}}
    return call("POST", "/v2/orders", body).json()["order"]


def payment(order_id: str, amount: int = 790, key: str = "p1", **more: Any) -> dict[str, Any]:
    return {
        "source_id": "EXTERNAL",
        "idempotency_key": key,
        "amount_money": {"amount": amount, "currency": "USD"},
        "order_id": order_id,
        "external_details": {"type": "EXTERNAL", "source": "Uber Eats", "source_id": "x"},
        **more,
    }


def test_external_payment_of_the_total_prints_a_ticket(call, clock):
    """Only a paid order reaches the kitchen."""
    made = create(call, reference_id="ue-1")
    assert call.app.tickets() == []
    clock.advance(seconds=3)
    reply = call("POST", "/v2/payments", payment(made["id"]))
    paid = reply.json()["payment"]
    assert (reply.status, paid["status"], paid["order_id"]) == (200, "COMPLETED", made["id"])
    [ticket] = call.app.tickets()
    assert (ticket.reference_id, ticket.order_id) == ("ue-1", made["id"])
    assert ticket.printed_at_ms == clock.at_ms
    after = call("GET", f"/v2/orders/{made['id']}").json()["order"]
    assert (after["state"], after["version"]) == ("COMPLETED", 2)
    assert after["net_amount_due_money"]["amount"] == 0
    assert call("GET", f"/v2/payments/{paid['id']}").json()["payment"] == paid


def test_a_paid_order_with_a_fulfilment_stays_open_until_it_is_fulfilled(call):
    """The kitchen closes it."""
    made = create(call, fulfillments=[{"type": "PICKUP"}])
    call("POST", "/v2/payments", payment(made["id"]))
    assert call.app.orders()[0]["state"] == "OPEN"
    call.app.fulfil(made["id"], "COMPLETED")
    assert call.app.orders()[0]["state"] == "COMPLETED"


def test_payment_again_with_the_same_key_prints_no_second_ticket(call):
    """A retry after an unknown outcome is harmless."""
    made = create(call)
    first = call("POST", "/v2/payments", payment(made["id"]))
    assert call("POST", "/v2/payments", payment(made["id"])).body == first.body
    assert len(call.app.tickets()) == 1


def test_payment_of_a_paid_order_with_another_key_is_refused(call):
    """An order is paid once."""
    made = create(call)
    call("POST", "/v2/payments", payment(made["id"]))
    assert call("POST", "/v2/payments", payment(made["id"], key="p2")).status == 400
    assert len(call.app.tickets()) == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount_money": {"amount": 789, "currency": "USD"}}, "PAYMENT_AMOUNT_MISMATCH"),
        ({"amount_money": {"amount": 790.0, "currency": "USD"}}, "EXPECTED_INTEGER"),
        ({"idempotency_key": "k" * 46}, "VALUE_TOO_LONG"),
        ({"idempotency_key": None}, "MISSING_REQUIRED_PARAMETER"),
        ({"external_details": None}, "MISSING_REQUIRED_PARAMETER"),
        ({"source_id": "cnon:card-nonce"}, "UNSUPPORTED_SOURCE_TYPE"),
        ({"order_id": "none"}, "NOT_FOUND"),
    ],
)
def test_payment_refuses_what_square_refuses(call, change, code):
    """Amount, key length (45) and external details are checked; no ticket is printed."""
    made = create(call)
    reply = call("POST", "/v2/payments", {**payment(made["id"]), **change})
    assert reply.code == code
    assert call.app.tickets() == []


def test_pay_order_settles_an_order_that_costs_nothing(call):
    """A total of 0 is settled without a payment."""
    free = {
        "quantity": "1",
        "name": "Tap water",
        "base_price_money": {"amount": 0, "currency": "USD"},
    }
    made = create(call, line_items=[free])
    reply = call("POST", f"/v2/orders/{made['id']}/pay", {"idempotency_key": "z"})
    assert reply.json()["order"]["state"] == "COMPLETED"
    assert len(call.app.tickets()) == 1


def test_two_paid_orders_with_one_reference_are_a_duplicate_ticket(call):
    """The mistake that the ledger exists to show."""
    ids = []
    for number in range(2):
        ids.append(create(call, reference_id="ue-1")["id"])
        call("POST", "/v2/payments", payment(ids[-1], key=f"p{number}"))
    assert call.app.duplicate_tickets() == {"ue-1": ids}


def test_webhooks_tell_of_creation_update_and_payment_signed(call, square, inbox):
    """Thin events in Square's shape; the signature covers URL and raw body."""
    made = create(call)
    call("POST", "/v2/payments", payment(made["id"]))
    assert square.tick() is None
    events = {event["type"]: event for event in inbox.bodies()}
    assert sorted(events) == ["order.created", "order.updated", "payment.updated"]
    created = events["order.created"]["data"]
    assert created["type"] == "order_created"
    assert created["object"]["order_created"] == {
        "order_id": made["id"],
        "version": 1,
        "location_id": LOCATION,
        "state": "OPEN",
        "created_at": made["created_at"],
    }
    assert events["payment.updated"]["data"]["object"]["payment"]["order_id"] == made["id"]
    assert len({event["event_id"] for event in events.values()}) == 3
    url = "http://127.0.0.1:8000/webhooks/pos/square"
    for request in inbox.received:
        signed = url.encode() + request.body
        mac = hmac.new(b"square-local-signature-key", signed, hashlib.sha256).digest()
        assert request.url == url
        assert request.headers["x-square-hmacsha256-signature"] == base64.b64encode(mac).decode()


def test_webhook_that_fails_is_sent_again_until_it_is_taken(call, square, inbox, clock):
    """The same bytes come again: receivers deduplicate by event_id."""
    inbox.statuses = [500, 0]
    create(call)
    due_ms = square.tick()
    assert due_ms == clock.at_ms + 60_000
    clock.advance(seconds=60)
    due_ms = square.tick()
    assert due_ms == clock.at_ms + 120_000
    clock.advance(seconds=120)
    assert square.tick() is None
    assert len({request.body for request in inbox.received}) == 1
    assert [sent.status for sent in square.sent] == [500, 0, 200]


def test_kitchen_progress_is_published(call, square, inbox):
    """Moving a fulfilment on gives order.updated, also through the control endpoint."""
    made = create(call, fulfillments=[{"type": "PICKUP"}])
    reply = call("POST", "/_control/fulfil", {"order_id": made["id"], "state": "PREPARED"})
    assert reply.json()["order"]["fulfillments"][0]["state"] == "PREPARED"
    square.tick()
    assert [json.loads(r.body)["type"] for r in inbox.received] == [
        "order.created",
        "order.updated",
    ]
    assert call("POST", "/_control/fulfil", {"order_id": "x", "state": "BURNT"}).status == 400
