"""Limits of SNS filter policies: keys, combinations, nesting."""

from __future__ import annotations

from typing import Any

import pytest

from chalice_offline.patterns import (
    EVENT_BRIDGE,
    SNS_MESSAGE_ATTRIBUTES,
    SNS_MESSAGE_BODY,
    Dialect,
    PatternError,
    compile_pattern,
)

TOO_COMPLEX = "Filter policy is too complex"
TOO_MANY_KEYS = "Filter policy can not have more than 5 keys"


def values(count: int) -> list[str]:
    return [f"v{number}" for number in range(count)]


def reason(policy: dict[str, Any], dialect: Dialect) -> str | None:
    """Why the policy is refused, None when it is accepted."""
    try:
        compile_pattern(policy, dialect)
    except PatternError as refused:
        return refused.reason
    return None


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ({"a": values(150)}, None),
        ({"a": values(151)}, TOO_COMPLEX),
        ({"a": values(10), "b": values(15)}, None),
        ({"a": values(10), "b": values(16)}, TOO_COMPLEX),
        ({"$or": [{"a": values(75)}, {"b": values(75)}]}, None),
        ({"$or": [{"a": values(75)}, {"b": values(76)}]}, TOO_COMPLEX),
        ({"x": values(2), "$or": [{"a": values(40)}, {"b": values(35)}]}, None),
        ({"x": values(2), "$or": [{"a": values(40)}, {"b": values(36)}]}, TOO_COMPLEX),
    ],
)
@pytest.mark.parametrize("dialect", [SNS_MESSAGE_ATTRIBUTES, SNS_MESSAGE_BODY])
def test_combinations_are_limited(
    policy: dict[str, Any], expected: str | None, dialect: Dialect
) -> None:
    """Values multiply over fields and add up over $or; 150 is the most."""
    assert reason(policy, dialect) == expected
    assert reason(policy, EVENT_BRIDGE) is None


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ({"a": {"b": values(75)}}, None),
        ({"a": {"b": values(76)}}, TOO_COMPLEX),
        ({"a": {"b": {"c": values(10)}}, "d": values(5)}, None),
        ({"a": {"b": {"c": values(10)}}, "d": values(6)}, TOO_COMPLEX),
    ],
)
def test_combinations_count_depth(policy: dict[str, Any], expected: str | None) -> None:
    """In a body policy each value counts as often as its key is deep."""
    assert reason(policy, SNS_MESSAGE_BODY) == expected


@pytest.mark.parametrize("dialect", [SNS_MESSAGE_ATTRIBUTES, SNS_MESSAGE_BODY])
def test_keys_are_limited(dialect: Dialect) -> None:
    """A policy has at most five keys."""
    keys = {f"k{number}": ["v"] for number in range(5)}
    assert reason(keys, dialect) is None
    assert reason({**keys, "k5": ["v"]}, dialect) == TOO_MANY_KEYS


def test_body_policy_counts_top_level_keys_only() -> None:
    """Keys inside objects are free in a body policy."""
    nested = {"a": {f"k{number}": ["v"] for number in range(7)}}
    assert reason(nested, SNS_MESSAGE_BODY) is None


def test_attribute_policy_counts_keys_inside_or() -> None:
    """Every attribute name counts, wherever it stands; a repeated one counts once."""
    branches = [{f"k{number}": ["v"], "same": ["v"]} for number in range(4)]
    assert reason({"$or": branches}, SNS_MESSAGE_ATTRIBUTES) is None
    assert reason({"$or": branches, "one": ["v"]}, SNS_MESSAGE_ATTRIBUTES) == TOO_MANY_KEYS


def test_attribute_policy_does_not_nest() -> None:
    """The reason stands alone: SNS leaves out the prefix "FilterPolicy: "."""
    with pytest.raises(PatternError) as refused:
        compile_pattern({"object": {"key": ["v"]}}, SNS_MESSAGE_ATTRIBUTES)
    assert refused.value.reason == (
        "Filter policy scope MessageAttributes does not support nested filter policy"
    )
    assert refused.value.whole_message
    assert refused.value.line is None


def test_grammar_is_checked_before_nesting() -> None:
    """A nested value outside a list is a grammar error first."""
    with pytest.raises(PatternError) as refused:
        compile_pattern({"key": {"suffix": "v"}}, SNS_MESSAGE_ATTRIBUTES)
    assert refused.value.reason == '"suffix" must be an object or an array'
    assert not refused.value.whole_message
