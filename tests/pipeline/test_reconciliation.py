"""Every night partner, record and kitchen are compared, store by store."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.adapters.http import VendorHttp
from chalicelib.bootstrap import Services
from chalicelib.config import read_config
from chalicelib.domain.events import Event
from chalicelib.reconciliation.night import DAY_MS, DUE
from simulators.street import BUCKET

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.adapters.http import HttpReply
    from simulators.street import Street

TEXTS = ("version", "account", "region", "time", "id")
SCHEDULED = {**dict.fromkeys(TEXTS, "0"), "source": "aws.events", "resources": [], "detail": {}}
SCHEDULED["detail-type"] = "Scheduled Event"


def compare_today(street: Street) -> dict[str, dict[str, Any]]:
    """Give every store its turn for today; return the reports by store."""
    now_ms = street.world.now_ms()
    day_ms = now_ms - now_ms % DAY_MS
    services = Services(read_config(), street.world.now_ms)
    for store in street.world.generator.stores:
        data = {
            "storeId": store.store_id,
            "channel": "uber_eats",
            "name": store.uber_store_id,
            "dayMs": day_ms,
        }
        event = Event(f"due-{store.store_id}-{now_ms}", DUE, store.store_id, now_ms, data)
        services.default_bus.publish([event])
    street.settle()
    return reports(street)


def reports(street: Street) -> dict[str, dict[str, Any]]:
    s3 = street.offline.client("s3")
    found = s3.list_objects_v2(Bucket=BUCKET, Prefix="reports/").get("Contents", [])
    read = [json.loads(s3.get_object(Bucket=BUCKET, Key=o["Key"])["Body"].read()) for o in found]
    return {report["storeId"]: report for report in read}


def kinds(report: dict[str, Any]) -> list[str]:
    return sorted(one["kind"] for one in report["differences"])


def a_good_hour(street: Street) -> dict[int, list[str]]:
    """One order of each partner at each store."""
    placed: dict[int, list[str]] = {}
    for store in range(3):
        for number, channel in enumerate(("uber_eats", "doordash", "deliveroo", "open_delivery")):
            number += 1 + 10 * store
            placed.setdefault(store, []).append(street.place(channel, store=store, number=number))
    street.settle()
    return placed


def test_a_good_day_has_no_differences(long_street: Street) -> None:
    """At every point of sale, with each partner; also of orders that were never made."""
    a_good_hour(long_street)
    cancelled = long_street.place("uber_eats", store=0, number=91)
    long_street.settle()
    long_street.world.uber.cancel_by_customer(cancelled)
    long_street.settle()
    found = compare_today(long_street)
    assert len(found) == 3
    for report in found.values():
        assert report["differences"] == []
        assert report["orders"] == sum(report["states"].values()) >= 4
        assert report["goods"] > 0


def test_what_differs_is_in_the_report_and_told(long_street: Street) -> None:
    """Tickets that are missing, unwanted, unknown or dear; orders that the partner took back."""
    street = long_street
    placed = a_good_hour(street)
    world, dynamodb = street.world, street.offline.client("dynamodb")
    items = {item["order_id"]["S"]: item for item in dynamodb.scan(TableName="orders")["Items"]}

    def rewrite(order_id: str, **changes: Any) -> None:
        dynamodb.put_item(TableName="orders", Item=items[order_id] | changes)

    uber, doordash, deliveroo, open_delivery = placed[0]
    rewrite(doordash, state={"S": "rejected"})
    rewrite(deliveroo, ticket_total={"N": "1"})
    key = {"order_key": items[open_delivery]["order_key"]}
    dynamodb.delete_item(TableName="orders", Key=key)
    world.uber.faults.add("orders.cancel", "late_webhook", times=1, seconds=90_000)
    world.uber.cancel_by_customer(uber)
    (order,) = [o for o in world.clover.orders() if placed[2][0] in str(o)]
    world.clover._orders[order["id"]]["deleted"] = True  # no webhook ever tells
    found = compare_today(street)
    first, toast, clover = (found[store.store_id] for store in world.generator.stores)
    assert kinds(first) == [
        "cancelled_at_partner",
        "ticket_money",
        "ticket_unknown",
        "ticket_unwanted",
    ]
    assert kinds(toast) == []
    assert kinds(clover) == ["ticket_missing"]
    street.pass_time(seconds=60)
    s3 = street.offline.client("s3")
    alerts = s3.list_objects_v2(Bucket=BUCKET, Prefix="alerts/")["Contents"]
    told = [s3.get_object(Bucket=BUCKET, Key=o["Key"])["Body"].read().decode() for o in alerts]
    assert sum("store.differs" in text for text in told) == 2


def test_one_broken_store_holds_up_nobody(long_street: Street) -> None:
    """Its own turn is tried again by Lambda, twice; the others' reports are there meanwhile."""
    a_good_hour(long_street)
    long_street.world.toast.faults.add("ordersBulk", "error_before_commit", times=2)
    compare_today(long_street)
    long_street.pass_time(seconds=240)
    assert len(reports(long_street)) == 3
    assert long_street.world.toast.requests["ordersBulk"] == 3


