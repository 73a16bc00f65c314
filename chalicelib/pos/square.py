"""Square: idempotency by key; an order shows on the point of sale once it is paid.

Source: Square's OpenAPI document and its developer pages "Orders", "Payments", "Webhooks".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.http import ConnectFailed, NoReply
from chalicelib.channels.base import SignatureInvalid, check_size, obj, read_json_object, same, text
from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.events import iso
from chalicelib.domain.money import Money
from chalicelib.domain.order import reference_id
from chalicelib.domain.refusal import Reason, Refusal
from chalicelib.pos.base import (
    PosNotice,
    PosOutcomeUnknown,
    PosRefused,
    PosUnavailable,
    Ticket,
    clipped,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from chalicelib.adapters.http import HttpReply, VendorHttp
    from chalicelib.adapters.secrets import VendorSecrets
    from chalicelib.domain.order import Line, Modifier, Order
    from chalicelib.domain.record import OrderRecord
    from chalicelib.domain.store import Store

API_VERSION = "2025-08-20"
CHANNEL_TITLES = {"uber_eats": "Uber Eats", "doordash": "DoorDash"}
NOTE_LENGTH = 2000
PICKUP_NOTE_LENGTH = 500
SEARCH_SLACK_MS = 60_000
"""How far Square's clock and ours may be apart when an order is looked up by creation time."""

SAFE_STATUSES = {429, 502, 503, 504}
REASONS = {
    "NOT_FOUND": Reason.UNMAPPED_ITEM,
    "UNAUTHORIZED": Reason.POS_NOT_READY,
    "ACCESS_TOKEN_EXPIRED": Reason.POS_NOT_READY,
    "ACCESS_TOKEN_REVOKED": Reason.POS_NOT_READY,
    "FORBIDDEN": Reason.POS_NOT_READY,
    "INSUFFICIENT_SCOPES": Reason.POS_NOT_READY,
}
"""Square's error codes; every other final refusal is POS_REFUSED."""

ALREADY_THERE = {"IDEMPOTENCY_KEY_REUSED", "CONFLICT", "VERSION_MISMATCH"}
"""Refusals that say an earlier call left something behind: look, do not deny."""


class Square:
    """The Square point of sale. `notification_url` is the webhook URL exactly as registered."""

    vendor = "square"

    def __init__(
        self,
        base_url: str,
        notification_url: str,
        http: VendorHttp,
        secrets: Callable[[], VendorSecrets],
    ) -> None:
        self._base_url = base_url
        self._notification_url = notification_url
        self._http = http
        self._secrets = secrets

    def find(self, record: OrderRecord) -> Ticket | None:
        """Look through what the location got since the order came in.

        SearchOrders has no filter for reference_id, so the comparison is ours. When filtering
        by creation time Square demands to sort by it, too.
        """
        order, store = _order_and_store(record)
        wanted = reference_id(order.channel, order.order_id)
        start = iso(record.received_ms - SEARCH_SLACK_MS)
        query = {
            "location_ids": [store.location_id],
            "query": {
                "filter": {"date_time_filter": {"created_at": {"start_at": start}}},
                "sort": {"sort_field": "CREATED_AT", "sort_order": "ASC"},
            },
            "limit": 500,
        }
        while True:
            page = self._call("POST", "/v2/orders/search", query)
            for found in page.get("orders") or []:
                if found.get("reference_id") == wanted and found.get("state") != "CANCELED":
                    return _ticket(found)
            if not page.get("cursor"):
                return None
            query["cursor"] = page["cursor"]

    def create(self, record: OrderRecord) -> Ticket:
        """CreateOrder. Key and body come from the stored order alone, so both never change."""
        order, store = _order_and_store(record)
        body = {
            "idempotency_key": hashlib.sha256(order.key.encode()).hexdigest(),
            "order": order_body(order, store),
        }
        return _ticket(_order(self._call("POST", "/v2/orders", body)))

    def release(self, record: OrderRecord, ticket: Ticket) -> None:
        """CreatePayment of type EXTERNAL: the partner has the customer's money already."""
        order, store = _order_and_store(record)
        # 45 is Square's limit for payments
        key = hashlib.sha256(f"payment\n{order.key}".encode()).hexdigest()[:45]
        if ticket.total.amount == 0:
            # A payment of nothing is refused; PayOrder without payments is for this case.
            free = {"idempotency_key": key, "payment_ids": []}
            self._call("POST", f"/v2/orders/{ticket.pos_order_id}/pay", free)
            return
        body = {
            "source_id": "EXTERNAL",
            "idempotency_key": key,
            "amount_money": ticket.total.to_dict(),
            "order_id": ticket.pos_order_id,
            "location_id": store.location_id,
            "reference_id": reference_id(order.channel, order.order_id),
            "external_details": {
                "type": "EXTERNAL",
                "source": _title(order.channel),
                "source_id": order.order_id,
            },
        }
        self._call("POST", "/v2/payments", body)

    def order_key_of(self, pos_order_id: str) -> str | None:
        """Read the order back: create() left our key in its metadata."""
        order = _order(self._call("GET", f"/v2/orders/{pos_order_id}"))
        key = (order.get("metadata") or {}).get("order_key")
        return key if isinstance(key, str) else None

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> PosNotice:
        """Check x-square-hmacsha256-signature: base64 HMAC-SHA256 of URL + raw body."""
        key = self._secrets().square_webhook_signature_key.encode()
        digest = hmac.new(key, self._notification_url.encode() + body, hashlib.sha256).digest()
        expected = base64.b64encode(digest).decode()
        if not same(headers.get("x-square-hmacsha256-signature", ""), expected):
            raise SignatureInvalid("x-square-hmacsha256-signature does not match URL and body")
        check_size(body)
        return _notice(read_json_object(body))

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        headers = {
            "Authorization": f"Bearer {self._secrets().square_access_token}",
            "Square-Version": API_VERSION,
        }
        try:
            reply = self._http.call(method, self._base_url + path, headers=headers, json=body)
            if reply.status < 300:
                return reply.json_object()
        except ConnectFailed as error:
            raise PosUnavailable(str(error)) from error
        except NoReply as error:
            raise PosOutcomeUnknown(str(error)) from error
        raise _error(reply)


