"""Stripe: payment intents with manual capture.

Source: docs.stripe.com: "Place a hold on a payment method", "Idempotent requests", "Check the
webhook signatures". An Idempotency-Key replays the first answer, also a 500: so each attempt has a
key of its own, and what became of the one before is read from the intent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.adapters.http import VendorHttpError
from chalicelib.channels.base import check_size, obj, read_json_object, text
from chalicelib.domain.errors import InvalidMoney
from chalicelib.domain.money import Money
from chalicelib.payments.base import (
    Payment,
    PaymentDeclined,
    PaymentNotice,
    PaymentRefused,
    PaymentStatus,
    PaymentUnavailable,
)
from chalicelib.signatures import check_timed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.adapters.http import HttpReply, VendorHttp
    from chalicelib.adapters.secrets import Secrets, VendorSecrets

STATUSES = {
    "requires_payment_method": PaymentStatus.NEW,
    "requires_confirmation": PaymentStatus.NEW,
    "requires_action": PaymentStatus.ACTION,
    # Of methods that take their time; for cards it lasts as long as the call.
    "processing": PaymentStatus.ACTION,
    "requires_capture": PaymentStatus.HELD,
    "succeeded": PaymentStatus.TAKEN,
    "canceled": PaymentStatus.ENDED,
}
SAME_KEY = 4
"""A partial refund keeps its key for so many tries: a call that got no answer may still arrive."""


class Stripe:
    """One account at Stripe."""

    name = "stripe"

    def __init__(
        self, base_url: str, http: VendorHttp, secrets: Callable[[], VendorSecrets]
    ) -> None:
        self._base_url = base_url
        self._http = http
        self._secrets = secrets

    def open(self, order_id: str, amount: Money, attempt: int) -> Payment:
        """Create an intent that is not confirmed: it holds no money."""
        form = {
            "amount": str(amount.amount),
            "currency": amount.currency.lower(),
            "capture_method": "manual",
            "metadata[order_id]": order_id,
        }
        key = f"open-{order_id}-{attempt}"
        return _payment(self._call("POST", "/v1/payment_intents", form, key=key))

    def authorise(self, payment_id: str, method: str, attempt: int) -> Payment:
        """Confirm the intent; `method` is the token that the customer's browser got."""
        path, key = f"/v1/payment_intents/{payment_id}/confirm", f"confirm-{payment_id}-{attempt}"
        try:
            return _payment(self._call("POST", path, {"payment_method": method}, key=key))
        except PaymentRefused:
            payment = self.read(payment_id)
            if payment.status is PaymentStatus.NEW:
                raise
            return payment

    def read(self, payment_id: str) -> Payment:
        """Retrieve the intent."""
        return _payment(self._call("GET", f"/v1/payment_intents/{payment_id}", None, key=""))

    def capture(self, payment_id: str, amount: Money, attempt: int) -> None:
        """Capture once. A refusal is settled by what the intent says."""
        form = {"amount_to_capture": str(amount.amount)}
        path, key = f"/v1/payment_intents/{payment_id}/capture", f"capture-{payment_id}-{attempt}"
        try:
            self._call("POST", path, form, key=key)
        except PaymentRefused:
            if self.read(payment_id).captured != amount:
                raise

    def release(self, payment_id: str, attempt: int) -> None:
        """Cancel the intent, or refund it when it was captured, even a moment ago."""
        payment = self.read(payment_id)
        if payment.status not in (PaymentStatus.TAKEN, PaymentStatus.ENDED):
            path = f"/v1/payment_intents/{payment_id}/cancel"
            try:
                self._call("POST", path, {}, key=f"cancel-{payment_id}-{attempt}")
            except PaymentRefused:
                payment = self.read(payment_id)
                if payment.status not in (PaymentStatus.TAKEN, PaymentStatus.ENDED):
                    raise
        if payment.status is PaymentStatus.TAKEN:
            self._refund_rest(payment_id, attempt)

    def _refund_rest(self, payment_id: str, attempt: int) -> None:
        form = {"payment_intent": payment_id}
        try:
            self._call("POST", "/v1/refunds", form, key=f"refund-{payment_id}-{attempt}")
        except PaymentRefused as refused:
            # By us in an attempt whose answer was lost, or by hand: nothing is left to give.
            if refused.code != "charge_already_refunded":
                raise

    def refund(self, payment_id: str, amount: Money, reason: str, attempt: int) -> None:
        """Refund a part. Stripe would refund it twice under two keys, so look before a new one."""
        if attempt and self._is_refunded(payment_id, reason):
            return
        form = {
            "payment_intent": payment_id,
            "amount": str(amount.amount),
            "metadata[reason]": reason,
        }
        key = f"refund-{payment_id}-{reason}-{attempt // SAME_KEY}"
        self._call("POST", "/v1/refunds", form, key=key)

    def _is_refunded(self, payment_id: str, reason: str) -> bool:
        path = f"/v1/refunds?payment_intent={payment_id}&limit=100"
        refunds = self._call("GET", path, None, key="").get("data")
        if not isinstance(refunds, list):
            raise PaymentUnavailable("the reply holds no list of refunds")
        return any(_reason_of(refund) == reason for refund in refunds)

    def read_webhook(
        self, headers: Mapping[str, str], body: bytes, secrets: Secrets, now_ms: int
    ) -> PaymentNotice:
        """Check Stripe-Signature."""
        check_size(body)
        known = secrets.each("stripe_webhook_secret")
        check_timed(headers.get("stripe-signature", ""), body, known, now_ms)
        return _notice(read_json_object(body))

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


def _reason_of(refund: object) -> object:
    metadata = refund.get("metadata") if isinstance(refund, dict) else None
    return metadata.get("reason") if isinstance(metadata, dict) else None


def _error(reply: HttpReply) -> PaymentUnavailable | PaymentDeclined | PaymentRefused:
    if reply.status in (401, 408, 409, 429) or reply.status >= 500 or reply.is_cut_off:
        return PaymentUnavailable(f"HTTP {reply.status}", reply.retry_after)
    error = reply.json_or_empty().get("error")
    error = error if isinstance(error, dict) else {}
    if reply.status == 402:
        code = error.get("decline_code") or error.get("code") or "card_declined"
        return PaymentDeclined(str(code)[:50])
    message = f"HTTP {reply.status} {str(error.get('message'))[:200]}"
    return PaymentRefused(message, str(error.get("code") or ""))


def _payment(intent: dict[str, Any]) -> Payment:
    try:
        currency = str(intent["currency"]).upper()
        return Payment(
            str(intent["id"]),
            STATUSES[intent["status"]],
            Money(intent["amount"], currency),
            Money(intent["amount_received"], currency),
            str(intent.get("client_secret") or ""),
        )
    except (KeyError, ValueError, InvalidMoney) as error:
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
