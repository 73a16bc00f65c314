"""Square: what is sent, and what its answers mean for the order."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.adapters.http import ConnectFailed, HttpReply, NoReply
from chalicelib.domain.money import Money
from chalicelib.domain.order import Line, Modifier
from chalicelib.domain.refusal import Reason
from chalicelib.domain.states import State
from chalicelib.pos.base import PosOutcomeUnknown, PosRefused, PosUnavailable, Ticket

CREATED = {"order": {"id": "SQ-1", "total_money": {"amount": 2000, "currency": "USD"}}}


def reply(status: int, body: Any = None) -> HttpReply:
    return HttpReply(status, json.dumps(body or {}).encode())


def error(status: int, code: str, detail: str = "") -> HttpReply:
    return reply(status, {"errors": [{"category": "X", "code": code, "detail": detail}]})


def square_of(house: Any, *replies: Any) -> Any:
    house.http.replies = deque(replies)
    return house.square()


def sent(house: Any, number: int = 0) -> Any:
    return house.http.calls[number]["json"]


def test_create_sends_the_order_as_square_wants_it(house: Any) -> None:
    """Catalogue ids, quantities as text, prices as paid, a pick-up fulfilment."""
    record = house.put_record(State.SUBMITTING)
    ticket = square_of(house, reply(200, CREATED)).create(record)
    assert ticket == Ticket("SQ-1", Money(2000, "USD"))
    order = sent(house)["order"]
    assert order["location_id"] == "L1"
    assert order["reference_id"] == "ue-o-1"
    assert order["metadata"] == {"order_key": record.key}
    assert order["line_items"] == [
        {
            "uid": "line-1",
            "catalog_object_id": "SQ-BURGER",
            "quantity": "2",
            "base_price_money": {"amount": 900, "currency": "USD"},
            "modifiers": [
                {
                    "catalog_object_id": "SQ-CHEESE",
                    "quantity": "1",
                    "base_price_money": {"amount": 100, "currency": "USD"},
                }
            ],
        }
    ]
    assert [f["type"] for f in order["fulfillments"]] == ["PICKUP"]


def test_keys_stay_within_squares_limits_and_never_change(house: Any) -> None:
    """192 characters for orders, 45 for payments, and the same for every attempt."""
    record = house.put_record(State.SUBMITTING)
    square = square_of(house, *[reply(200, CREATED)] * 4)
    for _ in range(2):
        square.release(record, square.create(record))
    keys = [sent(house, number)["idempotency_key"] for number in range(4)]
    assert keys[:2] == keys[2:]
    assert len(keys[0]) <= 192
    assert len(keys[1]) <= 45
    assert keys[0] != keys[1]
    assert sent(house, 0) == sent(house, 2)


def test_nested_modifiers_become_one_level(house: Any) -> None:
    """Square knows no options of options; counts multiply on the way up."""
    cheese = Modifier("c", "C", 2, Money(50, "USD"), "SQ-C")
    combo = Modifier("k", "K", 3, Money(200, "USD"), "SQ-K", (cheese,))
    line = Line("b", "B", 1, Money(900, "USD"), "SQ-B", modifiers=(combo,))
    record = house.put_record(State.SUBMITTING)
    record = replace(record, order=replace(record.order, lines=(line,)))
    square_of(house, reply(200, CREATED)).create(record)
    item = sent(house)["order"]["line_items"][0]
    assert [(m["catalog_object_id"], m["quantity"]) for m in item["modifiers"]] == [
        ("SQ-K", "3"), ("SQ-C", "6"),
    ]  # fmt: skip
    priced = sum(int(m["quantity"]) * m["base_price_money"]["amount"] for m in item["modifiers"])
    assert 900 + priced == line.full_price.amount


@pytest.mark.parametrize(("field", "length"), [("line", 2001), ("order", 501)])
def test_instruction_that_does_not_fit_refuses_the_order(
    house: Any, field: str, length: int
) -> None:
    """Half an allergy note is worse than none."""
    record = house.put_record(State.SUBMITTING)
    order = record.order
    if field == "order":
        order = replace(order, note="x" * length)
    else:
        order = replace(order, lines=(replace(order.lines[0], note="x" * length),))
    with pytest.raises(PosRefused) as refused:
        square_of(house).create(replace(record, order=order))
    assert refused.value.refusal.reason is Reason.INSTRUCTIONS


def test_release_records_the_partners_money(house: Any) -> None:
    """An EXTERNAL payment over the order's total makes the ticket show."""
    record = house.put_record(State.SUBMITTING)
    square_of(house, reply(200)).release(record, Ticket("SQ-1", Money(2000, "USD")))
    payment = sent(house)
    assert payment["source_id"] == "EXTERNAL"
    assert payment["amount_money"] == {"amount": 2000, "currency": "USD"}
    assert payment["order_id"] == "SQ-1"
    assert payment["external_details"] == {
        "type": "EXTERNAL", "source": "Uber Eats", "source_id": "o-1",
    }  # fmt: skip


