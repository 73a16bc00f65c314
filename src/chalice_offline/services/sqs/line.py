"""A first-in-first-out line of numbers that costs little when it is short.

A deque allocates its first block of 600 bytes at once. A queue with a message group per order
has as many lines as messages, so an empty line must be cheap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_TRIM_ABOVE = 32


class Line:
    """Numbers in the order in which they were appended."""

    __slots__ = ("_items", "_start")

    def __init__(self, numbers: Iterable[int] = ()) -> None:
        self._items: list[int] = list(numbers)
        self._start = 0

    def append(self, number: int) -> None:
        """Put a number at the end."""
        self._items.append(number)

    def first(self) -> int | None:
        """Return the number in front, or None."""
        return self._items[self._start] if self._start < len(self._items) else None

    def drop_first(self) -> None:
        """Take the number in front away; the room of dropped numbers is given back in bulk."""
        self._start += 1
        if self._start > _TRIM_ABOVE and self._start * 2 > len(self._items):
            del self._items[: self._start]
            self._start = 0

    def keep(self, numbers: Iterable[int]) -> None:
        """Replace the content."""
        self._items = list(numbers)
        self._start = 0

    def __len__(self) -> int:
        return len(self._items) - self._start

    def __iter__(self) -> Iterator[int]:
        for index in range(self._start, len(self._items)):
            yield self._items[index]
