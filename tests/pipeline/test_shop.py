"""Orders of our own shop, from the checkout to the door, and every way in which they end early."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.domain.checkout import COURIER_WITHIN_MS
from chalicelib.domain.money import Money
from simulators.audit import findings
from simulators.shop.audit import checkouts
from tests.pipeline.shop_steps import check_out, post, status, subjects, texts
from tests.pipeline.test_journeys import cancel_at_the_till

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


def test_money_is_taken_after_the_ticket_and_given_back_when_there_is_none(street: Street) -> None:
    """The kitchen says no in time, or nobody answers before the deadline."""
    street.world.square.faults.add("*", "error_before_commit", times=500)
    ids = [check_out(street, number=number) for number in range(2)]
    street.go(seconds=240)
    street.world.square.faults.clear()
    street.go(seconds=300, step=20)
    for id_ in ids:
        shown = status(street, id_)
        assert (shown["status"], shown["charged"]) == ("refused", False)
        assert subjects(street, id_) == ["The restaurant cannot make your order"]
    assert street.world.stripe.kept() == 0
    assert findings(street) == []


def test_the_kitchen_may_cancel_what_was_paid(street: Street) -> None:
    """The customer gets the money back, and the courier is sent away."""
    id_ = check_out(street, carried=True)
    street.settle()
    assert status(street, id_)["charged"]
    cancel_at_the_till(street)
    assert status(street, id_)["status"] == "kitchen_cancelled"
    assert street.world.stripe.kept() == 0
    assert subjects(street, id_)[-1] == "The restaurant had to cancel your order"
    assert [d["delivery_status"] for d in street.world.drive.deliveries()] == ["cancelled"]


@pytest.mark.parametrize("wish", ["pickup", "cancel"])
def test_without_a_courier_it_is_as_the_customer_wished(street: Street, wish: str) -> None:
    """Fetched, with fee and tip back; or taken back whole, at the kitchen first."""
    street.world.drive.without_couriers = True
    id_ = check_out(street, number=3, carried=True, if_no_courier=wish, tip=200)
    payload = street.world.shop.checkouts()[id_]
    assert street.world.shop.answers()[id_] == 400  # the tip is not in the total
    id_ = check_out(street, number=4, carried=True, if_no_courier=wish)
    payload = street.world.shop.checkouts()[id_]
    street.go(seconds=COURIER_WITHIN_MS / 1000 + 240, step=30)
    shown = status(street, id_)
    extras = payload["delivery_fee"] + payload["tip"]
    if wish == "pickup":
        assert (shown["handover"], shown["status"]) == ("pickup", "being_made")
        assert street.world.stripe.kept() == payload["total"] - extras
        assert "Please fetch your order" in subjects(street, id_)
        assert any(f"you get {Money(extras, 'USD')} back" in text for text in texts(street))
    else:
        assert shown["status"] == "no_courier"
        assert street.world.stripe.kept() == 0
        assert subjects(street, id_)[-1] == "We found no courier for your order"
    assert findings(street) == []


def test_a_courier_who_gives_up_is_replaced_until_the_food_is_gone(street: Street) -> None:
    """Before the food is in the bag another one comes; after that it is paid back."""
    drive = street.world.drive
    id_ = check_out(street, carried=True)
    street.go(seconds=120, step=10)
    drive.desert(f"{id_}.1")
    street.go(seconds=120, step=10)
    found = [d["delivery_status"] for d in drive.deliveries()]
    assert found == ["cancelled", "confirmed"]
    street.go(seconds=780, step=60)
    assert status(street, id_)["status"] == "on_the_way"
    drive.desert(f"{id_}.2")
    street.go(seconds=240, step=30)
    assert status(street, id_)["status"] == "courier_lost"
    assert street.world.stripe.kept() == 0


@pytest.mark.parametrize("after", [0.0, 0.3, 1.0, 60.0])
def test_a_customer_cancels_before_or_after_paying(street: Street, after: float) -> None:
    """No ticket stands, nothing is kept, no courier comes; late webhooks change nothing."""
    street.world.stripe.faults.add(
        "payment_intent.amount_capturable_updated", "late_webhook", seconds=90
    )
    id_ = check_out(street, carried=True)
    if after:
        street.offline.advance(seconds=after, raise_errors=False)
    street.world.shop.cancel(id_)
    street.world.tick()
    street.go(seconds=300, step=20)
    assert street.world.shop.answers("cancellation") == {id_: 202}
    assert status(street, id_)["status"] == "cancelled"
    assert subjects(street, id_)[-1] == "Your order is cancelled"
    assert street.world.stripe.kept() == 0
    assert findings(street) == []


def test_what_is_ready_or_carried_cannot_be_cancelled(street: Street) -> None:
    """The food is there: it is paid for."""
    id_ = check_out(street, carried=True)
    street.settle()
    street.go(seconds=780, step=60)
    street.world.shop.cancel(id_)
    street.world.tick()
    assert street.world.shop.answers("cancellation") == {id_: 409}
    assert status(street, id_)["charged"]


@pytest.mark.parametrize("courier", ["", "comes", "gives up"])
def test_a_cancellation_that_comes_after_the_kitchen_is_done_is_told_so(
    street: Street, courier: str
) -> None:
    """The customer gets the food, and a word that it was too late; whoever carries it, does."""
    id_ = check_out(street, carried=bool(courier))
    street.settle()
    (order,) = street.world.square.orders()
    street.world.square.fulfil(order["id"], "COMPLETED")
    street.world.tick()
    street.offline.settle(raise_errors=False)
    # Whoever sees to couriers looks before the kitchen has said that it is too late.
    street.offline.faults.error("place", times=1)
    street.world.shop.cancel(id_)
    street.world.tick()
    street.go(seconds=2)
    if courier == "gives up":
        (delivery,) = street.world.drive.deliveries()
        street.world.drive.desert(delivery["external_delivery_id"])
        street.world.tick()
    street.go(seconds=300, step=20)
    assert status(street, id_)["charged"]
    assert "Your order could not be cancelled" in subjects(street, id_)
    street.go(seconds=1_800, step=60)
    assert status(street, id_)["status"] == ("delivered" if courier else "being_made")
    assert findings(street) == []


def test_a_bank_asks_its_customer_and_gets_an_answer_or_none(street: Street) -> None:
    """The site shows the bank's question; without an answer in ten minutes it is over."""
    asked = [check_out(street, number=n, payment_method="pm_card_authenticationRequired")
             for n in range(2)]  # fmt: skip
    street.settle()
    assert [status(street, id_)["status"] for id_ in asked] == ["needs_action"] * 2
    assert all(status(street, id_)["payment_client_secret"] for id_ in asked)
    assert street.world.square.tickets() == []
    intents = {i["metadata"]["order_id"]: i["id"] for i in street.world.stripe.intents()}
    street.world.stripe.authenticate(intents[asked[0]])
    street.go(seconds=720, step=20)
    assert status(street, asked[0])["charged"]
    assert status(street, asked[1])["status"] == "unpaid"
    assert [i["status"] for i in street.world.stripe.intents()] == ["succeeded", "canceled"]


