"""Stripe: authorise, capture once, cancel, refund, idempotency, signed webhooks."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlencode

import pytest

from simulators.payments.stripe import Stripe


@pytest.fixture
def stripe(host) -> Stripe:
    return Stripe(**host)


@pytest.fixture
def call(stripe, caller):
    return caller(stripe, authorization="Bearer sk_test_local")


def form(**fields) -> bytes:
    return urlencode(fields).encode()


def authorise(call, key="k1", **fields):
    usual = {"amount": 1250, "currency": "usd", "capture_method": "manual", "confirm": "true"}
    body = form(**{**usual, "payment_method": "pm_card_visa", "metadata[order]": "o1", **fields})
    return call("POST", "/v1/payment_intents", body, idempotency_key=key)


def test_an_authorised_intent_is_captured_once_for_at_most_its_amount(call, stripe):
    """What was not captured is released."""
    intent = authorise(call).json()
    assert (intent["status"], intent["metadata"]) == ("requires_capture", {"order": "o1"})
    path = f"/v1/payment_intents/{intent['id']}/capture"
    assert call("POST", path, form(amount_to_capture=1251)).status == 400
    assert call("POST", path, form(amount_to_capture=1000)).json()["amount_received"] == 1000
    again = call("POST", path, b"")
    assert again.json()["error"]["code"] == "payment_intent_unexpected_state"
    assert stripe.kept() == 1000


def test_a_cancelled_intent_takes_no_money(call, stripe):
    """Neither does one that nobody captured for seven days."""
    intent = authorise(call).json()
    assert call("POST", f"/v1/payment_intents/{intent['id']}/cancel").json()["status"] == "canceled"
    assert call("POST", f"/v1/payment_intents/{intent['id']}/capture").status == 400
    assert stripe.kept() == 0


def test_an_authorisation_ends_after_seven_days(call, stripe, clock):
    """Later nothing can be captured."""
    intent = authorise(call).json()
    clock.advance(seconds=7 * 24 * 3600)
    stripe.tick()
    assert call("GET", f"/v1/payment_intents/{intent['id']}").json()["status"] == "canceled"


def test_a_declined_card_makes_no_intent(call, stripe):
    """402 with the reason."""
    reply = authorise(call, payment_method="pm_card_chargeDeclined")
    assert (reply.status, reply.json()["error"]["code"]) == (402, "card_declined")
    assert stripe.intents() == []


def test_a_key_replays_its_answer_and_refuses_another_request(call, stripe):
    """Nothing happens twice."""
    first = authorise(call)
    assert authorise(call).body == first.body
    other = authorise(call, amount=1)
    assert other.json()["error"]["type"] == "idempotency_error"
    assert len(stripe.intents()) == 1


def test_refunds_add_up_to_what_was_captured(call, stripe):
    """In parts, and no further."""
    intent = authorise(call).json()["id"]
    call("POST", f"/v1/payment_intents/{intent}/capture", b"")
    assert call("POST", "/v1/refunds", form(payment_intent=intent, amount=250)).status == 200
    assert call("POST", "/v1/refunds", form(payment_intent=intent, amount=1001)).status == 400
    assert call("POST", "/v1/refunds", form(payment_intent=intent)).json()["amount"] == 1000
    assert stripe.kept() == 0


def test_webhooks_are_signed_with_their_time(call, stripe, inbox):
    """Over the time, a dot and the raw body."""
    authorise(call)
    stripe.tick()
    [request] = inbox.received
    time, signature = (
        part.split("=")[1] for part in request.headers["Stripe-Signature"].split(",")
    )
    signed = f"{time}.".encode() + request.body
    assert signature == hmac.new(b"whsec_local", signed, hashlib.sha256).hexdigest()
    assert inbox.bodies()[0]["type"] == "payment_intent.amount_capturable_updated"


def test_another_key_opens_nothing(stripe, caller):
    """401 in Stripe's shape."""
    reply = caller(stripe, authorization="Bearer sk_live")("GET", "/v1/payment_intents/pi_1")
    assert (reply.status, reply.json()["error"]["type"]) == (401, "invalid_request_error")
