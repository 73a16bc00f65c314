"""Toast: orders without idempotency keys, prices, voids, limits per restaurant, signed webhooks.

An order that Toast accepts is on the kitchen's printer at once, unless it is promised for later.
`externalId` is unique: a second order under the same one is refused, and an order can be read by
it. Voiding prints a VOIDED ticket. Source: doc.toasttab.com, "Orders API", "Void an order",
"Handling request timeouts for the orders API", "Rate limiting", "Webhooks".
"""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from simulators.instants import from_rfc3339, rfc3339
from simulators.pos.kitchen import PointOfSaleSimulator
from simulators.pos.toast.errors import error_response, invalid, refuse
from simulators.pos.toast.pricing import Pricer, to_minor, to_number
from simulators.simulator import Refusal
from simulators.timeline import Delivery, OutgoingRequest
from simulators.wsgi import JSON, Request, Response, Route, encode_json

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

Json = dict[str, Any]

RETRY_DELAYS_MS = (5 * 60_000, 10 * 60_000)
"""Toast sends a webhook again after 5 minutes, then after 10 more, then never."""

PER_SECOND = 20
PER_QUARTER_HOUR = 10_000
QUARTER_HOUR_MS = 900_000
BULK_PER_SECOND = 5


@dataclass(frozen=True, slots=True)
class ToastSettings:
    """The integration's registration."""

    client_id: str = "toast-local-client"
    client_secret: str = "toast-local-secret"  # noqa: S105 - a local stand-in's
    webhook_secret: str = "toast-local-webhook-secret"  # noqa: S105
    webhook_url: str = "http://127.0.0.1:8000/webhooks/pos/toast"
    token_seconds: int = 86_400
    logins_per_hour: int = 60
    tax_rate: Decimal = Decimal(0)
    retry_delays_ms: tuple[int, ...] = RETRY_DELAYS_MS


@dataclass(slots=True)
class _Window:
    """How many calls a restaurant has made in the present second and quarter of an hour."""

    starts: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def count(self, name: str, now_ms: int, length_ms: int) -> int:
        start = now_ms - now_ms % length_ms
        if self.starts.get(name) != start:
            self.starts[name], self.counts[name] = start, 0
        self.counts[name] += 1
        return self.counts[name]


