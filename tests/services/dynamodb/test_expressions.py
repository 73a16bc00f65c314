"""Conditions and placeholders: what they mean and what is refused.

Direct calls: the functions are pure, and most of what is held here no client library would send.
"""

from __future__ import annotations

from typing import Any

import pytest

from chalice_offline.core.errors import AwsError
from chalice_offline.services.dynamodb.expressions import (
    Placeholders,
    parse_condition,
    parse_projection,
)

KEY = {"p": {"S": "1"}}
ITEM: dict[str, Any] = {
    **KEY,
    "a": {"N": "1"},
    "s": {"S": "hello"},
    "b": {"L": [{"N": "0"}, {"N": "1"}, {"N": "2"}, {"N": "3"}]},
    "m": {"M": {"x": {"SS": ["a", "b"]}, "y": {"L": [{"M": {"z": {"B": b"deep"}}}]}}},
}


def values(**given: Any) -> dict[str, Any]:
    """`values(v={"N": "1"})` is {":v": {"N": "1"}}."""
    return {f":{name}": value for name, value in given.items()}


def holds(text: str, names: dict[str, str] | None = None, **given: Any) -> bool:
    """Whether ITEM fulfils the condition."""
    return parse_condition(text, Placeholders(names, values(**given) or None)).evaluate(ITEM)


def refused(text: str, names: dict[str, str] | None = None, **given: Any) -> str:
    """Return the text with which a condition is refused, without its opening."""
    with pytest.raises(AwsError) as caught:
        holds(text, names, **given)
    assert caught.value.code == "ValidationException"
    opening = "Invalid ConditionExpression: "
    assert caught.value.message.startswith(opening)
    return caught.value.message.removeprefix(opening)


@pytest.mark.parametrize(
    "text",
    [
        "a = :one",
        "A <> :one",
        "nothing <> nowhere",
        "NOT nothing = nowhere",
        "a < :two AND :two > a",
        "s BETWEEN :h AND s",
        "a in (:two, :one)",
        "(a)between(:one)and(:two)",
        "attribute_exists(m.x) and attribute_not_exists(m.q)",
        "attribute_exists((m).y[0].z)",
        "attribute_type(m, :M)",
        "begins_with(s, :h)",
        "contains(s, :l) and contains(b, :two)",
        "contains(m.#x, :letter)",
        "size(b) = size(s) or size(s) > :two",
        "not (a = :two or a = :h)",
        "a = :two or a = :two or a = :one and not a = :two",
        "NOT NOT a = :one",
        "((a = :one) and (a = :one))",
    ],
)
def test_conditions_that_hold(text: str) -> None:
    """Comparisons, functions and their combinations mean what AWS's guide says."""
    wanted = {
        ":one": {"N": "1"},
        ":two": {"N": "2"},
        ":h": {"S": "h"},
        ":l": {"S": "ll"},
        ":M": {"S": "M"},
        ":letter": {"S": "a"},
    }
    assert parse_condition(text, Placeholders({"#x": "x"}, wanted)).evaluate(ITEM)


