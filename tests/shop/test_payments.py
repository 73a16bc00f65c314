"""Money of our own shop: held, taken once, released or refunded, whatever gets lost."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.adapters.http import VendorHttp
from chalicelib.adapters.secrets import Secrets, VendorSecrets
from chalicelib.channels.base import SignatureInvalid
from chalicelib.domain.money import Money
from chalicelib.payments.base import (
    PaymentDeclined,
    PaymentRefused,
    PaymentStatus,
    PaymentUnavailable,
)

TOTAL = Money(1250, "USD")
CARD = "pm_card_visa"


def hold(vendors: Any, order_id: str = "o-1") -> str:
    """Return the id of a payment that holds the total."""
    id_ = str(vendors.stripe.open(order_id, TOTAL, 0).id)
    assert vendors.stripe.authorise(id_, CARD, 0).status is PaymentStatus.HELD
    return id_


def test_a_payment_holds_nothing_before_it_is_authorised(vendors: Any) -> None:
    """So whoever crashes before its id is written down leaves nothing behind."""
    payment = vendors.stripe.open("o-1", TOTAL, 0)
    assert (payment.status, payment.amount) == (PaymentStatus.NEW, TOTAL)
    assert vendors.stripe.open("o-1", TOTAL, 0) == payment
    assert [intent["amount_capturable"] for intent in vendors.world.stripe.intents()] == [0]


def test_money_is_held_once_and_taken_once(vendors: Any) -> None:
    """Each call made twice, as after a lost answer, under the same key and under another."""
    id_ = hold(vendors)
    assert hold(vendors) == id_
    assert vendors.stripe.authorise(id_, CARD, 1).status is PaymentStatus.HELD
    for attempt in (0, 0, 1):
        vendors.stripe.capture(id_, TOTAL, attempt)
    assert vendors.world.stripe.kept() == 1250
    assert vendors.stripe.read(id_).status is PaymentStatus.TAKEN


def test_a_lost_answer_is_settled_by_the_next_attempt(vendors: Any) -> None:
    """Committed, but answered 500; the same key would answer 500 for ever."""
    id_ = str(vendors.stripe.open("o-1", TOTAL, 0).id)
    for operation in ("ConfirmIntent", "CaptureIntent"):
        vendors.world.stripe.faults.add(operation, "error_after_commit")
    for attempt in range(2):
        with pytest.raises(PaymentUnavailable):
            vendors.stripe.authorise(id_, CARD, 0)
        assert vendors.stripe.authorise(id_, CARD, attempt + 1).status is PaymentStatus.HELD
    for _ in range(2):
        with pytest.raises(PaymentUnavailable):
            vendors.stripe.capture(id_, TOTAL, 0)
    vendors.stripe.capture(id_, TOTAL, 1)
    assert vendors.world.stripe.kept() == 1250


def test_a_declined_card_says_why(vendors: Any) -> None:
    """In the provider's code, which the shop translates for its customer."""
    id_ = vendors.stripe.open("o-1", TOTAL, 0).id
    with pytest.raises(PaymentDeclined) as declined:
        vendors.stripe.authorise(id_, "pm_card_insufficient", 0)
    assert declined.value.code == "insufficient_funds"


def test_a_bank_may_ask_its_customer(vendors: Any) -> None:
    """The money is held once the customer has answered."""
    id_ = vendors.stripe.open("o-1", TOTAL, 0).id
    asked = vendors.stripe.authorise(id_, "pm_card_authenticationRequired", 0)
    assert asked.status is PaymentStatus.ACTION
    assert asked.secret
    vendors.world.stripe.authenticate(id_)
    assert vendors.stripe.read(id_).status is PaymentStatus.HELD


def test_whatever_a_payment_holds_or_has_taken_is_given_back_once(vendors: Any) -> None:
    """Opened, held, taken in part, taken whole, given back already."""
    opened, held = vendors.stripe.open("o-1", TOTAL, 0).id, hold(vendors, "o-2")
    part, whole = hold(vendors, "o-3"), hold(vendors, "o-4")
    vendors.stripe.capture(part, Money(1000, "USD"), 0)
    vendors.stripe.capture(whole, TOTAL, 0)
    for attempt in range(2):
        for id_ in (opened, held, part, whole):
            vendors.stripe.release(id_, attempt)
    assert vendors.world.stripe.kept() == 0
    assert [refund["amount"] for refund in vendors.world.stripe.refunds()] == [1000, 1250]
    assert {intent["amount_capturable"] for intent in vendors.world.stripe.intents()} == {0}


