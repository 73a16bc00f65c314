"""Square: idempotency by key; an order shows on the point of sale once it is paid.

Source: Square's OpenAPI document and its developer pages "Orders", "Payments", "Webhooks".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING, Any

from chalicelib.channels.base import (
    SignatureInvalid,
    check_size,
    instant,
    obj,
    read_json_object,
    readable,
    same,
    text,
)
from chalicelib.domain.charges import ChargeKind, Party
from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.events import iso
from chalicelib.domain.money import Money
from chalicelib.domain.order import reference_id
from chalicelib.domain.refusal import Reason, Refusal
from chalicelib.pos.base import (
    REFUSED,
    Capabilities,
    Idempotency,
    Level,
    Notices,
    PosAnswerUnreadable,
    PosNotice,
    PosOrder,
    PosOutcomeUnknown,
    PosRefused,
    PosUnavailable,
    Quote,
    RateScope,
    SellerGone,
    Ticket,
    TicketState,
    Unreadable,
    check_holds,
    clipped,
    entries,
    listed,
    member,
)
from chalicelib.pos.calling import answer_of, calling
from chalicelib.pos.listing import Listing, Search, created
from chalicelib.pos.square.orders import order_body
from chalicelib.pos.square.stock import CATALOG_BATCH, levels_at, stock_notices
from chalicelib.pos.writing import begun_ms, order_and_store, title

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from chalicelib.adapters.http import HttpReply, VendorHttp
    from chalicelib.adapters.secrets import Secrets, VendorSecrets
    from chalicelib.domain.record import OrderRecord
    from chalicelib.domain.store import Store
    from chalicelib.pos.base import ListedOrder
    from chalicelib.sellers.tokens import SellerTokens

API_VERSION = "2025-08-20"
SEARCH_SLACK_MS = 60_000
"""How far Square's clock and ours may be apart when an order is looked up by creation time."""

REASONS = {
    "NOT_FOUND": Reason.UNMAPPED_ITEM,
    "FORBIDDEN": Reason.POS_NOT_READY,
    "INSUFFICIENT_SCOPES": Reason.POS_NOT_READY,
}
"""Square's error codes; every other final refusal is POS_REFUSED."""

STATES = {
    "COMPLETED": TicketState.COMPLETED,
    "CANCELED": TicketState.VOIDED,
    "FAILED": TicketState.VOIDED,
    "PREPARED": TicketState.READY,
}
"""States of orders and fulfilments that are news; the others are our own doing."""

ALREADY_THERE = {"IDEMPOTENCY_KEY_REUSED", "CONFLICT", "VERSION_MISMATCH"}
"""Refusals that say an earlier call left something behind: look, do not deny."""


