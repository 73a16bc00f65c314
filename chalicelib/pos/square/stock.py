"""What of Square's catalogue is sold out, and which webhooks say that it may have changed.

Source: Square's OpenAPI document (ItemVariationLocationOverrides, ModifierLocationOverrides) and
its developer pages "Inventory webhooks" and "Catalog webhooks". The flag is the seller's: apps
read it. Where a variation's stock is tracked, a count of zero sets it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.channels.base import instant, readable, text
from chalicelib.domain.errors import InvalidPayload
from chalicelib.pos.base import Level, StockNotice, entries, member

if TYPE_CHECKING:
    from collections.abc import Iterator

CATALOG_BATCH = 1000
"""Square's limit for BatchRetrieveCatalogObjects."""


def stock_notices(payload: dict[str, Any]) -> Iterator[StockNotice]:
    """Read inventory.count.updated and catalog.version.updated; nothing of any other webhook."""
    seller, type_ = text(payload, "merchant_id"), text(payload, "type")
    if type_ == "catalog.version.updated":
        yield StockNotice("", seller)
    if type_ != "inventory.count.updated":
        return

    def read(count: dict[str, Any]) -> StockNotice | None:
        place, item = text(count, "location_id"), text(count, "catalog_object_id")
        if text(count, "state") != "IN_STOCK" or not (place and item):
            return None
        return StockNotice(place, seller, item, _is_positive(count))

    counts = member(member(payload, "data"), "object").get("inventory_counts")
    yield from readable("square", counts, read)


def _is_positive(count: dict[str, Any]) -> bool | None:
    try:
        return float(text(count, "quantity")) > 0
    except (ValueError, InvalidPayload):
        return None


def levels_at(reply: dict[str, Any], location_id: str) -> dict[str, Level]:
    """Read which of the catalogue's objects a location has."""

    def read(found: dict[str, Any]) -> tuple[str, Level] | None:
        id_, data = text(found, "id"), member(found, f"{text(found, 'type').lower()}_data")
        return (id_, _level(data, location_id)) if id_ else None

    return dict(readable("square", entries(reply, "objects"), read))


def _level(data: dict[str, Any], location_id: str) -> Level:
    for override in entries(data, "location_overrides"):
        if override.get("location_id") == location_id and override.get("sold_out") is True:
            return Level(available=False, until_ms=instant(override, "sold_out_valid_until"))
    return Level(available=True)
