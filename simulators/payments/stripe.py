"""Stripe: payment intents that are authorised first and captured later, refunds, signed webhooks.

From docs.stripe.com: an intent holds nothing until it is confirmed; with `capture_method=manual` a
confirmed one is `requires_capture`, for seven days; it is captured once, for at most what was
authorised, or cancelled. A bank may want something of the customer first (`requires_action`). An
Idempotency-Key replays the first answer, also a 500, and refuses another body.
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

    from simulators.faults import Fault

Json = dict[str, Any]

AUTHORISED_FOR_MS = 7 * 24 * 3_600_000
RETRY_DELAYS_MS = tuple(minutes * 60_000 for minutes in (1, 5, 30, 120, 300, 600))
ASKS_THE_CUSTOMER = "pm_card_authenticationRequired"
CONFIRMABLE = ("requires_payment_method", "requires_confirmation")
CANCELLABLE = (*CONFIRMABLE, "requires_action", "requires_capture")
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
        self._held_at_ms: dict[str, int] = {}
        self._taken_at_ms: dict[str, int] = {}
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

    def held_at_ms(self, intent_id: str) -> int | None:
        """Return when an intent's money was first held, None when it never was."""
        return self._held_at_ms.get(intent_id)

    def taken_at_ms(self) -> dict[str, int]:
        """Return when money was taken, by the order it is for."""
        with self._lock:
            return dict(self._taken_at_ms)

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
            Route("POST", f"{intent}/confirm", "ConfirmIntent", self.confirm),
            Route("POST", f"{intent}/capture", "CaptureIntent", self.capture),
            Route("POST", f"{intent}/cancel", "CancelIntent", self.cancel),
            Route("POST", "/v1/refunds", "CreateRefund", self.refund),
            Route("GET", "/v1/refunds", "ListRefunds", self.list_refunds),
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

    def signed_anew(self, request: OutgoingRequest) -> OutgoingRequest:
        """Sign with the time of this attempt (docs.stripe.com, "Preventing replay attacks")."""
        signed = sign(self.settings.webhook_secret, self._now_ms() // 1000, request.body)
        return replace(request, headers={**request.headers, "Stripe-Signature": signed})

    # Operations.

    def create(self, request: Request) -> Response:
        """Create an intent and, with confirm=true, confirm it; 402 when the card declines."""
        return self._once(request, lambda: self._create(request.form()))

    def _create(self, form: dict[str, str]) -> Response:
        amount = self._amount(form, "amount")
        if form.get("capture_method") != "manual":
            raise Refusal(self.error(400, "This account captures manually"))
        confirms = form.get("confirm") == "true"
        if confirms:
            self._check_card(form.get("payment_method", ""))
        intent: Json = {
            "id": self._new_id("pi_"),
            "object": "payment_intent",
            "amount": amount,
            "amount_capturable": 0,
            "amount_received": 0,
            "currency": form.get("currency", "usd"),
            "capture_method": "manual",
            "status": "requires_payment_method",
            "client_secret": f"secret_{self.new_id(24)}",
            "created": self._now_ms() // 1000,
            "canceled_at": None,
            "metadata": _metadata(form),
        }
        self._intents[intent["id"]] = intent
        if confirms:
            self._hold(intent, form.get("payment_method", ""))
        return Response.of_json(intent)

    def confirm(self, request: Request, intent_id: str) -> Response:
        """Hold the money, once: 402 when the card declines."""
        return self._once(request, lambda: self._confirm(request.form(), intent_id))

    def _confirm(self, form: dict[str, str], intent_id: str) -> Response:
        intent = self._intent(intent_id, *CONFIRMABLE)
        method = form.get("payment_method", "")
        if not method:
            raise Refusal(self.error(400, "You cannot confirm without a payment method"))
        if method in DECLINES:
            self._publish("payment_intent.payment_failed", intent)
        self._check_card(method)
        self._hold(intent, method)
        return Response.of_json(intent)

    def _check_card(self, method: str) -> None:
        if decline := DECLINES.get(method):
            error = {"type": "card_error", "code": "card_declined", "decline_code": decline}
            raise Refusal(Response.of_json({"error": error}, 402))

    def _hold(self, intent: Json, method: str) -> None:
        if method == ASKS_THE_CUSTOMER:
            intent["status"] = "requires_action"
            self._publish("payment_intent.requires_action", intent)
            return
        intent.update(status="requires_capture", amount_capturable=intent["amount"])
        self._held_at_ms[intent["id"]] = self._now_ms()
        self._publish("payment_intent.amount_capturable_updated", intent)
        self.at(self._now_ms() + AUTHORISED_FOR_MS, lambda: self._expire(intent))

    def authenticate(self, intent_id: str) -> None:
        """Let the customer answer the bank."""
        with self._lock:
            self._hold(self._intent(intent_id, "requires_action"), "")

    def void(self, intent_id: str) -> None:
        """Let the bank take back what it holds."""
        with self._lock:
            self._expire(self._intent(intent_id))

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
        self._taken_at_ms[intent["metadata"].get("order_id", "")] = self._now_ms()
        self._publish("payment_intent.succeeded", intent)
        return Response.of_json(intent)

    def cancel(self, request: Request, intent_id: str) -> Response:
        """Release what was authorised."""
        return self._once(request, lambda: self._cancel(intent_id))

    def _cancel(self, intent_id: str) -> Response:
        intent = self._intent(intent_id, *CANCELLABLE)
        self._end(intent)
        return Response.of_json(intent)

    def refund(self, request: Request) -> Response:
        """Give captured money back, in one or several parts."""
        return self._once(request, lambda: self._refund(request.form()))

    def _refund(self, form: dict[str, str]) -> Response:
        intent = self._intent(form.get("payment_intent", ""), "succeeded")
        back = sum(refund["amount"] for refund in self._refunds_of(intent["id"]))
        amount = self._amount(form, "amount", max(1, intent["amount_received"] - back))
        if back >= intent["amount_received"]:
            text = "The charge has already been refunded"
            error = {"type": "invalid_request_error", "code": "charge_already_refunded"}
            raise Refusal(Response.of_json({"error": {**error, "message": text}}, 400))
        if back + amount > intent["amount_received"]:
            raise Refusal(self.error(400, "Refund amount is greater than what is left"))
        refund: Json = {
            "id": self._new_id("re_"),
            "object": "refund",
            "amount": amount,
            "payment_intent": intent["id"],
            "status": "succeeded",
            "created": self._now_ms() // 1000,
            "metadata": _metadata(form),
        }
        self._refunds[refund["id"]] = refund
        self._publish("refund.created", refund)
        return Response.of_json(refund)

    def list_refunds(self, request: Request) -> Response:
        """Return an intent's refunds."""
        found = self._refunds_of(request.query.get("payment_intent", ""))
        return Response.of_json({"object": "list", "data": found, "has_more": False})

    # Inside.

    def _refunds_of(self, intent_id: str) -> list[Json]:
        return [one for one in self._refunds.values() if one["payment_intent"] == intent_id]

    def _carry_out(
        self, route: Route, request: Request, arguments: dict[str, str]
    ) -> tuple[Response, Fault | None]:
        """Keep a 500, too, under the request's key: it is what the key replays from then on."""
        response, fault = super()._carry_out(route, request, arguments)
        key = request.headers.get("idempotency-key")
        if key is not None and fault is not None and response.status == 500:
            self._answers[key] = (_fingerprint(request), response)
        return response, fault

    def _once(self, request: Request, act: Callable[[], Response]) -> Response:
        key = request.headers.get("idempotency-key")
        if key is None:
            return act()
        fingerprint = _fingerprint(request)
        if (earlier := self._answers.get(key)) is not None:
            if earlier[0] == fingerprint:
                return earlier[1]
            error = {"type": "idempotency_error", "message": "Keys are for one request only"}
            raise Refusal(Response.of_json({"error": error}, 400))
        try:
            response = act()
        except Refusal as refusal:
            self._answers[key] = (fingerprint, refusal.response)
            raise
        self._answers[key] = (fingerprint, response)
        return response

    def _intent(self, intent_id: str, *statuses: str) -> Json:
        intent = self._intents.get(intent_id)
        if intent is None:
            raise Refusal(self.error(404, f"No such payment_intent: '{intent_id}'"))
        if statuses and intent["status"] not in statuses:
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
            self._end(intent)

    def _end(self, intent: Json) -> None:
        canceled_at = self._now_ms() // 1000
        intent.update(status="canceled", amount_capturable=0, canceled_at=canceled_at)
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


def _fingerprint(request: Request) -> bytes:
    return hashlib.sha256(request.path.encode() + b"\n" + request.body).digest()


def _metadata(form: dict[str, str]) -> dict[str, str]:
    return {
        name[len("metadata[") : -1]: value
        for name, value in form.items()
        if name.startswith("metadata[")
    }
