"""What waits at a partner is asked for: each of it is kept, and nothing hides what is newer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.channels.base import PartnerUnavailable
from chalicelib.domain.commands import Notice, NoticeKind, PollPartner, PollPartners
from chalicelib.domain.errors import UnreadableRecord
from chalicelib.domain.states import State
from chalicelib.domain.store import Store

STORE = Store("store-1", "square", "L1", "USD", 15, "v1")


def notice(order_id: str = "o-1") -> Notice:
    where = ("uber_eats", "ue-store", order_id)
    return Notice(NoticeKind.ORDER, *where, "e-1", "orders.notification")


def test_an_order_that_nobody_can_read_is_known_all_the_same(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """People are told of it; what came with it is taken in, and shown no more."""
    unreadable, missed = notice(), notice("o-2")
    house.partner.open = [unreadable, missed]
    get = house.orders.get

    def fails_for_one(key: str) -> Any:
        if key == unreadable.key:
            raise UnreadableRecord(f"{key}: version 99")
        return get(key)

    monkeypatch.setattr(house.orders, "get", fails_for_one)
    house.handle(PollPartner("uber_eats", ("ue-store",)))
    assert [event.subject for event in house.bus.events] == [missed.key]
    assert house.partner.acknowledged == [unreadable, missed]


@pytest.mark.parametrize("state", [State.RECEIVED, State.REJECTED])
def test_a_cancellation_of_what_is_over_is_no_missed_webhook(house: Any, state: State) -> None:
    """It is the echo of our own refusal, which every poll would count."""
    record = replace(house.put_record(State.RECEIVED), state=state, due_ms=None)
    house.orders.records[record.key] = record
    cancelled = replace(notice(), kind=NoticeKind.CANCELLATION)
    house.partner.open = [cancelled]
    house.handle(PollPartner("uber_eats", ("ue-store",)))
    kept = [event.type for event in house.bus.events]
    assert kept == ([] if state is State.REJECTED else ["channel.order.cancelled"])
    assert house.partner.acknowledged == [cancelled]


def test_what_was_kept_is_acknowledged_when_the_partner_shows_no_more(house: Any) -> None:
    """Half of a list is heard; the rest is shown again."""

    def breaks_off(_channel_store_id: str) -> Any:
        yield notice()
        raise PartnerUnavailable("HTTP 429", 60)

    house.partner.open_orders = breaks_off
    house.handle(PollPartner("uber_eats", ("ue-store",)))
    assert house.bus.types() == ["channel.order.notified"]
    assert house.partner.acknowledged == [notice()]


def test_one_poll_goes_on_as_long_as_it_gets_on(house: Any) -> None:
    """Each order has to be read, a run has twenty seconds, and Lambda ends what wakes itself."""
    house.partner.shows_all_stores = True
    waiting = [notice(f"o-{number}") for number in range(30)]

    def slow(_channel_store_id: str) -> Any:
        for one in waiting:
            house.clock.at_ms += 1_500
            if one not in house.partner.acknowledged:
                yield one

    house.partner.open_orders = slow
    house.handle(PollPartner("uber_eats", ("a", "b"), came_back=True))
    assert house.partner.acknowledged == waiting[:3]
    again = {"channel": "uber_eats", "store": "a", "stores": ["a", "b"], "again": 1}
    assert house.queues.sent == [("inbound-orders", {"poll": again}, 0)]
    house.queues.sent.clear()
    house.handle(PollPartner("uber_eats", ("a", "b"), again=9))
    house.partner.errors.append(PartnerUnavailable("HTTP 429", 60))
    house.handle(PollPartner("uber_eats", ("a", "b")))
    assert house.queues.sent == []


@pytest.mark.parametrize(("shows_all", "stores"), [(False, [10, 2]), (True, [10])])
def test_a_partner_that_shows_all_stores_is_asked_once(
    house: Any, *, shows_all: bool, stores: list[int]
) -> None:
    """Fifty stores of one application are one poll, not fifty of the same list."""
    house.partner.shows_all_stores = shows_all
    house.stores.stores.clear()
    for number in range(12):
        house.stores.stores["uber_eats", f"s-{number}"] = STORE
    house.handle(PollPartners())
    polls = [body["poll"]["stores"] for _, body, _ in house.queues.sent]
    assert [len(ids) for ids in polls] == stores
