"""86 both ways: what is off at the till or by hand is off at every partner, and comes back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib import bootstrap
from chalicelib.adapters.queues import Queues
from chalicelib.channels.open_delivery.menus import entity_id
from chalicelib.domain.events import iso
from chalicelib.ops.__main__ import main
from simulators.menu import pos_id
from simulators.orders import OrderGenerator

if TYPE_CHECKING:
    from simulators.menu import Store
    from simulators.street import Street

ITEM = "fries"


def off_at(street: Street, store: Store, item: str = ITEM) -> set[str]:
    """Return the partners, and our shop, at which an item of a store is off."""
    world = street.world
    found = set()
    if (store.uber_store_id, item) in world.uber.suspended:
        found.add("uber_eats")
    if world.doordash.item_status.get((store.doordash_store_id, item)) is False:
        found.add("doordash")
    if (store.deliveroo_site_id, item) in world.deliveroo.unavailable:
        found.add("deliveroo")
    if (
        world.open_delivery.item_status.get((store.open_delivery_merchant_id, item))
        == "UNAVAILABLE"
    ):
        found.add("open_delivery")
    limits = street.offline.client("dynamodb").get_item(
        TableName="limits", Key={"name": {"S": f"shop/{store.store_id}/{item}"}}
    )
    if int(limits.get("Item", {}).get("open_until_ms", {"N": "0"})["N"]) > world.now_ms():
        found.add("shop")
    return found


EVERYWHERE = {"uber_eats", "doordash", "deliveroo", "open_delivery", "shop"}


def set_stock(street: Street, store: Store, *, available: bool, item: str = ITEM) -> None:
    till = street.world.points_of_sale[store.pos]
    till.set_stock(store.location_id, pos_id(item, store.pos), available=available)


def published(street: Street) -> list[str]:
    return [
        entry["DetailType"]
        for call in street.offline.journal.entries()
        if call.kind == "call" and call.subject == "events.PutEvents"
        for entry in call.detail["Entries"]
        if entry["DetailType"].startswith("item.")
    ]


def place_with(street: Street, channel: str, first: int = 200) -> str:
    """Place an order with the item in it at the first store; no two from one number on."""
    shop = street.world.generator.stores[0]
    for number in range(first, first + 200):
        order = OrderGenerator(seed=number, stores=[shop], channels=[channel]).order(
            number, street.world.now_ms()
        )
        if f'"{ITEM}"' in json.dumps(order.payload):
            order_id = street.world.place(order)
            street.placed[order_id] = order
            street.world.tick()
            return order_id
    raise AssertionError(f"nobody orders {ITEM}")


def operate(street: Street, *words: str) -> int:
    environ: dict[str, str] = {}
    return main([*words, "--stage", "local"], environ, street.world.now_ms)


@pytest.mark.parametrize("number", range(3))
def test_what_is_sold_out_at_the_till_is_off_everywhere_and_comes_back(
    long_street: Street, number: int
) -> None:
    """At Square, Toast and Clover, at every partner in its own call; other stores sell on."""
    store, other = (long_street.world.generator.stores[n] for n in (number, number - 1))
    set_stock(long_street, store, available=False)
    long_street.settle()
    assert off_at(long_street, store) == EVERYWHERE
    assert off_at(long_street, other) == set()
    set_stock(long_street, store, available=True)
    long_street.settle()
    assert off_at(long_street, store) == set()
    assert published(long_street) == ["item.unavailable", "item.available"]


def test_a_modifier_that_is_marked_in_the_catalogue_is_off_until_its_instant(
    street: Street,
) -> None:
    """Square says neither which item nor which store: each store of the seller is looked at."""
    store = street.world.generator.stores[1]
    until = iso(street.world.now_ms() + 3_600_000)
    street.world.square.mark_sold_out(store.location_id, pos_id("extra-bacon"), until)
    street.settle()
    assert off_at(street, store, "extra-bacon") == EVERYWHERE
    street.go(seconds=3_500, step=50)
    assert off_at(street, store, "extra-bacon") == EVERYWHERE
    street.go(seconds=300, step=20)
    assert off_at(street, store, "extra-bacon") == set()


def test_a_modifier_that_is_switched_off_at_clover_is_off_everywhere(long_street: Street) -> None:
    """It is no item there, and is found with its group; the items beside it sell on."""
    street, store = long_street, long_street.world.generator.stores[2]
    bacon = pos_id("extra-bacon", "clover")
    for available, off in ((False, EVERYWHERE), (True, set())):
        street.world.clover.set_stock(store.location_id, bacon, available=available)
        street.settle()
        assert off_at(street, store, "extra-bacon") == off
        assert off_at(street, store) == set()


@pytest.mark.parametrize("channel", ["uber_eats", "doordash", "deliveroo", "open_delivery"])
def test_an_order_for_it_is_refused_in_the_partners_own_words(street: Street, channel: str) -> None:
    """Before the kitchen sees anything, naming the item."""
    store = street.world.generator.stores[0]
    set_stock(street, store, available=False)
    street.settle()
    order_id = place_with(street, channel)
    street.settle()
    assert street.tickets() == []
    (decision,) = [d for d in street.world.channels[channel].decisions() if d.order_id == order_id]
    said = json.dumps(decision.detail)
    code = {
        "uber_eats": "ITEM_AVAILABILITY",
        "doordash": "ITEM_OUT_OF_STOCK",
        "deliveroo": "ingredient_unavailable",
        "open_delivery": "UNAVAILABLE_ITEM",
    }[channel]
    assert code in said
    merchant_id = store.open_delivery_merchant_id
    named = entity_id(merchant_id, "ITEM", ITEM) if channel == "open_delivery" else ITEM
    assert channel == "deliveroo" or named in said
    set_stock(street, store, available=True)
    street.settle()
    order_id = place_with(street, channel, 500)
    street.settle()
    assert street.decisions()[order_id] in ("accepted", "confirmed")


def test_webhooks_late_twice_and_out_of_order_do_no_harm(street: Street) -> None:
    """What counts is what the till has when it is asked."""
    store, square = street.world.generator.stores[0], street.world.square
    square.faults.add("inventory.count.updated", "duplicate_webhook", times=1)
    square.faults.add("inventory.count.updated", "out_of_order_webhook", times=1, seconds=60)
    set_stock(street, store, available=False)
    set_stock(street, store, available=True)
    street.settle()
    street.go(seconds=120, step=20)
    assert off_at(street, store) == set()
    set_stock(street, store, available=True)
    square.faults.add("inventory.count.updated", "late_webhook", times=1, seconds=60)
    set_stock(street, store, available=True)
    set_stock(street, store, available=False)
    street.settle()
    street.go(seconds=120, step=20)
    assert off_at(street, store) == EVERYWHERE


def test_a_partner_that_does_not_answer_is_told_later_the_newest_alone(street: Street) -> None:
    """It holds nobody else up."""
    store, uber = street.world.generator.stores[0], street.world.uber
    uber.faults.add("UpdateItem", "error_before_commit", times=4)
    set_stock(street, store, available=False)
    street.world.tick()
    street.go(seconds=2, step=1)
    assert off_at(street, store) == EVERYWHERE - {"uber_eats"}
    street.go(seconds=200, step=10)
    assert off_at(street, store) == EVERYWHERE


def test_a_refusal_reaches_staff(street: Street) -> None:
    """And is an end: what a partner will not take is not said again until it is news."""
    store, deliveroo = street.world.generator.stores[0], street.world.deliveroo
    deliveroo.unknown_items.add(ITEM)  # a menu that is not published yet
    set_stock(street, store, available=False)
    street.settle()
    assert off_at(street, store) == EVERYWHERE - {"deliveroo"}
    assert "item.not_told" in published(street)
    s3 = street.offline.client("s3")
    bucket = "order-middleware-local"
    keys = s3.list_objects_v2(Bucket=bucket, Prefix="alerts/")["Contents"]
    notes = [json.loads(s3.get_object(Bucket=bucket, Key=k["Key"])["Body"].read()) for k in keys]
    (note,) = [note for note in notes if note["type"] == "item.not_told"]
    assert note["subject"] == f"{store.store_id}#{ITEM}"
    assert "deliveroo" in note["reason"]


def test_an_operator_takes_an_item_off_and_puts_it_back(
    street: Street, capsys: pytest.CaptureFixture[str]
) -> None:
    """By hand, also for a time; the till's sales in between change nothing."""
    store = street.world.generator.stores[0]
    assert operate(street, "86", store.store_id, ITEM) == 0
    street.settle()
    assert off_at(street, store) == EVERYWHERE
    set_stock(street, store, available=True)  # a sale: 12 are left
    street.settle()
    assert off_at(street, store) == EVERYWHERE
    assert operate(street, "stock", store.store_id) == 0
    assert "off by operator; to be told: nobody" in capsys.readouterr().out
    assert operate(street, "un86", store.store_id, ITEM) == 0
    street.settle()
    assert off_at(street, store) == set()
    until = iso(street.world.now_ms() + 600_000)
    assert operate(street, "86", store.store_id, ITEM, "--until", until) == 0
    street.settle()
    assert off_at(street, store) == EVERYWHERE
    street.go(seconds=700, step=20)
    assert off_at(street, store) == set()