def test_the_bank_lets_go_of_the_money_before_it_is_taken(street: Street) -> None:
    """The ticket is taken back, staff are told, and nothing is charged."""
    stripe = street.world.stripe
    stripe.faults.add("CaptureIntent", "rate_limited", times=2)
    id_ = check_out(street, carried=True)
    street.offline.advance(seconds=0.5, raise_errors=False)
    stripe.void(stripe.intents()[0]["id"])
    street.go(seconds=400, step=20)
    assert status(street, id_)["status"] == "payment_lost"
    assert findings(street) == []


def test_an_order_for_later_is_held_paid_then_made(street: Street) -> None:
    """The money is held at once, and taken when the kitchen has the ticket."""
    ready_ms = street.world.now_ms() + 3_600_000
    id_ = check_out(street, carried=False, ready_at=_rfc3339(ready_ms))
    street.settle()
    assert status(street, id_)["status"] == "scheduled"
    assert (street.world.square.tickets(), street.world.stripe.kept()) == ([], 0)
    street.go(seconds=3_000, step=60)
    assert status(street, id_)["charged"]
    assert subjects(street, id_) == ["We have your order", "Your order is being made"]
    assert findings(street) == []


def _rfc3339(at_ms: int) -> str:
    from chalicelib.domain.events import iso

    return iso(at_ms)


