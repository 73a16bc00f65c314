"""The whole of a merchant in Open Delivery's words: the answer to GET merchant.

Source: the Open Delivery specification (Abrasel, v1.5): Merchant, BasicInfo, ServiceArea.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.channels.open_delivery.menus import SERVICES, entities, entity_id, price, service
from chalicelib.domain.events import iso
from chalicelib.domain.wall import next_change_ms

if TYPE_CHECKING:
    from chalicelib.channels.menus import Publishing
    from chalicelib.domain.business import Business, Place
    from chalicelib.domain.money import Money

MEMBERS = {
    "ITEM": "items",
    "OPTION_GROUP": "optionGroups",
    "ITEM_OFFER": "itemOffers",
    "CATEGORY": "categories",
    "MENU": "menus",
}

LIVES_SECONDS = 3_600
"""So long an application may show a merchant as it was; it is told of changes before."""
LEAST_SECONDS, MOST_SECONDS = 500, 86_400
"""What the specification allows."""


def merchant_of(
    publishing: Publishing, business: Business, *, is_open: bool, changed_ms: int
) -> dict[str, Any]:
    """Return a merchant as it is now; `changed_ms` is when it became so."""
    found = dict(entities(publishing))
    return {
        "lastUpdate": iso(_changed_ms(publishing, changed_ms)),
        "TTL": _lives_seconds(publishing),
        "id": publishing.place,
        "status": "AVAILABLE" if is_open else "UNAVAILABLE",
        "basicInfo": _basic_info(publishing, business),
        "services": _services(publishing, business),
        **{member: found[kind] for kind, member in MEMBERS.items()},
    }


def _changed_ms(publishing: Publishing, changed_ms: int) -> int:
    """Return the latest change, the clock's on the wall with them: hours are told in UTC."""
    hours, now_ms = publishing.menu.store.hours, publishing.now_ms
    while (next_ms := next_change_ms(hours, changed_ms)) is not None and next_ms <= now_ms:
        changed_ms = next_ms
    return changed_ms


def _lives_seconds(publishing: Publishing) -> int:
    now_ms, seconds = publishing.now_ms, LIVES_SECONDS
    ends = [until for until in publishing.off.values() if until is not None]
    if (next_ms := next_change_ms(publishing.menu.store.hours, now_ms)) is not None:
        ends.append(next_ms)
    seconds = min([seconds, *(-(-(end_ms - now_ms) // 1000) for end_ms in ends)])
    return min(max(seconds, LEAST_SECONDS), MOST_SECONDS)


def _basic_info(publishing: Publishing, business: Business) -> dict[str, Any]:
    return {
        "name": business.name,
        "document": business.tax_id,
        "corporateName": business.legal_name,
        "description": business.description,
        "averagePreparationTime": publishing.menu.store.prep_minutes,
        "minOrderValue": _amount(business.least_order),
        "merchantType": "RESTAURANT",
        "merchantCategories": list(business.kinds),
        "address": _address(business.place),
        "contactEmails": [business.email],
        "contactPhones": {"commercialNumber": business.phone},
        "logoImage": {"URL": business.logo},
    }


def _address(place: Place) -> dict[str, Any]:
    return {
        "country": place.country,
        "state": place.region,
        "city": place.city,
        "district": place.district,
        "street": place.street,
        "number": place.number,
        "postalCode": place.postal_code,
        "complement": place.complement,
        "latitude": place.latitude,
        "longitude": place.longitude,
    }


def _services(publishing: Publishing, business: Business) -> list[dict[str, Any]]:
    """Return what there is: whoever delivers has to say how far."""
    found = []
    for kind in SERVICES:
        offered = service(kind, publishing)
        if kind == "DELIVERY":
            if business.delivery_metres is None:
                continue
            offered["serviceArea"] = {
                "id": entity_id(publishing.place, "AREA", kind),
                "geoRadius": {
                    "geoMidpointLatitude": business.place.latitude,
                    "geoMidpointLongitude": business.place.longitude,
                    "radius": [{"size": business.delivery_metres}],
                },
            }
        found.append(offered)
    return found


def _amount(money: Money) -> dict[str, Any]:
    return {name: value for name, value in price(money).items() if name != "originalValue"}
