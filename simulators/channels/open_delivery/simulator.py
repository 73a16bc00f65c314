"""Open Delivery: a thin signed webhook or polling, the order fetch, and who may cancel what.

From the Open Delivery specification (Abrasel, v1.5) as iFood and Keeta run it: each event is sent
with X-App-Signature and stays in the poll until it is acknowledged; an order is confirmed, or its
cancellation is asked for; a customer's wish to cancel a confirmed order is a question to us. An
order that nobody confirmed is cancelled (here after 8 minutes: the platform's own policy).
"""

from __future__ import annotations

import copy
import hashlib
import hmac
import json
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from simulators.channels.client_credentials import ClientCredentials
from simulators.channels.marketplace import Marketplace
from simulators.channels.open_delivery.menus import Merchants
from simulators.instants import rfc3339
from simulators.simulator import Refusal
from simulators.timeline import Delivery, OutgoingRequest
from simulators.wsgi import JSON, BodyError, Request, Response, Route, encode_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Json = dict[str, Any]

RETRY_DELAYS_MS = (5_000, 10_000, 20_000, 40_000, 80_000)
CONFIRM_WITHIN_MS = 480_000
TOKEN_SECONDS = 3600
READ = "merchant.read"
# maxItems of what is polled and of AckEvents, in the specification's OpenAPI description
SHOWN_AT_ONCE = 1_000
ACKNOWLEDGED_AT_ONCE = 100
ACKNOWLEDGED = ("id", "orderId", "eventType")

CANCEL_CODES = frozenset(
    {
        "SYSTEMIC_ISSUES",
        "DUPLICATE_APPLICATION",
        "UNAVAILABLE_ITEM",
        "RESTAURANT_WITHOUT_DELIVERY_MAN",
        "OUTDATED_MENU",
        "ORDER_OUTSIDE_THE_DELIVERY_AREA",
        "BLOCKED_CUSTOMER",
        "OUTSIDE_DELIVERY_HOURS",
        "INTERNAL_DIFFICULTIES_OF_THE_RESTAURANT",
        "RISK_AREA",
    }
)
NEXT = {
    "confirm": ("CREATED", "CONFIRMED"),
    "preparing": ("CONFIRMED", "PREPARING"),
    "readyForPickup": ("CONFIRMED", "READY_FOR_PICKUP"),
    "dispatch": ("CONFIRMED", "DISPATCHED"),
    "delivered": ("DISPATCHED", "DELIVERED"),
}


@dataclass(frozen=True, slots=True)
class OpenDeliverySettings:
    """The ordering application's registration with us."""

    client_id: str = "open-delivery-local-client"
    client_secret: str = "open-delivery-local-secret"  # noqa: S105 - a local stand-in's
    app_id: str = "open-delivery-local-app"
    webhook_url: str = "http://127.0.0.1:8000/webhooks/open_delivery"
    merchants_url: str = "http://127.0.0.1:8000/open_delivery"
    api_key: str = "open-delivery-local-api-key"
    public_url: str = "http://127.0.0.1:9001/open_delivery"
    retry_delays_ms: tuple[int, ...] = RETRY_DELAYS_MS
    confirm_within_ms: int = CONFIRM_WITHIN_MS


def sign(client_secret: str, body: bytes) -> str:
    """Return X-App-Signature: lower-case hex HMAC-SHA256 over the raw body."""
    return hmac.new(client_secret.encode(), body, hashlib.sha256).hexdigest()


