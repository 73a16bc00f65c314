"""The values of a field: literals and match expressions such as {"prefix": "eu-"}."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.patterns import matchers
from chalice_offline.patterns.addresses import CidrError
from chalice_offline.patterns.errors import PatternError
from chalice_offline.patterns.numbers import is_comparable_text
from chalice_offline.patterns.numeric_ranges import NumericReader
from chalice_offline.patterns.tokens import NUMERIC_TOKENS, Token, TokenReader
from chalice_offline.patterns.wildcards import WildcardError, split_wildcard, wildcard_complexity

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.patterns.dialect import Dialect
    from chalice_offline.patterns.matchers import Matcher

_WORDS = {Token.TRUE: True, Token.FALSE: False, Token.NULL: None}
_ONE_KEY = "Only one key allowed in match expression"
_TOO_MANY = "Too many elements in numeric expression"
_TOO_COMPLEX = (
    "Rule is too complex - try using fewer wildcard characters or fewer repeating character"
    " sequences after a wildcard character"
)


class ExpressionReader:
    """Reads the list of alternatives of one field after another from a token stream."""

    def __init__(self, tokens: TokenReader, dialect: Dialect) -> None:
        self._tokens = tokens
        self._dialect = dialect
        self._numeric = NumericReader(tokens)
        self._readers: dict[str, Callable[[], Matcher]] = {
            "anything-but": self._anything_but,
            "cidr": self._cidr,
            "equals-ignore-case": self._equals_ignore_case,
            "exactly": self._exactly,
            "exists": self._exists,
            "numeric": self._numeric_expression,
            "prefix": self._prefix,
            "suffix": self._suffix,
            "wildcard": self._wildcard,
        }

    def alternatives(self) -> tuple[Matcher, ...]:
        """The matchers of a list whose opening bracket has just been read."""
        found: list[Matcher] = []
        while (token := self._tokens.next()) is not Token.END_ARRAY:
            found.append(self._alternative(token))
        if not found:
            raise self._tokens.fail("Empty arrays are not allowed")
        return tuple(found)

    def _alternative(self, token: Token) -> Matcher:
        if token is Token.START_OBJECT:
            return self._expression()
        if token is Token.STRING:
            return matchers.exact_string(self._tokens.text())
        if token in NUMERIC_TOKENS:
            return matchers.exact_number(self._tokens.text())
        if token in _WORDS:
            return matchers.exact_word(_WORDS[token])
        raise self._tokens.fail("Match value must be String, number, true, false, or null")

    def _expression(self) -> Matcher:
        if self._tokens.next() is not Token.FIELD_NAME:
            raise self._tokens.fail("Match expression name not found")
        name = self._tokens.field_name
        if name not in self._dialect.operators:
            raise self._tokens.fail(f"Unrecognized match type {name}")
        return self._readers[name]()

    def _end_object(self, otherwise: str = _ONE_KEY) -> None:
        if self._tokens.next() is not Token.END_OBJECT:
            raise self._tokens.fail(otherwise)

    def _string(self, otherwise: str) -> str:
        if self._tokens.next() is not Token.STRING:
            raise self._tokens.fail(otherwise)
        return self._tokens.text()

    def _exactly(self) -> Matcher:
        matcher = matchers.exactly(self._string("exact match pattern must be a string"))
        self._end_object()
        return matcher

    def _prefix(self) -> Matcher:
        return self._affix("prefix", matchers.prefix, matchers.prefix_ignoring_case)

    def _suffix(self) -> Matcher:
        return self._affix("suffix", matchers.suffix, matchers.suffix_ignoring_case)

    def _affix(
        self,
        name: str,
        plain: Callable[[str], Matcher],
        ignoring_case: Callable[[str], Matcher],
    ) -> Matcher:
        token = self._tokens.next()
        if token is Token.START_OBJECT and self._dialect.affixes_ignore_case:
            if self._tokens.next() is not Token.FIELD_NAME:
                raise self._tokens.fail(f"{name.capitalize()} expression name not found")
            if self._tokens.field_name != "equals-ignore-case":
                raise self._tokens.fail(f"Unsupported {name} pattern: {self._tokens.field_name}")
            matcher = ignoring_case(
                self._string("equals-ignore-case match pattern must be a string")
            )
            self._end_object()
        elif token is Token.STRING:
            matcher = plain(self._tokens.text())
        else:
            raise self._tokens.fail(f"{name} match pattern must be a string")
        self._end_object()
        return matcher

    def _equals_ignore_case(self) -> Matcher:
        text = self._string("equals-ignore-case match pattern must be a string")
        self._end_object()
        return matchers.equals_ignoring_case(text)

    def _wildcard(self) -> Matcher:
        matcher = self._wildcard_matcher(self._string("wildcard match pattern must be a string"))
        self._end_object()
        return matcher

    def _wildcard_matcher(self, text: str) -> Matcher:
        try:
            pieces = split_wildcard(text)
        except WildcardError as error:
            raise self._tokens.fail(str(error)) from error
        if wildcard_complexity(pieces) > self._dialect.wildcard_complexity_max:
            raise self._tokens.fail_without_place(_TOO_COMPLEX)
        return matchers.wildcard(text, pieces)

    def _cidr(self) -> Matcher:
        text = self._string("prefix match pattern must be a string")  # sic, recorded
        try:
            matcher = matchers.cidr(text)
        except CidrError as error:
            raise self._tokens.fail_without_place(str(error)) from error
        self._end_object()
        return matcher

    def _exists(self) -> Matcher:
        token = self._tokens.next()
        if token not in (Token.TRUE, Token.FALSE):
            raise self._tokens.fail("exists match pattern must be either true or false.")
        self._end_object()
        return matchers.exists() if token is Token.TRUE else matchers.absent()

    def _numeric_expression(self) -> Matcher:
        matcher = self._numeric.matcher()
        self._end_object(_TOO_MANY)
        return matcher

    def _anything_but(self) -> Matcher:
        token = self._tokens.next()
        if token is Token.START_OBJECT:
            matcher = self._anything_but_expression()
            self._end_object(_TOO_MANY)
        elif token is Token.START_ARRAY:
            matcher = self._anything_but_list()
        elif token is Token.STRING:
            matcher = matchers.anything_but_strings([self._tokens.text()])
        elif token in NUMERIC_TOKENS:
            matcher = matchers.anything_but_numbers([self._comparable_number()])
        else:
            raise self._anything_but_type()
        self._end_object(_TOO_MANY)
        return matcher

    def _anything_but_type(self) -> PatternError:
        return self._tokens.fail(
            "Value of anything-but must be an array or single string/number value."
        )

    def _anything_but_list(self) -> Matcher:
        strings: list[str] = []
        numbers: list[str] = []
        try:
            while (token := self._tokens.next()) is not Token.END_ARRAY:
                if token is Token.STRING:
                    strings.append(self._tokens.text())
                elif token in NUMERIC_TOKENS:
                    numbers.append(self._comparable_number())
                else:
                    raise self._tokens.fail(
                        "Inside anything but list, start|null|boolean is not supported."
                    )
        except PatternError as error:
            raise self._reported_twice(error) from error
        if bool(strings) == bool(numbers):
            raise self._tokens.fail(
                "Inside anything but list, either all values are number or string,"
                " mixed type is not supported"
            )
        if numbers:
            return matchers.anything_but_numbers(numbers)
        return matchers.anything_but_strings(strings)

    def _comparable_number(self) -> str:
        text = self._tokens.text()
        if not is_comparable_text(text):
            raise self._tokens.fail_without_place(f"Cannot compare number : {text}")
        return text

    def _reported_twice(self, error: PatternError) -> PatternError:
        """AWS wraps an error inside a list in one of its own and so names the place twice."""
        return self._tokens.fail(error.located_reason)

    def _anything_but_expression(self) -> Matcher:
        if self._tokens.next() is not Token.FIELD_NAME:
            raise self._tokens.fail("Anything-But expression name not found")
        name = self._tokens.field_name
        if name not in self._dialect.anything_but_operators:
            raise self._tokens.fail(f"Unsupported anything-but pattern: {name}")
        token = self._tokens.next()
        if not self._dialect.anything_but_lists:
            return matchers.anything_but([self._anything_but_only_string(token, name)])
        if token is Token.START_ARRAY:
            return self._anything_but_expression_list(name)
        if token is not Token.STRING and token not in NUMERIC_TOKENS:
            raise self._anything_but_type()
        return matchers.anything_but([self._refused(name, self._affix_text(token, name))])

    def _anything_but_only_string(self, token: Token, name: str) -> Matcher:
        if token is not Token.STRING:
            raise self._tokens.fail(f"{name} match pattern must be a string")
        return self._refused(name, self._affix_text(token, name))

    def _anything_but_expression_list(self, name: str) -> Matcher:
        texts: list[str] = []
        try:
            while (token := self._tokens.next()) is not Token.END_ARRAY:
                texts.append(self._affix_text(token, name))
        except PatternError as error:
            raise self._reported_twice(error) from error
        # Wildcards are parsed only after the list has been read, so their errors stand at its end.
        return matchers.anything_but([self._refused(name, text) for text in texts])

    def _affix_text(self, token: Token, name: str) -> str:
        if token is not Token.STRING:
            raise self._tokens.fail(
                {
                    "equals-ignore-case": "Inside anything-but/equals-ignore-case list,"
                    " number|start|null|boolean is not supported.",
                    "wildcard": "wildcard match pattern must be a string",
                }.get(name, "prefix/suffix match pattern must be a string")
            )
        text = self._tokens.text()
        if not text and name in ("prefix", "suffix"):
            raise self._tokens.fail("Null prefix/suffix not allowed")
        return text

    def _refused(self, name: str, text: str) -> Matcher:
        if name == "wildcard":
            return self._wildcard_matcher(text)
        return {
            "equals-ignore-case": matchers.equals_ignoring_case,
            "prefix": matchers.prefix,
            "suffix": matchers.suffix,
        }[name](text)
