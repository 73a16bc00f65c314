"""Clover: no idempotency at all; what is there is looked through before anything is repeated.

Source: docs.clover.com: "Create an atomic order", "Create a payment record on an order", "Print
orders with the REST API", "API usage & rate limits", "Use refresh token to generate new expiring
token", "Webhooks".
"""

from __future__ import annotations

import itertools
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from chalicelib import log
from chalicelib.channels.base import SignatureInvalid, check_size, read_json_object, same, text
from chalicelib.domain.charges import ChargeKind, Party
from chalicelib.domain.errors import InvalidMoney, InvalidPayload
from chalicelib.domain.money import Money
from chalicelib.domain.refusal import Reason, Refusal
from chalicelib.pos.base import (
    REFUSED,
    Capabilities,
    Idempotency,
    Level,
    Notices,
    PosNotice,
    PosOrder,
    PosOutcomeUnknown,
    PosRefused,
    PosUnavailable,
    PosWebhookPart,
    Quote,
    RateScope,
    SellerGone,
    StockNotice,
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
from chalicelib.pos.clover.orders import order_body, order_key
from chalicelib.pos.listing import Listing, Search, of_pages
from chalicelib.pos.writing import begun_ms, order_and_store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chalicelib.adapters.http import HttpReply, VendorHttp
    from chalicelib.adapters.secrets import Secrets
    from chalicelib.domain.record import OrderRecord
    from chalicelib.domain.store import Store
    from chalicelib.pos.base import ListedOrder
    from chalicelib.sellers.tokens import SellerTokens

SEARCH_SLACK_MS = 60_000
"""How far Clover's clock and ours may be apart when an order is looked up by creation time."""

PAGE = 100


class Clover:
    """The Clover point of sale. A store's location is its merchant id."""

    vendor = "clover"
    capabilities = Capabilities(
        idempotency=Idempotency.NONE,
        settle_ms=10_000,
        rate_scope=RateScope.APP,
        per_second=50,
        at_once=10,
        release_calls=3,  # what is there, the payment, the print
        void_calls=4,  # what is there, the slip's title, the slip, the deletion
        price_check=True,
    )

    def __init__(self, base_url: str, http: VendorHttp, sellers: SellerTokens) -> None:
        self._base_url = base_url
        self._http = http
        self._sellers = sellers

    def check_price(self, record: OrderRecord) -> Quote:
        """Check the cart out without creating an order."""
        order, store = order_and_store(record)
        reply = self._call(record, "POST", "/atomic_order/checkouts", order_body(order, store))
        total = _amount(reply, "total", order.currency)
        return Quote(total, Money(0, order.currency), total)

    def find(self, record: OrderRecord) -> Ticket | None:
        """Look for our key in the notes of what the merchant got since the order was to be made."""
        order, store = order_and_store(record)
        since_ms, search = begun_ms(record) - SEARCH_SLACK_MS, Search("note")
        for found in search.of(self._since(store.location_id, since_ms)):
            if order_key(found.get("note")) == order.key:
                return _ticket(found, order.currency)
        search.found_nothing()
        return None

    def create(self, record: OrderRecord) -> Ticket:
        """Create the order. It prints when it is released, not before."""
        order, store = order_and_store(record)
        reply = self._call(record, "POST", "/atomic_order/orders", order_body(order, store))
        return _ticket(reply, order.currency)

    def release(self, record: OrderRecord, ticket: Ticket) -> None:
        """Record the payment and print, each unless it is there already.

        Neither call is idempotent; what the order shows (payments, printed lines) says whether an
        earlier attempt got through.
        """
        order, store = order_and_store(record)
        path = f"/orders/{ticket.pos_order_id}"
        found = self._call(record, "GET", f"{path}?expand=lineItems%2Cpayments")
        check_holds(found, "id")
        payments = _elements(found, "payments")
        paid = sum(_amount(payment, "amount", order.currency).amount for payment in payments)
        if paid < ticket.total.amount:
            tender = store.pos_settings.get(f"tender_{order.channel}")
            if not tender:
                name = f"pos_settings.tender_{order.channel}"
                detail = f"store {store.store_id} has no {name} in its menu file"
                raise PosRefused(Refusal(Reason.POS_NOT_READY, REFUSED, detail=detail))
            payment = {
                "tender": {"id": tender},
                "amount": ticket.total.amount - paid,
                "tipAmount": order.charged(ChargeKind.TIP, Party.MERCHANT).amount,
                "externalPaymentId": order.order_id,
            }
            check_holds(self._call(record, "POST", f"{path}/payments", payment), "id")
        if not _printed(found):
            self._print(record, ticket)

    def void(self, record: OrderRecord, ticket: Ticket) -> None:
        """Tell the kitchen with a slip when the order was printed, then delete it."""
        path = f"/orders/{ticket.pos_order_id}"
        found = self._read(record, path)
        if found is None:
            return
        if _printed(found):
            title = f"VOID {found.get('title') or ''}".strip()
            check_holds(self._call(record, "POST", path, {"title": title}), "id")
            self._print(record, ticket)
        check_holds(self._call(record, "DELETE", path), "id")

    def state_of(self, record: OrderRecord, ticket: Ticket) -> TicketState:
        """Read the order: one that is gone was deleted. Clover knows no "ready"."""
        found = self._read(record, f"/orders/{ticket.pos_order_id}")
        if found is None:
            return TicketState.VOIDED
        return TicketState.PRINTED if _printed(found) else TicketState.UNPRINTED

    def order_key_of(self, notice: PosNotice) -> str | None:
        """Read the order's note; of a deleted order nothing can be read any more."""
        path = f"/orders/{notice.pos_order_id}"
        reply = self._send(notice.location_id, "GET", path, None)
        return None if reply.status == 404 else order_key(_order(reply).get("note"))

    def read_webhook(self, headers: Mapping[str, str], body: bytes, secrets: Secrets) -> Notices:
        """Check X-Clover-Auth, a static code; the first webhook of all brings a code to type in."""
        check_size(body)
        payload = read_json_object(body)
        if code := text(payload, "verificationCode"):
            log.warning("clover.verification", code=code[:64])
            return []
        given = headers.get("x-clover-auth", "")
        if not any(same(given, code) for code in secrets.each("clover_webhook_code")):
            raise SignatureInvalid("x-clover-auth is not our code")
        return list(_notices(payload))

    def stock_id(self, pos_id: str) -> str:
        """Return it as it is."""
        return pos_id

    def stock_of(self, store: Store, stock_ids: list[str]) -> dict[str, Level]:
        """Read items one by one; what is none is a modifier, and is read with its group.

        Source: docs.clover.com, "Manage item modifiers availability".
        """
        levels: dict[str, Level] = {}
        for stock_id in stock_ids:
            reply = self._send(store.location_id, "GET", f"/items/{stock_id}", None)
            if reply.status != 404:
                levels[stock_id] = _level(_object(reply))
        wanted = {stock_id for stock_id in stock_ids if stock_id not in levels}
        if wanted:
            groups = self._pages(store.location_id, "/modifier_groups?expand=modifiers")
            for group in (group for group in groups if isinstance(group, dict)):
                for modifier in _elements(group, "modifiers"):
                    if modifier.get("id") in wanted:
                        levels[modifier["id"]] = _level(modifier)
        return levels

    def _print(self, record: OrderRecord, ticket: Ticket) -> None:
        event = {"orderRef": {"id": ticket.pos_order_id}}
        check_holds(self._call(record, "POST", "/print_event", event), "id")

    def orders_between(self, store: Store, start_ms: int, end_ms: int) -> Iterator[ListedOrder]:
        """Look through what the merchant got for our keys; deleted orders are not shown."""
        read = partial(_ours, currency=store.currency)
        listing = Listing("id", _key, read, start_ms, end_ms)
        return listing.of(self._since(store.location_id, start_ms))

    def _since(self, merchant_id: str, since_ms: int) -> Iterator[Any]:
        yield from self._pages(merchant_id, f"/orders?filter={quote(f'createdTime>={since_ms}')}")

    def _pages(self, merchant_id: str, path: str) -> Iterator[Any]:
        """Yield what a list has, whose pages go by offset (`pos.listing.of_pages`)."""
        return of_pages(partial(self._reading, merchant_id, path), "id")

    def _reading(self, merchant_id: str, path: str) -> Iterator[list[Any]]:
        for offset in itertools.count(0, PAGE):
            page_path = f"{path}&limit={PAGE}&offset={offset}"
            page = _object(self._send(merchant_id, "GET", page_path, None))
            elements = listed(page, "elements")
            yield elements
            if len(elements) < PAGE:
                return

    def _read(self, record: OrderRecord, path: str) -> dict[str, Any] | None:
        _, store = order_and_store(record)
        reply = self._send(store.location_id, "GET", f"{path}?expand=lineItems", None)
        return None if reply.status == 404 else _order(reply)

    def _call(
        self, record: OrderRecord, method: str, path: str, body: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        _, store = order_and_store(record)
        reply = self._send(store.location_id, method, path, body)
        return _object(reply) if reply.body or reply.status >= 300 else {}

    def _send(
        self, merchant_id: str, method: str, path: str, body: dict[str, Any] | None
    ) -> HttpReply:
        url = f"{self._base_url}/v3/merchants/{merchant_id}{path}"
        token = self._sellers.token(merchant_id)
        reply = self._once(method, url, body, token)
        if reply.status == 401:
            # Ended before its time: nothing was carried out, so once more with a new one.
            reply = self._once(method, url, body, self._sellers.renewed(merchant_id, token))
        return reply

    def _once(self, method: str, url: str, body: dict[str, Any] | None, token: str) -> HttpReply:
        headers = {"Authorization": f"Bearer {token}"}
        with calling():
            return self._http.call(method, url, headers=headers, json=body)


def _object(reply: HttpReply) -> dict[str, Any]:
    if reply.status >= 300:
        raise _error(reply)
    return answer_of(reply)


def _order(reply: HttpReply) -> dict[str, Any]:
    found = _object(reply)
    check_holds(found, "id")
    return found


def _key(found: dict[str, Any]) -> object:
    return order_key(text(found, "note"))


def _ours(found: dict[str, Any], key: str, id_: str, currency: str) -> PosOrder:
    created_ms = found.get("createdTime")
    if type(created_ms) is not int:
        raise InvalidPayload("createdTime is missing or no time")
    try:
        total = Money(found.get("total"), currency)  # type: ignore[arg-type]
    except InvalidMoney:
        total = None
    return PosOrder(key, id_, total, is_live=True, created_ms=created_ms)


def _ticket(found: dict[str, Any], currency: str) -> Ticket:
    id_ = found.get("id")
    if not isinstance(id_, str):
        raise PosOutcomeUnknown("the reply holds no order")
    return Ticket(id_, _amount(found, "total", currency))


def _amount(found: dict[str, Any], name: str, currency: str) -> Money:
    amount = found.get(name)
    if type(amount) is not int:
        raise PosOutcomeUnknown(f"the order's {name} cannot be read")
    return Money(amount, currency)


def _elements(found: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return entries(member(found, name), "elements")


def _level(found: dict[str, Any]) -> Level:
    return Level(found.get("available") is not False)


def _printed(found: dict[str, Any]) -> bool:
    return any(line.get("printed") for line in _elements(found, "lineItems"))


def _error(reply: HttpReply) -> PosUnavailable | PosOutcomeUnknown | PosRefused:
    """Sort an error reply into the three classes of `pos.base`."""
    if reply.status == 429:
        return PosUnavailable("HTTP 429", reply.retry_after)
    if reply.status >= 500 or reply.status == 408:
        # Also 502 to 504: a gateway that gave up says nothing about what is behind it.
        return PosOutcomeUnknown(f"HTTP {reply.status}", reply.retry_after)
    if reply.is_cut_off:
        return PosOutcomeUnknown(f"HTTP {reply.status}, cut off")
    message = clipped(reply.json_or_empty(), "message")
    reason = Reason.POS_REFUSED
    if reply.status == 401:
        return PosUnavailable(f"HTTP {reply.status}", reply.retry_after)
    if reply.status == 403:
        reason = Reason.POS_NOT_READY
    elif message.startswith(("Invalid item", "Invalid modifier")):
        reason = Reason.UNMAPPED_ITEM
    detail = f"Clover: HTTP {reply.status} {message}"
    return PosRefused(Refusal(reason, REFUSED, detail=detail))


def _notices(payload: dict[str, Any]) -> Iterator[PosWebhookPart]:
    """Read orders and items that changed, of many merchants; what changed is read there.

    An entry that cannot be read is one merchant's: all others' are read.
    """
    merchants = payload.get("merchants")
    for merchant_id, changes in (merchants if isinstance(merchants, dict) else {}).items():
        for change in changes if isinstance(changes, list) else []:
            try:
                notice = _notice(str(merchant_id), change)
            except InvalidPayload as error:
                notice = Unreadable(f"{str(merchant_id)[:50]}: {error}")
            if notice is not None:
                yield notice


def _notice(merchant_id: str, change: object) -> PosWebhookPart | None:
    """Read an entry; None when nothing follows from it.

    "I" is an item, "IM" a modifier. Of apps ("A") there is our own: DELETE says that it was
    uninstalled (docs.clover.com, "Use webhooks: Event type keys"). Without its time nobody knows
    whether the owner has connected again since.
    """
    if not isinstance(change, dict):
        raise InvalidPayload("a change must be an object")
    kind, _, object_id = str(change.get("objectId")).partition(":")
    type_, when = change.get("type"), change.get("ts")
    if kind == "A" and type_ == "DELETE":
        if type(when) is not int:
            raise InvalidPayload("ts of an uninstallation must be a number")
        return SellerGone(merchant_id, when)
    if kind in ("I", "IM") and object_id and type_ == "UPDATE":
        return StockNotice(merchant_id, "", object_id)
    if kind == "O" and object_id and type_ != "CREATE":
        return PosNotice(
            event_id=f"{merchant_id}:{object_id}:{when}",
            event_type=str(type_),
            pos_order_id=object_id,
            state=TicketState.VOIDED if type_ == "DELETE" else None,
            location_id=merchant_id,
        )
    return None
