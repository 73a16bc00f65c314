"""Menus, what the point of sale says later, and what staff find."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.domain.commands import (
    ImportMenu,
    NotePosChange,
    Notice,
    NoticeKind,
    ReceiveOrder,
    TellStaff,
)
from chalicelib.domain.errors import RetryLater
from chalicelib.domain.refusal import Reason
from chalicelib.domain.states import State
from chalicelib.domain.store import Store

STRICT = Store("store-1", "square", "L1", "USD", 15, "v1")
KEY = "uber_eats#ue-store#o-1"


def notice(store: str = "ue-store", kind: NoticeKind = NoticeKind.ORDER) -> Notice:
    return Notice(kind, "uber_eats", store, "o-1", "e-1", "orders.notification")


def webhook(about: Notice) -> dict[str, Any]:
    return {
        "kind": str(about.kind), "channel": about.channel, "storeId": about.channel_store_id,
        "orderId": about.order_id, "eventId": about.event_id, "eventType": about.event_type,
        "body": "{}",
    }  # fmt: skip


def receive(house: Any, store: str = "ue-store", late_seconds: int = 0) -> None:
    about = notice(store)
    received_ms = house.clock() - late_seconds * 1000
    house.handle(ReceiveOrder(about, received_ms, webhook(about)))


# Menus.

MENU: dict[str, Any] = {
    "store_id": "store-1",
    "pos": "square",
    "location_id": "L1",
    "currency": "USD",
    "channels": {"uber_eats": "ue-store"},
    "items": [
        {"id": "soup", "name": "Soup", "pos_id": "SQ-SOUP",
         "price": {"amount": 500, "currency": "USD"}}
    ],
}  # fmt: skip


def import_menu(house: Any, menu: Any, sequencer: str = "0A") -> None:
    content = menu if isinstance(menu, bytes) else json.dumps(menu).encode()
    house.files.objects["menus/store-1.json"] = content
    house.handle(ImportMenu("menus/store-1.json", sequencer))


def test_menu_replaces_the_old_one(house: Any) -> None:
    """New ids are known, old ones are not."""
    import_menu(house, MENU)
    store = house.stores.find("uber_eats", "ue-store")
    assert house.stores.pos_ids(store, ["soup", "burger"]) == {"soup": "SQ-SOUP"}
    assert house.bus.types() == ["menu.imported"]


def test_older_menu_does_not_replace_a_newer_one(house: Any) -> None:
    """S3 notifications come in any order."""
    import_menu(house, MENU, "0B")
    import_menu(house, {**MENU, "location_id": "L2"}, "0A")
    assert house.stores.find("uber_eats", "ue-store").location_id == "L1"


def item(**changes: Any) -> dict[str, Any]:
    return {**MENU, "items": [{**MENU["items"][0], **changes}]}


@pytest.mark.parametrize(
    "menu",
    [
        b"no json",
        b"[]",
        {},
        {**MENU, "currency": "XXX"},
        {**MENU, "items": []},
        {**MENU, "channels": {}},
        {**MENU, "channels": {"pigeon": "p-1"}},
        {**MENU, "pos": "abacus"},
        {**MENU, "prep_minutes": 0},
        {**MENU, "items": MENU["items"] * 2},
        {**MENU, "items": ["soup"]},
        item(price={"amount": 5.0, "currency": "USD"}),
        item(price={"amount": 5, "currency": "EUR"}),
        item(price=None),
        item(pos_id=""),
        item(name=7),
    ],
)
def test_bad_menu_is_rejected_whole(house: Any, menu: Any) -> None:
    """Nothing of it is written, and staff are told why."""
    import_menu(house, menu)
    assert house.bus.types() == ["menu.rejected"]
    assert house.bus.events[0].data["why"]
    assert house.stores.find("uber_eats", "ue-store").menu_version == "v1"


# What the point of sale says later.


def pos_change(house: Any, state: str) -> None:
    house.handle(NotePosChange("square", "ticket-1", "L1", "", state))


def test_finished_ticket_completes_the_order(house: Any) -> None:
    """The kitchen is done."""
    record = house.put_record(State.ACCEPTED, answered="accepted", due_ms=None, outbox=())
    house.till.created.append((record.key, "ticket-1"))
    pos_change(house, "completed")
    assert house.only().state is State.COMPLETED
    assert house.only().due_ms is None


def test_ticket_cancelled_in_the_kitchen_is_told_to_the_partner(house: Any) -> None:
    """It was accepted, so it is taken back with the kitchen's reason."""
    record = house.put_record(State.ACCEPTED, answered="accepted", due_ms=None, outbox=())
    house.till.created.append((record.key, "ticket-1"))
    pos_change(house, "voided")
    house.drain()
    assert house.only().state is State.CANCELLED
    assert house.only().refusal.reason is Reason.KITCHEN_CANCELLED
    assert house.partner.answers == [(KEY, "cancelled")]


def test_food_that_is_ready_is_told_to_the_partner(house: Any) -> None:
    """Its courier waits for that."""
    record = house.put_record(State.ACCEPTED, answered="accepted", due_ms=None, outbox=())
    house.till.created.append((record.key, "ticket-1"))
    pos_change(house, "ready")
    house.drain()
    assert house.partner.answers == [(KEY, "ready")]


@pytest.mark.parametrize("state", [State.SUBMITTING, State.RELEASING])
def test_news_of_an_undecided_order_comes_again_later(house: Any, state: State) -> None:
    """First our own answer, then the kitchen's progress."""
    record = house.put_record(state)
    house.till.created.append((record.key, "ticket-1"))
    with pytest.raises(RetryLater):
        pos_change(house, "completed")


@pytest.mark.parametrize("state", ["printed", "completed"])
def test_news_of_other_tickets_changes_nothing(house: Any, state: str) -> None:
    """Walk-in customers have tickets, too."""
    pos_change(house, state)
    assert not house.bus.events


def test_staff_find_one_file_per_occurrence(house: Any) -> None:
    """Written twice it is still one."""
    command = TellStaff("e-9", "order.rejected", KEY, house.START_MS, "offline")
    house.handle(command)
    house.handle(command)
    ((name, content),) = house.files.objects.items()
    assert name == "alerts/2027-01-15/e-9.json"
    assert json.loads(content)["reason"] == "offline"
