"""Money of our own shop: authorised, captured once, released or refunded, whatever gets lost."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.adapters.secrets import Secrets, VendorSecrets
from chalicelib.channels.base import SignatureInvalid
from chalicelib.domain.money import Money
from chalicelib.payments.base import PaymentDeclined, PaymentRefused, PaymentUnavailable

TOTAL = Money(1250, "USD")
CARD = "pm_card_visa"


def test_money_is_reserved_once_and_taken_once(vendors: Any) -> None:
    """Each call made twice, as after a lost answer."""
    first = vendors.stripe.authorise("o-1", TOTAL, CARD)
    assert vendors.stripe.authorise("o-1", TOTAL, CARD) == first
    assert (first.authorised, first.open) == (TOTAL, True)
    for _ in range(2):
        vendors.stripe.capture("o-1", first.id, TOTAL)
    assert vendors.world.stripe.kept() == 1250


@pytest.mark.parametrize("operation", ["CreateIntent", "CaptureIntent"])
def test_a_lost_answer_is_settled_by_the_same_call(vendors: Any, operation: str) -> None:
    """Committed, but answered 500."""
    vendors.world.stripe.faults.add(operation, "error_after_commit")

    def pay() -> None:
        payment = vendors.stripe.authorise("o-1", TOTAL, CARD)
        vendors.stripe.capture("o-1", payment.id, TOTAL)

    with pytest.raises(PaymentUnavailable):
        pay()
    pay()
    assert vendors.world.stripe.kept() == 1250
    assert len(vendors.world.stripe.intents()) == 1


def test_a_declined_card_says_why(vendors: Any) -> None:
    """In the provider's code, which the shop translates for its customer."""
    with pytest.raises(PaymentDeclined) as declined:
        vendors.stripe.authorise("o-1", TOTAL, "pm_card_insufficient")
    assert declined.value.code == "insufficient_funds"


def test_what_was_reserved_is_released_and_what_was_taken_is_refunded(vendors: Any) -> None:
    """Released twice is released once."""
    reserved = vendors.stripe.authorise("o-1", TOTAL, CARD)
    taken = vendors.stripe.authorise("o-2", TOTAL, CARD)
    vendors.stripe.capture("o-2", taken.id, Money(1000, "USD"))
    for _ in range(2):
        vendors.stripe.release("o-1", reserved.id)
        vendors.stripe.release("o-2", taken.id)
    assert vendors.world.stripe.kept() == 0
    assert [refund["amount"] for refund in vendors.world.stripe.refunds()] == [1000]


def test_a_refund_that_somebody_made_by_hand_is_no_failure(vendors: Any) -> None:
    """Nothing is left to give back."""
    payment = vendors.stripe.authorise("o-1", TOTAL, CARD)
    vendors.stripe.capture("o-1", payment.id, TOTAL)
    vendors.stripe.release("another-order", payment.id)
    vendors.stripe.release("o-1", payment.id)
    assert vendors.world.stripe.kept() == 0


def test_a_reservation_that_has_ended_cannot_be_taken(vendors: Any) -> None:
    """After seven days there is nothing to capture."""
    payment = vendors.stripe.authorise("o-1", TOTAL, CARD)
    vendors.advance(seconds=7 * 24 * 3600)
    with pytest.raises(PaymentRefused):
        vendors.stripe.capture("o-1", payment.id, TOTAL)
    vendors.stripe.release("o-1", payment.id)


def test_webhooks_are_signed_fresh_and_name_the_order(vendors: Any) -> None:
    """An old one, a changed one and a forged one are refused."""
    payment = vendors.stripe.authorise("o-1", TOTAL, CARD)
    headers, body = vendors.webhook()
    known = Secrets(
        VendorSecrets({"stripe_webhook_secret": "new"}),
        lambda: iter([VendorSecrets({"stripe_webhook_secret": "whsec_local"})]),
    )
    notice = vendors.stripe.read_webhook(headers, body, known, vendors.at_ms)
    assert (notice.payment_id, notice.order_id) == (payment.id, "o-1")
    assert notice.event_type == "payment_intent.amount_capturable_updated"
    for given, content, at_ms in (
        (headers, body + b" ", vendors.at_ms),
        (headers, body, vendors.at_ms + 301_000),
        ({}, body, vendors.at_ms),
        ({"stripe-signature": "t=now,v1=x"}, body, vendors.at_ms),
    ):
        with pytest.raises(SignatureInvalid):
            vendors.stripe.read_webhook(given, content, known, at_ms)
