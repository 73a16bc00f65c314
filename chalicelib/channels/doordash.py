"""DoorDash Marketplace: fat webhooks under a static token, answered later by PATCH.

Source: DoorDash's developer pages, "Marketplace": order webhook, order confirmation, JWT.
Money is whole cents without a currency: the store's currency is meant.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

from chalicelib.channels.base import (
    PartnerRefused,
    PartnerUnavailable,
    SignatureInvalid,
    WebhookReply,
    items,
    obj,
    read_json_object,
    same,
    text,
)
from chalicelib.domain.commands import Notice, NoticeKind
from chalicelib.domain.errors import InvalidMoney, InvalidPayload, OrderRefused
from chalicelib.domain.events import event_id, iso
from chalicelib.domain.money import Money
from chalicelib.domain.order import Line, Modifier, Order, identifier, quantity, reference_id
from chalicelib.domain.refusal import Reason, Refusal, RefusedItem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.adapters.http import VendorHttp
    from chalicelib.adapters.secrets import VendorSecrets
    from chalicelib.domain.record import OrderRecord

OFFLINE = "Store Unavailable - Connectivity Issue"

STORE_FAILURES = {
    Reason.UNKNOWN_STORE: (OFFLINE, "POS_OFFLINE"),
    Reason.POS_OFFLINE: (OFFLINE, "POS_OFFLINE"),
    Reason.POS_NOT_READY: (OFFLINE, "POS_OFFLINE"),
    Reason.POS_REFUSED: (OFFLINE, "POS_OFFLINE"),
    Reason.TIMED_OUT: (OFFLINE, "TIME_OUT"),
}
"""Reasons about the store as a whole: DoorDash's required text, and its code."""

ITEM_FAILURES = {
    Reason.UNMAPPED_ITEM: ("Item Missing - {name} - {id}", None),
    Reason.OUT_OF_STOCK: ("Item Unavailable - {name} - {id} - Out of stock", "ITEM_OUT_OF_STOCK"),
    Reason.PRICING: ("Pricing Mismatch - {name} - {id}", None),
}
"""Reasons about items: the required text for each; a code only where DoorDash lists one."""

JWT_SECONDS = 300


class DoorDash:
    """The DoorDash Marketplace channel. `now_ms` dates the tokens."""

    name = "doordash"
    # 200 would mean that the order is accepted; 202 promises an answer within minutes.
    acknowledgement = WebhookReply(202)
    give_up_ms = 480_000

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

    def verify(self, headers: Mapping[str, str], body: bytes) -> None:  # noqa: ARG002
        """Check the static token in Authorization, bare or as a bearer token."""
        given = headers.get("authorization", "").removeprefix("Bearer ").strip()
        if not same(given, self._secrets().doordash_webhook_token):
            raise SignatureInvalid("authorization is not the agreed token")

    def read_notice(self, payload: dict[str, Any]) -> Notice:
        """Tell new orders from cancellations (which name no event) and from the rest."""
        if "external_order_id" in payload:
            order_id = identifier(payload["external_order_id"], "external_order_id")
            return self._notice(
                NoticeKind.CANCELLATION, "OrderCancel", _store_id(payload), order_id
            )
        event_type = text(obj(payload, "event"), "type")
        if event_type != "OrderCreate":
            return Notice(NoticeKind.IGNORED, self.name, "", "", "", event_type)
        order = obj(payload, "order")
        order_id = identifier(order.get("id"), "order.id")
        return self._notice(NoticeKind.ORDER, event_type, _store_id(order), order_id)

    def _notice(self, kind: NoticeKind, event_type: str, store_id: str, order_id: str) -> Notice:
        # DoorDash gives its webhooks no id; one per order and type is all there can be.
        id_ = event_id(event_type, store_id, order_id)
        return Notice(kind, self.name, store_id, order_id, id_, event_type)

    def order_payload(self, notice: Notice, body: bytes) -> dict[str, Any]:  # noqa: ARG002
        """Return the order out of the webhook's body; nothing has to be fetched."""
        return obj(read_json_object(body), "order")

    def to_order(self, notice: Notice, payload: dict[str, Any], currency: str) -> Order:
        """Translate a DoorDash order; `currency` is the store's."""
        return Order(
            channel=self.name,
            channel_store_id=notice.channel_store_id,
            order_id=notice.order_id,
            display_id=text(payload, "delivery_short_code") or notice.order_id[-5:],
            currency=currency,
            lines=tuple(
                _line(item, currency)
                for category in items(payload, "categories")
                for item in items(category, "items")
            ),
            subtotal=Money(payload.get("subtotal"), currency),  # type: ignore[arg-type]
            note=text(payload, "order_special_instructions"),
        )

    def accept(self, record: OrderRecord, ready_ms: int) -> None:
        """PATCH the order to success with our own preparation time."""
        self._confirm(record, {"order_status": "success", "prep_time": iso(ready_ms)})

    def deny(self, record: OrderRecord) -> None:
        """PATCH the order to fail with DoorDash's required texts."""
        assert record.refusal is not None, "a rejected order says why"
        failure_reason, errors = failure(record.refusal)
        body = {"order_status": "fail", "failure_reason": failure_reason, "errors": errors}
        self._confirm(record, body)

    def _confirm(self, record: OrderRecord, body: dict[str, Any]) -> None:
        merchant_id = reference_id(record.channel, record.order_id)
        reply = self._http.call(
            "PATCH",
            f"{self._base_url}/marketplace/api/v1/orders/{record.order_id}",
            headers={
                "Authorization": f"Bearer {self._token()}",
                "auth-version": "v2",
                "User-Agent": "OrderMiddleware/1.0",
            },
            json={"merchant_supplied_id": merchant_id, **body},
        )
        if reply.status in (401, 408, 429) or reply.status >= 500:
            raise PartnerUnavailable(f"HTTP {reply.status}", reply.retry_after)
        if reply.status >= 300:
            raise PartnerRefused(f"confirmation: HTTP {reply.status}")

    def _token(self) -> str:
        secrets = self._secrets()
        return jwt(
            secrets.doordash_developer_id,
            secrets.doordash_key_id,
            secrets.doordash_signing_secret,
            self._now_ms() // 1000,
        )


