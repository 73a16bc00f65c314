"""What only Deliveroo, and what only Open Delivery asks of its module."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.adapters.http import HttpReply
from chalicelib.channels.base import OrderWithdrawn, PartnerRefused, PartnerUnavailable
from chalicelib.channels.open_delivery.menus import entity_id
from chalicelib.domain.charges import ChargeKind, Party
from chalicelib.domain.commands import NoticeKind
from chalicelib.domain.errors import OrderRefused
from chalicelib.domain.fulfilment import Handover, When
from chalicelib.domain.money import Money
from chalicelib.domain.refusal import Reason, Refusal, RefusedItem

LATER = {
    "asap": False,
    "confirm_at": "2027-01-15T09:00:00.000Z",
    "start_preparing_at": "2027-01-15T08:50:00.000Z",
    "prepare_for": "2027-01-15T09:10:00.000Z",
}
READY_MS = 1_800_000_900_000
START = "2027-01-15T08:00:00.000Z"


def test_deliveroo_hears_that_the_point_of_sale_has_the_order(deliveroo: Any) -> None:
    """Too late for it is no failure: the order stands."""
    record = deliveroo.record()
    deliveroo.channel.accept(record, READY_MS)
    assert deliveroo.simulator.state()["synced"][record.order_id]["status"] == "succeeded"
    late = deliveroo.record(1)
    deliveroo.channel.hold(late, READY_MS)
    deliveroo.advance(seconds=200)
    deliveroo.channel.accept(late, READY_MS)
    assert late.order_id not in deliveroo.simulator.state()["synced"]


def test_deliveroos_scheduled_order_is_held_and_then_confirmed(deliveroo: Any) -> None:
    """Accepted within minutes, confirmed when it goes to the kitchen."""
    record = deliveroo.record(**LATER)
    assert deliveroo.notice().kind is NoticeKind.SCHEDULED
    assert record.order.timing.when is When.SCHEDULED
    assert record.order.timing.begin_ms == 1_800_003_000_000
    deliveroo.channel.hold(record, READY_MS)
    assert deliveroo.decisions() == ["accepted"]
    deliveroo.channel.accept(record, READY_MS)
    assert deliveroo.decisions() == ["accepted", "confirmed"]


def test_deliveroos_own_updates_come_back_and_are_ignored(deliveroo: Any) -> None:
    """What we have just said is no news; a rejection by the clock is."""
    record = deliveroo.record()
    deliveroo.channel.accept(record, READY_MS)
    deliveroo.simulator.tick()
    assert deliveroo.notice().kind is NoticeKind.IGNORED
    deliveroo.record(1)
    deliveroo.advance(seconds=600)
    assert deliveroo.notice().kind is NoticeKind.CANCELLATION


def test_deliveroos_rider_items_and_site(deliveroo: Any) -> None:
    """Ready food, an item that is off until tomorrow, one that is gone, a closed site."""
    record = deliveroo.record()
    channel, site = deliveroo.channel, record.channel_store_id
    channel.ready(record)
    channel.set_item_available(site, "fries", available=False, until_ms=1)
    channel.set_item_available(site, "cola", available=False, until_ms=None)
    channel.set_store_open(site, is_open=False, reason=None, until_ms=None)
    state = deliveroo.simulator.state()
    assert state["stages"] == {record.order_id: "ready_for_collection"}
    assert deliveroo.simulator.unavailable == {
        (site, "fries"): "unavailable",
        (site, "cola"): "hidden",
    }
    assert state["sites"] == {site: "CLOSED"}
    channel.set_item_available(site, "fries", available=True, until_ms=None)
    assert (site, "fries") not in deliveroo.simulator.unavailable


def test_deliveroos_bill_and_address(deliveroo: Any) -> None:
    """A merchant's own driver needs to know where to."""
    money = {"fractional": 150, "currency_code": "USD"}
    with pytest.raises(OrderRefused) as refused:
        deliveroo.record(fulfillment_type="restaurant")
    assert refused.value.refusal.reason is Reason.ADDRESS
    delivery = {"line1": "1 Main St", "city": "Oakland", "postcode": "94601", "customer_name": "A"}
    record = deliveroo.record(
        1, fulfillment_type="restaurant", delivery=delivery, bag_fee=money, offer_discount=money
    )
    assert record.order.handover is Handover.MERCHANT
    assert record.order.person.address() == "1 Main St, Oakland 94601"
    assert record.order.charged(ChargeKind.FEE, Party.MERCHANT) == Money(150, "USD")
    assert record.order.charged(ChargeKind.DISCOUNT) == Money(150, "USD")


