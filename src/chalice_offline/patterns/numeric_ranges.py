"""The `numeric` operator: ["=", 5], ["<", 10], [">", 0, "<=", 5]."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.patterns import matchers
from chalice_offline.patterns.numbers import is_comparable_text, parse_number
from chalice_offline.patterns.tokens import NUMERIC_TOKENS, Token, TokenReader

if TYPE_CHECKING:
    from chalice_offline.patterns.matchers import Matcher

_LOWER = frozenset({">", ">="})
_UPPER = frozenset({"<", "<="})


class NumericReader:
    """Reads the value of a `numeric` operator, with AWS's checks in AWS's order."""

    def __init__(self, tokens: TokenReader) -> None:
        self._tokens = tokens

    def matcher(self) -> Matcher:
        """The matcher for the array that follows the operator's name."""
        if self._tokens.next() is not Token.START_ARRAY:
            raise self._tokens.fail("Value of numeric must be an array.")
        if self._tokens.next() is not Token.STRING:
            raise self._tokens.fail(f"Invalid member in numeric match: {self._tokens.text()}")
        sign = self._tokens.text()
        token = self._tokens.next()
        if sign != "=" and sign not in _LOWER and sign not in _UPPER:
            raise self._tokens.fail(f"Unrecognized numeric range operator: {sign}")
        number = self._number(token, "equals" if sign == "=" else sign)
        token = self._tokens.next()
        if token is Token.END_ARRAY:
            self._check_comparable(number)
            return matchers.numeric([(sign, number)])
        if sign not in _LOWER:
            raise self._tokens.fail("Too many elements in numeric expression")
        return self._range(sign, number, token)

    def _range(self, lower_sign: str, lower: str, token: Token) -> Matcher:
        """The rest of a range whose lower end has been read."""
        if token is not Token.STRING:
            raise self._tokens.fail(f"Bad value in numeric range: {self._tokens.text()}")
        upper_sign = self._tokens.text()
        if upper_sign not in _UPPER:
            raise self._tokens.fail(f"Bad numeric range operator: {upper_sign}")
        upper = self._number(self._tokens.next(), upper_sign)
        if self._tokens.next() is not Token.END_ARRAY:
            raise self._tokens.fail("Too many terms in numeric range expression")
        self._check_comparable(lower)
        self._check_comparable(upper)
        if parse_number(lower) >= parse_number(upper):
            raise self._tokens.fail("Bottom must be less than top")
        return matchers.numeric([(lower_sign, lower), (upper_sign, upper)])

    def _number(self, token: Token, subject: str) -> str:
        if token not in NUMERIC_TOKENS:
            raise self._tokens.fail(f"Value of {subject} must be numeric")
        return self._tokens.text()

    def _check_comparable(self, text: str) -> None:
        if not is_comparable_text(text):
            raise self._tokens.fail(f"Cannot compare number : {text}")
