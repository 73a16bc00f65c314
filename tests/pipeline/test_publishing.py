"""A menu that is imported reaches every partner, the newest last, whatever happens on the way."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib import bootstrap
from chalicelib.adapters.publication_table import PublicationTable
from chalicelib.adapters.queues import Queues
from chalicelib.domain.errors import VersionConflict
from chalicelib.ops.__main__ import main
from simulators.menus_audit import findings
from simulators.street import BUCKET

if TYPE_CHECKING:
    from simulators.menu import Store
    from simulators.street import Street

PARTNERS = ("uber_eats", "doordash", "deliveroo", "open_delivery", "shop")
UPLOADS = {"uber_eats": "PutMenus", "doordash": "CreateMenu", "deliveroo": "UploadMenu"}


def store_of(street: Street) -> Store:
    return street.world.generator.stores[0]


def menu_of(street: Street, **changes: Any) -> dict[str, Any]:
    """Return the first store's menu file, in which its first item has another name."""
    menu = json.loads(json.dumps(street.world.generator.menu_files()[store_of(street).store_id]))
    return dict(menu) | changes


def named(street: Street, name: str, **changes: Any) -> dict[str, Any]:
    menu = menu_of(street, **changes)
    menu["items"][0]["name"] = name
    return menu


def publish(street: Street, menu: dict[str, Any], seconds: float = 130) -> None:
    street.upload(menu)
    street.settle()
    street.go(seconds=seconds, step=5)


def shown(street: Street) -> dict[str, str]:
    """Return what each partner calls the first item of the first store's menu."""
    store, world = store_of(street), street.world
    first = menu_of(street)["items"][0]["id"]
    found = {}
    for item in world.uber.menus.shown.get(store.uber_store_id, {}).get("items", ()):
        if item["id"] == first:
            found["uber_eats"] = item["title"]["translations"]["en_us"]
    for menu in world.doordash.menus.of_store.get(store.doordash_store_id, {}).values():
        found["doordash"] = menu["menu"]["categories"][0]["items"][0]["name"]
    for item in world.deliveroo.menus.shown.get(store.deliveroo_site_id, {}).get("items", ()):
        if item["id"] == first:
            found["deliveroo"] = item["name"]["en"]
    items = world.open_delivery.merchants.items(store.open_delivery_merchant_id)
    if first in items:
        found["open_delivery"] = items[first]["name"]
    file = street.offline.client("s3").get_object(
        Bucket=BUCKET, Key=f"shop/menus/{store.store_id}.json"
    )
    found["shop"] = json.loads(file["Body"].read())["items"][0]["name"]
    return found


def events(street: Street) -> list[tuple[str, str]]:
    """Return what was published about menus at partners: type and partner."""
    return [
        (entry["DetailType"], json.loads(entry["Detail"])["data"]["channel"])
        for call in street.offline.journal.entries()
        if call.kind == "call" and call.subject == "events.PutEvents"
        for entry in call.detail["Entries"]
        if entry["DetailType"] in ("menu.published", "menu.not_published")
    ]


def notes(street: Street) -> list[dict[str, str]]:
    return [note for note in street.notes() if note["type"] == "menu.not_published"]


def rows(street: Street) -> dict[str, Any]:
    return bootstrap.services().publications.of_store(store_of(street).store_id)


def everywhere(name: str) -> dict[str, str]:
    return dict.fromkeys(PARTNERS, name)


def test_an_imported_menu_is_at_every_partner(street: Street) -> None:
    """In each one's own format, with categories and options, and an event for each."""
    street.go(seconds=60, step=5)
    before = len(events(street))
    publish(street, named(street, "Better burger"))
    assert shown(street) == everywhere("Better burger")
    news = events(street)[before:]
    assert sorted(news) == sorted(("menu.published", name) for name in PARTNERS)
    assert len(street.world.doordash.menus.of_store[store_of(street).doordash_store_id]) == 1


@pytest.mark.parametrize("channel", ["uber_eats", "doordash", "deliveroo", "open_delivery"])
def test_one_partner_that_is_down_is_tried_again_and_holds_up_nobody(
    street: Street, channel: str
) -> None:
    """Whether it says 503, or 429, or nothing that can be read."""
    street.go(seconds=90, step=5)
    partner: Any = street.world.channels[channel]
    partner.faults.add("*", "error_before_commit", times=3, status=503)
    partner.faults.add("*", "rate_limited", times=3)
    street.upload(named(street, "Better burger"))
    street.settle()
    street.go(seconds=8, step=2)
    others = {name: text for name, text in shown(street).items() if name != channel}
    assert set(others.values()) == {"Better burger"}
    street.go(seconds=400, step=10)
    assert shown(street) == everywhere("Better burger")


