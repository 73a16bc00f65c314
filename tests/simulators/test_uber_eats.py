"""Uber Eats: token, webhook, fetch, decisions, deadlines, races."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest

from simulators.menu import UBER_EATS
from simulators.orders import OrderGenerator


@pytest.fixture
def order(clock):
    return OrderGenerator(seed=1, channels=[UBER_EATS]).order(0, clock())


@pytest.fixture
def order_id(uber, order):
    return uber.place(order.payload)


def form(**fields):
    return "&".join(f"{name}={value}" for name, value in fields.items()).encode()


GRANT = form(
    client_id="uber-local-client",
    client_secret="uber-local-secret",
    grant_type="client_credentials",
    scope="eats.order",
)


@pytest.fixture
def call(uber, caller):
    token = caller(uber)("POST", "/oauth/v2/token", GRANT).json()["access_token"]
    return caller(uber, authorization=f"Bearer {token}")


def accept(call, order_id, **body):
    return call("POST", f"/v1/eats/orders/{order_id}/accept_pos_order", {"reason": "ok", **body})


def deny(call, order_id, **reason):
    reason = {"explanation": "closed", "code": "STORE_CLOSED", **reason}
    return call("POST", f"/v1/eats/orders/{order_id}/deny_pos_order", {"reason": reason})


def test_token_is_granted_for_client_credentials(uber, caller):
    """A bearer token for 30 days; grants are counted."""
    reply = caller(uber)("POST", "/oauth/v2/token", GRANT)
    assert reply.status == 200
    assert reply.json()["token_type"] == "Bearer"
    assert reply.json()["expires_in"] == 30 * 24 * 3600
    assert len(uber.tokens.grants_at_ms) == 1


def test_token_is_refused_for_wrong_credentials(uber, caller):
    """Wrong secrets and other grant types get OAuth's own errors."""
    wrong = GRANT.replace(b"uber-local-secret", b"guess")
    assert caller(uber)("POST", "/oauth/v2/token", wrong).json()["error"] == "invalid_client"
    other = GRANT.replace(b"client_credentials", b"password")
    assert caller(uber)("POST", "/oauth/v2/token", other).status == 400


def test_token_grants_are_limited_to_100_an_hour(uber, caller, clock):
    """Whoever does not cache the token runs into 429, for an hour."""
    replies = [caller(uber)("POST", "/oauth/v2/token", GRANT).status for _ in range(101)]
    assert replies == [200] * 100 + [429]
    clock.advance(seconds=3601)
    assert caller(uber)("POST", "/oauth/v2/token", GRANT).status == 200


def test_calls_without_a_living_token_are_unauthorized(call, uber, caller, order_id, clock):
    """No token, a wrong one, and one that has expired."""
    assert caller(uber)("GET", f"/v2/eats/order/{order_id}").status == 401
    wrong = caller(uber, authorization="Bearer KA.wrong")
    assert wrong("GET", f"/v2/eats/order/{order_id}").status == 401
    clock.advance(seconds=30 * 24 * 3600)
    assert call("GET", f"/v2/eats/order/{order_id}").status == 401


def test_webhook_is_thin_and_signed_over_the_raw_body(uber, order, order_id, inbox):
    """The body names store and order; everything else is fetched."""
    uber.tick()
    [request] = inbox.received
    mac = hmac.new(b"uber-local-secret", request.body, hashlib.sha256).hexdigest()
    assert request.headers["X-Uber-Signature"] == mac
    assert request.headers["X-Environment"] == "sandbox"
    assert request.url == "http://127.0.0.1:8000/webhooks/uber_eats"
    event = json.loads(request.body)
    assert event["event_type"] == "orders.notification"
    assert event["event_time"] == 1_800_000_000
    assert event["meta"]["user_id"] == order.store.uber_store_id
    assert event["meta"]["resource_id"] == order_id
    assert event["resource_href"].endswith(f"/v2/eats/order/{order_id}")


def test_order_is_fetched_with_its_state(call, order, order_id):
    """GET returns what the customer ordered, and where the order stands."""
    fetched = call("GET", f"/v2/eats/order/{order_id}").json()
    assert fetched["current_state"] == "CREATED"
    assert fetched["payment"]["charges"]["sub_total"]["amount"] == order.subtotal
    assert fetched["cart"] == order.payload["cart"]
    assert call("GET", "/v2/eats/order/none").status == 404


def test_created_orders_lists_what_waits_for_a_decision(call, order, order_id):
    """The sweep for orders whose webhook was missed."""
    path = f"/v1/eats/stores/{order.store.uber_store_id}/created-orders"
    assert [entry["id"] for entry in call("GET", path).json()["orders"]] == [order_id]
    accept(call, order_id)
    assert call("GET", path).json()["orders"] == []
    assert call("GET", f"{path}?limit=none").status == 400


def test_accept_answers_204_and_counts_once(call, uber, order_id):
    """A second decision is a conflict."""
    reply = accept(call, order_id, external_reference_id="ue-1", pickup_time=1_800_000_900)
    assert (reply.status, reply.body) == (204, b"")
    fetched = call("GET", f"/v2/eats/order/{order_id}").json()
    assert (fetched["current_state"], fetched["external_reference_id"]) == ("ACCEPTED", "ue-1")
    assert accept(call, order_id).status == 409
    assert deny(call, order_id).status == 409
    assert [entry.decision for entry in uber.decisions()] == ["accepted"]


