"""What partners may send and seldom do: signs the other way round, ids of others, empty blocks."""

from __future__ import annotations

import copy
import json
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.adapters.http import VendorHttp
from chalicelib.channels.base import OrderWithdrawn
from chalicelib.domain.charges import ChargeKind, Party
from chalicelib.domain.errors import InvalidMoney, InvalidPayload, OrderRefused
from chalicelib.domain.money import Money
from chalicelib.domain.order import Order
from chalicelib.domain.refusal import Reason, RefusedItem
from tests.channels.conftest import opened

if TYPE_CHECKING:
    from collections.abc import Iterator

PATHS: dict[str, tuple[list[Any], str, str]] = {
    "uber_eats": (["cart", "items", 0], "id", "title"),
    "doordash": (["categories", 0, "items", 0], "merchant_supplied_id", "name"),
    "deliveroo": (["items", 0], "pos_item_id", "name"),
    "open_delivery": (["items", 0], "externalCode", "name"),
}
ODD = [
    None, "", {}, [], 0, -1, 1.5, True, "x" * 5000, "\U0001f355", "a/b c", [{}], {"a": 1},
    "2026-13-45T99:00:00Z", "\x00", 10**30, "NaN",
]  # fmt: skip
GONE = object()
one = contextmanager(opened)
"""A partner for a block: an error inside must not leave its network behind."""


def at(payload: Any, path: list[Any]) -> Any:
    """Return what stands at a place of a payload."""
    for step in path:
        payload = payload[step]
    return payload


def read(partner: Any, change: Any, number: int = 0) -> Order:
    """Read an order whose payload was changed."""
    made = partner.place(number)
    payload = copy.deepcopy(made.payload)
    change(payload)
    order: Order = partner.channel.to_order(partner.notice(), payload, "USD")
    return order


def with_uber(change: Any) -> Order:
    """Read an Uber Eats order whose first item was changed."""
    with one("uber_eats") as partner:
        return read(partner, lambda payload: change(payload["cart"]["items"][0]))


@pytest.mark.parametrize("given", ["crème brûlée/2", "Garden salad", "🍕", " ", 7.5])
def test_an_item_that_is_not_of_our_menu_is_named_by_the_partners_own_id(
    partner: Any, given: Any
) -> None:
    """Whoever reads the refusal has to find the item: at DoorDash, and in its menu."""
    path, id_name, called = PATHS[partner.name]

    def change(payload: Any) -> None:
        at(payload, path)[id_name] = given
        at(payload, path)[called] = "Tarte"

    with pytest.raises(OrderRefused) as refused:
        read(partner, change)
    refusal = refused.value.refusal
    expected = given.strip() if isinstance(given, str) else ""
    assert refusal.reason is Reason.UNMAPPED_ITEM
    assert refusal.items == (RefusedItem(expected, "Tarte"),)
    partner.channel.deny(partner.record(1).reject(refusal, partner.at_ms))
    assert len(partner.decisions()) == 1


