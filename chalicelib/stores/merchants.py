"""Open Delivery's GET merchant: an ordering application asks what a store of ours is and sells.

Whoever asks has the key that we gave out (X-API-KEY); the specification leaves it to us to want
one. Without one in our secret nobody is answered: the file has addresses and telephone numbers.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.adapters.errors import AwsUnavailable
from chalicelib.adapters.secrets import SecretsUnavailable
from chalicelib.channels.base import WebhookReply, same
from chalicelib.channels.open_delivery.merchant import merchant_of
from chalicelib.domain.errors import InvalidPayload, UnreadableRecord
from chalicelib.domain.order import identifier
from chalicelib.stores.shown import menu_of, shown_to

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from chalicelib.bootstrap import Services
    from chalicelib.domain.stock import ItemStock

CHANNEL = "open_delivery"
KEY = "open_delivery_api_key"
RETRY_SECONDS = "30"
MOST_BYTES = 5_500_000
"""Of Lambda's 6 MB for an answer, which is wrapped in JSON once more."""


class _Refused(Exception):  # noqa: N818 - an answer, not an error
    """The request is answered with a problem document."""

    def __init__(self, status: int, title: str) -> None:
        super().__init__(title)
        self.status = status


def show_merchant(services: Services, headers: Mapping[str, str], merchant_id: str) -> WebhookReply:
    """Answer GET merchant: 200 with all of it, 403, 404 or 503. Header names are in lower case."""
    try:
        _check_key(services, headers.get("x-api-key", ""))
        body = _merchant(services, merchant_id)
    except _Refused as refused:
        return _problem(merchant_id, refused.status, str(refused))
    except (AwsUnavailable, UnreadableRecord) as error:
        log.error("merchant.not_read", reason=str(error))
        return _problem(merchant_id, 503, "the merchant cannot be read at the moment")
    log.info("merchant.shown", merchant=merchant_id, bytes=len(body))
    return WebhookReply(200, body, {"Content-Type": "application/json"})


def _check_key(services: Services, given: str) -> None:
    """Compare with each key that is valid, two of them during a rotation."""
    try:
        fits = any(same(given, key) for key in services.secrets.all().each(KEY))
    except SecretsUnavailable as error:
        log.error("merchant.no_key", reason=str(error))
        raise _Refused(503, "no key can be checked at the moment") from error
    if not fits:
        raise _Refused(403, "X-API-KEY is no key for this merchant")


def _merchant(services: Services, merchant_id: str) -> str:
    try:
        place = identifier(merchant_id, "merchant")
    except InvalidPayload:
        raise _Refused(404, "there is no such merchant") from None
    # As it is now: who was just told to read must not find what this container remembers.
    store = services.stores.read(CHANNEL, place)
    if store is None:
        raise _Refused(404, "there is no such merchant")
    try:
        menu = menu_of(services, store.store_id, store.menu_version)
    except InvalidPayload as error:
        # Perhaps only just replaced; if not, the file has to be uploaded again.
        log.error("merchant.no_menu", store=store.store_id, reason=str(error))
        raise _Refused(503, "the menu cannot be read at the moment") from error
    if menu.business is None:
        log.warning("merchant.no_business", store=store.store_id)
        raise _Refused(404, "what this merchant's business is has not been told")
    stock = services.stock.of_store(store.store_id).values()
    is_open = services.breaker.paused_until_ms(store) is None
    asked = services.publications.get(store.store_id, CHANNEL)
    known_ms = asked.asked_ms if asked is not None else services.now_ms()
    publishing = shown_to(services, place, menu, stock)
    merchant = merchant_of(
        publishing,
        menu.business,
        is_open=is_open,
        changed_ms=_changed_ms(known_ms, stock, publishing.now_ms),
    )
    return _written(merchant)


def _written(merchant: dict[str, Any]) -> str:
    body = json.dumps(merchant, separators=(",", ":"), ensure_ascii=False)
    if len(body.encode()) > MOST_BYTES:
        log.error("merchant.too_large", merchant=merchant["id"])
        raise _Refused(503, "the merchant is too large to be read at once")
    return body


def _changed_ms(since_ms: int, stock: Iterable[ItemStock], now_ms: int) -> int:
    """Return when an item last went off or came back, at least `since_ms`."""
    said = [
        at_ms
        for item in stock
        for word in item.words.values()
        for at_ms in (word.at_ms, word.until_ms or 0)
        if at_ms <= now_ms
    ]
    return max([since_ms, *said])


def _problem(merchant_id: str, status: int, title: str) -> WebhookReply:
    """Return the specification's Error, as application/problem+json."""
    log.warning("merchant.refused", merchant=merchant_id[:100], status=status, reason=title)
    headers = {"Content-Type": "application/problem+json"}
    if status == 503:
        headers["Retry-After"] = RETRY_SECONDS
    return WebhookReply(status, json.dumps({"title": title, "status": status}), headers)