def test_a_checkout_that_is_posted_again_is_the_same(street: Street) -> None:
    """Also while the answers get lost; another cart under its id is refused."""
    street.world.shop.faults.add("checkout", "duplicate_webhook", times=1)
    id_ = check_out(street, number=1)
    street.settle()
    again = check_out(street, number=1)
    assert (again, street.world.shop.answers()[id_]) == (id_, 200)
    check_out(street, number=1, note="more sauce")
    assert street.world.shop.answers()[id_] == 409
    street.go(seconds=60)
    assert len(street.world.stripe.intents()) == 1
    assert findings(street) == []


BAD: list[tuple[dict[str, Any], int, str]] = [
    ({"total": 1}, 400, "total"),
    ({"total": 12.5}, 400, "total"),
    ({"checkout_id": "1"}, 400, "checkout_id"),
    ({"checkout_id": "00000000-0000-0000-0000-000000000000"}, 400, "checkout_id"),
    ({"store": "nowhere"}, 404, "unknown_store"),
    ({"store": "a b"}, 400, "store"),
    ({"currency": "EUR"}, 409, "currency"),
    ({"currency": "XXX"}, 400, "currency"),
    ({"items": []}, 400, "items"),
    ({"items": [{"id": "burger-classic", "quantity": 0, "price": 1}]}, 400, "quantity"),
    ({"items": [{"id": "moon", "price": 100}], "total": None}, 409, "unknown_items"),
    ({"items": [{"id": "cola", "price": 1}], "total": None}, 409, "price_changed"),
    ({"handover": "drone"}, 400, "handover"),
    ({"payment_method": "; drop"}, 400, "payment_method"),
    ({"customer": {"email": "a@b.example, c@d.example"}}, 400, "email"),
    ({"customer": {"email": "a@b.example", "phone": "12"}}, 400, "phone"),
    ({"address": {"street": ""}}, 400, "address"),
    ({"ready_at": "2001-01-01T00:00:00Z"}, 400, "ready_at"),
    ({"tax": -1}, 400, "tax"),
    ({"discount": 10**7}, 400, "discount"),
]


def test_a_checkout_that_cannot_be_is_refused_before_anybody_pays(street: Street) -> None:
    """With what is wrong; nothing is written down."""
    for number, (changes, wanted, named) in enumerate(BAD):
        changed = dict(changes)
        if "items" in changes and changes.get("total", 0) is None:
            goods = changes["items"][0]["price"]
            changed |= {"total": goods, "tax": 0, "tip": 0, "delivery_fee": 0}
        reply = post(street, number=number, **changed)
        assert reply.status_code == wanted, (changes, reply.body)
        assert named in json.loads(reply.body)["error"], reply.body
    assert checkouts(street) == {}
    assert street.world.stripe.intents() == []


def test_only_the_site_may_check_out_and_cancel(street: Street) -> None:
    """By a signature over the raw bytes that is not old."""
    street.world.shop.faults.add("checkout", "bad_signature_webhook")
    id_ = check_out(street)
    assert [sent.status for sent in street.world.shop.sent] == [401, 202]
    http = street.offline.http
    for headers in ({}, {"Shop-Signature": "t=1,v1=aa"}):
        body = json.dumps({"checkout_id": id_}).encode()
        path = f"/shop/checkouts/{id_}/cancellation"
        assert http.request("POST", path, headers=headers, body=body).status_code == 401
    assert http.request("POST", "/webhooks/shop", body=b"{}").status_code == 401
    assert http.request("GET", "/shop/checkouts/nobody").status_code == 404
    street.settle()
    assert status(street, id_)["charged"]


def test_a_store_or_item_that_is_closed_sells_nothing_here_either(street: Street) -> None:
    """As at the partners: told by the breaker, and by whoever takes an item off."""
    from chalicelib import bootstrap

    channel = bootstrap.services().channels["shop"]
    channel.set_store_open("store-001", is_open=False, reason=None, until_ms=None)
    reply = post(street, number=1)
    assert (reply.status_code, json.loads(reply.body)["error"]) == (409, "store_closed")
    channel.set_store_open("store-001", is_open=True, reason=None, until_ms=None)
    item = check_out(street, number=1)
    id_ = street.world.shop.checkouts()[item]["items"][0]["id"]
    channel.set_item_available("store-001", id_, available=False, until_ms=None)
    assert json.loads(post(street, number=1, checkout_id=NEW_ID).body)["items"] == [id_]


NEW_ID = "11111111-2222-4333-8444-555555555555"
