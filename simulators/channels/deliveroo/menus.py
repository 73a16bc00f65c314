"""Deliveroo's menus: taken at once, worked at, and told about by a webhook; and sites' hours.

From api-docs.deliveroo.com (Menu API, Site API): a site takes one upload a minute; an upload of
what is there already says MATCH_EXISTING_MENU and is worked at no further; `menu.upload_result`
has http_status 200, or 400 with errors. Opening hours are replaced as a whole and do not overlap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulators.channels.menu_checks import ids, known, member, minute, objects, text, unique, whole
from simulators.simulator import Refusal
from simulators.wsgi import BodyError, Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WORKS_MS = 3_000
A_MINUTE_MS = 60_000
UPLOADED = "menu.upload_result"


class Menus:
    """What each site shows. `later` runs an action at an instant, `publish` sends a webhook."""

    def __init__(
        self,
        now_ms: Callable[[], int],
        later: Callable[[int, Callable[[], None]], None],
        publish: Callable[[Json, str], None],
        refuse: Callable[[int, str], Response],
    ) -> None:
        self.shown: dict[str, Json] = {}
        self.menu_ids: dict[str, str] = {}
        self.hours: dict[str, Json] = {}
        self.fails_with = 0
        self._uploaded_ms: dict[str, int] = {}
        self._now_ms = now_ms
        self._later = later
        self._publish = publish
        self._refuse = refuse

    def put(self, request: Request, brand_id: str, menu_id: str) -> Response:
        """PUT /menu/v1/brands/{brand}/menus/{id}: 200 at once, how it went later."""
        body = request.json_object()
        text(body, "name")
        member(body, "menu")
        sites = ids(body, "site_ids")
        if not sites:
            raise BodyError("site_ids is empty")
        now_ms = self._now_ms()
        if any(now_ms < self._uploaded_ms.get(site, -A_MINUTE_MS) + A_MINUTE_MS for site in sites):
            raise Refusal(self._refuse(429, "Too many menu uploads for this site"))
        self._uploaded_ms |= dict.fromkeys(sites, now_ms)
        if all(self.shown.get(site) == body["menu"] for site in sites):
            return Response.of_json({"result": "MATCH_EXISTING_MENU"})
        self._later(now_ms + WORKS_MS, lambda: self._work(brand_id, menu_id, body))
        return Response.of_json({"result": "OK"})

    def put_hours(self, request: Request, brand_id: str, site_id: str) -> Response:  # noqa: ARG002
        """POST /site/v1/brands/{brand}/sites/{site}/opening_hours: the whole week."""
        week = member(request.json_object(), "opening_hours")
        for day in week:
            if day not in DAYS:
                raise BodyError(f"{day} is no day of the week")
            before = -1
            for period in objects(week, day):
                names = ("local_start_time", "local_end_time")
                start, end = (minute(period.get(name), name) for name in names)
                if start <= before or end <= start:
                    raise BodyError("opening hours overlap, or end before they begin")
                before = end
        self.hours[site_id] = week
        return Response.of_json({"opening_hours": week})

    def has(self, site_id: str, menu_id: str, item_id: str) -> bool:
        """Say whether an item can be taken off there; without a menu nobody looks."""
        menu = self.shown.get(site_id)
        if menu is None:
            return True
        on_it = any(item["id"] == item_id for item in menu["items"])
        return on_it and self.menu_ids[site_id] == menu_id

    def _work(self, brand_id: str, menu_id: str, body: Json) -> None:
        status, errors = 200, []
        try:
            check_menu(body["menu"])
        except BodyError as error:
            status, errors = 400, [{"code": "invalid_menu", "message": str(error)}]
        if self.fails_with:
            status, errors = self.fails_with, [{"code": "failed", "message": "it did not work"}]
        if status == 200:
            self.shown |= dict.fromkeys(body["site_ids"], body["menu"])
            self.menu_ids |= dict.fromkeys(body["site_ids"], menu_id)
        result = {
            "http_status": status,
            "brand_id": brand_id,
            "menu_id": menu_id,
            "site_ids": body["site_ids"],
            "errors": errors,
        }
        payload = {"event": UPLOADED, "body": {"menu_upload_result": result}}
        self._publish(payload, body["site_ids"][0])


def check_menu(menu: Json) -> None:
    """Raise BodyError for what Deliveroo would not show."""
    categories, items = objects(menu, "categories"), objects(menu, "items")
    modifiers, mealtimes = objects(menu, "modifiers"), objects(menu, "mealtimes")
    item_ids, modifier_ids = unique(items, "items"), unique(modifiers, "modifiers")
    category_ids = unique(categories, "categories")
    if not mealtimes:
        raise BodyError("mealtimes is empty")
    for mealtime in mealtimes:
        text(member(mealtime, "name"), "en")
        known(ids(mealtime, "category_ids"), category_ids, "category")
    for category in categories:
        text(member(category, "name"), "en")
        known(ids(category, "item_ids"), item_ids, "item")
    for item in items:
        text(member(item, "name"), "en")
        text(item, "operational_name")
        text(item, "plu")
        whole(member(item, "price_info"), "price")
        text(item, "tax_rate")
        if item.get("type") not in ("ITEM", "CHOICE"):
            raise BodyError("type must be ITEM or CHOICE")
        known(ids(item, "modifier_ids"), modifier_ids, "modifier")
    for modifier in modifiers:
        text(member(modifier, "name"), "en")
        known(ids(modifier, "item_ids"), item_ids, "item")
        if whole(modifier, "min_selection") > whole(modifier, "max_selection"):
            raise BodyError("min_selection is more than max_selection")
