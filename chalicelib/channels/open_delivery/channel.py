"""Open Delivery: thin signed events, orders that are fetched, cancellations that are asked for.

Source: the Open Delivery specification (Abrasel, v1.5), and Keeta's pages on it. A restaurant's
software may cancel an order before its dispatch; denying one is the same call.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from chalicelib import log
from chalicelib.adapters.http import VendorHttpError
from chalicelib.channels.api import PartnerApi
from chalicelib.channels.base import (
    OrderNotShown,
    PartnerRefused,
    PartnerUnavailable,
    SignatureInvalid,
    WebhookReply,
    hex_hmac_sha256,
    instant,
    obj,
    readable,
    same,
    text,
)
from chalicelib.channels.menus import MenuReply, MenuResult
from chalicelib.channels.open_delivery.menus import entities, entity_id
from chalicelib.channels.open_delivery.orders import read_order
from chalicelib.domain.commands import Notice, NoticeKind
from chalicelib.domain.deadlines import DECIDE_MS
from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.events import iso
from chalicelib.domain.order import identifier, is_identifier, reference_id
from chalicelib.domain.refusal import Reason
from chalicelib.domain.wall import next_change_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from chalicelib.adapters.http import HttpReply, VendorHttp
    from chalicelib.adapters.secrets import Secrets, VendorSecrets
    from chalicelib.channels.menus import MenuCall, Publishing
    from chalicelib.domain.order import Order
    from chalicelib.domain.record import OrderRecord
    from chalicelib.domain.refusal import Refusal
    from chalicelib.tokens import TokenCache

KINDS = {
    "CREATED": NoticeKind.ORDER,
    "CANCELLED": NoticeKind.CANCELLATION,
    "ORDER_CANCELLATION_REQUEST": NoticeKind.CANCELLATION,
    "ORDER_CANCELLATION_REQUESTED": NoticeKind.CANCELLATION,  # the specification has both
}

CANCEL_CODES = {
    Reason.OUT_OF_STOCK: "UNAVAILABLE_ITEM",
    Reason.UNMAPPED_ITEM: "OUTDATED_MENU",
    Reason.PRICING: "OUTDATED_MENU",
    Reason.ADDRESS: "ORDER_OUTSIDE_THE_DELIVERY_AREA",
    Reason.STORE_CLOSED: "OUTSIDE_DELIVERY_HOURS",
    Reason.BUSY: "INTERNAL_DIFFICULTIES_OF_THE_RESTAURANT",
    Reason.KITCHEN_CANCELLED: "INTERNAL_DIFFICULTIES_OF_THE_RESTAURANT",
}
""""SYSTEMIC_ISSUES" for every reason that is not here."""

CONFIRMED = {
    *("CONFIRMED", "PREPARING", "READY_FOR_PICKUP", "DISPATCHED", "DELIVERED"),
    "ORDER_CANCELLATION_REQUEST",  # its customer would like to cancel what was confirmed
}
CANCELLED = {"CANCELLED", "CANCELLATION_REQUESTED"}

ACKNOWLEDGED_AT_ONCE = 100
"""AckEvents' maxItems in the specification's OpenAPI description."""

BAD_AMONG_THEM = (400, 404, 422)
"""Refusals that may be of one event: it is looked for, in halves."""
MOST_REFUSALS = 30
"""Four events that are refused are found so among a hundred; then the others wait."""

MOST_ITEMS_NAMED = 100
"""RequestCancelled's maxItems."""

NOT_OFFERED = (404, 405, 501)
"""How an application answers that cannot be asked whether it has read a merchant."""
READ_WITHIN_MS = 600_000
"""An application that has read nothing for so long is told once more."""

MOST_FAILURES = 5
PATIENCE_MS = 4_000
"""After so many orders in a row that cannot be had, or one after so long, no other is asked for."""


