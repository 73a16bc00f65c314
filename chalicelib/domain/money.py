"""Money is a whole number of minor units in an ISO 4217 currency. No float, ever."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chalicelib.domain.errors import InvalidMoney

_BY_EXPONENT = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD "
    "CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD "
    "GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD "
    "MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP "
    "PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS "
    "TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD YER ZAR ZMW",
    3: "BHD IQD JOD KWD LYD OMR TND",
}
EXPONENTS = {code: exponent for exponent, codes in _BY_EXPONENT.items() for code in codes.split()}
"""ISO 4217: how many decimal digits the major unit has."""

MAX_AMOUNT = 2**53 - 1
"""What every JSON parser reads as it was written (RFC 8259, section 6), in minor units."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (cents, pence, yen) of one currency."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        # bool is an int to Python; True cents is a payload error all the same.
        if type(self.amount) is not int:
            raise InvalidMoney(f"money must be whole minor units, not {_kind(self.amount)}")
        if abs(self.amount) > MAX_AMOUNT:
            raise InvalidMoney("money is out of range")
        if not isinstance(self.currency, str) or self.currency not in EXPONENTS:
            raise InvalidMoney("money has an unknown currency")

    def __add__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(self.amount - other.amount, self.currency)

    def times(self, count: int) -> Money:
        """Return this amount `count` times over."""
        return Money(self.amount * count, self.currency)

    def to_dict(self) -> dict[str, Any]:
        """Return the shape that Square, our events and our tables share."""
        return {"amount": self.amount, "currency": self.currency}

    @classmethod
    def from_dict(cls, data: object) -> Money:
        """Read `to_dict`'s shape; InvalidMoney when it is anything else."""
        if not isinstance(data, dict):
            raise InvalidMoney("money must be an object with amount and currency")
        return cls(data.get("amount"), data.get("currency"))  # type: ignore[arg-type]

    def __str__(self) -> str:
        exponent = EXPONENTS[self.currency]
        sign = "-" if self.amount < 0 else ""
        digits = str(abs(self.amount)).rjust(exponent + 1, "0")
        if exponent == 0:
            return f"{sign}{digits} {self.currency}"
        return f"{sign}{digits[:-exponent]}.{digits[-exponent:]} {self.currency}"

    def _same_currency(self, other: Money) -> None:
        if self.currency != other.currency:
            raise InvalidMoney("one order mixes currencies")


def total(amounts: list[Money], currency: str) -> Money:
    """Add up `amounts`, none of them being zero of `currency`."""
    result = Money(0, currency)
    for amount in amounts:
        result += amount
    return result


def _kind(value: object) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"
