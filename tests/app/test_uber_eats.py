"""Uber Eats: the order's way in, the answers' way out."""

from __future__ import annotations

import copy
from collections import deque
from typing import Any

import pytest

from chalicelib.adapters.http import ConnectFailed, HttpReply
from chalicelib.adapters.token_table import Token
from chalicelib.channels.base import PartnerRefused, PartnerUnavailable
from chalicelib.channels.uber_eats import DENY_CODES
from chalicelib.domain.commands import Notice, NoticeKind
from chalicelib.domain.errors import InvalidMoney, InvalidPayload, OrderRefused
from chalicelib.domain.money import Money
from chalicelib.domain.refusal import Reason, Refusal, RefusedItem
from chalicelib.domain.states import State

NOTICE = Notice(NoticeKind.ORDER, "uber_eats", "ue-store", "o-1", "e-1", "orders.notification")


def price(amount: Any, currency: str = "USD") -> dict[str, Any]:
    return {"unit_price": {"amount": amount, "currency_code": currency}}


PAYLOAD: dict[str, Any] = {
    "id": "o-1",
    "display_id": "A1B2C",
    "store": {"id": "ue-store"},
    "eater": {"first_name": "Ada", "phone": "+15550100"},
    "cart": {
        "special_instructions": "No cutlery",
        "items": [
            {
                "id": "burger",
                "title": "Burger",
                "quantity": 2,
                "price": price(1200),
                "special_instructions": "cut in half",
                "selected_modifier_groups": [
                    {
                        "id": "extras",
                        "selected_items": [
                            {
                                "id": "combo",
                                "title": "Combo",
                                "quantity": 1,
                                "price": price(300),
                                "selected_modifier_groups": [
                                    {"selected_items": [
                                        {"id": "cheese", "title": "Cheese", "quantity": 2,
                                         "price": price(50)}
                                    ]}
                                ],
                            }
                        ],
                        "removed_items": [{"id": "onion", "title": "Onion"}],
                    }
                ],
            }
        ],
    },
    "payment": {"charges": {"sub_total": {"amount": 2400, "currency_code": "USD"}}},
}  # fmt: skip


def channel_of(house: Any, *replies: Any) -> Any:
    house.http.replies = deque(replies)
    house.tokens.put("uber_eats", Token("token-1", house.START_MS + 10**9))
    return house.real_channels()["uber_eats"]


def to_order(house: Any, payload: Any) -> Any:
    return channel_of(house).to_order(NOTICE, payload, "USD")


def changed(path: list[Any], value: Any) -> dict[str, Any]:
    payload = copy.deepcopy(PAYLOAD)
    place: Any = payload
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return payload


ITEM = ["cart", "items", 0]


def test_order_is_translated_with_its_prices_taken_apart(house: Any) -> None:
    """unit_price includes the options; the canonical order has each part's own price."""
    order = to_order(house, PAYLOAD)
    (line,) = order.lines
    (combo,) = line.modifiers
    (cheese,) = combo.modifiers
    assert (line.price, line.quantity) == (Money(900, "USD"), 2)
    assert (combo.price, cheese.price, cheese.quantity) == (
        Money(200, "USD"), Money(50, "USD"), 2,
    )  # fmt: skip
    assert order.lines_total == order.subtotal == Money(2400, "USD")
    assert (order.display_id, order.note) == ("A1B2C", "No cutlery")


def test_everything_the_kitchen_must_read_is_in_the_note(house: Any) -> None:
    """What was taken out, the allergy and the wish: leaving one out could harm someone."""
    allergy = {
        "allergy": {
            "allergens_to_exclude": [{"type": "PEANUTS"}],
            "allergy_instructions": "clean gloves",
        }
    }
    order = to_order(house, changed([*ITEM, "special_requests"], allergy))
    assert order.lines[0].note == "NO Onion; ALLERGY: PEANUTS, clean gloves; cut in half"


def test_special_request_of_an_unknown_kind_is_refused(house: Any) -> None:
    """What cannot be understood cannot reach the kitchen."""
    payload = changed([*ITEM, "special_requests"], {"hologram": {"size": 3}})
    with pytest.raises(OrderRefused) as refused:
        to_order(house, payload)
    assert refused.value.refusal.reason is Reason.INSTRUCTIONS


@pytest.mark.parametrize("bad", [price(12.5), price("1200"), price(1200, "XXX"), price(100)])
def test_bad_price_is_refused_with_the_items_name(house: Any, bad: Any) -> None:
    """Floats, texts, unknown currencies, and items cheaper than their own options."""
    with pytest.raises(OrderRefused) as refused:
        to_order(house, changed([*ITEM, "price"], bad))
    assert refused.value.refusal.reason is Reason.PRICING
    assert [item.id for item in refused.value.refusal.items] == ["burger"]


