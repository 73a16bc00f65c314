"""Update and projection expressions: what they do and what is refused.

Direct calls: the functions are pure, and most of what is held here no client library would send.
"""

from __future__ import annotations

from typing import Any

import pytest

from chalice_offline.core.errors import AwsError
from chalice_offline.services.dynamodb.expressions import (
    Placeholders,
    parse_projection,
    parse_update,
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


def update(text: str, item: Any = ITEM, names: Any = None, **given: Any) -> dict[str, Any]:
    """Return the item after an update."""
    return parse_update(text, Placeholders(names, values(**given) or None)).apply(item, KEY).item


def update_refused(text: str, item: Any = ITEM, names: Any = None, **given: Any) -> str:
    """Return the text with which an update is refused."""
    with pytest.raises(AwsError) as caught:
        update(text, item, names, **given)
    assert caught.value.code == "ValidationException"
    return caught.value.message


def test_values_are_read_before_anything_is_written() -> None:
    """Every right side sees the item as it was; positions are those before the update."""
    changed = update(
        "REMOVE b[1] SET #c = a + :two, b[3] = :two, a = m.y[0].z ADD m.x :set",
        names={"#c": "c"},
        two={"N": "2"},
        set={"SS": ["b", "c"]},
    )
    assert changed["c"] == {"N": "3"}
    assert changed["b"] == {"L": [{"N": "0"}, {"N": "2"}, {"N": "2"}]}
    assert changed["a"] == {"B": b"deep"}
    assert changed["m"]["M"]["x"] == {"SS": ["a", "b", "c"]}
    assert ITEM["m"]["M"]["x"] == {"SS": ["a", "b"]}, "the old item is not touched"
    assert changed["m"]["M"]["y"] is ITEM["m"]["M"]["y"], "what does not change is shared"


def test_elements_behind_the_end_are_appended_in_their_order() -> None:
    """Positions that do not exist yet only say in which order elements are appended."""
    changed = update("SET b[84] = :x, b[17] = :y", x={"S": "x"}, y={"S": "y"})
    assert changed["b"]["L"][4:] == [{"S": "y"}, {"S": "x"}]


def test_functions_in_updates() -> None:
    """if_not_exists and list_append, one inside the other, and sums of their results."""
    changed = update(
        "SET n = if_not_exists(n, if_not_exists(a, :x)) + :x, "
        "l = list_append(if_not_exists(l, :e), b)",
        x={"N": "0.5"},
        e={"L": []},
    )
    assert changed["n"] == {"N": "1.5"}
    assert changed["l"] == ITEM["b"]


def test_sets_lose_members_and_then_vanish() -> None:
    """DELETE of the last members removes the attribute: no set is empty."""
    assert update("DELETE m.x :s", s={"SS": ["b", "q"]})["m"]["M"]["x"] == {"SS": ["a"]}
    assert "x" not in update("DELETE m.x :s", s={"SS": ["b", "a"]})["m"]["M"]
    assert update("DELETE z :s", s={"SS": ["b"]}) == ITEM


def test_what_an_update_touched() -> None:
    """UPDATED_OLD and UPDATED_NEW have what the paths lead to, in its structure."""
    given = Placeholders(None, values(v={"N": "7"}))
    updated = parse_update("SET m.n = :v, b[0] = :v REMOVE a, q", given).apply(ITEM, KEY)
    assert updated.old == {"b": {"L": [{"N": "0"}]}, "a": {"N": "1"}}
    assert updated.new == {"m": {"M": {"n": {"N": "7"}}}, "b": {"L": [{"N": "7"}]}}


def test_updates_of_an_item_that_is_not_there() -> None:
    """SET and ADD start from the key; REMOVE alone does nothing, wherever its path leads."""
    assert update("ADD n :v", None, v={"N": "7"}) == {**KEY, "n": {"N": "7"}}
    parsed = parse_update("REMOVE x.y, q", Placeholders())
    assert parsed.removes_only
    assert parsed.apply(None, KEY).item == KEY
    message = update_refused("SET x.y = :v", None, v={"N": "7"})
    assert message == "The document path provided in the update expression is invalid for update"


def test_values_cannot_be_put_too_deep() -> None:
    """A value of 31 levels fits into an attribute, not into a map inside one."""
    value: dict[str, Any] = {"N": "1"}
    for _ in range(31):
        value = {"L": [value]}
    assert update("SET m.deep = :v", v=value)["m"]["M"]["deep"] == value
    message = update_refused("SET m.y[0].deep = :v", v=value)
    assert message == "Nesting Levels have exceeded supported limits"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The expression can not be empty;"),
        ("HELLO a", 'Syntax error; token: "HELLO", near: "HELLO a"'),
        ("SET a = :v,", 'Syntax error; token: "<EOF>", near: ","'),
        ("SET _123 = :v", 'Syntax error; token: "_", near: "SET _123"'),
        ("SET a = if_not_exist(a, 100)", 'Syntax error; token: "100", near: ", 100)"'),
        ("SET a = b + c + d", 'Syntax error; token: "+", near: "c + d"'),
        ("SET (a = (b + c))", 'Syntax error; token: "(", near: "SET (a"'),
        ("SET a = (b.c).d + e", 'Syntax error; token: ".", near: ").d"'),
        ("SET a[:v] = :v", 'Syntax error; token: ":v", near: "[:v]"'),
        ("ADD hits : incr", 'Syntax error; token: ":", near: "hits : incr"'),
        ("DELETE a b", 'Syntax error; token: "b", near: "a b"'),
        (
            "SET a = #no SET c = :no",
            'The "SET" section can only be used once in an update expression;',
        ),
        ("SET abOrt = :v", "Attribute name is a reserved keyword; reserved keyword: abOrt"),
        (
            "SET a = size(b)",
            "The function is not allowed in an update expression; function: size",
        ),
        (
            "SET a = list_append(list_append(:l, :l), :l)",
            (
                "The function is not allowed to be used this way in an expression; "
                "function: list_append"
            ),
        ),
        (
            "SET a.b.c = :v REMOVE a.b",
            (
                "Two document paths overlap with each other; must remove or rewrite one of these "
                "paths; path one: [a, b, c], path two: [a, b]"
            ),
        ),
        (
            "SET a.b = :v, a[1] = :v",
            (
                "Two document paths conflict with each other; must remove or rewrite one of these "
                "paths; path one: [a, b], path two: [a, [1]]"
            ),
        ),
        (
            "ADD a :l",
            "Incorrect operand type for operator or function; operator: ADD, operand type: LIST",
        ),
        (
            "DELETE a :v",
            (
                "Incorrect operand type for operator or function; "
                "operator: DELETE, operand type: NUMBER"
            ),
        ),
        (
            "SET a = b - :l",
            (
                "Incorrect operand type for operator or function; "
                "operator or function: -, operand type: L"
            ),
        ),
        (
            "SET a = list_append(a, :v)",
            (
                "Incorrect operand type for operator or function; "
                "operator or function: list_append, operand type: N"
            ),
        ),
        (
            "SET a = if_not_exists(:v, a)",
            "Operator or function requires a document path; operator or function: if_not_exists",
        ),
    ],
)
def test_updates_that_are_refused(text: str, message: str) -> None:
    """What is wrong with an update expression is said in AWS's words."""
    refusal = update_refused(text, v={"N": "1"}, l={"L": []})
    assert refusal == f"Invalid UpdateExpression: {message}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "SET c = nowhere",
            "The provided expression refers to an attribute that does not exist in the item",
        ),
        ("SET c = s + :v", "An operand in the update expression has an incorrect data type"),
        (
            "SET c = list_append(s, b)",
            "An operand in the update expression has an incorrect data type",
        ),
        ("ADD s :v", "An operand in the update expression has an incorrect data type"),
        ("DELETE s :s", "An operand in the update expression has an incorrect data type"),
        (
            "SET s.x = :v",
            "The document path provided in the update expression is invalid for update",
        ),
        (
            "SET m[0] = :v",
            "The document path provided in the update expression is invalid for update",
        ),
        ("REMOVE b.x", "The document path provided in the update expression is invalid for update"),
        (
            "REMOVE b[9].x",
            "The document path provided in the update expression is invalid for update",
        ),
    ],
)
def test_updates_that_do_not_fit_the_item(text: str, message: str) -> None:
    """What only the item can tell is refused when the update is applied."""
    assert update_refused(text, v={"N": "1"}, s={"SS": ["a"]}) == message


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a", {"a": {"N": "1"}}),
        ("b[3], b[1]", {"b": {"L": [{"N": "1"}, {"N": "3"}]}}),
        ("m.y[0].#z", {"m": {"M": {"y": {"L": [{"M": {"z": {"B": b"deep"}}}]}}}}),
        ("a.x, b[9], m[1], s.s, q", {}),
    ],
)
def test_projections_keep_the_structure(text: str, kept: dict[str, Any]) -> None:
    """What is asked for comes where the item has it; what is missing is left out."""
    assert parse_projection(text, Placeholders({"#z": "z"})).apply(ITEM) == kept


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The expression can not be empty;"),
        ("a,", 'Syntax error; token: "<EOF>", near: ","'),
        ("a[-1]", 'Syntax error; token: "-", near: "[-1"'),
        ("a[]", 'Syntax error; token: "]", near: "[]"'),
        (
            "a.b[0], a.b[0]",
            (
                "Two document paths overlap with each other; must remove or rewrite one of these "
                "paths; path one: [a, b, [0]], path two: [a, b, [0]]"
            ),
        ),
        (
            "a.b, a[1]",
            (
                "Two document paths conflict with each other; must remove or rewrite one of these "
                "paths; path one: [a, b], path two: [a, [1]]"
            ),
        ),
        (
            ".".join(["a"] * 33),
            "The document path has too many nesting levels; nesting levels: 33",
        ),
    ],
)
def test_projections_that_are_refused(text: str, message: str) -> None:
    """What is wrong with a projection is said in AWS's words."""
    with pytest.raises(AwsError) as caught:
        parse_projection(text, Placeholders())
    assert caught.value.message == f"Invalid ProjectionExpression: {message}"
