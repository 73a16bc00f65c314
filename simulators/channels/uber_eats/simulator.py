"""Uber Eats: thin signed webhooks, the order fetch, accept, deny, cancel, and the clock against us.

From Uber's developer pages (docs/eats): the webhook is answered 200 with an empty body, else it
is sent again after 1, 2, 4 … seconds until 7 were sent; an order without a decision is cancelled
after 11.5 minutes, with a robocall to the store at 90 seconds; a denial does not cancel at once,
because the tablet in the store may still accept.
Not documented, chosen here: 409 for a decision on an order that is no longer open to it.
"""

from __future__ import annotations

import copy
import hashlib
import hmac
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from simulators import faults
from simulators.channels.client_credentials import ClientCredentials
from simulators.channels.marketplace import Marketplace
from simulators.channels.uber_eats.menus import Menus
from simulators.instants import rfc3339
from simulators.simulator import Refusal
from simulators.timeline import Delivery, OutgoingRequest
from simulators.wsgi import JSON, BodyError, Request, Response, Route, encode_json

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]

RETRY_DELAYS_MS = tuple(2**n * 1000 for n in range(6))
AUTO_CANCEL_MS = 690_000
ROBOCALL_MS = 90_000
TOKEN_LIFE_SECONDS = 30 * 24 * 3600
GRANTS_PER_HOUR = 100

DENY_CODES = frozenset(
    {
        "STORE_CLOSED",
        "POS_NOT_READY",
        "POS_OFFLINE",
        "ITEM_AVAILABILITY",
        "MISSING_ITEM",
        "MISSING_INFO",
        "PRICING",
        "CAPACITY",
        "ADDRESS",
        "SPECIAL_INSTRUCTIONS",
        "OTHER",
    }
)
CANCEL_REASONS = frozenset(
    {
        "OUT_OF_ITEMS",
        "KITCHEN_CLOSED",
        "CUSTOMER_CALLED_TO_CANCEL",
        "RESTAURANT_TOO_BUSY",
        "CANNOT_COMPLETE_CUSTOMER_NOTE",
        "OTHER",
    }
)
_CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    429: "too_many_requests",
}


@dataclass(frozen=True, slots=True)
class UberEatsSettings:
    """The app's registration. `public_url` is what resource_href starts with."""

    client_id: str = "uber-local-client"
    client_secret: str = "uber-local-secret"  # noqa: S105 - a local stand-in's
    webhook_url: str = "http://127.0.0.1:8000/webhooks/uber_eats"
    public_url: str = "http://127.0.0.1:9001/uber"
    retry_delays_ms: tuple[int, ...] = RETRY_DELAYS_MS
    auto_cancel_ms: int = AUTO_CANCEL_MS
    robocall_ms: int = ROBOCALL_MS


@dataclass(slots=True)
class _Order:
    payload: Json
    state: str
    placed_at_ms: int


def sign(client_secret: str, body: bytes) -> str:
    """Return X-Uber-Signature: lower-case hex HMAC-SHA256 over the raw body."""
    return hmac.new(client_secret.encode(), body, hashlib.sha256).hexdigest()


