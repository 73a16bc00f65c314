"""The Friday night, smaller: a vendor that throttles costs time, and no answer comes late."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulators import friday
from simulators.menu import CLOVER
from simulators.sim import plan as plans
from simulators.sim.plan import OrderPlan, Plan, StorePlan, Weather, Window
from simulators.sim.play import play

if TYPE_CHECKING:
    from typing import Any

ORDERS = 16
SECONDS = 300
HALF = 0.5


def throttled(seed: int) -> Plan:
    """Return a minute's orders at two stores of Clover's, which answers half its calls with 429."""
    orders = tuple(OrderPlan(n, n * 4_000, plans.CHANNELS[n % 4], n % 2) for n in range(ORDERS))
    trouble = Window(CLOVER, plans.THROTTLED, 0, SECONDS * 1000, HALF)
    stores = (StorePlan(CLOVER), StorePlan(CLOVER))
    return Plan(
        seed, stores, orders, Weather(), (trouble,), ends_ms=SECONDS * 1000, size=len(orders)
    )


@pytest.mark.parametrize("seed", [0, 2])
def test_orders_at_a_vendor_that_throttles_are_answered_in_time(seed: int) -> None:
    """So many tries, each a wake, are not more than a function may wake itself."""
    result = play(throttled(seed), judged=friday.judge)
    assert result.findings == ()
    night: dict[str, Any] = result.judged
    assert (night["lost"], night["duplicates"], night["late"]) == (0, 0, 0)
    assert night["said"].get("accepted", 0) >= ORDERS / 8
    assert max(night["decided_seconds"]) > 60


def test_who_is_turned_away_at_the_shops_door_is_answered() -> None:
    """A store whose till is dead is closed after a while, which its shop says at once."""
    stores = (StorePlan(CLOVER),) * (friday.DEAD_STORE + 1)
    orders = tuple(
        OrderPlan(n, n * 60_000, plans.CHANNELS[-1], friday.DEAD_STORE) for n in range(6)
    )
    plan = Plan(0, stores, orders, Weather(), (), ends_ms=360_000, size=len(orders))
    night: dict[str, Any] = play(plan, trouble=friday.end_a_till, judged=friday.judge).judged
    assert (night["lost"], night["duplicates"], night["late"]) == (0, 0, 0)
    assert night["said"]["refused with 409"] > 0
    assert night["refused"]["refused with 409"] == night["said"]["refused with 409"]


def test_small_friday_is_a_good_night() -> None:
    """Fifty stores, four channels, a rush, and one till that is dead."""

    plan = friday.friday_plan(80, 1, 120)
    result = play(plan, trouble=friday.end_a_till, judged=friday.judge)
    assert result.findings == ()
    assert (result.judged["lost"], result.judged["duplicates"], result.judged["late"]) == (0, 0, 0)
    assert sum(result.judged["said"].values()) == 81
