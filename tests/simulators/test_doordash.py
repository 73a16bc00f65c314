"""DoorDash: the three answers to a webhook, the confirmation, the JWT."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest

from simulators.menu import DOORDASH
from simulators.orders import OrderGenerator

SECRET = base64.urlsafe_b64encode(b"doordash-local-signing-secret").decode()


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def make_token(now_ms, *, header=None, key=b"doordash-local-signing-secret", **claims):
    now = now_ms // 1000
    header = {"alg": "HS256", "typ": "JWT", "dd-ver": "DD-JWT-V1", **(header or {})}
    all_claims = {"aud": "doordash", "iss": "dev-local", "kid": "key-local", "iat": now}
    all_claims |= {"exp": now + 300, **claims}
    signed = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(all_claims).encode())}"
    return f"{signed}.{b64(hmac.new(key, signed.encode(), hashlib.sha256).digest())}"


@pytest.fixture
def order(clock):
    return OrderGenerator(seed=1, channels=[DOORDASH]).order(0, clock())


@pytest.fixture
def order_id(doordash, order):
    return doordash.place(order.payload)


@pytest.fixture
def call(doordash, caller, clock):
    def send(method, path, body=None):
        fresh = caller(doordash, authorization=f"Bearer {make_token(clock())}")
        return fresh(method, path, body)

    return send


def confirm(call, order_id, status="success", **body):
    path = f"/marketplace/api/v1/orders/{order_id}"
    return call("PATCH", path, {"merchant_supplied_id": "d-1", "order_status": status, **body})


def test_webhook_is_fat_and_carries_the_static_token(doordash, order, order_id, inbox):
    """The whole order comes in the webhook; nothing signs it."""
    doordash.tick()
    [request] = inbox.received
    assert request.headers["Authorization"] == "doordash-local-token"
    assert request.url == "http://127.0.0.1:8000/webhooks/doordash"
    body = json.loads(request.body)
    assert body["event"] == {"type": "OrderCreate", "status": "NEW"}
    assert body["order"] == order.payload
    assert body["order"]["id"] == order_id


@pytest.mark.parametrize(
    ("status", "state", "decision"),
    [
        (200, "CONFIRMED", "accepted_at_once"),
        (401, "FAILED", "failed"),
        (0, "FAILED", "failed"),
    ],
)
def test_webhook_answer_decides_the_order(doordash, order_id, inbox, status, state, decision):
    """200 is an acceptance, anything but 2xx (and no answer) loses the sale."""
    inbox.status = status
    doordash.tick()
    assert doordash.order_state(order_id) == state
    assert [entry.decision for entry in doordash.decisions()] == [decision]
    assert len(inbox.received) == 1


@pytest.mark.parametrize(
    ("statuses", "state", "sent"),
    [
        ([500, 503, 202], "AWAITING_CONFIRMATION", 3),
        ([502, 502, 502, 202], "AWAITING_CONFIRMATION", 4),
        ([500, 401], "FAILED", 2),
        ([500, 500, 500, 500], "FAILED", 4),
    ],
)
def test_order_comes_again_after_5xx(doordash, order_id, inbox, clock, statuses, state, sent):
    """Three times more, 0.3 s apart; only then has it failed."""
    inbox.statuses = [*statuses]
    for _ in range(5):
        doordash.tick()
        clock.advance(seconds=0.3)
    assert doordash.order_state(order_id) == state
    assert len(inbox.received) == sent


def test_202_waits_for_the_confirmation(call, doordash, order_id, inbox):
    """Then the PATCH decides, once."""
    inbox.status = 202
    doordash.tick()
    assert doordash.order_state(order_id) == "AWAITING_CONFIRMATION"
    assert confirm(call, order_id, prep_time="2027-01-15T08:30:00Z").status == 202
    assert doordash.order_state(order_id) == "CONFIRMED"
    again = confirm(call, order_id)
    assert (again.status, again.json()["message"]) == (400, "Order has been confirmed before")


def test_confirmation_may_overtake_the_answer_to_the_webhook(call, doordash, order_id, inbox):
    """A quick worker is faster than the ingest function's reply; its 202 changes nothing then."""
    inbox.status = 202
    inbox.on_request = lambda _request: confirm(call, order_id)
    doordash.tick()
    assert doordash.order_state(order_id) == "CONFIRMED"


def test_failed_confirmation_needs_a_reason(call, doordash, order_id):
    """failure_reason is required with fail."""
    assert confirm(call, order_id, "fail").status == 400
    reason = "Store Unavailable - Connectivity Issue"
    assert confirm(call, order_id, "fail", failure_reason=reason).status == 202
    [decision] = doordash.decisions()
    assert (decision.decision, decision.detail["failure_reason"]) == ("denied", reason)


