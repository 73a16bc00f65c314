"""What seeds of the simulation have found, each as the shortest story that shows it."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.client import BaseClient

from chalicelib.adapters.event_bus import EventBus
from chalicelib.adapters.http import VendorHttp
from chalicelib.domain.events import Event
from simulators.audit import findings
from simulators.menu import OPEN_DELIVERY
from simulators.sim import plan as plans
from simulators.sim.customers import placed
from tests.pipeline.shop_steps import check_out, status
from tests.pipeline.test_journeys import cancel_at_the_till

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulators.street import Street

STORES = {"square": 0, "toast": 1, "clover": 2}


@pytest.mark.parametrize("vendor", sorted(STORES))
def test_kitchens_own_cancellation_reaches_the_partner(long_street: Street, vendor: str) -> None:
    """Also from Clover, which shows nothing of a deleted order, and Toast, which names ours."""
    street = long_street
    order_id = street.place("doordash", store=STORES[vendor], number=1)
    street.settle()
    till = street.world.points_of_sale[vendor]
    till.cancel_at_the_till(till.tickets()[0].order_id)
    street.settle()
    assert street.decisions() == {order_id: "cancelled_by_merchant"}
    street.go(seconds=60)
    assert findings(street) == []


def test_two_workers_do_not_answer_doordash_at_once(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one's "confirmed before" would be read as a no: it has no answer to read back."""
    call = VendorHttp.call

    def takes_a_while(self: VendorHttp, *arguments: Any, **named: Any) -> Any:
        time.sleep(0.2)
        reply = call(self, *arguments, **named)
        time.sleep(0.2)
        return reply

    monkeypatch.setattr(VendorHttp, "call", takes_a_while)
    street.offline.faults.duplicate("callbacks")
    order_id = street.place("doordash", number=1)
    street.settle()
    street.offline.faults.clear()
    street.go(seconds=120)
    assert street.decisions() == {order_id: "accepted"}
    assert street.tickets() == [order_id]
    assert findings(street) == []


def test_customer_may_ask_to_cancel_a_held_order_before_we_hear_of_it(street: Street) -> None:
    """Open Delivery: confirming it once more is refused then, and the wish still gets its yes."""
    app = street.world.open_delivery
    app.faults.add("ORDER_CANCELLATION_REQUEST", "late_webhook", seconds=400)
    shop = street.world.generator.stores[0]
    planned = plans.OrderPlan(1, 0, OPEN_DELIVERY, 0, plans.SCHEDULED)
    order = placed(street.world, planned, 1, shop, street.world.now_ms())
    street.go(seconds=30)
    assert street.decisions() == {order.order_id: "confirmed"}
    app.cancel_by_customer(order.order_id)
    street.go(seconds=600, step=20)
    assert street.decisions() == {order.order_id: "cancelled_by_customer"}
    assert findings(street) == []


def test_release_of_an_order_that_never_came_is_no_dead_letter(street: Street) -> None:
    """Time ends the waiting for its order, not the count of deliveries."""
    notice = {"kind": "channel.order.released", "channel": "uber_eats"}
    data = notice | dict.fromkeys(("storeId", "orderId", "eventId", "eventType"), "none")
    now_ms = street.world.now_ms()
    detail = Event("e", notice["kind"], "s", now_ms, data).to_detail()
    sqs = street.offline.client("sqs")
    url = sqs.get_queue_url(QueueName="inbound-orders")["QueueUrl"]
    body = json.dumps({"detail-type": notice["kind"], "detail": detail})
    sqs.send_message(QueueUrl=url, MessageBody=body)
    street.go(seconds=1_200, step=60)
    assert street.is_at_rest()
    assert findings(street) == []


def test_kitchens_cancellation_outlasts_a_point_of_sale_that_is_away(long_street: Street) -> None:
    """Time ends the asking for what became of a ticket, not the third try."""
    street = long_street
    order_id = street.place("doordash", store=0, number=1)
    street.settle()
    till = street.world.square
    till.cancel_at_the_till(till.tickets()[0].order_id)
    till.faults.add("*", "error_before_commit", times=8)
    street.go(seconds=600, step=10)
    assert street.decisions() == {order_id: "cancelled_by_merchant"}
    assert findings(street) == []


