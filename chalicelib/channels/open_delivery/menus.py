"""A menu and its hours in Open Delivery's words: the entities of a merchant that changed.

Source: the Open Delivery specification (Abrasel), Merchant: Item, OptionGroup, ItemOffer, Category,
Menu, Service; merchant update. Times are UTC's. Options have no options of their own there: theirs
become questions of the item, which nobody has to answer. Ids are UUIDs there, made of ours, which
are the external codes.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from chalicelib.channels.menus import DAY_NAMES, NAME
from chalicelib.domain.money import EXPONENTS
from chalicelib.domain.wall import clock, days, utc, week_in_utc

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chalicelib.channels.menus import Publishing
    from chalicelib.domain.money import Money
    from chalicelib.domain.sections import ModifierGroup
    from chalicelib.domain.store import MenuItem

MENU_ID = "menu"
SERVICES = ("DELIVERY", "TAKEOUT")
SOON = "+"
"""Set before the id of a group that an option asks about: as the item's own it has another rule."""


MOST_LETTERS = 150
"""Of an item's name."""


def entity_id(place: str, kind: str, id_: str) -> str:
    """Return the UUID of an entity of a merchant: always the same one for the same of ours."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"open-delivery:{place}/{kind}/{id_}"))


def entities(publishing: Publishing) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return each kind of entity with all of its objects, those first that others name."""
    menu, place = publishing.menu, publishing.place
    groups = publishing.groups_by_id()
    by_id = {item.id: item for item in menu.items}
    below = {item.id: _asked(item, by_id, groups) for item in publishing.items()}
    asked = {id_: group for found in below.values() for id_, group in found.items()}
    shown = publishing.shown()
    return [
        ("ITEM", [_item(item, publishing) for item in publishing.items()]),
        ("OPTION_GROUP", [_group(place, id_, asked[id_], by_id) for id_ in asked]),
        (
            "ITEM_OFFER",
            [
                {
                    "id": entity_id(place, "ITEM_OFFER", item.id),
                    "itemId": entity_id(place, "ITEM", item.id),
                    "index": number,
                    "price": price(item.price),
                    "optionGroupsId": [entity_id(place, "OPTION_GROUP", g) for g in below[item.id]],
                }
                for number, item in enumerate(publishing.items())
                if item.id in shown
            ],
        ),
        (
            "CATEGORY",
            [
                {
                    "id": entity_id(place, "CATEGORY", category.id),
                    "index": number,
                    "name": category.name,
                    "description": category.description,
                    "externalCode": category.id,
                    "status": "AVAILABLE",
                    "itemOfferId": [entity_id(place, "ITEM_OFFER", id_) for id_ in category.items],
                }
                for number, category in enumerate(menu.categories)
            ],
        ),
        (
            "MENU",
            [
                {
                    "id": entity_id(place, "MENU", MENU_ID),
                    "name": NAME,
                    "externalCode": menu.store.menu_version,
                    "categoryId": [entity_id(place, "CATEGORY", one.id) for one in menu.categories],
                }
            ],
        ),
        ("SERVICE", [service(kind, publishing) for kind in SERVICES]),
    ]


def _asked(
    item: MenuItem, by_id: Mapping[str, MenuItem], groups: Mapping[str, ModifierGroup]
) -> dict[str, ModifierGroup]:
    """Return the groups of an item by their id there: its own, then those of its options."""
    found = {id_: groups[id_] for id_ in item.groups}
    waiting = [by_id[id_] for group in found.values() for id_ in group.options]
    while waiting:
        option = waiting.pop(0)
        for id_ in option.groups:
            if f"{SOON}{id_}" not in found:
                found[f"{SOON}{id_}"] = groups[id_]
                waiting += [by_id[below] for below in groups[id_].options]
    return found


def _item(item: MenuItem, publishing: Publishing) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": entity_id(publishing.place, "ITEM", item.id),
        "name": item.name[:MOST_LETTERS],
        "description": item.description,
        "externalCode": item.id,
        "unit": "UN",
        "status": "UNAVAILABLE" if item.id in publishing.off else "AVAILABLE",
    }
    return body | {"image": {"URL": item.image}} if item.image else body


def _group(
    place: str, id_: str, group: ModifierGroup, by_id: Mapping[str, MenuItem]
) -> dict[str, Any]:
    return {
        "id": entity_id(place, "OPTION_GROUP", id_),
        "index": 0,
        "name": group.name,
        "externalCode": group.id,
        "status": "AVAILABLE",
        "minPermitted": 0 if id_.startswith(SOON) else group.least,
        "maxPermitted": group.most,
        "options": [
            {
                "id": entity_id(place, "OPTION", f"{id_}.{option}"),
                "itemId": entity_id(place, "ITEM", option),
                "index": number,
                "price": price(by_id[option].price),
                "maxPermitted": group.most,
            }
            for number, option in enumerate(group.options)
        ],
    }


def service(kind: str, publishing: Publishing) -> dict[str, Any]:
    """Return how customers get their food: DELIVERY or TAKEOUT, and when they can order it so."""
    place = publishing.place
    return {
        "id": entity_id(place, "SERVICE", kind),
        "status": "AVAILABLE",
        "serviceType": kind,
        "menuId": entity_id(place, "MENU", MENU_ID),
        "serviceHours": {
            "id": entity_id(place, "HOURS", kind),
            "weekHours": list(_week(publishing)),
            "holidayHours": list(_special(publishing)),
        },
    }


def _week(publishing: Publishing) -> Iterator[dict[str, Any]]:
    of_week = week_in_utc(publishing.menu.store.hours, publishing.now_ms)
    for day, intervals in of_week.items():
        for start, end in intervals:
            times = {"startTime": f"{clock(start)}:00.000Z", "endTime": f"{clock(end)}:00.000Z"}
            yield {"dayOfWeek": [DAY_NAMES[day].upper()], "timePeriods": times}


def _special(publishing: Publishing) -> Iterator[dict[str, Any]]:
    """Yield dates on the wall's calendar. One without a period is closed."""
    hours = publishing.menu.store.hours
    if hours is None:
        return
    for day, intervals in days(hours, publishing.now_ms).items():
        if not intervals:
            yield {"date": day}
        for start, end in intervals:
            times = {
                "startTime": f"{utc(day, start, hours):%H:%M:%S}.000Z",
                "endTime": f"{utc(day, end, hours):%H:%M:%S}.000Z",
            }
            yield {"date": day, "timePeriods": times}


def price(money: Money) -> dict[str, Any]:
    """Return a price as a decimal number: exact, as JSON writes the shortest one that means it."""
    value = money.amount / 10 ** EXPONENTS[money.currency]
    return {"value": value, "originalValue": value, "currency": money.currency}
