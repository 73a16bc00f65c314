"""Money: whole minor units of known currencies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.channels.base import money
from chalicelib.domain.errors import InvalidMoney
from chalicelib.domain.money import EXPONENTS, Money, total

amounts = st.integers(-(10**12), 10**12)
currencies = st.sampled_from(sorted(EXPONENTS))


@pytest.mark.parametrize("amount", [9.95, 10.0, "995", None, True, [1]])
def test_money_refuses_anything_but_whole_numbers(amount: object) -> None:
    """Floats above all: 0.1 + 0.2 is no amount."""
    with pytest.raises(InvalidMoney):
        Money(amount, "USD")  # type: ignore[arg-type]


@pytest.mark.parametrize("currency", ["XXX", "usd", "", None, "US"])
def test_money_refuses_unknown_currencies(currency: object) -> None:
    """A currency that ISO 4217 does not list has no exponent."""
    with pytest.raises(InvalidMoney):
        Money(100, currency)  # type: ignore[arg-type]


@pytest.mark.parametrize("amount", [2**53, -(2**53), 10**300])
def test_money_refuses_what_not_every_parser_reads_alike(amount: int) -> None:
    """Events and points of sale carry it as a JSON number."""
    with pytest.raises(InvalidMoney):
        Money(amount, "USD")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 10**400, 1e300])
def test_an_amount_that_is_no_amount_is_refused(value: float) -> None:
    """However a parser came by it."""
    with pytest.raises(InvalidMoney):
        money({"value": value}, "value", "USD")


def test_money_refuses_to_mix_currencies() -> None:
    """Nobody here knows an exchange rate."""
    with pytest.raises(InvalidMoney):
        Money(1, "USD") + Money(1, "EUR")


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(995, "USD"), "9.95 USD"),
        (Money(5, "EUR"), "0.05 EUR"),
        (Money(-1234, "GBP"), "-12.34 GBP"),
        (Money(995, "JPY"), "995 JPY"),
        (Money(1005, "KWD"), "1.005 KWD"),
        (Money(0, "BHD"), "0.000 BHD"),
    ],
)
def test_money_shows_the_currencys_own_number_of_decimals(money: Money, text: str) -> None:
    """Yen have none, Kuwaiti dinars three."""
    assert str(money) == text


@given(st.lists(amounts), currencies)
def test_total_adds_up_exactly(values: list[int], currency: str) -> None:
    """A sum of money is the sum of its minor units."""
    assert total([Money(v, currency) for v in values], currency).amount == sum(values)


@given(amounts, currencies)
def test_money_survives_its_own_json(amount: int, currency: str) -> None:
    """What is stored is what comes back."""
    money = Money(amount, currency)
    assert Money.from_dict(money.to_dict()) == money
