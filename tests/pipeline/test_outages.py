"""Points of sale and partners that are down, slow or hanging, and functions that die."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import responses

from chalicelib.adapters.http import ConnectFailed, NoReply, VendorHttp
from chalicelib.adapters.queues import Queues
from chalicelib.pos.square import Square
from chalicelib.pos.toast import Toast
from simulators.audit import findings
from simulators.in_responses import mount
from simulators.menu import make_stores
from simulators.street import VENDORS_URL, Street

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.testing import Offline

STORES = {"square": 0, "toast": 1, "clover": 2}
OUTAGE: dict[str, dict[str, Any]] = {
    "500": {"fault": "error_before_commit"},
    "503": {"fault": "error_before_commit", "status": 503},
    "429": {"fault": "rate_limited"},
}


def decided(street: Street) -> dict[str, float]:
    """Return how many seconds after the first order each decision came."""
    all_ = [d for channel in street.world.channels.values() for d in channel.decisions()]
    return {decision.order_id: decision.at_ms / 1000 for decision in all_}


@pytest.mark.parametrize("outage", sorted(OUTAGE))
@pytest.mark.parametrize("vendor", sorted(STORES))
def test_order_outlives_an_outage_that_ends_before_its_deadline(
    long_street: Street, vendor: str, outage: str
) -> None:
    """A minute of errors costs a minute: no count of tries gives the order up."""
    till = long_street.world.points_of_sale[vendor]
    options = dict(OUTAGE[outage])
    till.faults.add("*", options.pop("fault"), times=10**6, **options)
    order_id = long_street.place("doordash", store=STORES[vendor])
    long_street.go(seconds=62, step=1)
    till.faults.clear()
    long_street.go(seconds=180)
    assert long_street.decisions() == {order_id: "accepted"}
    assert findings(long_street) == []


def test_outage_of_ten_minutes_pauses_the_store_and_ends(street: Street) -> None:
    """Its orders are denied in time, its partners send no more for a while, then all is well."""
    square, doordash = street.world.square, street.world.doordash
    square.faults.add("*", "error_before_commit", status=503, times=10**6)
    shop = street.world.generator.stores[0]
    for number in range(6):
        street.place("doordash", number=number)
        street.go(seconds=100)
    assert set(street.decisions().values()) == {"denied"}
    assert doordash.store_status[shop.doordash_store_id]["is_active"] is False
    square.faults.clear()
    last = street.place("doordash", number=99)
    street.go(seconds=180)
    assert street.decisions()[last] == "accepted"
    assert doordash.store_status[shop.doordash_store_id]["is_active"] is True
    street.go(seconds=600, step=30)  # what may have become of the denied ones is looked at again
    assert findings(street) == []


def test_dying_function_costs_no_other_order_anything(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten orders of one store; the first one's function dies in the middle of its call."""
    create, died = Square.create, []

    def dies_once(self: Square, record: Any) -> Any:
        if not died:
            died.append(record.key)
            raise MemoryError
        return create(self, record)

    monkeypatch.setattr(Square, "create", dies_once)
    first = street.place("doordash", number=0)
    began = street.offline.now.timestamp()
    others = [street.place("doordash", number=number) for number in range(1, 10)]
    street.settle()
    street.go(seconds=180)
    at = decided(street)
    assert all(at[order_id] - began < 1 for order_id in others)
    assert at[first] - began < 60
    assert set(street.decisions().values()) == {"accepted"}
    assert findings(street) == []


