"""The text of a statement as tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from chalice_offline.services.dynamodb.errors import validation

if TYPE_CHECKING:
    from chalice_offline.core.errors import AwsError


class Kind(Enum):
    """What a token is."""

    WORD = "word"  # a keyword, a function or an unquoted name
    QUOTED = "quoted"  # a name in double quotes
    STRING = "string"
    NUMBER = "number"
    SYMBOL = "symbol"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """One token; `text` is without quotes. `place` is AWS's "line:column:length"."""

    kind: Kind
    text: str
    place: str


_TOKENS: Final = re.compile(
    r"""(?>\s+|--[^\n]*|/\*(?:(?!\*/).)*\*/)*+(?:
      (?P<WORD>[A-Za-z_$][A-Za-z0-9_$]*)
    | "(?P<QUOTED>(?:[^"]|"")*)"
    | '(?P<STRING>(?:[^']|'')*)'
    | (?P<NUMBER>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<SYMBOL><<|>>|<>|!=|<=|>=|[=<>()\[\]{}.,:;?*+-])
    | (?P<END>\Z)
    )""",
    re.VERBOSE | re.DOTALL,
)


def malformed(reason: str) -> AwsError:
    """Return AWS's error for text that is no statement."""
    return validation(f"Statement wasn't well formed, can't be processed: {reason}")


def tokens_of(statement: str) -> list[Token]:
    """Return all tokens; the last one is the end. Raises AwsError("ValidationException")."""
    tokens = []
    at = 0
    while True:
        match = _TOKENS.match(statement, at)
        if match is None or match.lastgroup is None:
            raise malformed("Unexpected character")
        kind = Kind[match.lastgroup]
        text = match[match.lastgroup]
        if kind is Kind.QUOTED:
            text = text.replace('""', '"')
        elif kind is Kind.STRING:
            text = text.replace("''", "'")
        start = match.start(match.lastgroup) - (kind in {Kind.QUOTED, Kind.STRING})
        tokens.append(Token(kind, text, _place(statement, start, match.end())))
        if kind is Kind.END:
            return tokens
        at = match.end()


def _place(statement: str, start: int, end: int) -> str:
    line = statement.count("\n", 0, start) + 1
    column = start - (statement.rfind("\n", 0, start) + 1) + 1
    return f"{line}:{column}:{end - start}"


class Tokens:
    """The tokens of one statement, read from left to right."""

    def __init__(self, statement: str) -> None:
        self._tokens = tokens_of(statement)
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

    def at_word(self, *words: str) -> bool:
        """Whether the next token is one of these words (in capitals), in any case."""
        return self.next.kind is Kind.WORD and self.next.text.upper() in words

    def skip_symbol(self, symbol: str) -> bool:
        """Take this symbol if it comes next, and return whether it did."""
        if not self.at_symbol(symbol):
            return False
        self.take()
        return True

    def skip_word(self, word: str) -> bool:
        """Take this word if it comes next, and return whether it did."""
        if not self.at_word(word):
            return False
        self.take()
        return True

    def take_symbol(self, symbol: str) -> Token:
        """Take this symbol; AwsError when another token comes next."""
        if not self.at_symbol(symbol):
            raise malformed(f"Expected '{symbol}'")
        return self.take()

    def take_word(self, word: str) -> Token:
        """Take this word; AwsError when another token comes next."""
        if not self.at_word(word):
            raise malformed(f"Expected {word}")
        return self.take()
