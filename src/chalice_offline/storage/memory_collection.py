"""A collection in memory: a dict for what is looked up, and its keys in order for what is listed.

SQLite's tables in memory answer the same questions, at several times the price: nothing here
outlives the process, so there are no pages, statements and transactions to pay for.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Keys of one run. An insertion moves half a run at most, however many keys there are.
_LONGEST_RUN = 2_048
_FIRST_PAGE = 16
_LARGEST_PAGE = 1_024

Rows = list[tuple[bytes, bytes]]


class MemoryCollection:
    """See `core.storage.Collection`."""

    __slots__ = ("_lasts", "_runs", "_values", "is_made")

    def __init__(self) -> None:
        self._values: dict[bytes, bytes] = {}
        # The keys, sorted, in runs of a bounded length, and the last key of each run.
        self._runs: list[list[bytes]] = []
        self._lasts: list[bytes] = []
        #: Whether it holds, or held, anything.
        self.is_made = False

    def get(self, key: bytes) -> bytes | None:
        """Return the value of `key`, or None."""
        return self._values.get(key)

    def put(self, key: bytes, value: bytes) -> None:
        """Set the value of `key`."""
        values = self._values
        if key not in values:
            self._enter(key)
        values[key] = value

    def delete(self, key: bytes) -> None:
        """Remove `key` if it is there."""
        if self._values.pop(key, None) is None:
            return
        at = bisect_left(self._lasts, key)
        run = self._runs[at]
        del run[bisect_left(run, key)]
        if run:
            self._lasts[at] = run[-1]
        else:
            del self._runs[at], self._lasts[at]

    def clear(self) -> None:
        """Remove everything, as if nothing had ever been in it."""
        self._values.clear()
        self._runs.clear()
        self._lasts.clear()
        self.is_made = False

    def items(
        self, start: bytes = b"", end: bytes | None = None, *, reverse: bool = False
    ) -> Iterator[tuple[bytes, bytes]]:
        """Give keys and values with start <= key < end, in order or in reverse.

        A page at a time: what is written meanwhile moves nothing that is being read.
        """
        size = _FIRST_PAGE
        if reverse:
            while True:
                rows = self._page_before(end, start, size)
                yield from rows
                if len(rows) < size:
                    return
                end, size = rows[-1][0], min(size * 2, _LARGEST_PAGE)
        at, place = self._place(start)
        while True:
            rows = self._page_from(at, place, end, size)
            yield from rows
            if len(rows) < size:
                return
            at, place = self._place_after(rows[-1][0])
            size = min(size * 2, _LARGEST_PAGE)

    def __len__(self) -> int:
        return len(self._values)

    # ---- within ----------------------------------------------------------------------------------

    def _enter(self, key: bytes) -> None:
        """Put a new key into its place."""
        runs, lasts = self._runs, self._lasts
        if not runs:
            self.is_made = True
            runs.append([key])
            lasts.append(key)
            return
        at = bisect_left(lasts, key)
        if at == len(lasts):  # after all others
            at -= 1
            runs[at].append(key)
            lasts[at] = key
        else:
            insort(runs[at], key)
        run = runs[at]
        if len(run) > _LONGEST_RUN:
            half = len(run) // 2
            runs[at : at + 1] = [run[:half], run[half:]]
            lasts.insert(at, run[half - 1])

    def _place(self, key: bytes) -> tuple[int, int]:
        """Return the run and the place in it of the first key that is not below `key`."""
        at = bisect_left(self._lasts, key)
        return at, bisect_left(self._runs[at], key) if at < len(self._runs) else 0

    def _place_after(self, key: bytes) -> tuple[int, int]:
        """The same of the first key that is above `key`."""
        at = bisect_right(self._lasts, key)
        return at, bisect_right(self._runs[at], key) if at < len(self._runs) else 0

    def _page_from(self, at: int, place: int, end: bytes | None, size: int) -> Rows:
        """Return at most `size` rows from a place on."""
        keys: list[bytes] = []
        while at < len(self._runs) and len(keys) < size:
            run = self._runs[at]
            stop = len(run)
            is_last = end is not None and end <= run[-1]
            if end is not None and is_last:
                stop = bisect_left(run, end)
            keys += run[place : min(stop, place + size - len(keys))]
            if is_last:
                break
            at, place = at + 1, 0
        values = self._values
        return [(key, values[key]) for key in keys]

    def _page_before(self, end: bytes | None, start: bytes, size: int) -> Rows:
        """Return at most `size` rows before `end`, the last one first."""
        keys: list[bytes] = []
        at, stop = (len(self._runs), 0) if end is None else self._place(end)
        while len(keys) < size:
            if not stop:
                if not at:
                    break
                at -= 1
                stop = len(self._runs[at])
            run = self._runs[at]
            first = 0 if start <= run[0] else bisect_left(run, start)
            taken = run[max(first, stop - size + len(keys)) : stop]
            keys += taken[::-1]
            if first:
                break
            stop = 0
        values = self._values
        return [(key, values[key]) for key in keys]
