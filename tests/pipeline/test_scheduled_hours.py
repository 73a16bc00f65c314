"""A scheduled order is judged by when it is wanted, on the clock that hangs on the store's wall."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from chalicelib.domain.events import iso
from simulators.orders import OrderGenerator
from simulators.sim import plan as plans
from simulators.sim.customers import PREP_MS, placed
from tests.pipeline.opening import sell_within
from tests.pipeline.test_journeys import uber_order

if TYPE_CHECKING:
    from simulators.street import Street

LOS_ANGELES = ZoneInfo("America/Los_Angeles")
HOURS = {
    "time_zone": "America/Los_Angeles",
    "weekly": {
        "wed": [["11:00", "22:00"]],
        "fri": [["17:00", "02:00"]],
        "sun": [["08:00", "12:00"]],
    },
    "special": {"2026-01-07": [], "2026-01-08": [["12:00", "14:00"]]},
}
WANTED = {
    "2026-01-14T12:00": True,
    "2026-01-15T12:00": False,
    "2026-01-10T01:30": True,  # Friday's night
    "2026-01-10T02:00": False,
    "2026-01-11T01:00": False,  # Saturday has none
    "2026-01-07T12:00": False,  # a Wednesday that differs
    "2026-01-08T13:00": True,  # a Thursday that does
    "2026-03-08T08:00": True,  # daylight saving has begun at two
    "2026-03-08T07:30": False,
    "2026-03-08T12:30": False,  # half past eleven on a clock that nobody set
}
CLOSED = {
    "uber_eats": "STORE_CLOSED",
    "deliveroo": "closing_early",
    "open_delivery": "OUTSIDE_DELIVERY_HOURS",
}


@pytest.mark.parametrize("channel", CLOSED)
def test_a_scheduled_order_is_taken_or_refused_by_when_it_is_wanted(
    street: Street, channel: str
) -> None:
    """Across midnight, on days that differ, and after the clock was set. DoorDash has none."""
    sell_within(street, HOURS)
    store = street.world.generator.stores[0]
    wanted = {}
    for number, text in enumerate(WANTED):
        at_ms = round(datetime.fromisoformat(text).replace(tzinfo=LOS_ANGELES).timestamp() * 1000)
        now_ms = street.world.now_ms()
        order = plans.OrderPlan(
            number, 0, channel, 0, kind=plans.SCHEDULED, later_ms=at_ms - PREP_MS - now_ms
        )
        made = placed(street.world, order, 7, replace(store, release_on_courier=()), now_ms)
        street.placed[made.order_id] = made
        wanted[made.order_id] = text
    street.settle()
    decisions = {
        d.order_id: (d.decision, json.dumps(d.detail))
        for d in street.world.channels[channel].decisions()
    }
    taken = {wanted[id_]: said[0] in ("accepted", "confirmed") for id_, said in decisions.items()}
    assert taken == WANTED
    for id_, (_, detail) in decisions.items():
        assert (CLOSED[channel] in detail) != WANTED[wanted[id_]]
    assert street.tickets() == []


def test_an_order_of_our_shop_is_taken_or_refused_by_when_it_is_wanted(street: Street) -> None:
    """Also while the store is closed: the customer wants it when it is open."""
    weekly = {day: of_day for day, of_day in HOURS["weekly"].items() if day != "wed"}  # type: ignore[attr-defined]
    sell_within(street, HOURS | {"weekly": weekly})
    store = street.world.generator.stores[0]
    generator = OrderGenerator(seed=3, stores=[store], channels=["shop"])
    wanted = {
        "2026-01-02T18:00": True,
        "2026-01-03T01:30": True,
        "2026-01-03T02:30": False,
        "2026-01-04T08:30": True,
        "2026-01-04T07:30": False,
        "2026-01-01T12:00": False,
    }
    ids = {}
    for number, text in enumerate(wanted):
        at = datetime.fromisoformat(text).replace(tzinfo=LOS_ANGELES)
        order = generator.order(number, street.world.now_ms())
        order.payload["ready_at"] = at.isoformat()
        ids[street.world.place(order)] = text
        street.world.tick()
    answers = street.world.shop.answers()
    assert {text: answers[id_] == 202 for id_, text in ids.items()} == wanted


def test_an_order_for_in_three_weeks_is_remembered_until_it_is_made(street: Street) -> None:
    """DynamoDB would forget it on its way there, and nobody would cook what was promised."""
    wanted_ms = street.world.now_ms() + 21 * 86_400_000
    payload = uber_order(street, estimated_ready_for_pickup_at=iso(wanted_ms))
    order_id = street.world.uber.place_scheduled(payload)
    street.settle()
    assert street.decisions() == {order_id: "accepted"}
    [row] = street.records()
    assert int(row["expires_at"]["N"]) > wanted_ms // 1000 + 86_400


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
@pytest.mark.parametrize("wanted", ["2031-01-01T12:00:00Z", "9999-12-31T23:59:59Z"])
def test_an_order_for_a_day_too_far_away_is_refused(
    street: Street, zone: str | None, wanted: str
) -> None:
    """Such a time stands for none, and a day after the last one is on no calendar."""
    if zone is not None:
        sell_within(street, {"time_zone": zone, "weekly": {"mon": [["00:00", "24:00"]]}})
    payload = uber_order(street, estimated_ready_for_pickup_at=wanted)
    order_id = street.world.uber.place_scheduled(payload)
    street.settle()
    assert street.decisions() == {order_id: "denied"}
    assert street.world.uber.decisions()[0].detail["reason"]["code"] == "MISSING_INFO"
