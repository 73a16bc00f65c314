"""Square: orders, payments, catalogue, signed webhooks.

Shapes follow Square's published OpenAPI document. What an order needs to come out of the kitchen
printer is a payment: an order fully paid (here by an EXTERNAL payment, as a marketplace order
is) becomes a *ticket*. Two tickets with one `reference_id` are the mistake this simulator exists
to catch.
"""

from __future__ import annotations

import copy
import hashlib
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from simulators.instants import rfc3339
from simulators.pos.kitchen import PointOfSaleSimulator
from simulators.pos.square import fields
from simulators.pos.square.catalog import Catalog, inventory_counts
from simulators.pos.square.errors import error_response, invalid, refuse
from simulators.pos.square.oauth import SquareTokens
from simulators.pos.square.payments import Asked, asked, tender_of
from simulators.pos.square.pricing import Pricer
from simulators.pos.square.refunds import made_refund, unrefunded
from simulators.pos.square.search import search_orders
from simulators.pos.square.settings import SquareSettings, sign, signed_webhook
from simulators.pos.square.updates import merged, with_sorted_keys
from simulators.timeline import Delivery, OutgoingRequest
from simulators.wsgi import Request, Response, Route, encode_json

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

Json = dict[str, Any]

FULFILLMENT_TYPES = frozenset({"PICKUP", "SHIPMENT", "DELIVERY"})
FULFILLMENT_STATES = ("PROPOSED", "RESERVED", "PREPARED", "COMPLETED", "CANCELED", "FAILED")


