"""What a menu file says of the restaurant itself: read whole, or refused by the field's name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.store import read_menu
from simulators.menu import make_stores, menu_file

[SHOP] = make_stores(1)
MISSING = object()


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return the menu file with one field changed, or (MISSING) taken out: "address.city"."""
    made: dict[str, Any] = json.loads(json.dumps(menu_file(SHOP)))
    *parents, last = ["business", *path.split(".")]
    at: Any = made
    for part in parents:
        at = at[part]
    if value is MISSING:
        del at[last]
    else:
        at[last] = value
    return made


def test_a_file_may_leave_it_out() -> None:
    """Other partners know by themselves what a restaurant is."""
    made = menu_file(SHOP)
    assert read_menu(made, "v").business is not None
    del made["business"]
    assert read_menu(made, "v").business is None


@pytest.mark.parametrize("path", ["description", "address.complement", "delivery_metres"])
def test_what_is_optional(path: str) -> None:
    """The specification requires the first two, and takes them empty."""
    made = changed(path, None)
    assert read_menu(made, "v").business is not None


REQUIRED = (
    *("name", "legal_name", "tax_id", "kinds", "email", "phone", "logo", "least_order", "address"),
    *(f"address.{part}" for part in ("country", "region", "city", "district", "street", "number")),
    *("address.postal_code", "address.latitude", "address.longitude"),
)


@pytest.mark.parametrize("value", [MISSING, None, "", 7, [], {}, True, "x" * 3_000, float("nan")])
@pytest.mark.parametrize("path", REQUIRED)
def test_what_is_missing_or_of_another_kind_is_named(path: str, value: Any) -> None:
    """A merchant without it is none to the specification."""
    if (path, value) in (("address.latitude", 7), ("address.longitude", 7)):
        return
    made = changed(path, value)
    with pytest.raises(InvalidPayload, match=f"business.{path}"):
        read_menu(made, "v")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("tax_id", "2281577300016"), ("tax_id", "22.815.773/0001-69"), ("tax_id", "\u0662" * 14),
        ("kinds", ["BURGERS", "KEBAB"]), ("kinds", "BURGERS"), ("kinds", ["PIZZA"] * 11),
        ("email", "nobody"), ("email", "a b@x.example"), ("email", "@x.example"),
        ("phone", "call us"), ("phone", "1" * 40), ("logo", "http://x.example/logo.png"),
        ("address.country", "br"), ("address.country", "BRA"), ("address.latitude", 90.1),
        ("address.longitude", -181), ("address.latitude", float("inf")),
        ("least_order", {"amount": -1, "currency": "USD"}),
        ("least_order", {"amount": 1000, "currency": "BRL"}),
        ("least_order", {"amount": 10.0, "currency": "USD"}),
        ("delivery_metres", 0), ("delivery_metres", 2.5), ("delivery_metres", 10**6),
    ],
)  # fmt: skip
def test_what_no_application_would_take_is_named(path: str, value: Any) -> None:
    """Here, where somebody uploads the file, and not weeks later at the application."""
    with pytest.raises(InvalidPayload, match=f"business.{path}"):
        read_menu(changed(path, value), "v")


def test_it_is_an_object() -> None:
    """A text, or a list, says nothing."""
    for value in ("Golden Crumb", [], 7, True):
        with pytest.raises(InvalidPayload, match="business must be an object"):
            read_menu(menu_file(SHOP) | {"business": value}, "v")


def test_one_kind_is_named_once() -> None:
    """However often the file has it."""
    business = read_menu(changed("kinds", ["PIZZA", "CAFE", "PIZZA"]), "v").business
    assert business is not None
    assert business.kinds == ("PIZZA", "CAFE")