def order_body(order: Order, store: Store) -> dict[str, Any]:
    """Return CreateOrder's order: one line per cart line, options flattened, prices as paid."""
    title = f"{_title(order.channel)} {order.display_id}"
    pickup: dict[str, Any] = {
        "recipient": {"display_name": title},  # the courier asks for this, not for a name
        "schedule_type": "ASAP",
        "prep_time_duration": f"PT{store.prep_minutes}M",
    }
    if order.note:
        pickup["note"] = _whole(order.note, PICKUP_NOTE_LENGTH)
    return {
        "location_id": store.location_id,
        "reference_id": reference_id(order.channel, order.order_id),
        "source": {"name": _title(order.channel)},
        "ticket_name": title[:30],
        "line_items": [_line_item(line, number) for number, line in enumerate(order.lines, 1)],
        "fulfillments": [{"type": "PICKUP", "state": "PROPOSED", "pickup_details": pickup}],
        "metadata": {"order_key": order.key},
    }


def _line_item(line: Line, number: int) -> dict[str, Any]:
    item: dict[str, Any] = {
        "uid": f"line-{number}",
        "catalog_object_id": line.pos_id,
        "quantity": str(line.quantity),
        "base_price_money": line.price.to_dict(),
    }
    if line.note:
        item["note"] = _whole(line.note, NOTE_LENGTH)
    modifiers = [
        {
            "catalog_object_id": modifier.pos_id,
            "quantity": str(count),
            "base_price_money": modifier.price.to_dict(),
        }
        for modifier, count in _flat(line.modifiers)
    ]
    if modifiers:
        item["modifiers"] = modifiers
    return item


def _flat(modifiers: tuple[Modifier, ...], times: int = 1) -> Iterator[tuple[Modifier, int]]:
    """Yield every option with its count per line: Square knows one level of modifiers."""
    for modifier in modifiers:
        count = modifier.quantity * times
        yield modifier, count
        yield from _flat(modifier.modifiers, count)


def _whole(note: str, length: int) -> str:
    """Return the note, or refuse the order: half of an allergy note is worse than none."""
    if len(note) > length:
        text_ = f"an instruction is longer than the point of sale's {length} characters"
        raise PosRefused(Refusal(Reason.INSTRUCTIONS, text_))
    return note


def _order_and_store(record: OrderRecord) -> tuple[Order, Store]:
    assert record.order is not None, "an order that is submitted has been read"
    assert record.store is not None, "an order that is submitted has a store"
    return record.order, record.store


def _order(reply: dict[str, Any]) -> dict[str, Any]:
    try:
        return obj(reply, "order")
    except InvalidPayload as error:
        raise PosOutcomeUnknown("the reply holds no order") from error


def _ticket(order: Mapping[str, Any]) -> Ticket:
    id_ = order.get("id")
    if not isinstance(id_, str):
        raise PosOutcomeUnknown("the reply holds no order")
    try:
        return Ticket(id_, Money.from_dict(order.get("total_money")))
    except InvalidPayload as error:
        raise PosOutcomeUnknown(f"the order's total cannot be read: {error}") from error


def _error(reply: HttpReply) -> PosUnavailable | PosOutcomeUnknown | PosRefused:
    """Sort an error reply into the three classes of `pos.base`."""
    if reply.status in SAFE_STATUSES:
        return PosUnavailable(f"HTTP {reply.status}", reply.retry_after)
    if reply.status >= 500 or reply.status == 408:
        return PosOutcomeUnknown(f"HTTP {reply.status}")
    errors = reply.json_or_empty().get("errors")
    first = errors[0] if isinstance(errors, list) and errors else {}
    first = first if isinstance(first, dict) else {}
    code = clipped(first, "code")
    if code == "RATE_LIMITED":
        return PosUnavailable("RATE_LIMITED", reply.retry_after)
    detail = clipped(first, "detail")
    # Square's forum shows 400 "Order … already exists" for a reused key.
    if code in ALREADY_THERE or reply.status == 409 or "already exists" in detail:
        return PosOutcomeUnknown(f"HTTP {reply.status} {code}")
    reason = REASONS.get(code, Reason.POS_REFUSED)
    field = clipped(first, "field")
    return PosRefused(Refusal(reason, f"Square: HTTP {reply.status} {code} {field}".strip()))


def _notice(payload: dict[str, Any]) -> PosNotice:
    data = payload.get("data")
    holder = data.get("object") if isinstance(data, dict) else None
    # data.object has one member, named after the event: order_created, order_updated, payment …
    inner = next(iter(holder.values()), None) if isinstance(holder, dict) else None
    inner = inner if isinstance(inner, dict) else {}
    return PosNotice(
        event_id=text(payload, "event_id"),
        event_type=text(payload, "type"),
        pos_order_id=text(inner, "order_id"),
        state=text(inner, "state"),
    )


def _title(channel: str) -> str:
    return CHANNEL_TITLES.get(channel, channel)
