"""A journal in memory that forgets its oldest entries."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from chalice_offline.storage.weight import shortened, weigh

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.core.journal import Entry

# Both bound memory under load, whatever the requests are like: many small ones or a few uploads.
DEFAULT_CAPACITY = 50_000
DEFAULT_CAPACITY_BYTES = 64 * 1024 * 1024
ENTRY_BYTES = 500  # an entry itself: number, instant, subject, causes, an empty detail


class MemoryJournal:
    """Keeps the latest entries: at most `capacity`, holding about `capacity_bytes` of memory.

    A text that is longer than any message is kept as its beginning, its length and its digest. The
    latest entry is always kept.
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
        size, too_long = weigh(entry.held)
        if too_long:
            # Not the request itself, which is about to be applied: another dict beside it.
            entry.held = shortened(entry.detail)
            size, _ = weigh(entry.held)
        size += ENTRY_BYTES
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

    def find(self, number: int) -> Entry | None:
        """Return the entry of a number, if it is kept: they follow each other without a gap."""
        place = number - self._entries[0].number if self._entries else -1
        return self._entries[place] if 0 <= place < len(self._entries) else None

    def clear(self) -> None:
        """Forget all; numbers go on."""
        self._entries.clear()
        self._sizes.clear()
        self._bytes = 0
