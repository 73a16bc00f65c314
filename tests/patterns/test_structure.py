"""How a pattern's keys meet an event's objects and arrays."""

from __future__ import annotations

from typing import Any

import pytest

from chalice_offline.patterns import (
    EVENT_BRIDGE,
    SNS_MESSAGE_ATTRIBUTES,
    SNS_MESSAGE_BODY,
    compile_pattern,
)


@pytest.mark.parametrize(
    "pattern",
    [{"a": {"b": {"c": [1]}}}, {"a.b.c": [1]}, {"a.b": {"c": [1]}}, {"a": {"b.c": [1]}}],
)
@pytest.mark.parametrize(
    "event",
    [{"a": {"b": {"c": 1}}}, {"a.b.c": 1}, {"a.b": {"c": 1}}, {"a": {"b.c": 1}}],
)
def test_dots_in_keys_stand_for_nesting(pattern: dict[str, Any], event: dict[str, Any]) -> None:
    """A dotted key and a nested path are the same name, in the pattern and in the event."""
    assert compile_pattern(pattern, EVENT_BRIDGE).matches(event)


def test_event_with_both_spellings_offers_both_values() -> None:
    """Values under the dotted and the nested spelling are both looked at."""
    event = {"a": {"b": "nested"}, "a.b": "dotted"}
    for value in ("nested", "dotted"):
        assert compile_pattern({"a": {"b": [value]}}, EVENT_BRIDGE).matches(event)


def test_duplicate_key_keeps_the_last_list() -> None:
    """Of two lists for one name the later counts, even when the spellings differ."""
    for source in (
        '{"a": {"b": ["x"], "b": ["y"]}}',
        '{"a": {"b": ["x"]}, "a.b": ["y"]}',
        '{"a": {"b": ["x"]}, "a": {"b": ["y"]}}',
    ):
        pattern = compile_pattern(source, EVENT_BRIDGE)
        assert pattern.matches({"a": {"b": "y"}})
        assert not pattern.matches({"a": {"b": "x"}})


def test_duplicate_objects_are_merged() -> None:
    """Two objects under one key add up; only equal names replace each other."""
    pattern = compile_pattern('{"a": {"b": ["x"]}, "a": {"c": ["y"]}}', EVENT_BRIDGE)
    assert pattern.matches({"a": {"b": "x", "c": "y"}})
    assert not pattern.matches({"a": {"c": "y"}})


ITEMS = {"items": [{"sku": "tea", "count": 1}, {"sku": "jam", "count": 2}]}

ARRAY_CASES: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({"items": {"sku": ["tea"]}}, ITEMS, True),
    ({"items": {"sku": ["tea"], "count": [1]}}, ITEMS, True),
    ({"items": {"sku": ["tea"], "count": [2]}}, ITEMS, False),
    ({"items": {"sku": ["tea", "jam"], "count": [2]}}, ITEMS, True),
    # Nested arrays count as one, and their elements are still kept apart.
    ({"items": {"sku": ["jam"], "count": [2]}}, {"items": [[ITEMS["items"][1]]]}, True),
    ({"items": {"sku": ["jam"], "count": [1]}}, {"items": [ITEMS["items"]]}, False),
    # Values of two different arrays are independent.
    ({"a": {"x": [1]}, "b": {"y": [2]}}, {"a": [{"x": 0}, {"x": 1}], "b": [{"y": 2}]}, True),
    # Two levels of arrays: same outer element, any inner ones.
    (
        {"o": {"id": [1], "i": {"k": ["b"]}}},
        {"o": [{"id": 1, "i": [{"k": "a"}, {"k": "b"}]}, {"id": 2, "i": [{"k": "c"}]}]},
        True,
    ),
    (
        {"o": {"id": [2], "i": {"k": ["b"]}}},
        {"o": [{"id": 1, "i": [{"k": "a"}, {"k": "b"}]}, {"id": 2, "i": [{"k": "c"}]}]},
        False,
    ),
    (
        {"o": {"i": {"k": ["b"], "m": [1]}}},
        {"o": [{"i": [{"k": "a", "m": 1}, {"k": "b", "m": 2}]}]},
        False,
    ),
    # Plain values in one array are independent of each other.
    ({"tags": ["a"], "items": {"count": [2]}}, {"tags": ["b", "a"], **ITEMS}, True),
    # Absence looks at the elements that fields earlier in the alphabet have chosen.
    ({"i": {"a": [1], "b": [{"exists": False}]}}, {"i": [{"a": 0, "b": 5}, {"a": 1}]}, True),
    ({"i": {"a": [1], "b": [{"exists": False}]}}, {"i": [{"a": 1, "b": 5}, {"a": 0}]}, False),
    ({"i": {"b": [{"exists": False}], "c": [1]}}, {"i": [{"b": 5}, {"c": 1}]}, False),
    ({"i": {"b": [{"exists": False}]}}, {"i": [{"b": 5}, {"c": 1}]}, False),
    ({"i": {"b": [{"exists": False}]}}, {"i": [{"c": 1}, 7, "b"]}, True),
    ({"i": {"b": [{"exists": True}]}}, {"i": [3, {"c": 1}, {"b": None}]}, True),
    ({"i": [{"exists": True}]}, {"i": [{"b": 1}]}, False),
    ({"i": [3]}, {"i": [[1, [2, [3]]], {"x": 3}]}, True),
]


