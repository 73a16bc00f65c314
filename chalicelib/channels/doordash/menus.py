"""A menu and its hours as DoorDash wants them.

Source: DoorDash's developer pages, "Marketplace": menus (create, update), menu push, menu status
callback, menu processing. Options have their own options written out below them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.channels.base import obj, readable, text
from chalicelib.channels.menus import NAME, MenuResult
from chalicelib.domain.order import identifier
from chalicelib.domain.wall import clock, days, week

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.channels.menus import Publishing
    from chalicelib.domain.hours import Intervals
    from chalicelib.domain.sections import ModifierGroup
    from chalicelib.domain.store import MenuItem

PROCESSED = frozenset({"MenuCreate", "MenuUpdate"})
PENDING = "PENDING"


def menu_body(publishing: Publishing, provider_type: str) -> dict[str, Any]:
    """Return the body of POST and PATCH menus; `provider_type` is what DoorDash calls us."""
    hours = publishing.menu.store.hours
    return {
        "reference": publishing.reference,
        "store": {"merchant_supplied_id": publishing.place, "provider_type": provider_type},
        "open_hours": [
            {"day_index": day.upper(), **period}
            for day, intervals in week(hours).items()
            for period in _periods(intervals)
        ],
        "special_hours": [
            {"date": day, **period}
            for day, intervals in days(hours, publishing.now_ms).items()
            for period in _of_a_day(intervals)
        ],
        "menu": {"name": NAME, "subtitle": "", "active": True, "categories": _shown(publishing)},
    }


def known_menu(details: dict[str, Any]) -> tuple[str, bool]:
    """Return the id of our menu among a store's, "" if none, and whether one is being made."""
    is_pending = False

    def read(menu: dict[str, Any]) -> str | None:
        nonlocal is_pending
        latest = menu.get("latest_menu_update")
        status = text(latest, "status") if isinstance(latest, dict) else ""
        is_pending = is_pending or status == PENDING
        is_ours = menu.get("is_pos_menu") is not False and text(menu, "name") == NAME
        return text(menu, "menu_id") or None if is_ours else None

    found = readable("doordash", details.get("menu"), read)
    return found[-1] if found else "", is_pending


def read_result(payload: dict[str, Any]) -> MenuResult:
    """Read the menu status callback."""
    event, menu = obj(payload, "event"), payload.get("menu")
    store = obj(payload, "store")
    why = ""
    if text(event, "status") != "SUCCESS":
        why = text(event, "details")[:300] or f"the menu job ended with {text(event, 'status')}"
    return MenuResult(
        identifier(store.get("merchant_supplied_id"), "store.merchant_supplied_id"),
        why,
        text(event, "reference"),
        # Also with a failure: then the menu is there, and its hours are not.
        text(menu, "id") if isinstance(menu, dict) else "",
    )


def _shown(publishing: Publishing) -> list[dict[str, Any]]:
    by_id = {item.id: item for item in publishing.menu.items}
    groups = publishing.groups_by_id()
    return [
        {
            "name": category.name,
            "subtitle": category.description,
            "merchant_supplied_id": category.id,
            "active": True,
            "sort_id": number,
            "items": [
                _item(by_id[id_], place, by_id, groups) for place, id_ in enumerate(category.items)
            ],
        }
        for number, category in enumerate(publishing.menu.categories)
    ]


def _item(
    item: MenuItem, place: int, by_id: Mapping[str, MenuItem], groups: Mapping[str, ModifierGroup]
) -> dict[str, Any]:
    body = {"description": item.description, "is_alcohol": False}
    body |= _entry(item, place, by_id, groups)
    return body | {"original_image_url": item.image} if item.image else body


def _entry(
    item: MenuItem, place: int, by_id: Mapping[str, MenuItem], groups: Mapping[str, ModifierGroup]
) -> dict[str, Any]:
    """Return what items and options have in common. `active` is not told: the item's status is."""
    body: dict[str, Any] = {
        "name": item.name,
        "merchant_supplied_id": item.id,
        "active": True,
        "sort_id": place,
        "price": item.price.amount,
        "extras": [
            {
                "name": group.name,
                "merchant_supplied_id": group.id,
                "active": True,
                "sort_id": number,
                "min_num_options": group.least,
                "max_num_options": group.most,
                "options": [
                    _entry(by_id[id_], one, by_id, groups) for one, id_ in enumerate(group.options)
                ],
            }
            for number, group in enumerate(groups[id_] for id_ in item.groups)
        ],
    }
    return body | {"tax_rate": item.tax_rate} if item.tax_rate else body


def _periods(intervals: Intervals) -> list[dict[str, Any]]:
    return [{"start_time": clock(start), "end_time": clock(end)} for start, end in intervals]


def _of_a_day(intervals: Intervals) -> list[dict[str, Any]]:
    if not intervals:
        return [{"closed": True, "start_time": "00:00", "end_time": "23:59"}]
    return [{"closed": False, **period} for period in _periods(intervals)]
