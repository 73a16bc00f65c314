"""Menu files become what orders are mapped by."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from chalicelib import log
from chalicelib.channels.base import read_json_object
from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.events import Event, event_id
from chalicelib.domain.store import Menu, read_menu
from chalicelib.stores.stock import relink
from chalicelib.stores.versions import current_version, difference, retire_others
from chalicelib.telemetry.metrics import put

if TYPE_CHECKING:
    from chalicelib.bootstrap import Services
    from chalicelib.domain.commands import ImportMenu


def import_menu(services: Services, command: ImportMenu) -> None:
    """Replace a store's menu by a file, whole or not at all."""
    content = services.files.read(command.file_key)
    version = hashlib.sha256(content).hexdigest()[:16]
    try:
        menu = read_menu(read_json_object(content), version)
        _check_known(services, menu)
        store_id = menu.store.store_id
        before = current_version(services, store_id)
        services.menus.begin(store_id, version)
        is_newest = services.stores.replace_menu(menu, command.sequencer)
    except InvalidPayload as error:
        log.error("menu.rejected", file=command.file_key, reason=str(error))
        put(services.now_ms(), {"MenusRejected": 1}, {}, file=command.file_key)
        _publish_menu(services, "menu.rejected", command, version, {"why": str(error)})
        return
    if not is_newest:
        log.warning("menu.outdated", file=command.file_key)
        retire_others(services, store_id)
        return
    relink(services, menu.store)
    data = {"storeId": store_id, "items": len(menu.items), "version": version}
    data |= difference(services, menu, before)
    retire_others(services, store_id)
    _publish_menu(services, "menu.imported", command, version, data)
    log.info("menu.imported", file=command.file_key, items=len(menu.items))


def _check_known(services: Services, menu: Menu) -> None:
    if menu.store.pos not in services.points_of_sale:
        raise InvalidPayload("the menu names an unknown point of sale")
    if unknown := set(menu.channels) - set(services.channels):
        raise InvalidPayload(f"the menu names unknown channels: {', '.join(sorted(unknown))}")


def _publish_menu(
    services: Services, type_: str, command: ImportMenu, version: str, data: dict[str, Any]
) -> None:
    id_ = event_id(type_, command.file_key, version, command.sequencer)
    services.bus.publish([Event(id_, type_, command.file_key, services.now_ms(), data)])