BOOKS = {"square": "/v2/orders/search", "toast": "/ordersBulk", "clover": "/orders?filter"}
LISTS = {"square": "orders", "clover": "elements"}
TOTALS = {"square": "total_money", "toast": "checks", "clover": "total"}
IDS = {"square": "id", "toast": "guid", "clover": "id"}


@pytest.fixture(params=sorted(BOOKS))
def vendor(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def change_replies(
    monkeypatch: pytest.MonkeyPatch, url: str, change: Callable[[HttpReply], HttpReply]
) -> None:
    """Have what a vendor answers there changed by a function."""
    call = VendorHttp.call

    def changed(self: VendorHttp, method: str, called: str, **named: Any) -> HttpReply:
        reply = call(self, method, called, **named)
        return change(reply) if url in called else reply

    monkeypatch.setattr(VendorHttp, "call", changed)


def change_books(monkeypatch: pytest.MonkeyPatch, vendor: str, change: Any) -> None:
    """Have a point of sale's list of orders changed."""
    name = LISTS.get(vendor)

    def changed(reply: HttpReply) -> HttpReply:
        said = json.loads(reply.body)
        said = {**said, name: change(said[name])} if name else change(said)
        return replace(reply, body=json.dumps(said).encode())

    change_replies(monkeypatch, BOOKS[vendor], changed)


def an_order_at(street: Street, vendor: str) -> str:
    """Have one order made at the vendor's store."""
    order_id = street.place("doordash", store=list(BOOKS).index(vendor), number=1)
    street.settle()
    return order_id


def report_of(street: Street, vendor: str) -> dict[str, Any]:
    """Give every store its turn, and return the report of the vendor's."""
    store = street.world.generator.stores[list(BOOKS).index(vendor)]
    return compare_today(street)[store.store_id]


def test_a_ticket_that_cannot_be_read_is_not_missing(
    long_street: Street, monkeypatch: pytest.MonkeyPatch, vendor: str
) -> None:
    """Which order's it is, is told as far as that can be read."""
    order_id = an_order_at(long_street, vendor)
    change_books(monkeypatch, vendor, lambda found: [{**one, IDS[vendor]: 7} for one in found])
    [one] = report_of(long_street, vendor)["differences"]
    assert one["kind"] == "ticket_unread"
    assert one["order"].endswith(order_id)
    assert vendor in one["says"]


def test_no_ticket_is_missing_that_an_entry_without_a_name_may_be(
    long_street: Street, monkeypatch: pytest.MonkeyPatch, vendor: str
) -> None:
    """The entry is told of, and the order that was not found beside it."""
    order_id = an_order_at(long_street, vendor)
    change_books(monkeypatch, vendor, lambda found: [None for _ in found])
    report = report_of(long_street, vendor)
    assert kinds(report) == ["ticket_unread", "ticket_unread"]
    of_order, of_entry = report["differences"]
    assert of_order["order"].endswith(order_id)
    assert of_entry["order"] == ""
    assert vendor in of_entry["says"]


def test_a_ticket_is_missing_beside_an_entry_that_is_another(
    long_street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The unread entry's own id says that it is none of ours."""
    an_order_at(long_street, "square")
    spoiled = {"id": "SOMEBODY-ELSES", "metadata": 7}
    change_books(monkeypatch, "square", lambda _: [spoiled])
    assert kinds(report_of(long_street, "square")) == ["ticket_missing", "ticket_unread"]


def test_a_ticket_with_nobodys_key_ends_no_turn(
    long_street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No table can be asked for an empty one; its id says whose ticket it is."""
    order_id = an_order_at(long_street, "square")
    nobodys = {"metadata": {"order_key": ""}}
    change_books(monkeypatch, "square", lambda found: [{**one, **nobodys} for one in found])
    [one] = report_of(long_street, "square")["differences"]
    assert one["kind"] == "ticket_unread"
    assert one["order"].endswith(order_id)


def test_a_ticket_whose_total_cannot_be_read_is_not_equal(
    long_street: Street, monkeypatch: pytest.MonkeyPatch, vendor: str
) -> None:
    """Nobody has compared the money."""
    order_id = an_order_at(long_street, vendor)
    nothing = {TOTALS[vendor]: None}
    change_books(monkeypatch, vendor, lambda found: [{**one, **nothing} for one in found])
    [one] = report_of(long_street, vendor)["differences"]
    assert one["kind"] == "ticket_unread"
    assert one["order"].endswith(order_id)


DEARER: dict[str, Callable[[Any], Any]] = {
    "square": lambda _: {"amount": 99_999, "currency": "USD"},
    "toast": lambda checks: [{**one, "totalAmount": 999.99} for one in checks],
    "clover": lambda _: 99_999,
}


def test_a_ticket_that_was_made_dearer_is_found_at_every_point_of_sale(
    long_street: Street, monkeypatch: pytest.MonkeyPatch, vendor: str
) -> None:
    """By how much, too."""
    an_order_at(long_street, vendor)
    name, dearer = TOTALS[vendor], DEARER[vendor]
    change_books(monkeypatch, vendor, lambda found: [{**f, name: dearer(f[name])} for f in found])
    [one] = report_of(long_street, vendor)["differences"]
    assert one["kind"] == "ticket_money"
    assert one["amount"] > 0
    assert one["says"].startswith("ticket 99999,")


def test_a_list_that_is_cut_off_makes_no_ticket_missing(
    long_street: Street, monkeypatch: pytest.MonkeyPatch, vendor: str
) -> None:
    """The report is written at once, and says so."""
    an_order_at(long_street, vendor)
    change_books(monkeypatch, vendor, lambda _: {"no": "list"})
    [one] = report_of(long_street, vendor)["differences"]
    assert one["kind"] == "kitchen_unread"
    assert one["order"] == ""
    assert one["says"].startswith(f"{vendor}: ")
    assert "1 orders not among them" in one["says"]


def test_an_entry_that_two_pages_show_is_one_ticket(
    long_street: Street, monkeypatch: pytest.MonkeyPatch, vendor: str
) -> None:
    """Orders go on while the list is paged through, and push others to the next page."""
    an_order_at(long_street, vendor)
    change_books(monkeypatch, vendor, lambda found: [*found, *found])
    assert report_of(long_street, vendor)["differences"] == []


ORDER = {
    "uber_eats": "/v2/eats/order/",
    "deliveroo": "/order/v1/orders/",
    "open_delivery": "/open_delivery/v1/orders/",
}


@pytest.fixture(params=sorted(ORDER))
def channel(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def orders_of(street: Street, channel: str, *, count: int = 1) -> list[str]:
    """Have a partner's orders made at the first store, and one of each other partner."""
    others = [name for name in ORDER if name != channel]
    for number, other in enumerate(others):
        street.place(other, number=90 + number)
    placed = [street.place(channel, number=1 + number) for number in range(count)]
    street.settle()
    return placed


class Shown:
    """How a partner answers when it is asked for an order."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, channel: str, *changes: dict[str, Any] | None
    ) -> None:
        self.changes, self.last, self.asked = list(changes), changes[-1], 0
        change_replies(monkeypatch, ORDER[channel], self._next)

    def _next(self, reply: HttpReply) -> HttpReply:
        """Change an answer by the next of the changes; the last holds on."""
        self.asked += 1
        changes = self.changes.pop(0) if len(self.changes) > 1 else self.last
        return replace(reply, **changes) if changes else reply


UNREADABLE = [
    {"body": b"<html>"},
    {"body": b"[]"},
    {"body": b"{}"},
    {"body": b'{"items": 7}'},
    {"status": 403, "body": b""},
    {"status": 400, "body": b"{}"},
    {"status": 503, "body": b""},
]


def test_an_order_that_a_partner_shows_and_nobody_can_read_is_not_equal(
    street: Street, monkeypatch: pytest.MonkeyPatch, channel: str
) -> None:
    """It ends nobody's turn, and is named: partner and order."""
    [order_id] = orders_of(street, channel)
    shown = Shown(monkeypatch, channel, None)
    for answer in UNREADABLE:
        shown.last = answer
        report = compare_today(street)[street.world.generator.stores[0].store_id]
        [one] = report["differences"]
        assert one["kind"] == "partner_unread"
        assert one["order"].endswith(order_id)
        assert one["says"].startswith(f"{channel} order {order_id}: ")
        assert report["notShown"] == 0


def test_an_order_that_a_partner_has_forgotten_is_no_difference(
    street: Street, monkeypatch: pytest.MonkeyPatch, channel: str
) -> None:
    """How many there were is in the report: these nobody has compared."""
    orders_of(street, channel, count=4)
    shown = Shown(monkeypatch, channel, {"status": 404, "body": b"{}"})
    report = compare_today(street)[street.world.generator.stores[0].store_id]
    assert report["differences"] == []
    assert report["notShown"] == shown.asked == 4


def test_a_call_that_fails_once_is_made_once_more(
    street: Street, monkeypatch: pytest.MonkeyPatch, channel: str
) -> None:
    """Of hundreds a night one always fails: that is no alarm."""
    orders_of(street, channel, count=2)
    shown = Shown(monkeypatch, channel, {"status": 503}, {"status": 429}, None)
    report = compare_today(street)[street.world.generator.stores[0].store_id]
    assert report["differences"] == []
    assert shown.asked == 4


def test_a_partner_that_is_down_is_asked_no_more_and_keeps_nobody_waiting(
    street: Street, monkeypatch: pytest.MonkeyPatch, channel: str
) -> None:
    """The report says which orders failed and how many were left; the others are compared."""
    orders_of(street, channel, count=5)
    names = [name for name in ORDER if name != channel]
    others = [Shown(monkeypatch, name, None) for name in names]
    shown = Shown(monkeypatch, channel, {"status": 503, "body": b""})
    report = compare_today(street)[street.world.generator.stores[0].store_id]
    assert kinds(report) == ["partner_unread"] * 4
    *named, left = report["differences"]
    assert all("HTTP 503" in one["says"] for one in named)
    assert left["order"] == ""
    assert left["says"] == (f"{channel}: 3 calls failed in a row, 2 more orders were not asked for")
    assert shown.asked == 3
    assert all(other.asked for other in others)


def test_a_partner_that_takes_its_time_takes_no_more_than_there_is(
    street: Street, monkeypatch: pytest.MonkeyPatch, channel: str
) -> None:
    """The report is written before the function's own end, and says what is left."""
    orders_of(street, channel, count=6)
    call = VendorHttp.call

    def takes_a_minute(self: VendorHttp, method: str, url: str, **named: Any) -> HttpReply:
        if ORDER[channel] in url:
            time.sleep(60)  # virtual
        return call(self, method, url, **named)

    monkeypatch.setattr(VendorHttp, "call", takes_a_minute)
    report = compare_today(street)[street.world.generator.stores[0].store_id]
    says = [one["says"] for one in report["differences"] if channel in one["says"]]
    assert says == [f"{channel}: no time was left, 2 more orders were not asked for"]


def test_an_order_in_another_currency_is_not_compared_by_its_figures(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Equal figures are not equal money then."""
    orders_of(street, "uber_eats")
    call = VendorHttp.call

    def in_pounds(self: VendorHttp, method: str, url: str, **named: Any) -> HttpReply:
        reply = call(self, method, url, **named)
        if ORDER["uber_eats"] not in url:
            return reply
        return replace(reply, body=reply.body.replace(b'"USD"', b'"GBP"'))

    monkeypatch.setattr(VendorHttp, "call", in_pounds)
    report = compare_today(street)[street.world.generator.stores[0].store_id]
    [one] = report["differences"]
    assert one["kind"] == "partner_unread"
    assert "GBP" in one["says"]


def test_a_ticket_of_an_order_whose_record_is_damaged_is_told(long_street: Street) -> None:
    """Also when no index of the day knows that order: its ticket leads to it."""
    order_id = an_order_at(long_street, "square")
    dynamodb = long_street.offline.client("dynamodb")
    [item] = dynamodb.scan(TableName="orders")["Items"]
    del item["trading_day"]
    dynamodb.put_item(TableName="orders", Item=item | {"state": {"S": "of tomorrow's code"}})
    [one] = report_of(long_street, "square")["differences"]
    assert one["kind"] == "unreadable"
    assert one["order"].endswith(order_id)


def test_the_schedule_gives_every_store_its_turn(long_street: Street) -> None:
    """Once each, whatever the number of its partners; a quiet day is a report, too."""
    long_street.offline.invoke("night", SCHEDULED)
    long_street.settle()
    found = reports(long_street)
    assert {report["day"] for report in found.values()} == {"2025-12-31"}
    assert sorted(found) == sorted(s.store_id for s in long_street.world.generator.stores)
    assert all(report["orders"] == 0 for report in found.values())