def test_a_part_is_refunded_once_for_each_reason(vendors: Any) -> None:
    """The answer is lost at first; a key would replay that."""
    id_ = hold(vendors)
    vendors.stripe.capture(id_, TOTAL, 0)
    vendors.world.stripe.faults.add("CreateRefund", "error_after_commit")
    with pytest.raises(PaymentUnavailable):
        vendors.stripe.refund(id_, Money(300, "USD"), "no_courier", 0)
    for attempt in (1, 2, 5):
        vendors.stripe.refund(id_, Money(300, "USD"), "no_courier", attempt)
    assert vendors.world.stripe.kept() == 950
    vendors.stripe.release(id_, 0)
    assert vendors.world.stripe.kept() == 0


def test_a_reservation_that_has_ended_cannot_be_taken(vendors: Any) -> None:
    """After seven days there is nothing to capture."""
    id_ = hold(vendors)
    vendors.advance(seconds=7 * 24 * 3600)
    with pytest.raises(PaymentRefused):
        vendors.stripe.capture(id_, TOTAL, 0)
    assert vendors.stripe.read(id_).status is PaymentStatus.ENDED
    vendors.stripe.release(id_, 0)


def test_webhooks_are_signed_fresh_and_name_the_order(vendors: Any) -> None:
    """An old one, a changed one and a forged one are refused; two secrets are valid."""
    id_ = hold(vendors)
    headers, body = vendors.webhook()
    known = Secrets(
        VendorSecrets({"stripe_webhook_secret": "new"}),
        lambda: iter([VendorSecrets({"stripe_webhook_secret": "whsec_local"})]),
    )
    notice = vendors.stripe.read_webhook(headers, body, known, vendors.at_ms)
    assert (notice.payment_id, notice.order_id) == (id_, "o-1")
    assert notice.event_type == "payment_intent.amount_capturable_updated"
    for given, content, at_ms in (
        (headers, body + b" ", vendors.at_ms),
        (headers, body, vendors.at_ms + 301_000),
        ({}, body, vendors.at_ms),
        ({"stripe-signature": "t=now,v1=x"}, body, vendors.at_ms),
        ({"stripe-signature": "t=²,v1=x"}, body, vendors.at_ms),
    ):
        with pytest.raises(SignatureInvalid):
            vendors.stripe.read_webhook(given, content, known, at_ms)


@pytest.mark.parametrize("data", [None, {}, "refunds", 7])
def test_a_list_of_refunds_that_is_none_refunds_nothing_twice(
    vendors: Any, monkeypatch: pytest.MonkeyPatch, data: Any
) -> None:
    """It does not prove that an earlier try never arrived: the next one looks again."""
    id_ = hold(vendors)
    vendors.stripe.capture(id_, TOTAL, 0)
    vendors.stripe.refund(id_, Money(300, "USD"), "no_courier", 0)
    kept, call = vendors.world.stripe.kept(), VendorHttp.call

    def changed(self: VendorHttp, method: str, url: str, **named: Any) -> Any:
        reply = call(self, method, url, **named)
        if method != "GET" or "/v1/refunds" not in url:
            return reply
        return replace(reply, body=json.dumps({"object": "list", "data": data}).encode())

    with monkeypatch.context() as patched:
        patched.setattr(VendorHttp, "call", changed)
        with pytest.raises(PaymentUnavailable, match="no list of refunds"):
            vendors.stripe.refund(id_, Money(300, "USD"), "no_courier", 9)
    assert vendors.world.stripe.kept() == kept


@pytest.mark.parametrize("other", [None, 7, {}, {"metadata": None}, {"metadata": {"reason": "x"}}])
def test_a_refund_of_anybody_elses_in_the_list_hides_none_of_ours(
    vendors: Any, monkeypatch: pytest.MonkeyPatch, other: Any
) -> None:
    """By hand in the dashboard, without our reason: ours is found behind it."""
    id_ = hold(vendors)
    vendors.stripe.capture(id_, TOTAL, 0)
    vendors.stripe.refund(id_, Money(300, "USD"), "no_courier", 0)
    kept, call = vendors.world.stripe.kept(), VendorHttp.call

    def among_others(self: VendorHttp, method: str, url: str, **named: Any) -> Any:
        reply = call(self, method, url, **named)
        if method != "GET" or "/v1/refunds" not in url:
            return reply
        found = json.loads(reply.body)["data"]
        return replace(reply, body=json.dumps({"data": [other, *found]}).encode())

    monkeypatch.setattr(VendorHttp, "call", among_others)
    vendors.stripe.refund(id_, Money(300, "USD"), "no_courier", 9)
    assert vendors.world.stripe.kept() == kept
