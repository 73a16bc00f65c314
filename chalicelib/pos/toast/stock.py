"""What Toast says of an item's stock.

Source: doc.toasttab.com: "Stock webhook", "Getting stock information using the stock API".
Modifiers are counted by the item that they refer to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.channels.base import obj, readable, text
from chalicelib.pos.base import Level, StockNotice

if TYPE_CHECKING:
    from collections.abc import Iterator

STOCK_BATCH = 100
"""So many items are asked for at once; Toast publishes no limit."""

AVAILABLE = {"in_stock": True, "low_quantity": True, "out_of_stock": False}


def stock_notices(payload: dict[str, Any]) -> Iterator[StockNotice]:
    """Read a webhook of the category "stock"."""
    type_ = text(payload, "eventType")
    if type_ not in AVAILABLE:
        return
    details = obj(payload, "details")
    place, item = text(details, "restaurantGuid"), text(details, "itemGuid")
    if place and item:
        yield StockNotice(place, "", item, AVAILABLE[type_])


def levels_of(found: list[Any]) -> dict[str, Level]:
    """Read the stock API's answer; QUANTITY means that there is some."""

    def read(item: dict[str, Any]) -> tuple[str, Level] | None:
        guid, status = text(item, "guid"), text(item, "status")
        return (guid, Level(status != "OUT_OF_STOCK")) if guid and status else None

    return dict(readable("toast", found, read))