class Square:
    """The Square point of sale. `notification_url` is the webhook URL exactly as registered."""

    vendor = "square"
    capabilities = Capabilities(
        idempotency=Idempotency.KEY, rate_scope=RateScope.TOKEN, delivery_address=True
    )

    def __init__(
        self,
        base_url: str,
        notification_url: str,
        http: VendorHttp,
        secrets: Callable[[], VendorSecrets],
        sellers: SellerTokens,
    ) -> None:
        self._base_url = base_url
        self._notification_url = notification_url
        self._http = http
        self._secrets = secrets
        self._sellers = sellers

    def check_price(self, record: OrderRecord) -> Quote | None:  # noqa: ARG002
        """Prices are sent with the order, so there is nothing to ask: what is sent is charged."""
        return None

    def find(self, record: OrderRecord) -> Ticket | None:
        """Look through what the location got since the order was to be made.

        SearchOrders has no filter for reference_id, so the comparison is ours. When filtering
        by creation time Square demands to sort by it, too.
        """
        order, store = order_and_store(record)
        wanted = reference_id(order.channel, order.order_id)
        search = Search("reference_id")
        for found in search.of(self._created(store, begun_ms(record) - SEARCH_SLACK_MS)):
            if found.get("reference_id") == wanted and found.get("state") != "CANCELED":
                return _ticket(found)
        search.found_nothing()
        return None

    def orders_between(self, store: Store, start_ms: int, end_ms: int) -> Iterator[ListedOrder]:
        """Search the location's orders of that time for those that have our key."""
        listing = Listing("id", _key, _ours, start_ms, end_ms)
        return listing.of(self._created(store, start_ms, end_ms))

    def _created(self, store: Store, start_ms: int, end_ms: int | None = None) -> Iterator[Any]:
        when = {"start_at": iso(start_ms)}
        if end_ms is not None:
            when["end_at"] = iso(end_ms)
        query = {
            "location_ids": [store.location_id],
            "query": {
                "filter": {"date_time_filter": {"created_at": when}},
                "sort": {"sort_field": "CREATED_AT", "sort_order": "ASC"},
            },
            "limit": 500,
        }
        while True:
            page = self._call(_seller(store), "POST", "/v2/orders/search", query)
            yield from listed(page, "orders")
            if not page.get("cursor"):
                return
            if page["cursor"] == query.get("cursor"):
                raise PosAnswerUnreadable("the list shows the same page again and again")
            query["cursor"] = page["cursor"]

    def create(self, record: OrderRecord) -> Ticket:
        """CreateOrder. Key and body come from the stored order alone, so both never change."""
        order, store = order_and_store(record)
        body = {
            "idempotency_key": hashlib.sha256(order.key.encode()).hexdigest(),
            "order": order_body(order, store),
        }
        return _ticket(_order(self._call(_seller(store), "POST", "/v2/orders", body)))

    def release(self, record: OrderRecord, ticket: Ticket) -> None:
        """CreatePayment: the partner has the customer's money already, or its courier gets it."""
        order, store = order_and_store(record)
        # 45 is Square's limit for payments
        key = hashlib.sha256(f"payment\n{order.key}".encode()).hexdigest()[:45]
        if ticket.total.amount == 0:
            # A payment of nothing is refused; PayOrder without payments is for this case.
            free = {"idempotency_key": key, "payment_ids": []}
            paid = self._call(_seller(store), "POST", f"/v2/orders/{ticket.pos_order_id}/pay", free)
            check_holds(paid, "order")
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
                "source": title(order.channel),
                "source_id": order.order_id,
            },
        }
        tips = order.charged(ChargeKind.TIP, Party.MERCHANT)
        if tips.amount:
            body["tip_money"] = tips.to_dict()
        check_holds(self._call(_seller(store), "POST", "/v2/payments", body), "payment")

    def void(self, record: OrderRecord, ticket: Ticket) -> None:
        """Refund what was recorded as paid, then cancel the order with its fulfilment.

        PosRefused when the kitchen was faster: "completed" is the last of an order's states
        (Square's API reference, OrderState). Its money is given back all the same.
        """
        seller = _seller(record.store)
        order = self._retrieve(ticket.pos_order_id, seller)
        if order.get("state") == "CANCELED":
            return
        for tender in entries(order, "tenders"):
            self._refund(record, tender)
            order = self._retrieve(ticket.pos_order_id, seller)
        if order.get("state") == "COMPLETED":
            detail = "Square: the kitchen has completed the order; what was paid is given back"
            raise PosRefused(Refusal(Reason.POS_REFUSED, REFUSED, detail=detail))
        cancelled = [
            {"uid": part.get("uid"), "state": "CANCELED"} for part in entries(order, "fulfillments")
        ]
        changes = {
            "location_id": order.get("location_id"),
            "version": order.get("version"),
            "state": "CANCELED",
            "fulfillments": cancelled,
        }
        path = f"/v2/orders/{ticket.pos_order_id}"
        check_holds(self._call(seller, "PUT", path, {"order": changes}), "order")

    def _refund(self, record: OrderRecord, tender: dict[str, Any]) -> None:
        key = f"refund\n{record.key}\n{tender.get('id')}"
        body = {
            "idempotency_key": hashlib.sha256(key.encode()).hexdigest()[:45],
            "payment_id": tender.get("payment_id") or tender.get("id"),
            "amount_money": tender.get("amount_money"),
            "reason": "Cancelled",
        }
        check_holds(self._call(_seller(record.store), "POST", "/v2/refunds", body), "refund")

    def state_of(self, record: OrderRecord, ticket: Ticket) -> TicketState:
        """Read the order: paid is printed; its fulfilment tells the rest."""
        order = self._retrieve(ticket.pos_order_id, _seller(record.store))
        if clipped(order, "state") in STATES:
            return STATES[order["state"]]
        for fulfilment in entries(order, "fulfillments"):
            if clipped(fulfilment, "state") in STATES:
                return STATES[fulfilment["state"]]
        return TicketState.PRINTED if order.get("tenders") else TicketState.UNPRINTED

    def order_key_of(self, notice: PosNotice) -> str | None:
        """Read the order back: create() left our key in its metadata."""
        # A webhook names the merchant, also one whose account is the app's own.
        seller = notice.seller_id if self._sellers.has(notice.seller_id) else ""
        order = self._retrieve(notice.pos_order_id, seller)
        key = member(order, "metadata").get("order_key")
        return key if isinstance(key, str) else None

    def read_webhook(self, headers: Mapping[str, str], body: bytes, secrets: Secrets) -> Notices:
        """Check x-square-hmacsha256-signature: base64 HMAC-SHA256 of URL + raw body."""
        given = headers.get("x-square-hmacsha256-signature", "")
        keys = secrets.each("square_webhook_signature_key")
        if not any(same(given, self._signature(key, body)) for key in keys):
            raise SignatureInvalid("x-square-hmacsha256-signature does not match URL and body")
        check_size(body)
        payload = read_json_object(body)
        return [*_order_notices(payload), *stock_notices(payload), *_gone(payload)]

    def stock_id(self, pos_id: str) -> str:
        """Return it as it is: variations and modifiers are counted under their own ids."""
        return pos_id

    def stock_of(self, store: Store, stock_ids: list[str]) -> dict[str, Level]:
        """BatchRetrieveCatalogObjects: a count of zero marks a variation as sold out, too."""
        levels: dict[str, Level] = {}
        for start in range(0, len(stock_ids), CATALOG_BATCH):
            wanted = {"object_ids": stock_ids[start : start + CATALOG_BATCH]}
            reply = self._call(_seller(store), "POST", "/v2/catalog/batch-retrieve", wanted)
            levels |= levels_at(reply, store.location_id)
        return levels

    def _signature(self, key: str, body: bytes) -> str:
        message = self._notification_url.encode() + body
        return base64.b64encode(hmac.new(key.encode(), message, hashlib.sha256).digest()).decode()

    def _retrieve(self, pos_order_id: str, seller_id: str) -> dict[str, Any]:
        return _order(self._call(seller_id, "GET", f"/v2/orders/{pos_order_id}"))

    def _call(
        self, seller_id: str, method: str, path: str, body: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Make one call for a seller; "" is the account that the app itself belongs to."""
        own = not seller_id
        token = self._secrets().square_access_token if own else self._sellers.token(seller_id)
        reply = self._send(token, method, path, body)
        if reply.status == 401 and not own:
            # Taken back before its time: nothing was carried out, so once more with a new one.
            reply = self._send(self._sellers.renewed(seller_id, token), method, path, body)
        if reply.status >= 300:
            raise _error(reply)
        return answer_of(reply)

    def _send(self, token: str, method: str, path: str, body: dict[str, Any] | None) -> HttpReply:
        headers = {"Authorization": f"Bearer {token}", "Square-Version": API_VERSION}
        with calling():
            return self._http.call(method, self._base_url + path, headers=headers, json=body)


def _key(found: dict[str, Any]) -> object:
    metadata = found.get("metadata")
    return None if metadata is None else obj(found, "metadata").get("order_key")


def _ours(found: dict[str, Any], key: str, id_: str) -> PosOrder:
    try:
        total, tip = Money.from_dict(found.get("total_money")), found.get("total_tip_money")
        without_tip = total - Money.from_dict(tip) if tip else total
    except InvalidPayload:
        without_tip = None
    created_ms = created(instant(found, "created_at"))
    if not text(found, "state"):
        raise InvalidPayload("state is missing")
    return PosOrder(key, id_, without_tip, found["state"] != "CANCELED", created_ms)


def _seller(store: Store | None) -> str:
    return store.pos_settings.get("merchant", "") if store else ""


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
    if reply.status == 429:
        return PosUnavailable("HTTP 429", reply.retry_after)
    if reply.status >= 500 or reply.status == 408:
        # Also 502 to 504: a gateway that gave up says nothing about what is behind it.
        return PosOutcomeUnknown(f"HTTP {reply.status}", reply.retry_after)
    if reply.is_cut_off:
        return PosOutcomeUnknown(f"HTTP {reply.status}, cut off")
    errors = reply.json_or_empty().get("errors")
    first = errors[0] if isinstance(errors, list) and errors else {}
    first = first if isinstance(first, dict) else {}
    code = clipped(first, "code")
    if code == "RATE_LIMITED" or reply.status == 401:
        # With a token that ended, or that is being renewed, nothing is carried out, and nothing
        # is wrong with the order: it waits, and the store's circuit opens if that lasts.
        return PosUnavailable(f"HTTP {reply.status} {code}", reply.retry_after)
    detail = clipped(first, "detail")
    # Square's forum shows 400 "Order … already exists" for a reused key.
    if code in ALREADY_THERE or reply.status == 409 or "already exists" in detail:
        return PosOutcomeUnknown(f"HTTP {reply.status} {code}")
    reason = REASONS.get(code, Reason.POS_REFUSED)
    field = clipped(first, "field")
    detail = f"Square: HTTP {reply.status} {code} {field}".strip()
    return PosRefused(Refusal(reason, REFUSED, detail=detail))


def _gone(payload: dict[str, Any]) -> Iterator[SellerGone | Unreadable]:
    """Read oauth.authorization.revoked: every token of the seller's, whoever took them back."""
    if text(payload, "type") != "oauth.authorization.revoked":
        return
    revocation = member(member(member(payload, "data"), "object"), "revocation")
    # The event is made moments after what it tells of.
    when = _readable_instant(revocation, "revoked_at") or _readable_instant(payload, "created_at")
    seller_id = text(payload, "merchant_id")
    if seller_id and when is not None:
        yield SellerGone(seller_id, when)
    else:
        yield Unreadable("oauth.authorization.revoked does not say whose, or when")


def _readable_instant(data: dict[str, Any], name: str) -> int | None:
    try:
        return instant(data, name)
    except InvalidPayload:
        return None


def _order_notices(payload: dict[str, Any]) -> list[PosNotice]:
    """Read what a webhook tells of an order; most only repeat what we have just done there."""
    holder = member(member(payload, "data"), "object")
    # data.object has one member, named after the event: order_updated, order_fulfillment_updated …
    name = next(iter(holder), "")
    inner = member(holder, name)
    if not text(inner, "order_id"):
        return []
    changes = readable("square", inner.get("fulfillment_update"), _new_state)
    state = next((STATES[s] for s in (clipped(inner, "state"), *changes) if s in STATES), None)
    if state is None:
        return []
    return [
        PosNotice(
            event_id=text(payload, "event_id"),
            event_type=text(payload, "type"),
            pos_order_id=text(inner, "order_id"),
            state=state,
            location_id=text(inner, "location_id"),
            seller_id=text(payload, "merchant_id"),
        )
    ]


def _new_state(change: dict[str, Any]) -> str:
    return text(change, "new_state")
