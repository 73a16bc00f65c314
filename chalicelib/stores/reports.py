"""What a partner's own people took off there: noted, and told to staff; nothing follows by itself.

A customer's or a courier's word is no count of the kitchen, so it takes the item off nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.adapters.http import VendorHttpError
from chalicelib.channels.base import PartnerRefused, PartnerUnavailable
from chalicelib.domain.errors import VersionConflict
from chalicelib.domain.events import Event, event_id
from chalicelib.domain.stock import ItemStock

if TYPE_CHECKING:
    from chalicelib.bootstrap import Services
    from chalicelib.channels.base import Channel


def ask_for_items(services: Services, channel: Channel, channel_store_id: str) -> None:
    """Compare what a partner does not sell with what we took off there."""
    try:
        off_there = channel.items_off(channel_store_id)
    except (PartnerUnavailable, PartnerRefused, VendorHttpError) as error:
        log.warning("stock.not_asked", channel=channel.name, reason=str(error))
        return
    if off_there is None:  # most partners do not say
        return
    store = services.stores.find(channel.name, channel_store_id)
    if store is None:
        return
    known = services.stock.of_store(store.store_id)
    unknown = sorted(off_there - known.keys())
    ours = services.stores.pos_ids(store, unknown) if unknown else {}
    for item_id in sorted(known.keys() | ours.keys()):
        stock = known.get(item_id) or ItemStock(store.store_id, item_id)
        _compare(services, channel.name, stock, is_off_there=item_id in off_there)


def _compare(services: Services, name: str, stock: ItemStock, *, is_off_there: bool) -> None:
    # What we are about to tell, or take off ourselves, is no word of theirs.
    is_theirs = is_off_there and not stock.off and name not in stock.pending()
    if is_theirs == (name in stock.reported):
        return
    now_ms = services.now_ms()
    if is_theirs:
        _publish(services, name, stock, now_ms)
    try:
        services.stock.save(stock.report(name, now_ms if is_theirs else None))
    except VersionConflict:
        # The next look is in two minutes, and says it once more at most.
        log.info("stock.overtaken", item=stock.key)


def _publish(services: Services, name: str, stock: ItemStock, now_ms: int) -> None:
    data = {
        "storeId": stock.store_id,
        "itemId": stock.item_id,
        "channel": name,
        "why": f"{stock.item_id} was taken off at {name}, and not by us",
    }
    id_ = event_id("item.reported", stock.key, name, stock.revision)
    services.bus.publish([Event(id_, "item.reported", stock.key, now_ms, data)])
