"""PartiQL statements: what they ask for and what is refused. Pure functions, called directly."""

from __future__ import annotations

from typing import Any

import pytest

from chalice_offline.core.errors import AwsError
from chalice_offline.services.dynamodb.expressions import KeyAttribute
from chalice_offline.services.dynamodb.partiql import (
    Delete,
    Exists,
    Insert,
    Select,
    SelectPlan,
    UpdateItem,
    parse_statement,
    select_plan,
)

PK, SK = KeyAttribute("pk", "S"), KeyAttribute("sk", "S")


def select(text: str, *parameters: dict[str, Any]) -> Select:
    """Parse a SELECT."""
    statement = parse_statement(text, parameters)
    assert isinstance(statement, Select)
    return statement


def plan(where: str, *parameters: dict[str, Any]) -> SelectPlan:
    """Plan a SELECT with this WHERE for a table with keys pk and sk."""
    return select_plan(select(f'SELECT * FROM "T" WHERE {where}', *parameters), PK, SK)


def keys(where: str, *parameters: dict[str, Any]) -> list[tuple[str, str, list[str]]]:
    """The planned queries: hash value, operator and values of the range."""
    return [
        (
            query.hash_value["S"],
            query.range.operator if query.range else "",
            [value["S"] for value in query.range.values] if query.range else [],
        )
        for query in plan(where, *parameters).key_conditions
    ]


def refused(text: str, *parameters: dict[str, Any]) -> str:
    """Return the text with which a statement is refused, when it is parsed or planned."""
    with pytest.raises(AwsError) as caught:
        statement = parse_statement(text, parameters)
        if isinstance(statement, Select):
            select_plan(statement, PK, SK)
        elif isinstance(statement, UpdateItem | Delete):
            statement.where.key(PK, SK)
    assert caught.value.code == "ValidationException"
    return caught.value.message


def test_select_names_table_index_and_columns() -> None:
    """A nested column comes under the last name of its path, a missing one not at all."""
    statement = select('SELECT a, m.k[0], "x y", no FROM "T"."by-name" WHERE pk = \'it\'\'s\'')
    assert (statement.table, statement.index) == ("T", "by-name")
    item = {"a": {"N": "1"}, "m": {"M": {"k": {"L": [{"S": "c"}]}}}, "x y": {"S": "z"}}
    assert statement.project(item) == {"a": {"N": "1"}, "k[0]": {"S": "c"}, "x y": {"S": "z"}}
    assert select("select * from T").project(item) is item


@pytest.mark.parametrize(
    ("where", "queries"),
    [
        ("pk = 'a'", [("a", "", [])]),
        ("'a' = pk AND '1' < sk", [("a", "GT", ["1"])]),
        ("pk = 'a' AND sk BETWEEN '1' AND '2'", [("a", "BETWEEN", ["1", "2"])]),
        ("pk = 'a' AND begins_with(sk, 'x') AND b = 1", [("a", "BEGINS_WITH", ["x"])]),
        ("pk IN ['a', 'b']", [("a", "", []), ("b", "", [])]),
        ("pk = 'a' OR pk = 'b'", [("a", "", []), ("b", "", [])]),
        ("pk = 'a' AND (sk = '1' OR sk = '2')", [("a", "EQ", ["1"]), ("a", "EQ", ["2"])]),
        ("pk = 'a' AND NOT sk = '1'", [("a", "", [])]),
        ("pk > 'a'", []),
        ("pk = 'a' OR b = 1", []),
        ("b = 1", []),
    ],
)
def test_hash_keys_in_where_make_queries(where: str, queries: list[Any]) -> None:
    """Equality on the hash key is a query each, with a range where one is asked for."""
    assert keys(where) == queries


def test_all_of_where_is_the_condition() -> None:
    """Functions, IS, IN, BETWEEN and comments mean what AWS's reference says."""
    item = {
        "pk": {"S": "a"},
        "n": {"N": "5"},
        "s": {"SS": ["x"]},
        "z": {"NULL": True},
        "m": {"M": {"x": {"S": "hello"}}},
    }
    for where in (
        "pk = 'a' AND n > -5",
        "n = - - 5",
        "n <> 4 AND n != 4 AND NOT n = 4",
        "n IN [1, ?] AND n NOT IN [1, 2]",
        "n BETWEEN 1 AND 5",
        "no IS MISSING AND n IS NOT MISSING",
        "z IS NULL AND n IS NOT NULL AND n IS NUMERIC",
        "contains(s, 'x') AND BEGINS_WITH(m.x, 'he') AND m['x'] = 'hello'",
        "attribute_type(s, 'SS') AND size(m.x) = 5",
        "attribute_exists(m.x) AND attribute_not_exists(m.y)",
        "(n = 1 OR (n = 5)) -- a comment\n /* another */",
        "s = <<'x'>> AND m = {'x': 'hello'}",
        "NOT NOT n = 5;",
    ):
        condition = plan(where, {"N": "5"}).condition
        assert condition is not None
        assert condition.evaluate(item), where


