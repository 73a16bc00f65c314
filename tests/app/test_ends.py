"""How orders end: cancelled, answered, denied at their deadline, undone."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.adapters.errors import AwsUnavailable
from chalicelib.adapters.http import NoReply
from chalicelib.channels.base import PartnerRefused, PartnerUnavailable
from chalicelib.domain.commands import (
    AnswerPartner,
    CancelOrder,
    Notice,
    NoticeKind,
    PollPartner,
    ReceiveOrder,
    SubmitOrder,
    SweepDeadlines,
)
from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.fulfilment import Handover, Person
from chalicelib.domain.refusal import Reason, Refusal
from chalicelib.domain.states import State
from chalicelib.domain.store import Store
from chalicelib.pos.base import PosRefused

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
    "state", [State.RECEIVED, State.SUBMITTING, State.RELEASING, State.ACCEPTED]
)
def test_cancellation_undoes_what_there_is_of_the_order(house: Any, state: State) -> None:
    """A ticket that may be there is looked for and voided, printed or not."""
    record = house.put_record(state)
    if state is not State.RECEIVED:
        house.till.create(record)
    if state in (State.RELEASING, State.ACCEPTED):
        house.till.released.append("ticket-1")
    cancel(house)
    assert house.only().state is State.CANCELLED
    assert house.bus.events[-1].data["from"] == state
    house.drain()
    assert house.till.standing == []
    assert house.only().due_ms is None


def test_undoing_waits_for_a_point_of_sale_that_is_down(house: Any) -> None:
    """However long it takes: the kitchen must not cook what nobody fetches."""
    record = house.put_record(State.ACCEPTED)
    house.till.create(record)
    house.till.released.append("ticket-1")
    cancel(house)
    house.till.outcomes = deque(["unavailable"] * 12)
    house.drain(2000)
    assert house.till.standing == []
    assert "order.voided" in house.bus.types()


def test_ticket_that_cannot_be_voided_is_shown_to_staff(house: Any) -> None:
    """The point of sale says no for good: then a person has to walk over."""
    record = house.put_record(State.ACCEPTED)
    house.till.create(record)
    refusal = Refusal(Reason.POS_REFUSED, "no", detail="the day is closed")

    def refuse(*_: Any) -> None:
        raise PosRefused(refusal)

    house.till.void = refuse
    cancel(house)
    house.drain()
    failed = next(event for event in house.bus.events if event.type == "order.void_failed")
    assert "the day is closed" in failed.data["why"]


def test_cancellation_of_a_refused_order_changes_nothing(house: Any) -> None:
    """Uber cancels what we deny."""
    receive(house, store="nowhere")
    before = house.only()
    house.handle(CancelOrder(notice("nowhere", NoticeKind.CANCELLATION), house.clock()))
    assert replace(house.only(), outbox=()) == replace(
        before, outbox=(), version=house.only().version
    )


def test_second_cancellation_changes_nothing(house: Any) -> None:
    """Webhooks repeat themselves."""
    cancel(house)
    before = house.only()
    cancel(house)
    assert house.only() == before


def test_cancellation_while_the_ticket_is_being_made_stops_the_print(house: Any) -> None:
    """The version that RELEASING is written over is gone: nothing prints, the ticket is undone."""
    house.put_record(State.RECEIVED)
    make = house.till.create

    def create_slowly(record: Any) -> Any:
        ticket = make(record)
        cancel(house)
        return ticket

    house.till.create = create_slowly
    house.handle(SubmitOrder(KEY, "square"))
    house.drain()
    assert (house.till.released, house.till.voided) == ([], ["ticket-1"])
    assert house.only().state is State.CANCELLED


def test_cancellation_while_the_ticket_prints_undoes_it(house: Any) -> None:
    """The last moment: it came out, and a void follows."""
    house.put_record(State.RECEIVED)
    print_ = house.till.release

    def release_slowly(record: Any, ticket: Any) -> None:
        print_(record, ticket)
        cancel(house)

    house.till.release = release_slowly
    house.handle(SubmitOrder(KEY, "square"))
    house.drain()
    assert (house.till.released, house.till.standing) == (["ticket-1"], [])


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
    house.handle(AnswerPartner(KEY))
    assert house.partner.answers == []
    house.drain()
    assert house.partner.answers == [(KEY, "accepted")]


def test_yes_that_the_partner_refuses_undoes_the_ticket(house: Any) -> None:
    """Nobody will fetch the food: the kitchen is told, and so are staff."""
    record = house.put_record(State.ACCEPTED)
    house.till.create(record)
    house.till.released.append("ticket-1")
    house.partner.errors = deque([PartnerRefused("HTTP 409")])
    house.drain()
    assert (house.only().state, house.only().answered) == (State.CANCELLED, "refused")
    assert house.till.standing == []
    assert "order.callback_refused" in house.bus.types()


def test_answer_after_the_partner_gave_up_is_not_sent(house: Any) -> None:
    """After eleven and a half minutes Uber has cancelled the order itself."""
    house.put_record(State.ACCEPTED)
    house.clock.advance(691)
    house.handle(AnswerPartner(KEY))
    assert not house.partner.answers
    assert "order.callback_refused" in house.bus.types()


def test_person_is_forgotten_once_nobody_has_to_find_it(house: Any, an_order: Any) -> None:
    """An address is kept until its ticket is made and answered for, and no longer."""
    ada = Person("Ada", "+15550100", "1 Main St")
    mapped, _ = an_order(person=ada, handover=Handover.MERCHANT).mapped(
        {"burger": "SQ-BURGER", "cheese": "SQ-CHEESE"}
    )
    house.put_record(State.ACCEPTED, order=mapped)
    house.handle(AnswerPartner(KEY))
    assert house.only().order.person is None
    assert "Main" not in str(house.bus.events)


# Sweeping.


def sweep(house: Any, after_seconds: int) -> None:
    house.clock.advance(after_seconds)
    house.handle(SweepDeadlines())


@pytest.mark.parametrize("state", [State.RECEIVED, State.SUBMITTING, State.RELEASING])
def test_sweep_wakes_what_has_been_quiet_and_decides_nothing(house: Any, state: State) -> None:
    """Fifty stores are decided by fifty workers, not by one sweep after the other."""
    record = house.put_record(state, due_ms=house.clock() + 30_000)
    sweep(house, 29)
    assert not house.queues.sent
    sweep(house, 1)
    assert house.queues.sent == [("pos-square", {"order_key": KEY}, 0)]
    assert house.only() == record


def test_sweep_wakes_everybody_who_owes_something(house: Any) -> None:
    """A denied order whose ticket may exist: the partner waits, and so does the kitchen."""
    record = house.put_record(State.RELEASING)
    rejected = record.reject(Refusal(Reason.POS_OFFLINE, "no"), house.clock())
    house.orders.records[KEY] = rejected
    sweep(house, 31)
    assert sorted(queue for queue, _, _ in house.queues.sent) == ["channel-callbacks", "pos-square"]


def test_sweep_reports_a_queue_that_takes_nothing(house: Any) -> None:
    """The failure is raised, at the end: an alarm counts it."""
    house.put_record(State.RECEIVED)
    house.queues.fails = True
    with pytest.raises(ExceptionGroup):
        sweep(house, 60)


# At the deadline.


@pytest.mark.parametrize(("tries", "seconds"), [(0, 104), (1, 90)])
def test_order_that_no_call_was_made_for_is_denied_at_its_deadline(
    house: Any, tries: int, seconds: int
) -> None:
    """Nothing can print, so the no is certain and nothing is undone."""
    house.put_record(State.RECEIVED, tries=tries)
    house.clock.advance(seconds)
    house.handle(SubmitOrder(KEY, "square"))
    assert house.only().refusal.reason is Reason.POS_OFFLINE
    assert (house.only().undo, house.till.created) == (None, [])


@pytest.mark.parametrize("state", [State.SUBMITTING, State.RELEASING])
def test_ticket_that_is_found_after_the_deadline_is_accepted(house: Any, state: State) -> None:
    """The call came through and only its answer was lost."""
    record = house.put_record(state)
    house.till.create(record)
    house.clock.advance(95)
    house.handle(SubmitOrder(KEY, "square"))
    assert house.only().state is State.ACCEPTED
    assert house.till.standing == ["ticket-1"]


def test_print_that_nobody_can_confirm_is_looked_for_before_it_is_denied(house: Any) -> None:
    """It printed, and the point of sale went silent: denying it at once would be a lie."""
    record = house.put_record(State.RELEASING)
    house.till.create(record)
    house.till.released.append("ticket-1")
    house.till.outcomes = deque(["unavailable"] * 5)
    house.clock.advance(90)
    house.handle(SubmitOrder(KEY, "square"))
    assert house.only().state is State.RELEASING
    house.drain()
    assert house.only().state is State.ACCEPTED


def test_denied_order_prints_nowhere_when_the_point_of_sale_comes_back(house: Any) -> None:
    """It printed, stayed silent until the hard limit, and is voided as soon as it answers."""
    record = house.put_record(State.RELEASING)
    house.till.create(record)
    house.till.released.append("ticket-1")
    house.till.outcomes = deque(["unavailable"] * 25)
    house.drain(2000)
    assert house.only().state is State.REJECTED
    assert house.till.standing == []
    denied = next(e.time_ms for e in house.bus.events if e.type == "order.rejected")
    assert denied - house.START_MS <= 150_000


def test_silent_point_of_sale_is_not_asked_by_everybody(house: Any) -> None:
    """Its circuit opens: the others wait without a call."""
    for number in range(20):
        record = house.put_record(State.RECEIVED, order_id=f"o-{number}")
        house.orders.records[record.key] = record
    house.till.outcomes = deque(["unavailable"] * 1000)
    for number in range(20):
        house.handle(SubmitOrder(f"uber_eats#ue-store#o-{number}", "square"))
    assert 1000 - len(house.till.outcomes) <= 5


def test_store_that_stays_down_is_paused_at_its_partners(house: Any) -> None:
    """And opened again when a call gets through."""
    channels = {"uber_eats": "ue-store"}
    store = replace(STRICT, channels=channels)
    house.put_record(State.RECEIVED, store=store)
    house.till.outcomes = deque(["unavailable"] * 7)
    house.handle(SubmitOrder(KEY, "square"))
    house.drain()
    assert house.partner.stores == [("ue-store", False), ("ue-store", True)]
    assert house.only().state is State.ACCEPTED


def test_second_worker_leaves_the_order_to_the_first(house: Any) -> None:
    """Its lease is longer than it can live; should it be gone by then, the order is taken up."""
    house.put_record(State.SUBMITTING, lease_until_ms=house.clock() + 26_000)
    house.handle(SubmitOrder(KEY, "square"))
    assert house.till.created == []
    assert [(queue, delay) for queue, _, delay in house.queues.sent] == [("pos-square", 26)]
    house.drain()
    assert house.only().state is State.ACCEPTED


@pytest.mark.parametrize("lease_seconds", [None, -5, 24])
def test_order_that_all_left_alone_is_refused_when_its_time_is_over(
    house: Any, lease_seconds: int | None
) -> None:
    """Who looks at its end comes a moment too early, and waits (seed 300120)."""
    house.clock.advance(140)
    lease = None if lease_seconds is None else house.clock() + lease_seconds * 1000
    house.put_record(
        State.RELEASING, received_ms=house.START_MS, clock_ms=house.START_MS, lease_until_ms=lease
    )
    house.handle(AnswerPartner(KEY))
    assert house.only().state is State.RELEASING
    [delay] = [delay for queue, _, delay in house.queues.sent if queue == "channel-callbacks"]
    house.clock.advance(delay)
    house.handle(AnswerPartner(KEY))
    assert house.only().state is State.REJECTED
    assert house.clock() - house.START_MS <= 150_000


def test_a_slow_partner_is_asked_for_the_other_stores_by_the_next_run(house: Any) -> None:
    """One run has 20 seconds; each asks for one store at least."""
    asked: list[str] = []

    def slow(channel_store_id: str) -> list[Any]:
        asked.append(channel_store_id)
        house.clock.at_ms += 3_000
        return []

    house.partner.open_orders = slow
    house.handle(PollPartner("uber_eats", ("a", "b", "c", "d")))
    rest = {"poll": {"channel": "uber_eats", "store": "c", "stores": ["c", "d"]}}
    assert (asked, house.queues.sent) == (["a", "b"], [("inbound-orders", rest, 0)])


def test_a_store_that_cannot_be_asked_for_holds_no_other(house: Any) -> None:
    """It is asked for alone, until its own message is a dead letter."""
    asked: list[str] = []

    def nonsense(channel_store_id: str) -> list[Any]:
        asked.append(channel_store_id)
        if channel_store_id == "a":
            raise InvalidPayload("no order id")
        return []

    house.partner.open_orders = nonsense
    house.handle(PollPartner("uber_eats", ("a", "b")))
    alone = {"poll": {"channel": "uber_eats", "store": "a", "stores": ["a"]}}
    assert (asked, house.queues.sent) == (["a", "b"], [("inbound-orders", alone, 0)])
    with pytest.raises(InvalidPayload):
        house.handle(PollPartner("uber_eats", ("a",)))


def test_lost_webhook_is_found_by_asking(house: Any) -> None:
    """The partner still waits for an order of which we never heard."""
    house.partner.open = [notice()]
    for _ in range(2):
        house.handle(PollPartner("uber_eats", ("ue-store",)))
        receive(house)
    assert house.bus.types().count("channel.order.notified") == 1


def test_what_is_shown_until_it_is_acknowledged_is_kept_first(house: Any) -> None:
    """An event that nobody could write down is shown again, and so is the rest."""
    missed, ignored = notice(), replace(notice(), kind=NoticeKind.IGNORED)
    house.partner.open = [ignored, missed]
    house.bus.fails = house.queues.fails = house.files.fails = True
    with pytest.raises(AwsUnavailable):
        house.handle(PollPartner("uber_eats", ("ue-store",)))
    assert house.partner.acknowledged == []
    house.bus.fails = house.queues.fails = house.files.fails = False
    house.handle(PollPartner("uber_eats", ("ue-store",)))
    assert house.bus.types() == ["channel.order.notified"]
    assert house.partner.acknowledged == [ignored, missed]


def test_an_acknowledgment_that_fails_loses_nothing(house: Any) -> None:
    """The order is kept; the event is shown again and found to be known."""
    house.partner.open = [notice()]
    house.partner.errors.append(PartnerUnavailable("HTTP 503"))
    for _ in range(2):
        house.handle(PollPartner("uber_eats", ("ue-store",)))
        receive(house)
    assert house.bus.types().count("channel.order.notified") == 1
    assert house.partner.acknowledged == [notice()]
