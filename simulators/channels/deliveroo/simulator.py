"""Deliveroo: fat signed webhooks, orders answered by PATCH, scheduled ones confirmed once more.

From api-docs.deliveroo.com: an ASAP order that nobody accepted within 10 minutes is rejected; a
scheduled one must be confirmed by `confirm_at`, after it was accepted; an order takes 5 updates a
minute. What a tablet shows is told by `sync_status`, within 3 minutes of the acceptance.
Webhooks are sent again with growing waits; a status is worth nothing after 30 minutes.
"""

from __future__ import annotations

import copy
import hashlib
import hmac
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from simulators.channels.client_credentials import ClientCredentials
from simulators.channels.deliveroo.menus import UPLOADED, Menus
from simulators.channels.marketplace import Marketplace
from simulators.instants import from_rfc3339, rfc3339
from simulators.simulator import Refusal
from simulators.timeline import Delivery, OutgoingRequest
from simulators.wsgi import JSON, BodyError, Request, Response, Route, encode_json

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]

RETRY_DELAYS_MS = tuple(seconds * 1000 for seconds in (5, 15, 45, 135, 405, 1195))
"""Growing waits that fill the 30 minutes for which a status is worth sending."""

AUTO_REJECT_MS = 600_000
SYNC_WITHIN_MS = 180_000
UPDATES_A_MINUTE = 5
REJECT_REASONS = frozenset({"closing_early", "busy", "ingredient_unavailable", "other"})
PREP_STAGES = ("in_kitchen", "ready_for_collection_soon", "ready_for_collection", "collected")
SYNC_REASONS = frozenset(
    {
        "price_mismatched",
        "pos_item_id_mismatched",
        "pos_item_id_not_found",
        "items_out_of_stock",
        "location_offline",
        "location_not_supported",
        "unsupported_order_type",
        "other",
    }
)


@dataclass(frozen=True, slots=True)
class DeliverooSettings:
    """The integration's registration."""

    client_id: str = "deliveroo-local-client"
    client_secret: str = "deliveroo-local-secret"  # noqa: S105 - a local stand-in's
    webhook_secret: str = "deliveroo-local-webhook-secret"  # noqa: S105
    webhook_url: str = "http://127.0.0.1:8000/webhooks/deliveroo"
    token_seconds: int = 300
    retry_delays_ms: tuple[int, ...] = RETRY_DELAYS_MS
    auto_reject_ms: int = AUTO_REJECT_MS


@dataclass(slots=True)
class _Order:
    payload: Json
    accepted_ms: int | None = None
    synced: Json | None = None
    stage: str = ""
    updates_ms: list[int] = field(default_factory=list)

    @property
    def status(self) -> str:
        return str(self.payload["status"])


def sign(secret: str, sequence_guid: str, body: bytes) -> str:
    """Return X-Deliveroo-Hmac-Sha256: hex HMAC-SHA256 over the sequence GUID, a space, the body."""
    return hmac.new(
        secret.encode(), f"{sequence_guid} ".encode() + body, hashlib.sha256
    ).hexdigest()