class OpenDelivery(Marketplace):
    """An ordering application: customers place orders here, our app confirms them.

    decisions: confirmed, cancelled_by_merchant, cancelled_by_customer, auto_cancelled,
    cancellation_denied.
    """

    name = "open_delivery"

    def __init__(self, *, settings: OpenDeliverySettings | None = None, **host: Any) -> None:
        self.settings = settings or OpenDeliverySettings()
        self._orders: dict[str, Json] = {}
        self._states: dict[str, str] = {}
        self._events: dict[str, Json] = {}
        self.merchants = Merchants()
        self.item_status = self.merchants.item_status
        self.merchant_status = self.merchants.status
        super().__init__(**host)
        self.tokens = ClientCredentials(
            (self.settings.client_id, self.settings.client_secret),
            life_seconds=TOKEN_SECONDS,
            per_hour=60,
            dice=self._random,
            now_ms=self._now_ms,
        )

    # What customers and tests do.

    def place(self, payload: Mapping[str, Any]) -> str:
        """Let a customer place an order; returns its id and plans the event CREATED."""
        with self._lock:
            order = copy.deepcopy(dict(payload))
            order_id = str(order.setdefault("id", self.new_uuid()))
            if order_id in self._orders:
                raise ValueError(f"order {order_id} was already placed")
            self._orders[order_id] = order
            self._states[order_id] = "CREATED"
            self._publish("CREATED", order_id)
            due_ms = self._now_ms() + self.settings.confirm_within_ms
            self.at(due_ms, lambda: self._auto_cancel(order_id))
            return order_id

    def cancel_by_customer(self, order_id: str) -> None:
        """Let the customer cancel: at once before the confirmation, else by asking us."""
        with self._lock:
            state = self._states[order_id]
            if state == "CREATED":
                self._end(order_id, "cancelled_by_customer", {})
            elif state == "CONFIRMED":
                self._states[order_id] = "CANCELLATION_ASKED"
                self._publish("ORDER_CANCELLATION_REQUEST", order_id)
            else:
                raise ValueError(f"order {order_id} is {state}")

    def show(self, event: Json) -> None:
        """Let the poll show an event of which no webhook tells, whatever it says."""
        with self._lock:
            self._events[str(event.get("eventId"))] = event

    def order_state(self, order_id: str) -> str:
        """Return CREATED, CONFIRMED … CANCELLATION_ASKED or CANCELLED."""
        with self._lock:
            return self._states[order_id]

    # The vendor's part of a simulator.

    def routes(self) -> list[Route]:
        """Return the operations."""
        order = "/v1/orders/{order_id}"
        return [
            Route("POST", "/oauth/token", "GetToken", self.get_token),
            Route("GET", "/v1/events:polling", "PollEvents", self.poll),
            Route("POST", "/v1/events/acknowledgment", "AcknowledgeEvents", self.acknowledge),
            Route("GET", order, "GetOrder", self.get_order),
            *(Route("POST", f"{order}/{step}", f"Order_{step}", self._step(step)) for step in NEXT),
            Route("POST", f"{order}/requestCancellation", "RequestCancellation", self.cancel),
            Route("POST", f"{order}/acceptCancellation", "AcceptCancellation", self.accept_cancel),
            Route("POST", f"{order}/denyCancellation", "DenyCancellation", self.deny_cancel),
            Route(
                "POST", "/v1/merchantUpdate/{merchant_id}", "MerchantUpdate", self.update_merchant
            ),
            Route("GET", "/v1/merchantStatus", "MerchantStatus", self.merchant_was_read),
        ]

    def extra_control_routes(self) -> list[Route]:
        """Let customers act over HTTP too."""
        return [
            Route("POST", "/_control/orders", "place", self._control_place),
            Route("POST", "/_control/orders/{order_id}/cancel", "cancel", self._control_cancel),
        ]

    def authorize(self, request: Request, operation: str) -> None:
        """Every operation but the token's own needs a token that is alive."""
        if operation != "GetToken" and not self.tokens.is_alive(request.bearer_token):
            raise Refusal(self.error(401, "Request lacks valid authentication credentials"))

    def error(self, status: int, detail: str) -> Response:
        """Return a problem document, as the specification has it."""
        return Response.of_json({"title": detail, "status": status}, status)

    def state(self) -> Json:
        """Return counts and the ledger."""
        states = list(self._states.values())
        return {
            "orders": len(states),
            "by_state": {state: states.count(state) for state in sorted(set(states))},
            "decisions": self.shown_decisions(),
            "unacknowledged": len(self._events),
            "merchants": dict(self.merchant_status),
            "read": {id_: status for id_, (_, status, _) in self.merchants.read.items()},
        }

    def forge(self, request: OutgoingRequest) -> OutgoingRequest:
        """Sign with a secret that is not ours."""
        forged = {**request.headers, "X-App-Signature": sign("not-the-secret", request.body)}
        return replace(request, headers=forged)

    def delivered(self, delivery: Delivery, status: int) -> None:
        """An event that the webhook's receiver took is not polled for any more."""
        if delivery.event_type == READ:
            self.merchants.take(delivery.resource_id, status, self._now_ms())
        elif self.acknowledges(status):
            self._events.pop(json.loads(delivery.request.body)["eventId"], None)

    # Operations.

    def get_token(self, request: Request) -> Response:
        """Grant a client-credentials token for an hour."""
        return self.tokens.grant(request, lambda: self.error(429, "Too many requests"))

    def poll(self, _request: Request) -> Response:
        """Return the events that nobody has acknowledged; 204 when there are none."""
        shown = list(islice(self._events.values(), SHOWN_AT_ONCE))
        return Response.of_json(shown) if shown else Response(204)

    def acknowledge(self, request: Request) -> Response:
        """Take events out of the poll: `[{id, orderId, eventType}]`."""
        events = request.json()
        if not isinstance(events, list) or not all(isinstance(e, dict) for e in events):
            raise BodyError("expected a list of events")
        if len(events) > ACKNOWLEDGED_AT_ONCE:
            raise BodyError(f"more than {ACKNOWLEDGED_AT_ONCE} events")
        for event in events:
            if not all(isinstance(event.get(name), str) and event[name] for name in ACKNOWLEDGED):
                raise BodyError(f"an event without {', '.join(ACKNOWLEDGED)}")
        for event in events:
            self._events.pop(event["id"], None)
        return Response(202)

    def get_order(self, _request: Request, order_id: str) -> Response:
        """Return the whole order."""
        order, state = self._order(order_id), self._states[order_id]
        event = "ORDER_CANCELLATION_REQUEST" if state == "CANCELLATION_ASKED" else state
        return Response.of_json({**order, "lastEvent": event})

    def _step(self, step: str) -> Callable[..., Response]:
        def take(request: Request, order_id: str) -> Response:
            body = request.json_object() if request.body else {}
            self._order(order_id)
            before, after = NEXT[step]
            if self._states[order_id] != before:
                raise Refusal(self.error(422, f"The order is {self._states[order_id]}"))
            self._states[order_id] = after
            if step == "confirm":
                self.note_decision(order_id, "confirmed", body)
            self._publish(after, order_id)
            return Response(202)

        return take

    def cancel(self, request: Request, order_id: str) -> Response:
        """Cancel an order from our side: granted, as platforms do before the dispatch."""
        body = request.json_object()
        if not isinstance(body.get("reason"), str) or body.get("code") not in CANCEL_CODES:
            raise BodyError(f"reason, and code as one of {', '.join(sorted(CANCEL_CODES))}")
        self._order(order_id)
        if self._states[order_id] not in ("CREATED", "CONFIRMED", "PREPARING"):
            raise Refusal(self.error(422, f"The order is {self._states[order_id]}"))
        self._publish("CANCELLATION_REQUESTED", order_id)
        self._end(order_id, "cancelled_by_merchant", body)
        return Response(202)

    def accept_cancel(self, _request: Request, order_id: str) -> Response:
        """Agree that the customer cancels."""
        self._asked(order_id)
        self._end(order_id, "cancelled_by_customer", {})
        return Response(202)

    def deny_cancel(self, request: Request, order_id: str) -> Response:
        """Refuse that the customer cancels."""
        self._asked(order_id)
        self._states[order_id] = "CONFIRMED"
        self.note_decision(order_id, "cancellation_denied", request.json_object())
        return Response(202)

    def update_merchant(self, request: Request, merchant_id: str) -> Response:
        """Take in a change of a merchant; without a body, read all of it."""
        if not request.body:
            self.read_merchant(merchant_id)
            return Response(204)
        return self.merchants.update(merchant_id, request.json_object())

    def merchant_was_read(self, request: Request) -> Response:
        """Say when a merchant was read last, and how that went."""
        read = self.merchants.read.get(request.query.get("merchantId", ""))
        if read is None:
            raise Refusal(self.error(404, "Merchant not found"))
        at_ms, status, why = read
        body = {"lastRead": rfc3339(at_ms), "status": status}
        return Response.of_json(body | ({"moreInfo": why} if why else {}))

    def read_merchant(self, merchant_id: str) -> None:
        """Ask the merchant's software for all of it (GET merchant), as when its TTL is over."""
        url = f"{self.settings.merchants_url}/{merchant_id}/v1/merchant"
        asked = OutgoingRequest("GET", url, {"X-API-KEY": self.settings.api_key}, b"")
        self.merchants.read[merchant_id] = (self._now_ms(), "PROCESSING", "")
        self.publish(Delivery(READ, merchant_id, asked, self.settings.retry_delays_ms))

    # Inside.

    def _order(self, order_id: str) -> Json:
        if order_id not in self._orders:
            raise Refusal(self.error(404, "Order not found"))
        return self._orders[order_id]

    def _asked(self, order_id: str) -> None:
        self._order(order_id)
        if self._states[order_id] != "CANCELLATION_ASKED":
            raise Refusal(self.error(422, f"The order is {self._states[order_id]}"))

    def _end(self, order_id: str, decision: str, detail: Json) -> None:
        self._states[order_id] = "CANCELLED"
        self.note_decision(order_id, decision, detail)
        self._publish("CANCELLED", order_id)

    def _auto_cancel(self, order_id: str) -> None:
        if self._states[order_id] == "CREATED":
            self._end(order_id, "auto_cancelled", {})

    def _publish(self, event_type: str, order_id: str) -> None:
        settings, event_id = self.settings, self.new_uuid()
        event = {
            "eventId": event_id,
            "eventType": event_type,
            "orderId": order_id,
            "orderURL": f"{settings.public_url}/v1/orders/{order_id}",
            "createdAt": rfc3339(self._now_ms()),
            "sourceAppId": settings.app_id,
        }
        self._events[event_id] = event
        body = encode_json(event)
        headers = {
            "Content-Type": JSON,
            "X-App-Id": settings.app_id,
            "X-App-MerchantId": str(self._orders[order_id].get("merchant", {}).get("id", "")),
            "X-App-Signature": sign(settings.client_secret, body),
        }
        webhook = OutgoingRequest("POST", settings.webhook_url, headers, body)
        self.publish(Delivery(event_type, order_id, webhook, settings.retry_delays_ms))

    def _control_place(self, request: Request) -> Response:
        return Response.of_json({"order_id": self.place(request.json_object())}, 201)

    def _control_cancel(self, _request: Request, order_id: str) -> Response:
        self.cancel_by_customer(order_id)
        return Response.of_json({"status": self.order_state(order_id)})
