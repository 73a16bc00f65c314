"""Attribute values: numbers, sizes, storage and keys. Pure functions, so called directly."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalice_offline.core.errors import AwsError
from chalice_offline.services.dynamodb.values.attribute_values import check_item, check_value, equal
from chalice_offline.services.dynamodb.values.item_encoding import decode_item, encode_item
from chalice_offline.services.dynamodb.values.key_encoding import (
    after_prefix,
    key_bytes,
    key_prefix_bytes,
)
from chalice_offline.services.dynamodb.values.numbers import add, canonical_number, subtract
from chalice_offline.services.dynamodb.values.sizes import item_size_bytes, value_size_bytes

DIGITS = st.text("0123456789", min_size=1, max_size=38)


@st.composite
def numbers(draw: st.DrawFn) -> str:
    """Numbers within the range, in any spelling."""
    digits = draw(DIGITS)
    exponent = draw(st.integers(-130 + 1, 125 - 40))
    sign = draw(st.sampled_from(["", "-", "+"]))
    return f"{sign}{digits[:1]}.{digits[1:]}e{exponent + 1}"


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
SCALARS = st.one_of(
    TEXTS.map(lambda text: {"S": text}),
    st.binary(max_size=6).map(lambda data: {"B": data}),
    numbers().map(lambda number: {"N": canonical_number(number)}),
    st.booleans().map(lambda answer: {"BOOL": answer}),
    st.just({"NULL": True}),
    st.lists(TEXTS, min_size=1, unique=True).map(lambda texts: {"SS": texts}),
    st.lists(st.binary(), min_size=1, unique=True).map(lambda datas: {"BS": datas}),
)
NAMES = st.sampled_from(["B", "BS", "S", "L", "x"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda elements: {"L": elements}),
        st.dictionaries(NAMES, inner, max_size=3).map(lambda members: {"M": members}),
    ),
    max_leaves=8,
)


def _message(value: dict[str, Any]) -> str:
    with pytest.raises(AwsError) as caught:
        check_value(value)
    assert caught.value.code == "ValidationException"
    return caught.value.message


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("007", "7"),
        ("+1.50", "1.5"),
        ("-0.0", "0"),
        ("1e3", "1000"),
        ("123e-2", "1.23"),
        (".5", "0.5"),
        ("-.5", "-0.5"),
        ("0e5", "0"),
        ("1E125", "1" + "0" * 125),
        ("1e-130", "0." + "0" * 129 + "1"),
        ("0.1e126", "1" + "0" * 125),
        ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
        ("1" + "0" * 60, "1" + "0" * 60),
    ],
)
def test_numbers_come_back_in_one_spelling(text: str, canonical: str) -> None:
    """Numbers are given back as AWS does: plain decimal, no needless zeros or signs."""
    assert check_value({"N": text}) == {"N": canonical}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            {},
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
        ),
        (
            {"S": "a", "N": "1"},
            (
                "Supplied AttributeValue has more than one datatypes set, "
                "must contain exactly one of the supported datatypes"
            ),
        ),
        ({"N": ""}, "The parameter cannot be converted to a numeric value"),
        ({"S": "a", "N": "b"}, "The parameter cannot be converted to a numeric value: b"),
        ({"N": "NaN"}, "The parameter cannot be converted to a numeric value: NaN"),
        ({"N": " 1"}, "The parameter cannot be converted to a numeric value:  1"),
        ({"N": "٣"}, "The parameter cannot be converted to a numeric value: ٣"),
        (
            {"N": "1e126"},
            (
                "Number overflow. "
                "Attempting to store a number with magnitude larger than supported range"
            ),
        ),
        (
            {"N": "1e999999999999999999999"},
            (
                "Number overflow. "
                "Attempting to store a number with magnitude larger than supported range"
            ),
        ),
        (
            {"N": "-1e-131"},
            (
                "Number underflow. "
                "Attempting to store a number with magnitude smaller than supported range"
            ),
        ),
        ({"N": "1" * 39}, "Attempting to store more than 38 significant digits in a Number"),
        ({"NS": ["1", "1.0"]}, "Input collection contains duplicates"),
        (
            {"NULL": False},
            (
                "One or more parameter values were invalid: "
                "Null attribute value types must have the value of true"
            ),
        ),
        (
            {"L": [{"SS": []}]},
            "One or more parameter values were invalid: An string set  may not be empty",
        ),
        (
            {"SS": ["a", "a"]},
            (
                "One or more parameter values were invalid: "
                "Input collection [a, a] contains duplicates."
            ),
        ),
        (
            {"BS": [b"b", b"b"]},
            (
                "One or more parameter values were invalid: "
                "Input collection [Yg==, Yg==]of type BS contains duplicates."
            ),
        ),
    ],
)
def test_values_that_cannot_be(value: dict[str, Any], message: str) -> None:
    """A value that AWS refuses is refused in AWS's words."""
    assert _message(value) == message


def test_documents_are_32_levels_deep_at_most() -> None:
    """The 33rd list inside lists is one too many."""
    value: dict[str, Any] = {"S": "x"}
    for _ in range(32):
        value = {"L": [value]}
    assert check_value(value) is value
    assert _message({"L": [value]}).startswith("Nesting Levels have exceeded supported limits")


