"""The commands one by one: refusals with reasons, cancellations, answers, menus, the sweep."""

from __future__ import annotations

import json
from collections import deque
from typing import Any

import pytest

from chalicelib.adapters.http import NoReply
from chalicelib.channels.base import PartnerRefused, PartnerUnavailable
from chalicelib.domain.commands import (
    AnswerPartner,
    CancelOrder,
    ImportMenu,
    NotePosChange,
    Notice,
    NoticeKind,
    ReceiveOrder,
    SubmitOrder,
    SweepDeadlines,
    TellStaff,
)
from chalicelib.domain.errors import InvalidMoney, InvalidPayload, OrderRefused, RetryLater
from chalicelib.domain.money import Money
from chalicelib.domain.refusal import Reason, Refusal
from chalicelib.domain.states import State

KEY = "uber_eats#ue-store#o-1"


def notice(store: str = "ue-store", kind: NoticeKind = NoticeKind.ORDER) -> Notice:
    return Notice(kind, "uber_eats", store, "o-1", "e-1", "orders.notification")


def receive(house: Any, store: str = "ue-store", late_seconds: int = 0) -> None:
    house.handle(ReceiveOrder(notice(store), house.clock() - late_seconds * 1000, b"{}"))


# Receiving.


def test_received_order_is_queued_in_its_stores_row(house: Any) -> None:
    """The message group is the store: its orders are made one after the other."""
    receive(house)
    assert house.only().state is State.RECEIVED
    assert house.queues.sent == [
        ("pos-submissions.fifo", json.dumps({"order_key": KEY}), "store-1")
    ]


def test_pos_ids_are_frozen_into_the_order(house: Any) -> None:
    """A menu import between two attempts must not change what is sent."""
    receive(house)
    assert house.only().order.lines[0].pos_id == "SQ-BURGER"
    assert house.only().order.lines[0].modifiers[0].pos_id == "SQ-CHEESE"


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        (OrderRefused(Refusal(Reason.INSTRUCTIONS, "no")), Reason.INSTRUCTIONS),
        (InvalidMoney("money must be whole"), Reason.PRICING),
        (InvalidPayload("cart is missing"), Reason.INVALID_ORDER),
    ],
)
def test_bad_order_is_written_down_as_refused(house: Any, problem: Any, reason: Reason) -> None:
    """The partner gets a no with a reason, the point of sale gets nothing."""
    house.partner.order = problem
    receive(house)
    house.drain()
    assert (house.only().state, house.only().refusal.reason) == (State.REJECTED, reason)
    assert house.partner.answers == [(KEY, "denied")]
    assert not house.till.created


def test_unknown_store_is_refused(house: Any) -> None:
    """Somebody connected a store and did not tell us."""
    receive(house, store="nowhere")
    assert house.only().refusal.reason is Reason.UNKNOWN_STORE
    assert not house.queues.sent


def test_unmapped_item_is_refused_by_name(house: Any) -> None:
    """The partner learns which item to take off its menu."""
    del house.stores.items["store-1#v1"]["cheese"]
    receive(house)
    refusal = house.only().refusal
    assert refusal.reason is Reason.UNMAPPED_ITEM
    assert [(item.id, item.name) for item in refusal.items] == [("cheese", "Cheese")]


def test_foreign_currency_is_refused(house: Any, an_order: Any) -> None:
    """The kitchen's till counts in one currency."""
    house.partner.order = an_order(subtotal=Money(2000, "EUR"))
    receive(house)
    assert house.only().refusal.reason is Reason.PRICING


def test_huge_order_is_refused(house: Any, an_order: Any) -> None:
    """It would not fit into a table item."""
    house.partner.order = an_order(note="x" * 250_000)
    receive(house)
    assert house.only().refusal.reason is Reason.INVALID_ORDER


def test_order_that_waited_too_long_is_refused_unread(house: Any) -> None:
    """A message out of a dead-letter queue must not surprise a kitchen hours later."""
    receive(house, late_seconds=3600)
    assert house.only().refusal.reason is Reason.TIMED_OUT


@pytest.mark.parametrize(
    "problem", [PartnerUnavailable("HTTP 503", 9), PartnerRefused("HTTP 404"), NoReply("timeout")]
)
def test_order_that_cannot_be_fetched_is_tried_again(house: Any, problem: Exception) -> None:
    """Nothing is written down, so the next delivery starts afresh."""
    house.partner.order = problem
    with pytest.raises(RetryLater):
        receive(house)
    assert not house.orders.records


