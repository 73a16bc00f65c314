"""The canonical order: totals, ids, mapping, and its way into a table and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.money import Money
from chalicelib.domain.order import (
    Line,
    Modifier,
    Order,
    identifier,
    quantity,
    reference_id,
)

if TYPE_CHECKING:
    from collections.abc import Callable

cents = st.builds(Money, st.integers(0, 10_000), st.just("USD"))
ids = st.text("abcdefgh-", min_size=1, max_size=8).map(lambda text: f"i{text}")
counts = st.integers(1, 5)
modifiers = st.recursive(
    st.builds(Modifier, ids, st.text(max_size=9), counts, cents),
    lambda inner: st.builds(
        Modifier, ids, st.text(max_size=9), counts, cents, st.just(""), st.lists(inner).map(tuple)
    ),
    max_leaves=6,
)
lines = st.builds(
    Line,
    ids,
    st.text(max_size=9),
    counts,
    cents,
    st.just(""),
    st.text(max_size=20),
    st.lists(modifiers, max_size=3).map(tuple),
)
orders = st.builds(
    Order, st.just("uber_eats"), ids, ids, ids, st.just("USD"),
    st.lists(lines, min_size=1, max_size=4).map(tuple), cents, st.text(max_size=20),
)  # fmt: skip


@given(orders)
def test_order_survives_its_own_json(order: Order) -> None:
    """What is stored is what comes back, at any depth of modifiers."""
    assert Order.from_dict(order.to_dict()) == order


def test_line_price_counts_modifiers_once_per_piece() -> None:
    """Two burgers with two slices each are four slices."""
    slice_ = Modifier("cheese", "Cheese", 2, Money(50, "USD"))
    line = Line("burger", "Burger", 2, Money(900, "USD"), modifiers=(slice_,))
    assert line.full_price == Money(2 * (900 + 2 * 50), "USD")


@given(orders)
def test_mapped_names_exactly_the_items_without_an_id(order: Order) -> None:
    """Each missing id once, nothing that is known."""
    known = {id_: f"SQ-{id_}" for id_ in order.item_ids()[::2]}
    _, missing = order.mapped(known)
    assert [item.id for item in missing] == [i for i in order.item_ids() if i not in known]


@given(orders)
def test_mapped_changes_nothing_but_pos_ids(order: Order) -> None:
    """Prices, notes and counts reach the kitchen as they came."""
    mapped, missing = order.mapped(dict.fromkeys(order.item_ids(), "SQ"))
    assert not missing
    assert mapped.lines_total == order.lines_total
    assert [line.note for line in mapped.lines] == [line.note for line in order.lines]


@pytest.mark.parametrize("value", [None, "", 1.5, True, "a/b", "../x", "a b", "é", "x" * 101, []])
def test_identifier_refuses_what_could_leave_its_place_in_a_url(value: object) -> None:
    """Ids go into URLs, keys and message group ids."""
    with pytest.raises(InvalidPayload):
        identifier(value, "id")


def test_identifier_takes_whole_numbers() -> None:
    """Some vendors send numbers where others send text."""
    assert identifier(12345, "id") == "12345"


@pytest.mark.parametrize("value", [0, -1, 1.0, "1", None, True, 10_000])
def test_quantity_refuses_what_cannot_be_cooked(value: object) -> None:
    """A count is a whole number of at least one."""
    with pytest.raises(InvalidPayload):
        quantity(value, "quantity")


@given(st.text("abcdef0123456789-", min_size=1, max_size=100))
def test_reference_id_fits_square(order_id: str) -> None:
    """40 characters at most, and the same one every time."""
    reference = reference_id("uber_eats", order_id)
    assert len(reference) <= 40
    assert reference == reference_id("uber_eats", order_id)


def test_reference_id_keeps_a_uuid_readable() -> None:
    """An Uber order id fits whole, so people can search for it."""
    uuid = "0f1d2c3b-4a59-6877-8695-a4b3c2d1e0f9"
    assert reference_id("uber_eats", uuid) == f"ue-{uuid}"


def test_order_without_items_is_no_order(an_order: Callable[..., Order]) -> None:
    """There is nothing to cook."""
    with pytest.raises(InvalidPayload):
        an_order(lines=())


def test_order_holds_no_personal_data(an_order: Callable[..., Order]) -> None:
    """No field for names, phones or addresses is filled, so none can leak."""
    fields: dict[str, Any] = an_order().to_dict()
    assert set(fields) == {
        "channel", "channel_store_id", "order_id", "display_id", "currency", "lines",
        "subtotal", "note", "charges", "handover", "timing",
    }  # fmt: skip
