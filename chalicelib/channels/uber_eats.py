"""Uber Eats, order API v2 (v1 for answers): thin signed webhooks, the order is fetched.

Source: Uber's developer pages, "Eats": webhooks, get order details, accept and deny.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.channels.base import (
    PartnerRefused,
    PartnerUnavailable,
    SignatureInvalid,
    WebhookReply,
    hex_hmac_sha256,
    items,
    obj,
    same,
    text,
)
from chalicelib.domain.commands import Notice, NoticeKind
from chalicelib.domain.errors import InvalidMoney, InvalidPayload, OrderRefused
from chalicelib.domain.money import Money, total
from chalicelib.domain.order import Line, Modifier, Order, identifier, quantity, reference_id
from chalicelib.domain.refusal import Reason, Refusal, RefusedItem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.adapters.http import HttpReply, VendorHttp
    from chalicelib.adapters.secrets import VendorSecrets
    from chalicelib.channels.tokens import TokenCache
    from chalicelib.domain.record import OrderRecord

KINDS = {
    "orders.notification": NoticeKind.ORDER,
    "orders.scheduled.notification": NoticeKind.ORDER,
    "orders.cancel": NoticeKind.CANCELLATION,
    "orders.failure": NoticeKind.CANCELLATION,
}

DENY_CODES = {
    Reason.UNKNOWN_STORE: "POS_NOT_READY",
    Reason.UNMAPPED_ITEM: "MISSING_ITEM",
    Reason.OUT_OF_STOCK: "ITEM_AVAILABILITY",
    Reason.PRICING: "PRICING",
    Reason.INVALID_ORDER: "MISSING_INFO",
    Reason.INSTRUCTIONS: "SPECIAL_INSTRUCTIONS",
    Reason.POS_OFFLINE: "POS_OFFLINE",
    Reason.POS_REFUSED: "OTHER",
    Reason.POS_NOT_READY: "POS_NOT_READY",
    Reason.TIMED_OUT: "POS_OFFLINE",
}

SCOPE = "eats.order eats.store.orders.read"


class UberEats:
    """The Uber Eats channel. `secrets` is asked at each use, so that rotation needs no restart."""

    name = "uber_eats"
    # Any body but an empty one counts as a failed delivery.
    acknowledgement = WebhookReply(200)
    give_up_ms = 690_000

    def __init__(
        self,
        base_url: str,
        auth_url: str,
        http: VendorHttp,
        secrets: Callable[[], VendorSecrets],
        tokens: TokenCache,
    ) -> None:
        self._base_url = base_url
        self._auth_url = auth_url
        self._http = http
        self._secrets = secrets
        self._tokens = tokens

    def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        """Check X-Uber-Signature: hex HMAC-SHA256 of the raw body under the client secret."""
        expected = hex_hmac_sha256(self._secrets().uber_client_secret, body)
        if not same(headers.get("x-uber-signature", ""), expected):
            raise SignatureInvalid("x-uber-signature does not match the body")

    def read_notice(self, payload: dict[str, Any]) -> Notice:
        """Read the thin webhook. Unknown event types are to be acknowledged and ignored."""
        event_type = text(payload, "event_type")
        if not event_type:
            raise InvalidPayload("event_type is missing")
        kind = KINDS.get(event_type, NoticeKind.IGNORED)
        if kind is NoticeKind.IGNORED:
            return Notice(kind, self.name, "", "", text(payload, "event_id"), event_type)
        meta = obj(payload, "meta")
        return Notice(
            kind,
            self.name,
            identifier(meta.get("user_id"), "meta.user_id"),
            identifier(meta.get("resource_id"), "meta.resource_id"),
            identifier(payload.get("event_id"), "event_id"),
            event_type,
        )

    def order_payload(self, notice: Notice, body: bytes) -> dict[str, Any]:  # noqa: ARG002
        """Fetch the order.

        The URL is built from our own base URL and the checked id. The webhook's resource_href
        is not followed: a host that the sender chooses must never see our token.
        """
        return self._fetch(notice.order_id)

    def to_order(self, notice: Notice, payload: dict[str, Any], currency: str) -> Order:
        """Translate an Uber Eats order."""
        cart = obj(payload, "cart")
        subtotal = obj(obj(obj(payload, "payment"), "charges"), "sub_total")
        return Order(
            channel=self.name,
            channel_store_id=notice.channel_store_id,
            order_id=notice.order_id,
            display_id=text(payload, "display_id") or notice.order_id[-5:],
            currency=currency,
            lines=tuple(_line(item) for item in items(cart, "items")),
            subtotal=_money(subtotal),
            note=text(cart, "special_instructions"),
        )

    def accept(self, record: OrderRecord, ready_ms: int) -> None:
        """POST accept_pos_order."""
        body = {
            "reason": "accepted",
            "pickup_time": ready_ms // 1000,
            "external_reference_id": reference_id(record.channel, record.order_id),
            "fields_relayed": {
                "order_special_instructions": True,
                "item_special_instructions": True,
            },
        }
        self._answer(record.order_id, "accept_pos_order", body, {"ACCEPTED", "FINISHED"})

    def deny(self, record: OrderRecord) -> None:
        """POST deny_pos_order with the code and, where it is about items, their ids."""
        refusal = record.refusal
        assert refusal is not None, "a rejected order says why"
        reason: dict[str, Any] = {
            "explanation": refusal.text,
            "code": DENY_CODES[refusal.reason],
        }
        if refusal.items:
            which = (
                "out_of_stock_items" if refusal.reason is Reason.OUT_OF_STOCK else "invalid_items"
            )
            reason[which] = [item.id for item in refusal.items]
        self._answer(record.order_id, "deny_pos_order", {"reason": reason}, {"DENIED", "CANCELED"})

    def _answer(
        self, order_id: str, verb: str, body: dict[str, Any], wanted_states: set[str]
    ) -> None:
        reply = self._call("POST", f"/v1/eats/orders/{order_id}/{verb}", body)
        if reply.status < 300:
            return
        _raise_if_unavailable(reply)
        # A repeated answer is refused as a conflict: what counts is where the order stands.
        state = self._fetch(order_id).get("current_state")
        if state not in wanted_states:
            raise PartnerRefused(f"{verb}: HTTP {reply.status}, the order is {state}")

    def _fetch(self, order_id: str) -> dict[str, Any]:
        reply = self._call("GET", f"/v2/eats/order/{order_id}")
        if reply.status == 200:
            return reply.json_object()
        _raise_if_unavailable(reply)
        raise PartnerRefused(f"get order: HTTP {reply.status}")

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> HttpReply:
        reply = self._call_with(self._tokens.get(self._grant), method, path, body)
        if reply.status == 401:
            token = self._tokens.renew(self._grant)
            reply = self._call_with(token, method, path, body)
        return reply

    def _call_with(
        self, token: str, method: str, path: str, body: dict[str, Any] | None
    ) -> HttpReply:
        headers = {"Authorization": f"Bearer {token}"}
        return self._http.call(method, self._base_url + path, headers=headers, json=body)

    def _grant(self) -> tuple[str, int]:
        """Return a new token and its lifetime in seconds (30 days; 100 grants an hour at most)."""
        secrets = self._secrets()
        form = {
            "client_id": secrets.uber_client_id,
            "client_secret": secrets.uber_client_secret,
            "grant_type": "client_credentials",
            "scope": SCOPE,
        }
        reply = self._http.call("POST", self._auth_url, form=form)
        if reply.status != 200:
            # Also for 4xx: with credentials that are being rotated the order can still be saved.
            raise PartnerUnavailable(f"token: HTTP {reply.status}", reply.retry_after)
        granted = reply.json_object()
        token, seconds = granted.get("access_token"), granted.get("expires_in")
        if not isinstance(token, str) or type(seconds) is not int:
            raise PartnerUnavailable("token: the reply holds no token")
        return token, seconds


def _raise_if_unavailable(reply: HttpReply) -> None:
    if reply.status in (401, 408, 429) or reply.status >= 500:
        raise PartnerUnavailable(f"HTTP {reply.status}", reply.retry_after)


def _line(item: dict[str, Any]) -> Line:
    id_, name = identifier(item.get("id"), "item id"), text(item, "title")
    modifiers, removed = _modifiers(item)
    return Line(
        id=id_,
        name=name,
        quantity=quantity(item.get("quantity"), "item quantity"),
        price=_own_price(item, modifiers, RefusedItem(id_, name)),
        note=_note(item, removed),
        modifiers=modifiers,
    )


def _modifiers(item: dict[str, Any]) -> tuple[tuple[Modifier, ...], list[str]]:
    """Return the selected options, and the titles of what the customer took out."""
    selected: list[Modifier] = []
    removed: list[str] = []
    for group in items(item, "selected_modifier_groups"):
        removed += [text(option, "title") for option in items(group, "removed_items")]
        for option in items(group, "selected_items"):
            id_, name = identifier(option.get("id"), "modifier id"), text(option, "title")
            below, removed_below = _modifiers(option)
            removed += removed_below
            selected.append(
                Modifier(
                    id=id_,
                    name=name,
                    quantity=quantity(option.get("quantity"), "modifier quantity"),
                    price=_own_price(option, below, RefusedItem(id_, name)),
                    modifiers=below,
                )
            )
    return tuple(selected), removed


def _own_price(
    item: dict[str, Any], modifiers: tuple[Modifier, ...], refused: RefusedItem
) -> Money:
    """Return one piece's price without its options: Uber's unit_price includes them."""
    try:
        price = obj(item, "price")
        if "base_unit_price" in price:
            return _money(obj(price, "base_unit_price"))
        unit = _money(obj(price, "unit_price"))
        own = unit - total([m.full_price.times(m.quantity) for m in modifiers], unit.currency)
    except InvalidMoney as error:
        raise OrderRefused(Refusal(Reason.PRICING, str(error), (refused,))) from error
    if own.amount < 0:
        refusal = Refusal(Reason.PRICING, "the options cost more than the item", (refused,))
        raise OrderRefused(refusal)
    return own


def _money(data: dict[str, Any]) -> Money:
    return Money.from_dict({"amount": data.get("amount"), "currency": data.get("currency_code")})


def _note(item: dict[str, Any], removed: list[str]) -> str:
    """Put together what the kitchen must read: leaving any of it out could harm someone."""
    parts = [f"NO {title}" for title in removed if title]
    if requests := item.get("special_requests"):
        parts.append(f"ALLERGY: {_allergy(requests)}")
    parts.append(text(item, "special_instructions"))
    return "; ".join(part for part in parts if part)


def _allergy(requests: object) -> str:
    """Return the allergy request as text, or refuse the order: Uber forbids dropping it."""
    try:
        if not isinstance(requests, dict) or set(requests) != {"allergy"}:
            raise InvalidPayload("special_requests holds more than an allergy")
        allergy = obj(requests, "allergy")
        names = [
            text(allergen, "freeform_text") or text(allergen, "type")
            for allergen in items(allergy, "allergens_to_exclude")
        ]
        return ", ".join([*names, text(allergy, "allergy_instructions")]).strip(", ")
    except InvalidPayload as error:
        refusal = Refusal(Reason.INSTRUCTIONS, "a special request cannot reach the kitchen")
        raise OrderRefused(refusal) from error
