"""A store as it is to be shown: a version of its menu, and what of it is off now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.channels.base import read_json_object
from chalicelib.channels.menus import Publishing
from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.store import read_menu

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chalicelib.bootstrap import Services
    from chalicelib.domain.stock import ItemStock
    from chalicelib.domain.store import Menu


def menu_of(services: Services, store_id: str, version: str) -> Menu:
    """Return a version of a store's menu; InvalidPayload when it is kept no more, or is none."""
    content = services.menus.content(store_id, version)
    if content is None:
        raise InvalidPayload("this version of the menu is not kept: upload the file again")
    try:
        return read_menu(read_json_object(content), version)
    except InvalidPayload as error:
        raise InvalidPayload(f"the menu is not one any more: {error}") from error


def shown_to(
    services: Services, place: str, menu: Menu, stock: Iterable[ItemStock], reference: str = ""
) -> Publishing:
    """Return the store as a partner that calls it `place` is to show it now."""
    now_ms = services.now_ms()
    off = {item.item_id: item.until_ms for item in stock if item.is_off(now_ms)}
    return Publishing(place, menu, reference, now_ms, off=off)