def test_accept_refuses_a_pickup_time_that_is_no_unix_time(call, order_id):
    """Seconds since 1970, as an integer."""
    assert accept(call, order_id, pickup_time="soon").status == 400
    assert accept(call, order_id, external_reference_id=5).status == 400


def test_deny_needs_an_explanation_and_a_documented_code(call, uber, order_id):
    """The reason is for Uber's own corrections, so its vocabulary is closed."""
    assert deny(call, order_id, code="NO_IDEA").status == 400
    assert deny(call, order_id, explanation=None).status == 400
    assert deny(call, order_id, out_of_stock_items=["x"]).status == 204
    [decision] = uber.decisions()
    assert decision.detail["reason"]["out_of_stock_items"] == ["x"]
    assert uber.order_state(order_id) == "DENIED"


def test_store_may_still_accept_on_its_tablet_after_our_denial(call, uber, order_id, clock):
    """The documented race, asked for as a fault."""
    uber.faults.add("DenyOrder", "late_accept", seconds=20)
    deny(call, order_id)
    clock.advance(seconds=20)
    uber.tick()
    assert uber.order_state(order_id) == "ACCEPTED"
    assert [entry.decision for entry in uber.decisions()] == ["denied", "accepted_on_tablet"]


def test_order_without_a_decision_is_cancelled_after_eleven_and_a_half_minutes(
    call, uber, order_id, inbox, clock
):
    """First the robocall at 90 s, then orders.cancel; deciding afterwards is too late."""
    assert uber.tick() == clock.at_ms + 90_000
    clock.advance(seconds=90)
    assert uber.tick() == clock.at_ms + 600_000
    assert uber.robocalls == [order_id]
    clock.advance(seconds=599)
    uber.tick()
    assert uber.order_state(order_id) == "CREATED"
    clock.advance(seconds=1)
    assert uber.tick() is None
    assert uber.order_state(order_id) == "CANCELED"
    assert inbox.bodies()[-1]["event_type"] == "orders.cancel"
    assert accept(call, order_id).status == 409


def test_accepted_order_passes_its_deadlines_untouched(call, uber, order_id, inbox, clock):
    """Neither robocall nor cancellation."""
    accept(call, order_id)
    clock.advance(seconds=3600)
    uber.tick()
    assert uber.order_state(order_id) == "ACCEPTED"
    assert uber.robocalls == []
    assert len(inbox.received) == 1


def test_customer_cancellation_is_published(uber, order_id, inbox):
    """An order can be cancelled before we have decided."""
    uber.cancel_by_customer(order_id)
    uber.tick()
    assert [body["event_type"] for body in inbox.bodies()] == [
        "orders.notification",
        "orders.cancel",
    ]
    with pytest.raises(ValueError, match="CANCELED"):
        uber.cancel_by_customer(order_id)


def test_cancel_works_on_live_orders_only(call, order_id):
    """An order that is over, or never was, is 404, as documented."""
    path = f"/v1/eats/orders/{order_id}/cancel"
    assert call("POST", path, {"reason": "BORED"}).status == 400
    assert call("POST", path, {"reason": "OUT_OF_ITEMS"}).status == 204
    assert call("POST", path, {"reason": "OUT_OF_ITEMS"}).status == 404


def test_webhook_is_sent_up_to_seven_times_with_doubling_waits(uber, order_id, inbox, clock):
    """1, 2, 4 … seconds, until 200 comes or seven were sent. 204 is not 200."""
    inbox.status = 204
    sent_after = []
    start_ms = clock.at_ms
    while clock.at_ms < start_ms + 80_000:
        due_ms = uber.tick()
        if len(inbox.received) > len(sent_after):
            sent_after.append((clock.at_ms - start_ms) // 1000)
        clock.at_ms = due_ms
    assert sent_after == [0, 1, 3, 7, 15, 31, 63]
    assert len(inbox.received) == 7
    assert [delivery.resource_id for delivery in uber.abandoned] == [order_id]


def test_receiver_may_call_back_while_the_webhook_is_under_way(call, uber, order_id, inbox):
    """An app that accepts inside its webhook handler does not lock itself out."""
    inbox.on_request = lambda _request: accept(call, order_id)
    uber.tick()
    assert uber.order_state(order_id) == "ACCEPTED"


def test_orders_are_placed_and_cancelled_over_the_control_endpoints(call, uber, order):
    """For people and demos."""
    placed = call("POST", "/_control/orders", order.payload)
    assert placed.status == 201
    order_id = placed.json()["order_id"]
    assert call("POST", f"/_control/orders/{order_id}/accept_on_tablet").status == 200
    assert call("POST", f"/_control/orders/{order_id}/accept_on_tablet").status == 400
    assert call("POST", f"/_control/orders/{order_id}/cancel").json() == {
        "current_state": "CANCELED"
    }
    assert call("POST", "/_control/orders", order.payload).status == 400
    state = call("GET", "/_control/state").json()
    assert state["by_state"] == {"CANCELED": 1}
