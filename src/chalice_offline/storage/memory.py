"""A journal in memory that forgets its oldest entries."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.core.journal import Entry

# An entry holds its whole request, so this is what bounds memory under load: at the usual few
# hundred bytes a request, some tens of megabytes.
DEFAULT_CAPACITY = 50_000


class MemoryJournal:
    """Keeps the latest `capacity` entries."""

    def __init__(self, capacity: int = DEFAULT_CAPACITY) -> None:
        self._entries: deque[Entry] = deque(maxlen=capacity)
        self._last_number = 0

    def next_number(self) -> int:
        """Return the number of the entry about to be appended, counting from 1."""
        self._last_number += 1
        return self._last_number

    def append(self, entry: Entry) -> None:
        """Keep one entry, dropping the oldest when full."""
        self._entries.append(entry)

    def entries(self) -> Iterator[Entry]:
        """Return the kept entries, oldest first."""
        return iter(tuple(self._entries))
