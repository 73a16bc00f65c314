"""Uber Eats' menus: one PUT replaces all of a store's, and every date that differs is told apart.

From Uber's developer pages (docs/eats): all four lists are required; a menu has hours on some day,
whose intervals are 60 minutes at least (both ends belong to them, and one may go on after
midnight); holiday hours replace each other, 00:00 to 00:00 is closed.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from simulators.channels.menu_checks import ids, known, member, minute, objects, text, unique, whole
from simulators.wsgi import BodyError, Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SHORTEST_MINUTES = 60
DAY_MINUTES = 1440
WEEK_MINUTES = 7 * DAY_MINUTES


class Menus:
    """What each store shows. `suspended` is the simulator's own, by store and item."""

    def __init__(self, suspended: dict[tuple[str, str], int], now_ms: Callable[[], int]) -> None:
        self.shown: dict[str, Json] = {}
        self.holidays: dict[str, Json] = {}
        self._suspended = suspended
        self._now_ms = now_ms

    def put(self, request: Request, store_id: str) -> Response:
        """PUT /v2/eats/stores/{id}/menus: the whole menu, suspensions included."""
        body = request.json_object()
        check_menu(body)
        self.shown[store_id] = body
        for key in [key for key in self._suspended if key[0] == store_id]:
            del self._suspended[key]
        for item in body["items"]:
            info = item.get("suspension_info")
            until = info["suspension"]["suspend_until"] if info else None
            if until is not None and until > self._now_ms() // 1000:
                self._suspended[store_id, item["id"]] = until
        return Response(204)

    def put_holidays(self, request: Request, store_id: str) -> Response:
        """POST /v1/eats/stores/{id}/holiday-hours: all dates that differ from the menu's hours."""
        of_days = member(request.json_object(), "holiday_hours")
        for day, hours in of_days.items():
            try:
                date.fromisoformat(day)
            except ValueError:
                raise BodyError(f"{day} is no date") from None
            for period in objects(hours, "open_time_periods"):
                _period(period)
        self.holidays[store_id] = of_days
        return Response(204)

    def has(self, store_id: str, item_id: str) -> bool:
        """Say whether an item can be changed there; without a menu nobody looks."""
        menu = self.shown.get(store_id)
        return menu is None or any(item["id"] == item_id for item in menu["items"])


def check_menu(body: Json) -> None:
    """Raise BodyError for what Uber would not take."""
    menus, categories = objects(body, "menus"), objects(body, "categories")
    items, groups = objects(body, "items"), objects(body, "modifier_groups")
    if not menus:
        raise BodyError("the catalog has no menus")
    item_ids, group_ids = unique(items, "items"), unique(groups, "modifier groups")
    category_ids = unique(categories, "categories")
    for menu in menus:
        _title(menu)
        known(ids(menu, "category_ids"), category_ids, "category")
        _check_hours(objects(menu, "service_availability"))
    for category in categories:
        _title(category)
        known([text(one, "id") for one in objects(category, "entities")], item_ids, "item")
    for item in items:
        _title(item)
        whole(member(item, "price_info"), "price")
        if "tax_info" not in item:
            raise BodyError("tax_info is required")
        known(ids(member(item, "modifier_group_ids"), "ids"), group_ids, "modifier group")
    for group in groups:
        _title(group)
        options = objects(group, "modifier_options")
        known([text(one, "id") for one in options], item_ids, "item")
        quantity = member(member(group, "quantity_info"), "quantity")
        if whole(quantity, "min_permitted") > whole(quantity, "max_permitted"):
            raise BodyError("min_permitted is more than max_permitted")


def _title(entry: Json) -> None:
    translations = member(member(entry, "title"), "translations")
    if not translations or not all(isinstance(t, str) and t for t in translations.values()):
        raise BodyError("title.translations is required")


def _period(period: Json) -> tuple[int, int]:
    start, end = (minute(period.get(name), name) for name in ("start_time", "end_time"))
    if end < start:
        raise BodyError("end_time is before start_time")
    return start, end


def _check_hours(availability: list[Json]) -> None:
    """Join what touches across midnight, and refuse what is shorter than an hour."""
    open_minutes: set[int] = set()
    for of_day in availability:
        if of_day.get("day_of_week") not in DAYS:
            raise BodyError("day_of_week must be monday to sunday")
        first = DAYS.index(of_day["day_of_week"]) * DAY_MINUTES
        for period in objects(of_day, "time_periods"):
            start, end = _period(period)
            open_minutes |= set(range(first + start, first + end + 1))
    if not open_minutes:
        raise BodyError("the catalog has no hours")
    if len(open_minutes) == WEEK_MINUTES:
        return
    for begin in (m for m in open_minutes if (m - 1) % WEEK_MINUTES not in open_minutes):
        length = next(
            n for n in range(WEEK_MINUTES) if (begin + n) % WEEK_MINUTES not in open_minutes
        )
        if length < SHORTEST_MINUTES:
            raise BodyError("service_availability has an interval shorter than 60 minutes")
