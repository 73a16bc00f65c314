"""DoorDash: the order's way in, the confirmation's way out."""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import json
from collections import deque
from typing import Any

import pytest

from chalicelib.adapters.http import HttpReply
from chalicelib.channels.base import PartnerRefused, PartnerUnavailable
from chalicelib.channels.doordash import failure, jwt
from chalicelib.domain.commands import Notice, NoticeKind
from chalicelib.domain.errors import InvalidMoney, OrderRefused
from chalicelib.domain.money import Money
from chalicelib.domain.refusal import Reason, Refusal, RefusedItem
from chalicelib.domain.states import State

NOTICE = Notice(NoticeKind.ORDER, "doordash", "dd-store", "dd-1", "e", "OrderCreate")
ORDER: dict[str, Any] = {
    "id": "dd-1",
    "store": {"merchant_supplied_id": "dd-store"},
    "consumer": {"id": 12345678901234, "first_name": "Ada"},
    "delivery_short_code": "K7",
    "subtotal": 2400,
    "order_special_instructions": "Ring twice",
    "categories": [
        {
            "name": "Burgers",
            "items": [
                {
                    "merchant_supplied_id": "burger",
                    "name": "Burger",
                    "price": 900,
                    "quantity": 2,
                    "special_instructions": "no salt",
                    "extras": [
                        {
                            "name": "Combo",
                            "options": [
                                {
                                    "merchant_supplied_id": "combo",
                                    "name": "Combo",
                                    "price": 200,
                                    "quantity": 1,
                                    "extra": [
                                        {"options": [
                                            {"merchant_supplied_id": "cheese", "name": "Cheese",
                                             "price": 50, "quantity": 2}
                                        ]}
                                    ],
                                }
                            ],
                        }
                    ],
                }
            ],
        }
    ],
}  # fmt: skip


def item_with(**changes: Any) -> dict[str, Any]:
    order = copy.deepcopy(ORDER)
    order["categories"][0]["items"][0].update(changes)
    return order


def channel_of(house: Any, *replies: Any) -> Any:
    house.http.replies = deque(replies)
    return house.real_channels()["doordash"]


@pytest.mark.parametrize(("price", "subtotal"), [(1200, 2400), (900, 2400), (1200, 2395)])
def test_price_of_an_item_may_have_its_options_in_it(house: Any, price: int, subtotal: int) -> None:
    """DoorDash's FAQ says so, its reference does not: what adds up is meant, or adds up best."""
    order = item_with(price=price) | {"subtotal": subtotal}
    read = channel_of(house).to_order(NOTICE, order, "USD")
    assert read.lines[0].price == Money(900, "USD")
    assert read.lines_total == Money(2400, "USD")
    assert read.drift.amount == 2400 - subtotal


def test_options_that_cost_more_than_their_item_stand_beside_its_price(house: Any) -> None:
    """A bowl for nothing, with what is in it."""
    order = item_with(price=0) | {"subtotal": 600}
    read = channel_of(house).to_order(NOTICE, order, "USD")
    assert (read.lines[0].price.amount, read.drift.amount) == (0, 0)


def test_order_is_translated_at_any_depth(house: Any) -> None:
    """Options under options, called `extra` in one place and `extras` in another."""
    body = json.dumps({"event": {"type": "OrderCreate"}, "order": ORDER}).encode()
    channel = channel_of(house)
    order = channel.to_order(NOTICE, channel.order_payload(NOTICE, body), "USD")
    (line,) = order.lines
    assert line.modifiers[0].modifiers[0].id == "cheese"
    assert order.lines_total == order.subtotal == Money(2400, "USD")
    assert (line.note, order.note, order.display_id) == ("no salt", "Ring twice", "K7")


def test_amounts_are_in_the_stores_currency(house: Any) -> None:
    """DoorDash names none."""
    assert channel_of(house).to_order(NOTICE, ORDER, "CAD").subtotal == Money(2400, "CAD")


@pytest.mark.parametrize("bad", [9.0, "900", None, True])
def test_bad_price_is_refused_with_the_items_name(house: Any, bad: Any) -> None:
    """Cents are whole."""
    with pytest.raises(OrderRefused) as refused:
        channel_of(house).to_order(NOTICE, item_with(price=bad), "USD")
    assert refused.value.refusal.reason is Reason.PRICING
    assert refused.value.refusal.items == (RefusedItem("burger", "Burger"),)


