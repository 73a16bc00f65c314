"""Orders as customers place them, from a seed: the partner's payload and what it must cost.

Order n of a seed is always the same order, whoever asked for whichever orders before.
`python -m simulators.orders` writes orders or menu files as JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulators.instants import rfc3339
from simulators.menu import (
    DOORDASH,
    MENU,
    UBER_EATS,
    Group,
    Item,
    Option,
    Store,
    make_stores,
    menu_file,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Json = dict[str, Any]

CHANNELS = (UBER_EATS, DOORDASH)
TAX_PER_MILLE = 85
PICKUP_AFTER_MS = 20 * 60_000

NOTES = (
    "No onions please",
    "Extra napkins",
    "Please cut it in half",
    "Sauce on the side",
    "Sans gluten si possible",
    "Peanut allergy! Please use clean gloves.",
    "Bitte gut durchbraten, danke",
    "Leave it well done 🙏",
)
ORDER_NOTES = ("No cutlery needed", "Ring twice", "Gate code 4711", "Happy birthday, José! 🎂")
FIRST_NAMES = ("Ada", "Björn", "Chloé", "Dmitri", "Esra", "Femi", "Grace", "Hiro", "Inés", "Jo")


@dataclass(frozen=True, slots=True)
class Selection:
    """A chosen option. `quantity` is per piece of what it was chosen for."""

    group: Group
    option: Option
    quantity: int
    selections: tuple[Selection, ...]

    @property
    def unit_price(self) -> int:
        """One piece with what was chosen under it."""
        return self.option.price + sum(inner.total_price for inner in self.selections)

    @property
    def total_price(self) -> int:
        """All pieces, per piece of the parent."""
        return self.unit_price * self.quantity


@dataclass(frozen=True, slots=True)
class CartLine:
    """One line of the cart."""

    item: Item
    quantity: int
    note: str
    selections: tuple[Selection, ...]

    @property
    def unit_price(self) -> int:
        """One piece with its options."""
        return self.item.price + sum(selection.total_price for selection in self.selections)

    @property
    def total_price(self) -> int:
        """The whole line."""
        return self.unit_price * self.quantity


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """One order: `payload` goes to the partner's simulator, the totals are what to expect.

    `subtotal` is the goods without tax. For marketplace orders the partner remits the tax, so
    it is what the ticket must come to. Money is integer minor units.
    """

    index: int
    channel: str
    order_id: str
    store: Store
    lines: tuple[CartLine, ...]
    note: str
    subtotal: int
    tax: int
    payload: Json

    @property
    def total(self) -> int:
        """What the customer paid for goods and tax."""
        return self.subtotal + self.tax


class OrderGenerator:
    """Makes orders for some stores, channels taking turns."""

    def __init__(
        self,
        *,
        seed: int = 0,
        stores: Sequence[Store] | None = None,
        menu: Sequence[Item] = MENU,
        channels: Sequence[str] = CHANNELS,
    ) -> None:
        self.seed = seed
        self.stores = tuple(stores if stores is not None else make_stores())
        self._menu = tuple(menu)
        self._channels = tuple(channels)

    def order(self, index: int, at_ms: int) -> PlacedOrder:
        """Return order number `index`, placed at `at_ms` (milliseconds since the epoch)."""
        dice = random.Random(f"order:{self.seed}:{index}")
        channel = self._channels[index % len(self._channels)]
        store = dice.choice(self.stores)
        order_id = str(uuid.UUID(int=dice.getrandbits(128), version=4))
        lines = tuple(self._line(dice) for _ in range(dice.choice((1, 1, 2, 2, 3, 4))))
        note = dice.choice(ORDER_NOTES) if dice.random() < 0.15 else ""
        subtotal = sum(line.total_price for line in lines)
        tax = (subtotal * TAX_PER_MILLE + 500) // 1000
        write = _uber_payload if channel == UBER_EATS else _doordash_payload
        bare = PlacedOrder(index, channel, order_id, store, lines, note, subtotal, tax, {})
        payload = write(bare, dice, at_ms)
        return PlacedOrder(index, channel, order_id, store, lines, note, subtotal, tax, payload)

    def orders(self, count: int, at_ms: int) -> Iterator[PlacedOrder]:
        """Yield the first `count` orders, all placed at `at_ms`."""
        for index in range(count):
            yield self.order(index, at_ms)

    def menu_files(self) -> dict[str, Json]:
        """Return the menu file of every store, by store id."""
        return {store.store_id: menu_file(store, self._menu) for store in self.stores}

    def _line(self, dice: random.Random) -> CartLine:
        item = dice.choice(self._menu)
        return CartLine(
            item=item,
            quantity=dice.choice((1, 1, 1, 1, 2, 3)),
            note=dice.choice(NOTES) if dice.random() < 0.2 else "",
            selections=_choose(dice, item.groups),
        )


def _choose(dice: random.Random, groups: Sequence[Group]) -> tuple[Selection, ...]:
    chosen = []
    for group in groups:
        count = dice.randint(group.least, group.most)
        for option in dice.sample(group.options, min(count, len(group.options))):
            quantity = 2 if option.price and not option.groups and dice.random() < 0.1 else 1
            chosen.append(Selection(group, option, quantity, _choose(dice, option.groups)))
    return tuple(chosen)


def _by_group(selections: Sequence[Selection]) -> list[tuple[Group, list[Selection]]]:
    groups: dict[str, tuple[Group, list[Selection]]] = {}
    for selection in selections:
        groups.setdefault(selection.group.id, (selection.group, []))[1].append(selection)
    return list(groups.values())


def _uber_money(amount: int, currency: str) -> Json:
    return {
        "amount": amount,
        "currency_code": currency,
        "formatted_amount": f"${amount // 100}.{amount % 100:02d}",
    }


def _uber_price(unit: int, base: int, quantity: int, currency: str) -> Json:
    return {
        "unit_price": _uber_money(unit, currency),
        "total_price": _uber_money(unit * quantity, currency),
        "base_unit_price": _uber_money(base, currency),
        "base_total_price": _uber_money(base * quantity, currency),
    }


def _uber_groups(selections: Sequence[Selection], currency: str) -> list[Json]:
    return [
        {
            "id": group.id,
            "title": group.name,
            "external_data": group.id,
            "selected_items": [
                {
                    "id": chosen.option.id,
                    "title": chosen.option.name,
                    "external_data": chosen.option.id,
                    "quantity": chosen.quantity,
                    "price": _uber_price(
                        chosen.unit_price, chosen.option.price, chosen.quantity, currency
                    ),
                    "selected_modifier_groups": _uber_groups(chosen.selections, currency),
                }
                for chosen in members
            ],
            "removed_items": None,
        }
        for group, members in _by_group(selections)
    ]


def _uber_item(line: CartLine, dice: random.Random, currency: str) -> Json:
    item: Json = {
        "id": line.item.id,
        "instance_id": str(uuid.UUID(int=dice.getrandbits(128), version=4)),
        "title": line.item.name,
        "external_data": line.item.id,
        "quantity": line.quantity,
        "price": _uber_price(line.unit_price, line.item.price, line.quantity, currency),
        "selected_modifier_groups": _uber_groups(line.selections, currency),
        "special_instructions": line.note,
    }
    if dice.random() < 0.05:
        item["special_requests"] = {
            "allergy": {
                "allergens_to_exclude": [{"type": "PEANUTS", "freeform_text": None}],
                "allergy_instructions": "Clean gloves, please",
            }
        }
    return item


def _uber_payload(order: PlacedOrder, dice: random.Random, at_ms: int) -> Json:
    """Return the body of GET /v2/eats/order/{id} (developer.uber.com, Get Order Details)."""
    currency = order.store.currency
    name = dice.choice(FIRST_NAMES)
    items = [_uber_item(line, dice, currency) for line in order.lines]
    return {
        "id": order.order_id,
        "display_id": order.order_id[-5:].upper(),
        "current_state": "CREATED",
        "type": "DELIVERY_BY_UBER",
        "brand": "UBER_EATS",
        "store": {"id": order.store.uber_store_id, "name": order.store.name},
        "eater": {
            "first_name": name,
            "last_name": "R.",
            "phone": "+1 555-555-0100",
            "phone_code": f"{dice.randint(100, 999)} {dice.randint(10, 99)}",
        },
        "cart": {"items": items, "special_instructions": order.note},
        "payment": {
            "charges": {
                "total": _uber_money(order.total, currency),
                "sub_total": _uber_money(order.subtotal, currency),
                "tax": _uber_money(order.tax, currency),
                "total_fee": _uber_money(0, currency),
                "cash_amount_due": _uber_money(0, currency),
            }
        },
        "placed_at": rfc3339(at_ms),
        "estimated_ready_for_pickup_at": rfc3339(at_ms + PICKUP_AFTER_MS),
    }


def _doordash_extras(selections: Sequence[Selection], dice: random.Random) -> list[Json]:
    return [
        {
            "merchant_supplied_id": group.id,
            "name": group.name,
            "options": [
                {
                    "merchant_supplied_id": chosen.option.id,
                    "line_option_id": str(dice.getrandbits(40)),
                    "name": chosen.option.name,
                    "price": chosen.option.price,
                    "quantity": chosen.quantity,
                    # DoorDash's own sample says "extra" here and "extras" one level up.
                    dice.choice(("extra", "extras")): _doordash_extras(chosen.selections, dice),
                }
                for chosen in members
            ],
        }
        for group, members in _by_group(selections)
    ]


def _doordash_categories(order: PlacedOrder, dice: random.Random) -> list[Json]:
    categories: dict[str, Json] = {}
    for line in order.lines:
        name = line.item.category
        category = categories.setdefault(
            name, {"merchant_supplied_id": name.lower(), "name": name, "items": []}
        )
        category["items"].append(
            {
                "merchant_supplied_id": line.item.id,
                "line_item_id": str(dice.getrandbits(40)),
                "name": line.item.name,
                "price": line.item.price,
                "quantity": line.quantity,
                "special_instructions": line.note,
                "extras": _doordash_extras(line.selections, dice),
            }
        )
    return list(categories.values())


def _doordash_payload(order: PlacedOrder, dice: random.Random, at_ms: int) -> Json:
    """Return the webhook's `order` (developer.doordash.com, reference/sample_order).

    Prices are integer minor units without options; there is no total, no currency and no time of
    creation. The consumer's id is a 64-bit integer.
    """
    return {
        "id": order.order_id,
        "store": {
            "merchant_supplied_id": order.store.doordash_store_id,
            "provider_type": "golden_crumb",
            "timezone": order.store.timezone,
        },
        "consumer": {
            "id": dice.getrandbits(62) | 2**61,
            "first_name": dice.choice(FIRST_NAMES),
            "last_name": "W.",
            "phone": "855-973-1040",
            "email": "customer@example.com",
        },
        "categories": _doordash_categories(order, dice),
        "subtotal": order.subtotal,
        "tax": order.tax,
        "is_tax_remitted_by_doordash": True,
        "tax_amount_remitted_by_doordash": order.tax,
        "merchant_tip_amount": 0,
        "tip_amount": 0,
        "estimated_pickup_time": rfc3339(at_ms + PICKUP_AFTER_MS),
        "is_pickup": False,
        "fulfillment_type": "dx_delivery",
        "experience": dice.choice(("DOORDASH", "DOORDASH", "CAVIAR", "STOREFRONT")),
        "delivery_short_code": f"{dice.getrandbits(32):08x}",
        "commission_type": "regular",
        "order_special_instructions": order.note,
        "is_plastic_ware_option_selected": False,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Write menu files into a folder, or orders as one JSON object a line."""
    parser = argparse.ArgumentParser(prog="python -m simulators.orders", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--stores", type=int, default=3, help="how many stores (default 3)")
    parser.add_argument("--menus", type=Path, metavar="FOLDER", help="write <store>.json files")
    parser.add_argument("--count", type=int, default=0, help="print this many orders")
    parser.add_argument(
        "--at-ms", type=int, default=1_767_225_600_000, help="when they were placed, in epoch ms"
    )
    options = parser.parse_args(arguments)
    generator = OrderGenerator(seed=options.seed, stores=make_stores(options.stores))
    if options.menus:
        options.menus.mkdir(parents=True, exist_ok=True)
        for store_id, menu in generator.menu_files().items():
            path = options.menus / f"{store_id}.json"
            path.write_text(json.dumps(menu, indent=2, ensure_ascii=False) + "\n", "utf-8")
    for order in generator.orders(options.count, options.at_ms):
        line = {"channel": order.channel, "total": order.total, "payload": order.payload}
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