def test_order_that_always_fails_holds_no_healthy_one(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One order that gets 500 each time; five others of its store."""
    create = Square.create
    poisoned: list[str] = []

    def sick(self: Square, record: Any) -> Any:
        if record.order_id in poisoned:
            raise NoReply("reset")
        return create(self, record)

    monkeypatch.setattr(Square, "create", lambda self, record: as_unknown(sick, self, record))
    poisoned.append(street.place("doordash", number=0))
    began = street.offline.now.timestamp()
    healthy = []
    for number in range(1, 6):
        healthy.append(street.place("doordash", number=number))
        street.go(seconds=5, step=1)
    street.go(seconds=200)
    at, told = decided(street), street.decisions()
    assert [told[order_id] for order_id in healthy] == ["accepted"] * 5
    assert max(at[order_id] for order_id in healthy) - began < 60
    assert told[poisoned[0]] == "denied"
    assert findings(street) == []


def as_unknown(call: Any, *arguments: Any) -> Any:
    """Make a call as the adapter would report it."""
    from chalicelib.pos.base import PosOutcomeUnknown

    try:
        return call(*arguments)
    except NoReply as error:
        raise PosOutcomeUnknown(str(error)) from error


def test_partner_that_gives_no_order_out_for_a_while_gets_its_answer(street: Street) -> None:
    """429 with Retry-After: 1 for half a minute: the order is known from its first second."""
    uber = street.world.uber
    error = uber.error

    def with_retry_after(status: int, detail: str) -> Any:
        reply = error(status, detail)
        headers = {"Retry-After": "1", "Content-Type": "application/json"}
        return replace(reply, headers=headers) if status == 429 else reply

    uber.error = with_retry_after  # type: ignore[method-assign]
    uber.faults.add("GetOrder", "rate_limited", times=10**6)
    order_id = street.place("uber_eats")
    street.go(seconds=30, step=1)
    uber.faults.clear()
    street.go(seconds=300)
    assert street.decisions() == {order_id: "accepted"}
    assert (uber.robocalls, findings(street)) == ([], [])


def test_partner_that_never_gives_an_order_out_is_told_no(street: Street) -> None:
    """Nobody has read it, and it is answered all the same, before the store is rung up."""
    street.world.uber.faults.add("GetOrder", "error_before_commit", times=10**6)
    order_id = street.place("uber_eats")
    street.go(seconds=200)
    assert street.decisions() == {order_id: "denied"}
    assert findings(street) == []


@pytest.fixture
def fifty(offline: Offline) -> Iterator[Street]:
    """Fifty stores with Square."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as vendors:
        made = Street(offline, make_stores(50))
        mount(vendors, VENDORS_URL, made.world)
        made.open_for_business()
        yield made


def test_fifty_stores_with_one_hanging_point_of_sale_are_decided_in_time(
    fifty: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Side by side, by their workers: the sweep only wakes."""
    call = VendorHttp.call

    def hanging(self: VendorHttp, method: str, url: str, **more: Any) -> Any:
        if "/square/" in url:
            raise NoReply("ReadTimeout")
        return call(self, method, url, **more)

    monkeypatch.setattr(VendorHttp, "call", hanging)
    began = fifty.offline.now.timestamp()
    for store in range(50):
        fifty.place("doordash", store=store, number=store)
    fifty.go(seconds=240, step=10)
    at = decided(fifty)
    assert len(at) == 50
    assert max(at.values()) - began <= 150
    assert set(fifty.decisions().values()) == {"denied"}


def test_record_that_nobody_can_read_stops_no_other(street: Street) -> None:
    """It is due for ever; the orders beside it are made, and an operator is told once a day."""
    dynamodb = street.offline.client("dynamodb")
    broken = {
        "order_key": {"S": "doordash#x#broken"}, "order_id": {"S": "broken"},
        "channel": {"S": "doordash"}, "state": {"S": "teleported"}, "due_shard": {"S": "03"},
        "due_ms": {"N": "1"}, "due_for": {"S": "kitchen/square partner"},
    }  # fmt: skip
    dynamodb.put_item(TableName="orders", Item=broken)
    order_id = street.place("doordash")
    street.go(seconds=300)
    assert street.decisions() == {order_id: "accepted"}
    alerts = street.offline.client("s3").list_objects_v2(
        Bucket="order-middleware-local", Prefix="alerts/"
    )
    assert alerts["KeyCount"] == 1
    assert street.queue_depth("pos-square-dead-letters") == 0


def test_printed_order_whose_confirmation_is_lost_is_not_denied_and_printed(
    street: Street,
) -> None:
    """The payment went through, its reply got lost, and every look-up fails until too late."""
    square = street.world.square
    square.faults.add("CreatePayment", "error_after_commit", times=1)
    order_id = street.place("doordash")
    street.offline.advance(seconds=0.5, raise_errors=False)
    square.faults.add("*", "error_before_commit", times=10**6)
    street.go(seconds=400)
    assert street.decisions() == {order_id: "denied"}
    square.faults.clear()
    street.go(seconds=900, step=30)
    assert findings(street) == []


@pytest.fixture
def lost_wakes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The first wake of all gets lost; the list names its queue."""
    send, lost = Queues.send, list[str]()

    def loses_one(self: Queues, queue: str, body: Any, delay_seconds: int = 0) -> None:
        if "order_key" in body and not lost:
            lost.append(queue)
        else:
            send(self, queue, body, delay_seconds)

    monkeypatch.setattr(Queues, "send", loses_one)
    return lost


@pytest.mark.parametrize("begins", range(0, 60, 12))
@pytest.mark.parametrize("vendor", sorted(STORES))
def test_order_whose_first_wake_was_lost_is_made_when_the_sweep_comes(
    long_street: Street, lost_wakes: list[str], vendor: str, begins: int
) -> None:
    """The sweep comes once a minute, and wakes what has been quiet for half of one."""
    street = long_street
    street.go(seconds=begins, step=1)
    order_id = street.place("doordash", store=STORES[vendor])
    began = street.offline.now.timestamp()
    street.go(seconds=180, step=1)
    assert lost_wakes == [f"pos-{vendor}"]
    assert street.decisions() == {order_id: "accepted"}
    assert decided(street)[order_id] - began < 110
    assert findings(street) == []


@pytest.mark.usefixtures("lost_wakes")
def test_order_that_was_woken_late_and_hangs_is_decided_in_time(
    long_street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its ticket is begun later than any other's: so is the waiting for it watched."""

    def hangs(*_: Any, **__: Any) -> Any:
        time.sleep(600)

    monkeypatch.setattr(Toast, "create", hangs)
    street = long_street
    began = street.offline.now.timestamp()
    order_id = street.place("doordash", store=STORES["toast"])
    street.go(seconds=240, step=1)
    assert street.decisions() == {order_id: "denied"}
    assert decided(street)[order_id] - began <= 150


@pytest.mark.parametrize("why", [ConnectFailed("refused"), NoReply("ReadTimeout")])
def test_partner_that_cannot_be_asked_is_asked_at_the_next_poll_and_not_before(
    street: Street, monkeypatch: pytest.MonkeyPatch, why: Exception
) -> None:
    """Ten minutes of it are three stores, asked every two minutes, and no dead letter."""
    call, asked = VendorHttp.call, list[str]()

    def is_down(self: VendorHttp, method: str, url: str, **named: Any) -> Any:
        if "created-orders" not in url:
            return call(self, method, url, **named)
        asked.append(url)
        raise why

    monkeypatch.setattr(VendorHttp, "call", is_down)
    street.go(seconds=600, step=30)
    assert 12 <= len(asked) <= 18
    assert street.queue_depth("inbound-orders-dead-letters") == 0
    assert street.is_at_rest()


@pytest.mark.parametrize("vendor", sorted(STORES))
def test_order_that_only_waited_is_denied_at_its_target_and_nothing_is_undone(
    long_street: Street, vendor: str
) -> None:
    """Its point of sale was never called for it, or answered 429: certainly there is no ticket."""
    street, till = long_street, long_street.world.points_of_sale[vendor]
    till.faults.add("*", "rate_limited", times=None)
    placed_at: dict[str, float] = {}
    for number in range(4):
        order_id = street.place("doordash", store=STORES[vendor], number=number)
        placed_at[order_id] = street.offline.now.timestamp()
        street.go(seconds=20)
    street.go(seconds=150)
    at = decided(street)
    assert set(street.decisions().values()) == {"denied"}
    assert all(at[order_id] - began <= 110 for order_id, began in placed_at.items())
    assert all("undo" not in row for row in street.records())
    assert findings(street) == []
