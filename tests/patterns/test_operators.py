"""What each operator matches and what it does not."""

from __future__ import annotations

from typing import Any

import pytest

from chalice_offline.patterns import EVENT_BRIDGE, LAMBDA_FILTER, compile_pattern

# operator as written, values it matches, values it does not
OPERATORS: list[tuple[str, list[Any], list[Any]]] = [
    ('"pizza"', ["pizza", ["soup", "pizza"]], ["Pizza", "pizzas", None, 5, [], {"x": "pizza"}]),
    ('""', [""], [" ", None, []]),
    ("42", [42, 42.0, 4.2e1], ["42", 42.5, True, None]),
    ("4.20e1", [42, 42.0], [4.2, "4.20e1"]),
    ("0", [0, 0.0], [False, "", None]),
    ("1", [1], [True]),
    ("9007199254740993", [9007199254740993], [9007199254740992, "9007199254740993"]),
    ("true", [True, [False, True]], [False, 1, "true"]),
    ("false", [False], [True, 0, None]),
    ("null", [None, [None]], ["null", [], "", 0, False]),
    ('"10.1.2.3"', ["10.1.2.3", "010.1.2.3"], ["10.1.2.4", "10.1.2.3.4"]),
    ('"2001:db8::1"', ["2001:0DB8:0:0:0:0:0:1"], ["2001:db8::2", "2001:db8::"]),
    ('"12:30"', ["12:30"], ["12:31"]),
    ('{"exactly": "10.1.2.3"}', ["10.1.2.3"], ["010.1.2.3"]),
    ('{"prefix": "or"}', ["or", "order"], ["Order", "nor", 5, None]),
    ('{"prefix": ""}', ["", "anything"], [5, None, True]),
    ('{"prefix": {"equals-ignore-case": "Or"}}', ["ORDER", "or"], ["nor", 5]),
    ('{"suffix": ".csv"}', ["a.csv", ".csv"], ["a.CSV", "a.csv.gz", None]),
    ('{"suffix": {"equals-ignore-case": ".csv"}}', ["a.CSV"], ["a.csv.gz", None]),
    ('{"equals-ignore-case": "Käse"}', ["KÄSE", "käse"], ["Kase", None]),
    ('{"wildcard": "a*c"}', ["ac", "abc", "a*c", "acc", "abcbc"], ["ab", "bac", "A c", 5]),
    ('{"wildcard": "*"}', ["", "anything"], [None, 5]),
    ('{"wildcard": "ab*ba"}', ["abba", "ab-ba"], ["aba", "abb"]),
    ('{"wildcard": "*/in/*.json"}', ["/in/.json", "x/in/y.json"], ["/in.json", "x/in/y.jso"]),
    ('{"wildcard": "*aa*aa*"}', ["aaaa", "xaayaaz"], ["aaa", "aa"]),
    ('{"wildcard": "plain"}', ["plain"], ["plainer"]),
    ('{"wildcard": ""}', [""], ["x"]),
    (r'{"wildcard": "5\\*\\\\"}', ["5*\\"], ["5x\\", "5\\"]),
    ('{"anything-but": "new"}', ["old", 5, None, True, "", ["new", "old"]], ["new", ["new"], []]),
    ('{"anything-but": ["a", "b"]}', ["c", None, 1], ["a", "b", ["a", "b"]]),
    ('{"anything-but": 7}', [8, "7", None, True], [7, 7.0]),
    ('{"anything-but": 0}', [1, False, None], [0, 0.0]),
    ('{"anything-but": [1, 2.50]}', [3, "1", True], [1, 2.5, 1.0]),
    ('{"anything-but": {"prefix": "a"}}', ["b", 1, None], ["a", "ab"]),
    ('{"anything-but": {"prefix": ["a", "b"]}}', ["c"], ["ax", "bx"]),
    ('{"anything-but": {"suffix": "z"}}', ["za", None], ["az"]),
    ('{"anything-but": {"suffix": ["y", "z"]}}', ["x", 3], ["ay", "az"]),
    ('{"anything-but": {"equals-ignore-case": "No"}}', ["nope", None], ["NO", "no"]),
    ('{"anything-but": {"equals-ignore-case": ["No", "off"]}}', ["on"], ["nO", "OFF"]),
    ('{"anything-but": {"wildcard": "a*z"}}', ["a", "za", 1], ["az", "a-z"]),
    ('{"anything-but": {"wildcard": ["a*", "*z"]}}', ["m"], ["ab", "yz"]),
    ('{"numeric": ["=", 300]}', [300, 3e2], [301, "300", None, True]),
    ('{"numeric": ["=", 1]}', [1], [True]),
    ('{"numeric": ["<", 10]}', [9.999, -5], [10, "9", None]),
    ('{"numeric": ["<=", 10]}', [10, 10.0], [10.001]),
    ('{"numeric": [">", 0]}', [1e-9], [0, -1]),
    ('{"numeric": [">=", 0]}', [0], [-0.5, 9007199254740993]),
    ('{"numeric": [">", 0, "<=", 5]}', [1, 5], [0, 6, "3"]),
    ('{"numeric": [">=", -1.5, "<", 1e1]}', [-1.5, 9], [10, -2]),
    ('{"cidr": "10.0.0.0/24"}', ["10.0.0.0", "10.0.0.255"], ["10.0.1.0", "10.0.0", 5, "::a00:1"]),
    ('{"cidr": "10.0.0.77/30"}', ["10.0.0.76", "10.0.0.79"], ["10.0.0.80", "10.0.0.256"]),
    ('{"cidr": "0.0.0.0/0"}', ["255.255.255.255"], ["::1", "no address"]),
    ('{"cidr": "2001:db8::/32"}', ["2001:db8:ffff::1"], ["2001:db9::", "10.0.0.1"]),
    ('{"cidr": "::ffff:a00:0/8"}', ["10.9.9.9"], ["11.0.0.1"]),
    ('{"exists": true}', ["", None, 0, False, ["x"]], [[], {"inner": 1}, [[]], {}]),
    ('{"exists": false}', [[], {"inner": 1}, {}], ["", None, 0, ["x"]]),
]


