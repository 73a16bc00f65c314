"""Every night partner, record and kitchen are compared, store by store."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalicelib.bootstrap import Services
from chalicelib.config import read_config
from chalicelib.domain.events import Event
from chalicelib.reconciliation.night import DAY_MS, DUE
from simulators.street import BUCKET

if TYPE_CHECKING:
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


def test_the_schedule_gives_every_store_its_turn(long_street: Street) -> None:
    """Once each, whatever the number of its partners; a quiet day is a report, too."""
    long_street.offline.invoke("night", SCHEDULED)
    long_street.settle()
    found = reports(long_street)
    assert {report["day"] for report in found.values()} == {"2025-12-31"}
    assert sorted(found) == sorted(s.store_id for s in long_street.world.generator.stores)
    assert all(report["orders"] == 0 for report in found.values())
