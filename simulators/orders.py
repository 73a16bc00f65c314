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
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulators.cart import CartLine, PlacedOrder, Selection
from simulators.channels.deliveroo.orders import order_payload as deliveroo_payload
from simulators.channels.doordash.orders import order_payload as doordash_payload
from simulators.channels.open_delivery.orders import order_payload as open_delivery_payload
from simulators.channels.uber_eats.orders import order_payload as uber_eats_payload
from simulators.menu import (
    DELIVEROO,
    DOORDASH,
    MENU,
    OPEN_DELIVERY,
    SHOP,
    UBER_EATS,
    Group,
    Item,
    Store,
    make_stores,
    menu_file,
)
from simulators.shop.orders import checkout_payload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Json = dict[str, Any]

PAYLOADS: dict[str, Callable[[PlacedOrder, random.Random, int], Json]] = {
    UBER_EATS: uber_eats_payload,
    DOORDASH: doordash_payload,
    DELIVEROO: deliveroo_payload,
    OPEN_DELIVERY: open_delivery_payload,
    SHOP: checkout_payload,
}
CHANNELS = (UBER_EATS, DOORDASH)
TAX_PER_MILLE = 85

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
        bare = PlacedOrder(index, channel, order_id, store, lines, note, subtotal, tax, {})
        payload = PAYLOADS[channel](bare, dice, at_ms)
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