def test_menu_drift_is_recorded_and_not_refused(house: Any, an_order: Any) -> None:
    """The customer has paid the partner's price; the difference is for the books."""
    house.partner.order = an_order(subtotal=Money(1950, "USD"))
    receive(house)
    assert house.bus.events[0].data["drift"] == 50


# Cancelling.


def cancel(house: Any) -> None:
    house.handle(CancelOrder(notice(kind=NoticeKind.CANCELLATION), house.clock()))


def test_cancellation_before_the_order_wins(house: Any) -> None:
    """Webhooks are not ordered: the order that follows makes no ticket."""
    cancel(house)
    receive(house)
    house.drain()
    assert house.only().state is State.CANCELLED
    assert not house.till.created


@pytest.mark.parametrize(
    "state", [State.RECEIVED, State.SUBMITTING, State.POS_UNKNOWN, State.ACCEPTED]
)
def test_cancellation_stops_the_order_and_tells_staff_where_it_was(
    house: Any, state: State
) -> None:
    """A ticket that may be printed is a matter for people."""
    house.put_record(state)
    cancel(house)
    assert house.only().state is State.CANCELLED
    assert house.only().due_ms is None
    assert house.bus.events[-1].data["from"] == state


def test_cancellation_of_a_refused_order_changes_nothing(house: Any) -> None:
    """Uber cancels what we deny."""
    receive(house, store="nowhere")
    before = house.only()
    house.handle(CancelOrder(notice("nowhere", NoticeKind.CANCELLATION), house.clock()))
    assert house.only() == before


def test_second_cancellation_changes_nothing(house: Any) -> None:
    """Webhooks repeat themselves."""
    cancel(house)
    before = house.only()
    cancel(house)
    assert house.only() == before


def test_cancellation_while_the_ticket_is_being_made_is_reported(house: Any) -> None:
    """The ticket came out, the order is gone: staff must hear of it."""
    house.put_record(State.RECEIVED)
    make = house.till.create

    def create_slowly(record: Any) -> Any:
        ticket = make(record)
        cancel(house)
        return ticket

    house.till.create = create_slowly
    house._survive(lambda: house.handle(SubmitOrder(KEY)))
    assert house.only().state is State.CANCELLED
    assert "order.ticket_orphaned" in house.bus.types()


# Answering.


def test_answer_is_given_once(house: Any) -> None:
    """A repeated event finds the answer already given."""
    house.put_record(State.ACCEPTED)
    for _ in range(3):
        house.handle(AnswerPartner(KEY))
    assert house.partner.answers == [(KEY, "accepted")]
    assert (house.only().answered, house.only().due_ms) == ("accepted", None)


@pytest.mark.parametrize("problem", [PartnerUnavailable("HTTP 429", 4), NoReply("timeout")])
def test_answer_that_did_not_arrive_is_repeated(house: Any, problem: Exception) -> None:
    """Accepting twice does no harm, not accepting does."""
    house.put_record(State.ACCEPTED)
    house.partner.errors = deque([problem])
    with pytest.raises(RetryLater):
        house.handle(AnswerPartner(KEY))
    house.handle(AnswerPartner(KEY))
    assert house.partner.answers == [(KEY, "accepted")]


def test_answer_that_the_partner_refuses_goes_to_staff(house: Any) -> None:
    """The food is being made and nobody will fetch it."""
    house.put_record(State.ACCEPTED)
    house.partner.errors = deque([PartnerRefused("HTTP 409")])
    house.handle(AnswerPartner(KEY))
    assert (house.only().answered, house.only().due_ms) == ("refused", None)
    assert house.bus.types() == ["order.callback_refused"]


def test_answer_after_the_partner_gave_up_is_not_sent(house: Any) -> None:
    """After eleven and a half minutes Uber has cancelled the order itself."""
    house.put_record(State.ACCEPTED)
    house.clock.advance(691)
    house.handle(AnswerPartner(KEY))
    assert not house.partner.answers
    assert house.bus.types() == ["order.callback_refused"]


# Sweeping.


def sweep(house: Any, after_seconds: int) -> None:
    house.clock.advance(after_seconds)
    house.handle(SweepDeadlines())


@pytest.mark.parametrize("state", [State.RECEIVED, State.SUBMITTING, State.POS_UNKNOWN])
def test_sweep_leaves_orders_alone_that_have_time(house: Any, state: State) -> None:
    """Until the target a worker may be busy with them."""
    house.put_record(state)
    sweep(house, 89)
    assert house.only().state is state


