"""What a restaurant is besides its menu: what an ordering application shows of it.

The words are Open Delivery's (BasicInfo, v1.5), which wants all of it before it shows any.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.money import Money
from chalicelib.domain.sections import text_of, url_of

KINDS = frozenset(
    {
        *("AFFORDABLE_MEALS", "AMERICAN", "ARABIAN", "ARGENTINIAN", "BAKERY"),
        *("BBQ", "BRAZILIAN", "BREAKFAST_BRUNCH", "BURGERS", "CAFE"),
        *("CHINESE", "COFFEE_TEA", "COMFORT_FOOD", "CONVENIENCE", "DESSERTS"),
        *("EUROPEAN", "FAMILY_MEALS", "FAST_FOOD", "FRENCH", "GOURMET"),
        *("HAWAIIAN", "HEALTHY", "HOT_DOG", "ICE_CREAM", "INDIAN"),
        *("ITALIAN", "JAPANESE", "JUICE_SMOOTHIES", "KIDS_FRIENDLY", "LATIN_AMERICAN"),
        *("MEXICAN", "PASTA", "PASTRY", "PIZZA", "PORTUGUESE"),
        *("PREMIUM", "PUB", "SALADS", "SANDWICH", "SEAFOOD"),
        *("SOUTH_AMERICAN", "SPANISH", "SPECIALTY_FOODS", "VEGAN", "VEGETARIAN"),
    }
)
"""The kinds of restaurants that there are."""

MOST_KINDS = 10
MOST_METRES = 100_000

_TAX_ID = re.compile(r"[0-9]{14}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[A-Za-z0-9.-]+")
_PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{3,29}")


@dataclass(frozen=True, slots=True)
class Place:
    """A restaurant's address, and where that is in degrees."""

    country: str
    region: str
    city: str
    district: str
    street: str
    number: str
    postal_code: str
    complement: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Business:
    """A restaurant as its customers, and the tax office, know it.

    `tax_id` is the company's number of 14 digits (Brazil's CNPJ). `logo` is a URL.
    `delivery_metres` is how far from `place` it is delivered; None: customers fetch it.
    """

    name: str
    legal_name: str
    tax_id: str
    description: str
    kinds: tuple[str, ...]
    email: str
    phone: str
    logo: str
    place: Place
    least_order: Money
    delivery_metres: int | None = None


def read_business(value: object, currency: str) -> Business | None:
    """Read a menu file's `business`, or raise InvalidPayload; absent means that nobody asks for it.

    {"name", "legal_name", "tax_id", "description", "kinds": ["BURGERS", …], "email", "phone",
    "logo" (an https URL), "address": {"country", "region", "city", "district", "street", "number",
    "postal_code", "complement" (optional), "latitude", "longitude"}, "least_order": {"amount",
    "currency"}, "delivery_metres" (optional)}.
    """
    if value is None:
        return None
    data = _object(value, "business")
    return Business(
        name=_text(data, "name", "business"),
        legal_name=_text(data, "legal_name", "business"),
        tax_id=_matching(data, "tax_id", "business", _TAX_ID, "14 digits"),
        description=text_of(data, "description", "business"),
        kinds=_kinds(data.get("kinds")),
        email=_matching(data, "email", "business", _EMAIL, "an e-mail address"),
        phone=_matching(data, "phone", "business", _PHONE, "a telephone number"),
        logo=_logo(data),
        place=_place(data.get("address")),
        least_order=_least_order(data.get("least_order"), currency),
        delivery_metres=_metres(data.get("delivery_metres")),
    )


def _object(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidPayload(f"{where} must be an object")
    return value


def _text(data: dict[str, Any], name: str, where: str) -> str:
    text = text_of(data, name, where)
    if not text:
        raise InvalidPayload(f"{where}.{name} is missing")
    return text


def _matching(
    data: dict[str, Any], name: str, where: str, pattern: re.Pattern[str], what: str
) -> str:
    text = _text(data, name, where)
    if not pattern.fullmatch(text):
        raise InvalidPayload(f"{where}.{name} must be {what}")
    return text


def _kinds(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_KINDS:
        raise InvalidPayload(f"business.kinds must be a list of 1 to {MOST_KINDS}")
    for number, kind in enumerate(value):
        if not isinstance(kind, str) or kind not in KINDS:
            raise InvalidPayload(f"business.kinds[{number}] is no kind of restaurant")
    return tuple(dict.fromkeys(value))


def _logo(data: dict[str, Any]) -> str:
    logo = url_of(data, "logo", "business")
    if not logo:
        raise InvalidPayload("business.logo is missing")
    return logo


def _place(value: object) -> Place:
    where = "business.address"
    data = _object(value, where)
    return Place(
        country=_matching(data, "country", where, _COUNTRY, "a country's two letters"),
        region=_text(data, "region", where),
        city=_text(data, "city", where),
        district=_text(data, "district", where),
        street=_text(data, "street", where),
        number=_text(data, "number", where),
        postal_code=_text(data, "postal_code", where),
        complement=text_of(data, "complement", where),
        latitude=_degrees(data, "latitude", where, 90),
        longitude=_degrees(data, "longitude", where, 180),
    )


def _degrees(data: dict[str, Any], name: str, where: str, most: int) -> float:
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= most:
        raise InvalidPayload(f"{where}.{name} must be degrees, from -{most} to {most}")
    return float(value)


def _least_order(value: object, currency: str) -> Money:
    try:
        least = Money.from_dict(value)
    except InvalidPayload as error:
        raise InvalidPayload(f"business.least_order: {error}") from error
    if least.currency != currency or least.amount < 0:
        raise InvalidPayload(
            "business.least_order must be in the store's currency, and not negative"
        )
    return least


def _metres(value: object) -> int | None:
    if value is not None and (type(value) is not int or not 1 <= value <= MOST_METRES):
        raise InvalidPayload(f"business.delivery_metres must be a whole number up to {MOST_METRES}")
    return value