def sign(secret: str, body: bytes, timestamp: str) -> str:
    """Return Toast-Signature: base64 HMAC-SHA256 over the body followed by its timestamp."""
    digest = hmac.new(secret.encode(), body + timestamp.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


class Toast(PointOfSaleSimulator):
    """Restaurants at Toast. `menu` maps an item's GUID to its name and price in minor units.

    `locations` None takes every restaurant GUID.
    """

    name = "toast"

    def __init__(
        self,
        *,
        settings: ToastSettings | None = None,
        menu: Mapping[str, Json] | None = None,
        locations: Collection[str] | None = None,
        **host: Any,
    ) -> None:
        self.settings = settings or ToastSettings()
        self.menu: dict[str, Json] = {guid: dict(item) for guid, item in (menu or {}).items()}
        self.locations = locations
        self.logins = 0
        self.out_of_stock: set[tuple[str, str]] = set()
        own = (self.settings.client_id, self.settings.client_secret)
        # Which restaurants a client opens (None: all), and until when whose token is good.
        self._clients: dict[tuple[str, str], Collection[str] | None] = {own: None}
        self._tokens: dict[str, tuple[int, tuple[str, str]]] = {}
        self._windows: dict[str, _Window] = {}
        self._orders: dict[str, Json] = {}
        self._pricer = Pricer(self.menu, self.settings.tax_rate)
        super().__init__(**host)

    def add_client(self, client_id: str, secret: str, restaurants: Collection[str]) -> None:
        """Let a management group have a client of its own, which opens its restaurants alone."""
        with self._lock:
            self._clients[client_id, secret] = restaurants

    def remove_client(self, client_id: str) -> None:
        """Take a client away: its tokens open nothing any more."""
        with self._lock:
            for client in [one for one in self._clients if one[0] == client_id]:
                del self._clients[client]

    # What tests and the demo read.

    def orders(self) -> list[Json]:
        """Return copies of all orders, oldest first."""
        with self._lock:
            return copy.deepcopy(list(self._orders.values()))

    def close(self, guid: str) -> None:
        """Let the kitchen finish an order."""
        with self._lock:
            self._orders[guid]["guestOrderStatus"] = "CLOSED"
            self._touch(self._orders[guid])

    def void_at_the_till(self, guid: str) -> None:
        """Let the restaurant void an order itself."""
        with self._lock:
            self._mark_void(self._orders[guid])

    def cancel_at_the_till(self, order_id: str) -> None:
        """Void it."""
        self.void_at_the_till(order_id)

    def set_stock(self, location_id: str, item_guid: str, *, available: bool) -> None:
        """Let the restaurant mark an item as in stock or not; publishes a webhook."""
        with self._lock:
            place = (location_id, item_guid)
            (self.out_of_stock.discard if available else self.out_of_stock.add)(place)
            event_type = "in_stock" if available else "out_of_stock"
            details = {
                "itemGuid": item_guid,
                "restaurantGuid": location_id,
                "status": event_type.upper(),
                "multiLocationId": item_guid,
                "versionId": item_guid,
            }
            self._publish("stock", event_type, item_guid, details)

    def live_orders(self) -> list[tuple[str, str]]:
        """Return what is not voided."""
        with self._lock:
            live = [order for order in self._orders.values() if not order["voided"]]
            return [(str(order.get("externalId")), order["guid"]) for order in live]

    def is_done(self, order_id: str) -> bool:
        """Say whether the order is closed."""
        with self._lock:
            return bool(self._orders[order_id]["guestOrderStatus"] == "CLOSED")

    def goods_total(self, order_id: str) -> int:
        """Return the amounts of the order's checks."""
        with self._lock:
            checks = self._orders[order_id]["checks"]
            return sum(to_minor(check["amount"], "amount") for check in checks)

    # The vendor's part of a simulator.

    def routes(self) -> list[Route]:
        """Return the operations."""
        login = "/authentication/v1/authentication/login"
        return [
            Route("POST", login, "login", self.login),
            Route("POST", "/orders/v2/prices", "prices", self.prices),
            Route("POST", "/orders/v2/orders", "ordersPost", self.create),
            Route("GET", "/orders/v2/ordersBulk", "ordersBulk", self.bulk),
            Route("GET", "/orders/v2/orders/{guid}", "ordersGuidGet", self.retrieve),
            Route("POST", "/orders/v2/orders/{guid}/void", "voidOrder", self.void),
            Route("POST", "/stock/v1/inventory/search", "inventorySearch", self.search_stock),
        ]

    def extra_control_routes(self) -> list[Route]:
        """Let the kitchen act over HTTP too."""
        return [
            Route("POST", "/_control/close", "close", self._acted(self.close)),
            Route("POST", "/_control/void", "void", self._acted(self.void_at_the_till)),
        ]

    def authorize(self, request: Request, operation: str) -> None:
        """Check the token and the restaurant, and count the call against its limits."""
        if operation == "login":
            return
        ends_ms, client = self._tokens.get(request.bearer_token or "", (0, ("", "")))
        if ends_ms <= self._now_ms() or client not in self._clients:
            raise refuse(401, "Full authentication is required to access this resource.")
        restaurant = request.headers.get("toast-restaurant-external-id", "")
        if not restaurant:
            raise refuse(400, "Toast-Restaurant-External-ID is required.")
        opened = self._clients[client]
        is_closed = opened is not None and restaurant not in opened
        if is_closed or (self.locations is not None and restaurant not in self.locations):
            raise refuse(403, "You do not have access to this restaurant.")
        self._count(restaurant, operation)

    def _count(self, restaurant: str, operation: str) -> None:
        window, now_ms = self._windows.setdefault(restaurant, _Window()), self._now_ms()
        if operation == "ordersBulk":
            self._limit("ENDPOINT", window.count("bulk", now_ms, 1000), BULK_PER_SECOND, 1000)
        self._limit("GLOBAL", window.count("second", now_ms, 1000), PER_SECOND, 1000)
        self._limit(
            "GLOBAL",
            window.count("quarter", now_ms, QUARTER_HOUR_MS),
            PER_QUARTER_HOUR,
            QUARTER_HOUR_MS,
        )

    def _limit(self, by: str, count: int, most: int, length_ms: int) -> None:
        if count <= most:
            return
        left_ms = length_ms - self._now_ms() % length_ms
        raise Refusal(self._rate_limited(by, -(-left_ms // 1000)))

    def _rate_limited(self, by: str, seconds: int) -> Response:
        headers = {
            "Content-Type": JSON,
            "X-Toast-RateLimit-By": by,
            "X-Toast-RateLimit-Remaining": "0",
            "X-Toast-RateLimit-Reset": str(self._now_ms() // 1000 + seconds),
            "Retry-After": str(seconds),
        }
        return replace(error_response(429, "Rate limit exceeded."), headers=headers)

    def error(self, status: int, detail: str) -> Response:
        """Return Toast's error shape; a 429 names its limit and when to come back."""
        return self._rate_limited("GLOBAL", 1) if status == 429 else error_response(status, detail)

    def state(self) -> Json:
        """Return the counts and the ledger."""
        return {
            "orders": len(self._orders),
            "logins": self.logins,
            "tickets": [asdict(ticket) for ticket in self._tickets],
            "duplicate_tickets": self.duplicate_tickets(),
        }

    def forge(self, request: OutgoingRequest) -> OutgoingRequest:
        """Sign with a secret that is not ours."""
        return replace(request, headers={**request.headers, "Toast-Signature": "bm90LW91cnM="})

    # Operations.

    def search_stock(self, request: Request) -> Response:
        """Tell the stock of the items that are asked for by GUID."""
        guids = request.json_object().get("guids")
        if not isinstance(guids, list):
            raise refuse(400, "guids must be a list")
        place = request.headers["toast-restaurant-external-id"]
        found = [
            {
                "guid": guid,
                "multiLocationId": guid,
                "status": "OUT_OF_STOCK" if (place, guid) in self.out_of_stock else "IN_STOCK",
                "versionId": guid,
            }
            for guid in guids
            if guid in self.menu
        ]
        return Response.of_json(found)

    def login(self, request: Request) -> Response:
        """Log in as a machine client: a token for a day; logins are few."""
        body, settings = request.json_object(), self.settings
        hour = self._windows.setdefault("login", _Window()).count("h", self._now_ms(), 3_600_000)
        self._limit("API", hour, settings.logins_per_hour, 3_600_000)
        client = (str(body.get("clientId")), str(body.get("clientSecret")))
        if client not in self._clients or body.get("userAccessType") != "TOAST_MACHINE_CLIENT":
            raise refuse(401, "Unauthorized")
        self.logins += 1
        token = self.new_uuid()
        self._tokens[token] = (self._now_ms() + settings.token_seconds * 1000, client)
        answer = {
            "@class": ".SuccessfulResponse",
            "token": {
                "tokenType": "Bearer",
                "scope": None,
                "expiresIn": settings.token_seconds,
                "accessToken": token,
                "idToken": None,
                "refreshToken": None,
            },
            "status": "SUCCESS",
        }
        return Response.of_json(answer)

    def prices(self, request: Request) -> Response:
        """Return the order with prices, taxes and totals; nothing is stored."""
        return Response.of_json(self._checked(request.json_object()))

    def create(self, request: Request) -> Response:
        """Create an order: it is on the kitchen's printer at once, unless promised for later."""
        order = self._checked(request.json_object())
        external = order.get("externalId")
        if external is not None and self._by_external(external) is not None:
            raise invalid("externalId", f"An order with external ID {external} already exists.")
        now = rfc3339(self._now_ms())
        later = order.get("promisedDate")
        order.update(
            guid=self.new_uuid(),
            entityType="Order",
            restaurantGuid=request.headers["toast-restaurant-external-id"],
            createdDate=now,
            modifiedDate=now,
            openedDate=later or now,
            approvalStatus="FUTURE" if later else "APPROVED",
            guestOrderStatus="RECEIVED",
            displayNumber=str(len(self._orders) + 1),
            voided=False,
        )
        for check in order["checks"]:
            check["guid"] = self.new_uuid()
        self._orders[order["guid"]] = order
        if later:
            self.at(from_rfc3339(later), lambda: self._print(order))
        else:
            self._print(order)
        self._publish_order(order)
        return Response.of_json(order)

    def retrieve(self, request: Request, guid: str) -> Response:
        """Return an order by its GUID or by the external id it was created under."""
        order = self._find(request, guid)
        return Response.of_json(order)

    def bulk(self, request: Request) -> Response:
        """Return a page of the orders modified in a period of at most a month."""
        query = request.query
        try:
            start, end = from_rfc3339(query["startDate"]), from_rfc3339(query["endDate"])
            page, size = int(query.get("page", 1)), int(query.get("pageSize", 100))
        except (KeyError, ValueError):
            raise invalid("startDate", "startDate and endDate are instants.") from None
        if not (1 <= size <= 100 and page >= 1 and 0 <= end - start <= 31 * 86_400_000):
            raise invalid("pageSize", "At most a month, and pages of 1 to 100.")
        restaurant = request.headers["toast-restaurant-external-id"]
        found = [
            order
            for order in self._orders.values()
            if order["restaurantGuid"] == restaurant
            and start <= from_rfc3339(order["modifiedDate"]) <= end
        ]
        return Response.of_json(found[(page - 1) * size : page * size])

    def void(self, request: Request, guid: str) -> Response:
        """Void an order whose payments are all of type OTHER, with its selections and payments."""
        order, body = self._find(request, guid), request.json_object()
        for part in ("selections", "payments"):
            if (body.get(part) or {}).get("voidAll") is not True:
                raise invalid(f"{part}.voidAll", "Must be true.")
        if order["voided"]:
            raise refuse(400, "The order is already voided.")
        if any(p["type"] != "OTHER" for c in order["checks"] for p in c.get("payments") or []):
            raise refuse(400, "Only orders with OTHER payments can be voided.")
        self._mark_void(order)
        return Response.of_json(order)

    # Shared.

    def _checked(self, body: Json) -> Json:
        order = copy.deepcopy(body)
        if not (order.get("diningOption") or {}).get("guid"):
            raise invalid("diningOption", "A dining option is required.")
        external = order.get("externalId")
        if external is not None and (not isinstance(external, str) or ":" not in external):
            raise invalid("externalId", "An external ID is prefixed by a naming authority.")
        if order.get("promisedDate") is not None:
            try:
                from_rfc3339(order["promisedDate"])
            except (TypeError, ValueError):
                raise invalid("promisedDate", "Expected an instant.") from None
        self._pricer.price(order)
        for check in order["checks"]:
            customer = check.get("customer")
            needed = ("firstName", "lastName", "email", "phone")
            if customer is not None and not all(customer.get(name) for name in needed):
                raise invalid("customer", "First and last name, email and phone are required.")
            self._check_payments(check)
        return order

    def _check_payments(self, check: Json) -> None:
        paid = 0
        for payment in check.get("payments") or []:
            if payment.get("type") != "OTHER" or not (payment.get("otherPayment") or {}).get(
                "guid"
            ):
                raise invalid("payments", "Only OTHER payments that name their payment type.")
            paid += to_minor(payment.get("amount"), "payments.amount")
        if paid > to_minor(check["totalAmount"], "totalAmount"):
            raise invalid("payments", "The payments are more than the check's total.")
        check["paymentStatus"] = "PAID" if paid else "OPEN"
        check["dueAmount"] = to_number(to_minor(check["totalAmount"], "totalAmount") - paid)

    def _find(self, request: Request, guid: str) -> Json:
        order = self._orders.get(guid) or self._by_external(guid)
        restaurant = request.headers["toast-restaurant-external-id"]
        if order is None or order["restaurantGuid"] != restaurant:
            raise refuse(404, "The order does not exist.")
        return order

    def _by_external(self, external: str) -> Json | None:
        return next((o for o in self._orders.values() if o.get("externalId") == external), None)

    def _print(self, order: Json) -> None:
        if order["voided"]:
            return
        order["approvalStatus"] = "APPROVED"
        self.print_ticket(order.get("externalId"), order["guid"], order["restaurantGuid"])

    def _mark_void(self, order: Json) -> None:
        order["voided"] = True
        self.note_void(order["guid"])
        order["guestOrderStatus"] = "VOIDED"
        for check in order["checks"]:
            check["paymentStatus"] = "VOIDED"
            check["voided"] = True
        self._touch(order)

    def _touch(self, order: Json) -> None:
        order["modifiedDate"] = rfc3339(self._now_ms())
        self._publish_order(order)

    def _publish_order(self, order: Json) -> None:
        details = {"restaurantGuid": order["restaurantGuid"], "order": order}
        self._publish("order_updated", "order_updated", order["guid"], details)

    def _publish(self, category: str, event_type: str, guid: str, details: Json) -> None:
        timestamp = rfc3339(self._now_ms())
        body = encode_json(
            {
                "timestamp": timestamp,
                "eventCategory": category,
                "eventType": event_type,
                "guid": self.new_uuid(),
                "details": details,
            }
        )
        headers = {
            "Content-Type": JSON,
            "Toast-Signature": sign(self.settings.webhook_secret, body, timestamp),
            "Toast-Event-Type": event_type,
            "Toast-Restaurant-External-ID": details["restaurantGuid"],
            "Toast-Attempt-Number": "1",
        }
        webhook = OutgoingRequest("POST", self.settings.webhook_url, headers, body)
        retries = self.settings.retry_delays_ms
        self.publish(Delivery(event_type, guid, webhook, retries))

    def _acted(self, act: Callable[[str], None]) -> Callable[[Request], Response]:
        def answer(request: Request) -> Response:
            guid = request.json_object()["guid"]
            act(guid)
            return Response.of_json({"order": self._orders[guid]})

        return answer
