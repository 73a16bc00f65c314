"""Toast: unique external ids instead of keys; an order prints as it is created.

Source: doc.toasttab.com: "Orders API", "Handling request timeouts for the orders API", "Void an
order", "Rate limiting", "Authentication", "Webhooks".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from chalicelib.adapters.http import NoReply
from chalicelib.channels.base import (
    SignatureInvalid,
    check_size,
    instant,
    items,
    money,
    obj,
    read_json_object,
    same,
    text,
)
from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.events import iso
from chalicelib.domain.money import total
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
    Prints,
    Quote,
    RateScope,
    Ticket,
    TicketState,
    check_holds,
    clipped,
)
from chalicelib.pos.calling import answer_of, calling
from chalicelib.pos.listing import Listing, created, of_pages
from chalicelib.pos.toast.login import READ_SECONDS, Credentials, log_in
from chalicelib.pos.toast.orders import external_id, external_key, order_body, order_key
from chalicelib.pos.toast.stock import STOCK_BATCH, levels_of, stock_notices
from chalicelib.pos.writing import order_and_store
from chalicelib.tokens import Grant, GrantRefused, TokenUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from chalicelib.adapters.http import HttpReply, VendorHttp
    from chalicelib.adapters.secrets import Secrets, VendorSecrets
    from chalicelib.domain.money import Money
    from chalicelib.domain.order import Order
    from chalicelib.domain.record import OrderRecord
    from chalicelib.domain.store import Store
    from chalicelib.pos.base import ListedOrder
    from chalicelib.sellers.tokens import SellerTokens
    from chalicelib.tokens import TokenCache

PAGE = 100
MODIFIED_LATER_MS = 86_400_000

VOID_ALL = {"selections": {"voidAll": True}, "payments": {"voidAll": True}}
STATES = {
    "READY_FOR_PICKUP": TicketState.READY,
    "CLOSED": TicketState.COMPLETED,
    "VOIDED": TicketState.VOIDED,
}
"""Values of guestOrderStatus that are news; the others are our own doing."""


class Toast:
    """The Toast point of sale. A store's location is its restaurant GUID.

    `tokens` are our own account's, `sellers` those of groups with credentials of their own: a
    store of such a group names it (pos_settings.group).
    """

    vendor = "toast"
    capabilities = Capabilities(
        idempotency=Idempotency.LOOKUP,
        prints=Prints.ON_CREATE,
        call_seconds=READ_SECONDS + 2,
        # One call at its longest, and what is usual beside it. Two of the longest would make a
        # function that hangs cost 75 s: after one such, DoorDash has decided (180 s).
        step_seconds=44,
        rate_scope=RateScope.LOCATION,
        per_second=20,
        create_calls=2,  # the price, the order
        void_calls=2,
        price_check=True,
        delivery_address=True,
    )

    def __init__(
        self,
        base_url: str,
        http: VendorHttp,
        secrets: Callable[[], VendorSecrets],
        tokens: TokenCache,
        sellers: SellerTokens,
    ) -> None:
        self._base_url = base_url
        self._http = http
        self._secrets = secrets
        self._tokens = tokens
        self._sellers = sellers

    def check_price(self, record: OrderRecord) -> Quote:
        """Ask for prices: the one way to know what Toast will say that an order costs."""
        order, store = order_and_store(record)
        reply = self._call(record, "POST", "/orders/v2/prices", order_body(order, store))
        return _quote(reply, order)

    def find(self, record: OrderRecord) -> Ticket | None:
        """Read the order by the external id that it was created under."""
        order, store = order_and_store(record)
        path = f"/orders/v2/orders/{quote(external_id(order.key), safe='')}"
        reply = self._authorized(store, "GET", path)
        if reply.status == 404:
            return None
        found = _object(reply)
        return None if found.get("voided") else _ticket(found, order)

    def create(self, record: OrderRecord) -> Ticket:
        """Create the order as paid: the kitchen's printer has it when the reply comes.

        What is paid must be the check's total to the cent, which only Toast can say.
        """
        order, store = order_and_store(record)
        paid = self.check_price(record).total
        body = order_body(order, store, paid)
        return _ticket(self._call(record, "POST", "/orders/v2/orders", body), order)

    def release(self, record: OrderRecord, ticket: Ticket) -> None:
        """Creating it was printing it."""

    def void(self, record: OrderRecord, ticket: Ticket) -> None:
        """Void the order; a VOIDED ticket tells the kitchen."""
        path = f"/orders/v2/orders/{ticket.pos_order_id}"
        if self._call(record, "GET", path).get("voided"):
            return
        check_holds(self._call(record, "POST", f"{path}/void", VOID_ALL), "voided")

    def state_of(self, record: OrderRecord, ticket: Ticket) -> TicketState:
        """Read where the guest's order is."""
        order = self._call(record, "GET", f"/orders/v2/orders/{ticket.pos_order_id}")
        check_holds(order, "guid")
        if order.get("voided"):
            return TicketState.VOIDED
        if order.get("approvalStatus") in ("FUTURE", "NEEDS_APPROVAL"):
            return TicketState.UNPRINTED
        return STATES.get(str(order.get("guestOrderStatus")), TicketState.PRINTED)

    def order_key_of(self, notice: PosNotice) -> str | None:
        """Read our key off the external id; the webhook holds the whole order."""
        return order_key(notice.reference)

    def read_webhook(self, headers: Mapping[str, str], body: bytes, secrets: Secrets) -> Notices:
        """Check Toast-Signature: base64 HMAC-SHA256 of the body followed by its timestamp."""
        check_size(body)
        payload = read_json_object(body)
        signed = body + text(payload, "timestamp").encode()
        given = headers.get("toast-signature", "")
        # Each subscription has a secret of its own, a group's as well: several stand side by side.
        keys = (one for key in secrets.each("toast_webhook_secret") for one in key.split())
        if not any(same(given, _mac(key, signed)) for key in keys):
            raise SignatureInvalid("toast-signature does not match the body and its timestamp")
        if text(payload, "eventCategory") == "stock":
            return list(stock_notices(payload))
        return [*_notices(payload)]

    def stock_id(self, pos_id: str) -> str:
        """Return the item's GUID: a menu file names an option by its group as well."""
        return pos_id.rpartition("~")[2]

    def stock_of(self, store: Store, stock_ids: list[str]) -> dict[str, Level]:
        """Ask the stock API for items by GUID."""
        levels: dict[str, Level] = {}
        for start in range(0, len(stock_ids), STOCK_BATCH):
            wanted = {"guids": stock_ids[start : start + STOCK_BATCH], "multiLocationIds": []}
            reply = self._authorized(store, "POST", "/stock/v1/inventory/search", wanted)
            if reply.status >= 300:
                raise _error(reply)
            try:
                levels |= levels_of(reply.json_list())
            except NoReply as error:
                raise PosOutcomeUnknown(str(error)) from error
        return levels

    def orders_between(self, store: Store, start_ms: int, end_ms: int) -> Iterator[ListedOrder]:
        """Page through ordersBulk, which goes by when an order was last modified (`of_pages`).

        An order that was changed since is left out there: so it is asked for up to a day more.
        """
        until_ms = end_ms + MODIFIED_LATER_MS
        period = {"startDate": iso(start_ms), "endDate": iso(until_ms), "pageSize": str(PAGE)}
        read = partial(_ours, currency=store.currency)
        listing = Listing("guid", _key, read, start_ms, end_ms)
        return listing.of(of_pages(partial(self._bulk, store, period), "guid"))

    def _bulk(self, store: Store, period: dict[str, str]) -> Iterator[list[Any]]:
        for page in itertools.count(1):
            query = urlencode({**period, "page": str(page)})
            reply = self._authorized(store, "GET", f"/orders/v2/ordersBulk?{query}")
            if reply.status >= 300:
                raise _error(reply)
            try:
                orders = reply.json_list()
            except NoReply as error:
                raise PosAnswerUnreadable(str(error)) from error
            yield orders
            if len(orders) < PAGE:
                return

    def _call(
        self, record: OrderRecord, method: str, path: str, body: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        _, store = order_and_store(record)
        return _object(self._authorized(store, method, path, body))

    def _authorized(
        self, store: Store, method: str, path: str, body: dict[str, Any] | None = None
    ) -> HttpReply:
        token = self._token(store)
        reply = self._send(store, method, path, body, token)
        if reply.status == 401:
            # Revoked before its time: nothing was carried out, so once more with a new one.
            reply = self._send(store, method, path, body, self._token(store, refused=token))
        return reply

    def _token(self, store: Store, refused: str = "") -> str:
        """Return the token of the store's group, or our own account's; not the one refused."""
        if group := store.pos_settings.get("group"):
            sellers = self._sellers
            return sellers.renewed(group, refused) if refused else sellers.token(group)
        try:
            own = self._tokens
            return own.renew(refused, self._login) if refused else own.get(self._login)
        except TokenUnavailable as error:
            raise PosUnavailable(str(error), error.retry_after) from error

    def _send(
        self,
        store: Store,
        method: str,
        path: str,
        body: dict[str, Any] | None,
        token: str,
    ) -> HttpReply:
        headers = {
            "Authorization": f"Bearer {token}",
            "Toast-Restaurant-External-ID": store.location_id,
        }
        url = self._base_url + path
        with calling():
            return self._http.call(
                method, url, headers=headers, json=body, read_seconds=READ_SECONDS
            )

    def _login(self, _refresh: str) -> Grant:
        secrets = self._secrets()
        own = Credentials(secrets.toast_client_id, secrets.toast_client_secret)
        try:
            return log_in(self._http, self._base_url, own)
        except GrantRefused as error:
            # Our own client, of all stores: that is no order's fault, and orders wait.
            raise PosUnavailable(str(error)) from error


def _mac(key: str, signed: bytes) -> str:
    return base64.b64encode(hmac.new(key.encode(), signed, hashlib.sha256).digest()).decode()


def _object(reply: HttpReply) -> dict[str, Any]:
    if reply.status >= 300:
        raise _error(reply)
    return answer_of(reply)


def _key(found: dict[str, Any]) -> object:
    return external_key(text(found, "externalId"))


def _ours(found: dict[str, Any], key: str, guid: str, currency: str) -> PosOrder:
    try:
        checks = [money(check, "totalAmount", currency) for check in items(found, "checks")]
        sum_ = total(checks, currency) if checks else None
    except InvalidPayload:
        sum_ = None
    created_ms = instant(found, "openedDate") or instant(found, "createdDate")
    is_live = not found.get("voided")
    return PosOrder(key, guid, sum_, is_live, created(created_ms))


def _quote(reply: dict[str, Any], order: Order) -> Quote:
    goods, tax, all_ = (
        _check_sum(reply, name, order) for name in ("amount", "taxAmount", "totalAmount")
    )
    return Quote(goods, tax, all_)


def _ticket(found: dict[str, Any], order: Order) -> Ticket:
    guid = found.get("guid")
    if not isinstance(guid, str):
        raise PosOutcomeUnknown("the reply holds no order")
    return Ticket(guid, _check_sum(found, "totalAmount", order))


def _check_sum(found: dict[str, Any], name: str, order: Order) -> Money:
    try:
        amounts = [money(check, name, order.currency) for check in items(found, "checks")]
    except InvalidPayload as error:
        raise PosOutcomeUnknown(f"the check's {name} cannot be read: {error}") from error
    return total(amounts, order.currency)


def _error(reply: HttpReply) -> PosUnavailable | PosOutcomeUnknown | PosRefused:
    """Sort an error reply into the three classes of `pos.base`.

    A 5xx says nothing about what was carried out: look the order up (Toast, request timeouts).
    """
    if reply.status == 429:
        return PosUnavailable("HTTP 429", reply.retry_after)
    if reply.status >= 500 or reply.status == 408:
        return PosOutcomeUnknown(f"HTTP {reply.status}", reply.retry_after)
    if reply.is_cut_off:
        return PosOutcomeUnknown(f"HTTP {reply.status}, cut off")
    problem = reply.json_or_empty()
    field = clipped(problem, "fieldName")
    if field == "externalId":
        return PosOutcomeUnknown("an order under this external id is there already")
    reason = Reason.POS_REFUSED
    if reply.status == 401:
        return PosUnavailable(f"HTTP {reply.status}", reply.retry_after)
    if reply.status == 403:
        reason = Reason.POS_NOT_READY
    elif field.endswith(".item"):
        reason = Reason.UNMAPPED_ITEM
    detail = f"Toast: HTTP {reply.status} {field} {clipped(problem, 'message')}"
    return PosRefused(Refusal(reason, REFUSED, detail=detail))


def _notices(payload: dict[str, Any]) -> list[PosNotice]:
    """Read what a webhook tells of an order; most only repeat what we have just done there."""
    if text(payload, "eventType") != "order_updated":
        return []
    details = obj(payload, "details")
    order = obj(details, "order")
    state = TicketState.VOIDED if order.get("voided") else None
    state = state or STATES.get(str(order.get("guestOrderStatus")))
    if state is None:
        return []
    return [
        PosNotice(
            event_id=text(payload, "guid"),
            event_type=text(payload, "eventType"),
            pos_order_id=text(order, "guid"),
            state=state,
            location_id=text(details, "restaurantGuid"),
            reference=text(order, "externalId"),
        )
    ]
