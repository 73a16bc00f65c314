"""What overtakes a menu on its way to a partner: older calls, older results, other stores."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib import bootstrap
from chalicelib.domain.commands import NoteMenuResult, Notice, NoticeKind, TellStockAgain
from chalicelib.domain.stock import Source, Word
from chalicelib.stores.publishing import note_menu_result, tell_stock_again
from tests.pipeline.test_publishing import named, notes, publish, rows, shown, store_of

if TYPE_CHECKING:
    from simulators.street import Street


def test_a_result_that_comes_twice_is_none_of_the_next_upload(street: Street) -> None:
    """Deliveroo's webhook names no upload: what is not waited for says nothing."""
    street.go(seconds=90, step=5)
    publish(street, named(street, "First"))
    site = store_of(street).deliveroo_site_id
    street.world.deliveroo.faults.add("UploadMenu", "error_before_commit", times=50, status=503)
    publish(street, named(street, "Second"), seconds=20)
    for guid in ("guid-1", "guid-2"):
        tell(site, guid, 200)
    assert not rows(street)["deliveroo"].is_settled
    street.world.deliveroo.faults.clear()
    street.go(seconds=400, step=10)
    assert shown(street)["deliveroo"] == "Second"


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("own", [200, 400])
def test_a_result_that_was_given_up_is_none_of_the_next_upload(
    street: Street, status: int, own: int
) -> None:
    """Deliveroo tries its webhook for half an hour; after a quarter of one nobody waited."""
    street.go(seconds=90, step=5)
    world, site = street.world, store_of(street).deliveroo_site_id
    settings = world.deliveroo.settings
    world.deliveroo.settings = replace(settings, webhook_url="http://127.0.0.1:8000/nowhere")
    publish(street, named(street, "First"), seconds=30)
    first = rows(street)["deliveroo"].version
    street.upload(named(street, "Second"))
    while rows(street)["deliveroo"].sent_version == first:
        street.go(seconds=60, step=60)
    world.deliveroo.menus.fails_with = 0 if own == 200 else own
    tell(site, "late", status)
    assert not rows(street)["deliveroo"].is_settled
    world.deliveroo.settings = settings
    street.go(seconds=300, step=10)
    row = rows(street)["deliveroo"]
    assert (row.is_settled, row.done == row.asked) == (True, own == 200)
    assert shown(street)["deliveroo"] == ("Second" if own == 200 else "First")
    assert len(notes(street)) == (own == 400)


def tell(site: str, guid: str, status: int) -> None:
    """Let Deliveroo's webhook come that says how an upload went."""
    errors = [] if status == 200 else [{"code": "x", "message": "an older menu was wrong"}]
    result = {"http_status": status, "site_ids": [site], "errors": errors}
    body = {"event": "menu.upload_result", "body": {"menu_upload_result": result}}
    notice = Notice(NoticeKind.MENU, "deliveroo", site, "", guid, "menu.upload_result")
    note_menu_result(bootstrap.services(), NoteMenuResult(notice, {"body": json.dumps(body)}))


def test_a_partner_that_fails_at_each_upload_is_sent_fewer_and_fewer(street: Street) -> None:
    """It takes them all; an hour has room for one in five minutes, and one a minute is allowed."""
    street.go(seconds=90, step=5)
    street.world.deliveroo.menus.fails_with = 500
    before = street.world.deliveroo.requests["UploadMenu"]
    publish(street, named(street, "Better burger"), seconds=3_600)
    assert 5 <= street.world.deliveroo.requests["UploadMenu"] - before <= 20
    street.world.deliveroo.menus.fails_with = 0
    street.go(seconds=400, step=10)
    assert shown(street)["deliveroo"] == "Better burger"


def test_a_call_without_an_answer_that_arrives_last_is_made_good(street: Street) -> None:
    """The older menu was on its way all the time."""
    street.go(seconds=90, step=5)
    place = store_of(street).uber_store_id
    publish(street, named(street, "First"))
    stray = copy.deepcopy(street.world.uber.menus.shown[place])
    street.world.uber.faults.add("PutMenus", "error_before_commit", times=3, status=504)
    street.upload(named(street, "Lost"))
    street.go(seconds=1, step=1)
    street.upload(named(street, "Second"))
    street.go(seconds=20, step=1)
    assert shown(street)["uber_eats"] == "Second"
    street.world.uber.menus.shown[place] = stray
    street.go(seconds=150, step=10)
    assert shown(street)["uber_eats"] == "Second"
    sent = street.world.uber.requests["PutMenus"]
    street.go(seconds=600, step=30)
    assert street.world.uber.requests["PutMenus"] == sent