def test_an_order_that_is_cancelled_already_is_not_read(deliveroo: Any, open_delivery: Any) -> None:
    """Its webhook came late."""
    deliveroo.place(status="canceled")
    with pytest.raises(OrderWithdrawn):
        deliveroo.order()
    placed = open_delivery.place()
    notice = open_delivery.notice()
    open_delivery.simulator.cancel_by_customer(placed.order_id)
    payload = open_delivery.channel.order_payload(notice, b"")
    with pytest.raises(OrderWithdrawn):
        open_delivery.channel.to_order(notice, payload, "USD")


def test_open_delivery_names_fees_tips_and_sponsors(open_delivery: Any) -> None:
    """Each part of the bill says whose it is."""
    price = {"value": 1.5, "currency": "USD"}
    record = open_delivery.record(
        otherFees=[
            {"name": "Tip", "type": "TIP", "receivedBy": "LOGISTIC_SERVICES", "price": price},
            {"name": "Delivery", "type": "DELIVERY_FEE", "receivedBy": "MERCHANT", "price": price},
        ],
        discounts=[
            {"target": "CART", "sponsorshipValues": [{"name": "MARKETPLACE", "amount": price}]}
        ],
        payments={"prepaid": 0, "pending": 12.34, "methods": []},
    )
    order = record.order
    assert order.charged(ChargeKind.TIP, Party.COURIER) == Money(150, "USD")
    assert order.charged(ChargeKind.FEE, Party.MERCHANT) == Money(150, "USD")
    assert order.charged(ChargeKind.DISCOUNT, Party.MARKETPLACE) == Money(150, "USD")
    assert order.cash_due == Money(1234, "USD")


def test_open_deliverys_events_that_no_webhook_brought_are_polled(open_delivery: Any) -> None:
    """Each with the merchant of its order, whoever is asked for: the event does not say."""
    open_delivery.status = 500
    placed = open_delivery.place()
    store_id = open_delivery.shop.open_delivery_merchant_id
    for asked_for in (store_id, "another-merchant"):
        [notice] = open_delivery.channel.open_orders(asked_for)
        assert (notice.order_id, notice.kind) == (placed.order_id, NoticeKind.ORDER)
        assert notice.channel_store_id == store_id


def test_open_delivery_shows_no_event_after_it_was_acknowledged(open_delivery: Any) -> None:
    """Whatever kind it is of, and however many there are: a poll shows 1,000 at most."""
    open_delivery.status = 500
    first, *_ = [open_delivery.place(number) for number in range(102)]
    store_id = open_delivery.shop.open_delivery_merchant_id
    open_delivery.simulator.cancel_by_customer(first.order_id)
    channel = open_delivery.channel
    shown = list(channel.open_orders(store_id))
    assert [one.kind for one in shown] == [NoticeKind.ORDER] * 102 + [NoticeKind.CANCELLATION]
    channel.acknowledge(shown[1:])
    assert list(channel.open_orders(store_id)) == shown[:1]
    channel.accept(open_delivery.record(102), open_delivery.at_ms)
    again = list(channel.open_orders(store_id))
    assert [one.kind for one in again] == [
        NoticeKind.ORDER,
        NoticeKind.ORDER,
        NoticeKind.IGNORED,
    ]
    channel.acknowledge(again)
    assert open_delivery.simulator.state()["unacknowledged"] == 0


