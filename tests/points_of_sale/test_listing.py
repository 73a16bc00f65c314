"""Lists whose pages go by number, while they change."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.pos.base import PosAnswerUnreadable
from chalicelib.pos.listing import MOST_READINGS, of_pages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAGE = 3


class Shelf:
    """A vendor's list; `happens` changes it before each page, by how many were shown."""

    def __init__(self, ids: str, happens: Callable[[list[str], int], None]) -> None:
        self.ids = list(ids)
        self.shown = self.readings = 0
        self._happens = happens

    def read(self) -> Iterator[list[Any]]:
        """Read it from its first page on."""
        self.readings += 1
        for start in count(0, PAGE):
            self._happens(self.ids, self.shown)
            self.shown += 1
            page = self.ids[start : start + PAGE]
            yield [{"id": id_} for id_ in page]
            if len(page) < PAGE:
                return

    def found(self) -> str:
        """Return what is found on it."""
        return "".join(entry["id"] for entry in of_pages(self.read, "id"))


@pytest.mark.parametrize("end", ["first", "last"])
def test_a_list_that_grows_all_the_time_is_read_twice(end: str) -> None:
    """A restaurant that never closes has a new order on every page that is read."""

    def one_more(ids: list[str], shown: int) -> None:
        ids.insert(0 if end == "first" else len(ids), chr(ord("A") + shown))

    shelf = Shelf("abcdefgh", one_more)
    assert set("abcdefgh") <= set(shelf.found())
    assert shelf.readings == 2


def test_an_entry_that_was_between_two_pages_has_the_list_read_once_more() -> None:
    """Where one was overlooked another may have been."""

    def one_goes(ids: list[str], shown: int) -> None:
        if shown == 1:
            ids.remove("a")

    shelf = Shelf("abcdefgh", one_goes)
    assert sorted(shelf.found()) == list("abcdefgh")
    assert shelf.readings == 3


def test_a_list_that_is_another_each_time_is_unreadable() -> None:
    """What was not found is not missing."""

    def others(ids: list[str], shown: int) -> None:
        ids[:] = [f"{shown}-{number}" for number in range(4)]

    shelf = Shelf("abcd", others)
    with pytest.raises(PosAnswerUnreadable, match="changes faster"):
        shelf.found()
    assert shelf.readings == MOST_READINGS


def test_a_vendor_that_shows_one_page_for_ever_is_asked_for_no_third() -> None:
    """As one that ignores which page is asked for."""
    shown = 0

    def read() -> Iterator[list[Any]]:
        nonlocal shown
        while shown < 100:
            shown += 1
            yield [{"id": "a"}, {"id": "b"}, {"id": "c"}]

    with pytest.raises(PosAnswerUnreadable, match="same page"):
        list(of_pages(read, "id"))
    assert shown == 2
