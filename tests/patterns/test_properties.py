"""What must hold for all patterns and events."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chalice_offline.patterns import (
    EVENT_BRIDGE,
    SNS_MESSAGE_BODY,
    PatternError,
    PatternIndex,
    compile_pattern,
)

KEYS = st.sampled_from(["a", "b", "c", "a.b"])
STRINGS = st.sampled_from(["", "x", "X", "xy", "yx", "10.0.0.1", "é"])
NUMBERS = st.sampled_from([0, 1, 2, -1, 1.5, 300])
SCALARS = st.one_of(STRINGS, NUMBERS, st.booleans(), st.none())

EXPRESSIONS = st.one_of(
    st.builds(lambda s: {"prefix": s}, STRINGS),
    st.builds(lambda s: {"suffix": s}, STRINGS),
    st.builds(lambda s: {"equals-ignore-case": s}, STRINGS),
    st.builds(lambda b: {"exists": b}, st.booleans()),
    st.builds(lambda s: {"anything-but": s}, st.lists(STRINGS, min_size=1, max_size=2)),
    st.builds(lambda n: {"anything-but": n}, NUMBERS),
    st.builds(lambda n: {"numeric": [">=", n]}, NUMBERS),
    st.builds(lambda s: {"wildcard": f"*{s}"}, st.sampled_from(["x", "y"])),
)
LISTS = st.lists(st.one_of(SCALARS, EXPRESSIONS), min_size=1, max_size=3)
FLAT = st.dictionaries(KEYS, LISTS, min_size=1, max_size=3)
OBJECTS = st.recursive(
    FLAT,
    lambda inner: st.dictionaries(KEYS, st.one_of(LISTS, inner), min_size=1, max_size=3),
    max_leaves=4,
)


def with_or(plain: dict[str, Any], branches: list[dict[str, Any]]) -> dict[str, Any]:
    return {**plain, "$or": branches} if len(branches) > 1 else plain


PATTERNS = st.builds(with_or, OBJECTS, st.lists(OBJECTS, max_size=3))

VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)
EVENTS = st.dictionaries(KEYS, VALUES, max_size=4)


@given(st.lists(PATTERNS, max_size=8), EVENTS)
def test_index_agrees_with_trying_every_pattern(
    patterns: list[dict[str, Any]], event: dict[str, Any]
) -> None:
    """The index finds exactly the patterns that match, in order."""
    compiled = [compile_pattern(pattern, EVENT_BRIDGE) for pattern in patterns]
    index: PatternIndex[int] = PatternIndex()
    for number, pattern in enumerate(compiled):
        index.add(number, pattern)
    expected = [number for number, pattern in enumerate(compiled) if pattern.matches(event)]
    assert index.matching(event) == expected
    for number in range(0, len(compiled), 2):
        index.discard(number)
    assert index.matching(event) == [number for number in expected if number % 2]


@given(st.permutations(range(6)), st.lists(FLAT, min_size=6, max_size=6), EVENTS)
def test_index_answers_do_not_depend_on_insertion_order(
    order: list[int], patterns: list[dict[str, Any]], event: dict[str, Any]
) -> None:
    """Another insertion order gives the same keys, in that order."""
    straight: PatternIndex[int] = PatternIndex()
    shuffled: PatternIndex[int] = PatternIndex()
    for number in range(6):
        straight.add(number, compile_pattern(patterns[number], EVENT_BRIDGE))
    for number in order:
        shuffled.add(number, compile_pattern(patterns[number], EVENT_BRIDGE))
    found = straight.matching(event)
    assert shuffled.matching(event) == [number for number in order if number in found]


@given(PATTERNS, EVENTS)
def test_explanation_is_empty_exactly_for_a_match(
    pattern: dict[str, Any], event: dict[str, Any]
) -> None:
    """There is something to explain if and only if the event does not match."""
    compiled = compile_pattern(pattern, EVENT_BRIDGE)
    assert (compiled.explain(event) == []) is compiled.matches(event)


@given(FLAT, st.lists(FLAT, min_size=2, max_size=3), EVENTS)
def test_or_equals_the_union_of_its_branches(
    common: dict[str, Any], branches: list[dict[str, Any]], event: dict[str, Any]
) -> None:
    """A pattern with $or matches when one of the patterns it stands for does."""
    combined = compile_pattern({**common, "$or": branches}, EVENT_BRIDGE)
    expanded = [compile_pattern({**common, **branch}, EVENT_BRIDGE) for branch in branches]
    assert combined.matches(event) is any(pattern.matches(event) for pattern in expanded)


@given(
    st.integers(min_value=-(10**9), max_value=10**9).filter(bool),  # JSON has no 00e-2
    st.sampled_from(["{}", "{}.0", "{}.000", "{}e0", "{}E+0", "{}0e-1", "{}0.0E-1"]),
    st.sampled_from(["{}", "{}.0", "{}e0", "{}00e-2"]),
)
def test_spelling_of_a_number_does_not_matter(number: int, written: str, sent: str) -> None:
    """A number matches by value, however pattern and event spell it."""
    event = json.loads(f'{{"n": {sent.format(number)}}}')
    for operator in ("{}", '{{"numeric": ["=", {}]}}'):
        text = operator.format(written.format(number))
        assert compile_pattern(f'{{"n": [{text}]}}', EVENT_BRIDGE).matches(event)
    refused = f'{{"n": [{{"anything-but": {written.format(number)}}}]}}'
    assert not compile_pattern(refused, EVENT_BRIDGE).matches(event)


@given(OBJECTS, EVENTS)
def test_sns_body_policy_agrees_with_event_pattern(
    pattern: dict[str, Any], event: dict[str, Any]
) -> None:
    """What both dialects accept means the same in both."""
    try:
        policy = compile_pattern(pattern, SNS_MESSAGE_BODY)
    except PatternError:
        return
    assert policy.matches(event) is compile_pattern(pattern, EVENT_BRIDGE).matches(event)


@given(st.text(max_size=40))
def test_any_text_compiles_or_is_refused(source: str) -> None:
    """Arbitrary text never raises anything but a PatternError."""
    try:
        compile_pattern(source, EVENT_BRIDGE)
    except PatternError as refused:
        assert refused.reason


@given(st.text(alphabet='{}[]":,a1-.e0 \\\n$or*', max_size=60))
def test_json_like_text_compiles_or_is_refused(source: str) -> None:
    """Text made of JSON's own characters never raises anything but a PatternError."""
    try:
        compile_pattern(source, EVENT_BRIDGE)
    except PatternError as refused:
        assert refused.reason


@given(st.text(alphabet="ab*", max_size=8), st.text(alphabet="ab", max_size=8))
def test_wildcard_agrees_with_a_plain_search(expression: str, value: str) -> None:
    """A wildcard matches what a straightforward recursive definition matches."""

    def fits(pattern: str, text: str) -> bool:
        if not pattern:
            return not text
        if pattern[0] == "*":
            return any(fits(pattern[1:], text[start:]) for start in range(len(text) + 1))
        return bool(text) and text[0] == pattern[0] and fits(pattern[1:], text[1:])

    try:
        compiled = compile_pattern({"a": [{"wildcard": expression}]}, EVENT_BRIDGE)
    except PatternError:
        return
    assert compiled.matches({"a": value}) is fits(expression, value)
