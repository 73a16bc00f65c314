"""Why a pattern did not match, in sentences."""

from __future__ import annotations

from typing import Any

import pytest

from chalice_offline.patterns import EVENT_BRIDGE, compile_pattern

EVENT: dict[str, Any] = {
    "source": "shop.orders",
    "detail": {
        "total": 12,
        "note": '{"vip": true}',
        "tags": [],
        "items": [{"sku": "tea", "count": 1}, {"sku": "jam", "count": 2}],
        "codes": [1, 2, 3, 4, 5, 6],
        "flag": False,
    },
}


@pytest.mark.parametrize(
    ("pattern", "sentences"),
    [
        (
            {"source": ["shop.returns", {"prefix": "pos."}]},
            [
                (
                    '"source" must be "shop.returns" or a string starting with "pos.",'
                    ' but the event has "shop.orders".'
                )
            ],
        ),
        (
            {"detail": {"total": [{"numeric": [">=", 20, "<", 1e3]}]}},
            ['"detail.total" must be a number >= 20 and < 1000.0, but the event has 12.'],
        ),
        (
            {"source": ["x"], "detail": {"total": [12], "flag": [True]}},
            [
                '"source" must be "x", but the event has "shop.orders".',
                '"detail.flag" must be true, but the event has false.',
            ],
        ),
        (
            {"detail": {"missing": ["x"]}},
            ['"detail.missing" must be "x", but the event does not have it.'],
        ),
        (
            {"detail": {"note": {"vip": [True]}}},
            [
                (
                    '"detail.note.vip" must be true, but the event has a string at "detail.note",'
                    " where an object was expected."
                )
            ],
        ),
        (
            {"detail": {"total": {"eur": [5]}}},
            ['"detail.total.eur" must be 5, but the event has no object at "detail.total".'],
        ),
        (
            {"detail": {"tags": [{"exists": True}]}},
            ['"detail.tags" must be present, but the event has an array without values there.'],
        ),
        (
            {"detail": {"items": {"sku": ["tea"], "count": [2]}}},
            [
                (
                    '"detail.items.sku" and "detail.items.count" match in an array of the event,'
                    " but not together in the same element."
                )
            ],
        ),
        (
            {"detail": {"items": {"sku": [{"exists": False}]}}},
            ['"detail.items.sku" must be absent, but the event has "tea", "jam".'],
        ),
        (
            {"detail": [{"exists": True}]},
            [
                (
                    '"detail" must be present, but the event has an object there,'
                    " and only values inside it can match."
                )
            ],
        ),
        (
            {"detail": {"codes": [9]}},
            ['"detail.codes" must be 9, but the event has 1, 2, 3, 4, 5, ….'],
        ),
        (
            {"source": [{"anything-but": {"suffix": [".orders", ".returns"]}}]},
            [
                (
                    '"source" must be anything but a string ending with ".orders"'
                    ' or a string ending with ".returns", but the event has "shop.orders".'
                )
            ],
        ),
        (
            {"source": ["pos"], "$or": [{"detail": {"total": [1]}}, {"detail": {"flag": [True]}}]},
            [
                '"source" must be "pos", but the event has "shop.orders".',
                'In $or combination 1 of 2: "detail.total" must be 1, but the event has 12.',
                'In $or combination 2 of 2: "detail.flag" must be true, but the event has false.',
            ],
        ),
    ],
)
def test_explain_names_path_wanted_and_found(pattern: dict[str, Any], sentences: list[str]) -> None:
    """Each failing field gets one sentence, in the pattern's order."""
    assert compile_pattern(pattern, EVENT_BRIDGE).explain(EVENT) == sentences


def test_explain_shortens_long_values() -> None:
    """A long value is cut so that the sentence stays readable."""
    [sentence] = compile_pattern({"a": ["x"]}, EVENT_BRIDGE).explain({"a": "y" * 5000})
    assert len(sentence) < 140


def test_explain_is_empty_for_a_match() -> None:
    """A matching event needs no explanation."""
    assert compile_pattern({"source": [{"prefix": "shop"}]}, EVENT_BRIDGE).explain(EVENT) == []