class UberEats(Marketplace):
    """The marketplace: customers place orders here, our app decides about them.

    decisions: accepted, denied, accepted_on_tablet, cancelled_by_merchant,
    cancelled_by_customer, auto_cancelled.
    """

    name = "uber_eats"

    def __init__(self, *, settings: UberEatsSettings | None = None, **host: Any) -> None:
        self.settings = settings or UberEatsSettings()
        self._orders: dict[str, _Order] = {}
        self.robocalls: list[str] = []
        self.suspended: dict[tuple[str, str], int] = {}
        self.menus = Menus(self.suspended, host["now_ms"])
        super().__init__(**host)
        self.tokens = ClientCredentials(
            (self.settings.client_id, self.settings.client_secret),
            life_seconds=TOKEN_LIFE_SECONDS,
            per_hour=GRANTS_PER_HOUR,
            dice=self._random,
            now_ms=self._now_ms,
        )

    # What customers, stores and tests do.

    def place(self, payload: Mapping[str, Any]) -> str:
        """Let a customer place an order; returns its id and plans the webhook.

        `payload` is the body of GET /v2/eats/order/{id}. `id`, `placed_at` and `current_state`
        are filled in when they are missing.
        """
        return self._place(payload, "orders.notification")

    def place_scheduled(self, payload: Mapping[str, Any]) -> str:
        """Let a customer place an order for later; the webhook's type says that it is one."""
        return self._place(payload, "orders.scheduled.notification")

    def _place(self, payload: Mapping[str, Any], event_type: str) -> str:
        with self._lock:
            now_ms = self._now_ms()
            order = copy.deepcopy(dict(payload))
            order_id = str(order.setdefault("id", self.new_uuid()))
            if order_id in self._orders:
                raise ValueError(f"order {order_id} was already placed")
            order.setdefault("display_id", order_id[-5:].upper())
            order.setdefault("placed_at", rfc3339(now_ms))
            self._orders[order_id] = _Order(order, "CREATED", now_ms)
            self._publish(event_type, order_id)
            self.at(now_ms + self.settings.robocall_ms, lambda: self._robocall(order_id))
            self.at(now_ms + self.settings.auto_cancel_ms, lambda: self._auto_cancel(order_id))
            return order_id

    def cancel_by_customer(self, order_id: str) -> None:
        """Let the customer cancel; publishes orders.cancel. Raises KeyError, ValueError."""
        with self._lock:
            order = self._orders[order_id]
            if order.state not in ("CREATED", "ACCEPTED"):
                raise ValueError(f"order {order_id} is {order.state}")
            self._decide(order_id, "CANCELED", "cancelled_by_customer", {})
            self._publish("orders.cancel", order_id)

    def courier_arrives(self, order_id: str) -> None:
        """Let the courier come near; publishes orders.release."""
        with self._lock:
            self._publish("orders.release", order_id)

    def edit_by_customer(self, order_id: str) -> None:
        """Let the customer change the order; publishes orders.customer_order_edit."""
        with self._lock:
            self._publish("orders.customer_order_edit", order_id)

    def accept_on_tablet(self, order_id: str) -> None:
        """Let the store's staff accept on their tablet: even after our denial."""
        with self._lock:
            if self._orders[order_id].state not in ("CREATED", "DENIED"):
                raise ValueError(f"order {order_id} is {self._orders[order_id].state}")
            self._decide(order_id, "ACCEPTED", "accepted_on_tablet", {})

    def order_state(self, order_id: str) -> str:
        """Return CREATED, ACCEPTED, DENIED or CANCELED."""
        with self._lock:
            return self._orders[order_id].state

    # The vendor's part of a simulator.

    def routes(self) -> list[Route]:
        """Return the operations of the order suite v2/v1."""
        v1, stores = "/v1/eats/orders/{order_id}", "/v1/eats/stores/{store_id}"
        menus = "/v2/eats/stores/{store_id}/menus"
        return [
            Route("POST", "/oauth/v2/token", "GetToken", self.get_token),
            Route("GET", "/v2/eats/order/{order_id}", "GetOrder", self.get_order),
            Route("POST", f"{v1}/accept_pos_order", "AcceptOrder", self.accept_order),
            Route("POST", f"{v1}/deny_pos_order", "DenyOrder", self.deny_order),
            Route("POST", f"{v1}/cancel", "CancelOrder", self.cancel_order),
            Route("GET", f"{stores}/created-orders", "GetCreatedOrders", self.get_created_orders),
            Route("PUT", f"{menus}", "PutMenus", self.menus.put),
            Route("POST", f"{menus}/items/{{item_id}}", "UpdateItem", self.update_item),
            Route("POST", f"{stores}/holiday-hours", "SetHolidays", self.menus.put_holidays),
        ]

    def extra_control_routes(self) -> list[Route]:
        """Let customers and stores act over HTTP too."""
        control = "/_control/orders/{order_id}"
        return [
            Route("POST", "/_control/orders", "place", self._control_place),
            Route("POST", f"{control}/cancel", "cancel", self._control_cancel),
            Route("POST", f"{control}/accept_on_tablet", "tablet", self._control_tablet),
        ]

    def authorize(self, request: Request, operation: str) -> None:
        """Every operation but the token's own needs a token that is alive."""
        if operation == "GetToken":
            return
        if not self.tokens.is_alive(request.bearer_token):
            raise Refusal(self.error(401, "Invalid OAuth 2.0 credentials provided."))

    def error(self, status: int, detail: str) -> Response:
        """Return Uber's error shape."""
        code = _CODES.get(status, "internal_server_error")
        return Response.of_json({"code": code, "message": detail}, status)

    def state(self) -> Json:
        """Return counts and the ledger."""
        states = [order.state for order in self._orders.values()]
        return {
            "orders": len(states),
            "by_state": {state: states.count(state) for state in sorted(set(states))},
            "decisions": self.shown_decisions(),
            "robocalls": list(self.robocalls),
            "token_grants": len(self.tokens.grants_at_ms),
        }

    def forge(self, request: OutgoingRequest) -> OutgoingRequest:
        """Sign with a secret that is not ours."""
        forged = {**request.headers, "X-Uber-Signature": sign("not-the-secret", request.body)}
        return replace(request, headers=forged)

    def acknowledges(self, status: int) -> bool:
        """Only 200 counts."""
        return status == 200

    # Operations.

    def get_token(self, request: Request) -> Response:
        """Grant a client-credentials token: at most 100 an hour, valid for 30 days."""
        return self.tokens.grant(request, lambda: self.error(429, "Too many token requests."))

    def get_order(self, _request: Request, order_id: str) -> Response:
        """GET /v2/eats/order/{id}: the whole order."""
        order = self._order(order_id)
        return Response.of_json({**order.payload, "current_state": order.state})

    def update_item(self, request: Request, store_id: str, item_id: str) -> Response:
        """Suspend an item until a time in seconds, or end its suspension (null)."""
        if not self.menus.has(store_id, item_id):
            raise Refusal(self.error(404, f"The menu has no item {item_id}."))
        info = request.json_object().get("suspension_info")
        suspension = info.get("suspension") if isinstance(info, dict) else None
        until = suspension.get("suspend_until", "") if isinstance(suspension, dict) else ""
        if until is None or (type(until) is int and until <= self._now_ms() // 1000):
            self.suspended.pop((store_id, item_id), None)
        elif type(until) is int:
            self.suspended[store_id, item_id] = until
        else:
            raise BodyError("suspend_until must be a time in seconds, or null")
        return Response(204)

    def get_created_orders(self, request: Request, store_id: str) -> Response:
        """GET /v1/eats/stores/{id}/created-orders: what still waits for a decision."""
        limit = request.query.get("limit", "50")
        if not limit.isdecimal():
            raise Refusal(self.error(400, "limit must be a number."))
        waiting = [
            {
                "id": order.payload["id"],
                "current_state": order.state,
                "placed_at": order.payload["placed_at"],
            }
            for order in self._orders.values()
            if order.state == "CREATED" and order.payload.get("store", {}).get("id") == store_id
        ]
        return Response.of_json({"orders": waiting[: int(limit)]})

    def accept_order(self, request: Request, order_id: str) -> Response:
        """POST …/accept_pos_order: 204; 409 when the order is no longer open to it."""
        body = request.json_object()
        pickup_time = body.get("pickup_time")
        if pickup_time is not None and type(pickup_time) is not int:
            raise BodyError("pickup_time must be a Unix timestamp in seconds")
        reference = body.get("external_reference_id")
        if reference is not None and not isinstance(reference, str):
            raise BodyError("external_reference_id must be a string")
        order = self._open_order(order_id)
        if reference:
            order.payload["external_reference_id"] = reference
        self._decide(order_id, "ACCEPTED", "accepted", body)
        return Response(204)

    def deny_order(self, request: Request, order_id: str) -> Response:
        """POST …/deny_pos_order: 204; the tablet may still accept afterwards."""
        body = request.json_object()
        reason = body.get("reason")
        if not isinstance(reason, dict) or not isinstance(reason.get("explanation"), str):
            raise BodyError("reason.explanation is required")
        if reason.get("code", "OTHER") not in DENY_CODES:
            raise BodyError(f"reason.code must be one of {', '.join(sorted(DENY_CODES))}")
        self._open_order(order_id)
        self._decide(order_id, "DENIED", "denied", body)
        if fault := self.faults.take("DenyOrder", (faults.LATE_ACCEPT,)):
            due_ms = self._now_ms() + round(fault.seconds * 1000)
            self.at(due_ms, lambda: self._late_accept(order_id))
        return Response(204)

    def cancel_order(self, request: Request, order_id: str) -> Response:
        """POST …/cancel: 204; 404 for an order that is over or never was (as documented)."""
        body = request.json_object()
        if body.get("reason") not in CANCEL_REASONS:
            raise BodyError(f"reason must be one of {', '.join(sorted(CANCEL_REASONS))}")
        if self._order(order_id).state not in ("CREATED", "ACCEPTED"):
            raise Refusal(self.error(404, "The order is not live."))
        self._decide(order_id, "CANCELED", "cancelled_by_merchant", body)
        self._publish("orders.cancel", order_id)
        return Response(204)

    # Inside.

    def _order(self, order_id: str) -> _Order:
        if order_id not in self._orders:
            raise Refusal(self.error(404, f"Order {order_id} was not found."))
        return self._orders[order_id]

    def _open_order(self, order_id: str) -> _Order:
        order = self._order(order_id)
        if order.state != "CREATED":
            raise Refusal(self.error(409, f"The order is {order.state}."))
        return order

    def _decide(self, order_id: str, state: str, decision: str, detail: Json) -> None:
        self._orders[order_id].state = state
        self.note_decision(order_id, decision, detail)

    def _robocall(self, order_id: str) -> None:
        if self._orders[order_id].state == "CREATED":
            self.robocalls.append(order_id)

    def _auto_cancel(self, order_id: str) -> None:
        if self._orders[order_id].state in ("CREATED", "DENIED"):
            if self._orders[order_id].state == "CREATED":
                self._decide(order_id, "CANCELED", "auto_cancelled", {})
            else:
                self._orders[order_id].state = "CANCELED"
            self._publish("orders.cancel", order_id)

    def _late_accept(self, order_id: str) -> None:
        if self._orders[order_id].state == "DENIED":
            self._decide(order_id, "ACCEPTED", "accepted_on_tablet", {})

    def _publish(self, event_type: str, order_id: str) -> None:
        settings = self.settings
        store = self._orders[order_id].payload.get("store", {}).get("id", "")
        body = encode_json(
            {
                "event_id": self.new_uuid(),
                "event_time": self._now_ms() // 1000,
                "event_type": event_type,
                "meta": {"user_id": store, "resource_id": order_id, "status": "pos"},
                "resource_href": f"{settings.public_url}/v2/eats/order/{order_id}",
            }
        )
        headers = {
            "Content-Type": JSON,
            "X-Environment": "sandbox",
            "X-Uber-Signature": sign(settings.client_secret, body),
        }
        webhook = OutgoingRequest("POST", settings.webhook_url, headers, body)
        self.publish(Delivery(event_type, order_id, webhook, settings.retry_delays_ms))

    def _control_place(self, request: Request) -> Response:
        return Response.of_json({"order_id": self.place(request.json_object())}, 201)

    def _control_cancel(self, _request: Request, order_id: str) -> Response:
        self.cancel_by_customer(order_id)
        return Response.of_json({"current_state": self.order_state(order_id)})

    def _control_tablet(self, _request: Request, order_id: str) -> Response:
        self.accept_on_tablet(order_id)
        return Response.of_json({"current_state": self.order_state(order_id)})
