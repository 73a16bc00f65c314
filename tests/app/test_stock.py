"""An item's availability: whose word counts, who knows, and what is owed."""

from __future__ import annotations

import json

from chalicelib.domain.stock import ItemStock, Source, Telling, Word

NOW = 1_800_000_000_000
CHANNELS = {"uber_eats": "u", "doordash": "d"}


def item() -> ItemStock:
    return ItemStock("store-1", "burger").sold_by(CHANNELS)


def test_the_till_and_the_operator_hold_an_item_off_each_for_itself() -> None:
    """What the till has again stays off as long as an operator says so."""
    off = item().hear(Source.TILL, Word(True, NOW), NOW)
    off = off.hear(Source.OPERATOR, Word(True, NOW), NOW)
    back = off.hear(Source.TILL, Word(False, NOW + 1), NOW + 1)
    assert (off.version, back.version) == (1, 1)
    assert back.is_off(NOW + 2)
    assert not back.hear(Source.OPERATOR, Word(False, NOW + 2), NOW + 2).is_off(NOW + 2)


def test_an_operator_overrules_the_till() -> None:
    """Until the till says it anew."""
    off = item().hear(Source.TILL, Word(True, NOW), NOW)
    back = off.hear(Source.OPERATOR, Word(False, NOW + 1), NOW + 1)
    assert not back.off
    assert back.hear(Source.TILL, Word(True, NOW + 2), NOW + 2).off


def test_the_same_again_is_no_news() -> None:
    """Partners are told of changes, not of words."""
    off = item().hear(Source.TILL, Word(True, NOW), NOW)
    assert off.hear(Source.TILL, Word(True, NOW + 5), NOW + 5).version == off.version
    assert item().hear(Source.TILL, Word(False, NOW), NOW).version == 0


def test_an_item_comes_back_at_its_instant() -> None:
    """Not a millisecond before; the longest word counts, and one without an end is the longest."""
    off = item().hear(Source.OPERATOR, Word(True, NOW, NOW + 1000), NOW)
    assert off.until_ms == NOW + 1000
    assert off.is_off(NOW + 999)
    assert not off.is_off(NOW + 1000)
    assert off.judged(NOW + 999) is off
    assert not off.judged(NOW + 1000).off
    longer = off.hear(Source.TILL, Word(True, NOW), NOW)
    assert longer.off
    assert longer.until_ms is None


def test_everybody_is_owed_the_newest_and_nothing_but_the_newest() -> None:
    """A change while partners are told leaves those behind who were told the one before."""
    off = item().hear(Source.TILL, Word(True, NOW), NOW)
    assert set(off.pending()) == set(CHANNELS)
    told = off.note("uber_eats", Telling(1))
    assert told.pending() == ["doordash"]
    back = told.hear(Source.TILL, Word(False, NOW + 1), NOW + 1)
    assert set(back.pending()) == set(CHANNELS)
    newest = back.note("uber_eats", Telling(2))
    assert newest.note("uber_eats", Telling(1)) is newest  # a slow worker's, late


def test_one_that_does_not_answer_is_tried_ever_later_and_does_not_hold_the_others() -> None:
    """Until it is told; a refusal is an end."""
    off = item().hear(Source.TILL, Word(True, NOW), NOW)
    waits = []
    for _ in range(12):
        later = off.put_off("doordash", NOW, None)
        off = off.note("doordash", later)
        waits.append(later.next_ms - NOW)
    assert waits == sorted(waits)
    assert waits[-1] == 300_000
    assert off.pending(NOW) == ["uber_eats"]
    assert off.note("doordash", Telling(1, refused="no")).pending() == ["uber_eats"]


def test_what_is_owed_has_an_instant() -> None:
    """So that the sweep finds it whatever crashes; what is settled has none."""
    off = item().hear(Source.OPERATOR, Word(True, NOW, NOW + 3_600_000), NOW)
    assert off.due_ms(NOW) == NOW + 20_000
    for name in CHANNELS:
        off = off.note(name, Telling(1))
    assert off.is_owed  # nothing was published yet
    said = ItemStock.from_dict({**json.loads(json.dumps(off.to_dict())), "said": 1, "newer": 1})
    assert said.due_ms(NOW) == NOW + 3_600_000
    assert said.judged(NOW + 3_600_000).due_ms(NOW) == NOW + 20_000
