"""Clover: orders without idempotency keys, prints asked for one by one, limits of the whole app.

An order comes out of the kitchen printer when a print event asks for it; asked twice, it comes out
twice. That it was printed shows in its line items (`printed`). Refresh tokens work once. Webhooks
are thin, unsigned (a static code) and may never come.
Source: docs.clover.com, "Create an atomic order", "Print orders with the REST API", "Use refresh
token to generate new expiring token", "API usage & rate limits", "Webhooks".
"""

from __future__ import annotations

import copy
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from simulators.pos.clover_settings import (
    APP_CONCURRENT,
    APP_PER_SECOND,
    MAX_LINES,
    TOKEN_CONCURRENT,
    TOKEN_PER_SECOND,
    CloverSettings,
    Merchant,
    change_webhook,
)
from simulators.pos.clover_tokens import CloverTokens
from simulators.pos.kitchen import PointOfSaleSimulator
from simulators.simulator import Refusal
from simulators.wsgi import JSON, Request, Response, Route

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from simulators.timeline import OutgoingRequest

__all__ = ["Clover", "CloverSettings", "Merchant"]

Json = dict[str, Any]

ID_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Clover(PointOfSaleSimulator):
    """Merchants at Clover. `menu` maps item and modifier ids to names and prices (cents).

    `modifiers` says which of them are modifiers: one group has them all.
    """

    name = "clover"

    def __init__(
        self,
        *,
        settings: CloverSettings | None = None,
        menu: Mapping[str, Json] | None = None,
        merchants: tuple[Merchant, ...] = (),
        modifiers: Collection[str] = (),
        **host: Any,
    ) -> None:
        self.settings = settings or CloverSettings()
        self.modifiers = frozenset(modifiers)
        self.menu: dict[str, Json] = {id_: dict(item) for id_, item in (menu or {}).items()}
        self.merchants = {merchant.id: merchant for merchant in merchants}
        self.tokens = CloverTokens(
            (self.settings.client_id, self.settings.client_secret),
            [(merchant.id, merchant.refresh_token) for merchant in merchants],
            access_seconds=self.settings.access_seconds,
            refresh_seconds=self.settings.refresh_seconds,
            new_id=self.new_uuid,
            now_ms=host["now_ms"],
        )
        self._calls: dict[str, list[int]] = {}
        self._active: dict[str, int] = {}
        self._orders: dict[str, Json] = {}
        self._print_events: dict[str, Json] = {}
        self.void_slips: list[str] = []
        self.unavailable: set[tuple[str, str]] = set()
        super().__init__(**host)

    # What tests and the demo read.

    def orders(self) -> list[Json]:
        """Return copies of all orders, deleted ones too, oldest first."""
        with self._lock:
            return copy.deepcopy(list(self._orders.values()))

    def connect(self, merchant_id: str) -> str:
        """Let a merchant grant access anew; returns the refresh token that the app gets."""
        with self._lock:
            return self.tokens.connect(merchant_id)

    def uninstall(self, merchant_id: str) -> None:
        """Let an owner take the app out: its tokens open nothing, and a webhook says so."""
        with self._lock:
            self.tokens.revoke(merchant_id)
            self._publish_change(merchant_id, f"A:{self.settings.client_id}", "DELETE")

    def delete_at_the_till(self, order_id: str) -> None:
        """Let the restaurant delete an order itself."""
        with self._lock:
            self._mark_deleted(self._orders[order_id])

    def cancel_at_the_till(self, order_id: str) -> None:
        """Delete it."""
        self.delete_at_the_till(order_id)

    def set_stock(self, location_id: str, item_id: str, *, available: bool) -> None:
        """Let the merchant switch an item's availability; publishes a webhook that says nothing."""
        with self._lock:
            place = (location_id, item_id)
            (self.unavailable.discard if available else self.unavailable.add)(place)
            kind = "IM" if item_id in self.modifiers else "I"
            self._publish_change(location_id, f"{kind}:{item_id}", "UPDATE")

    def live_orders(self) -> list[tuple[str, str]]:
        """Return what is not deleted."""
        with self._lock:
            live = [order for order in self._orders.values() if not order.get("deleted")]
            return [(_first_line(order), order["id"]) for order in live]

    def goods_total(self, order_id: str) -> int:
        """Return the order's total: line items have no tax here."""
        with self._lock:
            return int(self._orders[order_id]["total"])

    # The vendor's part of a simulator.

    def routes(self) -> list[Route]:
        """Return the operations."""
        merchant = "/v3/merchants/{merchant_id}"
        return [
            Route("POST", "/oauth/v2/refresh", "refresh", self.tokens.refresh),
            Route("POST", "/oauth/v2/token", "redeem", self.tokens.redeem),
            Route("POST", f"{merchant}/atomic_order/checkouts", "checkout", self.checkout),
            Route("POST", f"{merchant}/atomic_order/orders", "createOrder", self.create),
            Route("GET", f"{merchant}/orders", "getOrders", self.search),
            Route("GET", f"{merchant}/orders/{{order_id}}", "getOrder", self.retrieve),
            Route("POST", f"{merchant}/orders/{{order_id}}", "updateOrder", self.update),
            Route("DELETE", f"{merchant}/orders/{{order_id}}", "deleteOrder", self.delete),
            Route("POST", f"{merchant}/orders/{{order_id}}/payments", "pay", self.pay),
            Route("GET", f"{merchant}/items/{{item_id}}", "getItem", self.get_item),
            Route("GET", f"{merchant}/modifier_groups", "getGroups", self.get_groups),
            Route("POST", f"{merchant}/print_event", "print", self.print),
            Route("GET", f"{merchant}/print_event/{{event_id}}", "getPrint", self.get_print),
        ]

    def extra_control_routes(self) -> list[Route]:
        """Let the restaurant act over HTTP too."""
        return [Route("POST", "/_control/delete", "delete", self._control_delete)]

    def handle(self, request: Request, sleep: Callable[[float], None] | None = None) -> Response:
        """Answer one request; those that overlap are counted against the concurrency limits."""
        if request.path.startswith("/_control/"):
            return super().handle(request, sleep)
        token = request.bearer_token or ""
        with self._lock:
            refused = self._too_many_at_once(token)
            if refused is None:
                for name in ("app", token):
                    self._active[name] = self._active.get(name, 0) + 1
        if refused is not None:
            return refused
        try:
            return super().handle(request, sleep)
        finally:
            with self._lock:
                for name in ("app", token):
                    self._active[name] -= 1

    def authorize(self, request: Request, operation: str) -> None:
        """Check the merchant's token and count the call against the rate limits."""
        if operation in ("refresh", "redeem"):
            return
        token = request.bearer_token or ""
        merchant = self.tokens.merchant_of(token)
        if not merchant or f"/merchants/{merchant}/" not in f"{request.path}/":
            raise Refusal(self.error(401, "401 Unauthorized"))
        self._count("app", APP_PER_SECOND, "crossTokenLimit")
        self._count(token, TOKEN_PER_SECOND, "tokenLimit")

    def error(self, status: int, detail: str) -> Response:
        """Return Clover's error shape; a 429 names its limit."""
        reply = Response.of_json({"message": detail}, status)
        if status != 429:
            return reply
        return replace(reply, headers={"Content-Type": JSON, "X-RateLimit-tokenLimit": "16"})

    def state(self) -> Json:
        """Return the counts and the ledger."""
        return {
            "orders": len(self._orders),
            "refreshes": self.tokens.refreshes,
            "tickets": [asdict(ticket) for ticket in self._tickets],
            "void_slips": list(self.void_slips),
            "duplicate_tickets": self.duplicate_tickets(),
        }

    def forge(self, request: OutgoingRequest) -> OutgoingRequest:
        """Send a code that is not ours."""
        return replace(request, headers={**request.headers, "X-Clover-Auth": "not-the-code"})

    # Orders.

    def checkout(self, request: Request, merchant_id: str) -> Response:  # noqa: ARG002
        """Return what the order would cost; nothing is stored."""
        return Response.of_json(self._priced(request.json_object()))

    def create(self, request: Request, merchant_id: str) -> Response:
        """Create an order. Nothing is printed."""
        order = self._priced(request.json_object())
        order.update(
            id=self._new_id(),
            merchant=merchant_id,
            state="open",
            createdTime=self._now_ms(),
            modifiedTime=self._now_ms(),
            payments=[],
        )
        self._orders[order["id"]] = order
        self._publish(order, "CREATE")
        return Response.of_json(self._shown(order))

    def search(self, request: Request, merchant_id: str) -> Response:
        """Return orders created since `filter=createdTime>=ms`, oldest first, in pages."""
        field, _, value = request.query.get("filter", "createdTime>=0").partition(">=")
        limit, offset = request.query.get("limit", "100"), request.query.get("offset", "0")
        if field != "createdTime" or not all(map(str.isdecimal, (value, limit, offset))):
            raise Refusal(self.error(400, "Invalid filter"))
        found = [
            self._shown(order)
            for order in self._orders.values()
            if order["merchant"] == merchant_id
            and order["createdTime"] >= int(value)
            and not order.get("deleted")
        ]
        page = found[int(offset) : int(offset) + min(int(limit), 1000)]
        return Response.of_json({"elements": page, "href": request.path})

    def retrieve(self, _request: Request, merchant_id: str, order_id: str) -> Response:
        """Return one order."""
        return Response.of_json(self._shown(self._find(merchant_id, order_id)))

    def update(self, request: Request, merchant_id: str, order_id: str) -> Response:
        """Change an order's title or note."""
        order, body = self._find(merchant_id, order_id), request.json_object()
        order.update({name: body[name] for name in ("title", "note") if name in body})
        self._touch(order, "UPDATE")
        return Response.of_json(self._shown(order))

    def delete(self, _request: Request, merchant_id: str, order_id: str) -> Response:
        """Delete an order."""
        self._mark_deleted(self._find(merchant_id, order_id))
        return Response(200)

    def pay(self, request: Request, merchant_id: str, order_id: str) -> Response:
        """Record a payment that was taken elsewhere."""
        order, body = self._find(merchant_id, order_id), request.json_object()
        if not (body.get("tender") or {}).get("id"):
            raise Refusal(self.error(400, "tender is required"))
        paid = sum(payment["amount"] for payment in order["payments"])
        if type(body.get("amount")) is not int or paid + body["amount"] > order["total"]:
            raise Refusal(self.error(400, "amount is more than the order's total"))
        known = ("tender", "amount", "tipAmount", "externalPaymentId")
        payment = {"id": self._new_id(), **{name: body[name] for name in known if name in body}}
        order["payments"].append(payment)
        if paid + body["amount"] == order["total"]:
            order["state"] = "locked"
        self._touch(order, "UPDATE")
        return Response.of_json(payment)

    def print(self, request: Request, merchant_id: str) -> Response:
        """Print an order on the firing device, each time that it is asked for."""
        wanted = request.json_object().get("orderRef") or {}
        order = self._find(merchant_id, str(wanted.get("id")))
        event: Json = {
            "id": self._new_id(),
            "orderRef": {"id": order["id"]},
            "state": "CREATED",
            "createdTime": self._now_ms(),
        }
        self._print_events[event["id"]] = event
        for line in order["lineItems"]:
            line["printed"] = True
        if str(order.get("title", "")).startswith("VOID"):
            self.void_slips.append(order["id"])
        else:
            self.print_ticket(_first_line(order) or None, order["id"], merchant_id)
        self._touch(order, "UPDATE")
        return Response.of_json(event)

    def get_item(self, _request: Request, merchant_id: str, item_id: str) -> Response:
        """Return an item of the inventory; modifiers are none."""
        if item_id not in self.menu or item_id in self.modifiers:
            raise Refusal(self.error(404, "Not Found"))
        return Response.of_json(self._counted(merchant_id, item_id))

    def get_groups(self, request: Request, merchant_id: str) -> Response:
        """Return a page of the modifier groups, with their modifiers when that is asked for."""
        group: Json = {"id": "OPTIONS", "name": "Options"}
        if request.query.get("expand") == "modifiers":
            found = [self._counted(merchant_id, id_) for id_ in sorted(self.modifiers)]
            group["modifiers"] = {"elements": found}
        offset = int(request.query.get("offset", 0))
        return Response.of_json({"elements": [group][offset:]})

    def _counted(self, merchant_id: str, id_: str) -> Json:
        available = (merchant_id, id_) not in self.unavailable
        return {"id": id_, **self.menu[id_], "available": available}

    def get_print(self, _request: Request, merchant_id: str, event_id: str) -> Response:
        """Return a print event."""
        event = self._print_events.get(event_id)
        if event is None:
            raise Refusal(self.error(404, "Not Found"))
        self._find(merchant_id, event["orderRef"]["id"])
        return Response.of_json(event)

    # Shared.

    def _priced(self, body: Json) -> Json:
        cart = copy.deepcopy(body.get("orderCart") or {})
        lines = cart.get("lineItems")
        if not isinstance(lines, list) or not 1 <= len(lines) <= MAX_LINES:
            raise Refusal(self.error(400, f"lineItems must be 1 to {MAX_LINES}"))
        total = 0
        for line in lines:
            item = self._known((line.get("item") or {}).get("id"), "item")
            line.setdefault("name", item["name"])
            line.setdefault("price", item["price"])
            line["id"] = self._new_id()
            line["printed"] = False
            options = 0
            for modification in line.get("modifications") or []:
                option = self._known((modification.get("modifier") or {}).get("id"), "modifier")
                modification.setdefault("name", option["name"])
                modification.setdefault("amount", option["price"])
                options += modification["amount"]
            total += line["price"] + options
        return {
            "title": cart.get("title"),
            "note": cart.get("note"),
            "currency": "USD",
            "lineItems": lines,
            "total": total,
        }

    def _known(self, id_: object, what: str) -> Json:
        found = self.menu.get(str(id_))
        if found is None:
            raise Refusal(self.error(400, f"Invalid {what} id"))
        return found

    def _find(self, merchant_id: str, order_id: str) -> Json:
        order = self._orders.get(order_id)
        if order is None or order["merchant"] != merchant_id or order.get("deleted"):
            raise Refusal(self.error(404, "Not Found"))
        return order

    def _shown(self, order: Json) -> Json:
        shown = {name: value for name, value in order.items() if name != "merchant"}
        for name in ("lineItems", "payments"):
            shown[name] = {"elements": order[name]}
        return copy.deepcopy(shown)

    def _mark_deleted(self, order: Json) -> None:
        order["deleted"] = True
        self.note_void(order["id"])
        self._touch(order, "DELETE")

    def _touch(self, order: Json, kind: str) -> None:
        order["modifiedTime"] = self._now_ms()
        self._publish(order, kind)

    def _publish(self, order: Json, kind: str) -> None:
        self._publish_change(order["merchant"], f"O:{order['id']}", kind)

    def _publish_change(self, merchant_id: str, object_id: str, kind: str) -> None:
        ts = self._now_ms()
        self.publish(change_webhook(self.settings, merchant_id, object_id, kind, ts))

    def _count(self, name: str, most: int, limit: str) -> None:
        now_ms = self._now_ms()
        calls = [at_ms for at_ms in self._calls.get(name, ()) if at_ms > now_ms - 1000]
        if len(calls) >= most:
            raise Refusal(self._limited(limit, most))
        self._calls[name] = [*calls, now_ms]

    def _too_many_at_once(self, token: str) -> Response | None:
        if self._active.get("app", 0) >= APP_CONCURRENT:
            return self._limited("crossTokenConcurrentLimit", APP_CONCURRENT, retry_after=1)
        if self._active.get(token, 0) >= TOKEN_CONCURRENT:
            return self._limited("tokenConcurrentLimit", TOKEN_CONCURRENT, retry_after=1)
        return None

    def _limited(self, limit: str, most: int, retry_after: int | None = None) -> Response:
        headers = {"Content-Type": JSON, f"X-RateLimit-{limit}": str(most)}
        if retry_after is not None:
            headers["retry-after"] = str(retry_after)
        return replace(self.error(429, "429 Too Many Requests"), headers=headers)

    def _new_id(self) -> str:
        return self.new_id(13, ID_LETTERS)

    def _control_delete(self, request: Request) -> Response:
        order_id = request.json_object()["order_id"]
        self.delete_at_the_till(order_id)
        return Response.of_json({"order": self._orders[order_id]})


def _first_line(order: Json) -> str:
    """Return what an order is known by in other systems: it stands first in its note."""
    return str(order.get("note") or "").partition("\n")[0]
