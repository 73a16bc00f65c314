"""Which story each journal entry belongs to: the number of the entry that it all began with.

An entry with several causes (a batch) belongs to the story of the first of them.
"""

from __future__ import annotations

from chalice_offline.core.latest import Latest


class Stories:
    """The beginnings of the latest entries that have a cause."""

    def __init__(self, kept: int) -> None:
        self._first: Latest[int, int] = Latest(kept)

    def follow(self, number: int, cause: int) -> int:
        """Entry `number` follows from another one; return where its story begins."""
        known = self._first
        first = known.get(cause) or cause
        known.keep(number, first)
        return first

    def of(self, number: int) -> int:
        """Return where the story of an entry begins: with itself, if nothing caused it."""
        return self._first.get(number) or number
