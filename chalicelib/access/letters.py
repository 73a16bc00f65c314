"""Whose a dead letter is: a look shows those of its store alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalicelib.domain.checkout import SHOP
from chalicelib.domain.errors import UnreadableRecord

if TYPE_CHECKING:
    from chalicelib.bootstrap import Services


def store_of(services: Services, body: str) -> str:
    """Return our id of the store that a letter is about; "" when that cannot be told.

    Messages say how a partner calls the store (orders/wakes.py, ingest/), or a checkout's id.
    """
    try:
        channel, channel_store_id = _named(services, json.loads(body))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, UnreadableRecord):
        return ""
    if not channel or not channel_store_id:
        return ""
    store = services.stores.find(channel, channel_store_id)
    return "" if store is None else store.store_id


def _named(services: Services, message: Any) -> tuple[str, str]:
    if "checkout_id" in message:
        checkout = services.checkouts.get(_text(message["checkout_id"]))
        return (SHOP, checkout.channel_store_id) if checkout is not None else ("", "")
    if "poll" in message:
        poll = message["poll"]
        if len(poll.get("stores", ())) > 1:  # of several stores, so of none
            return "", ""
        return _text(poll["channel"]), _text(poll["store"])
    key = message["order_key"] if "order_key" in message else message["detail"]["subject"]
    channel, channel_store_id, order_id = _text(key).split("#", 2)
    return (channel, channel_store_id) if order_id else ("", "")


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError("no text")
    return value