def walk(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield every place of a payload."""
    if path:
        yield path
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from walk(inner, (*path, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value[:2]):
            yield from walk(inner, (*path, number))


def test_whatever_stands_at_any_place_is_read_or_refused_in_an_orderly_way(partner: Any) -> None:
    """Nothing of it ends in an error of ours, nor in an order that cannot be kept."""
    made, notice, kept = partner.place(2), None, 0
    notice = partner.notice()
    for path in walk(made.payload):
        for odd in (GONE, *ODD):
            payload = copy.deepcopy(made.payload)
            holder = at(payload, list(path[:-1]))
            if odd is GONE:
                del holder[path[-1]]
            else:
                holder[path[-1]] = copy.deepcopy(odd)
            try:
                order = partner.channel.to_order(notice, payload, "USD")
            except (OrderRefused, InvalidPayload, OrderWithdrawn):
                continue
            kept += 1
            assert Order.from_dict(order.to_dict()) == order
            assert all(charge.amount.amount > 0 for charge in order.charges)
            assert order.drift is not None
    assert kept > 50


BILLS: dict[str, Any] = {
    "uber_eats": lambda payload, name, amount: payload["payment"]["charges"].update(
        {name: {"amount": amount, "currency_code": "USD"}}
    ),
    "doordash": lambda payload, name, amount: payload.update({name: amount}),
    "deliveroo": lambda payload, name, amount: payload.update(
        {name: {"fractional": amount, "currency_code": "USD"}}
    ),
}


@pytest.mark.parametrize(
    ("channel", "name", "party"),
    [
        ("uber_eats", "total_promo_applied", Party.MERCHANT),
        ("uber_eats", "total_fee", Party.MARKETPLACE),
        ("deliveroo", "offer_discount", Party.MERCHANT),
        ("deliveroo", "surcharge", Party.MARKETPLACE),
    ],
)
def test_a_discount_or_a_fee_below_zero_is_money_off(channel: str, name: str, party: Party) -> None:
    """Partners write it either way; a fee that is given back is no fee."""
    with one(channel) as partner:
        order = read(partner, lambda payload: BILLS[channel](payload, name, -250))
        assert order.charged(ChargeKind.DISCOUNT, party) == Money(250, "USD")
        assert order.charged(ChargeKind.FEE) == order.charged(ChargeKind.FEE, Party.MERCHANT)


def test_open_deliverys_fee_below_zero_is_money_off(open_delivery: Any) -> None:
    """So is a sponsor's."""
    price = {"value": -1.5, "currency": "USD"}

    def change(payload: Any) -> None:
        fee = {"name": "Back", "type": "DELIVERY_FEE", "receivedBy": "MERCHANT", "price": price}
        payload["otherFees"] = [fee]
        value = {"name": "MARKETPLACE", "amount": price}
        payload["discounts"] = [{"amount": price, "target": "CART", "sponsorshipValues": [value]}]

    order = read(open_delivery, change)
    assert order.charged(ChargeKind.FEE) == Money(0, "USD")
    assert order.charged(ChargeKind.DISCOUNT, Party.MERCHANT) == Money(150, "USD")
    assert order.charged(ChargeKind.DISCOUNT, Party.MARKETPLACE) == Money(150, "USD")


@pytest.mark.parametrize(
    ("channel", "name"),
    [("uber_eats", "tip"), ("uber_eats", "tax"), ("doordash", "tax"), ("doordash", "tip_amount")],
)
def test_a_tip_or_a_tax_below_zero_means_nothing(channel: str, name: str) -> None:
    """It is a pricing mismatch, and no amount to record at a till."""
    with one(channel) as partner, pytest.raises(InvalidMoney, match="less than nothing"):
        read(partner, lambda payload: BILLS[channel](payload, name, -1))


@pytest.mark.parametrize(
    ("requests", "note"),
    [
        (None, ""),
        ({}, ""),
        ({"allergy": None}, ""),
        ({"allergy": {}}, ""),
        ({"allergy": {"allergy_instructions": "coeliac 🌾"}}, "ALLERGY: coeliac 🌾"),
        (
            {"allergy": {"allergens_to_exclude": [{"type": "PEANUTS"}], "version": 2}},
            "ALLERGY: PEANUTS",
        ),
    ],
)
def test_an_empty_allergy_request_is_none(requests: Any, note: str) -> None:
    """A block that says nothing keeps nobody from the meal."""
    order = with_uber(lambda item: item.update(special_requests=requests, special_instructions=""))
    assert order.lines[0].note == note


@pytest.mark.parametrize(
    "allergy",
    [
        {"allergens_to_exclude": [{"type": "PEANUTS"}, {"id": "SESAME"}]},
        {"allergens_to_exclude": [{}]},
        {"severity": "ANAPHYLAXIS"},
        {"allergens_to_exclude": [], "allergy_instructions": ""},
    ],
)
def test_an_allergy_that_does_not_say_what_refuses_the_order(allergy: dict[str, Any]) -> None:
    """Half of it on the ticket would be worse than no order."""
    with pytest.raises(OrderRefused) as refused:
        with_uber(lambda item: item.update(special_requests={"allergy": allergy}))
    assert refused.value.refusal.reason is Reason.INSTRUCTIONS


def test_what_was_taken_out_is_named_by_its_id_where_it_has_no_title() -> None:
    """«NO» and nothing behind it would be cooked with everything."""
    removed = [{"id": "onion"}, {"title": "Pickle"}]
    group = {"id": "g", "selected_items": [], "removed_items": removed}
    order = with_uber(lambda item: item.update(selected_modifier_groups=[group]))
    assert order.lines[0].note.startswith("NO onion; NO Pickle")
    nameless = {"id": "g", "removed_items": [{"quantity": 1}]}
    with pytest.raises(OrderRefused) as refused:
        with_uber(lambda item: item.update(selected_modifier_groups=[nameless]))
    assert refused.value.refusal.reason is Reason.INSTRUCTIONS


# DoorDash's are signed by ourselves.
@pytest.mark.parametrize("partner", ["uber_eats", "deliveroo", "open_delivery"], indirect=True)
@pytest.mark.parametrize("lives", [{}, {"expires_in": "3600"}, {"expires_in": 3600.0}])
def test_a_token_need_not_say_how_long_it_lives(
    partner: Any, monkeypatch: pytest.MonkeyPatch, lives: dict[str, Any]
) -> None:
    """RFC 6749, 5.1, only recommends it."""
    call = VendorHttp.call

    def granted(self: VendorHttp, method: str, url: str, **named: Any) -> Any:
        reply = call(self, method, url, **named)
        if "/token" not in url:
            return reply
        grant = {**json.loads(reply.body), **lives}
        if not lives:
            grant.pop("expires_in")
        return replace(reply, body=json.dumps(grant).encode())

    monkeypatch.setattr(VendorHttp, "call", granted)
    partner.channel.accept(partner.record(), partner.at_ms + 900_000)
    assert len(partner.decisions()) == 1
