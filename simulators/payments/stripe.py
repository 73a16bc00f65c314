"""Stripe: payment intents that are authorised first and captured later, refunds, signed webhooks.

From docs.stripe.com: with `capture_method=manual` a confirmed intent is `requires_capture`, for
seven days; it is captured once, for at most what was authorised, or cancelled. An Idempotency-Key
replays the first answer, and refuses another body.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from simulators.simulator import Refusal, Simulator
from simulators.timeline import Delivery, OutgoingRequest
from simulators.wsgi import JSON, Request, Response, Route, encode_json

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]

AUTHORISED_FOR_MS = 7 * 24 * 3_600_000
RETRY_DELAYS_MS = tuple(minutes * 60_000 for minutes in (1, 5, 30, 120, 300, 600))
DECLINES = {
    "pm_card_chargeDeclined": "generic_decline",
    "pm_card_insufficient": "insufficient_funds",
}


@dataclass(frozen=True, slots=True)
class StripeSettings:
    """The account's keys."""

    secret_key: str = "sk_test_local"  # noqa: S105 - a local stand-in's
    webhook_secret: str = "whsec_local"  # noqa: S105
    webhook_url: str = "http://127.0.0.1:8000/webhooks/payments/stripe"
    retry_delays_ms: tuple[int, ...] = RETRY_DELAYS_MS


