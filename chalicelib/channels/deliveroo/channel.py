"""The Deliveroo Order API: signed webhooks, status updates, menu and site.

Source: api-docs.deliveroo.com: Order API (events, update order, sync status, prep stage), Menu API
(item unavailabilities), Site API. Not confirmed by a public page: listing live orders, and the
status of a site.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from chalicelib import log
from chalicelib.adapters.http import VendorHttpError
from chalicelib.channels.api import PartnerApi
from chalicelib.channels.base import (
    OrderNotShown,
    PartnerRefused,
    PartnerUnavailable,
    SignatureInvalid,
    ToldInPart,
    WebhookReply,
    hex_hmac_sha256,
    obj,
    read_json_object,
    readable,
    same,
    text,
)
from chalicelib.channels.deliveroo.menus import (
    UNCHANGED,
    UPLOADED,
    hours_body,
    menu_body,
    read_result,
    site_of,
    uploaded,
)
from chalicelib.channels.deliveroo.orders import read_order
from chalicelib.channels.menus import MenuReply, MenuResult
from chalicelib.domain.commands import Notice, NoticeKind
from chalicelib.domain.deadlines import DECIDE_MS
from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.events import iso
from chalicelib.domain.fulfilment import When
from chalicelib.domain.order import identifier
from chalicelib.domain.refusal import Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chalicelib.adapters.http import HttpReply, VendorHttp
    from chalicelib.adapters.secrets import Secrets, VendorSecrets
    from chalicelib.channels.menus import MenuCall, Publishing
    from chalicelib.domain.order import Order
    from chalicelib.domain.record import OrderRecord
    from chalicelib.domain.refusal import Refusal
    from chalicelib.tokens import TokenCache

REJECT_REASONS = {
    Reason.OUT_OF_STOCK: "ingredient_unavailable",
    Reason.UNMAPPED_ITEM: "ingredient_unavailable",
    Reason.STORE_CLOSED: "closing_early",
    Reason.BUSY: "busy",
}
""""other" for every reason that is not here."""

BEFORE_MORNING_MS = 2 * 3_600_000
"""An item that is off for longer might be back by itself too early."""

OVER = {"canceled", "rejected"}


class Deliveroo:
    """The Deliveroo channel. `brand_id` is the restaurant chain's there.

    Each site has a menu of its own, whose id begins with `menu_id`: stores' menus differ.
    """

    name = "deliveroo"
    acknowledgement = WebhookReply(200)
    decide_within_ms = DECIDE_MS
    reads_back = True
    polls = True
    shows_all_stores = False
    give_up_ms = 420_000
    """7 minutes, in the markets where Deliveroo waits least."""
    pauses_end = False
    menu_gap_ms = 60_000
    menu_result_ms = 15 * 60_000

    def __init__(
        self,
        base_url: str,
        auth_url: str,
        http: VendorHttp,
        secrets: Callable[[], VendorSecrets],
        tokens: TokenCache,
        now_ms: Callable[[], int],
        *,
        brand_id: str,
        menu_id: str,
    ) -> None:
        self._secrets = secrets
        self._now_ms = now_ms
        self._brand_id = brand_id
        self._menu_id = menu_id
        self._api = PartnerApi(base_url, auth_url, http, tokens, self._credentials)

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: Secrets) -> None:
        """Check X-Deliveroo-Hmac-Sha256: hex HMAC-SHA256 of sequence GUID, space and body."""
        signed = headers.get("x-deliveroo-sequence-guid", "").encode() + b" " + body
        given = headers.get("x-deliveroo-hmac-sha256", "")
        keys = secrets.each("deliveroo_webhook_secret")
        if not any(same(given, hex_hmac_sha256(key, signed)) for key in keys):
            raise SignatureInvalid("x-deliveroo-hmac-sha256 does not match GUID and body")

    def read_notice(self, headers: Mapping[str, str], payload: dict[str, Any]) -> Notice:
        """Read a new order or a change of its status; our own changes come back, too."""
        event = text(payload, "event")
        if not event:
            raise InvalidPayload("event is missing")
        guid = headers.get("x-deliveroo-sequence-guid", "")
        if event == UPLOADED:
            site = site_of(uploaded(payload))
            id_ = identifier(guid, "x-deliveroo-sequence-guid")
            return Notice(NoticeKind.MENU, self.name, site, "", id_, event)
        if event not in ("order.new", "order.status_update"):
            return Notice(NoticeKind.IGNORED, self.name, "", "", guid, event)
        order = obj(obj(payload, "body"), "order")
        return Notice(
            _kind(event, order),
            self.name,
            identifier(order.get("location_id"), "order.location_id"),
            identifier(order.get("id"), "order.id"),
            identifier(guid, "x-deliveroo-sequence-guid"),
            event,
        )

    def order_payload(self, notice: Notice, body: bytes) -> dict[str, Any]:
        """Return the webhook's order; for an order that was polled, fetch it."""
        if body:
            return obj(obj(read_json_object(body), "body"), "order")
        return self._fetch(notice.order_id)

    def to_order(self, notice: Notice, payload: dict[str, Any], currency: str) -> Order:
        """Translate a Deliveroo order."""
        return read_order(notice, payload, currency)

    def hold(self, record: OrderRecord, ready_ms: int) -> None:  # noqa: ARG002
        """Accept a scheduled order; it waits for its confirmation."""
        self._update(record, {"status": "accepted"}, {"accepted", "confirmed"})

    def accept(self, record: OrderRecord, ready_ms: int) -> None:  # noqa: ARG002
        """Accept the order and, when it was for later, confirm it; then say that the POS has it."""
        self._update(record, {"status": "accepted"}, {"accepted", "confirmed"})
        if record.order is not None and record.order.timing.when is When.SCHEDULED:
            self._update(record, {"status": "confirmed"}, {"confirmed"})
        self._say_synced(record)

    def deny(self, record: OrderRecord) -> None:
        """Reject the order."""
        refusal = record.refusal
        assert refusal is not None, "a rejected order says why"
        self._reject(record, refusal)

    def cancel(self, record: OrderRecord, refusal: Refusal) -> None:  # noqa: ARG002
        """Deliveroo has no call that takes an accepted order back: staff must phone."""
        raise PartnerRefused(f"an accepted order cannot be cancelled by API ({refusal.reason})")

    def agree_to_cancel(self, record: OrderRecord) -> None:
        """A cancellation is told to us, not asked for."""

    def ready(self, record: OrderRecord) -> None:
        """Tell the rider's app that the food is ready."""
        body = {"stage": "ready_for_collection", "occurred_at": iso(self._now_ms())}
        _done(self._api.call("POST", f"{_path(record.order_id)}/prep_stage", body), "prep stage")

    def set_item_available(
        self,
        channel_store_id: str,
        item_id: str,
        *,
        available: bool,
        until_ms: int | None,
    ) -> None:
        """Change one item: unavailable comes back next morning by itself, hidden does not.

        We put it back ourselves when it is time: the morning must not come before.
        """
        soon = until_ms is not None and until_ms <= self._now_ms() + BEFORE_MORNING_MS
        status = "available" if available else "unavailable" if soon else "hidden"
        path = self._menu_path(channel_store_id)
        body = {"item_unavailabilities": [{"item_id": item_id, "status": status}]}
        reply = self._api.call("POST", f"{path}/item_unavailabilities/{channel_store_id}", body)
        _done(reply, "item unavailabilities")

    def items_off(self, channel_store_id: str) -> frozenset[str] | None:
        """GET the item unavailabilities: staff have a tablet, too."""
        path = self._menu_path(channel_store_id)
        reply = self._api.call("GET", f"{path}/item_unavailabilities/{channel_store_id}")
        _done(reply, "item unavailabilities")
        found = reply.json_object()
        lists = [found.get(name) or [] for name in ("unavailable_ids", "hidden_ids")]
        if not all(isinstance(ids, list) for ids in lists):
            raise PartnerRefused("item unavailabilities: no lists")
        return frozenset(id_ for ids in lists for id_ in ids if isinstance(id_, str))

    def set_store_open(
        self,
        channel_store_id: str,
        *,
        is_open: bool,
        reason: Refusal | None,  # noqa: ARG002
        until_ms: int | None,  # noqa: ARG002
    ) -> None:
        """Open or close the site."""
        path = f"{self._site_path(channel_store_id)}/status"
        reply = self._api.call("PUT", path, {"status": "OPEN" if is_open else "CLOSED"})
        _done(reply, "site status")

    def menu_calls(self, publishing: Publishing) -> list[MenuCall]:
        """POST the week's hours, PUT the menu: how that goes is told by a webhook."""
        place = publishing.place

        def post_hours() -> MenuReply:
            path = f"{self._site_path(place)}/opening_hours"
            _done(self._api.call("POST", path, hours_body(publishing)), "opening hours")
            return MenuReply()

        def put_menu() -> MenuReply:
            reply = self._api.call("PUT", self._menu_path(place), menu_body(publishing))
            _done(reply, "menu upload")
            return MenuReply(is_pending=reply.json_or_empty().get("result") != UNCHANGED)

        # Without hours of ours the site keeps those that it has.
        return [put_menu] if publishing.menu.store.hours is None else [post_hours, put_menu]

    def menu_result(self, payload: dict[str, Any]) -> MenuResult:
        """Read menu.upload_result."""
        return read_result(payload)

    def open_orders(self, channel_store_id: str) -> list[Notice]:
        """Ask for the site's live orders and keep those that nobody has answered."""
        path = f"/order/v2/brand/{self._brand_id}/restaurant/{channel_store_id}/orders"
        reply = self._api.call("GET", f"{path}?live_orders=true")
        _done(reply, "live orders")

        def read(order: dict[str, Any]) -> Notice | None:
            if text(order, "status") != "placed":
                return None
            id_ = identifier(order.get("id"), "order id")
            kind = _kind("order.new", order)
            return Notice(kind, self.name, channel_store_id, id_, f"poll-{id_}", "poll")

        return readable(self.name, reply.json_object().get("orders"), read)

    def acknowledge(self, notices: Sequence[Notice]) -> None:
        """Nothing to do: an order is shown until it is answered."""

    def _menu_path(self, site: str) -> str:
        return f"/menu/v1/brands/{self._brand_id}/menus/{self._menu_id}-{site}"

    def _site_path(self, site: str) -> str:
        return f"/site/v1/brands/{self._brand_id}/sites/{site}"

    def _reject(self, record: OrderRecord, refusal: Refusal) -> None:
        reason = REJECT_REASONS.get(refusal.reason, "other")
        body = {"status": "rejected", "reject_reason": reason, "notes": refusal.text}
        self._update(record, body, OVER)

    def _say_synced(self, record: OrderRecord) -> None:
        """Say that the point of sale has the order, which is accepted whatever comes of this."""
        body = {"status": "succeeded", "occurred_at": iso(self._now_ms())}
        try:
            reply = self._api.call("POST", f"{_path(record.order_id)}/sync_status", body)
        except PartnerUnavailable as error:
            why = f"sync status: {error}"
            raise ToldInPart(why, again=True, retry_after=error.retry_after) from error
        except VendorHttpError as error:
            raise ToldInPart(f"sync status: {error}", again=True) from error
        if reply.status == 409:
            # Three minutes after the acceptance nobody asks any more.
            log.warning("deliveroo.sync_too_late", order=record.key)
        elif reply.status >= 300:
            raise ToldInPart(f"sync status: HTTP {reply.status}", again=False)

    def _update(self, record: OrderRecord, body: dict[str, Any], wanted: set[str]) -> None:
        reply = self._api.call("PATCH", _path(record.order_id), body)
        if reply.status < 300:
            return
        # A repeated answer is refused as a conflict: what counts is where the order stands.
        status = str(self._fetch(record.order_id).get("status"))
        if status not in wanted:
            raise PartnerRefused(f"{body['status']}: HTTP {reply.status}, the order is {status}")

    def _fetch(self, order_id: str) -> dict[str, Any]:
        reply = self._api.call("GET", _path(order_id))
        if reply.status == 404:
            raise OrderNotShown("get order: HTTP 404")
        _done(reply, "get order")
        return reply.json_object()

    def _credentials(self) -> dict[str, str]:
        secrets = self._secrets()
        return {
            "client_id": secrets.deliveroo_client_id,
            "client_secret": secrets.deliveroo_client_secret,
        }


def _kind(event: str, order: dict[str, Any]) -> NoticeKind:
    if event == "order.new":
        return NoticeKind.SCHEDULED if order.get("asap") is False else NoticeKind.ORDER
    return NoticeKind.CANCELLATION if text(order, "status") in OVER else NoticeKind.IGNORED


def _path(order_id: str) -> str:
    return f"/order/v1/orders/{quote(order_id, safe='')}"


def _done(reply: HttpReply, what: str) -> None:
    if reply.status >= 300:
        said = reply.json_or_empty().get("message")
        why = f" ({said})" if isinstance(said, str) else ""
        raise PartnerRefused(f"{what}: HTTP {reply.status}{why}")
