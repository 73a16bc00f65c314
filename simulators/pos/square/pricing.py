"""What Square computes for an order: line totals, discounts, service charges, taxes, total.

Order of calculation: line items with modifiers, then discounts, then taxes, then service charges
of the total phase. Money is integer minor units; percentages round half to even (Square's
"bankers' rounding"). Modifiers count once per unit of their line: `base x quantity x line
quantity`, as in the example of CreateOrderResponse in Square's OpenAPI document.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from simulators.pos.square import fields
from simulators.pos.square.errors import invalid, refuse

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_LINE_ITEMS = 500

Json = dict[str, Any]


class Pricer:
    """Checks and prices orders of one seller."""

    def __init__(self, catalog: Mapping[str, Json], currency: str) -> None:
        self._catalog = catalog
        self._currency = currency

    def money(self, amount: int) -> Json:
        """Return a Money of this seller."""
        return {"amount": amount, "currency": self._currency}

    def price(self, order: Json) -> int:
        """Complete `order` in place with names and totals; return the total in minor units."""
        lines = fields.objects(order.get("line_items"), "order.line_items")
        if len(lines) > MAX_LINE_ITEMS:
            raise invalid("ARRAY_LENGTH_TOO_LONG", "Too many line items.", "order.line_items")
        for index, line in enumerate(lines):
            self._price_line(line, f"order.line_items[{index}]")
        subtotal: int = sum(line["gross_sales_money"]["amount"] for line in lines)
        discount = self._adjustments(order, "discounts", subtotal)
        discounted = max(0, subtotal - discount)
        tax = self._adjustments(order, "taxes", discounted)
        charge = self._adjustments(order, "service_charges", discounted)
        total = discounted + tax + charge
        _spread(lines, "total_discount_money", min(discount, subtotal), self._currency)
        _spread(lines, "total_tax_money", tax, self._currency)
        for line in lines:
            line["total_service_charge_money"] = self.money(0)
            line["total_money"] = self.money(
                line["gross_sales_money"]["amount"]
                - line["total_discount_money"]["amount"]
                + line["total_tax_money"]["amount"]
            )
        self._write_totals(order, min(discount, subtotal), tax, charge, total)
        return total

    def _write_totals(self, order: Json, discount: int, tax: int, charge: int, total: int) -> None:
        order["total_money"] = self.money(total)
        order["total_tax_money"] = self.money(tax)
        order["total_discount_money"] = self.money(discount)
        order["total_service_charge_money"] = self.money(charge)
        order["total_tip_money"] = self.money(0)
        order["net_amount_due_money"] = self.money(total)
        order["net_amounts"] = {
            "total_money": self.money(total),
            "tax_money": self.money(tax),
            "discount_money": self.money(discount),
            "tip_money": self.money(0),
            "service_charge_money": self.money(charge),
        }

    def _price_line(self, line: Json, field: str) -> None:
        count = fields.quantity(line.get("quantity"), f"{field}.quantity")
        fields.text(line.get("note"), f"{field}.note", longest=2000)
        base = self._base_price(line, field, "ITEM_VARIATION", 512)
        modifiers = fields.objects(line.get("modifiers"), f"{field}.modifiers")
        extra = 0
        for index, modifier in enumerate(modifiers):
            place = f"{field}.modifiers[{index}]"
            each = fields.quantity(modifier.get("quantity", "1"), f"{place}.quantity")
            price = self._base_price(modifier, place, "MODIFIER", 255)
            modifier["total_price_money"] = self.money(price * each * count)
            extra += price * each * count
        line["variation_total_price_money"] = self.money(base * count)
        line["gross_sales_money"] = self.money(base * count + extra)
        line.setdefault("item_type", "ITEM")

    def _base_price(self, holder: Json, field: str, kind: str, longest_name: int) -> int:
        """Return the unit price: the one given, else the catalogue's; fill in what it lacks."""
        fields.text(holder.get("name"), f"{field}.name", longest=longest_name)
        object_id = fields.text(
            holder.get("catalog_object_id"), f"{field}.catalog_object_id", longest=192
        )
        if object_id is None:
            fields.required_text(holder.get("name"), f"{field}.name", longest=longest_name)
            place = f"{field}.base_price_money"
            return fields.money(holder.get("base_price_money"), place, self._currency)
        found = self._catalog.get(object_id)
        if found is None or found["type"] != kind:
            raise refuse(
                404,
                "NOT_FOUND",
                f"Catalog object with ID {object_id} was not found.",
                f"{field}.catalog_object_id",
            )
        data = found[f"{kind.lower()}_data"]
        if kind == "ITEM_VARIATION":
            item = self._catalog[data["item_id"]]
            holder.setdefault("name", item["item_data"]["name"])
            holder.setdefault("variation_name", data["name"])
        else:
            holder.setdefault("name", data["name"])
        holder.setdefault("catalog_version", found["version"])
        if holder.get("base_price_money") is None:
            holder["base_price_money"] = dict(data["price_money"])
        return fields.money(holder["base_price_money"], f"{field}.base_price_money", self._currency)

    def _adjustments(self, order: Json, name: str, base: int) -> int:
        """Return the sum of order-wide discounts, taxes or service charges; note each one's."""
        total = 0
        for index, entry in enumerate(fields.objects(order.get(name), f"order.{name}")):
            field = f"order.{name}[{index}]"
            if entry.get("catalog_object_id") is None:
                fields.required_text(entry.get("name"), f"{field}.name", longest=255)
            if entry.get("percentage") is not None:
                amount = _percent(base, entry["percentage"], f"{field}.percentage")
            else:
                amount = fields.money(
                    entry.get("amount_money"), f"{field}.amount_money", self._currency
                )
            entry["applied_money"] = self.money(amount)
            total += 0 if entry.get("type") == "INCLUSIVE" else amount
        return total


def _percent(base: int, percentage: Any, field: str) -> int:
    if not isinstance(percentage, str):
        raise invalid("EXPECTED_STRING", "Expected a string value.", field)
    try:
        rate = Decimal(percentage)
    except InvalidOperation as error:
        raise invalid("INVALID_VALUE", "Percentage is no decimal number.", field) from error
    if not rate.is_finite() or not 0 <= rate <= 100:
        raise invalid("INVALID_VALUE", "Percentage must be 0 to 100.", field)
    return int((base * rate / 100).quantize(Decimal(1), ROUND_HALF_EVEN))


def _spread(lines: list[Json], name: str, amount: int, currency: str) -> None:
    """Share `amount` over the lines by their gross price; the parts add up to the whole."""
    gross = sum(line["gross_sales_money"]["amount"] for line in lines)
    passed = given = 0
    for line in lines:
        passed += line["gross_sales_money"]["amount"]
        share = (amount * passed // gross if gross else 0) - given
        given += share
        line[name] = {"amount": share, "currency": currency}
