"""A text that is read from left to right: what the parsers of paths and of functions share."""

from __future__ import annotations


class TextReader:
    """A text and how far it has been read."""

    # What may stand between tokens.
    _blanks = " "

    def __init__(self, text: str, start: int = 0) -> None:
        self._text = text
        self._at = start

    def _spaces(self) -> None:
        while self._peek() and self._peek() in self._blanks:
            self._at += 1

    def _peek(self) -> str:
        """Return the next character, or "" at the end."""
        return self._text[self._at : self._at + 1]

    def _take(self, token: str) -> bool:
        """Go on behind a token, if it is next."""
        if not self._text.startswith(token, self._at):
            return False
        self._at += len(token)
        return True
