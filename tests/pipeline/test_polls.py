"""Open Delivery's poll: one list for all stores, which shows an event until it is acknowledged."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.http import NoReply, VendorHttp
from simulators.audit import findings
from simulators.orders import OrderGenerator

if TYPE_CHECKING:
    import pytest

    from simulators.street import Street


def silent(street: Street) -> Any:
    """Return the application, whose webhooks come a day late."""
    application = street.world.channels["open_delivery"]
    application.faults.add("CREATED", "late_webhook", times=None, seconds=86_400)
    return application


def test_a_store_that_is_not_ours_keeps_no_event_at_the_head_of_the_list(street: Street) -> None:
    """Its order is refused as any of a store that is not connected; then it is shown no more."""
    application = silent(street)
    order = OrderGenerator(
        seed=1, stores=street.world.generator.stores[:1], channels=["open_delivery"]
    ).order(1, street.world.now_ms())
    stranger = {**order.payload, "id": "stranger", "merchant": {"id": "nobody", "name": "Nobody"}}
    application.place(stranger)
    street.go(seconds=240)
    assert street.decisions() == {"stranger": "cancelled_by_merchant"}
    street.go(seconds=240)
    assert application.state()["unacknowledged"] == 0


def test_three_stores_are_one_poll(street: Street) -> None:
    """The list is the same for all of them, and so is the order behind each event."""
    application = silent(street)
    placed = [street.place("open_delivery", store=store, number=store) for store in range(3)]
    street.go(seconds=115)
    before = application.requests.get("PollEvents", 0)
    street.go(seconds=120)
    assert application.requests.get("PollEvents", 0) == before + 1
    assert set(street.decisions()) == set(placed)
    assert findings(street) == []


def test_an_order_that_hangs_keeps_no_newer_one_waiting(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes five seconds of every poll, and can never be read."""
    call = VendorHttp.call

    def hangs_for_one(self: VendorHttp, method: str, url: str, **named: Any) -> Any:
        if url.endswith("/orders/hanging"):
            time.sleep(5)
            raise NoReply("ReadTimeout")
        return call(self, method, url, **named)

    monkeypatch.setattr(VendorHttp, "call", hangs_for_one)
    application = silent(street)
    application.show({"eventId": "e-1", "eventType": "CREATED", "orderId": "hanging"})
    for number in range(1, 4):
        order_id = street.place("open_delivery", number=number)
        street.go(seconds=130)
        assert street.decisions()[order_id] == "confirmed"
    assert street.queue_depth("inbound-orders-dead-letters") == 0


def test_a_slow_application_s_events_are_read_in_several_runs(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of them lasts as long as its function lives, and none begins at the first again."""
    call = VendorHttp.call

    def slow(self: VendorHttp, method: str, url: str, **named: Any) -> Any:
        if "/orders/" in url and method == "GET":
            time.sleep(1)
        return call(self, method, url, **named)

    monkeypatch.setattr(VendorHttp, "call", slow)
    application = silent(street)
    placed = [street.place("open_delivery", number=number) for number in range(1, 13)]
    street.go(seconds=150)
    assert set(street.decisions()) == set(placed)
    street.go(seconds=120)
    assert application.requests["GetOrder"] <= 40
    assert street.queue_depth("inbound-orders-dead-letters") == 0
    assert findings(street) == []
