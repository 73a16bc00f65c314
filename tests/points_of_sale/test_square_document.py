"""What we send to Square is what its OpenAPI document describes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.charges import Charge, ChargeKind, Party
from chalicelib.domain.money import Money
from chalicelib.domain.order import Person
from tests.points_of_sale.square_document import document, operation, problems


def test_every_call_of_the_adapter_is_described(square: Any) -> None:
    """An order's whole life: looked for, made, printed, read, voided; and one for nothing."""
    record = square.record()
    assert square.pos.find(record) is None
    ticket = square.make(record)
    square.pos.state_of(record, ticket)
    square.pos.void(record, ticket)
    free = square.record("o-2")
    lines = tuple(_for_nothing(line) for line in free.order.lines)
    free = replace(free, order=replace(free.order, lines=lines, subtotal=Money(0, "USD")))
    square.make(free)
    assert square.judged.seen == {
        "ObtainToken",
        "SearchOrders",
        "CreateOrder",
        "CreatePayment",
        "RetrieveOrder",
        "RefundPayment",
        "UpdateOrder",
        "PayOrder",
    }


def _for_nothing(line: Any) -> Any:
    modifiers = tuple(_for_nothing(modifier) for modifier in line.modifiers)
    return replace(line, price=Money(0, "USD"), modifiers=modifiers)


def test_long_and_foreign_texts_fit_squares_limits(square: Any) -> None:
    """Names, notes and addresses as long as a partner sends them."""
    long = "Überlang \U0001f354 " * 40
    person = Person(long, "+" + "9" * 40, long, long, long, long, instructions=long)
    record = square.record(person=person, note=long)
    lines = tuple(replace(line, note=long) for line in record.order.lines)
    square.make(replace(record, order=replace(record.order, lines=lines)))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"line_items": [{"quantity": 2}]}, "2 is not of type 'string'"),
        ({"reference_id": "x" * 41}, "is too long"),
        ({"lines": []}, "'lines' was unexpected"),
        ({"created_at": "2026-01-01T00:00:00Z"}, "'created_at' was unexpected"),
        ({"state": "NEW"}, "is not one of"),
    ],
)
def test_the_judge_sees_what_square_would_refuse(change: dict[str, Any], complaint: str) -> None:
    """A judge that lets everything pass would prove nothing."""
    described = operation("POST", "/v2/orders")
    assert described is not None
    assert problems(described["request"], {"order": {"location_id": "L1"}}) == []
    found = problems(described["request"], {"order": {"location_id": "L1", **change}})
    assert any(complaint in one for one in found), found


def test_the_cut_names_its_source() -> None:
    """Its licence asks for it."""
    assert "Apache License 2.0" in document()["$comment"]


def test_tips_and_taxes_travel(square: Any) -> None:
    """The tip goes with the payment."""
    tip = Charge(ChargeKind.TIP, Money(350, "USD"), Party.MERCHANT)
    record = square.record()
    record = replace(record, order=replace(record.order, charges=(tip,)))
    square.make(record)
    [payment] = square.simulator.payments()
    assert payment["tip_money"]["amount"] == 350
