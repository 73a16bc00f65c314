"""A JSON document that nobody has written down yet.

Most events are read by the handler they are for and by nobody else. It gets a document of its own,
which it may change; the text is made when somebody reads it: in the journal, say.
"""

from __future__ import annotations

import json
from typing import Any

_spell = json.JSONEncoder(separators=(",", ":")).encode


class UnspelledJson:
    """Stands for the bytes of a document that it can make at any time, the same each time.

    `journal_weight` is about as much memory as it holds, `longest` a length that its text does not
    exceed.
    """

    __slots__ = ("_spelled",)

    journal_weight: int
    longest: int

    def __init__(self) -> None:
        self._spelled: bytes | None = None

    def document(self) -> Any:
        """Return a document that is the caller's own."""
        raise NotImplementedError

    def outline(self) -> Any:
        """Return as much of the document as tells what it is about; not to be changed."""
        return self.document()

    def spelled(self) -> bytes:
        """Return it as text; made once."""
        if self._spelled is None:
            self._spelled = _spell(self.document()).encode()
        return self._spelled


def spelled(value: Any) -> Any:
    """Return a value as whoever does not know of unspelled documents takes it."""
    return value.spelled() if isinstance(value, UnspelledJson) else value
