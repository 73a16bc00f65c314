"""A new menu beside the old ones: what is different, and which are no longer needed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalicelib import log

if TYPE_CHECKING:
    from chalicelib.bootstrap import Services
    from chalicelib.domain.store import Menu

KEEP_SECONDS = 7 * 86_400
"""So long an old version stays: containers remember stores for seconds, and an operator may want
to upload the file before."""

MOST_NAMED = 50


def current_version(services: Services, store_id: str) -> str:
    """Return the version that a store sells by, "" when it sells nothing."""
    for _, _, store in services.stores.all():
        if store.store_id == store_id:
            return store.menu_version
    return ""


def difference(services: Services, menu: Menu, before: str) -> dict[str, Any]:
    """Return which items a menu has that the version before had not, and so on."""
    store_id = menu.store.store_id
    old = services.menus.items(store_id, before) if before else {}
    new = {
        item.id: (item.name, json.dumps(item.price.to_dict()), item.pos_id) for item in menu.items
    }
    both = sorted(old.keys() & new.keys())
    lists = {
        "added": sorted(new.keys() - old.keys()),
        "removed": sorted(old.keys() - new.keys()),
        "repriced": [id_ for id_ in both if old[id_][1] != new[id_][1]],
        "remapped": [id_ for id_ in both if old[id_][2] != new[id_][2]],
    }
    counts = {f"{name}Count": len(ids) for name, ids in lists.items()}
    return {"before": before, **counts, **{name: ids[:MOST_NAMED] for name, ids in lists.items()}}


def retire_others(services: Services, store_id: str) -> None:
    """Let every version go that the store does not sell by, in a week.

    Two imports may be at it at once, and an old file may be back: whichever is in force when
    all is written has no end. One that is not listed was given an end by another import, between
    its items and its switch.
    """
    current = current_version(services, store_id)
    expires_at = services.now_ms() // 1000 + KEEP_SECONDS
    listed = set(services.menus.versions(store_id))
    if current and current not in listed:
        services.menus.set_end(store_id, current, None)
    retired = listed - {current}
    for version in sorted(retired):
        services.menus.set_end(store_id, version, expires_at)
    if (now := current_version(services, store_id)) in retired:
        services.menus.set_end(store_id, now, None)
    if retired:
        log.info("menu.retired", store=store_id, versions=len(retired))
