"""Tokens read from left to right with one token of foresight: of expressions and of statements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence
    from enum import Enum


class AnyToken(Protocol):
    """What a reader asks of a token."""

    @property
    def kind(self) -> Enum:
        """What the token is."""

    @property
    def text(self) -> str:
        """What it says."""


T = TypeVar("T", bound=AnyToken)


class TokenReader(Generic[T]):
    """The tokens of one text; the last of them is its end.

    A language says which kinds of its tokens are words, symbols and the end, and what is said of a
    token that does not belong where it stands.
    """

    word: Enum
    symbol: Enum
    end: Enum

    def __init__(self, tokens: Sequence[T]) -> None:
        self._tokens = tokens
        self._at = 0

    def unexpected(self, wanted: str = "") -> Exception:
        """Return the error for the next token; `wanted` is what should stand there."""
        raise NotImplementedError

    @property
    def next(self) -> T:
        """The token that comes next; it stays there."""
        return self._tokens[self._at]

    @property
    def after_next(self) -> T:
        """The token behind the next one."""
        return self._tokens[min(self._at + 1, len(self._tokens) - 1)]

    def take(self) -> T:
        """Return the next token and go on; the end stays the end."""
        token = self._tokens[self._at]
        if token.kind is not self.end:
            self._at += 1
        return token

    def at_symbol(self, *symbols: str) -> bool:
        """Whether the next token is one of these symbols."""
        return self.next.kind is self.symbol and self.next.text in symbols

    def at_word(self, *words: str) -> bool:
        """Whether the next token is one of these words (in capitals), in any case."""
        return self.next.kind is self.word and self.next.text.upper() in words

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

    def take_symbol(self, symbol: str) -> T:
        """Take this symbol; any other token is an error."""
        if not self.at_symbol(symbol):
            raise self.unexpected(f"'{symbol}'")
        return self.take()

    def take_word(self, word: str) -> T:
        """Take this word; any other token is an error."""
        if not self.at_word(word):
            raise self.unexpected(word)
        return self.take()

    def take_kind(self, kind: Enum) -> T:
        """Take a token of this kind; any other is an error."""
        if self.next.kind is not kind:
            raise self.unexpected(str(kind.value))
        return self.take()
