"""A customer's order before any partner has written it down: lines, choices, totals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulators.menu import Group, Item, Option, Store

Json = dict[str, Any]

PICKUP_AFTER_MS = 20 * 60_000
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


def by_group(selections: Sequence[Selection]) -> list[tuple[Group, list[Selection]]]:
    """Return what was chosen under each group, in the order of the choices."""
    groups: dict[str, tuple[Group, list[Selection]]] = {}
    for selection in selections:
        groups.setdefault(selection.group.id, (selection.group, []))[1].append(selection)
    return list(groups.values())