@pytest.mark.parametrize(("pattern", "event", "expected"), ARRAY_CASES)
@pytest.mark.parametrize("dialect", [EVENT_BRIDGE, SNS_MESSAGE_BODY], ids=lambda d: d.name)
def test_fields_in_arrays_match_in_the_same_element(
    pattern: dict[str, Any], event: dict[str, Any], expected: bool, dialect: Any
) -> None:
    """Fields below an array of objects must be satisfied by one of its elements together."""
    compiled = compile_pattern(pattern, dialect)
    assert compiled.matches(event) is expected
    assert (compiled.explain(event) == []) is expected


def test_long_arrays_without_a_common_element_are_decided_quickly() -> None:
    """An array of 4,000 elements is not searched pair by pair."""
    event = {"i": [{"a": n % 2, "b": n % 2, "c": n} for n in range(4000)]}
    pattern = compile_pattern({"i": {"a": [0], "b": [1], "c": [{"exists": True}]}}, EVENT_BRIDGE)
    assert not pattern.matches(event)


def test_deeply_nested_event_is_no_problem() -> None:
    """An event may nest arrays deeper than Python's call stack."""
    value: Any = ["x"]
    for _ in range(3000):
        value = [value]
    assert compile_pattern({"a": ["x"]}, EVENT_BRIDGE).matches({"a": value})


OR_PATTERN = {
    "source": ["shop"],
    "$or": [
        {"detail": {"total": [{"numeric": [">", 100]}]}},
        {"detail": {"vip": [True]}, "$or": [{"region": ["eu"]}, {"region": ["us"]}]},
    ],
}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"source": "shop", "detail": {"total": 101}}, True),
        ({"source": "shop", "detail": {"vip": True}, "region": "us"}, True),
        ({"source": "shop", "detail": {"vip": True}, "region": "asia"}, False),
        ({"source": "shop", "detail": {"vip": False}, "region": "eu"}, False),
        ({"source": "pos", "detail": {"total": 101}}, False),
    ],
)
def test_or_combines_branches_with_siblings(event: dict[str, Any], expected: bool) -> None:
    """One branch of $or must hold together with the keys beside it; branches nest."""
    assert compile_pattern(OR_PATTERN, EVENT_BRIDGE).matches(event) is expected


def test_or_inside_an_object_names_keys_of_that_object() -> None:
    """A branch of an $or that stands inside `detail` speaks of keys of `detail`."""
    pattern = compile_pattern({"detail": {"$or": [{"a": [1]}, {"b": [2]}]}}, EVENT_BRIDGE)
    assert pattern.matches({"detail": {"b": 2}})
    assert not pattern.matches({"b": 2})


def test_or_that_is_no_relationship_is_an_ordinary_key() -> None:
    """A pattern older than the keyword may have a field called $or."""
    assert compile_pattern('{"$or": {"a": ["x"]}}', EVENT_BRIDGE).matches({"$or": {"a": "x"}})
    assert compile_pattern('{"$or": ["x", "y"]}', EVENT_BRIDGE).matches({"$or": "y"})


@pytest.mark.parametrize("dialect", [SNS_MESSAGE_ATTRIBUTES, SNS_MESSAGE_BODY])
def test_empty_filter_policy_matches_everything(dialect: Any) -> None:
    """{} is how SNS removes a policy."""
    assert compile_pattern("{}", dialect).matches({"anything": "at all"})
    assert compile_pattern("{}", dialect).explain({}) == []


@pytest.mark.parametrize(
    ("policy", "attributes", "expected"),
    [
        ({"store": ["a"]}, {"store": "a"}, True),
        ({"store": ["a"]}, {"store": ["b", "a"]}, True),
        ({"store": ["a"]}, {"store": ["b", "c"]}, False),
        ({"price": [{"numeric": [">", 5]}]}, {"price": 5.5}, True),
        ({"price": [{"numeric": [">", 5]}]}, {"price": "5.5"}, False),
        ({"store": [{"exists": False}]}, {"other": "x"}, True),
        ({"store": [{"anything-but": ["a"]}]}, {}, False),
        ({"store": [{"anything-but": ["a"]}]}, {"store": ["a", "b"]}, True),
        ({"store.name": ["a"]}, {"store.name": "a"}, True),
        ({"store": ["a"], "kind": ["k"]}, {"store": "a"}, False),
    ],
)
def test_attribute_policy_reads_prepared_attributes(
    policy: dict[str, Any], attributes: dict[str, Any], expected: bool
) -> None:
    """Attributes come as a dict: String as str, Number as number, String.Array as list."""
    assert compile_pattern(policy, SNS_MESSAGE_ATTRIBUTES).matches(attributes) is expected
