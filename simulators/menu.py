"""A restaurant's menu and its stores: the one source of what all three vendors know about it.

An option can open further groups (a combo asks for a side and a drink), to any depth. Prices are
integer minor units.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulators.instants import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CURRENCY = "USD"
MENU_MADE_AT_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z: a constant, so that files are equal
UBER_EATS = "uber_eats"
DOORDASH = "doordash"
DELIVEROO = "deliveroo"
OPEN_DELIVERY = "open_delivery"
SHOP = "shop"
SQUARE = "square"
TOAST = "toast"
CLOVER = "clover"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Option:
    """One choice; `price` is what it adds."""

    id: str
    name: str
    price: int = 0
    groups: tuple[Group, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """A question with its choices: between `least` and `most` of them."""

    id: str
    name: str
    options: tuple[Option, ...]
    least: int = 0
    most: int = 1


@dataclass(frozen=True, slots=True)
class Item:
    """One dish; `price` is without any option."""

    id: str
    name: str
    category: str
    price: int
    groups: tuple[Group, ...] = ()


@dataclass(frozen=True, slots=True)
class Store:
    """One kitchen and its name at each vendor. `location_id` is its name at `pos`."""

    store_id: str
    name: str
    location_id: str
    uber_store_id: str
    doordash_store_id: str
    deliveroo_site_id: str
    open_delivery_merchant_id: str
    pos: str = SQUARE
    timezone: str = "America/Los_Angeles"
    currency: str = CURRENCY
    release_on_courier: tuple[str, ...] = ()

    def channel_store_id(self, channel: str) -> str:
        """Return the store's name at a delivery partner."""
        return self.channels[channel]

    @property
    def channels(self) -> dict[str, str]:
        """The store's name at each delivery partner, and in our own shop."""
        return {
            UBER_EATS: self.uber_store_id,
            DOORDASH: self.doordash_store_id,
            DELIVEROO: self.deliveroo_site_id,
            OPEN_DELIVERY: self.open_delivery_merchant_id,
            SHOP: self.store_id,
        }


def make_stores(count: int = 3, points_of_sale: Sequence[str] = (SQUARE,)) -> tuple[Store, ...]:
    """Return the first `count` stores, with the given points of sale in turn.

    Store n at a point of sale is always the same store.
    """
    streets = ("Market Street", "Mission", "Harbour", "Old Town", "Airport", "Campus")
    kinds = [points_of_sale[number % len(points_of_sale)] for number in range(count)]
    return tuple(
        Store(
            store_id=f"store-{number:03d}",
            name=f"Golden Crumb {streets[(number - 1) % len(streets)]}",
            location_id=_location_id(number, pos),
            pos=pos,
            uber_store_id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"uber-store-{number}")),
            doordash_store_id=f"golden-crumb-{number:03d}",
            deliveroo_site_id=str(410_000 + number),
            open_delivery_merchant_id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"od-store-{number}")),
        )
        for number, pos in enumerate(kinds, 1)
    )


def business(store: Store) -> Json:
    """Return what a store is besides its menu: all that an ordering application asks for."""
    number = int(store.store_id.rpartition("-")[2])
    return {
        "name": store.name,
        "legal_name": "Golden Crumb Ltda",
        "tax_id": f"{22_815_773_000_000 + number:014d}",
        "description": "Burgers, wraps and bowls",
        "kinds": ["BURGERS", "SANDWICH"],
        "email": f"{store.store_id}@golden-crumb.example",
        "phone": f"+1 415 555 {number:04d}",
        "logo": "https://golden-crumb.example/logo.png",
        "address": {
            "country": "US",
            "region": "US-CA",
            "city": "San Francisco",
            "district": "Mission",
            "street": "Market Street",
            "number": str(number),
            "postal_code": "94103",
            "latitude": 37.7749,
            "longitude": -122.4194,
        },
        "least_order": {"amount": 1_000, "currency": store.currency},
        "delivery_metres": 5_000,
    }


def _location_id(number: int, pos: str) -> str:
    if pos == TOAST:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"toast-restaurant-{number}"))
    return f"MERCHANT{number:05d}" if pos == CLOVER else f"L{number:03d}GOLDENCRUMB"