def test_undecided_order_times_out_between_three_and_eight_minutes(
    call, doordash, order_id, inbox, clock
):
    """When exactly depends on DoorDash's scheduler: here on the seed. Afterwards it is too late."""
    inbox.status = 202
    placed_ms = clock.at_ms
    due_ms = doordash.tick()
    assert 180_000 <= due_ms - placed_ms <= 480_000
    clock.at_ms = due_ms
    doordash.tick()
    assert doordash.order_state(order_id) == "FAILED"
    late = confirm(call, order_id)
    assert (late.status, late.json()["message"]) == (400, "Order confirmation timeout")


def test_confirmation_refuses_bad_bodies_and_unknown_orders(call, order_id):
    """400 for the format, 404 for the id."""
    assert confirm(call, order_id, "maybe").status == 400
    assert confirm(call, order_id, prep_time="soon").status == 400
    assert confirm(call, order_id, prep_time="2027-01-15T08:30:00").status == 400
    assert confirm(call, "none").status == 404


def test_cancellation_is_announced_for_confirmed_orders_only(
    call, doordash, order, order_id, inbox
):
    """It carries our own order id as client_order_id, and no reason."""
    with pytest.raises(ValueError, match="NEW"):
        doordash.cancel_by_customer(order_id)
    confirm(call, order_id)
    doordash.cancel_by_customer(order_id)
    doordash.tick()
    assert inbox.bodies()[-1] == {
        "external_order_id": order_id,
        "client_order_id": "d-1",
        "store": {
            "provider_type": "golden_crumb",
            "merchant_supplied_id": order.store.doordash_store_id,
        },
        "is_asap": True,
    }


def test_merchant_cancels_confirmed_orders_only(call, order_id):
    """202 for a confirmed order, else 400."""
    path = f"/marketplace/api/v1/orders/{order_id}/cancellation"
    assert call("PATCH", path, {"cancel_reason": "KITCHEN_BUSY"}).status == 400
    confirm(call, order_id)
    assert call("PATCH", path, {"cancel_reason": "BORED"}).status == 400
    assert call("PATCH", path, {"cancel_reason": "KITCHEN_BUSY"}).status == 202
    assert call("PATCH", path, {"cancel_reason": "KITCHEN_BUSY"}).status == 400


def test_items_options_and_stores_are_switched(call, doordash, order_id):
    """86: an inactive item is remembered by store; a bad entry changes nothing."""
    store = "/marketplace/api/v1/stores/golden-crumb-001"
    entry = {"merchant_supplied_id": "fries", "is_active": False}
    assert call("PUT", f"{store}/items/status", [entry]).status == 200
    assert call("PUT", f"{store}/item_options/status", [entry]).status == 200
    bad = [{"merchant_supplied_id": "cola", "is_active": False}, {"is_active": "no"}]
    assert call("PUT", f"{store}/items/status", bad).status == 400
    assert doordash.item_status == {("golden-crumb-001", "fries"): False}
    assert call("PUT", f"{store}/status", {"is_active": False, "reason": "oven"}).status == 200
    assert doordash.store_status["golden-crumb-001"]["reason"] == "oven"
    ready = f"/marketplace/api/v1/orders/{order_id}/events/order_ready_for_pickup"
    assert call("PATCH", ready).status == 202


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"aud": "uber"}, "aud"),
        ({"iss": "someone"}, "iss"),
        ({"kid": "other"}, "kid"),
        ({"exp": 0}, "expired"),
        ({"exp": 1_800_000_000 + 1801}, "30 minutes"),
        ({"iat": 1_800_000_000 + 120}, "future"),
        ({"exp": "soon"}, "numbers"),
        ({"header": {"dd-ver": None}}, "dd-ver"),
        ({"header": {"alg": "none"}}, "HS256"),
        ({"key": b"not-the-key"}, "signature"),
    ],
)
def test_token_must_be_fresh_and_ours(doordash, caller, clock, changes, why):
    """Every claim is checked; the reason is told."""
    token = make_token(clock(), **changes)
    reply = confirm(caller(doordash, authorization=f"Bearer {token}"), "x")
    assert (reply.status, reply.json()["code"]) == (401, "authentication_error")
    assert why in reply.json()["message"]


@pytest.mark.parametrize(
    "token", ["", "Bearer", "Bearer a.b", "Bearer a.b.c", "Bearer !.!.!", "x y"]
)
def test_token_must_be_a_jwt(doordash, caller, token):
    """Garbage is 401, not a crash."""
    assert confirm(caller(doordash, authorization=token), "x").status == 401