def test_release_of_a_free_order_pays_without_a_payment(house: Any) -> None:
    """A payment of nothing is refused."""
    record = house.put_record(State.SUBMITTING)
    square_of(house, reply(200)).release(record, Ticket("SQ-1", Money(0, "USD")))
    assert house.http.calls[0]["url"].endswith("/v2/orders/SQ-1/pay")


def test_find_compares_references_page_by_page(house: Any) -> None:
    """SearchOrders has no such filter; cancelled orders do not count."""
    other = {"id": "SQ-9", "reference_id": "ue-other"}
    dead = {"id": "SQ-8", "reference_id": "ue-o-1", "state": "CANCELED"}
    ours = {**CREATED["order"], "reference_id": "ue-o-1", "state": "OPEN"}
    square = square_of(
        house, reply(200, {"orders": [other, dead], "cursor": "2"}), reply(200, {"orders": [ours]})
    )
    assert square.find(house.put_record(State.SUBMITTING)).pos_order_id == "SQ-1"
    assert sent(house, 1)["cursor"] == "2"
    query = sent(house)["query"]
    assert query["sort"]["sort_field"] == "CREATED_AT"
    assert query["filter"]["date_time_filter"]["created_at"]["start_at"] < "2027-01-15T08:00:00"


def test_find_returns_nothing_when_there_is_nothing(house: Any) -> None:
    """An empty location has an empty answer."""
    assert square_of(house, reply(200)).find(house.put_record(State.SUBMITTING)) is None


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (ConnectFailed("refused"), PosUnavailable),
        (error(429, "RATE_LIMITED"), PosUnavailable),
        (reply(502), PosOutcomeUnknown),
        (reply(503), PosOutcomeUnknown),
        (reply(504), PosOutcomeUnknown),
        (NoReply("read timeout"), PosOutcomeUnknown),
        (reply(500), PosOutcomeUnknown),
        (error(408, "REQUEST_TIMEOUT"), PosOutcomeUnknown),
        (error(409, "CONFLICT"), PosOutcomeUnknown),
        (error(400, "IDEMPOTENCY_KEY_REUSED"), PosOutcomeUnknown),
        (error(400, "BAD_REQUEST", "Order SQ-1 already exists"), PosOutcomeUnknown),
        (HttpReply(200, b"<html>"), PosOutcomeUnknown),
        (reply(200, {"order": {}}), PosOutcomeUnknown),
        (error(400, "INVALID_VALUE"), PosRefused),
        (HttpReply(400, b"<html>"), PosRefused),
    ],
)
def test_answers_fall_into_safe_unknown_and_final(house: Any, answer: Any, kind: type) -> None:
    """What may be repeated, what must be looked up, what is a no."""
    square = square_of(house, answer)
    with pytest.raises(kind):
        square.create(house.put_record(State.SUBMITTING))


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (404, "NOT_FOUND", Reason.UNMAPPED_ITEM),
        (403, "FORBIDDEN", Reason.POS_NOT_READY),
        (400, "VALUE_TOO_LONG", Reason.POS_REFUSED),
    ],
)
def test_final_refusals_keep_squares_reason(
    house: Any, status: int, code: str, reason: Reason
) -> None:
    """The code is told, the detail is not: it may quote the order."""
    square = square_of(house, error(status, code, "Ada's order"))
    with pytest.raises(PosRefused) as refused:
        square.create(house.put_record(State.SUBMITTING))
    assert refused.value.refusal.reason is reason
    assert code in refused.value.refusal.detail
    assert "Ada" not in refused.value.refusal.detail


def test_what_is_sold_out_is_read_but_for_what_is_no_object(house: Any) -> None:
    """The answer is about a whole menu."""
    off = {"location_id": "L1", "sold_out": True}
    fries = {"id": "FRIES", "type": "ITEM_VARIATION"}
    fries["item_variation_data"] = {"location_overrides": ["no object", None, off]}  # type: ignore[assignment]
    found = reply(200, {"objects": [None, "no object", {}, {"id": 1}, fries]})
    levels = square_of(house, found).stock_of(house.put_record(State.RECEIVED).store, ["FRIES"])
    assert {id_: level.available for id_, level in levels.items()} == {"FRIES": False}
