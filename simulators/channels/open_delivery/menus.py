"""Open Delivery's merchants: read whole, or told of the entities that changed, kind by kind.

From the Open Delivery specification (Abrasel), Merchant: each kind's required fields, and ids that
name others which have to be there. Times are UTC's and end with Z.
"""

from __future__ import annotations

import json
import re
from typing import Any

from simulators.channels.menu_checks import ids, known, member, objects, text, unique, whole
from simulators.wsgi import BodyError, Response

Json = dict[str, Any]
STATUSES = ("AVAILABLE", "UNAVAILABLE")
DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?Z")


class Merchants:
    """What each merchant offers, by kind and id; whether it is open, its items by external code.

    `read` has when each merchant was read last, how that went, and why not.
    """

    def __init__(self) -> None:
        self.entities: dict[str, dict[str, dict[str, Json]]] = {}
        self.item_status: dict[tuple[str, str], str] = {}
        self.status: dict[str, str] = {}
        self.basic_info: dict[str, Json] = {}
        self.read: dict[str, tuple[int, str, str]] = {}

    def items(self, merchant_id: str) -> dict[str, Json]:
        """Return a merchant's items by the merchant's own ids."""
        items = self.entities.get(merchant_id, {}).get("ITEM", {}).values()
        return {item["externalCode"]: item for item in items}

    def update(self, merchant_id: str, body: Json) -> Response:
        """POST /v1/merchantUpdate: `merchantStatus`, or `entityType` and `updatedObjects`."""
        if "merchantStatus" in body:
            _status(body, "merchantStatus")
            self.status[merchant_id] = body["merchantStatus"]
        if "merchantStatus" in body and "entityType" not in body:
            return Response(204)
        kind, changed = text(body, "entityType"), objects(body, "updatedObjects")
        if kind not in CHECKS or not changed:
            raise BodyError(f"entityType must be one of {', '.join(CHECKS)}, with objects")
        self._merge(merchant_id, self.entities.setdefault(merchant_id, {}), kind, changed)
        return Response(204)

    def take(self, merchant_id: str, status: int, now_ms: int) -> None:
        """Put what GET merchant was answered in place of all that was known of a merchant."""
        body = getattr(status, "body", b"")
        try:
            if status != 200:
                raise BodyError(f"HTTP {int(status)} {body[:200].decode(errors='replace')}")
            self._replace(merchant_id, json.loads(body))
        except ValueError as error:
            self.read[merchant_id] = (now_ms, "FAIL", str(error))
        else:
            self.read[merchant_id] = (now_ms, "SUCCESS", "")

    def _replace(self, merchant_id: str, merchant: Json) -> None:
        if not isinstance(merchant, dict):
            raise BodyError("the merchant is no object")
        check_merchant(merchant_id, merchant)
        there: dict[str, dict[str, Json]] = {}
        for kind, member_name in MEMBERS.items():
            if merchant.get(member_name):
                self._merge(merchant_id, there, kind, merchant[member_name])
        self.entities[merchant_id] = there
        self.status[merchant_id] = merchant["status"]
        self.basic_info[merchant_id] = merchant["basicInfo"]

    def _merge(self, merchant_id: str, there: Json, kind: str, changed: list[Json]) -> None:
        unique(changed, "objects")
        for one in changed:
            if not _UUID.fullmatch(one["id"]):
                raise BodyError(f"{kind}: id must be a UUID")
            CHECKS[kind](one, there)
        for one in changed:
            before = there.setdefault(kind, {}).get(one["id"], {})
            there[kind][one["id"]] = before | one
            if kind == "ITEM" and "status" in one:
                self.item_status[merchant_id, one["externalCode"]] = one["status"]


def check_merchant(merchant_id: str, merchant: Json) -> None:
    """Raise BodyError when a merchant lacks what the specification requires beside its entities."""
    if merchant.get("id") != merchant_id:
        raise BodyError("id is not the merchant's that was asked for")
    _status(merchant, "status")
    if not 500 <= whole(merchant, "TTL") <= 86_400:
        raise BodyError("TTL must be 500 to 86400")
    if not text(merchant, "lastUpdate").endswith("Z"):
        raise BodyError("lastUpdate must be a time in UTC")
    for name in ("services", "items", "menus", "categories", "itemOffers"):
        objects(merchant, name)
    info = member(merchant, "basicInfo")
    for name in ("name", "corporateName"):
        text(info, name)
    if not re.fullmatch(r"\d{14}", text(info, "document")):
        raise BodyError("basicInfo.document must be 14 digits")
    address = member(info, "address")
    for name in ("country", "state", "city", "district", "street", "number", "postalCode"):
        text(address, name)
    text(member(info, "contactPhones"), "commercialNumber")
    text(member(info, "logoImage"), "URL")
    for service in merchant["services"]:
        if service.get("serviceType") == "DELIVERY":
            member(service, "serviceArea")


def _status(one: Json, name: str) -> None:
    if one.get(name) not in STATUSES:
        raise BodyError(f"{name} must be AVAILABLE or UNAVAILABLE")


def _item(one: Json, _there: Json) -> None:
    _status({"status": "AVAILABLE"} | one, "status")
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
    _status(one, "status")
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

MEMBERS = {
    "ITEM": "items",
    "OPTION_GROUP": "optionGroups",
    "ITEM_OFFER": "itemOffers",
    "CATEGORY": "categories",
    "MENU": "menus",
    "SERVICE": "services",
}
"""Where each kind stands in a merchant, those first that others name."""
