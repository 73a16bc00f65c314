"""Many patterns at once."""

from __future__ import annotations

from typing import Any

from chalice_offline.patterns import (
    EVENT_BRIDGE,
    SNS_MESSAGE_ATTRIBUTES,
    Dialect,
    Pattern,
    PatternIndex,
    compile_pattern,
)
from chalice_offline.patterns import pattern as pattern_module


def index_of(
    patterns: dict[str, dict[str, Any]], dialect: Dialect = EVENT_BRIDGE
) -> PatternIndex[str]:
    index: PatternIndex[str] = PatternIndex()
    for key, pattern in patterns.items():
        index.add(key, compile_pattern(pattern, dialect))
    return index


def test_matching_keeps_insertion_order() -> None:
    """Indexed and unindexed patterns come out in the order they went in."""
    index = index_of(
        {
            "z": {"source": ["a"]},
            "m": {"source": [{"prefix": "a"}]},
            "b": {"source": ["a"], "kind": ["k"]},
            "a": {"kind": ["k"]},
            "no": {"source": ["b"]},
        }
    )
    assert index.matching({"source": "a", "kind": "k"}) == ["z", "m", "b", "a"]
    assert len(index) == 5


def test_replaced_pattern_keeps_its_place() -> None:
    """Adding a key again changes its pattern only."""
    index = index_of({"one": {"source": ["a"]}, "two": {"source": ["b"]}})
    index.add("one", compile_pattern({"source": ["b"]}, EVENT_BRIDGE))
    assert index.matching({"source": "b"}) == ["one", "two"]
    assert index.matching({"source": "a"}) == []


def test_discarded_key_no_longer_matches() -> None:
    """A discarded key is gone; discarding an unknown one does nothing."""
    index = index_of({"one": {"source": ["a"]}, "two": {"source": [{"exists": True}]}})
    index.discard("one")
    index.discard("never there")
    assert index.matching({"source": "a"}) == ["two"]
    index.discard("two")
    assert index.matching({"source": "a"}) == []
    assert len(index) == 0


def test_pattern_with_or_is_found_once() -> None:
    """A pattern that matches by two branches is listed once, and can be discarded."""
    index = index_of({"x": {"$or": [{"a": ["1"]}, {"b": ["2"]}, {"a": ["1"], "c": ["3"]}]}})
    assert index.matching({"a": "1", "b": "2", "c": "3"}) == ["x"]
    index.discard("x")
    assert index.matching({"a": "1", "b": "2"}) == []


def test_array_values_find_their_patterns() -> None:
    """Every string of an array in the event is looked up."""
    index = index_of(
        {"a": {"store": ["a"]}, "b": {"store": ["b", "x"]}, "c": {"store": ["c"]}},
        SNS_MESSAGE_ATTRIBUTES,
    )
    assert index.matching({"store": ["b", "a", "b"]}) == ["a", "b"]


def test_address_spellings_are_not_lost_in_the_index() -> None:
    """A string that spells an IP address also matches its other spellings."""
    index = index_of({"v6": {"ip": ["2001:db8::1"]}})
    assert index.matching({"ip": "2001:0db8:0:0:0:0:0:1"}) == ["v6"]


def tried(monkeypatch: Any, index: PatternIndex[Any], event: dict[str, Any]) -> int:
    """How many patterns the index tries against the event."""
    calls: list[Pattern] = []
    original = pattern_module.Pattern.matches

    def counting(self: Pattern, given: Any) -> bool:
        calls.append(self)
        return original(self, given)

    monkeypatch.setattr(pattern_module.Pattern, "matches", counting)
    index.matching(event)
    return len(calls)


def test_distinct_sources_cost_one_candidate(monkeypatch: Any) -> None:
    """With a source of its own for each pattern, only the right one is tried."""
    index = index_of({f"r{n}": {"source": [f"s{n}"], "kind": ["k"]} for n in range(500)})
    assert tried(monkeypatch, index, {"source": "s7", "kind": "k"}) == 1


def test_field_that_tells_patterns_apart_is_chosen(monkeypatch: Any) -> None:
    """When all share a source, the index turns to the field in which they differ."""
    index = index_of({f"r{n}": {"source": ["s"], "detail": {"id": [f"i{n}"]}} for n in range(500)})
    assert tried(monkeypatch, index, {"source": "s", "detail": {"id": "i77"}}) < 10