DIPS = Group(
    "dips",
    "Dips",
    (
        Option("dip-ketchup", "Ketchup"),
        Option("dip-aioli", "Garlic aioli", 75),
        Option("dip-harissa", "Harissa mayo", 75),
    ),
    most=2,
)
SIDES = Group(
    "combo-side",
    "Choose your side",
    (
        Option("side-fries", "Fries", 0, (DIPS,)),
        Option("side-sweet-potato", "Sweet potato fries", 120, (DIPS,)),
        Option("side-slaw", "Cabbage slaw"),
    ),
    least=1,
)
DRINKS = Group(
    "combo-drink",
    "Choose your drink",
    (
        Option("drink-cola", "Cola"),
        Option("drink-lemonade", "Cloudy lemonade", 60),
        Option("drink-water", "Sparkling water"),
    ),
    least=1,
)
COMBO = Group(
    "combo",
    "Make it a combo",
    (Option("combo-yes", "Combo with side and drink", 450, (SIDES, DRINKS)),),
)
EXTRAS = Group(
    "extras",
    "Extras",
    (
        Option("extra-cheddar", "Extra cheddar", 150),
        Option("extra-bacon", "Smoked bacon", 220),
        Option("extra-jalapeno", "Jalapeños", 80),
        Option("no-onion", "No onion"),
    ),
    most=3,
)
DONENESS = Group(
    "doneness",
    "How would you like it?",
    (Option("done-medium", "Medium"), Option("done-well", "Well done")),
    least=1,
)
CUP = Group(
    "cup",
    "Size",
    (Option("cup-regular", "Regular"), Option("cup-large", "Large", 90)),
    least=1,
)

MENU: tuple[Item, ...] = (
    Item("burger-classic", "Classic burger", "Burgers", 1095, (DONENESS, EXTRAS, COMBO)),
    Item("burger-double", "Double smash burger", "Burgers", 1395, (DONENESS, EXTRAS, COMBO)),
    Item("burger-halloumi", "Halloumi burger", "Burgers", 1150, (EXTRAS, COMBO)),
    Item("wrap-chicken", "Crispy chicken wrap", "Wraps", 985, (EXTRAS, COMBO)),
    Item("wrap-falafel", "Falafel wrap", "Wraps", 925, (EXTRAS, COMBO)),
    Item("bowl-rice", "Roasted vegetable rice bowl", "Bowls", 1210, (DIPS,)),
    Item("fries", "Fries", "Sides", 395, (DIPS,)),
    Item("onion-rings", "Onion rings", "Sides", 475, (DIPS,)),
    Item("salad", "Garden salad", "Sides", 650),
    Item("lemonade", "Cloudy lemonade", "Drinks", 320, (CUP,)),
    Item("cola", "Cola", "Drinks", 280, (CUP,)),
    Item("brownie", "Walnut brownie", "Desserts", 420),
)


def all_groups(groups: Sequence[Group]) -> Iterator[Group]:
    """Yield groups and the groups that their options open, depth first."""
    for group in groups:
        yield group
        for option in group.options:
            yield from all_groups(option.groups)


def all_options(menu: Sequence[Item] = MENU) -> list[Option]:
    """Return every option of the menu once."""
    found: dict[str, Option] = {}
    for item in menu:
        for group in all_groups(item.groups):
            found.update((option.id, option) for option in group.options)
    return list(found.values())


def pos_id(local_id: str, pos: str = SQUARE) -> str:
    """Return the id that a point of sale has for an item, an option or a group, in its own form."""
    if pos == TOAST:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"toast:{local_id}"))
    length = 13 if pos == CLOVER else 24
    return hashlib.sha256(f"{pos}:{local_id}".encode()).hexdigest()[:length].upper()


def menu_file(store: Store, menu: Sequence[Item] = MENU) -> Json:
    """Return the menu file that the middleware imports: the store, its names, what it sells.

    Items and options are listed alike: each is an id that a partner's order can name.
    """
    sold: list[Item | Option] = [*menu, *all_options(menu)]
    return {
        "store_id": store.store_id,
        "pos": store.pos,
        "location_id": store.location_id,
        "currency": store.currency,
        "prep_minutes": 15,
        "pos_settings": pos_settings(store),
        "channels": dict(store.channels),
        "release_on_courier": list(store.release_on_courier),
        "items": [
            {
                "id": entry.id,
                "name": entry.name,
                "pos_id": _file_pos_id(entry, store.pos),
                "price": {"amount": entry.price, "currency": store.currency},
                **({"modifier_groups": [g.id for g in entry.groups]} if entry.groups else {}),
            }
            for entry in sold
        ],
        "categories": _file_categories(menu),
        "modifier_groups": _file_groups(menu),
        # Of every other one nobody has written it down.
        **({"business": business(store)} if store.store_id[-1] in "13579" else {}),
    }


