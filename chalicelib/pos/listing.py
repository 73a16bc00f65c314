"""A point of sale's list of orders, told apart: ours, somebody else's, and what nobody can read.

An entry that is left out because it cannot be read would make a ticket look missing, or hide one
that nobody wants.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.order import is_order_key
from chalicelib.pos.base import PosAnswerUnreadable, PosOrder, UnreadOrder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from chalicelib.pos.base import ListedOrder

    Entry = dict[str, Any]


MOST_READINGS = 4
"""Of a list of several pages; two are enough when it stands still."""


def of_pages(read: Callable[[], Iterator[list[Any]]], id_name: str) -> Iterator[Any]:
    """Yield what a list has, each entry once; `read` reads its pages from the first on.

    An entry that moves while pages are read, which go by numbers, may be on none of them. So a
    list of several pages is read until nothing new is found between what was found before: at its
    ends it may grow, as a busy restaurant's does all the time. PosAnswerUnreadable when it changes
    faster than it can be read, or has no end.
    """
    known: set[str] = set()
    for reading in range(MOST_READINGS):
        before, found, pages = frozenset(known), list[bool](), 0
        for page in _each_another(read()):
            pages += 1
            for entry in page:
                id_ = entry.get(id_name) if isinstance(entry, dict) else None
                if not isinstance(id_, str):
                    if not reading:
                        yield entry
                    continue
                found.append(id_ in before)
                if id_ not in known:
                    known.add(id_)
                    yield entry
        if pages <= 1 or (reading and not _has_gap(found)):
            return
    raise PosAnswerUnreadable("the list changes faster than it can be read")


def _each_another(pages: Iterator[list[Any]]) -> Iterator[list[Any]]:
    """Yield pages; a vendor that ignores which one is asked for shows the same one for ever."""
    before: list[Any] = []
    for page in pages:
        if page and page == before:
            raise PosAnswerUnreadable("the list shows the same page again and again")
        yield page
        before = page


def _has_gap(found: list[bool]) -> bool:
    """Say whether something new stood between two entries that were known."""
    if True not in found:
        return bool(found)
    last = len(found) - found[::-1].index(True)
    return False in found[found.index(True) : last]


@dataclass(frozen=True, slots=True)
class Listing:
    """How one vendor's list is read, and the time of interest.

    `id_name` is the member with the vendor's id, `key_of` returns what stands where our key should,
    None when nothing does, and `read` makes an order of entry, key and id. Either may raise
    InvalidPayload.
    """

    id_name: str
    key_of: Callable[[Entry], object]
    read: Callable[[Entry, str, str], PosOrder]
    start_ms: int
    end_ms: int

    def of(self, found: Iterable[object]) -> Iterator[ListedOrder]:
        """Yield our orders of that time, and what may be one of them."""
        for entry in found:
            one = self._told_apart(entry)
            if isinstance(one, PosOrder) and not self.start_ms <= one.created_ms < self.end_ms:
                continue
            if one is not None:
                yield one

    def _told_apart(self, entry: object) -> ListedOrder | None:
        if not isinstance(entry, dict):
            return UnreadOrder("an entry is no object")
        id_, key = entry.get(self.id_name), ""
        id_ = id_ if isinstance(id_, str) else ""
        try:
            named = self.key_of(entry)
            if named is None:
                return None
            if not isinstance(named, str) or not is_order_key(named):
                raise InvalidPayload("what stands in our key's place is none")
            key = named
            if not id_:
                raise InvalidPayload(f"{self.id_name} is missing or no text")
            return self.read(entry, key, id_)
        except InvalidPayload as error:
            return UnreadOrder(str(error), key, id_)


class Search:
    """A search for one order in a list whose entries name theirs in a member.

    An entry without that member is somebody else's; one that cannot be read may be the one that is
    looked for.
    """

    def __init__(self, named_in: str) -> None:
        self._named_in = named_in
        self._unread = 0

    def of(self, found: Iterable[object]) -> Iterator[Entry]:
        """Yield the entries that can be read, counting the others."""
        for entry in found:
            if isinstance(entry, dict) and isinstance(entry.get(self._named_in), str | None):
                yield entry
            else:
                self._unread += 1

    def found_nothing(self) -> None:
        """Raise PosAnswerUnreadable unless all was read: "not there" would not be proven."""
        if self._unread:
            raise PosAnswerUnreadable(f"{self._unread} entries of the list cannot be read")


def created(at_ms: int | None) -> int:
    """Return when an order was made, or raise InvalidPayload: without it nobody knows its day."""
    if at_ms is None:
        raise InvalidPayload("when it was made is missing")
    return at_ms