def test_checking_leaves_what_is_canonical_alone() -> None:
    """A canonical item comes back itself; another one as a copy, at any depth."""
    item = {"a": {"N": "1"}, "m": {"M": {"x": {"L": [{"N": "2"}]}}}}
    assert check_item(item) is item
    spelled = {"a": {"N": "1"}, "m": {"M": {"x": {"L": [{"N": "2.0"}]}}}}
    assert check_item(spelled) == item
    assert spelled["m"] == {"M": {"x": {"L": [{"N": "2.0"}]}}}


def test_sums_are_exact_or_refused() -> None:
    """Sums have all their digits; a sum that needs more than 38 is an overflow, as on AWS."""
    assert add(
        "12345678901234567890123456789012345678", "-0"
    ) == "1" + "2345678901234567890" * 1 + ("123456789012345678")
    assert subtract("0.3", "0.1") == "0.2"
    for left, right in (("1" + "0" * 50, "1"), ("9" + "0" * 125, "9" + "0" * 125)):
        with pytest.raises(AwsError, match="Number overflow"):
            add(left, right)


@given(numbers(), numbers())
def test_sums_agree_with_arithmetic(left: str, right: str) -> None:
    """Whatever sum is not refused is the right one."""
    one, other = canonical_number(left), canonical_number(right)
    try:
        total = add(one, other)
    except AwsError:
        return
    with localcontext(prec=300):  # the default would round
        assert Decimal(total) - Decimal(one) == Decimal(other)


@given(VALUES)
def test_items_survive_storage(value: dict[str, Any]) -> None:
    """An item read back is the item that was written, whatever its attributes are called."""
    item = {"B": value, "BS": value, "x": value}
    assert decode_item(encode_item(item)) == item


@given(numbers(), numbers())
def test_keys_of_numbers_are_in_numeric_order(left: str, right: str) -> None:
    """Encoded numbers compare as the numbers do, equal ones in any spelling are one key."""
    one, other = canonical_number(left), canonical_number(right)
    encoded, other_encoded = key_bytes({"N": one}), key_bytes({"N": other})
    assert (encoded < other_encoded) == (Decimal(left) < Decimal(right))
    assert (encoded == other_encoded) == (Decimal(left) == Decimal(right))


@given(st.binary(max_size=4), st.binary(max_size=4), st.binary(max_size=4), st.binary(max_size=4))
def test_keys_of_two_attributes_sort_by_the_first(
    one: bytes, other: bytes, range_one: bytes, range_other: bytes
) -> None:
    """Hash and range key one after the other sort as pairs do."""
    left = key_bytes({"B": one}) + key_bytes({"B": range_one})
    right = key_bytes({"B": other}) + key_bytes({"B": range_other})
    assert (left < right) == ((one, range_one) < (other, range_other))


@given(st.binary(max_size=3), st.binary(max_size=5))
def test_what_begins_with_a_prefix_is_one_range(prefix: bytes, data: bytes) -> None:
    """The range of a prefix has all keys that begin with it, and no others."""
    start = b"\x01" + key_prefix_bytes({"B": prefix})
    end = after_prefix(start)
    assert end is not None
    assert (start <= b"\x01" + key_bytes({"B": data}) < end) == data.startswith(prefix)


@given(TEXTS, TEXTS)
def test_keys_of_strings_are_in_the_order_of_their_utf8(one: str, other: str) -> None:
    """Strings are ordered by bytes, not by language or UTF-16."""
    left, right = key_bytes({"S": one}), key_bytes({"S": other})
    assert (left < right) == (one.encode() < other.encode())


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "abc"}, 3),
        ({"S": "é"}, 2),
        ({"B": b"\x00\x01"}, 2),
        ({"N": "0"}, 1),
        ({"N": "5"}, 2),
        ({"N": "-5"}, 3),
        ({"N": "12"}, 2),
        ({"N": "123"}, 3),
        ({"N": "1" * 38}, 20),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"SS": ["ab", "c"]}, 3),
        ({"NS": ["1", "2"]}, 4),
        ({"L": []}, 3),
        ({"L": [{"S": "a"}, {"BOOL": True}]}, 7),
        ({"M": {"k": {"S": "ab"}}}, 7),
    ],
)
def test_sizes_are_those_that_aws_counts(value: dict[str, Any], size: int) -> None:
    """Numbers take a byte for two digits and one more, containers three and one per element."""
    assert value_size_bytes(value) == size
    assert item_size_bytes({"näme": value}) == size + 5


@given(VALUES, VALUES)
def test_equality_is_that_of_values_without_order_in_sets(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    """Every value equals itself, reversed sets are equal, and the relation is symmetric."""
    assert equal(one, one)
    assert equal(one, other) == equal(other, one)
    assert equal({"L": [{"SS": ["a", "b"]}]}, {"L": [{"SS": ["b", "a"]}]})
    assert not equal({"L": [{"S": "a"}, {"S": "b"}]}, {"L": [{"S": "b"}, {"S": "a"}]})
