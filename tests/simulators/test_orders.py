"""The order generator: same seed, same orders; payloads that add up; menus the app can import."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from simulators.menu import MENU, all_options, make_stores, menu_file, pos_id, square_catalog
from simulators.orders import OrderGenerator, main

AT_MS = 1_800_000_000_000
ROOT = Path(__file__).parents[2]


def uber_total(payload):
    total = 0
    for item in payload["cart"]["items"]:
        price = item["price"]
        below = sum(options_total(option) for option in selected(item))
        assert price["unit_price"]["amount"] == price["base_unit_price"]["amount"] + below
        assert price["total_price"]["amount"] == price["unit_price"]["amount"] * item["quantity"]
        total += price["total_price"]["amount"]
    return total


def selected(item):
    return [o for group in item["selected_modifier_groups"] for o in group["selected_items"]]


def options_total(option):
    below = sum(options_total(inner) for inner in selected(option))
    return (option["price"]["base_unit_price"]["amount"] + below) * option["quantity"]


def doordash_total(payload):
    items = [item for category in payload["categories"] for item in category["items"]]
    return sum(item["price"] * item["quantity"] for item in items)


def test_order_n_is_the_same_whatever_was_asked_before():
    """Orders are made from seed and index alone."""
    first = OrderGenerator(seed=3)
    assert list(first.orders(5, AT_MS))[4] == OrderGenerator(seed=3).order(4, AT_MS)
    assert OrderGenerator(seed=4).order(4, AT_MS) != first.order(4, AT_MS)


def test_orders_do_not_depend_on_the_hash_seed():
    """Two processes under two PYTHONHASHSEED values write the same bytes."""
    outputs = [
        subprocess.run(
            [sys.executable, "-m", "simulators.orders", "--count", "4", "--seed", "9"],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    ]
    assert outputs[0] == outputs[1]
    assert outputs[0].count(b"\n") == 4


def test_payloads_add_up_to_the_expected_subtotal():
    """For both partners, over many orders, with nested options and quantities."""
    depth = 0
    for order in OrderGenerator(seed=1).orders(200, AT_MS):
        if order.channel == "uber_eats":
            charges = order.payload["payment"]["charges"]
            assert uber_total(order.payload) == charges["sub_total"]["amount"] == order.subtotal
            assert charges["total"]["amount"] == order.subtotal + order.tax == order.total
        else:
            assert doordash_total(order.payload) == order.payload["subtotal"] == order.subtotal
        text = json.dumps(order.payload)
        depth = max(depth, text.count("combo-side") and text.count("dips"))
    assert depth, "no order had an option under an option"


def test_orders_are_varied():
    """Channels take turns, ids differ, notes and several stores occur."""
    orders = list(OrderGenerator(seed=1).orders(100, AT_MS))
    assert len({order.order_id for order in orders}) == 100
    assert [order.channel for order in orders[:2]] == ["uber_eats", "doordash"]
    assert len({order.store.store_id for order in orders}) == 3
    assert any(order.note for order in orders)
    assert any(line.note for order in orders for line in order.lines)
    assert any(not note.isascii() for order in orders for note in [order.note])


def test_menu_file_names_every_id_that_an_order_can_name_once():
    """Items and options alike, with the ids under which Square's catalogue has them."""
    menu = menu_file(make_stores(1)[0])
    ids = [entry["id"] for entry in menu["items"]]
    assert len(ids) == len(set(ids)) == len(MENU) + len(all_options())
    text = "".join(json.dumps(order.payload) for order in OrderGenerator().orders(50, AT_MS))
    assert all(f'"{item.id}"' in text for item in MENU)
    catalogue = json.dumps(square_catalog())
    assert all(f'"{entry["pos_id"]}"' in catalogue for entry in menu["items"])
    assert menu["items"][0]["pos_id"] == pos_id(MENU[0].id)


def test_menu_files_are_what_the_middleware_imports():
    """The app's own reader takes them whole."""
    store = pytest.importorskip("chalicelib.domain.store")
    for name, data in OrderGenerator().menu_files().items():
        menu = store.read_menu(json.loads(json.dumps(data)), version="1")
        assert menu.store.store_id == name
        partners = {"uber_eats", "doordash", "deliveroo", "open_delivery"}
        assert set(menu.channels) == {*partners, "shop"}


def test_command_line_writes_menus_and_orders(tmp_path, capsys):
    """One file a store, one line an order."""
    assert main(["--menus", str(tmp_path / "menus"), "--stores", "2", "--count", "1"]) == 0
    files = sorted(path.name for path in (tmp_path / "menus").iterdir())
    assert files == ["store-001.json", "store-002.json"]
    line = json.loads(capsys.readouterr().out)
    assert line["payload"]["payment"]["charges"]["total"]["amount"] == line["total"]
