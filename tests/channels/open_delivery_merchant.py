"""What Open Delivery v1.5 asks of a merchant (GET /v1/merchant), in our own words: a judge of ours.

Source: the specification's OpenAPI description, schemas Merchant, BasicInfo, Service, ServiceArea,
ServiceHours, Item, Menu, Category, ItemOffer, OptionGroup, Option, ItemPrice. Required members,
kinds and forms are its; one thing differs: HolidayHours requires timePeriods, and its text says
that a day without them is closed.
"""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from chalicelib.domain.business import KINDS

Json = dict[str, Any]
TEXT: Json = {"type": "string"}
FILLED: Json = {"type": "string", "minLength": 1}
UUID: Json = {"type": "string", "format": "uuid"}
UUIDS: Json = {"type": "array", "items": UUID}
NUMBER: Json = {"type": "number"}
WHOLE: Json = {"type": "integer"}
STATUS: Json = {"enum": ["AVAILABLE", "UNAVAILABLE"]}
CURRENCY: Json = {"type": "string", "pattern": "^[A-Z]{3}$"}
TIME: Json = {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?Z$"}
DAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]


def an(optional: Json | None = None, /, **required: Json) -> Json:
    """Return an object of these members and no others: a name that is misspelled is found."""
    members = {name.rstrip("_"): kind for name, kind in required.items()}
    return {
        "type": "object",
        "required": list(members),
        "properties": members | (optional or {}),
        "additionalProperties": False,
    }


def many(kind: Json, least: int = 0) -> Json:
    return {"type": "array", "items": kind, "minItems": least}


def name(most: int) -> Json:
    return {"type": "string", "minLength": 1, "maxLength": most}


IMAGE = an({"CRC-32": TEXT}, URL={"type": "string", "pattern": "^https://"})
PRICE = an(value=NUMBER, currency=CURRENCY)
ITEM_PRICE = an(value=NUMBER, originalValue=NUMBER, currency=CURRENCY)
PERIODS = an(startTime=TIME, endTime=TIME)
HOURS = an(dayOfWeek=many({"enum": DAYS}, 1), timePeriods=PERIODS)
HOLIDAY = an({"timePeriods": PERIODS}, date={"type": "string", "format": "date"})
ADDRESS = an(
    {"reference": TEXT},
    country={"type": "string", "pattern": "^[A-Z]{2}$"},
    state=FILLED, city=FILLED, district=FILLED, street=FILLED, number=FILLED, postalCode=FILLED,
    complement=TEXT,
    latitude={"type": "number", "minimum": -90, "maximum": 90},
    longitude={"type": "number", "minimum": -180, "maximum": 180},
)  # fmt: skip
BASIC_INFO = an(
    {"averageTicket": NUMBER, "bannerImage": IMAGE, "createdAt": TEXT, "acceptedCards": many(TEXT)},
    name=name(500),
    document={"type": "string", "pattern": r"^\d{14}$"},
    corporateName=name(500),
    description=TEXT,
    averagePreparationTime=NUMBER,
    minOrderValue=PRICE,
    merchantType={"const": "RESTAURANT"},
    merchantCategories=many({"enum": sorted(KINDS)}),
    address=ADDRESS,
    contactEmails=many(FILLED),
    contactPhones=an({"whatsappNumber": TEXT}, commercialNumber=FILLED),
    logoImage=IMAGE,
)
AREA = an(
    id=UUID,
    geoRadius=an(
        geoMidpointLatitude=NUMBER, geoMidpointLongitude=NUMBER, radius=many(an(size=WHOLE), 1)
    ),
)
SERVICE = an(
    {"serviceArea": AREA},
    id=UUID,
    status=STATUS,
    serviceType={"enum": ["DELIVERY", "TAKEOUT", "INDOOR"]},
    menuId=UUID,
    serviceHours=an({"holidayHours": many(HOLIDAY)}, id=UUID, weekHours=many(HOURS)),
) | {
    "if": {"properties": {"serviceType": {"const": "DELIVERY"}}},
    "then": {"required": ["serviceArea"]},
}
ITEM = an(
    {"status": STATUS, "image": IMAGE, "serving": WHOLE, "ean": TEXT},
    id=UUID,
    name=name(150),
    description=TEXT,
    externalCode=FILLED,
    unit={"enum": ["UN", "KG", "L", "OZ", "LB", "GAL"]},
)
MENU = an({"description": TEXT}, id=UUID, name=name(500), externalCode=FILLED, categoryId=UUIDS)
CATEGORY = an(
    {"description": TEXT, "image": IMAGE, "availabilityId": UUIDS, "itemOfferId": UUIDS},
    id=UUID,
    index=WHOLE,
    name=name(150),
    externalCode=FILLED,
    status=STATUS,
)
OFFER = an(
    {"status": STATUS, "availabilityId": UUIDS, "optionGroupsId": UUIDS},
    id=UUID,
    itemId=UUID,
    index=WHOLE,
    price=ITEM_PRICE,
)
OPTION = an(
    {"itemId": UUID, "index": WHOLE, "status": STATUS, "price": ITEM_PRICE, "maxPermitted": WHOLE},
    id=UUID,
)
GROUP = an(
    {"description": TEXT, "options": many(OPTION)},
    id=UUID,
    index=WHOLE,
    name=name(150),
    externalCode=FILLED,
    status=STATUS,
    minPermitted=WHOLE,
    maxPermitted=WHOLE,
)
MERCHANT = an(
    {"optionGroups": many(GROUP), "availabilities": many({"type": "object"})},
    lastUpdate={"type": "string", "format": "date-time", "pattern": "Z$"},
    TTL={"type": "integer", "minimum": 500, "maximum": 86_400},
    id={"type": "string", "minLength": 36, "maxLength": 100},
    status=STATUS,
    basicInfo=BASIC_INFO,
    services=many(SERVICE, 1),
    items=many(ITEM, 1),
    menus=many(MENU, 1),
    categories=many(CATEGORY, 1),
    itemOffers=many(OFFER, 1),
)
PROBLEM = an(title=FILLED, status=WHOLE)