def _cases(column: int) -> list[Any]:
    return [
        pytest.param(row[0], value, id=f"{row[0]}-{value!r}")
        for row in OPERATORS
        for value in row[column]
    ]


@pytest.mark.parametrize(("operator", "value"), _cases(1))
def test_operator_matches(operator: str, value: Any) -> None:
    """The event value satisfies the operator, at the top level and nested."""
    pattern = compile_pattern(f'{{"detail": {{"field": [{operator}]}}}}', EVENT_BRIDGE)
    assert pattern.matches({"detail": {"field": value}})
    assert pattern.explain({"detail": {"field": value}}) == []


@pytest.mark.parametrize(("operator", "value"), _cases(2))
def test_operator_does_not_match(operator: str, value: Any) -> None:
    """The event value does not satisfy the operator, and the explanation names the field."""
    pattern = compile_pattern(f'{{"detail": {{"field": [{operator}]}}}}', EVENT_BRIDGE)
    assert not pattern.matches({"detail": {"field": value}})
    [sentence] = pattern.explain({"detail": {"field": value}})
    assert sentence.startswith('"detail.field" must be ')


@pytest.mark.parametrize("operator", [row[0] for row in OPERATORS if "false}" not in row[0]])
def test_operator_needs_the_key(operator: str) -> None:
    """No operator but {"exists": false} matches an event without the key."""
    assert not compile_pattern(f'{{"field": [{operator}]}}', EVENT_BRIDGE).matches({"other": 1})


@pytest.mark.parametrize("event", [{}, {"a": {}}, {"a": 5}, {"a": None}, {"a": {"b": {}}}])
def test_absence_holds_when_a_parent_is_missing(event: dict[str, Any]) -> None:
    """{"exists": false} is satisfied when the key or anything above it is not there."""
    assert compile_pattern({"a": {"b": {"c": [{"exists": False}]}}}, EVENT_BRIDGE).matches(event)


def test_alternatives_are_joined_by_or() -> None:
    """One satisfied entry of a field's list is enough, whatever its kind."""
    pattern = compile_pattern(
        {"state": ["new", 5, None, {"prefix": "re"}, {"exists": False}]}, EVENT_BRIDGE
    )
    assert all(pattern.matches({"state": value}) for value in ["new", 5, None, "redone"])
    assert pattern.matches({})
    assert not pattern.matches({"state": "old"})


def test_fields_are_joined_by_and() -> None:
    """Every field of a pattern must match."""
    pattern = compile_pattern({"source": ["shop"], "detail": {"kind": ["a"]}}, EVENT_BRIDGE)
    assert pattern.matches({"source": "shop", "detail": {"kind": "a"}})
    assert not pattern.matches({"source": "shop", "detail": {"kind": "b"}})
    assert not pattern.matches({"source": "pos", "detail": {"kind": "a"}})


def test_lambda_filters_share_the_operators_of_event_patterns() -> None:
    """A filter on a queue's parsed body works like an event pattern on the record."""
    pattern = compile_pattern(
        {
            "body": {
                "total": [{"numeric": [">", 10]}],
                "tag": [{"suffix": {"equals-ignore-case": "X"}}],
            }
        },
        LAMBDA_FILTER,
    )
    assert pattern.matches({"messageId": "1", "body": {"total": 11, "tag": "ax"}})
    assert not pattern.matches({"messageId": "1", "body": '{"total": 11, "tag": "ax"}'})
