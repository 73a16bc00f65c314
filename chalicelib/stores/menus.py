"""Menu files become what orders are mapped by."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from chalicelib import log
from chalicelib.adapters.files import FileTooLarge
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


MOST_BYTES = 4_000_000
"""Half of what a function of this size reads, maps and writes within its minute."""


def import_menu(services: Services, command: ImportMenu) -> None:
    """Replace a store's menu by a file, whole or not at all."""
    content, version = b"", ""
    try:
        content = _content(services, command.file_key)
        version = hashlib.sha256(content).hexdigest()[:16]
        menu = read_menu(read_json_object(content), version)
        _check_known(services, menu)
        store_id = menu.store.store_id
        before = current_version(services, store_id)
        services.menus.begin(store_id, version)
        services.menus.keep_content(store_id, version, content)
        is_newest = services.stores.replace_menu(
            menu, command.sequencer, lambda on, off: _wishes(services, menu, command, on, off)
        )
    except InvalidPayload as error:
        log.error("menu.rejected", file=command.file_key, reason=str(error))
        put(services.now_ms(), {"MenusRejected": 1}, {}, file=command.file_key)
        why = f"{command.file_key}: {error}"
        _publish_menu(services, "menu.rejected", command, version, {"why": why})
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


def _content(services: Services, key: str) -> bytes:
    try:
        found = services.files.read_at_most(key, MOST_BYTES)
    except FileTooLarge as error:
        raise InvalidPayload(f"the menu file has more than {MOST_BYTES} bytes") from error
    # Not there, or forbidden: AwsUnavailable says which.
    return services.files.read(key) if found is None else found


def _wishes(
    services: Services, menu: Menu, command: ImportMenu, on: set[str], off: set[str]
) -> list[dict[str, Any]]:
    """Return the writes by which each partner is to get this menu: see stores/publishing.py."""
    store, rows, now_ms = menu.store, services.publications, services.now_ms()
    wishes = [
        rows.wish(
            store.store_id,
            name,
            menu.channels[name],
            store.menu_version,
            command.sequencer,
            now_ms,
        )
        for name in sorted(on)
    ]
    return wishes + [
        rows.unlink(store.store_id, name, command.sequencer, now_ms) for name in sorted(off)
    ]


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
