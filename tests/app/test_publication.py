"""How far a partner is with a store's menu."""

from __future__ import annotations

from chalicelib.domain.publication import Publication

ROW = Publication("store", "uber_eats", version="a", place="here", asked=1, asked_ms=1_000)
LEASE_MS = 22_000


def test_what_is_sent_anew_and_refused_is_not_sent_for_ever() -> None:
    """A clock that was set wakes once, not every minute from then on."""
    told = ROW.begin(1_000, LEASE_MS).finish(1, 2_000, "a", again_ms=50_000).give_back()
    assert told.due_ms() == 50_000
    refused = told.begin(50_000, LEASE_MS).refuse(2, "no").give_back()
    assert refused.is_settled
    assert refused.due_ms() is None


def test_after_a_try_of_an_older_menu_the_newest_is_sent_twice() -> None:
    """Unless the older one was answered, or its time is over; and no more often than that."""
    tried = ROW.begin(1_000, LEASE_MS).put_off(6_000, "no reply").give_back()
    newest = tried.ask("b", 7_000).begin(7_000, LEASE_MS)
    assert newest.finish(2, 8_000, "b", None).again_ms == 67_000
    assert newest.finish(2, 8_000, "b", 20_000).again_ms == 20_000
    assert newest.finish(2, 90_000, "b", None).again_ms is None
    again = newest.finish(2, 8_000, "b", None).give_back().begin(67_000, LEASE_MS)
    assert again.finish(3, 68_000, "b", None).again_ms is None
    answered = ROW.begin(1_000, LEASE_MS).finish(1, 2_000, "a", None).give_back()
    calm = answered.ask("b", 7_000).begin(7_000, LEASE_MS)
    assert calm.finish(2, 8_000, "b", None).again_ms is None


def test_nothing_is_waited_for_at_a_place_that_the_store_has_left() -> None:
    """Nor is the menu there known by the name that it has here."""
    from dataclasses import replace

    sent = replace(ROW.begin(1_000, LEASE_MS).give_back(), result_by_ms=90_000, menu_id="m")
    assert sent.is_waiting
    moved = replace(sent.ask("b", 2_000), place="there")
    assert moved.is_owed(2_000)
    begun = moved.begin(2_000, LEASE_MS)
    assert (begun.at, begun.menu_id, begun.part) == ("there", "", 0)