NONSENSE = [
    {"eventId": "no-order", "eventType": "CREATED"},
    {"eventId": "a list", "eventType": "CREATED", "orderId": ["o"]},
    {"eventId": "no-kind", "eventType": {"a": 1}, "orderId": "o"},
    {"eventId": 7, "eventType": "CREATED", "orderId": "../o"},
    {"eventId": "of-a-later-version", "eventType": "EATEN", "orderId": "o"},
]


def test_events_that_mean_nothing_are_acknowledged_as_far_as_they_can_be(
    open_delivery: Any,
) -> None:
    """Whatever stayed would hide newer ones one day; one that is refused holds no other."""
    open_delivery.status = 500
    placed = [open_delivery.place(number) for number in range(120)]
    for event in NONSENSE:
        open_delivery.simulator.show(event)
    channel, store_id = open_delivery.channel, open_delivery.shop.open_delivery_merchant_id
    shown = list(channel.open_orders(store_id))
    kept = [one.order_id for one in shown if one.kind is NoticeKind.ORDER]
    assert kept == [order.order_id for order in placed]
    channel.acknowledge(shown)
    left = [one.event_id for one in channel.open_orders(store_id)]
    # What names no order and no kind is no acknowledgment to this application.
    assert left == ["no-order", "a list", "no-kind"]
    channel.acknowledge(list(channel.open_orders(store_id)))
    open_delivery.place(120)
    assert open_delivery.simulator.requests["AcknowledgeEvents"] < 40
    assert next(iter(channel.open_orders(store_id))).kind is NoticeKind.ORDER


@pytest.mark.parametrize(("status", "most"), [(403, 1), (400, 31)])
def test_an_application_that_takes_no_acknowledgment_is_not_asked_for_each_event(
    open_delivery: Any, monkeypatch: pytest.MonkeyPatch, status: int, most: int
) -> None:
    """Once where it is not about the events, a few dozen times where it may be."""
    open_delivery.status = 500
    for number in range(150):
        open_delivery.place(number)
    shown = list(open_delivery.channel.open_orders("m"))
    calls: list[Any] = []

    def refuse(*call: Any) -> HttpReply:
        calls.append(call)
        return HttpReply(status)

    monkeypatch.setattr(open_delivery.channel._api, "call", refuse)
    with pytest.raises(PartnerRefused):
        open_delivery.channel.acknowledge(shown)
    assert len(calls) == most


def test_an_event_is_told_once_and_the_newest_first(open_delivery: Any) -> None:
    """An application may show one event twice."""
    open_delivery.status = 500
    old = open_delivery.place(0)
    event = json.loads(open_delivery.webhooks[-1].body)
    open_delivery.at_ms += 60_000
    new = open_delivery.place(1)
    open_delivery.simulator.show({**event, "eventId": f" {event['eventId']}"})
    shown = list(open_delivery.channel.open_orders("m"))
    assert [one.order_id for one in shown] == [new.order_id, old.order_id]


@pytest.mark.parametrize("created", [START, None, "yesterday"])
def test_an_event_whose_order_is_not_found_is_shown_again_while_it_is_new(
    open_delivery: Any, created: str | None
) -> None:
    """It may be faster than the application's own database, but not by eight minutes."""
    event = {"eventId": "e", "eventType": "CREATED", "orderId": "gone", "createdAt": created}
    open_delivery.simulator.show(event)
    shown = list(open_delivery.channel.open_orders("m"))
    assert [one.kind for one in shown] == ([] if created == START else [NoticeKind.IGNORED])
    open_delivery.at_ms += 500_000
    [notice] = open_delivery.channel.open_orders("m")
    assert (notice.kind, notice.event_id) == (NoticeKind.IGNORED, "e")


