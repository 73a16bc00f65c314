"""86 by hand: an operator takes an item off at every partner, puts it back, or looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.domain.events import iso
from chalicelib.ops.desk import OpsError
from chalicelib.stores.stock import by_hand

if TYPE_CHECKING:
    from chalicelib.domain.stock import ItemStock
    from chalicelib.domain.store import Store
    from chalicelib.ops.desk import Desk


def set_available(
    desk: Desk, store_id: str, item_id: str, *, available: bool, until_ms: int | None
) -> dict[str, Any]:
    """Write down what the operator says, and have every partner told."""
    store = _store(desk, store_id)
    if not desk.stores.pos_ids(store, [item_id]):
        raise OpsError(f"the menu of {store_id} has no item {item_id!r}")
    now_ms = desk.now_ms()
    if until_ms is not None and until_ms <= now_ms:
        raise OpsError("--until is over already")
    stock = by_hand(desk.stock, store, item_id, now_ms, off=not available, until_ms=until_ms)
    desk.queues.send(desk.names.channel_callbacks_queue, {"stock": stock.key})
    return _shown(stock)


def stock_of(desk: Desk, store_id: str) -> list[dict[str, Any]]:
    """Return what of a store is off, or of which some partner does not know that it is back."""
    _store(desk, store_id)
    items = desk.stock.of_store(store_id).values()
    return [_shown(stock) for stock in items if stock.off or stock.is_owed]


def _store(desk: Desk, store_id: str) -> Store:
    for _, _, store in desk.stores.all():
        if store.store_id == store_id:
            return store
    raise OpsError(f"there is no store {store_id!r}")


def _shown(stock: ItemStock) -> dict[str, Any]:
    told = {name: telling for name, telling in stock.told.items() if name in stock.channels}
    return {
        "store": stock.store_id,
        "item": stock.item_id,
        "off": stock.off,
        "by": stock.by if stock.off else "",
        "until": iso(stock.until_ms) if stock.off and stock.until_ms is not None else "",
        "to_be_told": stock.pending(),
        "refused": {n: t.refused for n, t in told.items() if t.refused},
    }
