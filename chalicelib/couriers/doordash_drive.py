"""DoorDash Drive: couriers by API, deliveries under ids of our own.

Source: developer.doordash.com, Drive API v2: quotes, accept, create, cancel, webhooks. A second
delivery under one id is a 409: the first one stands, and is read.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from chalicelib.adapters.http import VendorHttpError
from chalicelib.channels.base import SignatureInvalid, check_size, read_json_object, same, text
from chalicelib.channels.doordash.jwt import jwt
from chalicelib.couriers.base import (
    CourierNotice,
    CourierRefused,
    CourierUnavailable,
    Delivery,
    QuoteGone,
)
from chalicelib.domain.errors import InvalidMoney
from chalicelib.domain.fulfilment import Journey
from chalicelib.domain.money import Money

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.adapters.http import HttpReply, VendorHttp
    from chalicelib.adapters.secrets import Secrets, VendorSecrets
    from chalicelib.domain.fulfilment import Person

EVENTS = {
    "DASHER_CONFIRMED": Journey.CONFIRMED,
    "DASHER_CONFIRMED_PICKUP_ARRIVAL": Journey.AT_PICKUP,
    "DASHER_PICKED_UP": Journey.PICKED_UP,
    "DASHER_DROPPED_OFF": Journey.DELIVERED,
    "DELIVERY_CANCELLED": Journey.CANCELLED,
}

STATUSES = {
    "created": Journey.CREATED,
    "confirmed": Journey.CONFIRMED,
    "enroute_to_pickup": Journey.CONFIRMED,
    "arrived_at_pickup": Journey.AT_PICKUP,
    "picked_up": Journey.PICKED_UP,
    "enroute_to_dropoff": Journey.PICKED_UP,
    "arrived_at_dropoff": Journey.PICKED_UP,
    "delivered": Journey.DELIVERED,
    "cancelled": Journey.CANCELLED,
}


class DoorDashDrive:
    """The Drive API, with the developer account that the Marketplace API uses as well."""

    name = "doordash_drive"

    def __init__(
        self,
        base_url: str,
        http: VendorHttp,
        secrets: Callable[[], VendorSecrets],
        now_ms: Callable[[], int],
    ) -> None:
        self._base_url = base_url
        self._http = http
        self._secrets = secrets
        self._now_ms = now_ms

    def quote(self, delivery_id: str, store_id: str, to: Person, value: Money) -> Delivery:
        """Ask for a quote; it is good for five minutes."""
        reply = self._call("POST", "/quotes", _body(delivery_id, store_id, to, value))
        if reply.status == 409:
            reply = self._call("GET", _path(delivery_id))
        return _delivery(_done(reply), value.currency)

    def accept(self, delivery_id: str, tip: Money) -> Delivery:
        """Accept the quote, or read the delivery that is there under this id."""
        path = f"/quotes/{quote(delivery_id, safe='')}/accept"
        reply = self._call("POST", path, {"tip": tip.amount})
        if reply.status == 409:
            reply = self._call("GET", _path(delivery_id))
        elif reply.status in (404, 422):
            message = str(reply.json_or_empty().get("message"))[:200]
            raise QuoteGone(f"HTTP {reply.status} {message}")
        return _delivery(_done(reply), tip.currency)

    def find(self, delivery_id: str, currency: str) -> Delivery | None:
        """Read the delivery."""
        reply = self._call("GET", _path(delivery_id))
        return None if reply.status == 404 else _delivery(_done(reply), currency)

    def cancel(self, delivery_id: str) -> None:
        """Cancel it; CourierRefused when the food is on its way already."""
        path = _path(delivery_id)
        reply = self._call("PUT", f"{path}/cancel", {})
        if reply.status < 300 or reply.status == 404:
            return
        journey = STATUSES.get(str(_done(self._call("GET", path)).get("delivery_status")))
        if journey is not Journey.CANCELLED:
            raise CourierRefused(f"the delivery is {journey}")

    def read_webhook(
        self, headers: Mapping[str, str], body: bytes, secrets: Secrets
    ) -> CourierNotice | None:
        """Check the Basic credentials: DoorDash signs nothing."""
        check_size(body)
        given = headers.get("authorization", "")
        known = secrets.each("drive_webhook_credentials")
        if not any(same(given, f"Basic {_base64(credentials)}") for credentials in known):
            raise SignatureInvalid("authorization is not ours")
        payload = read_json_object(body)
        journey = EVENTS.get(text(payload, "event_name"))
        return CourierNotice(text(payload, "external_delivery_id"), journey) if journey else None

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> HttpReply:
        secrets = self._secrets()
        token = jwt(
            secrets.doordash_developer_id,
            secrets.doordash_key_id,
            secrets.doordash_signing_secret,
            self._now_ms() // 1000,
        )
        url = f"{self._base_url}/drive/v2{path}"
        headers = {"Authorization": f"Bearer {token}"}
        try:
            reply = self._http.call(method, url, headers=headers, json=body)
        except VendorHttpError as error:
            raise CourierUnavailable(str(error)) from error
        if reply.status in (401, 408, 429) or reply.status >= 500:
            raise CourierUnavailable(f"HTTP {reply.status}", reply.retry_after)
        return reply


def _path(delivery_id: str) -> str:
    return f"/deliveries/{quote(delivery_id, safe='')}"


def _body(delivery_id: str, store_id: str, to: Person, value: Money) -> dict[str, Any]:
    return {
        "external_delivery_id": delivery_id,
        "pickup_external_store_id": store_id,
        "dropoff_address": to.address(),
        "dropoff_phone_number": to.phone,
        "dropoff_contact_given_name": to.name,
        "dropoff_instructions": to.instructions,
        "order_value": value.amount,
    }


def _done(reply: HttpReply) -> dict[str, Any]:
    if reply.status >= 300:
        message = str(reply.json_or_empty().get("message"))[:200]
        raise CourierRefused(f"HTTP {reply.status} {message}")
    try:
        return reply.json_object()
    except VendorHttpError as error:
        raise CourierUnavailable(str(error)) from error


def _delivery(reply: dict[str, Any], currency: str) -> Delivery:
    status = str(reply.get("delivery_status"))
    # A status that only a newer version of theirs knows is of a courier who is on the way.
    journey = None if status == "quote" else STATUSES.get(status, Journey.CREATED)
    try:
        fee = Money(reply.get("fee"), currency)  # type: ignore[arg-type]
    except InvalidMoney:
        raise CourierUnavailable("the reply holds no fee") from None
    return Delivery(str(reply.get("external_delivery_id")), fee, journey)


def _base64(text_: str) -> str:
    return base64.b64encode(text_.encode()).decode()