@pytest.mark.parametrize(
    "text", ["nothing = nowhere", "nothing < :x", "s < :x", "m < s", "size(a) = :x", "b = :x"]
)
def test_conditions_that_do_not_hold(text: str) -> None:
    """What is missing, or has another type in the item, makes a comparison false."""
    assert not holds(text, x={"N": "1"})


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("a", 'token: "<EOF>", near: "a"'),
        ("(a)", 'token: "<EOF>", near: ")"'),
        ("_a = b", 'token: "_", near: "_a"'),
        ("a > 4", 'token: "4", near: "> 4"'),
        ("a in (b,c,)", 'token: ")", near: ",)"'),
        ("a in ()", 'token: ")", near: "()"'),
        ("a != b", 'token: "!", near: "a !="'),
        ("attribute_exists(Pictures-RearView)", 'token: "-", near: "Pictures-RearView"'),
        ("size(a).b > a", 'token: ".", near: ").b"'),
        ("a.(b.c) = d", 'token: "(", near: ".(b"'),
        ("a > between", 'token: "between", near: "> between"'),
        ("a = b = c", 'token: "=", near: "b = c"'),
        ("(" * 4096, 'token: "<EOF>", near: "("'),
        ("(NOT NOT (a)) = b", 'token: ")", near: ")) ="'),
    ],
)
def test_syntax_errors_show_the_token_between_its_neighbours(text: str, near: str) -> None:
    """AWS names the token that does not belong there, with the one before and the one after."""
    assert refused(text) == f"Syntax error; {near}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The expression can not be empty;"),
        (
            "a = b" + " " * 4092,
            "Expression size has exceeded the maximum allowed size; expression size: 4097",
        ),
        ("((a = b))", "The expression has redundant parentheses;"),
        ("a > ((b))", "The expression has redundant parentheses;"),
        ("((a = b AND (a = b)))", "The expression has redundant parentheses;"),
        ("(" * 2046 + "a<b" + ")" * 2046, "The expression has redundant parentheses;"),
        ("a < " + "f(" * 1300 + "b" + ")" * 1300, "Invalid function name; function: f"),
        ("Size(a) = b", "Invalid function name; function: Size"),
        (
            "if_not_exists(a, b) = a",
            "The function is not allowed in a condition expression; function: if_not_exists",
        ),
        (
            "size(a)",
            "The function is not allowed to be used this way in an expression; function: size",
        ),
        (
            "contains(a, b) = c",
            "The function is not allowed to be used this way in an expression; function: contains",
        ),
        ("Year = b", "Attribute name is a reserved keyword; reserved keyword: Year"),
        (
            "#no = b",
            (
                "An expression attribute name used in the document path is not defined; "
                "attribute name: #no"
            ),
        ),
        (
            "a = :no",
            "An expression attribute value used in expression is not defined; attribute value: :no",
        ),
        (
            "size(a, b) = b",
            (
                "Incorrect number of operands for operator or function; "
                "operator or function: size, number of operands: 2"
            ),
        ),
        (
            "a.b[1] = a.b[1]",
            (
                "The first operand must be distinct from the remaining operands for this operator "
                "or function; operator: =, first operand: [a, b, [1]]"
            ),
        ),
        (
            "attribute_exists(:one)",
            "Operator or function requires a document path; operator or function: attribute_exists",
        ),
        (
            "a < :list",
            (
                "Incorrect operand type for operator or function; "
                "operator or function: <, operand type: L"
            ),
        ),
        (
            "begins_with(a, :one)",
            (
                "Incorrect operand type for operator or function; "
                "operator or function: begins_with, operand type: N"
            ),
        ),
        (
            "size(size(a)) = b",
            (
                "Incorrect operand type for operator or function; "
                "operator or function: size, operand type: N"
            ),
        ),
        (
            "attribute_type(a, :dog)",
            (
                "Invalid attribute type name found; type: DOG, "
                "valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}"
            ),
        ),
        (
            "a between :two and :one",
            (
                "The BETWEEN operator requires upper bound to be greater than or equal to lower "
                "bound; lower bound operand: AttributeValue: {N:2}, "
                "upper bound operand: AttributeValue: {N:1}"
            ),
        ),
        (
            "a between :one and :dog",
            (
                "The BETWEEN operator requires same data type for lower and upper bounds; "
                "lower bound operand: AttributeValue: {N:1}, "
                "upper bound operand: AttributeValue: {S:DOG}"
            ),
        ),
        (
            "a[99999999999999] = b",
            "List index is not within the allowable range; index: [99999999999999]",
        ),
        (
            ".".join(["a"] * 33) + " = b",
            "The document path has too many nesting levels; nesting levels: 33",
        ),
        (
            "a<b " + "or (a<b " * 454 + ")" * 454,
            "The expression contains too many operators; operator count: 301",
        ),
        (
            f"a in ({','.join(['b'] * 101)})",
            "The IN operator is provided with too many operands; number of operands: 101",
        ),
    ],
)
def test_conditions_that_are_refused(text: str, message: str) -> None:
    """What is wrong with a condition is said in AWS's words, before any item is read."""
    given = {"one": {"N": "1"}, "two": {"N": "2"}, "list": {"L": []}, "dog": {"S": "DOG"}}
    assert refused(text, **given) == message


def test_strings_are_as_long_as_in_java() -> None:
    """size() of a string counts UTF-16 code units: 1 for é, 2 for a clef."""
    assert holds("size(:written) = :three", written={"S": "é𝄞"}, three={"N": "3"})


def test_as_many_operators_as_aws_takes() -> None:
    """299 operators, each group inside the one before, are parsed and evaluated."""
    assert not holds("z<a " + "or (z<a " * 149 + ")" * 149)
    nested = "z<a"
    for _ in range(59):
        nested = f"z<a or (a = :one and not ({nested}))"
    holds(nested, one={"N": "1"})


def test_what_is_given_must_be_used() -> None:
    """Names and values that no expression has are refused, whatever the condition says."""
    placeholders = Placeholders({"#a": "a", "#b": "b"}, {":v": {"N": "1"}, ":w": {"N": "1"}})
    parse_condition("#a = :v", placeholders)
    with pytest.raises(AwsError, match=r"ExpressionAttributeNames unused .* keys: \{#b\}"):
        placeholders.check_all_used()
    parse_projection("#b", placeholders)
    with pytest.raises(AwsError, match=r"ExpressionAttributeValues unused .* keys: \{:w\}"):
        placeholders.check_all_used()


@pytest.mark.parametrize(
    ("names", "given", "message"),
    [
        ({}, None, "ExpressionAttributeNames must not be empty"),
        (None, {}, "ExpressionAttributeValues must not be empty"),
        (
            {"a": "a"},
            None,
            'ExpressionAttributeNames contains invalid key: Syntax error; key: "a"',
        ),
        (
            None,
            {":": {"N": "1"}},
            'ExpressionAttributeValues contains invalid key: Syntax error; key: ":"',
        ),
        (
            None,
            {":b": {"N": ""}},
            (
                "ExpressionAttributeValues contains invalid value: "
                "The parameter cannot be converted to a numeric value for key :b"
            ),
        ),
    ],
)
def test_placeholders_are_checked(names: Any, given: Any, message: str) -> None:
    """Keys and values of the placeholders are refused before any expression is read."""
    with pytest.raises(AwsError) as caught:
        Placeholders(names, given)
    assert caught.value.message == message
