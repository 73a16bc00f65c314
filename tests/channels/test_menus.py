"""What partners' modules must do with a menu and its hours; the simulators check each field."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from requests import PreparedRequest, Session

from chalicelib.channels.base import PartnerRefused, PartnerUnavailable
from chalicelib.channels.menus import Publishing
from chalicelib.channels.uber_eats.menus import menu_body
from chalicelib.domain.commands import NoticeKind
from chalicelib.domain.store import read_menu
from simulators.menu import menu_file

if TYPE_CHECKING:
    from chalicelib.domain.store import Menu

# 2026-11-27 (a Friday) at 12:00 in New York.
NOW_MS = 1_795_798_800_000
HOURS = {
    "time_zone": "America/New_York",
    "weekly": {"fri": [["11:00", "14:00"], ["17:00", "02:00"]], "sun": [["00:00", "24:00"]]},
    "special": {"2026-12-25": [], "2026-12-31": [["10:00", "15:00"]]},
}
UPLOADS = {
    "uber_eats": "PutMenus",
    "doordash": "CreateMenu",
    "deliveroo": "UploadMenu",
    "open_delivery": "MerchantUpdate",
}


def menu_of(partner: Any, **changes: Any) -> Menu:
    return read_menu(menu_file(partner.shop) | {"hours": HOURS, "business": None} | changes, "v2")


def publishing(partner: Any, menu: Menu, **more: Any) -> Publishing:
    place = partner.shop.channel_store_id(partner.name)
    return Publishing(place, menu, "store-001:7", NOW_MS, **more)


def send(partner: Any, menu: Menu, **more: Any) -> str:
    """Make all calls, let the partner work at it, and return its own name of the menu."""
    menu_id = ""
    for call in partner.channel.menu_calls(publishing(partner, menu, **more)):
        menu_id = call().menu_id or menu_id
    partner.advance(seconds=61)
    return menu_id


def service_of(partner: Any, kind: str) -> Any:
    """Return one of the services that the first store's merchant has at Open Delivery."""
    place = partner.shop.channel_store_id(partner.name)
    services = partner.simulator.merchants.entities[place]["SERVICE"].values()
    [found] = [service for service in services if service["serviceType"] == kind]
    return found


def result(partner: Any) -> Any:
    notice = partner.notice()
    assert notice.kind is NoticeKind.MENU
    assert notice.channel_store_id == partner.shop.channel_store_id(partner.name)
    return partner.channel.menu_result(json.loads(partner.webhook()[1]))


def test_a_menu_is_taken_and_is_what_customers_see(partner: Any) -> None:
    """Every item and option once, under its categories and groups; the result says so."""
    menu = menu_of(partner)
    send(partner, menu)
    place = partner.shop.channel_store_id(partner.name)
    ids = {item.id for item in menu.items}
    if partner.name == "uber_eats":
        assert {item["id"] for item in partner.simulator.menus.shown[place]["items"]} == ids
    elif partner.name == "deliveroo":
        assert {item["id"] for item in partner.simulator.menus.shown[place]["items"]} == ids
        assert result(partner).is_done
    elif partner.name == "doordash":
        told = result(partner)
        assert (told.is_done, told.reference) == (True, "store-001:7")
        assert list(partner.simulator.menus.of_store[place]) == [told.menu_id]
    else:
        assert set(partner.simulator.merchants.items(place)) == ids


def test_the_same_menu_again_makes_no_second_one(partner: Any) -> None:
    """Whether or not we remember what the partner called it."""
    menu = menu_of(partner)
    send(partner, menu)
    send(partner, menu)
    if partner.name == "doordash":
        place = partner.shop.channel_store_id(partner.name)
        known = next(iter(partner.simulator.menus.of_store[place]))
        send(partner, menu, menu_id=known)
        assert list(partner.simulator.menus.of_store[place]) == [known]


def test_a_menu_that_was_deleted_there_is_made_anew(partner: Any) -> None:
    """DoorDash alone has menus with names of their own."""
    if partner.name != "doordash":
        return
    place = partner.shop.channel_store_id(partner.name)
    assert send(partner, menu_of(partner), menu_id="gone") == ""
    assert len(partner.simulator.menus.of_store[place]) == 1


def test_a_limit_or_a_failure_says_come_back(partner: Any) -> None:
    """Nothing else is said by it."""
    for fault in ("rate_limited", "error_before_commit"):
        partner.simulator.faults.add(UPLOADS[partner.name], fault)
        with pytest.raises(PartnerUnavailable):
            send(partner, menu_of(partner))
    send(partner, menu_of(partner))


