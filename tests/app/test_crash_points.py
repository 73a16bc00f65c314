"""One order, one ticket: whatever dies, repeats itself or loses its answer on the way."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.commands import (
    CancelOrder,
    Notice,
    NoticeKind,
    ReceiveOrder,
    SubmitOrder,
)
from chalicelib.domain.states import State

NOTICE = Notice(NoticeKind.ORDER, "uber_eats", "ue-store", "o-1", "e-1", "orders.notification")
WEBHOOK = {
    "kind": str(NOTICE.kind), "channel": NOTICE.channel, "storeId": NOTICE.channel_store_id,
    "orderId": NOTICE.order_id, "eventId": "e-1", "eventType": NOTICE.event_type, "body": "{}",
}  # fmt: skip
OUTCOMES = st.sampled_from(["ok", "lost_after", "lost_before", "unavailable"])


def play(house: Any, webhooks: int = 1) -> None:
    """Receive the order `webhooks` times, each until it has been taken in, then come to rest."""
    for _ in range(webhooks):
        command = ReceiveOrder(NOTICE, house.START_MS, WEBHOOK)
        for _attempt in range(20):
            wait = house._survive(lambda: house.handle(command))  # noqa: B023
            if not wait:
                break
            house.clock.advance(1)
    house.drain()


def check(house: Any) -> None:
    """At most one ticket, and everybody knows the same about it."""
    record = house.only()
    answers = {what for _, what in house.partner.answers}
    assert len(house.till.released) <= 1
    assert record.state in (State.ACCEPTED, State.REJECTED)
    assert record.due_ms is None
    assert answers == ({"accepted"} if record.state is State.ACCEPTED else {"denied"})
    accepted = record.state is State.ACCEPTED
    assert house.till.standing == ([record.pos_order_id] if accepted else [])


@settings(max_examples=150, deadline=None)
@given(
    before=st.frozensets(st.integers(1, 20), max_size=3),
    after=st.frozensets(st.integers(1, 20), max_size=3),
    outcomes=st.lists(OUTCOMES, max_size=6),
    webhooks=st.integers(1, 3),
    by_key=st.booleans(),
)
def test_any_crashes_and_lost_answers_end_in_at_most_one_ticket(
    make_house: Any, make_steps: Any, before: Any, after: Any, outcomes: Any, webhooks: int,
    by_key: bool,
) -> None:  # fmt: skip
    """Functions die before or after any effect, answers get lost, webhooks repeat themselves.

    Also for a point of sale without idempotency keys: looking before calling is enough.
    """
    house = make_house(make_steps(before, after))
    house.till.by_key = by_key
    house.till.outcomes = deque(outcomes)
    play(house, webhooks)
    check(house)


@settings(max_examples=150, deadline=None)
@given(
    before=st.frozensets(st.integers(1, 20), max_size=2),
    after=st.frozensets(st.integers(1, 20), max_size=2),
    outcomes=st.lists(OUTCOMES, max_size=8),
    cancelled_at=st.integers(1, 20),
    by_key=st.booleans(),
)
def test_a_cancellation_at_any_moment_leaves_no_ticket(
    make_house: Any, make_steps: Any, before: Any, after: Any, outcomes: Any, cancelled_at: int,
    by_key: bool,
) -> None:  # fmt: skip
    """Whatever dies, gets lost or is down beside it: the kitchen has nothing on its rail."""
    house = make_house(make_steps(before, after))
    house.till.by_key = by_key
    house.till.outcomes = deque(outcomes)
    take, cancelled = house.steps.take, []

    def take_and_cancel(effect: Any) -> Any:
        result = take(effect)
        if house.steps.count >= cancelled_at and not cancelled:
            cancelled.append(True)
            notice = replace(NOTICE, kind=NoticeKind.CANCELLATION)
            for _ in range(9):
                if not house._survive(lambda: house.handle(CancelOrder(notice, house.clock()))):
                    break
        return result

    house.steps.take = take_and_cancel
    play(house)
    record = house.only()
    assert record.due_ms is None
    if cancelled and record.state is not State.REJECTED:
        assert record.state is State.CANCELLED
    if record.state is not State.ACCEPTED:
        assert house.till.standing == []
    assert len(house.till.released) <= 1


def test_every_single_crash_point_ends_in_one_ticket_or_an_honest_no(
    make_house: Any, make_steps: Any
) -> None:
    """Walk through all effects of a good order and die at each of them, before and after."""
    calm = make_house()
    play(calm)
    effects = calm.steps.count
    assert effects >= 8
    for number in range(1, effects + 1):
        for steps in (
            make_steps(before=frozenset({number})),
            make_steps(after=frozenset({number})),
        ):
            house = make_house(steps)
            play(house)
            check(house)
            # The point of sale answers all the time, so nobody may deny what it has printed.
            assert house.only().state is State.ACCEPTED


def test_a_good_order_takes_no_detour(house: Any) -> None:
    """One ticket, one yes, and exactly the events of the good way."""
    play(house)
    check(house)
    assert house.only().state is State.ACCEPTED
    assert house.bus.types() == ["order.received", "order.accepted"]
    assert house.partner.answers == [(NOTICE.key, "accepted")]


def test_duplicate_submissions_make_no_second_ticket(house: Any) -> None:
    """SQS delivers at least once; a decided order is left alone."""
    play(house)
    for _ in range(3):
        house.handle(SubmitOrder(NOTICE.key, "square"))
    house.drain()
    assert len(house.till.created) == 1
    assert house.partner.answers == [(NOTICE.key, "accepted")]


def test_duplicate_webhooks_write_the_order_once(house: Any) -> None:
    """The second webhook finds the order and changes nothing."""
    play(house, webhooks=3)
    assert len(house.till.created) == 1
    assert house.only().state is State.ACCEPTED


def test_a_lost_answer_is_looked_up_before_anything_is_repeated(house: Any) -> None:
    """The ticket was made and the answer got lost: it is found, not made again."""
    house.till.by_key = False
    house.till.outcomes = deque(["lost_after"])
    play(house)
    assert len(house.till.created) == 1
    assert house.only().state is State.ACCEPTED


def test_an_offline_point_of_sale_is_denied_before_the_hard_deadline(house: Any) -> None:
    """150 seconds after the webhook the partner has its no."""
    house.till.outcomes = deque(["unavailable"] * 60)
    play(house)
    assert house.only().state is State.REJECTED
    assert house.only().refusal.reason == "pos_offline"
    decided = next(e.time_ms for e in house.bus.events if e.type == "order.rejected")
    assert decided - house.START_MS <= 150_000
