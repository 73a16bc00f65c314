"""Clover: single-use refresh tokens, prints that repeat, limits of app and token."""

from __future__ import annotations

from typing import Any

import pytest

from simulators.menu import CLOVER, pos_id, price_list
from simulators.pos.clover import Clover, Merchant

BASE = "/v3/merchants/M1"


@pytest.fixture
def clover(host) -> Clover:
    merchants = (Merchant("M1", "first-refresh"), Merchant("M2", "other-refresh"))
    return Clover(menu=price_list(CLOVER), merchants=merchants, **host)


def refresh(caller, clover, token: str):
    body = {"client_id": "CLOVERLOCALAPP", "refresh_token": token}
    return caller(clover)("POST", "/oauth/v2/refresh", body)


@pytest.fixture
def call(clover, caller):
    token = refresh(caller, clover, "first-refresh").json()["access_token"]
    return caller(clover, authorization=f"Bearer {token}")


def cart(*local_ids: str, **more: Any) -> dict[str, Any]:
    lines = [{"item": {"id": pos_id(id_, CLOVER)}} for id_ in local_ids or ("fries",)]
    return {"orderCart": {"lineItems": lines, "note": "ue-1\nno salt", **more}}


def test_a_refresh_token_works_once(clover, caller):
    """Each pair brings the next refresh token."""
    first = refresh(caller, clover, "first-refresh").json()
    assert refresh(caller, clover, "first-refresh").status == 401
    assert refresh(caller, clover, first["refresh_token"]).status == 200
    assert clover.tokens.refreshes == 2


def test_an_access_token_ends_and_opens_its_own_merchant_only(call, clock):
    """Another merchant's orders are out of reach."""
    assert call("GET", f"{BASE}/orders").status == 200
    assert call("GET", "/v3/merchants/M2/orders").status == 401
    clock.advance(seconds=1800)
    assert call("GET", f"{BASE}/orders").status == 401


def test_checkout_prices_and_stores_nothing(call, clover):
    """A given price goes before the menu's."""
    body = cart("fries", "cola")
    body["orderCart"]["lineItems"][0]["price"] = 400
    option = {"modifier": {"id": pos_id("dip-aioli", CLOVER)}}
    body["orderCart"]["lineItems"][0]["modifications"] = [option]
    priced = call("POST", f"{BASE}/atomic_order/checkouts", body).json()
    assert priced["total"] == 400 + 75 + 280
    assert clover.orders() == []


def test_an_order_prints_each_time_that_it_is_asked_for(call, clover):
    """Its lines say that it was printed."""
    made = call("POST", f"{BASE}/atomic_order/orders", cart()).json()
    assert clover.tickets() == []
    assert not made["lineItems"]["elements"][0]["printed"]
    event = call("POST", f"{BASE}/print_event", {"orderRef": {"id": made["id"]}}).json()
    assert call("GET", f"{BASE}/print_event/{event['id']}").json() == event
    read = call("GET", f"{BASE}/orders/{made['id']}").json()
    assert read["lineItems"]["elements"][0]["printed"]
    call("POST", f"{BASE}/print_event", {"orderRef": {"id": made["id"]}})
    assert clover.duplicate_tickets() == {"ue-1": [made["id"], made["id"]]}


def test_a_slip_that_takes_an_order_back_is_no_ticket(call, clover):
    """VOID in the title, another print, and the order is deleted."""
    made = call("POST", f"{BASE}/atomic_order/orders", cart()).json()
    call("POST", f"{BASE}/print_event", {"orderRef": {"id": made["id"]}})
    call("POST", f"{BASE}/orders/{made['id']}", {"title": "VOID ue-1"})
    call("POST", f"{BASE}/print_event", {"orderRef": {"id": made["id"]}})
    assert call("DELETE", f"{BASE}/orders/{made['id']}").status == 200
    assert call("GET", f"{BASE}/orders/{made['id']}").status == 404
    assert (len(clover.tickets()), clover.void_slips) == (1, [made["id"]])


def test_orders_are_found_by_when_they_were_made(call, clock):
    """Nothing else can be searched for reliably; deleted ones are not found."""
    first = call("POST", f"{BASE}/atomic_order/orders", cart()).json()
    clock.advance(seconds=60)
    second = call("POST", f"{BASE}/atomic_order/orders", cart()).json()
    since = second["createdTime"] - 1000
    found = call("GET", f"{BASE}/orders?filter=createdTime>={since}").json()["elements"]
    assert [order["id"] for order in found] == [second["id"]]
    call("DELETE", f"{BASE}/orders/{second['id']}")
    left = call("GET", f"{BASE}/orders").json()["elements"]
    assert [order["id"] for order in left] == [first["id"]]
    assert call("GET", f"{BASE}/orders?filter=total>=1").status == 400


def test_a_payment_is_recorded_up_to_the_total(call):
    """The customer has paid the partner."""
    made = call("POST", f"{BASE}/atomic_order/orders", cart()).json()
    path = f"{BASE}/orders/{made['id']}/payments"
    assert call("POST", path, {"amount": 395}).status == 400
    paid = call("POST", path, {"amount": 395, "tender": {"id": "UBER"}})
    assert (paid.status, paid.json()["amount"]) == (200, 395)
    assert call("POST", path, {"amount": 1, "tender": {"id": "UBER"}}).status == 400
    assert call("GET", f"{BASE}/orders/{made['id']}").json()["state"] == "locked"


def test_a_token_has_sixteen_calls_a_second(call, clock):
    """The header names the limit that was hit."""
    for _ in range(16):
        assert call("GET", f"{BASE}/orders").status == 200
    refused = call("GET", f"{BASE}/orders")
    assert (refused.status, refused.headers["X-RateLimit-tokenLimit"]) == (429, "16")
    clock.advance(seconds=1)
    assert call("GET", f"{BASE}/orders").status == 200


def test_a_token_has_five_calls_at_once(call, clover, clock):
    """Calls that are still being answered count; the reply says when to come back."""
    replies = []

    def overlap(_seconds: float) -> None:
        clock.advance(seconds=1)  # so that only what overlaps is counted
        replies.append(call("GET", f"{BASE}/orders"))

    clover._sleep = overlap
    clover.faults.add("getOrders", "slow_success", times=9)
    call("GET", f"{BASE}/orders")
    assert [reply.status for reply in replies] == [429, 200, 200, 200, 200]
    assert replies[0].headers["X-RateLimit-tokenConcurrentLimit"] == "5"
    assert replies[0].headers["retry-after"] == "1"


def test_webhooks_name_orders_by_merchant_and_carry_a_code(call, clover, inbox):
    """Thin: what changed has to be read."""
    made = call("POST", f"{BASE}/atomic_order/orders", cart()).json()
    clover.delete_at_the_till(made["id"])
    clover.tick()
    kinds = [body["merchants"]["M1"][0]["type"] for body in inbox.bodies()]
    assert kinds == ["CREATE", "DELETE"]
    assert inbox.received[0].headers["X-Clover-Auth"] == "clover-local-auth-code"


@pytest.mark.parametrize("lines", [[], [{"item": {"id": "NOTHING"}}], [{}]])
def test_a_wrong_cart_is_refused(call, clover, lines):
    """Nothing is stored."""
    reply = call("POST", f"{BASE}/atomic_order/orders", {"orderCart": {"lineItems": lines}})
    assert reply.status == 400
    assert clover.orders() == []
