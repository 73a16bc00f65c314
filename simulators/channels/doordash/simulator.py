"""DoorDash Marketplace: fat webhooks with a static token, and the three ways to answer one.

From DoorDash's developer pages (marketplace/how_to/order_integration): 200 accepts the order at
once, 202 promises a decision by PATCH within 3 to 8 minutes (depending on when a scheduler looks),
anything that is not 2xx, and no answer at all, fails the order. Orders and cancellations that are
answered with 5xx come up to three times more, 0.3 s apart (marketplace/faq/order, "Will DoorDash
ever retry the order POST"). A cancelled order is announced only if we had confirmed it, without
a reason.
"""

from __future__ import annotations

import base64
import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from simulators.channels.doordash.jwt import TokenError, check_token
from simulators.channels.doordash.menus import Menus
from simulators.channels.marketplace import Marketplace
from simulators.instants import from_rfc3339
from simulators.simulator import Refusal
from simulators.timeline import NO_ANSWER, Delivery, OutgoingRequest
from simulators.wsgi import JSON, BodyError, Request, Response, Route, encode_json

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]

RETRY_DELAYS_MS = (300, 300, 300)
REPEATED = frozenset({"OrderCreate", "OrderCancel"})
"""Webhooks that come again after a 5xx."""

CANCEL_REASONS = frozenset({"ITEM_OUT_OF_STOCK", "STORE_CLOSED", "KITCHEN_BUSY", "OTHER"})
LOCAL_SIGNING_SECRET = base64.urlsafe_b64encode(b"doordash-local-signing-secret").decode()
_CODES = {
    400: "bad_request",
    401: "authentication_error",
    404: "not_found",
    405: "method_not_allowed",
    429: "too_many_requests",
}


@dataclass(frozen=True, slots=True)
class DoorDashSettings:
    """The provider's registration.

    `webhook_token` is sent as the Authorization header exactly as it stands.
    `signing_secret` is base64url, as the developer portal shows it.
    """

    webhook_token: str = "doordash-local-token"  # noqa: S105 - a local stand-in's
    developer_id: str = "dev-local"
    key_id: str = "key-local"
    signing_secret: str = LOCAL_SIGNING_SECRET
    webhook_url: str = "http://127.0.0.1:8000/webhooks/doordash"
    cancel_url: str = "http://127.0.0.1:8000/webhooks/doordash"
    retry_delays_ms: tuple[int, ...] = RETRY_DELAYS_MS
    decide_within_ms: tuple[int, int] = (180_000, 480_000)


@dataclass(slots=True)
class _Order:
    payload: Json
    state: str = "NEW"
    client_order_id: str | None = None
    ready: bool = False


