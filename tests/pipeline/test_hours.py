"""Orders outside a store's hours are refused in the partner's own words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.pipeline.opening import sell_within

if TYPE_CHECKING:
    from simulators.street import Street

CHANNELS = {
    "uber_eats": "STORE_CLOSED",
    "doordash": "STORE_CLOSED",
    "deliveroo": "closing_early",
    "open_delivery": "OUTSIDE_DELIVERY_HOURS",
}


def sell_daily(street: Street, *intervals: tuple[int, int], **more: Any) -> None:
    """Give the first store hours on every day, in minutes from now, on UTC's clock."""
    now = street.offline.now
    minute = now.hour * 60 + now.minute

    def clock(offset: int) -> str:
        at = (minute + offset) % 1440
        return f"{at // 60:02d}:{at % 60:02d}"

    of_day = sorted([clock(start), clock(end)] for start, end in intervals)
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    sell_within(street, {"time_zone": "UTC", "weekly": dict.fromkeys(days, of_day), **more})


@pytest.mark.parametrize("channel", CHANNELS)
def test_an_order_outside_the_hours_is_refused_in_the_partners_own_words(
    street: Street, channel: str
) -> None:
    """And one within them is made."""
    sell_daily(street, (60, 120))
    order_id = street.place(channel, store=0, number=1)
    other = street.place(channel, store=1, number=2)
    street.settle()
    details = {
        decision.order_id: json.dumps(decision.detail)
        for decision in street.world.channels[channel].decisions()
    }
    assert CHANNELS[channel] in details[order_id]
    assert street.decisions()[other] in ("accepted", "confirmed")
    assert len(street.tickets()) == 1
    sell_daily(street, (-60, 120))
    order_id = street.place(channel, store=0, number=3)
    street.settle()
    assert street.decisions()[order_id] in ("accepted", "confirmed")


def test_a_special_day_closes(street: Street) -> None:
    """Whatever the week says."""
    today = street.offline.now.date().isoformat()
    sell_daily(street, (0, 120), special={today: []})
    order_id = street.place("doordash", store=0, number=1)
    street.settle()
    assert street.tickets() == []
    assert street.decisions()[order_id] == "denied"


def test_an_order_that_came_in_time_is_made_though_fetching_it_took_until_after_closing(
    street: Street,
) -> None:
    """The customer was served within the hours."""
    sell_daily(street, (-60, 1))
    street.world.uber.faults.add("GetOrder", "rate_limited", times=8)
    order_id = street.place("uber_eats", store=0, number=1)
    street.go(seconds=85, step=5)
    assert street.decisions()[order_id] == "accepted"


def test_hours_that_make_no_sense_are_refused_with_their_file(street: Street) -> None:
    """The menu before stays in force."""
    sell_daily(street, (60, 120), special={"2026-02-30": []})
    order_id = street.place("doordash", store=0, number=1)
    street.settle()
    assert street.decisions()[order_id] == "accepted"
