"""The text of a statement as tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from chalice_offline.services.dynamodb.errors import validation
from chalice_offline.services.dynamodb.token_reader import TokenReader

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


class Tokens(TokenReader[Token]):
    """The tokens of one statement."""

    word, symbol, end = Kind.WORD, Kind.SYMBOL, Kind.END

    def __init__(self, statement: str) -> None:
        super().__init__(tokens_of(statement))

    def unexpected(self, wanted: str = "") -> AwsError:
        """Return the error for the next token, which names what should stand there."""
        return malformed(f"Expected {wanted}")
