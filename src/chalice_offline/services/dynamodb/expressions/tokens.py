"""An expression's text as tokens, and AWS's words for a token that does not belong there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from chalice_offline.services.dynamodb.expressions.errors import ExpressionError
from chalice_offline.services.dynamodb.token_reader import TokenReader


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


class Tokens(TokenReader[Token]):
    """The tokens of one expression."""

    word, symbol, end = Kind.NAME, Kind.SYMBOL, Kind.END

    def __init__(self, text: str) -> None:
        super().__init__(tokens_of(text))
        self._text = text

    def unexpected(self, wanted: str = "") -> ExpressionError:
        """Return the error for the next token: AWS shows it between its neighbours.

        What is wanted there AWS does not say.
        """
        del wanted
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