def jwt(developer_id: str, key_id: str, signing_secret: str, now_seconds: int) -> str:
    """Return a DD-JWT-V1 token (HS256). The signing secret is base64url, padded or not."""
    header = {"alg": "HS256", "typ": "JWT", "dd-ver": "DD-JWT-V1"}
    claims = {
        "aud": "doordash",
        "iss": developer_id,
        "kid": key_id,
        "iat": now_seconds,
        "exp": now_seconds + JWT_SECONDS,
    }
    parts = [
        _base64url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims)
    ]
    signed = ".".join(parts)
    key = base64.urlsafe_b64decode(signing_secret + "=" * (-len(signing_secret) % 4))
    digest = hmac.new(key, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_base64url(digest)}"


def failure(refusal: Refusal) -> tuple[str, list[dict[str, Any]]]:
    """Return failure_reason and errors in DoorDash's own words."""
    if refusal.reason in ITEM_FAILURES and refusal.items:
        template, code = ITEM_FAILURES[refusal.reason]
        errors = [_error(item, template, code) for item in refusal.items]
        return str(errors[0]["message"]), errors
    if refusal.reason in STORE_FAILURES:
        reason, store_code = STORE_FAILURES[refusal.reason]
        return reason, [{"code": store_code, "message": reason}]
    return refusal.text, [{"message": refusal.text}]


def _error(item: RefusedItem, template: str, code: str | None) -> dict[str, Any]:
    error: dict[str, Any] = {
        "merchant_supplied_id": item.id,
        "message": template.format(name=item.name, id=item.id),
    }
    return {"code": code, **error} if code else error


def _store_id(data: dict[str, Any]) -> str:
    store = obj(data, "store")
    return identifier(store.get("merchant_supplied_id"), "store.merchant_supplied_id")


def _line(item: dict[str, Any], currency: str) -> Line:
    refused = _named(item)
    return Line(
        id=refused.id,
        name=refused.name,
        quantity=quantity(item.get("quantity"), "item quantity"),
        price=_price(item, currency, refused),
        note=text(item, "special_instructions"),
        modifiers=_modifiers(item, currency),
    )


def _modifiers(item: dict[str, Any], currency: str) -> tuple[Modifier, ...]:
    # DoorDash's sample says "extra" in one place and "extras" in another.
    groups = items(item, "extras") + items(item, "extra")
    return tuple(
        _modifier(option, currency) for group in groups for option in items(group, "options")
    )


def _modifier(option: dict[str, Any], currency: str) -> Modifier:
    refused = _named(option)
    return Modifier(
        id=refused.id,
        name=refused.name,
        quantity=quantity(option.get("quantity", 1), "option quantity"),
        price=_price(option, currency, refused),
        modifiers=_modifiers(option, currency),
    )


def _named(item: dict[str, Any]) -> RefusedItem:
    """Return id and name. An item without our id came from a menu that is not ours."""
    name = text(item, "name")
    try:
        return RefusedItem(identifier(item.get("merchant_supplied_id"), "item id"), name)
    except InvalidPayload as error:
        refusal = Refusal(Reason.UNMAPPED_ITEM, "an item has no id", (RefusedItem("", name),))
        raise OrderRefused(refusal) from error


def _price(item: dict[str, Any], currency: str, refused: RefusedItem) -> Money:
    try:
        return Money(item.get("price"), currency)  # type: ignore[arg-type]
    except InvalidMoney as error:
        raise OrderRefused(Refusal(Reason.PRICING, str(error), (refused,))) from error


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
