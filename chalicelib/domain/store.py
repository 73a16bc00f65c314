"""A store, and its menu as the point of sale knows it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from chalicelib.domain.business import Business, read_business
from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.hours import Hours, read_hours
from chalicelib.domain.money import EXPONENTS, Money
from chalicelib.domain.order import identifier
from chalicelib.domain.sections import (
    Category,
    ModifierGroup,
    check_nesting,
    ids_of,
    read_categories,
    read_groups,
    text_of,
    url_of,
)

MOST_ITEMS = 5_000
MOST_GROUPS_OF_AN_ITEM = 50
MOST_AMOUNT = 10**12
"""Of a price, in minor units: partners read prices as floats, which are exact up to there."""


@dataclass(frozen=True, slots=True)
class Store:
    """One kitchen. `location_id` is its name at the point of sale `pos`.

    `pos_settings` are that vendor's own words for this store (Toast: dining_option,
    payment_<channel>; Clover: order_type, tender_<channel>).
    `channels` are its names at the partners. Orders of the partners in `release_on_courier` are
    made when the partner releases them: the courier is near. `drift_minor` is by how much the
    partner's prices may differ from the menu's, in minor units; None is a tenth, at least 100.
    Without `hours` it always sells.
    """

    store_id: str
    pos: str
    location_id: str
    currency: str
    prep_minutes: int = 15
    menu_version: str = ""
    pos_settings: dict[str, str] = field(default_factory=dict)
    channels: dict[str, str] = field(default_factory=dict)
    release_on_courier: tuple[str, ...] = ()
    drift_minor: int | None = None
    hours: Hours | None = None

    def is_open(self, at_ms: int) -> bool:
        """Say whether the store sells at an instant."""
        return self.hours is None or self.hours.is_open(at_ms)

    def tolerates(self, drift: Money, subtotal: Money) -> bool:
        """Say whether the partner's and the menu's prices are near enough."""
        allowed = self.drift_minor
        if allowed is None:
            allowed = max(LEAST_DRIFT_MINOR, abs(subtotal.amount) // 10)
        return abs(drift.amount) <= allowed

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Store:
        """Read what `to_dict` wrote, also in a version that knew fewer fields, or more."""
        known = {name: data[name] for name in cls.__dataclass_fields__ if name in data}
        known["release_on_courier"] = tuple(known.get("release_on_courier", ()))
        if known.get("hours") is not None:
            known["hours"] = Hours.from_dict(known["hours"])
        return cls(**known)


LEAST_DRIFT_MINOR = 100


@dataclass(frozen=True, slots=True)
class MenuItem:
    """One thing that can be ordered: our id (the partners' too) and the point of sale's.

    `groups` are the modifier groups that it asks about, `tax_rate` is in per cent, "" is unknown.
    """

    id: str
    name: str
    pos_id: str
    price: Money
    description: str = ""
    image: str = ""
    tax_rate: str = ""
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Menu:
    """A whole menu file: the store, the partners' ids for it, and every item.

    `business` is what ordering applications ask for besides (Open Delivery's GET merchant).
    """

    store: Store
    channels: dict[str, str]
    items: tuple[MenuItem, ...]
    categories: tuple[Category, ...] = ()
    groups: tuple[ModifierGroup, ...] = ()
    business: Business | None = None


def read_menu(data: object, version: str) -> Menu:
    """Read a menu file whole, or raise InvalidPayload naming the first thing that is wrong.

    The file is an object: store_id, pos, location_id, currency, prep_minutes (optional),
    pos_settings (optional, {name: the point of sale's id}), channels {channel: the partner's
    store id}, release_on_courier [channel], drift_minor and hours (domain/hours.py; all optional),
    items [{id, name, pos_id, price {amount, currency}, and optional: description, image (a URL),
    tax_rate (per cent), modifier_groups [id]}], categories and modifier_groups
    (domain/sections.py), business (domain/business.py; all three optional). Items and modifiers are
    alike: both are ids that an order can name.
    """
    if not isinstance(data, dict):
        raise InvalidPayload("a menu must be a JSON object")
    channels = data.get("channels")
    if not (isinstance(channels, dict) and channels):
        raise InvalidPayload("a menu needs channels (an object)")
    named = {identifier(name, "channel"): identifier(id_, name) for name, id_ in channels.items()}
    store = Store(
        store_id=identifier(data.get("store_id"), "store_id"),
        pos=identifier(data.get("pos"), "pos"),
        location_id=identifier(data.get("location_id"), "location_id"),
        currency=_currency(data.get("currency")),
        prep_minutes=_minutes(data.get("prep_minutes", 15)),
        menu_version=version,
        pos_settings=_settings(data.get("pos_settings")),
        channels=named,
        release_on_courier=_some_of(named, data.get("release_on_courier")),
        drift_minor=_amount_or_none(data.get("drift_minor")),
        hours=read_hours(data.get("hours")),
    )
    items = _items(data.get("items"), store.currency)
    ids = [item.id for item in items]
    groups = read_groups(data.get("modifier_groups"), frozenset(ids))
    _check_groups(items, groups)
    options = {option for group in groups for option in group.options}
    categories = read_categories(data.get("categories"), ids, options)
    check_nesting(
        {item.id: item.groups for item in items if item.groups},
        {group.id: group for group in groups},
        [id_ for category in categories for id_ in category.items],
    )
    business = read_business(data.get("business"), store.currency)
    return Menu(store, named, items, categories, groups, business)


def _items(value: object, currency: str) -> tuple[MenuItem, ...]:
    if not (isinstance(value, list) and value):
        raise InvalidPayload("a menu needs items (a list)")
    if len(value) > MOST_ITEMS:
        raise InvalidPayload(f"items must be a list of at most {MOST_ITEMS}")
    read = tuple(_item(item, position, currency) for position, item in enumerate(value))
    if len({item.id for item in read}) != len(read):
        raise InvalidPayload("a menu names one item id twice")
    return read


def _item(item: object, position: int, currency: str) -> MenuItem:
    where = f"items[{position}]"
    if not isinstance(item, dict):
        raise InvalidPayload(f"{where} must be an object")
    try:
        price = Money.from_dict(item.get("price"))
    except InvalidPayload as error:
        raise InvalidPayload(f"{where}: {error}") from error
    if price.currency != currency:
        raise InvalidPayload(f"{where}: the price is not in the store's currency")
    if abs(price.amount) > MOST_AMOUNT:
        raise InvalidPayload(f"{where}: nothing costs so much")
    name = item.get("name")
    if not isinstance(name, str):
        raise InvalidPayload(f"{where}: name must be text")
    return MenuItem(
        id=identifier(item.get("id"), f"{where}.id"),
        name=name,
        pos_id=identifier(item.get("pos_id"), f"{where}.pos_id"),
        price=price,
        description=text_of(item, "description", where),
        image=url_of(item, "image", where),
        tax_rate=_tax_rate(item.get("tax_rate"), f"{where}.tax_rate"),
        groups=_group_ids(item.get("modifier_groups"), f"{where}.modifier_groups"),
    )


def _check_groups(items: tuple[MenuItem, ...], groups: tuple[ModifierGroup, ...]) -> None:
    known = {group.id for group in groups}
    for position, item in enumerate(items):
        if item.groups:
            where = f"items[{position}].modifier_groups"
            ids_of(list(item.groups), where, MOST_GROUPS_OF_AN_ITEM, known, "modifier group")


def _group_ids(value: object, where: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MOST_GROUPS_OF_AN_ITEM:
        raise InvalidPayload(f"{where} must be a list of at most {MOST_GROUPS_OF_AN_ITEM}")
    return tuple(identifier(one, f"{where}[{number}]") for number, one in enumerate(value))


def _tax_rate(value: object, where: str) -> str:
    """Return a rate in per cent as plain text: 8.875, 20."""
    if value is None:
        return ""
    try:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise InvalidOperation
        rate = Decimal(str(value))
        if not 0 <= rate <= 100 or len(str(value)) > 8:  # also for NaN: it is not in between
            raise InvalidOperation
    except InvalidOperation:
        raise InvalidPayload(f"{where} must be per cent, from 0 to 100") from None
    return f"{rate.normalize():f}"


def _settings(value: object) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidPayload("pos_settings must be an object")
    return {
        identifier(name, "pos_settings"): identifier(id_, f"pos_settings.{name}")
        for name, id_ in value.items()
    }


def _currency(value: object) -> str:
    if not isinstance(value, str) or value not in EXPONENTS:
        raise InvalidPayload("the menu has an unknown currency")
    return value


def _minutes(value: object) -> int:
    if type(value) is not int or not 1 <= value <= 24 * 60:
        raise InvalidPayload("prep_minutes must be a whole number of minutes")
    return value


def _some_of(channels: dict[str, str], value: object) -> tuple[str, ...]:
    names = [] if value is None else value
    if not isinstance(names, list) or not all(name in channels for name in names):
        raise InvalidPayload("release_on_courier must list channels of the menu")
    return tuple(names)


def _amount_or_none(value: object) -> int | None:
    if value is not None and (type(value) is not int or value < 0):
        raise InvalidPayload("drift_minor must be a whole number of minor units")
    return value
