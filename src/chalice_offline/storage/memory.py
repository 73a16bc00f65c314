"""A journal in memory that forgets its oldest entries."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.core.journal import Entry

# Both bound memory under load, whatever the requests are like: many small ones or a few uploads.
DEFAULT_CAPACITY = 50_000
DEFAULT_CAPACITY_BYTES = 64 * 1024 * 1024


class MemoryJournal:
    """Keeps the latest entries: at most `capacity`, holding about `capacity_bytes` of requests.

    The latest entry is always kept, however large.
    """

    def __init__(
        self, capacity: int = DEFAULT_CAPACITY, capacity_bytes: int = DEFAULT_CAPACITY_BYTES
    ) -> None:
        self._capacity = capacity
        self._capacity_bytes = capacity_bytes
        self._entries: deque[Entry] = deque()
        # Beside the entries rather than in pairs with them: fewer objects for the collector.
        self._sizes: deque[int] = deque()
        self._bytes = 0
        self._last_number = 0

    def next_number(self) -> int:
        """Return the number of the entry about to be appended, counting from 1."""
        self._last_number += 1
        return self._last_number

    def append(self, entry: Entry) -> None:
        """Keep one entry, dropping the oldest when full."""
        size = _size_bytes(entry)
        self._entries.append(entry)
        self._sizes.append(size)
        self._bytes += size
        while len(self._entries) > self._capacity or (
            self._bytes > self._capacity_bytes and len(self._entries) > 1
        ):
            self._entries.popleft()
            self._bytes -= self._sizes.popleft()

    def entries(self) -> Iterator[Entry]:
        """Return the kept entries, oldest first."""
        return iter(tuple(self._entries))


def _size_bytes(entry: Entry) -> int:
    """Return the length of an entry's texts: what makes one entry larger than another."""
    size = 0
    for value in entry.detail.values():
        if value.__class__ is str or value.__class__ is bytes:
            size += len(value)
    return size