def test_bad_subtotal_is_refused(house: Any) -> None:
    """The subtotal is money, too."""
    with pytest.raises(InvalidMoney):
        to_order(house, changed(["payment", "charges", "sub_total", "amount"], 24.0))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["cart"], None),
        (["cart", "items"], []),
        (["cart", "items"], "burger"),
        ([*ITEM, "quantity"], 0),
        ([*ITEM, "quantity"], 1.5),
        ([*ITEM, "id"], None),
        (["payment"], {}),
    ],
)
def test_unreadable_order_is_refused(house: Any, path: list[Any], value: Any) -> None:
    """Nothing is guessed."""
    with pytest.raises(InvalidPayload):
        to_order(house, changed(path, value))


def test_order_is_fetched_from_our_own_host(house: Any) -> None:
    """Whatever the webhook's resource_href says, the token goes to the configured host."""
    channel = channel_of(house, HttpReply(200, b'{"id": "o-1"}'))
    assert channel.order_payload(NOTICE, b"") == {"id": "o-1"}
    (call,) = house.http.calls
    assert call["url"] == "http://127.0.0.1:9001/uber/v2/eats/order/o-1"
    assert call["headers"]["Authorization"] == "Bearer token-1"


def test_refused_token_is_renewed_once(house: Any) -> None:
    """A token that was revoked early costs one grant, not the order."""
    grant = HttpReply(200, b'{"access_token": "token-2", "expires_in": 2592000}')
    channel = channel_of(house, HttpReply(401), grant, HttpReply(200, b"{}"))
    channel.order_payload(NOTICE, b"")
    assert house.http.calls[2]["headers"]["Authorization"] == "Bearer token-2"
    assert house.tokens.get("uber_eats").access == "token-2"


def test_token_is_shared_and_granted_once(house: Any) -> None:
    """100 grants an hour for all containers: the table is asked first."""
    grant = HttpReply(200, b'{"access_token": "token-2", "expires_in": 2592000}')
    house.http.replies = deque([grant, HttpReply(200, b"{}"), HttpReply(200, b"{}")])
    for _ in range(2):
        house.real_channels()["uber_eats"].order_payload(NOTICE, b"")
    assert [call["url"].rsplit("/", 1)[1] for call in house.http.calls] == ["token", "o-1", "o-1"]


def test_token_is_renewed_before_it_ends(house: Any) -> None:
    """Five minutes before its end a token counts as ended."""
    channel = channel_of(
        house, HttpReply(200, b'{"access_token": "t", "expires_in": 99}'), HttpReply(200, b"{}")
    )
    house.tokens.put("uber_eats", Token("old", house.START_MS + 299_000))
    channel.order_payload(NOTICE, b"")
    assert house.http.calls[1]["headers"]["Authorization"] == "Bearer t"


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_partner_in_trouble_can_be_asked_again(house: Any, status: int) -> None:
    """Reading an order twice does no harm."""
    with pytest.raises(PartnerUnavailable) as unavailable:
        reply = HttpReply(status, headers={"retry-after": "7"})
        channel_of(house, reply).order_payload(NOTICE, b"")
    assert unavailable.value.retry_after == 7


def test_accept_tells_uber_when_the_food_is_ready(house: Any) -> None:
    """accept_pos_order with pick-up time in seconds and our reference."""
    channel = channel_of(house, HttpReply(204))
    channel.accept(house.put_record(State.ACCEPTED), ready_ms=1_800_000_900_000)
    (call,) = house.http.calls
    assert call["url"].endswith("/v1/eats/orders/o-1/accept_pos_order")
    assert call["json"]["pickup_time"] == 1_800_000_900
    assert call["json"]["external_reference_id"] == "ue-o-1"


@pytest.mark.parametrize("reason", list(Reason))
def test_deny_has_a_documented_code_for_every_reason(house: Any, reason: Reason) -> None:
    """Codes that Uber does not list are refused by it."""
    items = (RefusedItem("burger", "Burger"),)
    record = house.put_record(State.RECEIVED).reject(Refusal(reason, "no", items), 0)
    channel = channel_of(house, HttpReply(204))
    channel.deny(record)
    sent = house.http.calls[0]["json"]["reason"]
    assert sent["code"] == DENY_CODES[reason]
    assert sent["explanation"] == "no"
    named = sent.get("out_of_stock_items") or sent.get("invalid_items")
    assert named == ["burger"]


@pytest.mark.parametrize(
    ("state", "fine"), [("ACCEPTED", True), ("CANCELED", False), ("DENIED", False)]
)
def test_refused_accept_is_judged_by_where_the_order_stands(
    house: Any, state: str, fine: bool
) -> None:
    """A second accept is a conflict, yet all is well when the first one counted."""
    channel = channel_of(
        house, HttpReply(409), HttpReply(200, f'{{"current_state": "{state}"}}'.encode())
    )
    record = house.put_record(State.ACCEPTED)
    if fine:
        channel.accept(record, ready_ms=0)
    else:
        with pytest.raises(PartnerRefused):
            channel.accept(record, ready_ms=0)


def test_connection_failure_is_passed_on(house: Any) -> None:
    """The channel decides nothing about repeating a call."""
    with pytest.raises(ConnectFailed):
        channel_of(house, ConnectFailed("refused")).order_payload(NOTICE, b"")