class DoorDash(Marketplace):
    """The marketplace: customers place orders here, our app confirms or fails them.

    decisions: accepted (PATCH success), accepted_at_once (200), denied (PATCH fail),
    failed (non-2xx or no answer), timed_out, cancelled_by_merchant, cancelled_by_customer.
    """

    name = "doordash"

    def __init__(self, *, settings: DoorDashSettings | None = None, **host: Any) -> None:
        self.settings = settings or DoorDashSettings()
        self._orders: dict[str, _Order] = {}
        self.item_status: dict[tuple[str, str], bool] = {}
        self.option_status: dict[tuple[str, str], bool] = {}
        self.store_status: dict[str, Json] = {}
        self.menus = Menus(host["now_ms"], self.at, self._publish_menu, self.error, self.new_uuid)
        super().__init__(**host)

    # What customers and tests do.

    def place(self, payload: Mapping[str, Any]) -> str:
        """Let a customer place an order (the webhook's `order`); returns its id."""
        with self._lock:
            order = copy.deepcopy(dict(payload))
            order_id = str(order.setdefault("id", self.new_uuid()))
            if order_id in self._orders:
                raise ValueError(f"order {order_id} was already placed")
            self._orders[order_id] = _Order(order)
            body = {"event": {"type": "OrderCreate", "status": "NEW"}, "order": order}
            self._publish("OrderCreate", order_id, self.settings.webhook_url, body)
            return order_id

    def cancel_by_customer(self, order_id: str) -> None:
        """Let the customer cancel a confirmed order; publishes the cancellation."""
        with self._lock:
            order = self._orders[order_id]
            if order.state != "CONFIRMED":
                raise ValueError(f"order {order_id} is {order.state}")
            self._decide(order_id, "CANCELLED", "cancelled_by_customer", {})
            store = order.payload.get("store", {})
            body = {
                "external_order_id": order_id,
                "client_order_id": order.client_order_id or "",
                "store": {
                    "provider_type": store.get("provider_type"),
                    "merchant_supplied_id": store.get("merchant_supplied_id"),
                },
                "is_asap": True,
            }
            self._publish("OrderCancel", order_id, self.settings.cancel_url, body)

    def courier_arrives(self, order_id: str) -> None:
        """Let the courier come near; publishes OrderRelease ("Auto Order Release")."""
        with self._lock:
            body = {"event": {"type": "OrderRelease"}, "order": self._orders[order_id].payload}
            self._publish("OrderRelease", order_id, self.settings.webhook_url, body)

    def order_state(self, order_id: str) -> str:
        """Return NEW, AWAITING_CONFIRMATION, CONFIRMED, FAILED or CANCELLED."""
        with self._lock:
            return self._orders[order_id].state

    # The vendor's part of a simulator.

    def routes(self) -> list[Route]:
        """Return the operations of the Marketplace API v1."""
        order = "/marketplace/api/v1/orders/{order_id}"
        store = "/marketplace/api/v1/stores/{store_id}"
        ready = f"{order}/events/order_ready_for_pickup"
        return [
            Route("PATCH", order, "ConfirmOrder", self.confirm_order),
            Route("PATCH", f"{order}/cancellation", "CancelOrder", self.cancel_order),
            Route("PATCH", ready, "OrderReady", self.order_ready),
            Route("PUT", f"{store}/items/status", "UpdateItemStatus", self.update_items),
            Route("PUT", f"{store}/item_options/status", "UpdateOptionStatus", self.update_options),
            Route("PUT", f"{store}/status", "UpdateStoreStatus", self.update_store),
            Route("POST", "/marketplace/api/v1/menus", "CreateMenu", self.menus.create),
            Route("PATCH", "/marketplace/api/v1/menus/{menu_id}", "UpdateMenu", self.menus.update),
            Route("GET", f"{store}/menu_details", "MenuDetails", self.menus.details),
        ]

    def extra_control_routes(self) -> list[Route]:
        """Let customers act over HTTP too."""
        return [
            Route("POST", "/_control/orders", "place", self._control_place),
            Route("POST", "/_control/orders/{order_id}/cancel", "cancel", self._control_cancel),
        ]

    def authorize(self, request: Request, operation: str) -> None:  # noqa: ARG002
        """Every operation needs a fresh JWT of ours."""
        settings = self.settings
        try:
            check_token(
                request.bearer_token or "",
                developer_id=settings.developer_id,
                key_id=settings.key_id,
                signing_secret=settings.signing_secret,
                now_s=self._now_ms() // 1000,
            )
        except TokenError as error:
            raise Refusal(self.error(401, str(error))) from error

    def error(self, status: int, detail: str) -> Response:
        """Return DoorDash's error shape."""
        code = _CODES.get(status, "internal_error")
        return Response.of_json({"code": code, "message": detail}, status)

    def state(self) -> Json:
        """Return counts and the ledger."""
        states = [order.state for order in self._orders.values()]
        return {
            "orders": len(states),
            "by_state": {state: states.count(state) for state in sorted(set(states))},
            "decisions": self.shown_decisions(),
            "inactive_items": sorted(
                item for (_, item), active in self.item_status.items() if not active
            ),
            "stores": dict(self.store_status),
        }

    def forge(self, request: OutgoingRequest) -> OutgoingRequest:
        """Send a token that is not ours."""
        return replace(request, headers={**request.headers, "Authorization": "not-the-token"})

    def is_sent_again(self, delivery: Delivery, status: int) -> bool:
        """Only what was answered with 5xx comes again."""
        return status >= 500 and super().is_sent_again(delivery, status)

    def delivered(self, delivery: Delivery, status: int) -> None:
        """200 confirms, 202 starts the wait, everything else fails the order."""
        if delivery.event_type != "OrderCreate":
            return
        order = self._orders[delivery.resource_id]
        if order.state not in ("NEW", "AWAITING_CONFIRMATION"):
            return
        order_id = delivery.resource_id
        if status == 202:
            if order.state == "NEW":
                order.state = "AWAITING_CONFIRMATION"
                wait_ms = self._random.randint(*self.settings.decide_within_ms)
                self.at(self._now_ms() + wait_ms, lambda: self._time_out(order_id))
        elif 200 <= status < 300:
            self._decide(order_id, "CONFIRMED", "accepted_at_once", {})
        elif not self.is_sent_again(delivery, status):
            reason = "no answer" if status == NO_ANSWER else f"HTTP {status}"
            self._decide(order_id, "FAILED", "failed", {"failure_reason": reason})

    # Operations.

    def confirm_order(self, request: Request, order_id: str) -> Response:
        """Confirm an order (PATCH …/orders/{id}): 202; 400 when it was decided or timed out."""
        body = request.json_object()
        status = body.get("order_status")
        if status not in ("success", "fail"):
            raise BodyError('order_status must be "success" or "fail"')
        merchant_id = body.get("merchant_supplied_id")
        if merchant_id is not None and not isinstance(merchant_id, str):
            raise BodyError("merchant_supplied_id must be a string")
        if status == "fail" and not isinstance(body.get("failure_reason"), str):
            raise BodyError("failure_reason is required for a failed order")
        if body.get("prep_time") is not None:
            _check_prep_time(body["prep_time"])
        order = self._order(order_id)
        if order.state == "FAILED" and self._timed_out(order_id):
            raise Refusal(self.error(400, "Order confirmation timeout"))
        if order.state not in ("NEW", "AWAITING_CONFIRMATION"):
            raise Refusal(self.error(400, "Order has been confirmed before"))
        order.client_order_id = merchant_id
        if status == "success":
            self._decide(order_id, "CONFIRMED", "accepted", body)
        else:
            self._decide(order_id, "FAILED", "denied", body)
        return Response(202)

    def cancel_order(self, request: Request, order_id: str) -> Response:
        """Cancel a confirmed order (PATCH …/cancellation): 202."""
        body = request.json_object()
        if body.get("cancel_reason") not in CANCEL_REASONS:
            raise BodyError(f"cancel_reason must be one of {', '.join(sorted(CANCEL_REASONS))}")
        order = self._order(order_id)
        if order.state != "CONFIRMED":
            over = "already cancelled" if order.state == "CANCELLED" else "not confirmed"
            raise Refusal(self.error(400, f"Order {over}"))
        self._decide(order_id, "CANCELLED", "cancelled_by_merchant", body)
        return Response(202)

    def order_ready(self, _request: Request, order_id: str) -> Response:
        """Note that the food is ready (PATCH …/events/order_ready_for_pickup): 202."""
        self._order(order_id).ready = True
        return Response(202)

    def update_items(self, request: Request, store_id: str) -> Response:
        """Activate or deactivate items: `[{merchant_supplied_id, is_active}]`."""
        return _update_status(request, store_id, self.item_status)

    def update_options(self, request: Request, store_id: str) -> Response:
        """Activate or deactivate item options: `[{merchant_supplied_id, is_active}]`."""
        return _update_status(request, store_id, self.option_status)

    def update_store(self, request: Request, store_id: str) -> Response:
        """Activate or deactivate a store: `{is_active, reason, notes, end_time}`."""
        body = request.json_object()
        if not isinstance(body.get("is_active"), bool):
            raise BodyError("is_active must be true or false")
        self.store_status[store_id] = body
        return Response.of_json({})

    # Inside.

    def _order(self, order_id: str) -> _Order:
        if order_id not in self._orders:
            raise Refusal(self.error(404, "Order with provided ID does not exist"))
        return self._orders[order_id]

    def _decide(self, order_id: str, state: str, decision: str, detail: Json) -> None:
        self._orders[order_id].state = state
        self.note_decision(order_id, decision, detail)

    def _time_out(self, order_id: str) -> None:
        if self._orders[order_id].state == "AWAITING_CONFIRMATION":
            self._decide(order_id, "FAILED", "timed_out", {})

    def _timed_out(self, order_id: str) -> bool:
        return any(
            decision.order_id == order_id and decision.decision == "timed_out"
            for decision in self._decisions
        )

    def _publish_menu(self, payload: Json, store_id: str) -> None:
        self._publish(payload["event"]["type"], store_id, self.settings.webhook_url, payload)

    def _publish(self, event_type: str, order_id: str, url: str, body: Json) -> None:
        settings = self.settings
        headers = {"Content-Type": JSON, "Authorization": settings.webhook_token}
        webhook = OutgoingRequest("POST", url, headers, encode_json(body))
        delays = settings.retry_delays_ms if event_type in REPEATED else ()
        self.publish(Delivery(event_type, order_id, webhook, delays))

    def _control_place(self, request: Request) -> Response:
        return Response.of_json({"order_id": self.place(request.json_object())}, 201)

    def _control_cancel(self, _request: Request, order_id: str) -> Response:
        self.cancel_by_customer(order_id)
        return Response.of_json({"order_status": self.order_state(order_id)})


def _check_prep_time(value: Any) -> None:
    try:
        from_rfc3339(value)
    except (TypeError, ValueError) as error:
        raise BodyError("prep_time must be a timestamp in UTC") from error


def _update_status(
    request: Request, store_id: str, status: dict[tuple[str, str], bool]
) -> Response:
    entries = request.json()
    if not isinstance(entries, list):
        raise BodyError("expected a list of {merchant_supplied_id, is_active}")
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("is_active"), bool):
            raise BodyError("is_active must be true or false")
        if not isinstance(entry.get("merchant_supplied_id"), str):
            raise BodyError("merchant_supplied_id must be a string")
    status.update(
        {(store_id, entry["merchant_supplied_id"]): entry["is_active"] for entry in entries}
    )
    return Response.of_json({})
