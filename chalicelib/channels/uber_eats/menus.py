"""A menu and its hours as Uber Eats wants them.

Source: Uber's developer pages, "Eats": upload menu, example payloads, troubleshooting, set holiday
hours. A period's last minute is part of it, so one until ten ends at 21:59.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.channels.menus import DAY_NAMES, NAME
from chalicelib.domain.wall import clock, days, week

if TYPE_CHECKING:
    from chalicelib.channels.menus import Publishing
    from chalicelib.domain.hours import Intervals
    from chalicelib.domain.sections import ModifierGroup
    from chalicelib.domain.store import MenuItem

LANGUAGE = "en_us"
MENU_ID = "menu"

FOR_EVER_SECONDS = 4_102_444_800
"""2100-01-01: an item without an end of its suspension."""

CLOSED = [{"start_time": "00:00", "end_time": "00:00"}]


def menu_body(publishing: Publishing) -> dict[str, Any]:
    """Return the body of PUT menus, which replaces the whole menu."""
    menu = publishing.menu
    availability = [
        {"day_of_week": DAY_NAMES[day], "time_periods": _periods(intervals)}
        for day, intervals in week(menu.store.hours).items()
        if intervals
    ]
    return {
        "menus": [
            {
                "id": MENU_ID,
                "title": _text(NAME),
                "service_availability": availability,
                "category_ids": [category.id for category in menu.categories],
            }
        ],
        "categories": [
            {
                "id": category.id,
                "title": _text(category.name),
                **({"subtitle": _text(category.description)} if category.description else {}),
                "entities": [{"id": id_, "type": "ITEM"} for id_ in category.items],
            }
            for category in menu.categories
        ],
        "items": [_item(item, publishing) for item in publishing.items()],
        "modifier_groups": [_group(group) for group in publishing.groups()],
        "display_options": {"disable_item_instructions": False},
    }


def holiday_body(publishing: Publishing) -> dict[str, Any]:
    """Return the body of POST holiday-hours, which replaces all that was told before."""
    of_days = days(publishing.menu.store.hours, publishing.now_ms)
    return {
        "holiday_hours": {
            day: {"open_time_periods": _periods(intervals) or CLOSED}
            for day, intervals in of_days.items()
        }
    }


def suspension(until_ms: int | None) -> dict[str, Any]:
    """Return how Uber is told that an item is off, for a time or without an end."""
    until = until_ms // 1000 if until_ms else FOR_EVER_SECONDS
    return {"suspend_until": until, "reason": "OUT_OF_STOCK"}


def _item(item: MenuItem, publishing: Publishing) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": item.id,
        "external_data": item.id,
        "title": _text(item.name),
        "price_info": {"price": item.price.amount},
        "tax_info": {"tax_rate": float(item.tax_rate)} if item.tax_rate else {},
        "modifier_group_ids": {"ids": list(item.groups)},
    }
    if item.description:
        body["description"] = _text(item.description)
    if item.image:
        body["image_url"] = item.image
    if item.id in publishing.off:
        body["suspension_info"] = {"suspension": suspension(publishing.off[item.id])}
    return body


def _group(group: ModifierGroup) -> dict[str, Any]:
    quantity = {"min_permitted": group.least, "max_permitted": group.most}
    return {
        "id": group.id,
        "title": _text(group.name),
        "quantity_info": {"quantity": quantity},
        "modifier_options": [{"id": id_, "type": "ITEM"} for id_ in group.options],
    }


def _periods(intervals: Intervals) -> list[dict[str, str]]:
    return [{"start_time": clock(start), "end_time": clock(end - 1)} for start, end in intervals]


def _text(text: str) -> dict[str, Any]:
    return {"translations": {LANGUAGE: text}}
