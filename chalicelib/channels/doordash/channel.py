"""The DoorDash Marketplace API: fat webhooks under a static token, answered later by PATCH.

Source: DoorDash's developer pages, "Marketplace": order webhook, order confirmation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.channels.base import (
    PartnerRefused,
    PartnerUnavailable,
    SignatureInvalid,
    WebhookReply,
    obj,
    read_json_object,
    same,
    text,
)
from chalicelib.channels.doordash.jwt import jwt
from chalicelib.channels.doordash.menus import PROCESSED, known_menu, menu_body, read_result
from chalicelib.channels.doordash.orders import read_order
from chalicelib.channels.doordash.words import CANCEL_REASONS, failure
from chalicelib.channels.menus import MenuReply, MenuResult
from chalicelib.domain.commands import Notice, NoticeKind
from chalicelib.domain.deadlines import DECIDE_MS
from chalicelib.domain.duties import may_have_said_yes
from chalicelib.domain.events import event_id, iso
from chalicelib.domain.order import identifier, reference_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chalicelib.adapters.http import HttpReply, VendorHttp
    from chalicelib.adapters.secrets import Secrets, VendorSecrets
    from chalicelib.channels.menus import MenuCall, Publishing
    from chalicelib.domain.order import Order
    from chalicelib.domain.record import OrderRecord
    from chalicelib.domain.refusal import Refusal

KINDS = {
    "OrderCreate": NoticeKind.ORDER,
    # "Auto Order Release": the courier is near, the kitchen may begin.
    "OrderRelease": NoticeKind.RELEASE,
}


class DoorDash:
    """The DoorDash Marketplace channel. `now_ms` dates the tokens.

    `provider_type` is DoorDash's name of this integration, given out when it is set up
    (developer.doordash.com, "Create & update menus", "Set up Menu Push").
    """

    name = "doordash"
    # 200 would mean that the order is accepted; 202 promises an answer within minutes.
    acknowledgement = WebhookReply(202)
    decide_within_ms = DECIDE_MS
    reads_back = False
    polls = False
    shows_all_stores = False
    give_up_ms = 480_000
    pauses_end = True
    menu_gap_ms = 0
    # Its callback may be lost. DoorDash works at a menu for up to 120 minutes and takes no other
    # meanwhile: then the next try is told so.
    menu_result_ms = 10 * 60_000

    def __init__(
        self,
        base_url: str,
        http: VendorHttp,
        secrets: Callable[[], VendorSecrets],
        now_ms: Callable[[], int],
        *,
        provider_type: str,
    ) -> None:
        self._base_url = base_url
        self._provider_type = provider_type
        self._http = http
        self._secrets = secrets
        self._now_ms = now_ms

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: Secrets) -> None:  # noqa: ARG002
        """Check the static token in Authorization, bare or as a bearer token."""
        given = headers.get("authorization", "").removeprefix("Bearer ").strip()
        if not any(same(given, token) for token in secrets.each("doordash_webhook_token")):
            raise SignatureInvalid("authorization is not the agreed token")

    def read_notice(self, headers: Mapping[str, str], payload: dict[str, Any]) -> Notice:  # noqa: ARG002
        """Tell new orders from cancellations (which name no event) and from the rest."""
        if "external_order_id" in payload:
            order_id = identifier(payload["external_order_id"], "external_order_id")
            return self._notice(
                NoticeKind.CANCELLATION, "OrderCancel", _store_id(payload), order_id
            )
        event_type = text(obj(payload, "event"), "type")
        if event_type in PROCESSED:
            result = read_result(payload)
            id_ = event_id(event_type, result.place, result.reference, result.why)
            return Notice(NoticeKind.MENU, self.name, result.place, "", id_, event_type)
        if event_type not in KINDS:
            return Notice(NoticeKind.IGNORED, self.name, "", "", "", event_type)
        order = obj(payload, "order")
        order_id = identifier(order.get("id"), "order.id")
        return self._notice(KINDS[event_type], event_type, _store_id(order), order_id)

    def _notice(self, kind: NoticeKind, event_type: str, store_id: str, order_id: str) -> Notice:
        # DoorDash gives its webhooks no id; one per order and type is all there can be.
        id_ = event_id(event_type, store_id, order_id)
        return Notice(kind, self.name, store_id, order_id, id_, event_type)

    def order_payload(self, notice: Notice, body: bytes) -> dict[str, Any]:  # noqa: ARG002
        """Return the order out of the webhook's body; nothing has to be fetched."""
        return obj(read_json_object(body), "order")

    def to_order(self, notice: Notice, payload: dict[str, Any], currency: str) -> Order:
        """Translate a DoorDash order; `currency` is the store's."""
        return read_order(notice, payload, currency)

    def hold(self, record: OrderRecord, ready_ms: int) -> None:
        """Confirm it now: DoorDash waits minutes for an answer, not hours."""
        self.accept(record, ready_ms)

    def accept(self, record: OrderRecord, ready_ms: int) -> None:
        """PATCH the order to success with our own preparation time."""
        self._confirm(record, {"order_status": "success", "prep_time": iso(ready_ms)})

    def deny(self, record: OrderRecord) -> None:
        """PATCH the order to fail with DoorDash's required texts."""
        assert record.refusal is not None, "a rejected order says why"
        failure_reason, errors = failure(record.refusal)
        body = {"order_status": "fail", "failure_reason": failure_reason, "errors": errors}
        self._confirm(record, body)

    def cancel(self, record: OrderRecord, refusal: Refusal) -> None:
        """PATCH the confirmed order's cancellation."""
        body = {"cancel_reason": CANCEL_REASONS.get(refusal.reason, "OTHER")}
        reply = self._call("PATCH", f"/orders/{record.order_id}/cancellation", body)
        # Cancelled by the customer, or by an earlier try of ours whose answer got lost.
        if reply.status >= 300 and "already cancelled" not in _message(reply).lower():
            raise PartnerRefused(f"cancellation: HTTP {reply.status}")

    def agree_to_cancel(self, record: OrderRecord) -> None:
        """A cancellation is told to us, not asked for."""

    def ready(self, record: OrderRecord) -> None:
        """PATCH order_ready_for_pickup."""
        reply = self._call("PATCH", f"/orders/{record.order_id}/events/order_ready_for_pickup", {})
        if reply.status >= 300:
            raise PartnerRefused(f"order ready: HTTP {reply.status}")

    def set_item_available(
        self,
        channel_store_id: str,
        item_id: str,
        *,
        available: bool,
        until_ms: int | None,  # noqa: ARG002
    ) -> None:
        """PUT the item's status, and the option's: an id of ours may be either."""
        entries = [{"merchant_supplied_id": item_id, "is_active": available}]
        for kind in ("items", "item_options"):
            reply = self._call("PUT", f"/stores/{channel_store_id}/{kind}/status", entries)
            if reply.status >= 300:
                raise PartnerRefused(f"{kind} status: HTTP {reply.status}")

    def items_off(self, channel_store_id: str) -> frozenset[str] | None:  # noqa: ARG002
        """DoorDash cannot be asked."""
        return None

    def set_store_open(
        self, channel_store_id: str, *, is_open: bool, reason: Refusal | None, until_ms: int | None
    ) -> None:
        """PUT the store's status."""
        body: dict[str, Any] = {"is_active": is_open}
        if not is_open:
            body |= {"reason": "operational_issues", "notes": reason.text if reason else ""}
            if until_ms is not None:
                body["end_time"] = iso(until_ms)
        reply = self._call("PUT", f"/stores/{channel_store_id}/status", body)
        if reply.status >= 300:
            raise PartnerRefused(f"store status: HTTP {reply.status}")

    def menu_calls(self, publishing: Publishing) -> list[MenuCall]:
        """PATCH the menu that DoorDash has of us; only where it has none, POST one.

        A second POST would make a second menu, so a store whose menu's id we have not kept is
        asked for it first.
        """

        def send() -> MenuReply:
            body = menu_body(publishing, self._provider_type)
            menu_id = publishing.menu_id or self._known_menu(publishing.place)
            reply = self._send_menu(menu_id, body)
            if reply.status == 404 and menu_id:
                # Somebody has deleted it there. It may have another by now: ours, if the answer to
                # a POST in its place got lost.
                other = self._known_menu(publishing.place)
                menu_id = other if other != menu_id else ""
                reply = self._send_menu(menu_id, body)
            if reply.status >= 300:
                said = _message(reply)
                if "pending" in said.lower():
                    raise PartnerUnavailable(f"menu: {said}", reply.retry_after or 60)
                raise PartnerRefused(f"menu: HTTP {reply.status} ({said})")
            return MenuReply(menu_id, is_pending=True)

        return [send]

    def menu_result(self, payload: dict[str, Any]) -> MenuResult:
        """Read the menu status callback."""
        return read_result(payload)

    def _send_menu(self, menu_id: str, body: dict[str, Any]) -> HttpReply:
        method, path = ("PATCH", f"/menus/{menu_id}") if menu_id else ("POST", "/menus")
        return self._call(method, path, body)

    def _known_menu(self, place: str) -> str:
        reply = self._call("GET", f"/stores/{place}/menu_details", None)
        if reply.status == 404:
            return ""
        if reply.status >= 300:
            raise PartnerRefused(f"menu details: HTTP {reply.status} ({_message(reply)})")
        menu_id, is_pending = known_menu(reply.json_object())
        if is_pending and not menu_id:
            raise PartnerUnavailable("menu: the first one is pending", 60)
        return menu_id

    def open_orders(self, channel_store_id: str) -> list[Notice]:  # noqa: ARG002
        """DoorDash cannot be asked: an order whose webhook failed has failed there, too."""
        return []

    def acknowledge(self, notices: Sequence[Notice]) -> None:
        """Nothing was shown."""

    def _confirm(self, record: OrderRecord, body: dict[str, Any]) -> None:
        merchant_id = reference_id(record.channel, record.order_id)
        body = {"merchant_supplied_id": merchant_id, **body}
        reply = self._call("PATCH", f"/orders/{record.order_id}", body)
        if reply.status < 300:
            return
        # There is nothing to read back. But only we confirm our orders: confirmed before means
        # that an earlier answer of ours arrived, if there was one, and nearly always it was the
        # same. If there was none, DoorDash has given the order up.
        is_echo = record.answer_begun and "confirmed before" in _message(reply).lower()
        is_other = body["order_status"] == "fail" and may_have_said_yes(record)
        if reply.status == 400 and is_echo and not is_other:
            return
        raise PartnerRefused(f"confirmation: HTTP {reply.status}")

    def _call(self, method: str, path: str, body: Any) -> HttpReply:
        reply = self._http.call(
            method,
            f"{self._base_url}/marketplace/api/v1{path}",
            headers={
                "Authorization": f"Bearer {self._token()}",
                "auth-version": "v2",
                "User-Agent": f"{self._provider_type}/1.0",
            },
            json=body,
        )
        # What a refusal says decides: an answer may have arrived before.
        if reply.status in (401, 408, 429) or reply.status >= 500 or reply.is_cut_off:
            raise PartnerUnavailable(f"HTTP {reply.status}", reply.retry_after)
        return reply

    def _token(self) -> str:
        secrets = self._secrets()
        return jwt(
            secrets.doordash_developer_id,
            secrets.doordash_key_id,
            secrets.doordash_signing_secret,
            self._now_ms() // 1000,
        )


def _message(reply: HttpReply) -> str:
    message = reply.json_or_empty().get("message")
    return message if isinstance(message, str) else ""


def _store_id(data: dict[str, Any]) -> str:
    store = obj(data, "store")
    return identifier(store.get("merchant_supplied_id"), "store.merchant_supplied_id")
