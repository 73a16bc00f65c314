"""Which story each journal entry belongs to: the number of the entry that it all began with.

An entry with several causes (a batch) belongs to the story of the first of them.
"""

from __future__ import annotations

from collections import OrderedDict


class Stories:
    """The beginnings of the latest entries that have a cause."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._first: OrderedDict[int, int] = OrderedDict()

    def follow(self, number: int, cause: int) -> None:
        """Entry `number` follows from another one."""
        first = self._first
        first[number] = first.get(cause, cause)
        if len(first) > self._kept:
            first.popitem(last=False)

    def of(self, number: int) -> int:
        """Return where the story of an entry begins: with itself, if nothing caused it."""
        return self._first.get(number, number)