def test_of_two_imports_in_a_row_the_second_one_stays(street: Street) -> None:
    """Also at partners that work at the first one meanwhile, and one upload a minute is allowed."""
    street.go(seconds=90, step=5)
    street.upload(named(street, "First"))
    street.settle()
    street.upload(named(street, "Second"))
    street.settle()
    street.go(seconds=400, step=10)
    assert shown(street) == everywhere("Second")
    assert all(row.is_settled for row in rows(street).values())


def test_a_menu_with_another_stores_id_is_refused_and_published_nowhere(street: Street) -> None:
    """Its kitchen would get the other one's orders, and its partner page the other one's menu."""
    street.go(seconds=90, step=5)
    other = street.world.generator.stores[1]
    channels = dict(store_of(street).channels) | {"uber_eats": other.uber_store_id}
    there = dict(street.world.uber.menus.shown)
    publish(street, named(street, "Foreign", channels=channels))
    assert "Foreign" not in shown(street).values()
    assert street.world.uber.menus.shown == there


def test_what_a_partner_refuses_reaches_staff_and_is_not_sent_again(street: Street) -> None:
    """Uber Eats wants an hour at a time; the others take what it refuses."""
    street.go(seconds=90, step=5)
    hours = {"time_zone": "UTC", "weekly": {"mon": [["11:00", "11:30"]]}}
    publish(street, named(street, "Short", hours=hours))
    assert {name for name, text in shown(street).items() if text == "Short"} == {*PARTNERS} - {
        "uber_eats"
    }
    (note,) = notes(street)
    assert "60 minutes" in note["reason"]
    requests = street.world.uber.requests["PutMenus"]
    street.go(seconds=600, step=30)
    assert street.world.uber.requests["PutMenus"] == requests
    publish(street, named(street, "Long"))
    assert shown(street) == everywhere("Long")


def test_an_upload_that_fails_at_the_partner_later_is_told_to_staff_or_tried_again(
    street: Street,
) -> None:
    """Deliveroo's 400 is an end, its 500 is not."""
    street.go(seconds=90, step=5)
    deliveroo = street.world.deliveroo.menus
    deliveroo.fails_with = 400
    publish(street, named(street, "Wrong"))
    (note,) = notes(street)
    assert "it did not work" in note["reason"]
    deliveroo.fails_with = 500
    publish(street, named(street, "Right"))
    assert shown(street)["deliveroo"] != "Right"
    deliveroo.fails_with = 0
    street.go(seconds=500, step=10)
    assert shown(street)["deliveroo"] == "Right"
    assert len(notes(street)) == 1


def test_after_half_an_hour_without_an_answer_staff_are_told_once(street: Street) -> None:
    """And the partner has the menu as soon as it is back."""
    street.go(seconds=90, step=5)
    street.world.uber.faults.add("PutMenus", "error_before_commit", times=1_000)
    publish(street, named(street, "Late"))
    street.go(seconds=3_600, step=30)
    (note,) = notes(street)
    assert "uber_eats has not got" in note["reason"]
    street.world.uber.faults.clear()
    street.go(seconds=400, step=10)
    assert shown(street) == everywhere("Late")
    assert len(notes(street)) == 1


def test_a_result_whose_webhook_is_lost_is_made_good(street: Street) -> None:
    """DoorDash sends it once; a second menu is not made."""
    street.go(seconds=90, step=5)
    store = store_of(street)
    token = street.world.doordash.settings
    street.world.doordash.settings = replace(token, webhook_url="http://127.0.0.1:8000/nowhere")
    publish(street, named(street, "Better burger"), seconds=60)
    street.world.doordash.settings = token
    assert not rows(street)["doordash"].is_settled
    street.go(seconds=900, step=30)
    assert rows(street)["doordash"].is_settled
    assert len(street.world.doordash.menus.of_store[store.doordash_store_id]) == 1


