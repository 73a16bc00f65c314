"""Whatever a client writes as an expression or statement is read or refused, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalice_offline.core.errors import AwsError
from chalice_offline.services.dynamodb.expressions import (
    KeyAttribute,
    Placeholders,
    parse_condition,
    parse_key_condition,
    parse_projection,
    parse_update,
)
from chalice_offline.services.dynamodb.partiql import parse_statement, select_plan

if TYPE_CHECKING:
    from collections.abc import Callable

VALUES = {":n": {"N": "1"}, ":s": {"S": "x"}, ":l": {"L": []}, ":t": {"SS": ["x"]}}
ITEM: dict[str, Any] = {"a": {"N": "1"}, "b": {"M": {"c": {"L": [{"S": "x"}]}}}, "t": {"SS": ["y"]}}

_VOCABULARY = """
a b.c b.c[0] #x :n :s :l :t t ( ) , = <> < <= + - [ ] . AND OR NOT BETWEEN IN SET REMOVE ADD
DELETE size contains begins_with attribute_exists attribute_type if_not_exists list_append
SELECT * FROM WHERE INSERT INTO VALUE UPDATE RETURNING { } 'x' : 1 ? << >> IS MISSING _ é ;
"""
WORDS = st.sampled_from(_VOCABULARY.split())
TEXTS = st.one_of(st.text(max_size=30), st.lists(WORDS, max_size=12).map(" ".join))


def _placeholders() -> Placeholders:
    return Placeholders({"#x": "a"}, VALUES)


def _where(statement: Any) -> None:
    plan = select_plan(statement, KeyAttribute("a", "N"), KeyAttribute("t", "S"))
    plan.condition.evaluate(ITEM)


READERS: dict[str, Callable[[str], Any]] = {
    "condition": lambda text: parse_condition(text, _placeholders()).evaluate(ITEM),
    "key condition": lambda text: parse_key_condition(text, _placeholders()).attributes(VALUES),
    "projection": lambda text: parse_projection(text, _placeholders()).apply(ITEM),
    "update": lambda text: parse_update(f"SET {text}", _placeholders()).apply(ITEM, {}),
    "statement": lambda text: parse_statement(text, [{"N": "1"}]),
    "where": lambda text: _where(parse_statement(f"SELECT * FROM t WHERE {text}", [{"N": "1"}])),
}


@pytest.mark.parametrize("reader", READERS)
@given(text=TEXTS)
def test_any_text_is_read_or_refused(reader: str, text: str) -> None:
    """The only failure that a text can bring about is AWS's ValidationException."""
    try:
        READERS[reader](text)
    except AwsError as error:
        assert error.code == "ValidationException"
        assert error.message
