"""A menu file replaces the one before, and says what is different."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib import bootstrap
from chalicelib.adapters.store_table import StoreTable
from chalicelib.stores.versions import KEEP_SECONDS
from simulators.street import BUCKET

if TYPE_CHECKING:
    from simulators.street import Street


def upload(street: Street, menu: dict[str, Any]) -> dict[str, Any]:
    """Upload a store's menu; return the data of the event that tells of it."""
    body = json.dumps(menu).encode()
    key = f"menus/{menu['store_id']}.json"
    street.offline.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)
    street.settle()
    told = [
        json.loads(entry["Detail"])["data"]
        for call in street.offline.journal.entries()
        if call.kind == "call" and call.subject == "events.PutEvents"
        for entry in call.detail["Entries"]
        if entry["DetailType"] == "menu.imported"
    ]
    last: dict[str, Any] = told[-1]
    return last


def first_menu(street: Street) -> dict[str, Any]:
    menu = dict(next(iter(street.world.generator.menu_files().values())))
    for name in ("categories", "modifier_groups"):  # which name items that tests take out
        menu.pop(name)
    for item in menu["items"]:
        item.pop("modifier_groups", None)
    return menu


def rows(street: Street, store_id: str) -> dict[str, list[dict[str, Any]]]:
    """Return a store's rows in the table of items, by their partition."""
    found: dict[str, list[dict[str, Any]]] = {}
    paginator = street.offline.client("dynamodb").get_paginator("scan")
    for page in paginator.paginate(TableName="menu-items"):
        for item in page["Items"]:
            if item["menu"]["S"].startswith(f"{store_id}#"):
                found.setdefault(item["menu"]["S"].partition("#")[2], []).append(item)
    return found


def test_an_import_says_what_is_different(street: Street) -> None:
    """Added, removed, repriced, and mapped to another id."""
    menu = first_menu(street)
    gone, dear, moved, *rest = menu["items"]
    price = dear["price"] | {"amount": dear["price"]["amount"] + 100}
    new = {**rest[0], "id": "soup", "name": "Soup"}
    items = [{**dear, "price": price}, {**moved, "pos_id": rest[0]["pos_id"]}, *rest, new]
    told = upload(street, menu | {"items": items})
    assert told["added"] == ["soup"]
    assert told["removed"] == [gone["id"]]
    assert told["repriced"] == [dear["id"]]
    assert told["remapped"] == [moved["id"]]
    assert told["before"] not in ("", told["version"])


def test_old_versions_go_after_a_week_and_come_back_with_their_file(street: Street) -> None:
    """The version in force has no end, whichever it is."""
    menu, now_s = first_menu(street), street.world.now_ms() // 1000
    before = upload(street, menu)["version"]
    after = upload(street, menu | {"prep_minutes": 20})["version"]
    kept = rows(street, menu["store_id"])
    assert [item["item_id"]["S"] for item in kept["versions"]] == [after]
    ends = {int(item["expires_at"]["N"]) for item in kept[before]}
    assert now_s + KEEP_SECONDS <= min(ends) <= max(ends) <= now_s + KEEP_SECONDS + 60
    assert not any("expires_at" in item for item in kept[after])
    assert upload(street, menu)["version"] == before
    kept = rows(street, menu["store_id"])
    assert not any("expires_at" in item for item in kept[before])
    assert all("expires_at" in item for item in kept[after])
    order_id = street.place("doordash", store=0, number=77)
    street.settle()
    assert street.decisions()[order_id] == "accepted"


def test_a_file_that_is_too_large_is_refused_unread(street: Street) -> None:
    """Its name stands in the note for staff; what was in force stays."""
    street.offline.client("s3").put_object(
        Bucket=BUCKET, Key="menus/large.json", Body=b"[" + b" " * 4_000_000
    )
    street.settle()
    (note,) = [note for note in street.notes() if note["type"] == "menu.rejected"]
    assert note["reason"].startswith("menus/large.json: the menu file has more than")


def test_the_same_file_again_changes_nothing(street: Street) -> None:
    """S3 may tell of an upload twice."""
    menu = first_menu(street)
    upload(street, menu)
    told = upload(street, menu)
    assert told["before"] == told["version"]
    lists = ("added", "removed", "repriced", "remapped")
    assert all(told[name] == [] for name in lists)
    assert not any("expires_at" in item for item in rows(street, menu["store_id"])[told["version"]])


def test_a_version_that_another_import_gave_an_end_has_none_once_it_is_in_force(
    street: Street,
) -> None:
    """The other one saw it listed, and not yet in force."""
    menu = first_menu(street)
    before = upload(street, menu)["version"]
    switch, services = StoreTable.replace_menu, bootstrap.services()

    def overtaken(self: StoreTable, *arguments: Any) -> bool:
        self._write_items(arguments[0])
        services.menus.set_end(menu["store_id"], arguments[0].store.menu_version, 1)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(StoreTable, "_write_items", lambda *_: None)
            return switch(self, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StoreTable, "replace_menu", overtaken)
        after = upload(street, menu | {"prep_minutes": 33})["version"]
    assert before != after
    kept = rows(street, menu["store_id"])
    assert not any("expires_at" in item for item in kept[after] + kept[f"{after}#file"])
    assert [item["item_id"]["S"] for item in kept["versions"]] == [after]


def test_a_price_that_no_partner_could_read_is_refused(street: Street) -> None:
    """It would be infinite as a float, or another one than ours."""
    menu = first_menu(street)
    there = upload(street, menu)
    first, *rest = menu["items"]
    dear = first | {"price": first["price"] | {"amount": 10**400}}
    assert upload(street, menu | {"items": [dear, *rest]}) == there
