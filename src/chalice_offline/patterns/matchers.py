"""One alternative of a pattern's field: a test of a single event value, and its name for people.

The event values tested are JSON leaves: str, int, float, bool or None, already taken out of
their arrays. What each operator means is EventBridge's user guide ("Comparison operators for use
in event patterns") and aws/event-ruler's README; where these are silent, AWS's recorded answers.
"""

from __future__ import annotations

import json
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalice_offline.patterns.addresses import parse_address, parse_block
from chalice_offline.patterns.numbers import is_comparable, is_number, parse_number
from chalice_offline.patterns.wildcards import wildcard_test

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Matcher:
    """One entry of a field's list of alternatives.

    test     whether an event value satisfies it
    wanted   what it asks for, as a phrase that follows "must be"
    literal  the string it equals, for the plain ones that an index may look up
    absent   True for {"exists": false}, which is satisfied by no value at all
    """

    test: Callable[[Any], bool]
    wanted: str
    literal: str | None = None
    absent: bool = False


def quote(value: Any) -> str:
    """A JSON value as it is shown to people, shortened."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _string_test(test: Callable[[str], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and test(value)


def exact_string(text: str) -> Matcher:
    """Equality; text that spells an IP address equals every spelling of that address."""
    address = parse_address(text)
    if address is None:
        return Matcher(lambda value: bool(value == text), quote(text), literal=text)
    return Matcher(_string_test(lambda value: parse_address(value) == address), quote(text))


def exactly(text: str) -> Matcher:
    """{"exactly": text}: equality of strings, IP addresses included."""
    return Matcher(lambda value: bool(value == text), quote(text), literal=text)


def exact_number(text: str) -> Matcher:
    """Equality by value: 300, 300.0 and 3.0e2 are the same (recorded)."""
    number = parse_number(text)
    return Matcher(lambda value: is_number(value) and bool(value == number), text)


def exact_word(word: bool | None) -> Matcher:
    """Equality with true, false or null."""
    return Matcher(lambda value: value is word, quote(word))


def prefix(text: str) -> Matcher:
    """A string that begins with the text; the empty text begins every string."""
    return Matcher(
        lambda value: isinstance(value, str) and value.startswith(text),
        f"a string starting with {quote(text)}",
    )


def suffix(text: str) -> Matcher:
    """A string that ends with the text."""
    return Matcher(
        lambda value: isinstance(value, str) and value.endswith(text),
        f"a string ending with {quote(text)}",
    )


def prefix_ignoring_case(text: str) -> Matcher:
    """A string that begins with the text in any case."""
    lowered = text.lower()
    return Matcher(
        lambda value: isinstance(value, str) and value.lower().startswith(lowered),
        f"a string starting with {quote(text)} in any case",
    )


def suffix_ignoring_case(text: str) -> Matcher:
    """A string that ends with the text in any case."""
    lowered = text.lower()
    return Matcher(
        lambda value: isinstance(value, str) and value.lower().endswith(lowered),
        f"a string ending with {quote(text)} in any case",
    )


def equals_ignoring_case(text: str) -> Matcher:
    """A string equal to the text in any case."""
    lowered = text.lower()
    return Matcher(
        lambda value: isinstance(value, str) and value.lower() == lowered,
        f"{quote(text)} in any case",
    )


def wildcard(text: str, pieces: list[str]) -> Matcher:
    """A string that fits the expression, given as written and as split by `split_wildcard`."""
    return Matcher(_string_test(wildcard_test(pieces)), f"a string like {quote(text)}")


def cidr(text: str) -> Matcher:
    """A string that spells an address in the block; raises `addresses.CidrError`."""
    block = parse_block(text)

    def test(value: Any) -> bool:
        address = parse_address(value) if isinstance(value, str) else None
        return address is not None and block.contains(address)

    return Matcher(test, f"an IP address in {text}")


def numeric(conditions: Sequence[tuple[str, str]]) -> Matcher:
    """A number that meets every (operator, number as written)."""
    bounds = [(_COMPARISONS[sign], parse_number(text)) for sign, text in conditions]
    wanted = " and ".join(f"{sign} {text}" for sign, text in conditions)
    if len(bounds) == 1:
        [(compare, bound)] = bounds
        return Matcher(
            lambda value: is_comparable(value) and compare(value, bound), f"a number {wanted}"
        )
    return Matcher(
        lambda value: is_comparable(value) and all(compare(value, b) for compare, b in bounds),
        f"a number {wanted}",
    )


def exists() -> Matcher:
    """Any value, null included, but only at a leaf: an object or an empty array is none."""
    return Matcher(lambda _value: True, "present")


def absent() -> Matcher:
    """No value at all."""
    return Matcher(lambda _value: False, "absent", absent=True)


def anything_but_strings(texts: Sequence[str]) -> Matcher:
    """Any value that is not one of the strings; values of other types qualify (recorded)."""
    refused = frozenset(texts)
    return Matcher(
        lambda value: not (isinstance(value, str) and value in refused),
        f"anything but {_list_of(quote(text) for text in texts)}",
    )


def anything_but_numbers(texts: Sequence[str]) -> Matcher:
    """Any value that is not one of the numbers; values of other types qualify."""
    refused = frozenset(parse_number(text) for text in texts)
    return Matcher(
        lambda value: not (is_number(value) and value in refused),
        f"anything but {_list_of(texts)}",
    )


def anything_but(refused: Sequence[Matcher]) -> Matcher:
    """Any value that satisfies none of the matchers."""
    tests = tuple(matcher.test for matcher in refused)
    return Matcher(
        lambda value: not any(test(value) for test in tests),
        f"anything but {_list_of(matcher.wanted for matcher in refused)}",
    )


def _list_of(phrases: Iterable[str]) -> str:
    return " or ".join(phrases) or "nothing"


def any_of(matchers: Sequence[Matcher]) -> Callable[[Any], bool]:
    """One test for all of a field's alternatives, with the plain strings in one set."""
    literals = frozenset(matcher.literal for matcher in matchers if matcher.literal is not None)
    tests = tuple(m.test for m in matchers if m.literal is None and not m.absent)
    if not literals and len(tests) == 1:
        return tests[0]
    if not tests:
        return literals.__contains__
    return lambda value: value in literals or any(test(value) for test in tests)
