"""Partners are told which items are off, each in its own call, until each knows the newest."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chalicelib import log
from chalicelib.adapters.http import VendorHttpError
from chalicelib.channels.base import PartnerRefused, PartnerUnavailable
from chalicelib.domain.deadlines import CALL_SECONDS
from chalicelib.domain.errors import VersionConflict
from chalicelib.domain.events import Event, event_id, iso
from chalicelib.domain.stock import ItemStock, Telling, split_key
from chalicelib.stores.stock import wake_to_tell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalicelib.bootstrap import Services
    from chalicelib.domain.commands import TellStock

STEP_MS = 17_000
"""The function lives three seconds longer, one of them for what is written at the end."""

LEASE_MS = 22_000
"""Longer than the function lives: two workers would tell one partner two things at once."""

ATTEMPTS = 6


def tell_stock(services: Services, command: TellStock) -> None:
    """Tell everybody who does not know the newest of an item."""
    began_ms = services.now_ms()
    stock = services.stock.get(*split_key(command.key))
    if stock is None or stock.is_leased(began_ms):
        log.info("stock.not_owed", item=command.key)
        return
    stock = stock.judged(began_ms)
    if stock.said >= stock.version and not stock.pending(began_ms):
        log.info("stock.not_owed", item=command.key)
        return
    try:
        stock = services.stock.save(replace(stock, lease_until_ms=began_ms + LEASE_MS))
    except VersionConflict:
        # Who wrote sends a wake of its own.
        log.info("stock.overtaken", item=command.key)
        return
    _publish_change(services, stock)
    tellings = dict(_tell_each(services, stock, began_ms + STEP_MS))
    _finish(services, stock, tellings)


def _tell_each(services: Services, stock: ItemStock, ends_ms: int) -> Iterator[tuple[str, Telling]]:
    for name in stock.pending(services.now_ms()):
        if services.now_ms() + CALL_SECONDS * 1000 > ends_ms:
            return
        yield name, _tell(services, stock, name)


def _tell(services: Services, stock: ItemStock, name: str) -> Telling:
    channel = services.channels.get(name)
    try:
        if channel is None:
            raise PartnerRefused("this channel is not known any more")
        channel.set_item_available(
            stock.channels[name],
            stock.item_id,
            available=not stock.off,
            until_ms=stock.until_ms if stock.off else None,
        )
    except PartnerRefused as error:
        log.error("stock.refused", item=stock.key, channel=name, reason=str(error))
        _publish_refusal(services, stock, name, str(error))
        return Telling(stock.version, refused=str(error)[:200])
    except (PartnerUnavailable, VendorHttpError) as error:
        retry_after = error.retry_after if isinstance(error, PartnerUnavailable) else None
        later = stock.put_off(name, services.now_ms(), retry_after)
        log.warning("stock.not_told", item=stock.key, channel=name, reason=str(error))
        return later
    log.info("stock.told", item=stock.key, channel=name, off=stock.off, version=stock.version)
    return Telling(stock.version)


def _finish(services: Services, stock: ItemStock, tellings: dict[str, Telling]) -> None:
    """Write down who knows, give the lease back, and see to what is still owed."""
    known: ItemStock | None = stock
    for _ in range(ATTEMPTS):
        if known is None:
            return
        noted = replace(known, said=max(known.said, stock.version), lease_until_ms=0)
        for name, telling in tellings.items():
            noted = noted.note(name, telling)
        try:
            saved = services.stock.save(noted.judged(services.now_ms()))
        except VersionConflict:
            known = services.stock.get(stock.store_id, stock.item_id)
            continue
        if saved.is_owed:
            wait_ms = max(0, (saved.next_ms() or 0) - services.now_ms())
            wake_to_tell(services, saved, -(-wait_ms // 1000))
        return
    raise VersionConflict(stock.key)


def _publish_change(services: Services, stock: ItemStock) -> None:
    if stock.said >= stock.version:
        return
    type_ = "item.unavailable" if stock.off else "item.available"
    data: dict[str, Any] = {
        "storeId": stock.store_id,
        "itemId": stock.item_id,
        "by": stock.by,
        "channels": sorted(stock.channels),
    }
    if stock.off and stock.until_ms is not None:
        data["until"] = iso(stock.until_ms)
    _publish(services, stock, type_, data, "")


def _publish_refusal(services: Services, stock: ItemStock, name: str, why: str) -> None:
    word = "off" if stock.off else "there again"
    data: dict[str, Any] = {
        "storeId": stock.store_id,
        "itemId": stock.item_id,
        "channel": name,
        "why": f"{name} was told that {stock.item_id} is {word} and refused: {why}",
    }
    _publish(services, stock, "item.not_told", data, name)


def _publish(
    services: Services, stock: ItemStock, type_: str, data: dict[str, Any], name: str
) -> None:
    id_ = event_id(type_, stock.key, stock.version, name)
    services.bus.publish([Event(id_, type_, stock.key, services.now_ms(), data)])
