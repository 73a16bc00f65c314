"""Open Delivery's merchant update: the entities of a merchant that changed, kind by kind.

From the Open Delivery specification (Abrasel), Merchant: each kind's required fields, and ids that
name others which have to be there. Times are UTC's and end with Z.
"""

from __future__ import annotations

import re
from typing import Any

from simulators.channels.menu_checks import ids, known, member, objects, text, unique, whole
from simulators.wsgi import BodyError, Request, Response

Json = dict[str, Any]
STATUSES = ("AVAILABLE", "UNAVAILABLE")
DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?Z")


class Merchants:
    """What each merchant offers, by kind and id, and the status of its items."""

    def __init__(self) -> None:
        self.entities: dict[str, dict[str, dict[str, Json]]] = {}
        self.item_status: dict[tuple[str, str], str] = {}

    def update(self, request: Request) -> Response:
        """PUT /v1/merchantUpdate: `{merchantId, entityType, updatedObjects}`."""
        body = request.json_object()
        merchant, kind = text(body, "merchantId"), text(body, "entityType")
        changed = objects(body, "updatedObjects")
        if kind not in CHECKS:
            raise BodyError(f"entityType must be one of {', '.join(CHECKS)}")
        unique(changed, "objects")
        there = self.entities.setdefault(merchant, {})
        for one in changed:
            CHECKS[kind](one, there)
        for one in changed:
            before = there.setdefault(kind, {}).get(one["id"], {})
            there[kind][one["id"]] = before | one
            if kind == "ITEM" and "status" in one:
                self.item_status[merchant, one["id"]] = one["status"]
        return Response(202)


def _item(one: Json, _there: Json) -> None:
    if one.get("status", "AVAILABLE") not in STATUSES:
        raise BodyError("status must be AVAILABLE or UNAVAILABLE")
    text(one, "externalCode")
    if "name" in one:
        text(one, "name")
        if one.get("unit") not in ("UN", "KG", "L", "OZ", "LB", "GAL"):
            raise BodyError("unit is not one of the specification's")


def _price(one: Json) -> None:
    price = member(one, "price")
    for name in ("value", "originalValue"):
        if isinstance(price.get(name), bool) or not isinstance(price.get(name), int | float):
            raise BodyError(f"price.{name} must be a number")
    text(price, "currency")


def _group(one: Json, there: Json) -> None:
    text(one, "name")
    if whole(one, "minPermitted") > whole(one, "maxPermitted"):
        raise BodyError("minPermitted is more than maxPermitted")
    options = objects(one, "options")
    unique(options, "options")
    for option in options:
        _price(option)
    known([text(option, "itemId") for option in options], set(there.get("ITEM", ())), "item")


def _offer(one: Json, there: Json) -> None:
    known([text(one, "itemId")], set(there.get("ITEM", ())), "item")
    known(ids(one, "optionGroupsId"), set(there.get("OPTION_GROUP", ())), "option group")
    _price(one)


def _category(one: Json, there: Json) -> None:
    text(one, "name")
    if one.get("status") not in STATUSES:
        raise BodyError("status must be AVAILABLE or UNAVAILABLE")
    known(ids(one, "itemOfferId"), set(there.get("ITEM_OFFER", ())), "item offer")


def _menu(one: Json, there: Json) -> None:
    text(one, "name")
    known(ids(one, "categoryId"), set(there.get("CATEGORY", ())), "category")


def _service(one: Json, there: Json) -> None:
    known([text(one, "menuId")], set(there.get("MENU", ())), "menu")
    hours = member(one, "serviceHours")
    for entry in objects(hours, "weekHours"):
        if not set(ids(entry, "dayOfWeek")) <= set(DAYS):
            raise BodyError("dayOfWeek must be MONDAY to SUNDAY")
        _periods(member(entry, "timePeriods"))
    for entry in objects(hours, "holidayHours"):
        text(entry, "date")
        if "timePeriods" in entry:
            _periods(member(entry, "timePeriods"))


def _periods(periods: Json) -> None:
    for name in ("startTime", "endTime"):
        if not _TIME.fullmatch(text(periods, name)):
            raise BodyError(f"{name} must be a time in UTC")


CHECKS = {
    "ITEM": _item,
    "OPTION_GROUP": _group,
    "ITEM_OFFER": _offer,
    "CATEGORY": _category,
    "MENU": _menu,
    "SERVICE": _service,
}
