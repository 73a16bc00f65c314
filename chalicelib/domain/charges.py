"""What an order costs beside its goods, and whose money each part is.

Partners name these parts differently and send different halves of them; here each is one
`Charge` that says what it is, how much, and which party it belongs to.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from chalicelib.domain.errors import InvalidMoney
from chalicelib.domain.money import Money, total

if TYPE_CHECKING:
    from collections.abc import Iterable


class ChargeKind(StrEnum):
    """What is paid."""

    TAX = "tax"
    TIP = "tip"
    FEE = "fee"
    DISCOUNT = "discount"


class Party(StrEnum):
    """Who remits a tax, gets a tip, receives a fee or sponsors a discount."""

    MARKETPLACE = "marketplace"
    MERCHANT = "merchant"
    COURIER = "courier"


@dataclass(frozen=True, slots=True)
class Charge:
    """One part of the bill. `amount` is never negative, for discounts neither."""

    kind: ChargeKind
    amount: Money
    party: Party
    name: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return {
            "kind": str(self.kind),
            "amount": self.amount.to_dict(),
            "party": str(self.party),
            "name": self.name,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Charge:
        """Read what `to_dict` wrote."""
        amount = Money.from_dict(data["amount"])
        return cls(ChargeKind(data["kind"]), amount, Party(data["party"]), data.get("name", ""))


def charges_of(found: Iterable[Charge]) -> tuple[Charge, ...]:
    """Return the charges that amount to something, each with the sign that ours have.

    Some partners write discounts below zero; a fee below zero is money off, from whoever gets the
    fee. Taxes and tips below zero mean nothing: InvalidMoney.
    """
    return tuple(_signed(charge) for charge in found if charge.amount.amount)


def _signed(charge: Charge) -> Charge:
    if charge.amount.amount > 0:
        return charge
    if charge.kind in (ChargeKind.TAX, ChargeKind.TIP):
        raise InvalidMoney(f"a {charge.kind} is less than nothing")
    return replace(charge, kind=ChargeKind.DISCOUNT, amount=charge.amount.times(-1))


def sum_of(
    charges: Iterable[Charge], kind: ChargeKind, currency: str, party: Party | None = None
) -> Money:
    """Add up the charges of one kind, of one party when that is given."""
    amounts = [
        charge.amount for charge in charges if charge.kind is kind and party in (None, charge.party)
    ]
    return total(amounts, currency)
