"""The Uber Eats API, order suite v2 (v1 for answers): thin signed webhooks, answers, menu, store.

Source: Uber's developer pages, "Eats": webhooks, get order details, accept, deny, cancel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.channels.api import PartnerApi
from chalicelib.channels.base import (
    OrderNotShown,
    PartnerRefused,
    SignatureInvalid,
    WebhookReply,
    hex_hmac_sha256,
    obj,
    readable,
    same,
    text,
)
from chalicelib.channels.menus import MenuReply, MenuResult
from chalicelib.channels.uber_eats.menus import holiday_body, menu_body, suspension
from chalicelib.channels.uber_eats.orders import read_order
from chalicelib.domain.commands import Notice, NoticeKind
from chalicelib.domain.deadlines import DECIDE_MS
from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.events import iso
from chalicelib.domain.order import identifier, reference_id
from chalicelib.domain.refusal import Reason, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chalicelib.adapters.http import VendorHttp
    from chalicelib.adapters.secrets import Secrets, VendorSecrets
    from chalicelib.channels.menus import MenuCall, Publishing
    from chalicelib.domain.order import Order
    from chalicelib.domain.record import OrderRecord
    from chalicelib.tokens import TokenCache

KINDS = {
    "orders.notification": NoticeKind.ORDER,
    "orders.scheduled.notification": NoticeKind.SCHEDULED,
    "orders.release": NoticeKind.RELEASE,
    "orders.customer_order_edit": NoticeKind.EDIT,
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
    Reason.STORE_CLOSED: "STORE_CLOSED",
    Reason.BUSY: "CAPACITY",
    Reason.ADDRESS: "ADDRESS",
    Reason.TOO_LARGE: "CAPACITY",
    Reason.KITCHEN_CANCELLED: "OTHER",
    Reason.OTHER: "OTHER",
}

CANCEL_REASONS = {
    Reason.OUT_OF_STOCK: "OUT_OF_ITEMS",
    Reason.UNMAPPED_ITEM: "OUT_OF_ITEMS",
    Reason.STORE_CLOSED: "KITCHEN_CLOSED",
    Reason.BUSY: "RESTAURANT_TOO_BUSY",
    Reason.INSTRUCTIONS: "CANNOT_COMPLETE_CUSTOMER_NOTE",
}
""""OTHER" for every reason that is not here."""

SCOPE = "eats.order eats.store.orders.read eats.store eats.store.status.write"


class UberEats:
    """The Uber Eats channel. `secrets` is asked at each use, so that rotation needs no restart."""

    name = "uber_eats"
    # Any body but an empty one counts as a failed delivery.
    acknowledgement = WebhookReply(200)
    decide_within_ms = DECIDE_MS
    reads_back = True
    polls = True
    shows_all_stores = False
    give_up_ms = 690_000
    pauses_end = True
    menu_gap_ms = 0
    menu_result_ms = 0

    def __init__(
        self,
        base_url: str,
        auth_url: str,
        http: VendorHttp,
        secrets: Callable[[], VendorSecrets],
        tokens: TokenCache,
    ) -> None:
        self._secrets = secrets
        self._api = PartnerApi(base_url, auth_url, http, tokens, self._credentials)

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: Secrets) -> None:
        """Check X-Uber-Signature: hex HMAC-SHA256 of the raw body under the client secret."""
        given = headers.get("x-uber-signature", "")
        keys = secrets.each("uber_client_secret")
        if not any(same(given, hex_hmac_sha256(key, body)) for key in keys):
            raise SignatureInvalid("x-uber-signature does not match the body")

    def read_notice(self, headers: Mapping[str, str], payload: dict[str, Any]) -> Notice:  # noqa: ARG002
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
        return read_order(notice, payload, currency)

    def hold(self, record: OrderRecord, ready_ms: int) -> None:
        """Accept it now: Uber has one answer, whenever the order is for."""
        self.accept(record, ready_ms)

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

    def cancel(self, record: OrderRecord, refusal: Refusal) -> None:
        """POST cancel. Uber's own orders.cancel webhook follows and changes nothing."""
        body = {"reason": CANCEL_REASONS.get(refusal.reason, "OTHER"), "details": refusal.text}
        self._answer(record.order_id, "cancel", body, {"CANCELED", "DENIED"})

    def agree_to_cancel(self, record: OrderRecord) -> None:
        """A cancellation is told to us, not asked for."""

    def ready(self, record: OrderRecord) -> None:
        """The order suite of this version has no such call."""

    def set_item_available(
        self, channel_store_id: str, item_id: str, *, available: bool, until_ms: int | None
    ) -> None:
        """POST the item's suspension: a far time takes it off, null puts it back."""
        back = {"suspend_until": None, "reason": ""}
        body = {"suspension_info": {"suspension": back if available else suspension(until_ms)}}
        path = f"/v2/eats/stores/{channel_store_id}/menus/items/{item_id}"
        self._change("POST", path, body)

    def items_off(self, channel_store_id: str) -> frozenset[str] | None:  # noqa: ARG002
        """Uber tells of items with the whole menu alone: it is not asked."""
        return None

    def set_store_open(
        self, channel_store_id: str, *, is_open: bool, reason: Refusal | None, until_ms: int | None
    ) -> None:
        """POST the store's status."""
        body: dict[str, Any] = {"status": "ONLINE" if is_open else "PAUSED"}
        if not is_open:
            body["reason"] = reason.text if reason else ""
            if until_ms is not None:
                body["paused_until"] = iso(until_ms)
        self._change("POST", f"/v1/eats/store/{channel_store_id}/status", body)

    def menu_calls(self, publishing: Publishing) -> list[MenuCall]:
        """PUT the whole menu with its weekly hours, POST all dates that differ.

        A menu is the one large body, and Uber takes it compressed ("Upload Menu").
        """
        place = publishing.place

        def put_menu() -> MenuReply:
            path = f"/v2/eats/stores/{place}/menus"
            self._change("PUT", path, menu_body(publishing), compressed=True)
            return MenuReply()

        def post_holidays() -> MenuReply:
            body = holiday_body(publishing)
            self._change("POST", f"/v1/eats/stores/{place}/holiday-hours", body)
            return MenuReply()

        return [put_menu, post_holidays]

    def menu_result(self, payload: dict[str, Any]) -> MenuResult:  # noqa: ARG002
        """Never asked: Uber says at once whether it takes a menu."""
        raise InvalidPayload("Uber Eats has no such webhook")

    def open_orders(self, channel_store_id: str) -> list[Notice]:
        """GET created-orders: what has no decision yet."""
        reply = self._api.call("GET", f"/v1/eats/stores/{channel_store_id}/created-orders?limit=50")
        if reply.status != 200:
            raise PartnerRefused(f"created orders: HTTP {reply.status}")

        def read(order: dict[str, Any]) -> Notice:
            id_ = identifier(order.get("id"), "order id")
            return Notice(NoticeKind.ORDER, self.name, channel_store_id, id_, f"poll-{id_}", "poll")

        return readable(self.name, reply.json_object().get("orders"), read)

    def acknowledge(self, notices: Sequence[Notice]) -> None:
        """Nothing to do: an order is shown until it is answered."""

    def _change(
        self, method: str, path: str, body: dict[str, Any], *, compressed: bool = False
    ) -> None:
        reply = self._api.call(method, path, body, compressed=compressed)
        if reply.status >= 300:
            said = reply.json_or_empty().get("message")
            why = f" ({said})" if isinstance(said, str) else ""
            raise PartnerRefused(f"{path.rpartition('/')[2]}: HTTP {reply.status}{why}")

    def _answer(
        self, order_id: str, verb: str, body: dict[str, Any], wanted_states: set[str]
    ) -> None:
        reply = self._api.call("POST", f"/v1/eats/orders/{order_id}/{verb}", body)
        if reply.status < 300:
            return
        # A repeated answer is refused as a conflict: what counts is where the order stands.
        state = str(self._fetch(order_id).get("current_state"))
        if state not in wanted_states:
            raise PartnerRefused(f"{verb}: HTTP {reply.status}, the order is {state}")

    def _fetch(self, order_id: str) -> dict[str, Any]:
        reply = self._api.call("GET", f"/v2/eats/order/{order_id}")
        if reply.status == 200:
            return reply.json_object()
        refused = OrderNotShown if reply.status == 404 else PartnerRefused
        raise refused(f"get order: HTTP {reply.status}")

    def _credentials(self) -> dict[str, str]:
        """A token lives for 30 days, and there are 100 grants an hour at most."""
        secrets = self._secrets()
        return {
            "client_id": secrets.uber_client_id,
            "client_secret": secrets.uber_client_secret,
            "scope": SCOPE,
        }
