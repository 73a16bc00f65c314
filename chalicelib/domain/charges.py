"""What an order costs beside its goods, and whose money each part is.

Partners name these parts differently and send different halves of them; here each is one
`Charge` that says what it is, how much, and which party it belongs to.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

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


def sum_of(
    charges: Iterable[Charge], kind: ChargeKind, currency: str, party: Party | None = None
) -> Money:
    """Add up the charges of one kind, of one party when that is given."""
    amounts = [
        charge.amount for charge in charges if charge.kind is kind and party in (None, charge.party)
    ]
    return total(amounts, currency)
