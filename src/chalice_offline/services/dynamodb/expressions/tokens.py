"""An expression's text as tokens, and AWS's words for a token that does not belong there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from chalice_offline.services.dynamodb.expressions.errors import ExpressionError


class Kind(Enum):
    """What a token is."""

    NAME = "name"  # an attribute, a function or a keyword
    NAME_REFERENCE = "#name"
    VALUE_REFERENCE = ":value"
    NUMBER = "number"
    SYMBOL = "symbol"
    UNKNOWN = "unknown"  # a character that no expression has
    END = "<EOF>"


@dataclass(frozen=True, slots=True)
class Token:
    """One token, with its place in the expression."""

    kind: Kind
    text: str
    start: int
    end: int


_TOKENS: Final = re.compile(
    r"""[ \t\r\n]*(?:
      (?P<NAME>[a-zA-Z][a-zA-Z0-9_]*)
    | (?P<NAME_REFERENCE>\#[a-zA-Z0-9_]+)
    | (?P<VALUE_REFERENCE>:[a-zA-Z0-9_]+)
    | (?P<NUMBER>[0-9]+)
    | (?P<SYMBOL><>|<=|>=|[=<>()\[\].,+-])
    | (?P<UNKNOWN>[^ \t\r\n])
    | (?P<END>\Z)
    )""",
    re.VERBOSE,
)


class Tokens:
    """The tokens of one expression, read from left to right with one token of foresight."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokens_of(text)
        self._at = 0

    @property
    def next(self) -> Token:
        """The token that comes next; it stays there."""
        return self._tokens[self._at]

    @property
    def after_next(self) -> Token:
        """The token behind the next one."""
        return self._tokens[min(self._at + 1, len(self._tokens) - 1)]

    def take(self) -> Token:
        """Return the next token and go on; the end stays the end."""
        token = self._tokens[self._at]
        if token.kind is not Kind.END:
            self._at += 1
        return token

    def at_symbol(self, *symbols: str) -> bool:
        """Whether the next token is one of these symbols."""
        return self.next.kind is Kind.SYMBOL and self.next.text in symbols

    def at_keyword(self, *words: str) -> bool:
        """Whether the next token is one of these words (in capitals), in any case."""
        return self.next.kind is Kind.NAME and self.next.text.upper() in words

    def take_symbol(self, symbol: str) -> Token:
        """Take this symbol; any other token is a syntax error."""
        if not self.at_symbol(symbol):
            raise self.unexpected()
        return self.take()

    def take_kind(self, kind: Kind) -> Token:
        """Take a token of this kind; any other is a syntax error."""
        if self.next.kind is not kind:
            raise self.unexpected()
        return self.take()

    def unexpected(self) -> ExpressionError:
        """Return the error for the next token: AWS shows it between its neighbours."""
        token = self.next
        start = self._tokens[self._at - 1].start if self._at else token.start
        if token.kind is Kind.END:
            # Of what is missing at the end AWS shows only the token before.
            near, shown = self._text[start:].strip(), "<EOF>"
        else:
            near, shown = self._text[start : self.after_next.end], token.text
        return ExpressionError(f'Syntax error; token: "{shown}", near: "{near}"')


def tokens_of(text: str) -> list[Token]:
    """Return all tokens; the last one is the end."""
    tokens = []
    at = 0
    while True:
        match = _TOKENS.match(text, at)
        assert match is not None
        assert match.lastgroup is not None
        kind = Kind[match.lastgroup]
        end = match.end()
        tokens.append(Token(kind, match[match.lastgroup], match.start(match.lastgroup), end))
        if kind is Kind.END:
            return tokens
        at = end