class OpenDelivery:
    """An ordering application that speaks Open Delivery."""

    name = "open_delivery"
    acknowledgement = WebhookReply(204)
    decide_within_ms = DECIDE_MS
    reads_back = True
    polls = True
    shows_all_stores = True
    give_up_ms = 480_000
    """The platforms' own policy; the specification leaves it to them."""
    pauses_end = False
    menu_gap_ms = 0
    menu_result_ms = 0

    def __init__(
        self,
        base_url: str,
        auth_url: str,
        http: VendorHttp,
        secrets: Callable[[], VendorSecrets],
        tokens: TokenCache,
        now_ms: Callable[[], int],
    ) -> None:
        self._secrets = secrets
        self._now_ms = now_ms
        self._api = PartnerApi(base_url, auth_url, http, tokens, self._credentials)

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: Secrets) -> None:
        """Check X-App-Signature: hex HMAC-SHA256 of the raw body under the client secret."""
        given = headers.get("x-app-signature", "")
        keys = secrets.each("open_delivery_client_secret")
        if not any(same(given, hex_hmac_sha256(key, body)) for key in keys):
            raise SignatureInvalid("x-app-signature does not match the body")

    def read_notice(self, headers: Mapping[str, str], payload: dict[str, Any]) -> Notice:
        """Read an event. Which merchant it is about stands in a header and nowhere else."""
        event_type = text(payload, "eventType")
        if not event_type:
            raise InvalidPayload("eventType is missing")
        kind = KINDS.get(event_type, NoticeKind.IGNORED)
        event_id = text(payload, "eventId")
        if kind is NoticeKind.IGNORED:
            return Notice(kind, self.name, "", "", event_id, event_type)
        return Notice(
            kind,
            self.name,
            identifier(headers.get("x-app-merchantid"), "x-app-merchantid"),
            identifier(payload.get("orderId"), "orderId"),
            identifier(event_id, "eventId"),
            event_type,
        )

    def order_payload(self, notice: Notice, body: bytes) -> dict[str, Any]:  # noqa: ARG002
        """Fetch the order.

        The URL is built from our own base URL and the checked id. The event's orderURL is not
        followed: a host that the sender chooses must never see our token.
        """
        return self._fetch(notice.order_id)

    def to_order(self, notice: Notice, payload: dict[str, Any], currency: str) -> Order:
        """Translate an Open Delivery order."""
        return read_order(notice, payload, currency)

    def hold(self, record: OrderRecord, ready_ms: int) -> None:
        """Confirm it now: its preparation begins later."""
        self.accept(record, ready_ms)

    def accept(self, record: OrderRecord, ready_ms: int) -> None:
        """Confirm the order, with the minutes that it takes."""
        minutes = max(0, (ready_ms - self._now_ms()) // 60_000)
        body = {
            "reason": "",
            "createdAt": iso(self._now_ms()),
            "orderExternalCode": reference_id(record.channel, record.order_id),
            "preparationTime": minutes,
        }
        self._step(record, "confirm", body, CONFIRMED)

    def deny(self, record: OrderRecord) -> None:
        """Ask for the cancellation of an order that was not confirmed."""
        refusal = record.refusal
        assert refusal is not None, "a rejected order says why"
        self.cancel(record, refusal)

    def cancel(self, record: OrderRecord, refusal: Refusal) -> None:
        """Ask for the cancellation, with the items that stand in the way."""
        body: dict[str, Any] = {
            "reason": refusal.text,
            "code": CANCEL_CODES.get(refusal.reason, "SYSTEMIC_ISSUES"),
            "mode": "AUTO",
        }
        # One without an id of ours came from no menu of ours: there is nothing to name it by.
        ours = [item.id for item in refusal.items if is_identifier(item.id)]
        if ids := ours[:MOST_ITEMS_NAMED]:
            out = refusal.reason is Reason.OUT_OF_STOCK
            which = "outOfStockItems" if out else "invalidItems"
            place = record.channel_store_id
            body[which] = [entity_id(place, "ITEM", id_) for id_ in ids]
        self._step(record, "requestCancellation", body, CANCELLED)

    def agree_to_cancel(self, record: OrderRecord) -> None:
        """Accept a customer's wish; an order that is cancelled already needs no answer."""
        self._step(record, "acceptCancellation", {}, CANCELLED)

    def ready(self, record: OrderRecord) -> None:
        """Say that the food can be picked up."""
        self._step(record, "readyForPickup", {}, CONFIRMED - {"CONFIRMED", "PREPARING"})

    def set_item_available(
        self,
        channel_store_id: str,
        item_id: str,
        *,
        available: bool,
        until_ms: int | None,  # noqa: ARG002
    ) -> None:
        """Tell the ordering application that an offer changed."""
        changed = {
            "id": entity_id(channel_store_id, "ITEM", item_id),
            "externalCode": item_id,
            "status": "AVAILABLE" if available else "UNAVAILABLE",
        }
        self._update(channel_store_id, {"entityType": "ITEM", "updatedObjects": [changed]})

    def items_off(self, channel_store_id: str) -> frozenset[str] | None:  # noqa: ARG002
        """What is sold is ours to tell; an ordering application tells nothing."""
        return None

    def set_store_open(
        self,
        channel_store_id: str,
        *,
        is_open: bool,
        reason: Refusal | None,  # noqa: ARG002
        until_ms: int | None,  # noqa: ARG002
    ) -> None:
        """Tell the ordering application that the merchant opens or closes."""
        status = "AVAILABLE" if is_open else "UNAVAILABLE"
        self._update(channel_store_id, {"merchantStatus": status})

    def menu_calls(self, publishing: Publishing) -> list[MenuCall]:
        """Have the ordering application read the merchant, and see whether it did.

        A file that does not say what the business is makes no whole merchant: then the application
        is told of each of its entities, kind by kind. Hours are told on UTC's clock: they are wrong
        when the store's own is set.
        """
        again_ms = next_change_ms(publishing.menu.store.hours, publishing.now_ms)
        place = publishing.place
        if publishing.menu.business is not None:
            return [
                partial(self._have_read, place),
                partial(self._was_read, place, publishing.sent_ms, again_ms),
            ]

        def tell(kind: str, objects: list[dict[str, Any]]) -> MenuReply:
            self._update(place, {"entityType": kind, "updatedObjects": objects})
            return MenuReply(again_ms=again_ms)

        told = [(kind, objects) for kind, objects in entities(publishing) if objects]
        return [partial(tell, kind, objects) for kind, objects in told]

    def _update(self, merchant_id: str, body: dict[str, Any] | None) -> None:
        """Tell of a change; without a body, the application reads the whole merchant.

        The specification's path names no merchant, for it has credentials per merchant; Keeta's,
        which has them per software, does ("New Merchant Update Notification").
        """
        reply = self._api.call("POST", f"/v1/merchantUpdate/{merchant_id}", body)
        _done(reply, "merchant update")

    def _have_read(self, merchant_id: str) -> MenuReply:
        self._update(merchant_id, None)
        return MenuReply()

    def _was_read(self, merchant_id: str, since_ms: int, again_ms: int | None) -> MenuReply:
        """Ask whether the merchant was read since an instant; tell once more when that failed."""
        reply = self._api.call("GET", f"/v1/merchantStatus?merchantId={merchant_id}")
        if reply.status in NOT_OFFERED:
            return MenuReply(again_ms=again_ms)
        _done(reply, "merchant status")
        status = reply.json_object()
        try:
            said, why = text(status, "status"), text(status, "moreInfo")
            is_new = (instant(status, "lastRead") or 0) >= since_ms
        except InvalidPayload as error:
            raise PartnerRefused(f"merchant status: {error}") from error
        if is_new and said == "SUCCESS":
            return MenuReply(again_ms=again_ms)
        if is_new and said == "FAIL":
            self._update(merchant_id, None)
            return MenuReply(not_yet=f"the merchant could not be read: {why[:100]}")
        if self._now_ms() - since_ms > READ_WITHIN_MS:
            self._update(merchant_id, None)
        return MenuReply(not_yet="the merchant has not been read yet")

    def menu_result(self, payload: dict[str, Any]) -> MenuResult:  # noqa: ARG002
        """Never asked: an ordering application says at once whether it takes an entity."""
        raise InvalidPayload("Open Delivery has no such event")

    def open_orders(self, channel_store_id: str) -> Iterable[Notice]:  # noqa: ARG002
        """Ask for events that no webhook brought; whose they are says the order behind them.

        Whatever is shown is shown until it is acknowledged, and 1,000 at once (Open Delivery API,
        "Get New Events"): so what means nothing to us is returned as well. The newest come first;
        what could not be read a while ago, and cannot now, keeps none of them waiting.
        """
        reply = self._api.call("GET", "/v1/events:polling")
        _done(reply, "events")
        events = reply.json_list() if reply.status == 200 else []
        newest = sorted(readable(self.name, events, _Shown.read), key=lambda shown: -shown.at_ms)
        return self._notices(list({shown.id: shown for shown in newest}.values()))

    def acknowledge(self, notices: Sequence[Notice]) -> None:
        """Have events shown no more. PartnerRefused when not even one of them would pass."""
        events = [
            {"id": one.event_id, "orderId": one.order_id, "eventType": one.event_type}
            for one in notices
        ]
        starts = range(0, len(events), ACKNOWLEDGED_AT_ONCE)
        waiting = [events[start : start + ACKNOWLEDGED_AT_ONCE] for start in reversed(starts)]
        refusals = 0
        while waiting:
            chunk = waiting.pop()
            reply = self._api.call("POST", "/v1/events/acknowledgment", chunk)
            if reply.status < 300:
                continue
            refusals += 1
            if reply.status not in BAD_AMONG_THEM or refusals > MOST_REFUSALS:
                _done(reply, "acknowledgment")
            if len(chunk) == 1:
                log.error("poll.event_not_acknowledged", channel=self.name, status=reply.status)
                continue
            middle = len(chunk) // 2
            waiting += [chunk[middle:], chunk[:middle]]

    def _notices(self, events: Sequence[_Shown]) -> Iterator[Notice]:
        """Yield what can be told of events; PartnerUnavailable when nothing more can be."""
        began_ms, failures = self._now_ms(), 0
        for shown in events:
            try:
                notice = self._notice_of(shown)
            except (PartnerUnavailable, VendorHttpError) as error:
                log.error("vendor.unreadable", sender=self.name, reason=str(error))
                failures += 1
                if failures >= MOST_FAILURES or self._now_ms() - began_ms > PATIENCE_MS:
                    raise PartnerUnavailable(f"orders are not shown: {error}") from error
                continue
            failures = 0
            if notice is not None:
                yield notice

    def _notice_of(self, shown: _Shown) -> Notice | None:
        """Return what an event is about; None when nobody can say yet."""
        ignored = Notice(
            NoticeKind.IGNORED, self.name, "", shown.order_id, shown.id, shown.event_type
        )
        kind = KINDS.get(shown.event_type, NoticeKind.IGNORED)
        if kind is NoticeKind.IGNORED:
            return ignored
        try:
            order_id = identifier(shown.order_id, "orderId")
            event_id = identifier(shown.id, "eventId")
            merchant = obj(self._fetch(order_id), "merchant")
            merchant_id = identifier(merchant.get("id"), "merchant.id")
        except PartnerRefused as error:
            log.error("vendor.unreadable", sender=self.name, reason=str(error))
            # Also for "not found": the event may be faster than the application's own database.
            return ignored if shown.at_ms < self._now_ms() - self.give_up_ms else None
        except InvalidPayload as error:
            log.error("vendor.unreadable", sender=self.name, reason=str(error))
            return ignored
        return Notice(kind, self.name, merchant_id, order_id, event_id, shown.event_type)

    def _step(self, record: OrderRecord, step: str, body: dict[str, Any], wanted: set[str]) -> None:
        reply = self._api.call("POST", f"/v1/orders/{record.order_id}/{step}", body)
        if reply.status < 300:
            return
        # A repeated answer is refused: what counts is where the order stands.
        state = str(self._fetch(record.order_id).get("lastEvent"))
        if state not in wanted:
            raise PartnerRefused(f"{step}: HTTP {reply.status}, the order is {state}")

    def _fetch(self, order_id: str) -> dict[str, Any]:
        reply = self._api.call("GET", f"/v1/orders/{order_id}")
        if reply.status == 404:
            raise OrderNotShown("get order: HTTP 404")
        _done(reply, "get order")
        return reply.json_object()

    def _credentials(self) -> dict[str, str]:
        secrets = self._secrets()
        return {
            "client_id": secrets.open_delivery_client_id,
            "client_secret": secrets.open_delivery_client_secret,
        }


@dataclass(frozen=True, slots=True)
class _Shown:
    """An event that is shown to the poll, as it came: whoever acknowledges it says the same.

    `at_ms` is when it came about, 0 when it does not say.
    """

    id: str
    order_id: str
    event_type: str
    at_ms: int

    @classmethod
    def read(cls, event: dict[str, Any]) -> _Shown:
        """Read an event; InvalidPayload when it has no id, and can never be acknowledged."""
        ids = [event.get(name) for name in ("eventId", "orderId", "eventType")]
        id_, order_id, event_type = (
            str(value).strip() if type(value) in (str, int) else "" for value in ids
        )
        if not id_:
            raise InvalidPayload("eventId is missing or is no identifier")
        try:
            at_ms = instant(event, "createdAt") or 0
        except InvalidPayload:
            at_ms = 0
        return cls(id_, order_id, event_type, at_ms)


def _done(reply: HttpReply, what: str) -> None:
    if reply.status >= 300:
        said = reply.json_or_empty().get("title")
        why = f" ({said})" if isinstance(said, str) else ""
        raise PartnerRefused(f"{what}: HTTP {reply.status}{why}")
