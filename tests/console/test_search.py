"""Stories are sought in the journal a slice at a time."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from tests.console.test_wiring import record, work_of

if TYPE_CHECKING:
    from tests.console.conftest import Shop


def test_a_look_for_a_text_is_as_much_work_after_a_long_history(shop: Shop) -> None:
    """An answer looks at 500 entries at most, and says where to go on; nothing is missed."""
    shop.order("rhubarb")
    record(shop, 900, b'{"a": "b"}')
    short = work_of(lambda: shop.get("stories?text=rhubarb"))
    record(shop, 9_000, b'{"a": "b"}')
    assert work_of(lambda: shop.get("stories?text=rhubarb")) < 1.1 * short
    pages = list(pages_of(shop, "text=rhubarb"))
    assert len(pages) > 18
    left = [page["left"] for page in pages]
    assert max(before - after for before, after in itertools.pairwise(left)) <= 500
    assert left[-1] == 0
    found = {story["story"]: story["words"] for page in pages for story in page["stories"]}
    assert list(found.values()) == ["POST /orders → 200"]


def test_large_entries_are_few_in_a_look(shop: Shop) -> None:
    """What is read in one hold of the lock is bounded by bytes, too."""
    record(shop, 100, b'{"pad": "%s"}' % (b"x" * 200_000))
    assert len(list(pages_of(shop, "text=rhubarb"))) > 5


def test_a_list_of_stories_goes_on_where_an_answer_ended(shop: Shop) -> None:
    """Also when what is asked for is far back, and between is nothing of it."""
    shop.order("fugu")
    record(shop, 12_000, b"{}")
    pages = list(pages_of(shop, "only=failed"))
    assert len(pages) > 1
    assert [story["failed"] for page in pages for story in page["stories"]] == [2]


@pytest.mark.parametrize("text", ["rhubarb", "crème", '"quoted"'])
def test_whatever_mentions_a_text_is_drawn(shop: Shop, text: str) -> None:
    """However it is spelled in JSON, and wherever in a long history."""
    shop.post("functions/echo/invoke", {"event": {"dish": text}})
    record(shop, 1_200, b"{}")
    drawn = shop.page(f"trace?text={quote(text)}")
    assert "Invoke function echo" in drawn
    assert "echo runs → ok" in drawn
    found = [story for page in pages_of(shop, f"text={quote(text)}") for story in page["stories"]]
    assert {story["words"] for story in found} == {"Invoke function echo"}


def test_a_look_for_runs_holds_the_lock_for_a_slice(shop: Shop) -> None:
    """Others get it between; what does not fit is not made a row of."""
    record(shop, 1_700, b'{"a": "b"}')
    shop.order("fugu")
    lock = Counting(shop.offline.emulator.lock)
    shop.offline.emulator.lock = lock  # type: ignore[assignment]
    assert shop.get("runs?text=rhubarb")["runs"] == []
    assert lock.taken >= 4
    assert [run["name"] for run in shop.get("runs?outcome=failed")["runs"]] == ["cook", "cook"]
    assert [run["name"] for run in shop.get("runs?text=FUGU")["runs"]] == ["cook", "cook"]
    echoes = shop.get("runs?function=echo&limit=1600")["runs"]
    older = shop.get(f"runs?function=echo&before={echoes[-1]['entry']}")["runs"]
    assert len({run["entry"] for run in (*echoes, *older)}) == 1_700


class Counting:
    """A lock that counts how often it is taken."""

    def __init__(self, lock: Any) -> None:
        self._lock = lock
        self.taken = 0

    def __enter__(self) -> None:
        self.taken += 1
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def test_the_journal_is_read_on_from_a_number(shop: Shop) -> None:
    """A thousand entries at most, each once, in order."""
    record(shop, 1_500, b"{}")
    first = json.loads(shop.page("journal"))
    assert len(first) == 1_000
    rest = json.loads(shop.page(f"journal?after={first[-1]['number']}"))
    numbers = [entry["number"] for entry in (*first, *rest)]
    assert numbers == list(range(numbers[0], shop.offline.emulator.journal.last_number + 1))
    assert json.loads(shop.page(f"journal?after={numbers[-1]}")) == []


def pages_of(shop: Shop, query: str) -> Any:
    """Give the answers, until one says that there are no more."""
    before = 0
    while before is not None:
        page = shop.get(f"stories?{query}&before={before}")
        yield page
        before = page["before"]
