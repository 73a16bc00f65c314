"""Key conditions, and the parameters that came before expressions. Pure functions."""

from __future__ import annotations

from typing import Any

import pytest

from chalice_offline.core.errors import AwsError
from chalice_offline.services.dynamodb.expressions import (
    KeyAttribute,
    KeyCondition,
    Placeholders,
    attribute_updates,
    attributes_to_get,
    check_conditional_operator,
    expected_condition,
    filter_condition,
    key_condition,
    key_conditions,
    parse_key_condition,
    placeholders_of,
)
from chalice_offline.services.dynamodb.values.key_encoding import key_bytes

P, C = KeyAttribute("p", "S"), KeyAttribute("c", "N")
INVALID = "One or more parameter values were invalid: "


def condition(text: str, range_key: KeyAttribute | None = C, **given: Any) -> KeyCondition:
    """Parse a key condition for the keys p and c."""
    values = {":p": {"S": "x"}, ":5": {"N": "5"}, ":7": {"N": "7"}, ":s": {"S": "s"}, **given}
    asked = parse_key_condition(text, Placeholders(None, values)).attributes(values)
    return key_condition(asked, P, range_key)


def message_of(call: Any) -> str:
    """Return the text with which something is refused."""
    with pytest.raises(AwsError) as caught:
        call()
    assert caught.value.code == "ValidationException"
    return caught.value.message


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("p = :p", range(10)),
        ("p = :p AND c = :5", [5]),
        ("c < :5 and p = :p", range(5)),
        ("(:5 >= c) and (:p = p)", range(6)),
        ("p = :p and c > :5", range(6, 10)),
        ("p = :p and c >= :5", range(5, 10)),
        ("p = :p and c Between :5 anD :7", [5, 6, 7]),
    ],
)
def test_key_conditions_are_ranges_of_bytes(text: str, found: Any) -> None:
    """The bounds have the keys that the condition asks for, also with more bytes behind."""
    start, end = condition(text).bounds()
    encoded = {
        number: key_bytes({"S": "x"}) + key_bytes({"N": str(number)}) + b"\x03more"
        for number in range(10)
    }
    others = [key_bytes({"S": other}) + key_bytes({"N": "5"}) for other in ("w", "x\x00", "y")]
    assert end is not None
    assert [one for one in range(10) if start <= encoded[one] < end] == list(found)
    assert not any(start <= other < end for other in others)


def test_prefixes_of_range_keys() -> None:
    """begins_with takes the keys with the prefix, also one that ends in the last byte."""
    value = {"B": b"a\xff"}
    start, end = condition(
        "p = :p and begins_with(c, :b)", KeyAttribute("c", "B"), **{":b": value}
    ).bounds()
    assert end is not None
    for data, inside in ((b"a\xff", True), (b"a\xff\xff\x00", True), (b"a", False), (b"b", False)):
        assert (start <= key_bytes({"S": "x"}) + key_bytes({"B": data}) < end) == inside


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Invalid KeyConditionExpression: The expression can not be empty;"),
        ("p = :p or c = :5", "Invalid operator used in KeyConditionExpression: OR"),
        ("not p = :p", "Invalid operator used in KeyConditionExpression: NOT"),
        ("p in (:p)", "Invalid operator used in KeyConditionExpression: IN"),
        ("p <> :p", "Invalid operator used in KeyConditionExpression: <>"),
        (
            "attribute_exists(p)",
            "Invalid operator used in KeyConditionExpression: attribute_exists",
        ),
        ("size(p) = :5", "KeyConditionExpressions cannot contain nested operations"),
        (
            ":p between p and p",
            (
                "Invalid condition in KeyConditionExpression: "
                "BETWEEN operator must have the key attribute as its first operand"
            ),
        ),
        (
            "begins_with(:p, p)",
            (
                "Invalid condition in KeyConditionExpression: "
                "begins_with operator must have the key attribute as its first operand"
            ),
        ),
        (
            "p = c",
            (
                "Invalid condition in KeyConditionExpression: "
                "Multiple attribute names used in one condition"
            ),
        ),
        (":p = :p", "Invalid condition in KeyConditionExpression: No key attribute specified"),
        ("p.x = :p", "KeyConditionExpressions cannot have conditions on nested attributes"),
        (
            "p = :p and p = :p",
            "KeyConditionExpressions must only contain one condition per key",
        ),
        ("p = :p and c = :5 and q = :p", "Conditions can be of length 1 or 2 only"),
        ("c = :5", "Query condition missed key schema element: p"),
        ("p = :p and q = :5", "Query condition missed key schema element: c"),
        ("p < :p", "Query key condition not supported"),
        (
            "p = :p and c = :s",
            f"{INVALID}Condition parameter type does not match schema type",
        ),
        (
            "p = :p and begins_with(c, :5)",
            (
                "Invalid KeyConditionExpression: Incorrect operand type for operator or function; "
                "operator or function: begins_with, operand type: N"
            ),
        ),
    ],
)
def test_key_conditions_that_are_refused(text: str, message: str) -> None:
    """What is no condition on the keys is refused in AWS's words."""
    assert message_of(lambda: condition(text)) == message