class Deliveroo(Marketplace):
    """The marketplace: customers place orders here, our app accepts or rejects them.

    decisions: accepted, confirmed, rejected, auto_rejected, cancelled_by_customer,
    cancelled_by_deliveroo.
    """

    name = "deliveroo"

    def __init__(self, *, settings: DeliverooSettings | None = None, **host: Any) -> None:
        self.settings = settings or DeliverooSettings()
        self._orders: dict[str, _Order] = {}
        self.unavailable: dict[tuple[str, str], str] = {}
        self.unknown_items: set[str] = set()
        self.site_status: dict[str, str] = {}
        self.menus = Menus(host["now_ms"], self.at, self._publish_menu, self.error)
        super().__init__(**host)
        self.tokens = ClientCredentials(
            (self.settings.client_id, self.settings.client_secret),
            life_seconds=self.settings.token_seconds,
            per_hour=3600,
            dice=self._random,
            now_ms=self._now_ms,
        )

    # What customers and tests do.

    def place(self, payload: Mapping[str, Any]) -> str:
        """Let a customer place an order (the webhook's `order`); returns its id."""
        with self._lock:
            order = copy.deepcopy(dict(payload))
            order_id = str(order.setdefault("id", f"gb:{self.new_uuid()}"))
            if order_id in self._orders:
                raise ValueError(f"order {order_id} was already placed")
            order.setdefault("status", "placed")
            self._orders[order_id] = _Order(order)
            self._publish("order.new", order_id)
            now_ms = self._now_ms()
            self.at(now_ms + self.settings.auto_reject_ms, lambda: self._auto_reject(order_id))
            if not order.get("asap", True):
                by_ms = from_rfc3339(order["confirm_at"])
                self.at(by_ms, lambda: self._not_confirmed(order_id))
            return order_id

    def cancel_by_customer(self, order_id: str) -> None:
        """Let the customer cancel; publishes order.status_update. Raises KeyError, ValueError."""
        with self._lock:
            if self._orders[order_id].status not in ("placed", "accepted", "confirmed"):
                raise ValueError(f"order {order_id} is {self._orders[order_id].status}")
            self._decide(order_id, "canceled", "cancelled_by_customer", {})
            self._publish("order.status_update", order_id)

    def order_state(self, order_id: str) -> str:
        """Return placed, accepted, confirmed, rejected or canceled."""
        with self._lock:
            return self._orders[order_id].status

    # The vendor's part of a simulator.

    def routes(self) -> list[Route]:
        """Return the operations."""
        order = "/order/v1/orders/{order_id}"
        upload = "/menu/v1/brands/{brand_id}/menus/{menu_id}"
        menu = f"{upload}/item_unavailabilities/{{site_id}}"
        live = "/order/v2/brand/{brand_id}/restaurant/{site_id}/orders"
        site = "/site/v1/brands/{brand_id}/sites/{site_id}"
        return [
            Route("POST", "/oauth2/token", "GetToken", self.get_token),
            Route("GET", order, "GetOrder", self.get_order),
            Route("PATCH", order, "UpdateOrder", self.update_order),
            Route("POST", f"{order}/sync_status", "CreateSyncStatus", self.sync),
            Route("POST", f"{order}/prep_stage", "UpdatePrepStage", self.prep_stage),
            Route("GET", live, "ListOrders", self.list_orders),
            Route("POST", menu, "UpdateUnavailabilities", self.update_items),
            Route("GET", menu, "GetUnavailabilities", self.get_items),
            Route("PUT", f"{site}/status", "UpdateSiteStatus", self.update_site),
            Route("POST", f"{site}/opening_hours", "UpdateOpeningHours", self.menus.put_hours),
            Route("PUT", upload, "UploadMenu", self.menus.put),
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
            raise Refusal(self.error(401, "Unauthorized"))

    def error(self, status: int, detail: str) -> Response:
        """Return Deliveroo's error shape."""
        return Response.of_json({"code": str(status), "message": detail}, status)

    def state(self) -> Json:
        """Return counts and the ledger."""
        states = [order.status for order in self._orders.values()]
        return {
            "orders": len(states),
            "by_state": {state: states.count(state) for state in sorted(set(states))},
            "decisions": self.shown_decisions(),
            "synced": {id_: order.synced for id_, order in self._orders.items() if order.synced},
            "stages": {id_: order.stage for id_, order in self._orders.items() if order.stage},
            "unavailable": sorted(item for _, item in self.unavailable),
            "sites": dict(self.site_status),
        }

    def forge(self, request: OutgoingRequest) -> OutgoingRequest:
        """Sign with a secret that is not ours."""
        guid = request.headers["X-Deliveroo-Sequence-Guid"]
        forged = sign("not-the-secret", guid, request.body)
        return replace(request, headers={**request.headers, "X-Deliveroo-Hmac-Sha256": forged})

    # Operations.

    def get_token(self, request: Request) -> Response:
        """Grant a client-credentials token for five minutes."""
        return self.tokens.grant(request, lambda: self.error(429, "Too many requests"))

    def get_order(self, _request: Request, order_id: str) -> Response:
        """Return the order as it is now."""
        return Response.of_json(self._order(order_id).payload)

    def update_order(self, request: Request, order_id: str) -> Response:
        """Accept or reject an order that is placed, confirm one that is accepted: 204."""
        body = request.json_object()
        status, order = body.get("status"), self._order(order_id)
        if status not in ("accepted", "rejected", "confirmed"):
            raise BodyError("status must be accepted, rejected or confirmed")
        if status == "rejected" and body.get("reject_reason") not in REJECT_REASONS:
            raise BodyError(f"reject_reason must be one of {', '.join(sorted(REJECT_REASONS))}")
        now_ms = self._now_ms()
        order.updates_ms = [at_ms for at_ms in order.updates_ms if at_ms > now_ms - 60_000]
        if len(order.updates_ms) >= UPDATES_A_MINUTE:
            raise Refusal(self.error(429, "Too many updates of this order"))
        order.updates_ms.append(now_ms)
        expected = "accepted" if status == "confirmed" else "placed"
        if order.status != expected:
            raise Refusal(self.error(409, f"The order is {order.status}"))
        if status == "accepted":
            order.accepted_ms = now_ms
        self._decide(order_id, status, status, body)
        self._publish("order.status_update", order_id)
        return Response(204)

    def sync(self, request: Request, order_id: str) -> Response:
        """Note whether the order is at the point of sale; 409 when that comes too late."""
        body, order = request.json_object(), self._order(order_id)
        if body.get("status") not in ("succeeded", "failed"):
            raise BodyError("status must be succeeded or failed")
        if body["status"] == "failed" and body.get("reason") not in SYNC_REASONS:
            raise BodyError(f"reason must be one of {', '.join(sorted(SYNC_REASONS))}")
        late = order.accepted_ms is None or self._now_ms() > order.accepted_ms + SYNC_WITHIN_MS
        if late:
            raise Refusal(self.error(409, "The sync status comes too late"))
        order.synced = body
        return Response(204)

    def prep_stage(self, request: Request, order_id: str) -> Response:
        """Note how far the kitchen is."""
        stage = request.json_object().get("stage")
        if stage not in PREP_STAGES:
            raise BodyError(f"stage must be one of {', '.join(PREP_STAGES)}")
        self._order(order_id).stage = stage
        return Response(204)

    def list_orders(self, _request: Request, brand_id: str, site_id: str) -> Response:  # noqa: ARG002
        """Return the site's orders that are not over."""
        live = [
            order.payload
            for order in self._orders.values()
            if order.payload.get("location_id") == site_id
            and order.status in ("placed", "accepted", "confirmed")
        ]
        return Response.of_json({"orders": live})

    def update_items(
        self,
        request: Request,
        brand_id: str,  # noqa: ARG002
        menu_id: str,
        site_id: str,
    ) -> Response:
        """Change which items can be ordered: `{item_unavailabilities: [{item_id, status}]}`."""
        changes = request.json_object().get("item_unavailabilities")
        if not isinstance(changes, list):
            raise BodyError("item_unavailabilities must be a list")
        for change in changes:
            if change.get("status") not in ("available", "unavailable", "hidden"):
                raise BodyError("status must be available, unavailable or hidden")
        changed = {change["item_id"] for change in changes}
        known = {item for item in changed if self.menus.has(site_id, menu_id, item)}
        if unknown := (changed - known) | (changed & self.unknown_items):
            raise Refusal(self.error(404, f"items {sorted(unknown)} are not on the menu"))
        for change in changes:
            if change["status"] == "available":
                self.unavailable.pop((site_id, change["item_id"]), None)
            else:
                self.unavailable[site_id, change["item_id"]] = change["status"]
        return Response(204)

    def get_items(
        self,
        _request: Request,
        brand_id: str,  # noqa: ARG002
        menu_id: str,  # noqa: ARG002
        site_id: str,
    ) -> Response:
        """Tell which items of a site are off."""
        off: dict[str, list[str]] = {"unavailable": [], "hidden": []}
        for (site, item), status in self.unavailable.items():
            if site == site_id:
                off[status].append(item)
        return Response.of_json({f"{name}_ids": ids for name, ids in off.items()})

    def update_site(self, request: Request, brand_id: str, site_id: str) -> Response:  # noqa: ARG002
        """Open or close a site: `{status: OPEN | CLOSED}`."""
        status = request.json_object().get("status")
        if status not in ("OPEN", "CLOSED"):
            raise BodyError("status must be OPEN or CLOSED")
        self.site_status[site_id] = status
        return Response.of_json({"status": status})

    # Inside.

    def _order(self, order_id: str) -> _Order:
        if order_id not in self._orders:
            raise Refusal(self.error(404, "Order not found"))
        return self._orders[order_id]

    def _decide(self, order_id: str, status: str, decision: str, detail: Json) -> None:
        order = self._orders[order_id].payload
        order["status"] = status
        entry = {"at": rfc3339(self._now_ms()), "status": status}
        order["status_log"] = [*order.get("status_log", []), entry]
        self.note_decision(order_id, decision, detail)

    def _auto_reject(self, order_id: str) -> None:
        if self._orders[order_id].status == "placed":
            self._decide(order_id, "rejected", "auto_rejected", {})
            self._publish("order.status_update", order_id)

    def _not_confirmed(self, order_id: str) -> None:
        if self._orders[order_id].status == "accepted":
            self._decide(order_id, "canceled", "cancelled_by_deliveroo", {})
            self._publish("order.status_update", order_id)

    def _publish(self, event: str, order_id: str) -> None:
        payload = {"event": event, "body": {"order": self._orders[order_id].payload}}
        self._send_webhook(event, order_id, payload)

    def _publish_menu(self, payload: Json, site_id: str) -> None:
        self._send_webhook(UPLOADED, site_id, payload)

    def _send_webhook(self, event: str, about: str, payload: Json) -> None:
        settings, guid, body = self.settings, self.new_uuid(), encode_json(payload)
        headers = {
            "Content-Type": JSON,
            "X-Deliveroo-Sequence-Guid": guid,
            "X-Deliveroo-Hmac-Sha256": sign(settings.webhook_secret, guid, body),
        }
        webhook = OutgoingRequest("POST", settings.webhook_url, headers, body)
        self.publish(Delivery(event, about, webhook, settings.retry_delays_ms))

    def _control_place(self, request: Request) -> Response:
        return Response.of_json({"order_id": self.place(request.json_object())}, 201)

    def _control_cancel(self, _request: Request, order_id: str) -> Response:
        self.cancel_by_customer(order_id)
        return Response.of_json({"status": self.order_state(order_id)})
