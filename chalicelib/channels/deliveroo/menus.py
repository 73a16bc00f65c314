"""A menu and its hours as Deliveroo wants them.

Source: api-docs.deliveroo.com: Menu API (overview, guidelines, upload, menu events), Site API
(opening hours). Special days are not told: a day off can be added there, another hour cannot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.channels.base import obj, readable, text
from chalicelib.channels.menus import DAY_NAMES, NAME, MenuResult
from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.order import identifier
from chalicelib.domain.wall import clock, week

if TYPE_CHECKING:
    from chalicelib.channels.menus import Publishing
    from chalicelib.domain.sections import ModifierGroup
    from chalicelib.domain.store import MenuItem

UPLOADED = "menu.upload_result"
UNCHANGED = "MATCH_EXISTING_MENU"
ALL_DAY = "all-day"


def menu_body(publishing: Publishing) -> dict[str, Any]:
    """Return the body of PUT menu, for the one site."""
    menu, shown = publishing.menu, publishing.shown()
    mealtime = {
        "id": ALL_DAY,
        "name": _text(NAME),
        "category_ids": [category.id for category in menu.categories],
        "schedule": [],  # whenever the site is open
    }
    return {
        "name": NAME,
        "site_ids": [publishing.place],
        "menu": {
            "categories": [
                {
                    "id": category.id,
                    "name": _text(category.name),
                    "description": _text(category.description),
                    "item_ids": list(category.items),
                }
                for category in menu.categories
            ],
            "items": [_item(item, shown) for item in publishing.items()],
            "modifiers": [_modifier(group) for group in publishing.groups()],
            "mealtimes": [mealtime],
        },
    }


def hours_body(publishing: Publishing) -> dict[str, Any]:
    """Return the body of POST opening_hours, which replaces the whole week."""
    return {
        "opening_hours": {
            DAY_NAMES[day]: [
                {"local_start_time": clock(start), "local_end_time": clock(end)}
                for start, end in intervals
            ]
            for day, intervals in week(publishing.menu.store.hours).items()
        }
    }


def uploaded(payload: dict[str, Any]) -> dict[str, Any]:
    """Return the webhook's result of an upload."""
    return obj(obj(payload, "body"), "menu_upload_result")


def site_of(result: dict[str, Any]) -> str:
    """Return the site that an upload was for: each of ours is for one."""
    sites = result.get("site_ids")
    if not isinstance(sites, list) or not sites:
        raise InvalidPayload("menu_upload_result.site_ids is missing")
    return identifier(sites[0], "menu_upload_result.site_ids")


def read_result(payload: dict[str, Any]) -> MenuResult:
    """Read the webhook: 200 is a success, 400 a menu that is wrong, 500 a failure of theirs."""
    result = uploaded(payload)
    status = result.get("http_status")
    if status == 200:
        return MenuResult(site_of(result))
    said = readable("deliveroo", result.get("errors"), lambda error: text(error, "message") or None)
    why = "; ".join(said)[:300] or f"the upload ended with {status}"
    return MenuResult(site_of(result), why, may_pass=status != 400)


def _item(item: MenuItem, shown: set[str]) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": item.id,
        "name": _text(item.name),
        "operational_name": item.name,
        "description": _text(item.description),
        "plu": item.id,
        "type": "ITEM" if item.id in shown else "CHOICE",
        "price_info": {"price": item.price.amount},
        "tax_rate": item.tax_rate or "0",
        "contains_alcohol": False,
        "modifier_ids": list(item.groups),
    }
    if item.image:
        body["image"] = {"url": item.image}
    return body


def _modifier(group: ModifierGroup) -> dict[str, Any]:
    return {
        "id": group.id,
        "name": _text(group.name),
        "min_selection": group.least,
        "max_selection": group.most,
        "repeatable": group.most > len(group.options),
        "item_ids": list(group.options),
    }


def _text(text: str) -> dict[str, str]:
    return {"en": text}
