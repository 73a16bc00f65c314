"""What Toast computes for an order: selections with their modifiers, taxes, totals.

Toast's amounts are decimal numbers of the major unit. They are added up here in minor units, and
written as numbers again. Taxes: none when the marketplace collects and remits them
(`marketplaceFacilitatorTaxInfo`), else the restaurant's rate on each check, half up.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from simulators.pos.toast.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]


def to_minor(value: object, field: str) -> int:
    """Return a decimal amount as minor units (two decimals)."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise invalid(field, "Expected a number.")
    try:
        amount = Decimal(str(value)) * 100
    except InvalidOperation:
        raise invalid(field, "Expected a number.") from None
    if amount != amount.to_integral_value():
        raise invalid(field, "Amounts have two decimals.")
    return int(amount)


def to_number(minor: int) -> float:
    """Return minor units as the decimal number that Toast writes."""
    return float(Decimal(minor) / 100)


class Pricer:
    """Checks and prices orders of one restaurant group."""

    def __init__(self, menu: Mapping[str, Json], tax_rate: Decimal) -> None:
        self._menu = menu
        self._tax_rate = tax_rate

    def price(self, order: Json) -> None:
        """Complete the checks of `order` in place with prices and totals."""
        facilitator = order.get("marketplaceFacilitatorTaxInfo") or {}
        remitted = bool(facilitator.get("facilitatorCollectAndRemitTaxOrder"))
        checks = order.get("checks")
        if not isinstance(checks, list) or not checks:
            raise invalid("checks", "An order needs at least one check.")
        for number, check in enumerate(checks):
            where = f"checks[{number}]"
            selections = check.get("selections")
            if not isinstance(selections, list) or not selections:
                raise invalid(f"{where}.selections", "A check needs at least one selection.")
            amount = sum(
                self._selection(selection, f"{where}.selections[{position}]")
                for position, selection in enumerate(selections)
            )
            tax = 0 if remitted else self._tax(amount)
            check["amount"] = to_number(amount)
            check["taxAmount"] = to_number(tax)
            check["totalAmount"] = to_number(amount + tax)

    def _selection(self, selection: Json, where: str) -> int:
        item = selection.get("item") or {}
        known = self._menu.get(str(item.get("guid")))
        if known is None:
            raise invalid(f"{where}.item", "The menu item does not exist at this restaurant.")
        quantity = selection.get("quantity")
        if not isinstance(quantity, int | float) or isinstance(quantity, bool) or quantity <= 0:
            raise invalid(f"{where}.quantity", "Quantity must be above 0.")
        given = selection.get("externalPriceAmount")
        piece = known["price"] if given is None else to_minor(given, f"{where}.externalPriceAmount")
        options = sum(
            self._modifier(modifier, f"{where}.modifiers[{position}]")
            for position, modifier in enumerate(selection.get("modifiers") or [])
        )
        price = (piece + options) * int(quantity)
        selection["displayName"] = selection.get("displayName") or known["name"]
        selection["price"] = to_number(price)
        return price

    def _modifier(self, modifier: Json, where: str) -> int:
        if modifier.get("selectionType") == "SPECIAL_REQUEST":
            if not modifier.get("displayName"):
                raise invalid(f"{where}.displayName", "A special request has a text.")
            return 0
        if not (modifier.get("optionGroup") or {}).get("guid"):
            raise invalid(f"{where}.optionGroup", "A modifier names its option group.")
        return self._selection(modifier, where)

    def _tax(self, amount: int) -> int:
        return int((amount * self._tax_rate).quantize(Decimal(1), ROUND_HALF_UP))