def test_order_by_turns_the_range_and_sorts_the_hash_keys() -> None:
    """ORDER BY takes key attributes; DESC of the range key reads backwards."""
    base = "SELECT * FROM T WHERE pk IN ['a', 'b'] ORDER BY pk DESC, sk DESC"
    found = select_plan(select(base), PK, SK)
    assert [query.hash_value["S"] for query in found.key_conditions] == ["b", "a"]
    assert found.descending
    assert not select_plan(select("SELECT * FROM T WHERE pk = 'a' ORDER BY sk"), PK, SK).descending


def test_insert_takes_an_item() -> None:
    """Literals of all kinds keep their types, numbers their canonical spelling."""
    statement = parse_statement(
        "INSERT INTO T VALUE {'pk': ?, 'n': -1.50, 'l': [1, 'a', {'q': null}], "
        "'s': <<1, 2>>, 't': true, 'big': 1e3}",
        [{"S": "x"}],
    )
    assert statement == Insert(
        "T",
        {
            "pk": {"S": "x"},
            "n": {"N": "-1.5"},
            "l": {"L": [{"N": "1"}, {"S": "a"}, {"M": {"q": {"NULL": True}}}]},
            "s": {"NS": ["1", "2"]},
            "t": {"BOOL": True},
            "big": {"N": "1000"},
        },
        ignore_duplicate=False,
    )


def test_update_has_a_key_a_condition_and_changes() -> None:
    """What is left of WHERE after the key is a condition; SET and REMOVE are an update."""
    statement = parse_statement(
        "UPDATE T SET n=n-1, l = list_append(l, [2]) SET s = set_add(s, <<'b'>>) REMOVE m.x "
        "WHERE (pk='a' AND sk=?) AND n > 3 RETURNING MODIFIED OLD *",
        [{"S": "1"}],
    )
    assert isinstance(statement, UpdateItem)
    key, condition = statement.where.key(PK, SK)
    assert key == {"pk": {"S": "a"}, "sk": {"S": "1"}}
    item: dict[str, Any] = {
        "n": {"N": "5"},
        "l": {"L": [{"N": "1"}]},
        "s": {"SS": ["a"]},
        "m": {"M": {"x": {"S": ""}}},
    }
    assert condition is not None
    assert condition.evaluate(item)
    assert not condition.evaluate({"n": {"N": "3"}})
    assert statement.update.apply(item, key).item == {
        "n": {"N": "4"},
        "l": {"L": [{"N": "1"}, {"N": "2"}]},
        "s": {"SS": ["a", "b"]},
        "m": {"M": {}},
    }
    assert statement.returning == "UPDATED_OLD"


def test_delete_and_exists() -> None:
    """DELETE may have nothing but the key; EXISTS has a SELECT inside."""
    statement = parse_statement("DELETE FROM T WHERE pk='a' AND sk='1' RETURNING ALL OLD *")
    assert isinstance(statement, Delete)
    assert statement.where.key(PK, SK) == ({"pk": {"S": "a"}, "sk": {"S": "1"}}, None)
    assert statement.returning == "ALL_OLD"
    exists = parse_statement("EXISTS(SELECT * FROM T WHERE pk='a' AND sk='1' AND n = 1)")
    assert isinstance(exists, Exists)
    assert exists.select.where is not None
    assert exists.select.where.key(PK, SK)[1] is not None


def test_names_are_names_whatever_they_begin_with() -> None:
    """A quoted name that looks like a placeholder is an attribute."""
    condition = plan('"#x" = 1').condition
    assert condition is not None
    assert condition.evaluate({"#x": {"N": "1"}})