def _compare(operator: str, *values: dict[str, Any]) -> dict[str, Any]:
    return {"ComparisonOperator": operator, "AttributeValueList": list(values)}


def test_legacy_key_conditions_are_the_same() -> None:
    """KeyConditions come down to the same as an expression."""
    given = {"p": _compare("EQ", {"S": "x"}), "c": _compare("LT", {"N": "5.0"})}
    assert key_condition(key_conditions(given), P, C) == condition("p = :p and c < :5")
    contains = {"p": _compare("EQ", {"S": "x"}), "c": _compare("CONTAINS", {"N": "5"})}
    assert message_of(lambda: key_condition(key_conditions(contains), P, C)) == (
        "Attempted conditional constraint is not an indexable operation"
    )


ITEM: dict[str, Any] = {"a": {"N": "5"}, "s": {"S": "hello"}, "t": {"SS": ["x", "y"]}}


@pytest.mark.parametrize(
    ("name", "comparison", "holds"),
    [
        ("a", _compare("EQ", {"N": "5.0"}), True),
        ("a", _compare("NE", {"S": "5"}), True),
        ("q", _compare("NE", {"N": "1"}), True),
        ("a", _compare("LE", {"N": "4"}), False),
        ("s", _compare("GT", {"S": "a"}), True),
        ("a", _compare("BETWEEN", {"N": "1"}, {"N": "9"}), True),
        ("a", _compare("IN", {"N": "1"}, {"N": "5"}), True),
        ("s", _compare("BEGINS_WITH", {"S": "he"}), True),
        ("s", _compare("CONTAINS", {"S": "ll"}), True),
        ("t", _compare("NOT_CONTAINS", {"S": "z"}), True),
        ("q", _compare("NOT_CONTAINS", {"S": "z"}), False),
        ("q", {"ComparisonOperator": "NULL"}, True),
        ("a", {"ComparisonOperator": "NOT_NULL"}, True),
    ],
)
def test_legacy_comparisons(name: str, comparison: dict[str, Any], holds: bool) -> None:
    """Each of the 13 operators, as a filter and as an expectation."""
    assert filter_condition({name: comparison}).evaluate(ITEM) == holds
    assert expected_condition({name: comparison}).evaluate(ITEM) == holds


