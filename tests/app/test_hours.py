"""A store's hours, on the clock that hangs on its wall."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.hours import Hours, read_hours

NEW_YORK = "America/New_York"
EVERY_DAY = [["11:00", "22:00"]]


def hours(**weekly: Any) -> Hours:
    read = read_hours({"time_zone": NEW_YORK, "weekly": weekly})
    assert read is not None
    return read


def at(text: str, zone: str = NEW_YORK, fold: int = 0) -> int:
    moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return round(moment.timestamp() * 1000)


def test_the_first_minute_sells_and_the_closing_minute_does_not() -> None:
    """2026-11-27 is a Friday."""
    friday = hours(fri=EVERY_DAY)
    assert not friday.is_open(at("2026-11-27T10:59:59"))
    assert friday.is_open(at("2026-11-27T11:00:00"))
    assert friday.is_open(at("2026-11-27T21:59:59"))
    assert not friday.is_open(at("2026-11-27T22:00:00"))
    assert not friday.is_open(at("2026-11-26T12:00:00"))


def test_a_night_goes_on_past_midnight_and_belongs_to_its_evening() -> None:
    """Also from one week to the next."""
    late = hours(fri=[["18:00", "02:00"]], sun=[["18:00", "01:00"]])
    assert late.is_open(at("2026-11-28T01:59:00"))
    assert not late.is_open(at("2026-11-28T02:00:00"))
    assert not late.is_open(at("2026-11-27T01:00:00"))
    assert late.is_open(at("2026-11-30T00:30:00"))


def test_midnight_can_be_an_end_and_a_whole_day() -> None:
    """24:00 ends a day; from midnight to midnight is all of it."""
    assert hours(fri=[["18:00", "24:00"]]).is_open(at("2026-11-27T23:59:00"))
    assert not hours(fri=[["18:00", "24:00"]]).is_open(at("2026-11-28T00:00:00"))
    assert hours(fri=[["00:00", "24:00"]]).is_open(at("2026-11-27T00:00:00"))
    assert hours(fri=[["00:00", "00:00"]]).is_open(at("2026-11-27T12:00:00"))


def test_a_special_day_replaces_its_weekday_but_not_the_evening_before() -> None:
    """Thanksgiving's night goes on into a Friday that is closed."""
    read = read_hours(
        {
            "time_zone": NEW_YORK,
            "weekly": {"thu": [["18:00", "02:00"]], "fri": EVERY_DAY},
            "special": {"2026-11-27": [], "2026-12-04": [["20:00", "21:00"]]},
        }
    )
    assert read is not None
    assert read.is_open(at("2026-11-27T01:00:00"))
    assert not read.is_open(at("2026-11-27T12:00:00"))
    assert not read.is_open(at("2026-12-04T12:00:00"))
    assert read.is_open(at("2026-12-04T20:30:00"))
    assert read.is_open(at("2026-12-11T12:00:00"))


@pytest.mark.parametrize("day", ["2026-03-08", "2026-11-01"])
def test_eleven_is_eleven_on_the_days_on_which_clocks_change(day: str) -> None:
    """The wall clock counts, whatever UTC makes of it."""
    sunday = hours(sun=EVERY_DAY)
    assert not sunday.is_open(at(f"{day}T10:59:00"))
    assert sunday.is_open(at(f"{day}T11:00:00"))
    assert sunday.is_open(at(f"{day}T21:59:00"))
    assert not sunday.is_open(at(f"{day}T22:00:00"))


def test_the_hour_that_comes_twice_is_open_twice() -> None:
    """On 2026-11-01 New York's clock shows 01:30 twice."""
    night = hours(sat=[["18:00", "02:00"]])
    assert night.is_open(at("2026-11-01T01:30:00"))
    assert night.is_open(at("2026-11-01T01:30:00", fold=1))
    assert not night.is_open(at("2026-11-01T02:00:00"))


def test_hours_survive_their_storage() -> None:
    """As the stores table keeps them."""
    read = read_hours(
        {"time_zone": NEW_YORK, "weekly": {"fri": EVERY_DAY}, "special": {"2026-12-25": []}}
    )
    assert read is not None
    assert Hours.from_dict(json.loads(json.dumps(asdict(read)))) == read


@pytest.mark.parametrize(
    "value",
    [
        "always",
        {},
        {"time_zone": "Mars/Base", "weekly": {}},
        {"time_zone": "../../etc/passwd", "weekly": {}},
        {"time_zone": 3, "weekly": {}},
        {"time_zone": NEW_YORK},
        {"time_zone": NEW_YORK, "weekly": {"friday": EVERY_DAY}},
        {"time_zone": NEW_YORK, "weekly": {"fri": [["11:00"]]}},
        {"time_zone": NEW_YORK, "weekly": {"fri": [["11:00", "25:00"]]}},
        {"time_zone": NEW_YORK, "weekly": {"fri": [["1100", "12:00"]]}},
        {"time_zone": NEW_YORK, "weekly": {"fri": [["24:00", "02:00"]]}},
        {"time_zone": NEW_YORK, "weekly": {"fri": [["18:00", "22:00"], ["11:00", "15:00"]]}},
        {"time_zone": NEW_YORK, "weekly": {"fri": [["11:00", "15:00"], ["14:00", "22:00"]]}},
        {"time_zone": NEW_YORK, "weekly": {"fri": [["11:00", "15:00"], ["18:00", "12:00"]]}},
        {"time_zone": NEW_YORK, "weekly": {"fri": "11-22"}},
        {"time_zone": NEW_YORK, "weekly": {}, "special": {"2026-02-30": []}},
        {"time_zone": NEW_YORK, "weekly": {}, "special": {"20261225": []}},
        {"time_zone": NEW_YORK, "weekly": {}, "specials": {}},
    ],
)
def test_hours_that_make_no_sense_are_refused(value: Any) -> None:
    """With the whole menu file: nobody sells by half a file."""
    with pytest.raises(InvalidPayload, match="hours"):
        read_hours(value)
