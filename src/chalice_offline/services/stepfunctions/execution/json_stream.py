"""A long JSON array read item by item."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator

_CHARACTERS = 64 * 1024
_BLANKS = " \t\r\n"


class NotAnArray(ValueError):  # noqa: N818 - says what the text is
    """The text is JSON, or not, but no array of it."""


def items_of_array(text: io.TextIOBase) -> Iterator[Any]:
    """Return the items; NotAnArray for anything else, as soon as it is seen."""
    return _ArrayReader(text).items()


class _ArrayReader:
    def __init__(self, text: io.TextIOBase) -> None:
        self._text = text
        self._buffer = ""
        self._at = 0
        self._is_whole = False
        self._decoder = json.JSONDecoder()

    def items(self) -> Iterator[Any]:
        if self._next() != "[":
            raise NotAnArray("Attempting to map over non-iterable node.")
        self._at += 1
        if self._next() == "]":
            return
        while True:
            yield self._value()
            separator = self._next()
            self._at += 1
            if separator == "]":
                return
            if separator != ",":
                raise NotAnArray(f"Unexpected character {separator!r} in an array")

    def _next(self) -> str:
        """Return the next character that is no blank; "" at the end."""
        while True:
            while self._at < len(self._buffer) and self._buffer[self._at] in _BLANKS:
                self._at += 1
            if self._at < len(self._buffer) or not self._read_on():
                return self._buffer[self._at : self._at + 1]

    def _value(self) -> Any:
        """Return a value that something follows: a number may go on behind what has been read."""
        self._next()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._buffer, self._at)
            except ValueError as error:
                if not self._read_on():
                    raise NotAnArray(str(error)) from error
                continue
            if end < len(self._buffer) or not self._read_on():
                self._at = end
                return value

    def _read_on(self) -> bool:
        """Read more, twice as much while one value is longer; False at the end."""
        more = self._text.read(max(_CHARACTERS, len(self._buffer) - self._at))
        if not more:
            return False
        self._buffer = self._buffer[self._at :] + more
        self._at = 0
        return True