def test_legacy_conditions_are_joined() -> None:
    """All must hold, or any with OR; an empty filter always holds."""
    both = {"a": _compare("EQ", {"N": "5"}), "s": _compare("EQ", {"S": "no"})}
    assert not filter_condition(both).evaluate(ITEM)
    assert filter_condition(both, "OR").evaluate(ITEM)
    assert filter_condition({}).evaluate(ITEM)
    assert expected_condition({"q": {"Exists": False}, "a": {"Value": {"N": "5"}}}).evaluate(ITEM)
    text = f"{INVALID}ConditionalOperator cannot be used without Filter or Expected"
    assert message_of(lambda: check_conditional_operator("OR", {})) == text


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ({}, "Value must be provided when Exists is null for Attribute: a"),
        ({"Exists": True}, "Value must be provided when Exists is true for Attribute: a"),
        (
            {"Exists": False, "Value": {"N": "1"}},
            "Value cannot be used when Exists is false for Attribute: a",
        ),
        (
            {**_compare("EQ", {"N": "1"}), "Value": {"N": "1"}},
            "Value and AttributeValueList cannot be used together for Attribute: a",
        ),
        (
            {**_compare("EQ", {"N": "1"}), "Exists": True},
            "Exists and ComparisonOperator cannot be used together for Attribute: a",
        ),
        (
            {"AttributeValueList": [{"N": "1"}]},
            "AttributeValueList can only be used with a ComparisonOperator for Attribute: a",
        ),
        (
            {"ComparisonOperator": "EQ"},
            (
                "Value or AttributeValueList must be used with ComparisonOperator: EQ "
                "for Attribute: a"
            ),
        ),
        (_compare("EQ"), "Invalid number of argument(s) for the EQ ComparisonOperator"),
        (_compare("IN"), "Invalid number of argument(s) for the IN ComparisonOperator"),
        (
            _compare("NULL", {"N": "1"}),
            "Invalid number of argument(s) for the NULL ComparisonOperator",
        ),
        (
            _compare("IN", {"N": "1"}, {"S": "1"}),
            "AttributeValues inside AttributeValueList must be of same type",
        ),
        (
            _compare("LT", {"L": []}),
            "ComparisonOperator LT is not valid for L AttributeValue type",
        ),
    ],
)
def test_expectations_that_are_refused(expected: dict[str, Any], message: str) -> None:
    """Combinations that mean nothing are refused in AWS's words."""
    assert message_of(lambda: expected_condition({"a": expected})) == f"{INVALID}{message}"


def test_legacy_updates() -> None:
    """PUT, ADD and DELETE change top-level attributes."""
    update = attribute_updates(
        {
            "new": {"Value": {"N": "1.0"}},
            "a": {"Action": "ADD", "Value": {"N": "2"}},
            "t": {"Action": "DELETE", "Value": {"SS": ["x"]}},
            "s": {"Action": "DELETE"},
        }
    )
    assert update.apply(ITEM, {}).item == {
        "new": {"N": "1"},
        "a": {"N": "7"},
        "t": {"SS": ["y"]},
    }
    assert not attribute_updates({}).removes_only
    assert attribute_updates({"s": {"Action": "DELETE"}}).removes_only


@pytest.mark.parametrize(
    ("update", "message"),
    [
        ({"Action": "PUT"}, "Only DELETE action is allowed when no attribute value is specified"),
        (
            {"Action": "DELETE", "Value": {"L": []}},
            "DELETE action with value is not supported for the type L",
        ),
        (
            {"Action": "ADD", "Value": {"S": "x"}},
            "ADD action is not supported for the type S",
        ),
    ],
)
def test_legacy_updates_that_are_refused(update: dict[str, Any], message: str) -> None:
    """An action that does not go with the value is refused in AWS's words."""
    assert message_of(lambda: attribute_updates({"a": update})) == f"{INVALID}{message}"


def test_legacy_updates_of_another_type() -> None:
    """What the item has with another type cannot be added to."""
    update = attribute_updates({"s": {"Action": "ADD", "Value": {"N": "1"}}})
    assert message_of(lambda: update.apply(ITEM, {})) == "Type mismatch for attribute to update"


def test_attributes_to_get() -> None:
    """Top-level names, whatever characters they have; none twice."""
    item = {"a.b": {"N": "1"}, "a": {"N": "2"}}
    assert attributes_to_get(["a.b", "q"]).apply(item) == {"a.b": {"N": "1"}}
    assert message_of(lambda: attributes_to_get(["a", "a"])) == (
        f"{INVALID}Duplicate value in attribute name: a"
    )


def test_expressions_and_what_came_before_do_not_mix() -> None:
    """Both sorts in one request are refused by name; names need something to use them."""
    expressions, legacy = ("ProjectionExpression", "FilterExpression"), ("ScanFilter",)
    request = {"FilterExpression": "a = b", "ScanFilter": {}}
    assert message_of(lambda: placeholders_of(request, expressions, legacy)) == (
        "Can not use both expression and non-expression parameters in the same request: "
        "Non-expression parameters: {ScanFilter} Expression parameters: {FilterExpression}"
    )
    assert message_of(lambda: placeholders_of({"ExpressionAttributeNames": {}}, expressions)) == (
        "ExpressionAttributeNames can only be specified when using expressions"
    )
    values = {"ExpressionAttributeValues": {}, "ProjectionExpression": "a"}
    assert message_of(lambda: placeholders_of(values, expressions)) == (
        "ExpressionAttributeValues can only be specified when using expressions: "
        "FilterExpression is null"
    )