def test_toast_function_that_hangs_leaves_time_for_an_answer(
    long_street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even when the two after it die: DoorDash waits for 180 s at least."""
    call, fates = VendorHttp.call, [3_600.0, 0.0, 0.0]

    def hangs_or_dies(self: VendorHttp, method: str, url: str, **named: Any) -> Any:
        if "/toast/orders/" in url and fates:
            if seconds := fates.pop(0):
                time.sleep(seconds)
            raise MemoryError
        return call(self, method, url, **named)

    monkeypatch.setattr(VendorHttp, "call", hangs_or_dies)
    order_id = long_street.place("doordash", store=STORES["toast"], number=1)
    long_street.go(seconds=178)
    assert not fates
    assert order_id in long_street.decisions()
    long_street.go(seconds=300)
    assert findings(long_street) == []


@pytest.mark.parametrize("hangs", [3, 4, 5])
@pytest.mark.parametrize("call", ["HttpCall", "GetItem", "UpdateItem", "PutItem"])
def test_functions_that_hang_in_a_row_do_not_outlast_the_deadline(
    long_street: Street, monkeypatch: pytest.MonkeyPatch, call: str, hangs: int
) -> None:
    """Whoever is woken at the end of the order's time waits for no worker that has it."""
    street, left = long_street, [3_600.0] * hangs

    def hang(original: Any, is_one: Callable[..., bool]) -> Callable[..., Any]:
        def hangs_or_not(*arguments: Any, **named: Any) -> Any:
            if left and is_one(*arguments, **named):
                time.sleep(left.pop())
                raise MemoryError
            return original(*arguments, **named)

        return hangs_or_not

    aws, vendors = BaseClient._make_api_call, VendorHttp.call

    def is_of_the_kitchen(_client: Any, operation: str, _request: Any) -> bool:
        function = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "")
        return operation == call and function.endswith("submit_toast")

    def is_order(_http: Any, _method: str, url: str, **_named: Any) -> bool:
        return call == "HttpCall" and "/toast/orders/" in url

    monkeypatch.setattr(BaseClient, "_make_api_call", hang(aws, is_of_the_kitchen))
    monkeypatch.setattr(VendorHttp, "call", hang(vendors, is_order))
    order_id = street.place("doordash", store=STORES["toast"], number=1)
    street.go(seconds=160, step=5)
    assert order_id in street.decisions()
    street.go(seconds=400, step=20)
    assert findings(street) == []


@pytest.mark.parametrize("vendor", sorted(STORES))
@pytest.mark.parametrize("fault", ["rate_limited", "error_before_commit"])
def test_order_whose_wake_stands_in_its_vendors_queue_is_answered_in_time(
    long_street: Street, vendor: str, fault: str
) -> None:
    """To refuse it takes no call to the vendor: whoever answers partners does it."""
    street, till = long_street, long_street.world.points_of_sale[vendor]
    till.faults.add("*", fault, times=2)
    order_id = street.place("doordash", store=STORES[vendor], number=1)
    street.go(seconds=1, step=0.1)
    assert street.decisions() == {}
    street.offline.faults.throttle(f"submit_{vendor}")  # all that it may run at once are at work
    street.go(seconds=148, step=1)
    assert order_id in street.decisions()
    street.offline.faults.clear()
    street.go(seconds=400, step=20)
    assert findings(street) == []