@pytest.mark.parametrize("state", [State.RECEIVED, State.SUBMITTING, State.POS_UNKNOWN])
def test_sweep_denies_what_has_no_ticket(house: Any, state: State) -> None:
    """The partner hears no before its own deadline."""
    house.put_record(state)
    sweep(house, 90)
    assert house.only().refusal.reason is Reason.POS_OFFLINE
    assert house.bus.types() == ["order.rejected"]


@pytest.mark.parametrize("state", [State.SUBMITTING, State.POS_UNKNOWN])
def test_sweep_accepts_what_has_a_ticket(house: Any, state: State) -> None:
    """The call came through and only its answer was lost."""
    record = house.put_record(state)
    house.till.create(record)
    sweep(house, 90)
    assert house.only().state is State.ACCEPTED
    assert house.till.released == ["ticket-1"]


def test_sweep_asks_a_silent_point_of_sale_once(house: Any) -> None:
    """Fifty orders of a store that is offline must not cost fifty timeouts."""
    for number in range(5):
        record = house.put_record(State.SUBMITTING, order_id=f"o-{number}")
        house.orders.records[record.key] = record
    house.till.outcomes = deque(["unavailable"])
    sweep(house, 90)
    states = {record.state for record in house.orders.records.values()}
    assert states == {State.REJECTED}
    assert not house.till.outcomes


def test_sweep_publishes_a_decision_again_that_nobody_heard(house: Any) -> None:
    """Crashed between writing and publishing, and no message left to redeliver."""
    house.put_record(State.ACCEPTED)
    sweep(house, 60)
    assert house.bus.types() == ["order.accepted"]
    house.drain()
    assert house.partner.answers == [(KEY, "accepted")]


def test_sweep_gives_up_when_the_partner_has(house: Any) -> None:
    """An order is not carried around for ever."""
    house.put_record(State.ACCEPTED)
    sweep(house, 700)
    assert (house.only().answered, house.only().due_ms) == ("given_up", None)
    assert house.bus.types() == ["order.callback_refused"]


def test_sweep_brings_others_forward_when_one_fails(house: Any) -> None:
    """The failure is raised, at the end."""
    house.put_record(State.ACCEPTED)
    house.put_record(State.RECEIVED, order_id="o-2")
    house.clock.advance(90)
    house.bus.fails = True
    with pytest.raises(ExceptionGroup) as failed:
        house.handle(SweepDeadlines())
    assert len(failed.value.exceptions) == 2
    assert house.orders.records["uber_eats#ue-store#o-2"].state is State.REJECTED


def test_late_submission_makes_no_call(house: Any) -> None:
    """After 80 seconds a call could still be running when the sweep decides."""
    house.put_record(State.RECEIVED)
    house.clock.advance(80)
    house.handle(SubmitOrder(KEY))
    assert house.only().refusal.reason is Reason.TIMED_OUT
    assert not house.till.created


@pytest.mark.parametrize("state", [State.SUBMITTING, State.POS_UNKNOWN])
def test_late_submission_of_a_begun_order_is_left_to_the_sweep(house: Any, state: State) -> None:
    """Only who looks the ticket up may decide."""
    record = house.put_record(state)
    house.clock.advance(80)
    house.handle(SubmitOrder(KEY))
    assert house.only() == record


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
    house.handle(NotePosChange("square", "ticket-1", "L1", state))


def test_finished_ticket_completes_the_order(house: Any) -> None:
    """The kitchen is done."""
    record = house.put_record(State.ACCEPTED, answered="accepted", due_ms=None, outbox=())
    house.till.created.append((record.key, "ticket-1"))
    pos_change(house, "completed")
    assert house.only().state is State.COMPLETED
    assert house.only().due_ms is None


def test_ticket_cancelled_in_the_store_is_told_to_staff(house: Any) -> None:
    """The partner still believes in the order."""
    record = house.put_record(State.ACCEPTED, answered="accepted", due_ms=None, outbox=())
    house.till.created.append((record.key, "ticket-1"))
    pos_change(house, "voided")
    assert house.bus.types() == ["order.pos_cancelled"]


@pytest.mark.parametrize("state", [State.SUBMITTING, State.ACCEPTED])
def test_news_of_an_unanswered_order_comes_again_later(house: Any, state: State) -> None:
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