def problems(merchant: Json, kind: Json = MERCHANT) -> list[str]:
    """Return what is wrong with a merchant: its form, and ids that lead nowhere or stand twice."""
    judge = Draft202012Validator(kind, format_checker=FormatChecker())
    found = [f"{error.json_path}: {error.message}" for error in judge.iter_errors(merchant)]
    return found or (_lost(merchant) if kind is MERCHANT else [])


def _lost(merchant: Json) -> list[str]:
    groups = merchant.get("optionGroups", [])
    kinds = {
        "items": merchant["items"], "menus": merchant["menus"], "optionGroups": groups,
        "categories": merchant["categories"], "itemOffers": merchant["itemOffers"],
        "services": merchant["services"], "options": [o for g in groups for o in g["options"]],
    }  # fmt: skip
    ids = {kind: [one["id"] for one in entities] for kind, entities in kinds.items()}
    twice = [
        f"{kind}: one id twice"
        for kind, of_kind in ids.items()
        if len(set(of_kind)) != len(of_kind)
    ]
    wanted = [
        *(("menus", service["menuId"]) for service in merchant["services"]),
        *(("categories", id_) for menu in merchant["menus"] for id_ in menu["categoryId"]),
        *(("itemOffers", id_) for one in merchant["categories"] for id_ in one["itemOfferId"]),
        *(("items", offer["itemId"]) for offer in merchant["itemOffers"]),
        *(("optionGroups", id_) for one in merchant["itemOffers"] for id_ in one["optionGroupsId"]),
        *(("items", option["itemId"]) for option in kinds["options"]),
    ]
    return twice + [f"{kind}: {id_} is not there" for kind, id_ in wanted if id_ not in ids[kind]]
