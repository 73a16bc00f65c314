"""From a webhook to a written order: refusals with reasons, fetching again, orders for later."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.adapters.http import NoReply
from chalicelib.channels.base import OrderWithdrawn, PartnerRefused, PartnerUnavailable
from chalicelib.domain.commands import (
    AnswerPartner,
    Notice,
    NoticeKind,
    ReceiveOrder,
    ReleaseOrder,
    SubmitOrder,
)
from chalicelib.domain.errors import InvalidMoney, InvalidPayload, OrderRefused, RetryLater
from chalicelib.domain.fulfilment import Timing, When
from chalicelib.domain.money import Money
from chalicelib.domain.refusal import Reason, Refusal
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


def test_received_order_wakes_its_point_of_sale(house: Any) -> None:
    """The message says no more than which order: no order waits behind another's."""
    receive(house)
    assert house.only().state is State.RECEIVED
    assert house.queues.sent == [("pos-square", {"order_key": KEY, "row": 0}, 0)]


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


def test_huge_order_is_refused_in_so_many_words(house: Any, an_order: Any) -> None:
    """It would not fit into a table item; the store is not to blame."""
    house.partner.order = an_order(note="x" * 250_000)
    receive(house)
    assert house.only().refusal.reason is Reason.TOO_LARGE


def test_order_that_waited_too_long_is_refused_unread(house: Any) -> None:
    """A message out of a dead-letter queue must not surprise a kitchen hours later."""
    receive(house, late_seconds=3600)
    assert house.only().refusal.reason is Reason.TIMED_OUT


@pytest.mark.parametrize(
    "problem", [PartnerUnavailable("HTTP 503", 9), PartnerRefused("HTTP 404"), NoReply("timeout")]
)
def test_order_that_cannot_be_fetched_is_written_down_and_tried_again(
    house: Any, problem: Exception
) -> None:
    """From the first moment somebody owes the partner an answer."""
    order, house.partner.order = house.partner.order, problem
    receive(house)
    assert house.only().state is State.NOTIFIED
    house.partner.order = order
    house.drain()
    assert house.partner.answers == [(KEY, "accepted")]


def test_order_that_is_never_fetched_is_denied_in_time(house: Any) -> None:
    """The partner hears no, though nobody ever read what it ordered."""
    house.partner.order = PartnerUnavailable("HTTP 429", 1)
    receive(house)
    house.drain()
    assert (house.only().state, house.only().refusal.reason) == (State.REJECTED, Reason.TIMED_OUT)
    assert house.partner.answers == [(KEY, "denied")]
    assert house.bus.events[-1].time_ms - house.START_MS <= 100_000


def test_retry_after_is_honoured(house: Any) -> None:
    """Whoever asks us to stay away for nine seconds is not asked before."""
    house.partner.order = PartnerUnavailable("HTTP 429", 9)
    receive(house)
    assert house.queues.sent == [("inbound-orders", {"order_key": KEY, "row": 0}, 9)]


def test_small_drift_is_recorded_and_not_refused(house: Any, an_order: Any) -> None:
    """The customer has paid the partner's price; the difference is for the books."""
    house.partner.order = an_order(subtotal=Money(1950, "USD"))
    receive(house)
    house.drain()
    assert house.bus.events[0].data["drift"] == 50
    assert house.partner.answers == [(KEY, "accepted")]


@pytest.mark.parametrize("subtotal", [1, 1799, 2301, 20_000])
def test_prices_that_have_nothing_in_common_are_refused(
    house: Any, an_order: Any, subtotal: int
) -> None:
    """The partner says one cent, the menu says twenty dollars: that is a mistake, not drift."""
    house.partner.order = an_order(subtotal=Money(subtotal, "USD"))
    receive(house)
    assert house.only().refusal.reason is Reason.PRICING
    assert not house.till.created


def test_a_stores_own_drift_policy_counts(house: Any, an_order: Any) -> None:
    """A restaurant that wants every cent to agree says so in its menu file."""
    house.stores.stores["uber_eats", "ue-store"] = replace(STRICT, drift_minor=0)
    house.partner.order = an_order(subtotal=Money(1999, "USD"))
    receive(house)
    assert house.only().refusal.reason is Reason.PRICING


def test_order_that_the_partner_has_cancelled_is_not_made(house: Any) -> None:
    """Fetched after its cancellation, and before the cancellation's webhook."""
    house.partner.order = OrderWithdrawn("the order is CANCELED")
    receive(house)
    house.drain()
    assert house.only().state is State.CANCELLED
    assert not house.till.created
    assert {what for _, what in house.partner.answers} <= {"agreed"}


# Holding.


def test_scheduled_order_is_promised_now_and_printed_in_time(house: Any, an_order: Any) -> None:
    """The kitchen sees it when it has to begin, and not before."""
    wanted_ms = house.clock() + 3_600_000
    house.partner.order = an_order(timing=Timing(When.SCHEDULED, wanted_ms))
    receive(house)
    house.handle(AnswerPartner(KEY))
    assert (house.only().state, house.partner.answers) == (State.HELD, [(KEY, "held")])
    assert not house.till.created
    house.drain()
    assert house.only().state is State.ACCEPTED
    assert house.clock() >= wanted_ms - 15 * 60_000
    assert house.partner.answers == [(KEY, "held"), (KEY, "accepted")]


def test_order_waits_for_its_courier_where_the_store_wants_it(house: Any) -> None:
    """Nothing is fried before the partner releases the order."""
    on_courier = replace(STRICT, release_on_courier=("uber_eats",))
    house.stores.stores["uber_eats", "ue-store"] = on_courier
    receive(house)
    assert house.only().state is State.HELD
    house.handle(SubmitOrder(KEY, "square"))
    assert not house.till.created
    house.handle(ReleaseOrder(notice(kind=NoticeKind.RELEASE), house.clock()))
    house.drain()
    assert house.till.standing == ["ticket-1"]


def test_release_before_its_order_comes_again(house: Any) -> None:
    """Webhooks are not ordered."""
    with pytest.raises(RetryLater):
        house.handle(ReleaseOrder(notice(kind=NoticeKind.RELEASE), house.clock()))


def test_held_order_that_the_kitchen_cannot_make_is_taken_back(house: Any, an_order: Any) -> None:
    """It was promised, so it is not denied but cancelled."""
    wanted_ms = house.clock() + 3_600_000
    house.partner.order = an_order(timing=Timing(When.SCHEDULED, wanted_ms))
    receive(house)
    house.till.outcomes = deque(["unavailable"] * 60)
    house.drain()
    assert house.partner.answers == [(KEY, "held"), (KEY, "cancelled")]
    assert house.only().state is State.REJECTED
