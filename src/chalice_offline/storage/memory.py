"""A journal in memory that forgets its oldest entries."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from chalice_offline.core.shortened import LONGEST_TEXT, shortened
from chalice_offline.storage.weight import VALUE_BYTES, weigh

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
        self._bytes = 0
        self.last_number = 0

    @property
    def first_number(self) -> int:
        """The number of the oldest entry that is kept; of the next one if none is."""
        return self._entries[0].number if self._entries else self.last_number + 1

    def append(self, entry: Entry) -> int:
        """Keep one entry, dropping the oldest when full; return its number, counting from 1."""
        size = entry.weight
        if not size:
            size, too_long = weigh(entry.held)
            if too_long:
                # Not the request itself, which is about to be applied: another dict beside it.
                entry.held = shortened(entry.detail)
                size, _ = weigh(entry.held)
            size += ENTRY_BYTES
            entry.weight = size
        self.last_number = entry.number = number = self.last_number + 1
        entries = self._entries
        entries.append(entry)
        self._bytes += size
        if self._bytes > self._capacity_bytes or len(entries) > self._capacity:
            self._drop()
        return number

    def complete(self, entry: Entry, result: bytes) -> None:
        """Make a result a part of an entry's detail."""
        if not self._entries or entry.number < self._entries[0].number:  # forgotten already
            return
        if len(result) > LONGEST_TEXT:
            result = shortened(result)
        entry.held = {**entry.held, "result": result}
        size = len(result) + VALUE_BYTES
        entry.weight += size
        self._bytes += size
        if self._bytes > self._capacity_bytes:
            self._drop()

    def entries(self) -> Iterator[Entry]:
        """Return the kept entries, oldest first."""
        return iter(tuple(self._entries))

    def find(self, number: int) -> Entry | None:
        """Return the entry of a number, if it is kept: they follow each other without a gap."""
        place = number - self._entries[0].number if self._entries else -1
        return self._entries[place] if 0 <= place < len(self._entries) else None

    def clear(self) -> None:
        """Forget all; numbers go on."""
        for entry in self._entries:
            entry.let_go()
        self._entries.clear()
        self._bytes = 0

    def _drop(self) -> None:
        """Forget the oldest until the rest fits; the latest is always kept."""
        entries = self._entries
        while len(entries) > self._capacity or (
            self._bytes > self._capacity_bytes and len(entries) > 1
        ):
            oldest = entries.popleft()
            self._bytes -= oldest.weight
            oldest.let_go()
