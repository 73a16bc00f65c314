"""A store whose point of sale is down is paused at its partners, and each pause has an end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.domain.events import Event, ms

if TYPE_CHECKING:
    from simulators.street import Street

MINUTE = 60


def store_of(street: Street) -> Any:
    return street.world.generator.stores[0]


def break_the_till(street: Street, fault: str = "error_before_commit") -> None:
    street.world.square.faults.add("*", fault, times=None)


def order_until_paused(street: Street) -> None:
    """Let orders fail until DoorDash sends the store no more."""
    statuses, id_ = street.world.doordash.store_status, store_of(street).doordash_store_id
    for number in range(20):
        street.place("doordash", number=number)
        street.go(seconds=20)
        if statuses.get(id_, {}).get("is_active") is False:
            return
    raise AssertionError("the store was not paused")


def shown(street: Street) -> tuple[str | None, str | None]:
    """Return how the store stands at the two partners that end no pause by themselves."""
    store, world = store_of(street), street.world
    return (
        world.deliveroo.site_status.get(store.deliveroo_site_id),
        world.open_delivery.merchant_status.get(store.open_delivery_merchant_id),
    )


def test_an_outage_that_lasts_pauses_the_store_again_and_again(street: Street) -> None:
    """Orders come again when a pause ends; without the next one each would be denied for hours."""
    break_the_till(street)
    order_until_paused(street)
    ends = set()
    for number in range(40, 60):
        # A partner that pauses a store has no orders for it.
        status = street.world.doordash.store_status[store_of(street).doordash_store_id]
        ends.add(status["end_time"])
        if ms(status["end_time"]) <= street.world.now_ms():
            street.place("doordash", number=number)
        street.go(seconds=2 * MINUTE, step=10)
    assert len(ends) >= 3
    denied = list(street.decisions().values()).count("denied")
    assert denied <= 20 + 3 * 2


def test_a_pause_ends_where_partners_do_not_end_it_themselves(street: Street) -> None:
    """Nothing shows that the till is back: no order comes, and there is no ticket to undo."""
    break_the_till(street, "rate_limited")
    order_until_paused(street)
    street.go(seconds=3 * MINUTE, step=10)
    assert set(street.decisions().values()) == {"denied"}
    assert shown(street) == ("CLOSED", "UNAVAILABLE")
    street.world.square.faults.clear()
    street.go(seconds=9 * MINUTE, step=10)
    assert shown(street) == ("OPEN", "AVAILABLE")


@pytest.mark.parametrize("minutes", [1, 5])
def test_a_partner_that_does_not_answer_hears_of_the_end_later(
    street: Street, minutes: int
) -> None:
    """It would send the store nothing for ever."""
    break_the_till(street)
    order_until_paused(street)
    street.world.square.faults.clear()
    deliveroo = street.world.deliveroo
    deliveroo.faults.add("UpdateSiteStatus", "error_before_commit", status=503, times=None)
    street.place("doordash", number=90)  # it is made, and the store is to be opened
    street.go(seconds=minutes * MINUTE)
    assert shown(street) == ("CLOSED", "AVAILABLE")
    deliveroo.faults.clear()
    street.go(seconds=minutes * MINUTE + 20)
    assert shown(street) == ("OPEN", "AVAILABLE")
    assert street.queue_depth("channel-callbacks-dead-letters") == 0


def test_news_that_comes_late_pauses_no_store_that_sells(street: Street) -> None:
    """EventBridge and SQS keep no order: partners are told how the store is, not how it was."""
    break_the_till(street)
    order_until_paused(street)
    street.world.square.faults.clear()
    street.place("doordash", number=90)
    street.go(seconds=MINUTE)
    assert shown(street) == ("OPEN", "AVAILABLE")
    store = store_of(street)
    channels = {"deliveroo": store.deliveroo_site_id}
    event = Event(
        "e", "store.offline", store.store_id, street.world.now_ms(), {"channels": channels}
    )
    body = json.dumps({"detail-type": event.type, "detail": event.to_detail()})
    sqs = street.offline.client("sqs")
    url = sqs.get_queue_url(QueueName="channel-callbacks")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=body)
    street.settle()
    assert shown(street) == ("OPEN", "AVAILABLE")
