"""86: an item that is off at the till, or that an operator took off, is off at every partner.

A till's webhook is only a wake: whatever it says and however late, the till is asked, and asked
again after what it said was written, until both agree. So webhooks may be repeated, lost in part
or out of order. What is written wakes whoever tells the partners (stores/telling.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.domain.errors import RetryLater, VersionConflict
from chalicelib.domain.stock import ItemStock, Source, Word
from chalicelib.orders.wakes import wake_queue
from chalicelib.pos.base import PosNotConnected, PosOutcomeUnknown, PosRefused, PosUnavailable
from chalicelib.pos.calling import again_later

if TYPE_CHECKING:
    from chalicelib.adapters.stock_table import StockTable
    from chalicelib.bootstrap import Services
    from chalicelib.domain.commands import NoteStock
    from chalicelib.domain.store import Store
    from chalicelib.pos.base import PointOfSale

ROUNDS = 4
"""How often a till is asked in one go before the message comes back later."""

ATTEMPTS = 6


def note_stock(services: Services, command: NoteStock) -> None:
    """Compare what a till has with what we believe; `command` says where to look."""
    if not command.location_id:
        _ask_each(services, command)
        return
    stores = services.stores.at(command.vendor, command.location_id)
    if not stores:
        log.info("stock.not_ours", vendor=command.vendor, location=command.location_id)
    for store in stores:
        try:
            _compare(services, store, command.pos_item_id, is_back=command.available is True)
        except (PosNotConnected, PosUnavailable, PosOutcomeUnknown) as error:
            # What is off there is nowhere else: again, until its queue gives it to people.
            raise again_later(error) from error
        except PosRefused as error:
            log.error("stock.unreadable", store=store.store_id, reason=str(error))


def _ask_each(services: Services, command: NoteStock) -> None:
    """A seller's catalogue changed: have each of its stores looked at, by a message of its own."""
    mine = [
        store
        for store in services.stores.at(command.vendor, None)
        if store.pos_settings.get("merchant", command.seller_id) == command.seller_id
    ]
    wakes = [{"till": {"location": store.location_id}} for store in mine]
    services.queues.send_all(services.config.names.pos_queue(command.vendor), wakes)


def _compare(services: Services, store: Store, pos_item_id: str, *, is_back: bool) -> None:
    pos = services.points_of_sale[store.pos]
    items = _items(services, pos, store, pos_item_id)
    if not items:
        log.info("stock.not_sold", store=store.store_id, item=pos_item_id[:50])
        return
    for _ in range(ROUNDS):
        known = services.stock.of_store(store.store_id)
        if is_back and not any(_is_held(known.get(item_id)) for item_id in items):
            return
        levels = pos.stock_of(store, sorted(set(items.values())))
        changed = False
        for item_id, stock_id in items.items():
            if stock_id in levels:
                now_ms = services.now_ms()
                word = Word(not levels[stock_id].available, now_ms, levels[stock_id].until_ms)
                changed |= _write(services, store, item_id, known.get(item_id), word)
        if not changed:
            return
        is_back = False
    raise RetryLater(f"{store.store_id}: the stock changes faster than it can be read", 5)


def _items(services: Services, pos: PointOfSale, store: Store, pos_item_id: str) -> dict[str, str]:
    """Return our items behind one of the till's, or all of them, with what the till counts."""
    menu = services.menus.pos_ids(store.store_id, store.menu_version)
    counted = {item_id: pos.stock_id(pos_id) for item_id, pos_id in menu.items()}
    return {id_: stock_id for id_, stock_id in counted.items() if pos_item_id in ("", stock_id)}


def _is_held(stock: ItemStock | None) -> bool:
    word = stock.words.get(Source.TILL) if stock else None
    return word is not None and word.off


def _write(
    services: Services, store: Store, item_id: str, known: ItemStock | None, word: Word
) -> bool:
    """Write what the till says; return whether that was news (or somebody else wrote)."""
    if word.means(known.words.get(Source.TILL) if known else None):
        return False
    stock = known or ItemStock(store.store_id, item_id)
    try:
        saved = services.stock.save(
            stock.hear(Source.TILL, word, word.at_ms).sold_by(store.channels)
        )
    except VersionConflict:
        return True
    log.info("stock.changed", item=saved.key, off=saved.off, by=Source.TILL, version=saved.version)
    wake_to_tell(services, saved)
    return True


def wake_to_tell(services: Services, stock: ItemStock, delay_seconds: int = 0) -> None:
    """Have partners told what is not told yet."""
    queue = services.config.names.channel_callbacks_queue
    wake_queue(services, queue, {"stock": stock.key}, delay_seconds)


def by_hand(
    table: StockTable, store: Store, item_id: str, now_ms: int, *, off: bool, until_ms: int | None
) -> ItemStock:
    """Write down what an operator says of an item, whoever else writes at the same time."""
    word = Word(off, now_ms, until_ms)
    for _ in range(ATTEMPTS):
        stock = table.get(store.store_id, item_id) or ItemStock(store.store_id, item_id)
        try:
            return table.save(stock.hear(Source.OPERATOR, word, now_ms).sold_by(store.channels))
        except VersionConflict:
            continue
    raise VersionConflict(f"{store.store_id}#{item_id}")


def relink(services: Services, store: Store) -> None:
    """Let partners that a new menu file names know what is off; the sweep wakes for them."""
    for stock in services.stock.of_store(store.store_id).values():
        linked = stock.sold_by(store.channels)
        if stock.off and linked is not stock:
            try:
                services.stock.save(linked)
            except VersionConflict:
                # Whoever wrote had the same channels, or older ones that the next import mends.
                log.warning("stock.relinked_elsewhere", item=stock.key)