def _file_categories(menu: Sequence[Item]) -> list[Json]:
    names = dict.fromkeys(item.category for item in menu)
    return [
        {
            "id": name.lower(),
            "name": name,
            "items": [item.id for item in menu if item.category == name],
        }
        for name in names
    ]


def _file_groups(menu: Sequence[Item]) -> list[Json]:
    groups = {group.id: group for item in menu for group in all_groups(item.groups)}
    return [
        {
            "id": group.id,
            "name": group.name,
            "min": group.least,
            "max": group.most,
            "options": [option.id for option in group.options],
        }
        for group in groups.values()
    ]


def pos_settings(store: Store) -> dict[str, str]:
    """Return what the store's point of sale calls its dining options, payments and tenders."""
    channels = store.channels
    if store.pos == TOAST:
        payments = {f"payment_{channel}": pos_id(channel, TOAST) for channel in channels}
        return {"dining_option": pos_id("takeout", TOAST), **payments}
    if store.pos == CLOVER:
        return {f"tender_{channel}": pos_id(channel, CLOVER) for channel in channels}
    return {}


def _file_pos_id(entry: Item | Option, pos: str) -> str:
    """Return an id as the menu file has it: Toast names an option by its group as well."""
    if pos != TOAST or isinstance(entry, Item):
        return pos_id(entry.id, pos)
    group = next(
        group for item in MENU for group in all_groups(item.groups) if entry in group.options
    )
    return f"{pos_id(f'group:{group.id}', pos)}~{pos_id(entry.id, pos)}"


def price_list(pos: str, menu: Sequence[Item] = MENU) -> dict[str, Json]:
    """Return what Toast or Clover sells, by its own ids: {id: {"name", "price" in minor units}}."""
    sold: list[Item | Option] = [*menu, *all_options(menu)]
    return {pos_id(entry.id, pos): {"name": entry.name, "price": entry.price} for entry in sold}


def square_catalog(menu: Sequence[Item] = MENU, currency: str = CURRENCY) -> list[Json]:
    """Return the menu as Square's catalogue objects: items with one variation, modifier lists."""
    lists: dict[str, Group] = {}
    objects: list[Json] = []
    for item in menu:
        groups = list(all_groups(item.groups))
        lists.update((group.id, group) for group in groups)
        objects.append(_catalog_item(item, groups, currency))
    objects += [_modifier_list(group, currency) for group in lists.values()]
    return objects


def _catalog_object(object_id: str, kind: str, data: Json) -> Json:
    return {
        "type": kind,
        "id": object_id,
        "updated_at": rfc3339(MENU_MADE_AT_MS),
        "version": MENU_MADE_AT_MS,
        "is_deleted": False,
        "present_at_all_locations": True,
        f"{kind.lower()}_data": data,
    }


def _catalog_item(item: Item, groups: Sequence[Group], currency: str) -> Json:
    item_id = pos_id(f"item:{item.id}")
    variation = _catalog_object(
        pos_id(item.id),
        "ITEM_VARIATION",
        {
            "item_id": item_id,
            "name": "Regular",
            "sku": item.id,
            "ordinal": 0,
            "pricing_type": "FIXED_PRICING",
            "price_money": {"amount": item.price, "currency": currency},
        },
    )
    infos = [
        {
            "modifier_list_id": pos_id(f"group:{group.id}"),
            "min_selected_modifiers": group.least,
            "max_selected_modifiers": group.most,
            "enabled": True,
        }
        for group in groups
    ]
    data = {"name": item.name, "variations": [variation], "modifier_list_info": infos}
    return _catalog_object(item_id, "ITEM", data)


def _modifier_list(group: Group, currency: str) -> Json:
    list_id = pos_id(f"group:{group.id}")
    modifiers = [
        _catalog_object(
            pos_id(option.id),
            "MODIFIER",
            {
                "name": option.name,
                "price_money": {"amount": option.price, "currency": currency},
                "modifier_list_id": list_id,
            },
        )
        for option in group.options
    ]
    selection = "SINGLE" if group.most == 1 else "MULTIPLE"
    data = {"name": group.name, "selection_type": selection, "modifiers": modifiers}
    return _catalog_object(list_id, "MODIFIER_LIST", data)