@pytest.mark.parametrize("fault", ["rate_limited", "error_before_commit", "unreadable_reply"])
def test_orders_that_are_not_given_out_are_not_asked_for_one_by_one(
    open_delivery: Any, fault: str
) -> None:
    """Nothing of it is acknowledged: the application will be back."""
    open_delivery.status = 500
    for number in range(20):
        open_delivery.place(number)
    open_delivery.simulator.faults.add("GetOrder", fault, times=1000)
    with pytest.raises(PartnerUnavailable):
        list(open_delivery.channel.open_orders("m"))
    assert open_delivery.simulator.requests["GetOrder"] == 5


def test_open_deliverys_orders_for_later_and_by_weight(open_delivery: Any) -> None:
    """The first is held, the second cannot be made of a menu item."""
    record = open_delivery.record(
        orderTiming="SCHEDULED",
        preparationStartDateTime="2027-01-15T08:50:00.000Z",
        schedule={"scheduledDateTimeStart": "2027-01-15T09:10:00.000Z"},
    )
    assert record.order.timing.when is When.SCHEDULED
    assert record.order.timing.begin_ms == 1_800_003_000_000
    item = {
        **open_delivery.generator.order(1, 0).payload["items"][0],
        "unit": "KG",
        "quantity": 0.5,
    }
    with pytest.raises(OrderRefused) as refused:
        open_delivery.record(1, items=[item])
    assert refused.value.refusal.reason is Reason.INVALID_ORDER


def test_open_deliverys_kitchen_items_and_merchant(open_delivery: Any) -> None:
    """Ready food, an offer that is off, a merchant that is closed."""
    record = open_delivery.record()
    channel, store_id = open_delivery.channel, record.channel_store_id
    channel.accept(record, READY_MS)
    channel.ready(record)
    channel.set_item_available(store_id, "fries", available=False, until_ms=None)
    channel.set_store_open(store_id, is_open=False, reason=None, until_ms=None)
    simulator = open_delivery.simulator
    assert simulator.order_state(record.order_id) == "READY_FOR_PICKUP"
    assert simulator.item_status == {(store_id, "fries"): "UNAVAILABLE"}
    assert simulator.merchant_status == {store_id: "UNAVAILABLE"}


@pytest.mark.parametrize("ids", [7, 1.5, True, "burger", {"burger": 1}])
def test_deliveroos_items_that_are_no_list_are_refused(
    deliveroo: Any, monkeypatch: pytest.MonkeyPatch, ids: Any
) -> None:
    """A text is no list of its letters."""
    body = json.dumps({"unavailable_ids": ids, "hidden_ids": []}).encode()
    reply = HttpReply(200, body)
    monkeypatch.setattr(deliveroo.channel._api, "call", lambda *_, **__: reply)
    with pytest.raises(PartnerRefused):
        deliveroo.channel.items_off(deliveroo.shop.deliveroo_site_id)


@pytest.mark.parametrize("without", ["", "Tarte/2", "🍋"])
def test_open_delivery_is_not_told_of_entities_that_are_none_of_ours(
    open_delivery: Any, without: str
) -> None:
    """An item without an id of our menu has no entity there: naming one may refuse the denial."""
    items = (RefusedItem(without, "Tarte"), RefusedItem("salad", "Garden salad"))
    both = Refusal(Reason.UNMAPPED_ITEM, "items that the store's menu does not have", items)
    record = open_delivery.record().reject(both, open_delivery.at_ms)
    open_delivery.channel.deny(record)
    alone = Refusal(Reason.UNMAPPED_ITEM, "an item has no id", items[:1])
    open_delivery.channel.deny(open_delivery.record(1).reject(alone, open_delivery.at_ms))
    first, second = (one.detail for one in open_delivery.simulator.decisions())
    assert first["invalidItems"] == [entity_id(record.channel_store_id, "ITEM", "salad")]
    assert "invalidItems" not in second
    assert second["code"] == "OUTDATED_MENU"
