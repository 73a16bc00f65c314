"""Deliveroo: signed webhooks, decisions, deadlines, items and sites."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from simulators.channels.deliveroo.simulator import Deliveroo
from simulators.menu import DELIVEROO
from simulators.orders import OrderGenerator

GRANT = (
    b"grant_type=client_credentials&client_id=deliveroo-local-client"
    b"&client_secret=deliveroo-local-secret"
)


@pytest.fixture
def deliveroo(host) -> Deliveroo:
    return Deliveroo(**host)


@pytest.fixture
def payload(clock):
    return OrderGenerator(seed=1, channels=[DELIVEROO]).order(0, clock()).payload


@pytest.fixture
def order_id(deliveroo, payload):
    return deliveroo.place(payload)


@pytest.fixture
def call(deliveroo, caller):
    token = caller(deliveroo)("POST", "/oauth2/token", GRANT).json()["access_token"]
    return caller(deliveroo, authorization=f"Bearer {token}")


def answer(call, order_id, status, **body):
    return call("PATCH", f"/order/v1/orders/{order_id}", {"status": status, **body})


def test_the_webhook_holds_the_order_and_is_signed_with_its_guid(
    deliveroo, inbox, order_id, payload
):
    """Over the GUID, a space and the raw body."""
    deliveroo.tick()
    [request] = inbox.received
    guid = request.headers["X-Deliveroo-Sequence-Guid"]
    signed = f"{guid} ".encode() + request.body
    secret = b"deliveroo-local-webhook-secret"
    expected = hmac.new(secret, signed, hashlib.sha256).hexdigest()
    assert request.headers["X-Deliveroo-Hmac-Sha256"] == expected
    [body] = inbox.bodies()
    assert (body["event"], body["body"]["order"]) == ("order.new", payload)
    assert body["body"]["order"]["id"] == order_id


def test_an_order_is_accepted_once_and_then_synchronised(deliveroo, call, order_id, clock):
    """The sync status belongs to the three minutes after the acceptance."""
    sync = f"/order/v1/orders/{order_id}/sync_status"
    assert call("POST", sync, {"status": "succeeded"}).status == 409
    assert answer(call, order_id, "accepted").status == 204
    assert answer(call, order_id, "accepted").status == 409
    assert call("POST", sync, {"status": "succeeded"}).status == 204
    clock.advance(seconds=181)
    token = call.app.tokens
    assert token.is_alive(call.headers["authorization"].removeprefix("Bearer "))
    assert call("POST", sync, {"status": "failed", "reason": "other"}).status == 409
    assert [d.decision for d in deliveroo.decisions()] == ["accepted"]


def test_an_order_is_rejected_with_one_of_four_reasons(deliveroo, call, order_id):
    """Any other reason is a bad request."""
    assert answer(call, order_id, "rejected").status == 400
    assert answer(call, order_id, "rejected", reject_reason="lazy").status == 400
    assert answer(call, order_id, "rejected", reject_reason="busy").status == 204
    assert deliveroo.order_state(order_id) == "rejected"


def test_an_order_takes_five_updates_a_minute(call, order_id, clock):
    """Refused ones count."""
    statuses = [answer(call, order_id, "accepted").status for _ in range(6)]
    assert statuses == [204, 409, 409, 409, 409, 429]
    clock.advance(seconds=61)
    assert answer(call, order_id, "accepted").status == 409


def test_an_order_that_nobody_accepts_is_rejected_after_ten_minutes(
    deliveroo, inbox, order_id, clock
):
    """And the webhook says so."""
    deliveroo.tick()
    clock.advance(seconds=600)
    deliveroo.tick()
    assert deliveroo.order_state(order_id) == "rejected"
    assert inbox.bodies()[-1]["body"]["order"]["status"] == "rejected"


def test_a_scheduled_order_is_confirmed_once_more(deliveroo, call, payload, clock):
    """Accepted at once, confirmed when its preparation begins; else it is cancelled."""
    later = {**payload, "asap": False, "confirm_at": "2027-01-15T09:00:00.000Z"}
    kept = deliveroo.place({**later, "id": "gb:kept"})
    lost = deliveroo.place({**later, "id": "gb:lost"})
    assert answer(call, kept, "confirmed").status == 409
    answer(call, kept, "accepted")
    answer(call, lost, "accepted")
    assert answer(call, kept, "confirmed").status == 204
    clock.advance(seconds=3600)
    deliveroo.tick()
    assert (deliveroo.order_state(kept), deliveroo.order_state(lost)) == ("confirmed", "canceled")


def test_customers_cancel(deliveroo, inbox, call, order_id):
    """The status update says canceled; an order that is over cannot be cancelled."""
    answer(call, order_id, "accepted")
    deliveroo.cancel_by_customer(order_id)
    deliveroo.tick()
    assert inbox.bodies()[-1]["body"]["order"]["status"] == "canceled"
    with pytest.raises(ValueError, match="canceled"):
        deliveroo.cancel_by_customer(order_id)


def test_items_and_sites_are_switched(deliveroo, call):
    """A wrong entry changes nothing."""
    items = "/menu/v1/brands/golden-crumb/menus/main/item_unavailabilities/410001"
    off = [{"item_id": "fries", "status": "unavailable"}]
    assert call("POST", items, {"item_unavailabilities": off}).status == 204
    wrong = [{"item_id": "cola", "status": "hidden"}, {"item_id": "fries", "status": "gone"}]
    assert call("POST", items, {"item_unavailabilities": wrong}).status == 400
    assert deliveroo.unavailable == {("410001", "fries"): "unavailable"}
    on = [{"item_id": "fries", "status": "available"}]
    call("POST", items, {"item_unavailabilities": on})
    assert deliveroo.unavailable == {}
    site = "/site/v1/brands/golden-crumb/sites/410001/status"
    assert call("PUT", site, {"status": "CLOSED"}).status == 200
    assert call("PUT", site, {"status": "SLEEPING"}).status == 400
    assert deliveroo.site_status == {"410001": "CLOSED"}


def test_calls_need_a_token_that_is_alive(deliveroo, caller, call, order_id, clock):
    """Five minutes, then another one."""
    assert caller(deliveroo)("GET", f"/order/v1/orders/{order_id}").status == 401
    assert call("GET", f"/order/v1/orders/{order_id}").json()["status"] == "placed"
    clock.advance(seconds=300)
    assert call("GET", f"/order/v1/orders/{order_id}").status == 401