def test_wakes_that_get_lost_are_made_good_by_the_sweep(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written is owed."""
    street.go(seconds=90, step=5)
    send_all = Queues.send_all

    def lossy(self: Queues, queue: str, bodies: Any) -> None:
        if not any("menu" in body for body in bodies):
            send_all(self, queue, bodies)

    with monkeypatch.context() as patch:
        patch.setattr(Queues, "send_all", lossy)
        publish(street, named(street, "Better burger"), seconds=5)
        assert "Better burger" not in shown(street).values()
    street.go(seconds=150, step=10)
    assert shown(street) == everywhere("Better burger")


@pytest.mark.parametrize("call", range(8))
def test_a_crash_between_any_two_writes_loses_no_menu(
    street: Street, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    """The write before a call, the call, the write after it: whoever comes next goes on."""
    street.go(seconds=90, step=5)
    save, seen = PublicationTable.save, [0]

    def crashing(self: PublicationTable, row: Any) -> Any:
        seen[0] += 1
        if seen[0] == call + 1:
            if call % 2:
                save(self, row)
            raise RuntimeError("crashed")
        return save(self, row)

    monkeypatch.setattr(PublicationTable, "save", crashing)
    publish(street, named(street, "Better burger"), seconds=400)
    assert shown(street) == everywhere("Better burger")
    assert all(row.is_settled for row in rows(street).values())


def test_an_import_that_crashes_after_its_switch_is_published_all_the_same(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wish is in the switch's own transaction."""
    from chalicelib.adapters.event_bus import EventBus

    street.go(seconds=90, step=5)
    whole = EventBus.publish

    def deaf(self: EventBus, news: Any) -> None:
        if any(event.type == "menu.imported" for event in news):
            raise RuntimeError("crashed")
        whole(self, news)

    monkeypatch.setattr(EventBus, "publish", deaf)
    publish(street, named(street, "Better burger"), seconds=150)
    assert shown(street) == everywhere("Better burger")


def test_what_is_off_stays_off_under_a_new_menu(street: Street) -> None:
    """A new menu would put it back at Uber Eats."""
    from simulators.menu import pos_id

    store = store_of(street)
    street.go(seconds=90, step=5)
    street.world.square.set_stock(store.location_id, pos_id("fries"), available=False)
    street.settle()
    publish(street, named(street, "Better burger"))
    assert (store.uber_store_id, "fries") in street.world.uber.suspended
    assert street.world.deliveroo.unavailable[store.deliveroo_site_id, "fries"]
    assert street.world.doordash.item_status[store.doordash_store_id, "fries"] is False


def test_a_partner_taken_out_of_the_file_gets_no_more_menus(street: Street) -> None:
    """And one that comes back gets the newest, in the menu that it had."""
    street.go(seconds=90, step=5)
    without = {n: id_ for n, id_ in store_of(street).channels.items() if n != "doordash"}
    publish(street, named(street, "Without", channels=without))
    assert not rows(street)["doordash"].version
    assert shown(street)["doordash"] != "Without"
    publish(street, named(street, "With"))
    assert shown(street) == everywhere("With")
    assert len(street.world.doordash.menus.of_store[store_of(street).doordash_store_id]) == 1


def test_an_operator_looks_and_has_it_published_once_more(
    street: Street, capsys: pytest.CaptureFixture[str]
) -> None:
    """After somebody has changed it by hand at the partner."""
    store = store_of(street)
    street.go(seconds=130, step=5)
    environ: dict[str, str] = {}
    words = ("menus", store.store_id, "--stage", "local")
    capsys.readouterr()
    assert main(words, environ, street.world.now_ms) == 0
    assert capsys.readouterr().out.count(" published ") == len(PARTNERS)
    del street.world.uber.menus.shown[store.uber_store_id]
    again = (*words, "--again", "--channel", "uber_eats")
    assert main(again, environ, street.world.now_ms) == 0
    street.settle()
    assert shown(street)["uber_eats"] == menu_of(street)["items"][0]["name"]
    assert main(("menus", "nobody", "--stage", "local"), environ, street.world.now_ms) == 2
    assert main((*words, "--channel", "nobody"), environ, street.world.now_ms) == 2


def test_the_auditor_sees_a_partner_that_shows_another_menu(street: Street) -> None:
    """Or none, or two."""
    street.go(seconds=90, step=5)
    assert list(findings(street)) == []
    store, world = store_of(street), street.world
    del world.uber.menus.shown[store.uber_store_id]
    world.doordash.menus.of_store[store.doordash_store_id]["another"] = {}
    world.deliveroo.menus.shown[store.deliveroo_site_id]["items"][0]["name"]["en"] = "Other"
    assert [found.partition(" ")[0] for found in findings(street)] == [
        "uber_eats",
        "doordash",
        "deliveroo",
    ]


def test_a_partner_without_the_next_version_conflicts_with_nobody(street: Street) -> None:
    """Who writes over an older row is told so."""
    table = bootstrap.services().publications
    street.go(seconds=90, step=5)
    row = rows(street)["uber_eats"]
    table.save(row)
    with pytest.raises(VersionConflict):
        table.save(row)