def sign(webhook_secret: str, timestamp: int, body: bytes) -> str:
    """Return Stripe-Signature: the time in seconds, and hex HMAC-SHA256 over "time.body"."""
    signed = f"{timestamp}.".encode() + body
    digest = hmac.new(webhook_secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


class Stripe(Simulator):
    """One account. Amounts are whole minor units."""

    name = "stripe"

    def __init__(self, *, settings: StripeSettings | None = None, **host: Any) -> None:
        self.settings = settings or StripeSettings()
        self._intents: dict[str, Json] = {}
        self._refunds: dict[str, Json] = {}
        self._answers: dict[str, tuple[bytes, Response]] = {}
        super().__init__(**host)

    # What tests and the demo read.

    def intents(self) -> list[Json]:
        """Return copies of all payment intents, oldest first."""
        with self._lock:
            return [dict(intent) for intent in self._intents.values()]

    def refunds(self) -> list[Json]:
        """Return copies of all refunds, oldest first."""
        with self._lock:
            return [dict(refund) for refund in self._refunds.values()]

    def kept(self) -> int:
        """Return what customers have paid and not got back, in minor units."""
        taken = sum(int(intent["amount_received"]) for intent in self.intents())
        return taken - sum(int(refund["amount"]) for refund in self.refunds())

    # The vendor's part of a simulator.

    def routes(self) -> list[Route]:
        """Return the operations."""
        intent = "/v1/payment_intents/{intent_id}"
        return [
            Route("POST", "/v1/payment_intents", "CreateIntent", self.create),
            Route("GET", intent, "RetrieveIntent", self.retrieve),
            Route("POST", f"{intent}/capture", "CaptureIntent", self.capture),
            Route("POST", f"{intent}/cancel", "CancelIntent", self.cancel),
            Route("POST", "/v1/refunds", "CreateRefund", self.refund),
        ]

    def authorize(self, request: Request, operation: str) -> None:  # noqa: ARG002
        """The secret key opens everything."""
        if request.bearer_token != self.settings.secret_key:
            raise Refusal(self.error(401, "Invalid API Key provided"))

    def error(self, status: int, detail: str) -> Response:
        """Return Stripe's error shape."""
        kind = "api_error" if status >= 500 else "invalid_request_error"
        return Response.of_json({"error": {"type": kind, "message": detail}}, status)

    def state(self) -> Json:
        """Return the counts and the ledger."""
        return {"intents": self.intents(), "refunds": self.refunds(), "kept": self.kept()}

    def forge(self, request: OutgoingRequest) -> OutgoingRequest:
        """Sign with a secret that is not ours."""
        forged = sign("not-the-secret", self._now_ms() // 1000, request.body)
        return replace(request, headers={**request.headers, "Stripe-Signature": forged})

    # Operations.

    def create(self, request: Request) -> Response:
        """Create an intent and, with confirm=true, authorise it; 402 when the card declines."""
        return self._once(request, lambda: self._create(request.form()))

    def _create(self, form: dict[str, str]) -> Response:
        amount = self._amount(form, "amount")
        if form.get("capture_method") != "manual" or form.get("confirm") != "true":
            raise Refusal(self.error(400, "This account confirms at once and captures manually"))
        if decline := DECLINES.get(form.get("payment_method", "")):
            error = {"type": "card_error", "code": "card_declined", "decline_code": decline}
            return Response.of_json({"error": error}, 402)
        intent: Json = {
            "id": self._new_id("pi_"),
            "object": "payment_intent",
            "amount": amount,
            "amount_capturable": amount,
            "amount_received": 0,
            "currency": form.get("currency", "usd"),
            "capture_method": "manual",
            "status": "requires_capture",
            "created": self._now_ms() // 1000,
            "metadata": {
                name[len("metadata[") : -1]: value
                for name, value in form.items()
                if name.startswith("metadata[")
            },
        }
        self._intents[intent["id"]] = intent
        self._publish("payment_intent.amount_capturable_updated", intent)
        self.at(self._now_ms() + AUTHORISED_FOR_MS, lambda: self._expire(intent))
        return Response.of_json(intent)

    def retrieve(self, _request: Request, intent_id: str) -> Response:
        """Return an intent."""
        return Response.of_json(self._intent(intent_id))

    def capture(self, request: Request, intent_id: str) -> Response:
        """Take the money, once: all of what was authorised, or `amount_to_capture` of it."""
        return self._once(request, lambda: self._capture(request.form(), intent_id))

    def _capture(self, form: dict[str, str], intent_id: str) -> Response:
        intent = self._intent(intent_id, "requires_capture")
        amount = self._amount(form, "amount_to_capture", intent["amount"])
        if amount > intent["amount"]:
            raise Refusal(self.error(400, "amount_to_capture is more than was authorised"))
        intent.update(status="succeeded", amount_received=amount, amount_capturable=0)
        self._publish("payment_intent.succeeded", intent)
        return Response.of_json(intent)

    def cancel(self, request: Request, intent_id: str) -> Response:
        """Release what was authorised."""
        return self._once(request, lambda: self._cancel(intent_id))

    def _cancel(self, intent_id: str) -> Response:
        intent = self._intent(intent_id, "requires_capture")
        intent.update(status="canceled", amount_capturable=0)
        self._publish("payment_intent.canceled", intent)
        return Response.of_json(intent)

    def refund(self, request: Request) -> Response:
        """Give captured money back, in one or several parts."""
        return self._once(request, lambda: self._refund(request.form()))

    def _refund(self, form: dict[str, str]) -> Response:
        intent = self._intent(form.get("payment_intent", ""), "succeeded")
        back = sum(
            r["amount"] for r in self._refunds.values() if r["payment_intent"] == intent["id"]
        )
        amount = self._amount(form, "amount", intent["amount_received"] - back)
        if back + amount > intent["amount_received"]:
            raise Refusal(self.error(400, "Refund amount is greater than what is left"))
        refund: Json = {
            "id": self._new_id("re_"),
            "object": "refund",
            "amount": amount,
            "payment_intent": intent["id"],
            "status": "succeeded",
        }
        self._refunds[refund["id"]] = refund
        self._publish("refund.created", refund)
        return Response.of_json(refund)

    # Inside.

    def _once(self, request: Request, act: Callable[[], Response]) -> Response:
        key = request.headers.get("idempotency-key")
        if key is None:
            return act()
        fingerprint = hashlib.sha256(request.path.encode() + b"\n" + request.body).digest()
        if (earlier := self._answers.get(key)) is not None:
            if earlier[0] == fingerprint:
                return earlier[1]
            error = {"type": "idempotency_error", "message": "Keys are for one request only"}
            raise Refusal(Response.of_json({"error": error}, 400))
        response = act()
        self._answers[key] = (fingerprint, response)
        return response

    def _intent(self, intent_id: str, status: str | None = None) -> Json:
        intent = self._intents.get(intent_id)
        if intent is None:
            raise Refusal(self.error(404, f"No such payment_intent: '{intent_id}'"))
        if status is not None and intent["status"] != status:
            code = "payment_intent_unexpected_state"
            message = f"The PaymentIntent has a status of {intent['status']}"
            error = {"type": "invalid_request_error", "code": code, "message": message}
            raise Refusal(Response.of_json({"error": error}, 400))
        return intent

    def _amount(self, form: dict[str, str], name: str, usual: int | None = None) -> int:
        value = form.get(name, str(usual) if usual is not None else "")
        if not value.isdecimal() or int(value) < 1:
            raise Refusal(self.error(400, f"Invalid integer: {name}"))
        return int(value)

    def _expire(self, intent: Json) -> None:
        if intent["status"] == "requires_capture":
            intent.update(status="canceled", amount_capturable=0)
            self._publish("payment_intent.canceled", intent)

    def _publish(self, event_type: str, thing: Json) -> None:
        timestamp = self._now_ms() // 1000
        event = {
            "id": self._new_id("evt_"),
            "object": "event",
            "type": event_type,
            "created": timestamp,
            "data": {"object": thing},
        }
        body = encode_json(event)
        headers = {
            "Content-Type": JSON,
            "Stripe-Signature": sign(self.settings.webhook_secret, timestamp, body),
        }
        webhook = OutgoingRequest("POST", self.settings.webhook_url, headers, body)
        self.publish(Delivery(event_type, thing["id"], webhook, self.settings.retry_delays_ms))

    def _new_id(self, prefix: str) -> str:
        return prefix + self.new_id(24)