class Square(PointOfSaleSimulator):
    """One seller at Square. `locations` None takes every location id."""

    name = "square"

    def __init__(
        self,
        *,
        settings: SquareSettings | None = None,
        catalog: Iterable[Json] = (),
        locations: Collection[str] | None = None,
        **host: Any,
    ) -> None:
        self.settings = settings or SquareSettings()
        self.catalog = Catalog(catalog)
        self.locations = locations
        self._pricer = Pricer(self.catalog.objects, self.settings.currency)
        self._orders: dict[str, Json] = {}
        self._payments: dict[str, Json] = {}
        self._answers: dict[tuple[str, str], tuple[bytes, Response]] = {}
        client = (self.settings.client_id, self.settings.client_secret)
        self.tokens = SquareTokens(client, lambda: self.new_id(60), host["now_ms"])
        super().__init__(**host)

    # What tests and the demo read.

    def orders(self) -> list[Json]:
        """Return copies of all orders, oldest first."""
        with self._lock:
            return copy.deepcopy(list(self._orders.values()))

    def payments(self) -> list[Json]:
        """Return copies of all payments, oldest first."""
        with self._lock:
            return copy.deepcopy(list(self._payments.values()))

    def fulfil(self, order_id: str, state: str) -> None:
        """Let the kitchen move the order's fulfilments on (PREPARED, COMPLETED …)."""
        if state not in FULFILLMENT_STATES:
            raise ValueError(f"state must be one of {', '.join(FULFILLMENT_STATES)}")
        with self._lock:
            order = self._orders[order_id]
            for fulfillment in order.get("fulfillments", []):
                fulfillment["state"] = state
            if state == "COMPLETED" and not order["net_amount_due_money"]["amount"]:
                order["state"] = "COMPLETED"
            self._touch(order)

    def cancel_at_the_till(self, order_id: str) -> None:
        """Let the restaurant cancel an order itself, its fulfilments with it."""
        with self._lock:
            self._orders[order_id]["state"] = "CANCELED"
            self.fulfil(order_id, "CANCELED")

    def set_stock(self, location_id: str, object_id: str, *, available: bool) -> None:
        """Let the seller count an item at a location: none left is sold out, by Square's doing."""
        with self._lock:
            self.catalog.mark(location_id, object_id, sold_out=not available)
            quantity = "12" if available else "0"
            counts = inventory_counts(location_id, object_id, quantity, self._now_ms())
            self._publish(
                "inventory.count.updated", "inventory_counts", self.new_uuid(), counts, object_id
            )

    def mark_sold_out(
        self, location_id: str, object_id: str, until: str | None = None, *, sold_out: bool = True
    ) -> None:
        """Let the seller mark an item or a modifier; the catalogue has a new version."""
        with self._lock:
            self.catalog.mark(location_id, object_id, sold_out=sold_out, until=until)
            version = {"catalog_version": {"updated_at": rfc3339(self._now_ms())}}
            self._publish("catalog.version.updated", "catalog", "", version, object_id)

    def disconnect(self) -> None:
        """Let the seller take the app out: its tokens open nothing, and a webhook says so."""
        with self._lock:
            self.tokens.revoke(self.settings.merchant_id)
            revocation = {"revoked_at": rfc3339(self._now_ms()), "revoker_type": "MERCHANT"}
            payload = {"revocation": revocation}
            id_ = self.new_uuid()
            self._publish("oauth.authorization.revoked", "revocation", id_, payload, id_)

    def live_orders(self) -> list[tuple[str, str]]:
        """Return what is not cancelled."""
        with self._lock:
            live = [order for order in self._orders.values() if order["state"] != "CANCELED"]
            return [(str(order.get("reference_id")), order["id"]) for order in live]

    def is_done(self, order_id: str) -> bool:
        """Say whether the order is completed."""
        with self._lock:
            return bool(self._orders[order_id]["state"] == "COMPLETED")

    def has_given_back(self, order_id: str) -> bool:
        """Say whether every payment of the order is refunded in full."""
        with self._lock:
            return not unrefunded(self._orders[order_id], self._payments)

    def goods_total(self, order_id: str) -> int:
        """Return what the order's lines come to."""
        with self._lock:
            lines = self._orders[order_id].get("line_items", [])
            return sum(int(line["gross_sales_money"]["amount"]) for line in lines)

    # The vendor's part of a simulator.

    def routes(self) -> list[Route]:
        """Return the operations, named as Square names them."""
        return [
            Route("POST", "/oauth2/token", "ObtainToken", self.tokens.obtain),
            Route("POST", "/v2/orders", "CreateOrder", self.create_order),
            Route("POST", "/v2/orders/calculate", "CalculateOrder", self.calculate_order),
            Route("POST", "/v2/orders/search", "SearchOrders", self.search_orders),
            Route("POST", "/v2/orders/batch-retrieve", "BatchRetrieveOrders", self.batch_retrieve),
            Route("GET", "/v2/orders/{order_id}", "RetrieveOrder", self.retrieve_order),
            Route("PUT", "/v2/orders/{order_id}", "UpdateOrder", self.update_order),
            Route("POST", "/v2/orders/{order_id}/pay", "PayOrder", self.pay_order),
            Route("POST", "/v2/payments", "CreatePayment", self.create_payment),
            Route("GET", "/v2/payments/{payment_id}", "GetPayment", self.get_payment),
            Route("POST", "/v2/refunds", "RefundPayment", self.refund_payment),
            *self.catalog.routes(),
        ]

    def extra_control_routes(self) -> list[Route]:
        """Let the kitchen act over HTTP too."""
        return [Route("POST", "/_control/fulfil", "fulfil", self._control_fulfil)]

    def authorize(self, request: Request, operation: str) -> None:
        """The app's own token opens everything, and so does a connected seller's."""
        own = request.bearer_token == self.settings.access_token
        if (
            operation != "ObtainToken"
            and not own
            and not self.tokens.is_alive(request.bearer_token)
        ):
            raise refuse(401, "UNAUTHORIZED", "This request could not be authorized.")

    def error(self, status: int, detail: str) -> Response:
        """Return Square's error shape."""
        return error_response(status, detail)

    def state(self) -> Json:
        """Return the counts and the ledger."""
        return {
            "orders": len(self._orders),
            "payments": len(self._payments),
            "tickets": [asdict(ticket) for ticket in self._tickets],
            "duplicate_tickets": self.duplicate_tickets(),
        }

    def forge(self, request: OutgoingRequest) -> OutgoingRequest:
        """Sign with a key that is not ours."""
        signature = sign("not-the-key", self.settings.notification_url, request.body)
        headers = {**request.headers, "x-square-hmacsha256-signature": signature}
        return replace(request, headers=headers)

    # Orders.

    def create_order(self, request: Request) -> Response:
        """CreateOrder: price and store an order; publishes order.created."""
        body = request.json_object()
        return self._once("CreateOrder", body, 192, lambda: self._create(body), required=False)

    def _create(self, body: Json) -> Response:
        order = self._checked_order(body)
        now = rfc3339(self._now_ms())
        order.update(
            id="CAISE" + self.new_id(22),
            state="DRAFT" if order.get("state") == "DRAFT" else "OPEN",
            version=1,
            created_at=now,
            updated_at=now,
        )
        self._orders[order["id"]] = order
        self._publish_order("order.created", order)
        return Response.of_json({"order": order})

    def calculate_order(self, request: Request) -> Response:
        """CalculateOrder: the same checks and totals, nothing stored."""
        return Response.of_json({"order": self._checked_order(request.json_object())})

    def _checked_order(self, body: Json) -> Json:
        order = copy.deepcopy(fields.mapping(body.get("order"), "order"))
        location_id = fields.required_text(
            order.get("location_id"), "order.location_id", longest=50
        )
        if self.locations is not None and location_id not in self.locations:
            raise invalid("INVALID_VALUE", f"Unknown location {location_id}.", "order.location_id")
        fields.text(order.get("reference_id"), "order.reference_id", longest=40)
        fields.text(order.get("ticket_name"), "order.ticket_name", longest=30)
        fields.metadata(order.get("metadata"), "order.metadata")
        fulfillments = fields.objects(order.get("fulfillments"), "order.fulfillments")
        if len(fulfillments) > 1:
            raise invalid("ARRAY_LENGTH_TOO_LONG", "At most one.", "order.fulfillments")
        for fulfillment in fulfillments:
            self._complete_fulfillment(fulfillment)
        self._pricer.price(order)
        for line in order.get("line_items", []):
            line.setdefault("uid", self.new_id(22))
            for modifier in line.get("modifiers", []):
                modifier.setdefault("uid", self.new_id(22))
        return order

    def _complete_fulfillment(self, fulfillment: Json) -> None:
        if fulfillment.get("type") not in FULFILLMENT_TYPES:
            raise invalid("INVALID_ENUM_VALUE", "Unknown type.", "order.fulfillments[0].type")
        state = fulfillment.setdefault("state", "PROPOSED")
        if state not in FULFILLMENT_STATES:
            raise invalid("INVALID_ENUM_VALUE", "Unknown state.", "order.fulfillments[0].state")
        fulfillment.setdefault("uid", self.new_id(22))

    def retrieve_order(self, _request: Request, order_id: str) -> Response:
        """RetrieveOrder."""
        return Response.of_json({"order": self._order(order_id)})

    def batch_retrieve(self, request: Request) -> Response:
        """BatchRetrieveOrders: unknown ids are left out."""
        wanted = fields.texts(request.json_object().get("order_ids"), "order_ids")
        if not 1 <= len(wanted) <= 100:
            raise invalid("INVALID_VALUE", "1 to 100 order ids.", "order_ids")
        return Response.of_json({"orders": [self._orders[i] for i in wanted if i in self._orders]})

    def search_orders(self, request: Request) -> Response:
        """SearchOrders: newest first; there is no filter on reference_id, as at Square."""
        return Response.of_json(search_orders(self._orders.values(), request.json_object()))

    def update_order(self, request: Request, order_id: str) -> Response:
        """UpdateOrder: a sparse order with the version it was read at."""
        body = request.json_object()
        operation = f"UpdateOrder {order_id}"
        return self._once(
            operation, body, 192, lambda: self._update(order_id, body), required=False
        )

    def _update(self, order_id: str, body: Json) -> Response:
        order = self._order(order_id)
        changes = fields.mapping(body.get("order"), "order")
        version = fields.whole_number(
            changes.get("version"), "order.version", least=0, most=2**31 - 1
        )
        if version != order["version"]:
            detail = f"The order is at version {order['version']}, not {version}."
            raise refuse(409, "CONFLICT", detail, "order.version")
        if order["state"] in ("COMPLETED", "CANCELED"):
            raise refuse(400, "BAD_REQUEST", f"The order is {order['state']}.", "order.state")
        if changes.get("state") == "CANCELED" and unrefunded(order, self._payments):
            raise refuse(400, "BAD_REQUEST", "The order has payments.", "order.state")
        changed = merged(order, changes)
        for path in fields.texts(body.get("fields_to_clear"), "fields_to_clear"):
            changed.pop(path, None)
        if changed["state"] not in ("OPEN", "COMPLETED", "CANCELED", "DRAFT"):
            raise invalid("INVALID_ENUM_VALUE", "Unknown state.", "order.state")
        if changes.keys() & {"line_items", "taxes", "discounts", "service_charges"}:
            if order.get("tenders"):
                raise refuse(400, "BAD_REQUEST", "A paid order's lines are final.", "order")
            self._pricer.price(changed)
        self._orders[order_id] = changed
        self._touch(changed)
        return Response.of_json({"order": changed})

    # Payments.

    def create_payment(self, request: Request) -> Response:
        """CreatePayment: EXTERNAL or CASH only; paying an order in full prints its ticket."""
        body = request.json_object()
        return self._once("CreatePayment", body, 45, lambda: self._pay(body), required=True)

    def _pay(self, body: Json) -> Response:
        wanted, order = asked(body, self.settings.currency), None
        if wanted.order_id is not None:
            order = self._payable_order(wanted.order_id, wanted.amount)
        payment = self._record_payment(body, wanted, order)
        if order is not None:
            self._mark_paid(order, payment, wanted.tip)
        return Response.of_json({"payment": payment})

    def _payable_order(self, order_id: str, amount: int) -> Json:
        order = self._order(order_id)
        if order["state"] != "OPEN" or order.get("tenders"):
            paid = "already paid" if order.get("tenders") else order["state"]
            raise refuse(400, "BAD_REQUEST", f"Order {order_id} is {paid}.", "order_id")
        due = order["net_amount_due_money"]["amount"]
        if amount != due:
            detail = f"The order's amount due is {due}, the payment's amount {amount}."
            raise invalid("PAYMENT_AMOUNT_MISMATCH", detail, "amount_money.amount")
        return order

    def _record_payment(self, body: Json, wanted: Asked, order: Json | None) -> Json:
        now = rfc3339(self._now_ms())
        details = f"{wanted.source.lower()}_details"
        money = self._pricer.money
        payment: Json = {
            "id": self.new_id(27),
            "created_at": now,
            "updated_at": now,
            "amount_money": money(wanted.amount),
            "tip_money": money(wanted.tip),
            "total_money": money(wanted.amount + wanted.tip),
            "approved_money": money(wanted.amount + wanted.tip),
            "status": "COMPLETED",
            "source_type": wanted.source,
            details: copy.deepcopy(body[details]),
            "version_token": self.new_id(44),
        }
        payment.update({key: body[key] for key in ("reference_id", "note") if key in body})
        if order is not None:
            payment.update(order_id=order["id"], location_id=order["location_id"])
        elif "location_id" in body:
            payment["location_id"] = body["location_id"]
        self._payments[payment["id"]] = payment
        for event in ("payment.created", "payment.updated"):
            self._publish(event, "payment", payment["id"], {"payment": payment}, payment["id"])
        return payment

    def pay_order(self, request: Request, order_id: str) -> Response:
        """PayOrder: only needed here for orders whose total is 0, which take no payment."""
        body = request.json_object()
        return self._once(
            f"PayOrder {order_id}", body, 192, lambda: self._pay_nothing(order_id), required=True
        )

    def _pay_nothing(self, order_id: str) -> Response:
        order = self._payable_order(order_id, 0)
        self._mark_paid(order, None, 0)
        return Response.of_json({"order": order})

    def _mark_paid(self, order: Json, payment: Json | None, tip: int) -> None:
        money = self._pricer.money
        order["net_amount_due_money"] = money(0)
        order["tenders"] = []
        if payment is not None:
            order["total_tip_money"] = order["net_amounts"]["tip_money"] = money(tip)
            total = order["total_money"]["amount"] + tip
            order["total_money"] = order["net_amounts"]["total_money"] = money(total)
            order["tenders"] = [tender_of(payment, order)]
        if not order.get("fulfillments"):
            order["state"] = "COMPLETED"
            order["closed_at"] = rfc3339(self._now_ms())
        self.print_ticket(order.get("reference_id"), order["id"], order["location_id"])
        self._touch(order)

    def get_payment(self, _request: Request, payment_id: str) -> Response:
        """GetPayment."""
        if payment_id not in self._payments:
            raise refuse(404, "NOT_FOUND", f"Could not find payment with id: {payment_id}")
        return Response.of_json({"payment": self._payments[payment_id]})

    def refund_payment(self, request: Request) -> Response:
        """RefundPayment: all or part of a payment, also of an external one."""
        body = request.json_object()
        return self._once("RefundPayment", body, 45, lambda: self._refund(body), required=True)

    def _refund(self, body: Json) -> Response:
        now, id_ = rfc3339(self._now_ms()), self.new_id(27)
        refund = made_refund(body, self._payments, id_, now, self.settings.currency)
        return Response.of_json({"refund": refund})

    # Shared.

    def _once(
        self,
        operation: str,
        body: Json,
        longest_key: int,
        act: Callable[[], Response],
        *,
        required: bool,
    ) -> Response:
        """Act once per idempotency key: same body, same answer; another body is refused.

        Only what was carried out is remembered: a refused request may be corrected and sent
        again under its key.
        """
        key = fields.text(
            body.get("idempotency_key"), "idempotency_key", longest=longest_key, required=required
        )
        if key is None:
            return act()
        fingerprint = hashlib.sha256(encode_json(with_sorted_keys(body))).digest()
        if (earlier := self._answers.get((operation, key))) is not None:
            if earlier[0] == fingerprint:
                return earlier[1]
            raise refuse(
                400,
                "IDEMPOTENCY_KEY_REUSED",
                "Different request parameters used for the same idempotency_key.",
                "idempotency_key",
            )
        response = act()
        self._answers[operation, key] = (fingerprint, response)
        return response

    def _order(self, order_id: str) -> Json:
        if order_id not in self._orders:
            raise refuse(404, "NOT_FOUND", f"Order not found for id {order_id}", "order_id")
        return self._orders[order_id]

    def _touch(self, order: Json) -> None:
        order["version"] += 1
        if order["state"] == "CANCELED":
            self.note_void(order["id"])
        order["updated_at"] = rfc3339(self._now_ms())
        self._publish_order("order.updated", order)

    def _publish_order(self, event_type: str, order: Json) -> None:
        object_type = event_type.replace(".", "_")
        summary = {
            "order_id": order["id"],
            "version": order["version"],
            "location_id": order["location_id"],
            "state": order["state"],
            "created_at": order["created_at"],
        }
        if event_type == "order.updated":
            summary["updated_at"] = order["updated_at"]
        self._publish(event_type, object_type, order["id"], {object_type: summary}, order["id"])

    def _publish(
        self, event_type: str, object_type: str, object_id: str, payload: Json, resource_id: str
    ) -> None:
        settings = self.settings
        if event_type not in settings.event_types:
            return
        webhook = signed_webhook(
            settings,
            {
                "merchant_id": settings.merchant_id,
                "type": event_type,
                "event_id": self.new_uuid(),
                "created_at": rfc3339(self._now_ms()),
                "data": {"type": object_type, "id": object_id, "object": payload},
            },
        )
        self.publish(Delivery(event_type, resource_id, webhook, settings.retry_delays_ms))

    def _control_fulfil(self, request: Request) -> Response:
        body = request.json_object()
        self.fulfil(body["order_id"], body["state"])
        return Response.of_json({"order": self._orders[body["order_id"]]})