def test_api_that_dies_after_a_publication_is_asked_again_by_doordash(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So its order has not failed there, and "confirmed before" is the echo of our own yes."""
    publish, call, deaths = EventBus.publish, VendorHttp.call, ["api", "callbacks"]

    def dies_after(self: EventBus, *arguments: Any) -> Any:
        published = publish(self, *arguments)
        if "api" in deaths:
            deaths.remove("api")
            raise MemoryError
        return published

    def dies_before(self: VendorHttp, method: str, url: str, **named: Any) -> Any:
        if "/doordash/" in url and "callbacks" in deaths:
            deaths.remove("callbacks")
            raise MemoryError
        return call(self, method, url, **named)

    monkeypatch.setattr(EventBus, "publish", dies_after)
    monkeypatch.setattr(VendorHttp, "call", dies_before)
    order_id = street.place("doordash", number=1)
    street.go(seconds=120, step=0.2)
    assert not deaths
    assert street.decisions() == {order_id: "accepted"}
    assert street.tickets() == [order_id]
    assert findings(street) == []


@pytest.mark.parametrize("vendor", ["doordash", *sorted(STORES)])
def test_refusal_that_is_cut_off_decides_nothing(
    long_street: Street, monkeypatch: pytest.MonkeyPatch, vendor: str
) -> None:
    """Its end may have said that what we ask for is done."""
    street, call, cuts = long_street, VendorHttp.call, []

    def cut_off(self: VendorHttp, method: str, url: str, **named: Any) -> Any:
        reply = call(self, method, url, **named)
        if f"/{vendor}/" in url and "order" in url and method != "GET" and len(cuts) < 2:
            cuts.append(url)
            status = 502 if len(cuts) == 1 else max(reply.status, 400)
            return replace(reply, status=status, body=reply.body[: len(reply.body) // 2])
        return reply

    monkeypatch.setattr(VendorHttp, "call", cut_off)
    order_id = street.place("doordash", store=STORES.get(vendor, 0), number=1)
    street.go(seconds=150)
    assert len(cuts) == 2
    assert street.decisions() == {order_id: "accepted"}
    assert findings(street) == []


YES = {
    "doordash": ("ConfirmOrder", "accepted"),
    "uber_eats": ("AcceptOrder", "accepted"),
    "open_delivery": ("Order_confirm", "confirmed"),
}


@pytest.mark.parametrize("channel", sorted(YES))
def test_kitchens_cancellation_after_a_yes_whose_answer_got_lost(
    street: Street, channel: str
) -> None:
    """It cannot be denied any more: it has to be cancelled."""
    operation, yes = YES[channel]
    street.world.channels[channel].faults.add(operation, "error_after_commit")
    order_id = street.place(channel, number=1)
    street.offline.advance(seconds=0.5, raise_errors=False)
    assert street.decisions() == {order_id: yes}
    till = street.world.square
    till.cancel_at_the_till(till.tickets()[0].order_id)
    street.go(seconds=0.4, step=0.2)
    assert not street.world.channels[channel].faults.describe()
    street.go(seconds=300)
    assert street.decisions() == {order_id: "cancelled_by_merchant"}
    assert findings(street) == []


def test_a_kitchen_that_is_done_before_the_void_is_tried_again(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The food is made: what is left is the money, on both books, and that staff know."""
    call, deaths = VendorHttp.call, ["submit"]

    def dies_before(self: VendorHttp, method: str, url: str, **named: Any) -> Any:
        if url.endswith("/v2/refunds") and deaths:
            deaths.pop()
            raise MemoryError
        return call(self, method, url, **named)

    monkeypatch.setattr(VendorHttp, "call", dies_before)
    checkout_id, square = check_out(street, carried=True), street.world.square
    street.settle()
    [ticket] = square.tickets()
    street.world.shop.cancel(checkout_id)
    street.go(seconds=10)
    assert not deaths
    square.fulfil(ticket.order_id, "COMPLETED")
    street.go(seconds=300, step=20)
    assert status(street, checkout_id)["status"] == "cancelled"
    assert street.world.stripe.kept() == 0
    assert square.has_given_back(ticket.order_id)
    [failed] = [note for note in street.notes() if note["type"] == "order.void_failed"]
    assert failed["subject"].endswith(checkout_id)
    assert "completed the order; what was paid is given back" in failed["reason"]
    assert findings(street) == []
    # Nothing weaker will do: all the money back, and somebody who knows.
    [payment] = square._payments.values()
    refunded, stands = payment["refunded_money"], f"{checkout_id}: 1 tickets stand (cancelled)"
    for less in (0, refunded["amount"] - 1):
        payment["refunded_money"] = refunded | {"amount": less}
        assert stands in findings(street)
    payment["refunded_money"] = refunded
    monkeypatch.setattr(street, "notes", lambda: iter(()))
    assert stands in findings(street)


def test_a_kitchen_that_cancels_what_its_courier_has_already(street: Street) -> None:
    """Nobody can stop the food: the customer has the money back, and staff know of both."""
    checkout_id = check_out(street, carried=True)
    for _ in range(60):
        street.go(seconds=30, step=30)
        if status(street, checkout_id)["status"] == "on_the_way":
            break
    assert status(street, checkout_id)["status"] == "on_the_way"
    cancel_at_the_till(street)
    street.go(seconds=1_800, step=60)
    assert status(street, checkout_id)["status"] == "kitchen_cancelled"
    assert street.world.stripe.kept() == 0
    told = [note["reason"] for note in street.notes() if note["type"] == "order.unsettled"]
    assert len(told) == 1
    assert told[0].startswith("courier: cannot be stopped: the delivery is ")
    assert findings(street) == []