def test_bad_subtotal_is_refused(house: Any) -> None:
    """The subtotal is money, too."""
    with pytest.raises(InvalidMoney):
        channel_of(house).to_order(NOTICE, {**ORDER, "subtotal": 24.0}, "USD")


def test_item_without_our_id_counts_as_unmapped(house: Any) -> None:
    """It comes from a menu that is not ours."""
    with pytest.raises(OrderRefused) as refused:
        channel_of(house).to_order(NOTICE, item_with(merchant_supplied_id=None), "USD")
    assert refused.value.refusal.reason is Reason.UNMAPPED_ITEM


def test_jwt_is_signed_as_doordash_signs() -> None:
    """HS256 with dd-ver in the header, under the base64url-decoded secret."""
    token = jwt("dev", "key", "c2VjcmV0", 1_800_000_000)
    head, claims, signature = token.split(".")
    pad = lambda part: base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))  # noqa: E731
    assert json.loads(pad(head)) == {"alg": "HS256", "typ": "JWT", "dd-ver": "DD-JWT-V1"}
    read = json.loads(pad(claims))
    assert (read["aud"], read["iss"], read["kid"]) == ("doordash", "dev", "key")
    assert 0 < read["exp"] - read["iat"] <= 1800
    expected = hmac.new(b"secret", f"{head}.{claims}".encode(), hashlib.sha256).digest()
    assert pad(signature) == expected


def test_accept_confirms_with_our_own_preparation_time(house: Any) -> None:
    """PATCH success, prep_time in UTC, and our id for the order."""
    channel = channel_of(house, HttpReply(202))
    channel.accept(house.put_record(State.ACCEPTED, channel="doordash"), 1_800_000_900_000)
    (call,) = house.http.calls
    assert call["method"] == "PATCH"
    assert call["url"] == "http://127.0.0.1:9001/doordash/marketplace/api/v1/orders/o-1"
    assert call["headers"]["auth-version"] == "v2"
    assert call["json"] == {
        "merchant_supplied_id": "d-o-1",
        "order_status": "success",
        "prep_time": "2027-01-15T08:15:00.000Z",
    }


BURGER = RefusedItem("b1", "Burger")


@pytest.mark.parametrize(
    ("refusal", "text", "code"),
    [
        (Refusal(Reason.POS_OFFLINE, "x"), "Store Unavailable - Connectivity Issue", "POS_OFFLINE"),
        (
            Refusal(Reason.UNKNOWN_STORE, "x"),
            "Store Unavailable - Connectivity Issue",
            "POS_OFFLINE",
        ),
        (Refusal(Reason.TIMED_OUT, "x"), "Store Unavailable - Connectivity Issue", "TIME_OUT"),
        (Refusal(Reason.UNMAPPED_ITEM, "x", (BURGER,)), "Item Missing - Burger - b1", None),
        (
            Refusal(Reason.OUT_OF_STOCK, "x", (BURGER,)),
            "Item Unavailable - Burger - b1 - Out of stock",
            "ITEM_OUT_OF_STOCK",
        ),
        (Refusal(Reason.PRICING, "x", (BURGER,)), "Pricing Mismatch - Burger - b1", None),
        (Refusal(Reason.INVALID_ORDER, "cart is missing"), "cart is missing", None),
    ],
)
def test_failure_speaks_doordashs_words(refusal: Refusal, text: str, code: str | None) -> None:
    """The texts are required, and a code is given only where one is documented."""
    reason, errors = failure(refusal)
    assert reason == errors[0]["message"] == text
    assert errors[0].get("code") == code


@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize("items", [(), (BURGER,)])
def test_failure_has_a_text_for_every_reason(reason: Reason, items: Any) -> None:
    """DoorDash counts failures without a reason against the provider."""
    text, errors = failure(Refusal(reason, "no", items))
    assert text
    assert errors


@pytest.mark.parametrize("status", [401, 408, 429, 500, 503])
def test_doordash_in_trouble_can_be_told_again(house: Any, status: int) -> None:
    """Confirming is idempotent on our side."""
    channel = channel_of(house, HttpReply(status))
    with pytest.raises(PartnerUnavailable):
        channel.accept(house.put_record(State.ACCEPTED), 0)


@pytest.mark.parametrize("status", [400, 404])
def test_confirmation_that_comes_too_late_is_final(house: Any, status: int) -> None:
    """Already confirmed, timed out or unknown: asking again changes nothing."""
    channel = channel_of(house, HttpReply(status))
    with pytest.raises(PartnerRefused):
        channel.accept(house.put_record(State.ACCEPTED), 0)