@pytest.mark.parametrize(
    "words",
    [
        ("86", "store-001", "no-such-item"),
        ("86", "no-such-store", ITEM),
        ("86", "store-001", ITEM, "--until", "2001-01-01T00:00:00Z"),
        ("86", "store-001", ITEM, "--until", "soon"),
        ("un86", "no-such-store", ITEM),
        ("stock", "no-such-store"),
    ],
)
def test_what_an_operator_mistypes_changes_nothing(street: Street, words: tuple[str, ...]) -> None:
    """Exit code 2, and nothing is off."""
    assert operate(street, *words) == 2
    street.settle()
    assert off_at(street, street.world.generator.stores[0]) == set()


def test_a_wake_that_gets_lost_is_made_good_by_the_sweep(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written is owed, whatever became of the message."""
    store, send = street.world.generator.stores[0], Queues.send

    def lossy(self: Queues, queue: str, body: Any, delay_seconds: int = 0) -> None:
        if "stock" not in body:
            send(self, queue, body, delay_seconds)

    with monkeypatch.context() as patch:
        patch.setattr(Queues, "send", lossy)
        set_stock(street, store, available=False)
        street.settle()
        assert off_at(street, store) == set()
    street.go(seconds=130, step=10)
    assert off_at(street, store) == EVERYWHERE


def test_a_new_partner_of_the_menu_file_knows_what_is_off(street: Street) -> None:
    """A store that is linked later is told what others were told before."""
    store = street.world.generator.stores[0]
    menu = street.world.generator.menu_files()[store.store_id]
    without = {n: id_ for n, id_ in menu["channels"].items() if n != "doordash"}
    upload(street, menu | {"channels": without})
    set_stock(street, store, available=False)
    street.settle()
    assert off_at(street, store) == EVERYWHERE - {"doordash"}
    upload(street, menu)
    street.go(seconds=130, step=10)
    assert off_at(street, store) == EVERYWHERE


def upload(street: Street, menu: dict[str, Any]) -> None:
    street.offline.client("s3").put_object(
        Bucket="order-middleware-local",
        Key=f"menus/{menu['store_id']}.json",
        Body=json.dumps(menu).encode(),
    )
    street.settle()
    street.go(seconds=15, step=5)


def test_what_staff_take_off_on_a_partners_tablet_reaches_our_record_and_our_staff(
    street: Street,
) -> None:
    """Once, and takes the item off nowhere else; what we took off there is no report."""
    store, deliveroo = street.world.generator.stores[0], street.world.deliveroo
    set_stock(street, store, available=False, item="cola")
    deliveroo.unavailable[store.deliveroo_site_id, ITEM] = "unavailable"
    street.go(seconds=400, step=20)
    assert published(street) == ["item.unavailable", "item.reported"]
    stock = bootstrap.services().stock.of_store(store.store_id)[ITEM]
    assert list(stock.reported) == ["deliveroo"]
    assert off_at(street, store) == {"deliveroo"}
    del deliveroo.unavailable[store.deliveroo_site_id, ITEM]
    street.go(seconds=200, step=20)
    assert bootstrap.services().stock.of_store(store.store_id)[ITEM].reported == {}


def test_what_no_menu_has_is_nobodys_business(street: Street) -> None:
    """An item that is not sold to partners, a location that is not ours, a catalogue of another."""
    square = street.world.square
    square.catalog.objects["UNSOLD"] = {
        "type": "ITEM_VARIATION",
        "id": "UNSOLD",
        "item_variation_data": {},
    }
    square.set_stock(street.world.generator.stores[0].location_id, "UNSOLD", available=False)
    square.set_stock("LELSEWHERE", pos_id(ITEM), available=False)
    street.settle()
    assert published(street) == []
    assert bootstrap.services().stock.of_store("store-001") == {}


def test_the_till_is_asked_again_when_it_does_not_answer(street: Street) -> None:
    """The webhook's message waits; the till's silence is no answer."""
    store, square = street.world.generator.stores[0], street.world.square
    square.faults.add("BatchRetrieveCatalogObjects", "error_before_commit", times=3)
    set_stock(street, store, available=False)
    street.settle()
    street.go(seconds=120, step=10)
    assert off_at(street, store) == EVERYWHERE
