"""Looking through the journal for a text, a slice at a time: whoever works meanwhile waits little.

A slice is looked at in one hold of the emulator's lock, from the newest entry back.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from chalice_offline.core.unspelled import UnspelledJson

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.core.journal import Entry, Journal
    from chalice_offline.emulator import Emulator

# Entries that are looked at in one hold of the lock: some milliseconds, for a text is sought in all
# that they carry, as much of it as is read in as long.
SLICE = 500
_SLICE_BYTES = 2 * 1024 * 1024
# The same of entries of which nobody reads what they carry.
GLANCE = 5_000


class Slice(NamedTuple):
    """What was looked at: `entries`, newest first, and from which number on older ones are left."""

    entries: list[Entry]
    before: int  # 0: there are none


def next_slice(journal: Journal, before: int = 0, *, are_read: bool = True) -> Slice:
    """Return the newest entries before a number, of all when it is 0; within the lock.

    Fewer of them when what they carry is read.
    """
    newest, first = journal.last_number, journal.first_number
    number = min(before - 1, newest) if before else newest
    entries: list[Entry] = []
    most, read = SLICE if are_read else GLANCE, 0
    while number >= first and len(entries) < most and read < _SLICE_BYTES:
        entry = journal.find(number)
        number -= 1
        if entry is not None:
            entries.append(entry)
            read += entry.weight if are_read else 0
    return Slice(entries, number + 1 if number >= first else 0)


def numbers_that_mention(emulator: Emulator, text: str) -> Iterator[int]:
    """Give the entries that mention a text; others get the emulator's lock between the slices."""
    wanted = Wanted(text)
    before = 0
    while True:
        with emulator.lock:
            looked = next_slice(emulator.journal, before)
            found = [entry.number for entry in looked.entries if wanted.is_in(entry)]
        yield from found
        before = looked.before
        if not before:
            return


class Wanted:
    """A text, as it may stand in an entry."""

    def __init__(self, text: str) -> None:
        # As it stands inside a JSON string: "ü" may be written "\u00fc" there, or as it is.
        spellings = (text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1])
        self._texts = tuple(dict.fromkeys(spellings))
        self._bytes = tuple(one.encode("utf-8", "surrogatepass") for one in self._texts)

    def is_in(self, entry: Entry) -> bool:
        """Whether an entry mentions it."""
        return (
            self._is_in_text(entry.subject)
            or self._is_in_text(entry.outcome)
            or self._is_in_value(entry.held)
        )

    def _is_in_text(self, text: str) -> bool:
        return any(one in text for one in self._texts)

    def _is_in_value(self, value: Any) -> bool:
        """Whether it is somewhere in a value: much sooner known than by writing it as JSON."""
        waiting: list[Any] = [value]
        for one in waiting:  # it grows meanwhile
            if isinstance(one, str):
                if self._is_in_text(one):
                    return True
            elif isinstance(one, bytes):
                if any(spelled in one for spelled in self._bytes):
                    return True
            elif isinstance(one, dict):
                waiting += one.values()
                waiting += one
            elif isinstance(one, list | tuple):
                waiting += one
            elif isinstance(one, UnspelledJson):  # spelled, it would stay so
                waiting.append(one.document())
            elif self._is_in_text(str(one)):
                return True
        return False
