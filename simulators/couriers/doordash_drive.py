"""DoorDash Drive: couriers for orders that were not placed at DoorDash.

From developer.doordash.com (Drive API v2): a quote is accepted within five minutes, or a delivery
is created at once; `external_delivery_id` is ours, and using one twice is a 409: that is its
idempotency. 300 requests a minute. Webhooks carry Basic credentials, no signature.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from simulators.channels.doordash.jwt import TokenError, check_token
from simulators.channels.doordash.simulator import LOCAL_SIGNING_SECRET
from simulators.instants import rfc3339
from simulators.simulator import Refusal, Simulator
from simulators.timeline import Delivery, OutgoingRequest
from simulators.wsgi import JSON, BodyError, Request, Response, Route, encode_json

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]

QUOTE_MS = 300_000
PER_MINUTE = 300
FEE = 695
EXTERNAL_ID = re.compile(r"[A-Za-z0-9._~-]{1,100}")
JOURNEY = (
    (60_000, "confirmed", "DASHER_CONFIRMED"),
    (600_000, "arrived_at_pickup", "DASHER_CONFIRMED_PICKUP_ARRIVAL"),
    (720_000, "picked_up", "DASHER_PICKED_UP"),
    (1_500_000, "delivered", "DASHER_DROPPED_OFF"),
)
"""When after its creation a delivery reaches each status, and the event that tells of it."""


@dataclass(frozen=True, slots=True)
class DriveSettings:
    """The provider's registration; `webhook_credentials` is "user:password".

    `pace` is what a delivery's times are multiplied with.
    """

    developer_id: str = "dev-local"
    key_id: str = "key-local"
    signing_secret: str = LOCAL_SIGNING_SECRET
    webhook_credentials: str = "drive:local-password"
    webhook_url: str = "http://127.0.0.1:8000/webhooks/couriers/doordash_drive"
    retry_delays_ms: tuple[int, ...] = (10_000, 60_000, 300_000)
    pace: float = 1.0


class DoorDashDrive(Simulator):
    """Quotes, deliveries, and couriers that keep their times."""

    name = "doordash_drive"

    def __init__(self, *, settings: DriveSettings | None = None, **host: Any) -> None:
        self.settings = settings or DriveSettings()
        self._quotes: dict[str, Json] = {}
        self._deliveries: dict[str, Json] = {}
        self._calls_at_ms: list[int] = []
        self.without_couriers = False
        super().__init__(**host)

    # What tests and the demo read.

    def deliveries(self) -> list[Json]:
        """Return copies of all deliveries, oldest first."""
        with self._lock:
            return [dict(delivery) for delivery in self._deliveries.values()]

    def desert(self, external_id: str) -> None:
        """Let the courier service give a delivery up, wherever it is."""
        with self._lock:
            delivery = self._delivery(external_id)
            delivery["delivery_status"] = "cancelled"
            self._publish("DELIVERY_CANCELLED", delivery)

    # The vendor's part of a simulator.

    def routes(self) -> list[Route]:
        """Return the operations."""
        delivery = "/drive/v2/deliveries/{external_id}"
        return [
            Route("POST", "/drive/v2/quotes", "CreateQuote", self.quote),
            Route("POST", "/drive/v2/quotes/{external_id}/accept", "AcceptQuote", self.accept),
            Route("POST", "/drive/v2/deliveries", "CreateDelivery", self.create),
            Route("GET", delivery, "GetDelivery", self.retrieve),
            Route("PUT", f"{delivery}/cancel", "CancelDelivery", self.cancel),
        ]

    def authorize(self, request: Request, operation: str) -> None:  # noqa: ARG002
        """Every operation needs a fresh JWT of ours, and is counted."""
        settings, now_ms = self.settings, self._now_ms()
        try:
            check_token(
                request.bearer_token or "",
                developer_id=settings.developer_id,
                key_id=settings.key_id,
                signing_secret=settings.signing_secret,
                now_s=now_ms // 1000,
            )
        except TokenError as error:
            raise Refusal(self.error(401, str(error))) from error
        self._calls_at_ms = [at_ms for at_ms in self._calls_at_ms if at_ms > now_ms - 60_000]
        if len(self._calls_at_ms) >= PER_MINUTE:
            raise Refusal(self.error(429, "Too many requests"))
        self._calls_at_ms.append(now_ms)

    def error(self, status: int, detail: str) -> Response:
        """Return Drive's error shape."""
        codes = {409: "duplicate_delivery_id", 422: "validation_error", 429: "request_rate_limited"}
        body = {"code": codes.get(status, "unknown"), "message": detail}
        return Response.of_json(body, status)

    def state(self) -> Json:
        """Return the deliveries."""
        return {"deliveries": self.deliveries()}

    def forge(self, request: OutgoingRequest) -> OutgoingRequest:
        """Send credentials that are not ours."""
        return replace(request, headers={**request.headers, "Authorization": "Basic bm90Om91cnM="})

    # Operations.

    def quote(self, request: Request) -> Response:
        """Say what a delivery would cost; good for five minutes."""
        body = self._checked(request.json_object())
        external_id = body["external_delivery_id"]
        if external_id in self._deliveries:
            raise Refusal(self.error(409, "Duplicate delivery ID"))
        if self.without_couriers:
            raise Refusal(self.error(422, "The delivery cannot be fulfilled at this time"))
        self._quotes[external_id] = {**body, "quoted_ms": self._now_ms()}
        return Response.of_json(self._shown({**body, "delivery_status": "quote"}))

    def accept(self, request: Request, external_id: str) -> Response:
        """Turn a quote into a delivery; 422 when it is older than five minutes."""
        if external_id in self._deliveries:
            raise Refusal(self.error(409, "Duplicate delivery ID"))
        quote = self._quotes.get(external_id)
        if quote is None:
            raise Refusal(self.error(404, "No quote with this delivery ID"))
        if self._now_ms() > quote["quoted_ms"] + QUOTE_MS:
            raise Refusal(self.error(422, "The quote has expired"))
        body = request.json_object() if request.body else {}
        tip = body.get("tip", quote.get("tip", 0))
        return Response.of_json(self._shown(self._begin({**quote, "tip": tip})))

    def create(self, request: Request) -> Response:
        """Ask for a courier at once."""
        body = self._checked(request.json_object())
        if body["external_delivery_id"] in self._deliveries:
            raise Refusal(self.error(409, "Duplicate delivery ID"))
        if self.without_couriers:
            raise Refusal(self.error(422, "The delivery cannot be fulfilled at this time"))
        return Response.of_json(self._shown(self._begin(body)))

    def retrieve(self, _request: Request, external_id: str) -> Response:
        """Return a delivery."""
        return Response.of_json(self._shown(self._delivery(external_id)))

    def cancel(self, _request: Request, external_id: str) -> Response:
        """Cancel a delivery that was not picked up."""
        delivery = self._delivery(external_id)
        if delivery["delivery_status"] in ("picked_up", "delivered", "cancelled"):
            raise Refusal(self.error(400, f"The delivery is {delivery['delivery_status']}"))
        delivery["delivery_status"] = "cancelled"
        self._publish("DELIVERY_CANCELLED", delivery)
        return Response.of_json(self._shown(delivery))

    # Inside.

    def _checked(self, body: Json) -> Json:
        if not EXTERNAL_ID.fullmatch(str(body.get("external_delivery_id", ""))):
            raise BodyError("external_delivery_id holds letters, digits, - . _ and ~")
        for name in ("dropoff_address", "dropoff_phone_number"):
            if not body.get(name):
                raise BodyError(f"{name} is required")
        for name in ("order_value", "tip"):
            if name in body and type(body[name]) is not int:
                raise BodyError(f"{name} must be cents")
        return body

    def _delivery(self, external_id: str) -> Json:
        if external_id not in self._deliveries:
            raise Refusal(self.error(404, "No delivery with this ID"))
        return self._deliveries[external_id]

    def _begin(self, body: Json) -> Json:
        delivery = {**body, "delivery_status": "created", "created_ms": self._now_ms()}
        self._deliveries[body["external_delivery_id"]] = delivery
        for after_ms, status, event in JOURNEY:
            at_ms = self._now_ms() + round(after_ms * self.settings.pace)
            self.at(at_ms, self._moves_on(delivery, status, event))
        return delivery

    def _moves_on(self, delivery: Json, status: str, event: str) -> Callable[[], None]:
        def move() -> None:
            if delivery["delivery_status"] != "cancelled":
                delivery["delivery_status"] = status
                self._publish(event, delivery)

        return move

    def _shown(self, delivery: Json) -> Json:
        hidden = ("quoted_ms", "created_ms")
        shown = {name: value for name, value in delivery.items() if name not in hidden}
        return {**shown, "fee": FEE, "currency": "USD"}

    def _publish(self, event: str, delivery: Json) -> None:
        body = {**self._shown(delivery), "event_name": event}
        body["created_at"] = rfc3339(self._now_ms())
        credentials = base64.b64encode(self.settings.webhook_credentials.encode()).decode()
        headers = {"Content-Type": JSON, "Authorization": f"Basic {credentials}"}
        webhook = OutgoingRequest("POST", self.settings.webhook_url, headers, encode_json(body))
        external_id = delivery["external_delivery_id"]
        self.publish(Delivery(event, external_id, webhook, self.settings.retry_delays_ms))