def test_a_place_that_goes_to_another_store_shows_that_ones_menu(street: Street) -> None:
    """Also when a container remembers whose it was a moment ago."""
    street.go(seconds=90, step=5)
    first, second = street.world.generator.stores[:2]
    place = first.uber_store_id
    files = street.world.generator.menu_files()
    without = {name: id_ for name, id_ in first.channels.items() if name != "uber_eats"}
    street.upload(files[first.store_id] | {"channels": without})
    street.settle()
    # As an order would that came in just before.
    services = bootstrap.services()
    services.stores._known[f"uber_eats#{place}"] = (
        next(s for _, _, s in services.stores.all() if s.store_id == first.store_id),
        services.now_ms(),
    )
    moved = json.loads(json.dumps(files[second.store_id]))
    moved["channels"]["uber_eats"] = place
    moved["items"][0]["name"] = "Moved"
    publish(street, moved)
    names = {
        item["title"]["translations"]["en_us"]
        for item in street.world.uber.menus.shown[place]["items"]
    }
    assert "Moved" in names


def test_a_store_with_a_new_place_does_not_change_the_menu_of_the_old_one(street: Street) -> None:
    """DoorDash's menus have ids of their own, and the one that is known is the old place's."""
    street.go(seconds=90, step=5)
    old = dict(street.world.doordash.menus.of_store[store_of(street).doordash_store_id])
    channels = dict(store_of(street).channels) | {"doordash": "another-place"}
    publish(street, named(street, "Moved", channels=channels))
    new = street.world.doordash.menus.of_store["another-place"]
    assert len(new) == 1
    assert not new.keys() & old.keys()
    assert street.world.doordash.menus.of_store[store_of(street).doordash_store_id] == old


def test_wishes_go_on_counting_when_a_partner_comes_back(street: Street) -> None:
    """A result of before would be one of after; and nothing is published there meanwhile."""
    street.go(seconds=90, step=5)
    asked = rows(street)["doordash"].asked
    without = {n: id_ for n, id_ in store_of(street).channels.items() if n != "doordash"}
    publish(street, named(street, "Without", channels=without))
    assert rows(street)["doordash"].due_ms() is None
    publish(street, named(street, "With"))
    assert rows(street)["doordash"].asked > asked
    assert shown(street)["doordash"] == "With"


def test_a_menu_deleted_there_is_made_once_though_answer_and_webhook_are_lost(
    street: Street,
) -> None:
    """Whoever makes one looks first."""
    street.go(seconds=90, step=5)
    store, doordash = store_of(street), street.world.doordash
    doordash.menus.of_store[store.doordash_store_id].clear()
    known = doordash.settings
    doordash.settings = replace(known, webhook_url="http://127.0.0.1:8000/nowhere")
    doordash.faults.add("CreateMenu", "error_after_commit", status=500)
    publish(street, named(street, "Better burger"), seconds=1_000)
    doordash.settings = known
    street.go(seconds=900, step=30)
    assert rows(street)["doordash"].is_settled
    assert len(doordash.menus.of_store[store.doordash_store_id]) == 1


def test_what_is_back_while_a_menu_is_on_its_way_is_told_once_more(street: Street) -> None:
    """The menu that arrives last says that it is off."""
    street.go(seconds=90, step=5)
    services, store = bootstrap.services(), store_of(street)
    off: Any = services.stock.save(_heard(street, off=True))
    street.go(seconds=90, step=5)
    assert (store.uber_store_id, "fries") in street.world.uber.suspended
    publish(street, named(street, "Better burger"), seconds=10)
    services.stock.save(_heard(street, off=False))
    street.go(seconds=90, step=5)
    assert (store.uber_store_id, "fries") not in street.world.uber.suspended
    street.world.uber.suspended[store.uber_store_id, "fries"] = 4_102_444_800
    tell_stock_again(services, TellStockAgain(store.store_id, "uber_eats"))
    street.go(seconds=60, step=5)
    assert (store.uber_store_id, "fries") not in street.world.uber.suspended
    assert off.off


def _heard(street: Street, *, off: bool) -> Any:
    from chalicelib.domain.stock import ItemStock

    services, store = bootstrap.services(), store_of(street)
    known = services.stock.get(store.store_id, "fries") or ItemStock(store.store_id, "fries")
    word = Word(off=off, at_ms=services.now_ms())
    return known.hear(Source.OPERATOR, word, services.now_ms()).sold_by(dict(store.channels))