MALFORMED = "Statement wasn't well formed, can't be processed: "
KEY = "pk='a' AND sk='1'"


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("SELEC", f"{MALFORMED}Expected data manipulation"),
        ("", f"{MALFORMED}Expected data manipulation"),
        (f"UPDATE T SET t=1 WHERE {KEY} garbage", f"{MALFORMED}Unexpected token after expression"),
        ("SELECT * FROM T /* open", f"{MALFORMED}Unexpected character"),
        (
            f"SELECT * FROM T WHERE {'(' * 4000}",
            f"{MALFORMED}Expression is nested too deeply",
        ),
        ("SELECT * FROM T LIMIT 5", "Unsupported clause: LIMIT"),
        ("SELECT a.z, b.z FROM T", "Duplicate identifiers in select clause: z"),
        ("SELECT a AS b FROM T", "Aliasing is not supported"),
        (
            "SELECT l[-1] FROM T",
            "List index is not within the allowable range; index: [-1] at 1:11:1",
        ),
        (
            "SELECT l[2147483648] FROM T",
            "List index is not within the allowable range; index: [2147483648] at 1:10:10",
        ),
        (
            "SELECT * FROM T WHERE a",
            "WHERE clause must contain an expression that resolves to a boolean",
        ),
        ("SELECT * FROM T WHERE a = MISSING", "MISSING must be compared using IS operator"),
        ("SELECT * FROM T WHERE foo(a)", "Unrecognized function: foo"),
        (
            "SELECT * FROM T WHERE attribute_type(a, 1)",
            (
                "Incorrect operand type for operator or function; "
                "operator or function: attribute_type, operand type: N"
            ),
        ),
        (
            f"SELECT * FROM T WHERE a IN [{', '.join(['1'] * 101)}]",
            "The IN operator is provided with too many operands; number of operands: 101",
        ),
        (
            f"SELECT * FROM T WHERE pk IN [{', '.join(map(repr, map(str, range(51))))}]",
            "Too many decomposed read operations for a given query.",
        ),
        (
            "SELECT * FROM T WHERE pk = 'a' OR pk = 'a'",
            "Overlapping conditions with range keys are not supported in where clause",
        ),
        (
            "SELECT * FROM T WHERE pk = 1",
            "Key attribute's data type should match its data type in table's schema: Key pk",
        ),
        (
            "SELECT * FROM T ORDER BY sk",
            "Must have WHERE clause in the statement when using ORDER BY clause.",
        ),
        (
            "SELECT * FROM T WHERE n = 1 ORDER BY sk",
            (
                "Must have at least one non-optional hash key condition in WHERE clause "
                "when using ORDER BY clause."
            ),
        ),
        (
            "SELECT * FROM T WHERE pk = 'a' ORDER BY n",
            "Variable reference n in ORDER BY clause must be part of the primary key",
        ),
        (
            "SELECT * FROM T WHERE pk = ?",
            "Number of parameters in request and statement don't match.",
        ),
        (
            "INSERT INTO T VALUE {'m': {'k': ?}}",
            "Unsupported data type: Parameter under key root.m.k at 1:33:1",
        ),
        ("INSERT INTO T VALUE {'s': << >>}", "Empty bags are not supported"),
        (
            "INSERT INTO T VALUE {'s': <<'a', 'a'>>}",
            (
                "One or more parameter values were invalid: "
                "Input collection [a, a] contains duplicates."
            ),
        ),
        (
            f"INSERT INTO T VALUE {{'d': {'[' * 32}1{']' * 32}}}",
            f"Nesting Levels have exceeded supported limits under root.d{'[0]' * 32}",
        ),
        (
            "INSERT INTO T VALUE {'a': 1} RETURNING ALL OLD *",
            "RETURNING is not supported in INSERT",
        ),
        (
            "UPDATE T SET a = 1 WHERE pk = 'a'",
            "Where clause does not contain a mandatory equality on all key attributes",
        ),
        (
            "DELETE FROM T",
            "Where clause does not contain a mandatory equality on all key attributes",
        ),
        (
            f"UPDATE T SET a = 1 WHERE {KEY} AND pk = 'b'",
            (
                "Multiple conditions on same key pk. "
                "Only single item Update/Insert/Delete are supported"
            ),
        ),
        (
            f"UPDATE T SET n = 'a' + 1 WHERE {KEY}",
            (
                "Incorrect operand type for operator or function; "
                "operator or function: +, operand type: S"
            ),
        ),
        (
            f"UPDATE T\nSET tags = set_add(tags, 'x')\nWHERE {KEY}",
            "The second argument to SET_ADD must be a value with type SET at 2:12:7",
        ),
        (
            f"DELETE FROM T WHERE {KEY} RETURNING ALL NEW *",
            (
                "Invalid returning clause: RETURNING ALL NEW *. "
                "Only RETURNING ALL OLD * is allowed in DELETE statements."
            ),
        ),
    ],
)
def test_statements_that_are_refused(statement: str, message: str) -> None:
    """What is wrong with a statement is said in AWS's words."""
    assert refused(statement) == message


def test_parameters_are_looked_at_first() -> None:
    """A parameter that cannot be is refused whatever the statement says."""
    message = refused("UPDATE T SET WHERE", {"SS": []})
    assert message == "One or more parameter values were invalid: An string set  may not be empty"
