"""What our shop's site asks for: a checkout, how it gets on, its cancellation.

    POST /shop/checkouts                      202, 200 again; 400, 401, 404, 409, 413, 503
    GET  /shop/checkouts/{id}                 200; 404
    POST /shop/checkouts/{id}/cancellation    202; 401, 404, 409, 503

The site signs what it posts: Shop-Signature "t=…,v1=…" over "t.body" (chalicelib/signatures.py).
A checkout is written down, and its payment begun by a worker: the site asks how it gets on. Posted
again it is the same checkout; nothing here is done twice.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalicelib import log
from chalicelib.adapters.errors import AwsUnavailable
from chalicelib.channels.base import (
    BodyTooLarge,
    SignatureInvalid,
    WebhookReply,
    check_size,
    read_json_object,
)
from chalicelib.domain.checkout import SHOP, Courier, Ending, Kitchen, Paid
from chalicelib.domain.checkout_duties import Step
from chalicelib.domain.errors import InvalidPayload, VersionConflict
from chalicelib.domain.fulfilment import Handover
from chalicelib.shop.cart import order_of, prices_of, read_checkout
from chalicelib.shop.closures import closed
from chalicelib.shop.saga import Overtaken, change, wake
from chalicelib.signatures import check_timed
from chalicelib.telemetry import work

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.bootstrap import Services
    from chalicelib.domain.checkout import Checkout
    from chalicelib.domain.order import Order
    from chalicelib.domain.store import Store

JSON = {"Content-Type": "application/json"}
STATUS: dict[type[Exception], int] = {
    SignatureInvalid: 401,
    BodyTooLarge: 413,
    InvalidPayload: 400,
    AwsUnavailable: 503,
    VersionConflict: 503,
}


class Refused(Exception):  # noqa: N818 - a decision
    """The shop gets this answer."""

    def __init__(self, status: int, error: str, **details: Any) -> None:
        super().__init__(error)
        self.status = status
        self.body = {"error": error, **details}


def place_checkout(services: Services, headers: Mapping[str, str], body: bytes) -> WebhookReply:
    """POST /shop/checkouts."""

    def place() -> WebhookReply:
        _verify(services, headers, body)
        checkout = read_checkout(read_json_object(body), services.now_ms())
        work.about(checkout.order_key, first_cause=checkout.checkout_id)
        known = services.checkouts.get(checkout.checkout_id)
        if known is None:
            _check_against_menu(services, checkout)
            return _write(services, checkout)
        return _repeated(known, checkout)

    return _answered(place)


def show_checkout(services: Services, checkout_id: str) -> WebhookReply:
    """GET /shop/checkouts/{id}."""
    return _answered(lambda: _reply(200, _shown(_find(services, checkout_id))))


def cancel_checkout(
    services: Services, checkout_id: str, headers: Mapping[str, str], body: bytes
) -> WebhookReply:
    """POST /shop/checkouts/{id}/cancellation: until the food is ready, and paid back whole."""

    def cancel() -> WebhookReply:
        _verify(services, headers, body)
        checkout = _find(services, checkout_id)
        if read_json_object(body).get("checkout_id") != checkout_id:
            # What is signed must name what is cancelled.
            raise InvalidPayload("checkout_id is not that of the address")
        if checkout.ending is None:
            if checkout.kitchen is Kitchen.READY or checkout.courier in TOO_LATE:
                raise Refused(409, "too_late")
            try:
                checkout = change(services, checkout, lambda c: c.end(Ending.CANCELLED))
            except Overtaken:
                checkout = _find(services, checkout_id)
        return _reply(202, _shown(checkout))

    return _answered(cancel)


TOO_LATE = frozenset({Courier.PICKED_UP, Courier.DELIVERED})


def _verify(services: Services, headers: Mapping[str, str], body: bytes) -> None:
    check_size(body)
    secrets = services.secrets.all().each("shop_signing_secret")
    check_timed(headers.get("shop-signature", ""), body, secrets, services.now_ms())


def _check_against_menu(services: Services, checkout: Checkout) -> None:
    """Refuse what the store does not have, or not for this price, before anybody pays."""
    order = order_of(checkout)
    store = services.stores.find(SHOP, checkout.channel_store_id)
    if store is None:
        raise Refused(404, "unknown_store")
    if store.currency != checkout.currency:
        raise Refused(409, "currency", currency=store.currency)
    _check_items(services, store, order)
    closed_now = closed(services, checkout.channel_store_id, order.item_ids())
    # Who orders for later wants it when the store is open: whether it is now does not matter.
    when_ms = order.timing.ready_ms or services.now_ms()
    if checkout.channel_store_id in closed_now or not store.is_open(when_ms):
        raise Refused(409, "store_closed")
    if closed_now:
        raise Refused(409, "unavailable_items", items=closed_now)


def _check_items(services: Services, store: Store, order: Order) -> None:
    menu = services.stores.prices(store, order.item_ids())
    missing = [id_ for id_ in order.item_ids() if id_ not in menu]
    if missing:
        raise Refused(409, "unknown_items", items=missing)
    changed = {id_: menu[id_].to_dict() for id_, price in prices_of(order) if menu[id_] != price}
    if changed:
        raise Refused(409, "price_changed", prices=changed)


def _write(services: Services, checkout: Checkout) -> WebhookReply:
    try:
        written = services.checkouts.save(checkout.begun(work.traceparent()))
    except VersionConflict:
        return _repeated(_find(services, checkout.checkout_id), checkout)
    log.info("shop.checkout", checkout=written.checkout_id, store=written.channel_store_id)
    try:
        wake(services, written, Step.PAY)
    except AwsUnavailable as error:
        # It is written down, and the sweep wakes what nobody else does.
        log.error("shop.not_woken", checkout=written.checkout_id, reason=str(error))
    return _reply(202, _shown(written))


def _repeated(known: Checkout, again: Checkout) -> WebhookReply:
    if known.digest != again.digest:
        raise Refused(409, "checkout_id_used")
    return _reply(200, _shown(known))


def _find(services: Services, checkout_id: str) -> Checkout:
    from chalicelib.shop.cart import CHECKOUT_ID

    found = services.checkouts.get(checkout_id) if CHECKOUT_ID.fullmatch(checkout_id) else None
    if found is None:
        raise Refused(404, "unknown_checkout")
    work.about(found.order_key, found.trace)
    return found


def _shown(checkout: Checkout) -> dict[str, Any]:
    """Return what whoever knows the id may see: nothing of the person."""
    shown: dict[str, Any] = {
        "checkout_id": checkout.checkout_id,
        "status": _status(checkout),
        "total": checkout.amount.to_dict(),
        "charged": checkout.paid is Paid.TAKEN,
        "handover": str(checkout.handover),
    }
    if checkout.ready_ms:
        shown["ready_ms"] = checkout.ready_ms
    if checkout.ending is Ending.DECLINED:
        shown["reason"] = checkout.why
    if checkout.action and checkout.ending is None:
        shown["payment_client_secret"] = checkout.action
    return shown


def _status(checkout: Checkout) -> str:
    if checkout.ending is not None:
        return str(checkout.ending) if checkout.is_settled else "cancelling"
    if checkout.courier in TOO_LATE:
        return "on_the_way" if checkout.courier is Courier.PICKED_UP else "delivered"
    if checkout.kitchen is Kitchen.READY and checkout.handover is Handover.PICKUP:
        return "ready"
    if checkout.kitchen in (Kitchen.MAKING, Kitchen.READY):
        return "being_made"
    if checkout.kitchen is Kitchen.NO and checkout.paid in (Paid.NO, Paid.OPEN):
        return "needs_action" if checkout.action else "paying"
    return "scheduled" if checkout.kitchen is Kitchen.SCHEDULED else "placed"


def _answered(act: Callable[[], WebhookReply]) -> WebhookReply:
    try:
        return act()
    except Refused as refused:
        log.info("shop.refused", status=refused.status, reason=str(refused))
        return _reply(refused.status, refused.body)
    except tuple(STATUS) as error:
        status = next(code for kind, code in STATUS.items() if isinstance(error, kind))
        log.warning("shop.refused", status=status, reason=str(error))
        why = {"error": "unavailable"} if status == 503 else {"error": str(error)}
        return _reply(status, why)


def _reply(status: int, body: dict[str, Any]) -> WebhookReply:
    headers = {**JSON, "Retry-After": "2"} if status == 503 else JSON
    return WebhookReply(status, json.dumps(body), headers)