def test_the_week_is_told_on_the_partners_clock(partner: Any) -> None:
    """What goes on past midnight belongs to the next day; Open Delivery's clock is UTC's."""
    send(partner, menu_of(partner))
    place = partner.shop.channel_store_id(partner.name)
    if partner.name == "uber_eats":
        (menu,) = partner.simulator.menus.shown[place]["menus"]
        assert {
            of_day["day_of_week"]: [
                (p["start_time"], p["end_time"]) for p in of_day["time_periods"]
            ]
            for of_day in menu["service_availability"]
        } == {
            "friday": [("11:00", "13:59"), ("17:00", "23:59")],
            "saturday": [("00:00", "01:59")],
            "sunday": [("00:00", "23:59")],
        }
    elif partner.name == "doordash":
        (menu,) = partner.simulator.menus.of_store[place].values()
        assert [(h["day_index"], h["start_time"], h["end_time"]) for h in menu["open_hours"]] == [
            ("FRI", "11:00", "14:00"),
            ("FRI", "17:00", "23:59"),
            ("SAT", "00:00", "02:00"),
            ("SUN", "00:00", "23:59"),
        ]
    elif partner.name == "deliveroo":
        week = partner.simulator.menus.hours[place]
        assert week["monday"] == []
        assert week["saturday"] == [{"local_start_time": "00:00", "local_end_time": "02:00"}]
    else:
        service = service_of(partner, "DELIVERY")
        assert [
            (*h["dayOfWeek"], h["timePeriods"]["startTime"][:5], h["timePeriods"]["endTime"][:5])
            for h in service["serviceHours"]["weekHours"]
        ] == [
            ("MONDAY", "00:00", "05:00"),
            ("FRIDAY", "16:00", "19:00"),
            ("FRIDAY", "22:00", "23:59"),
            ("SATURDAY", "00:00", "07:00"),
            ("SUNDAY", "05:00", "23:59"),
        ]


def test_days_that_differ_are_told_where_the_partner_can_be(partner: Any) -> None:
    """Closed, or open at other hours; Deliveroo takes neither."""
    send(partner, menu_of(partner))
    place = partner.shop.channel_store_id(partner.name)
    if partner.name == "uber_eats":
        days = partner.simulator.menus.holidays[place]
        # Christmas is a Friday: the Saturday after it has no night before.
        assert set(days) == {"2026-12-25", "2026-12-26", "2026-12-31"}
        closed = [{"start_time": "00:00", "end_time": "00:00"}]
        assert days["2026-12-25"]["open_time_periods"] == closed
    elif partner.name == "doordash":
        (menu,) = partner.simulator.menus.of_store[place].values()
        days = {day["date"]: day["closed"] for day in menu["special_hours"]}
        assert days == {"2026-12-25": True, "2026-12-26": True, "2026-12-31": False}
    elif partner.name == "open_delivery":
        service = service_of(partner, "TAKEOUT")
        days = {
            day["date"]: day.get("timePeriods") for day in service["serviceHours"]["holidayHours"]
        }
        assert days["2026-12-25"] is None
        assert days["2026-12-31"]["startTime"] == "15:00:00.000Z"


def test_hours_on_utcs_clock_are_told_again_when_the_stores_own_is_set(partner: Any) -> None:
    """2027-03-14 at two in the morning in New York."""
    calls = partner.channel.menu_calls(publishing(partner, menu_of(partner)))
    replies = [call() for call in calls]
    expected = 1_805_007_600_000 if partner.name == "open_delivery" else None
    again_ms = replies[-1].again_ms
    if expected is None:
        assert again_ms is None
    else:
        assert expected <= again_ms < expected + 60_000


def test_what_is_off_is_off_in_the_menu(partner: Any) -> None:
    """Where a menu says so; the others are told item by item."""
    send(partner, menu_of(partner), off={"fries": None})
    place = partner.shop.channel_store_id(partner.name)
    if partner.name == "uber_eats":
        assert (place, "fries") in partner.simulator.suspended
    elif partner.name == "open_delivery":
        assert partner.simulator.item_status[place, "fries"] == "UNAVAILABLE"


def test_a_menu_that_the_partner_does_not_take_is_refused_in_its_words(partner: Any) -> None:
    """At once, or by its webhook."""
    hours = {"time_zone": "UTC", "weekly": {}}
    menu = menu_of(partner, hours=hours)
    if partner.name == "uber_eats":
        with pytest.raises(PartnerRefused, match="no hours"):
            send(partner, menu)
    elif partner.name == "doordash":
        send(partner, menu)
        told = result(partner)
        assert (told.is_done, told.may_pass, told.why) == (False, False, "open_hours is empty")
        assert told.menu_id  # the menu is there, its hours are not
    elif partner.name == "deliveroo":
        partner.simulator.menus.fails_with = 400
        send(partner, menu)
        told = result(partner)
        assert (told.is_done, told.may_pass, told.why) == (False, False, "it did not work")


def test_a_menu_goes_to_uber_eats_compressed(partner: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the one large body, and its content is what would be sent otherwise."""
    sent: list[PreparedRequest] = []
    send_, menu = Session.send, menu_of(partner)

    def noting(self: Session, request: PreparedRequest, **named: Any) -> Any:
        sent.append(request)
        return send_(self, request, **named)

    monkeypatch.setattr(Session, "send", noting)
    send(partner, menu)
    codings = {request.headers.get("Content-Encoding") for request in sent}
    if partner.name != "uber_eats":
        assert codings == {None}
        return
    [put] = [request for request in sent if request.headers.get("Content-Encoding") == "gzip"]
    assert put.method == "PUT"
    assert put.headers["Content-Type"] == "application/json"
    assert isinstance(put.body, bytes)
    assert json.loads(gzip.decompress(put.body)) == menu_body(publishing(partner, menu))


def test_doordash_takes_menus_of_the_integration_that_it_knows(partner: Any) -> None:
    """Its provider type is its own name of us, not one that we choose."""
    if partner.name == "doordash":
        partner.channel._provider_type = "somebody_else"
        with pytest.raises(PartnerRefused, match="provider type"):
            send(partner, menu_of(partner))
