"""Stripe: payment intents with manual capture.

Source: docs.stripe.com: "Place a hold on a payment method", "Idempotent requests", "Check the
webhook signatures". An Idempotency-Key replays the first answer, also a 500, so a lost answer of a
capture or a release is settled by reading the intent.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.http import VendorHttpError
from chalicelib.channels.base import SignatureInvalid, check_size, obj, read_json_object, same, text
from chalicelib.domain.money import Money
from chalicelib.payments.base import (
    Payment,
    PaymentDeclined,
    PaymentNotice,
    PaymentRefused,
    PaymentUnavailable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.adapters.http import HttpReply, VendorHttp
    from chalicelib.adapters.secrets import Secrets, VendorSecrets

TOLERANCE_SECONDS = 300
"""An older webhook may be a replay (Stripe's own libraries use the same)."""

STATES_OPEN = {"requires_capture"}


class Stripe:
    """One account at Stripe."""

    name = "stripe"

    def __init__(
        self, base_url: str, http: VendorHttp, secrets: Callable[[], VendorSecrets]
    ) -> None:
        self._base_url = base_url
        self._http = http
        self._secrets = secrets

    def authorise(self, order_id: str, amount: Money, method: str) -> Payment:
        """Create and confirm an intent; `method` is the token that the customer's browser got."""
        form = {
            "amount": str(amount.amount),
            "currency": amount.currency.lower(),
            "capture_method": "manual",
            "confirm": "true",
            "payment_method": method,
            "metadata[order_id]": order_id,
        }
        reply = self._call("POST", "/v1/payment_intents", form, key=f"authorise-{order_id}")
        return _payment(reply)

    def capture(self, order_id: str, payment_id: str, amount: Money) -> None:
        """Capture once. A refusal is settled by what the intent says."""
        form = {"amount_to_capture": str(amount.amount)}
        path = f"/v1/payment_intents/{payment_id}"
        try:
            self._call("POST", f"{path}/capture", form, key=f"capture-{order_id}")
        except PaymentRefused:
            if self._read(payment_id).captured != amount:
                raise

    def release(self, order_id: str, payment_id: str) -> None:
        """Cancel the intent, or refund it when it was captured."""
        payment = self._read(payment_id)
        if payment.open:
            self._call(
                "POST", f"/v1/payment_intents/{payment_id}/cancel", {}, key=f"cancel-{order_id}"
            )
        elif payment.captured.amount:
            form = {"payment_intent": payment_id}
            try:
                self._call("POST", "/v1/refunds", form, key=f"refund-{order_id}")
            except PaymentRefused as refused:
                # Refunded already, by us under another key or by hand: nothing is left to give.
                if "greater than" not in str(refused) and "Invalid integer" not in str(refused):
                    raise

    def read_webhook(
        self, headers: Mapping[str, str], body: bytes, secrets: Secrets, now_ms: int
    ) -> PaymentNotice:
        """Check Stripe-Signature: hex HMAC-SHA256 over "t.body", at most five minutes old."""
        check_size(body)
        parts = [part.partition("=") for part in headers.get("stripe-signature", "").split(",")]
        at = next((value for name, _, value in parts if name.strip() == "t"), "")
        given = [value for name, _, value in parts if name.strip() == "v1"]
        if not at.isdecimal() or abs(now_ms // 1000 - int(at)) > TOLERANCE_SECONDS:
            raise SignatureInvalid("stripe-signature is missing or too old")
        signed = f"{at}.".encode() + body
        for secret in secrets.each("stripe_webhook_secret"):
            expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
            if any(same(signature, expected) for signature in given):
                return _notice(read_json_object(body))
        raise SignatureInvalid("stripe-signature does not match the body")

    def _read(self, payment_id: str) -> Payment:
        return _payment(self._call("GET", f"/v1/payment_intents/{payment_id}", None, key=""))

    def _call(
        self, method: str, path: str, form: Mapping[str, str] | None, *, key: str
    ) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._secrets().stripe_secret_key}"}
        if key:
            headers["Idempotency-Key"] = key
        try:
            reply = self._http.call(method, self._base_url + path, headers=headers, form=form)
            if reply.status < 300:
                return reply.json_object()
        except VendorHttpError as error:
            raise PaymentUnavailable(str(error)) from error
        raise _error(reply)


def _error(reply: HttpReply) -> PaymentUnavailable | PaymentDeclined | PaymentRefused:
    if reply.status in (401, 408, 409, 429) or reply.status >= 500:
        return PaymentUnavailable(f"HTTP {reply.status}", reply.retry_after)
    error = reply.json_or_empty().get("error")
    error = error if isinstance(error, dict) else {}
    if reply.status == 402:
        code = error.get("decline_code") or error.get("code") or "card_declined"
        return PaymentDeclined(str(code)[:50])
    return PaymentRefused(f"HTTP {reply.status} {str(error.get('message'))[:200]}")


def _payment(intent: dict[str, Any]) -> Payment:
    try:
        currency = str(intent["currency"]).upper()
        return Payment(
            str(intent["id"]),
            Money(intent["amount"], currency),
            Money(intent["amount_received"], currency),
            open=intent["status"] in STATES_OPEN,
        )
    except (KeyError, ValueError) as error:
        raise PaymentUnavailable(f"the reply holds no payment intent: {error}") from error


def _notice(payload: dict[str, Any]) -> PaymentNotice:
    thing = obj(obj(payload, "data"), "object")
    metadata = thing.get("metadata")
    return PaymentNotice(
        event_id=text(payload, "id"),
        event_type=text(payload, "type"),
        payment_id=text(thing, "payment_intent") or text(thing, "id"),
        order_id=text(metadata, "order_id") if isinstance(metadata, dict) else "",
    )
