"""The live feed: server-sent events, read by one page or by many."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.console.live import READERS_MAX

if TYPE_CHECKING:
    from chalice_offline.core.pending import Pending
    from tests.console.conftest import Shop


def test_the_live_feed_tells_what_changed_and_goes_on_where_it_was(shop: Shop) -> None:
    """Server-sent events: one piece for many changes, with an id to resume by."""
    reply = shop.send("GET", "live")
    assert reply.headers["content-type"] == "text/event-stream"
    assert reply.feed is not None
    shop.post("functions/echo/invoke", {"event": {}})
    first = _told(reply.feed.next(), shop)
    assert [run["outcome"] for run in first["runs"]] == ["ok"]
    reply.feed.close()
    shop.post("functions/echo/invoke", {"event": {"fail": 1}})
    again = shop.send("GET", "live", **{"last-event-id": str(first["id"])})
    assert again.feed is not None
    resumed = _told(again.feed.next(), shop)
    assert [run["outcome"] for run in resumed["runs"]] == ["error"]
    again.feed.close()
    assert shop.offline.emulator.observers == []


def test_one_reader_too_many_takes_the_oldest_ones_place(shop: Shop) -> None:
    """That one is told that there is no more, comes back by itself and goes on where it was."""
    feeds = [shop.send("GET", "live").feed for _ in range(READERS_MAX)]
    oldest, *others = [feed for feed in feeds if feed is not None]
    seen = _told(oldest.next(), shop)["id"]
    waiting = oldest.next()
    one_more = shop.send("GET", "live").feed
    assert one_more is not None
    assert waiting.result() is None
    shop.post("functions/echo/invoke", {"event": {}})
    again = shop.send("GET", "live", **{"last-event-id": str(seen)}).feed
    assert again is not None
    assert [run["name"] for run in _told(again.next(), shop)["runs"]] == ["echo"]
    assert others[0].next().result() is None  # whose turn it was now
    for feed in (*others, one_more, again):
        feed.close()
    assert shop.offline.emulator.observers == []


def test_who_shows_runs_hears_that_it_began_anew(shop: Shop) -> None:
    """Numbers then mean other runs, or none: list and feed say of what they are."""
    era = shop.get("runs")["era"]
    reply = shop.send("GET", "live")
    assert reply.feed is not None
    assert _told(reply.feed.next(), shop)["era"] == era
    shop.post("reset")
    after = _told(reply.feed.next(), shop)["era"]
    reply.feed.close()
    assert after == shop.get("runs")["era"] != era


def _told(pending: Pending[bytes | None], shop: Shop) -> dict[str, Any]:
    shop.post("time/advance", {"seconds": 1})
    piece = pending.result()
    assert piece is not None
    identifier, data = piece.decode().strip().split("\n")
    told: dict[str, Any] = json.loads(data.removeprefix("data: "))
    return {**told, "id": int(identifier.removeprefix("id: "))}
