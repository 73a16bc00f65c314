"""Open Delivery's merchant as an ordering application reads it, and how it is had read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.adapters.http import HttpReply
from chalicelib.channels.base import PartnerRefused
from chalicelib.channels.menus import Publishing
from chalicelib.channels.open_delivery.merchant import merchant_of
from chalicelib.domain.store import read_menu
from simulators.channels.open_delivery.menus import check_merchant
from simulators.menu import business, make_stores, menu_file
from simulators.timeline import Answer
from simulators.wsgi import BodyError
from tests.channels.open_delivery_merchant import PROBLEM, problems

[SHOP] = make_stores(1)
PLACE = SHOP.open_delivery_merchant_id
# 2026-11-27 (a Friday) at 12:00 in New York.
NOW_MS = 1_795_798_800_000
HOURS = {
    "time_zone": "America/New_York",
    "weekly": {"fri": [["11:00", "14:00"], ["17:00", "02:00"]], "sun": [["00:00", "24:00"]]},
    "special": {"2026-12-25": [], "2026-12-31": [["10:00", "15:00"]]},
}
DST_MS = 1_793_512_800_000
"""2026-11-01, two in the morning in New York: the clock on the wall was set."""


def merchant(changed_ms: int = NOW_MS, *, is_open: bool = True, **changes: Any) -> dict[str, Any]:
    off = changes.pop("off", {})
    menu = read_menu(menu_file(SHOP) | changes, "v2")
    assert menu.business is not None
    publishing = Publishing(PLACE, menu, "", NOW_MS, off=off)
    return merchant_of(publishing, menu.business, is_open=is_open, changed_ms=changed_ms)


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in business(SHOP).items() if name not in names}


LONG = menu_file(SHOP)
LONG["items"][0] |= {"name": "Ü" * 400, "description": "d" * 500, "image": "https://x.example/i"}
FILES: dict[str, dict[str, Any]] = {
    "as it is": {},
    "with hours": {"hours": HOURS},
    "closed for good": {"hours": {"time_zone": "UTC", "weekly": {}}},
    "no categories, no groups": {
        "categories": None,
        "modifier_groups": None,
        "items": [{k: v for k, v in i.items() if k != "modifier_groups"} for i in LONG["items"]],
    },
    "long texts": {"items": LONG["items"]},
    "nothing is delivered": {"business": without("delivery_metres")},
    "no complement, no description": {"business": without("description")},
}


@pytest.mark.parametrize("file", FILES)
def test_a_merchant_is_what_the_specification_describes(file: str) -> None:
    """Each member, its form, and every id that names another."""
    made = merchant(**FILES[file])
    assert problems(made) == []
    check_merchant(PLACE, made)
    assert json.loads(json.dumps(made, allow_nan=False)) == made


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("TTL", 499), ("TTL", 86_401), ("id", "short"), ("status", "OPEN"), ("lastUpdate", "now"),
        ("lastUpdate", "2026-11-27T12:00:00+01:00"), ("basicInfo.document", "1"), ("items", []),
        ("basicInfo.merchantCategories.0", "BURGER"), ("basicInfo.address.latitude", "37"),
        ("services.0.serviceArea", None), ("services.0.menuId", "menu"), ("items.0.id", "burger"),
        ("categories.0.itemOfferId.0", "00000000-0000-4000-8000-000000000000"),
        ("itemOffers.0.price.currency", "$"), ("items.0.unit", "PIECE"), ("items.0.nmae", "x"),
    ],
)  # fmt: skip
def test_the_judge_finds_what_is_wrong(path: str, value: Any) -> None:
    """Else it would prove nothing."""
    made = merchant()
    *parents, last = path.split(".")
    at: Any = made
    for part in parents:
        at = at[int(part)] if part.isdigit() else at[part]
    at[int(last) if last.isdigit() else last] = value
    assert problems(made) != []


def test_what_is_sold_out_and_a_store_that_is_paused_are_shown_so() -> None:
    """An item by its status, the store by its own; both are asked for again when they end."""
    made = merchant(is_open=False, off={"fries": NOW_MS + 900_000, "cola": None})
    off = {item["externalCode"] for item in made["items"] if item["status"] == "UNAVAILABLE"}
    assert (off, made["status"], made["TTL"]) == ({"fries", "cola"}, "UNAVAILABLE", 900)
    assert merchant(off={"fries": NOW_MS + 1_000})["TTL"] == 500
    assert merchant()["TTL"] == 3_600


def test_a_merchant_changed_when_its_clock_was_set() -> None:
    """Its hours are told on UTC's, so they are others since."""
    before_ms = DST_MS - 86_400_000
    assert merchant(before_ms)["lastUpdate"] == "2026-10-31T06:00:00.000Z"
    assert merchant(before_ms, hours=HOURS)["lastUpdate"].startswith("2026-11-01T06:00")
    assert merchant(DST_MS + 86_400_000, hours=HOURS)["lastUpdate"] == "2026-11-02T06:00:00.000Z"


# ---- having it read ------------------------------------------------------------------------------


def calls(partner: Any, sent_ms: int = 0) -> Any:
    menu = read_menu(menu_file(partner.shop), "v2")
    now_ms = partner.at_ms
    publishing = Publishing(PLACE, menu, "store-001:7", now_ms, sent_ms=sent_ms or now_ms)
    return partner.channel.menu_calls(publishing)


def answer(partner: Any, status: int, body: Any) -> None:
    """Let GET merchant be answered with this when the application asks."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    def send(request: Any) -> Answer:
        partner.webhooks.append(request)
        return Answer(status, content)

    partner.simulator._send = send


def test_an_application_reads_the_merchant_when_it_is_told_to(open_delivery: Any) -> None:
    """With our key, at the merchant's own address; then it says that it has."""
    tell, ask = calls(open_delivery)
    answer(open_delivery, 200, merchant())
    assert tell().not_yet == ""
    assert ask().not_yet == "the merchant has not been read yet"
    open_delivery.advance(seconds=1)
    assert ask().not_yet == ""
    [request] = open_delivery.webhooks
    assert request.url == f"http://127.0.0.1:8000/open_delivery/{PLACE}/v1/merchant"
    assert request.headers == {"X-API-KEY": "open-delivery-local-api-key"}
    names = {item["id"]: item["name"] for item in menu_file(SHOP)["items"]}
    items = open_delivery.simulator.merchants.items(PLACE)
    assert {id_: item["name"] for id_, item in items.items()} == names


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (403, {"title": "no", "status": 403}), (503, b""), (200, b"<html>"), (200, []),
        (200, merchant() | {"TTL": 1}), (200, merchant() | {"items": []}),
    ],
)  # fmt: skip
def test_an_application_that_could_not_read_is_told_once_more(
    open_delivery: Any, status: int, body: Any
) -> None:
    """What was wrong stands in the row, and reaches staff after half an hour."""
    tell, ask = calls(open_delivery)
    answer(open_delivery, status, body)
    tell()
    open_delivery.advance(seconds=200)
    assert ask().not_yet.startswith("the merchant could not be read: ")
    answer(open_delivery, 200, merchant())
    open_delivery.advance(seconds=1)
    assert ask().not_yet == ""


def test_an_application_that_reads_nothing_is_told_once_more_after_ten_minutes(
    open_delivery: Any,
) -> None:
    """It may have lost the first word, and not the second."""
    answer(open_delivery, 200, merchant())
    tell, ask = calls(open_delivery)
    tell()
    open_delivery.simulator.merchants.read[PLACE] = (0, "SUCCESS", "")
    told = open_delivery.simulator.requests["MerchantUpdate"]
    for minutes, times in ((9, 0), (2, 1)):
        open_delivery.at_ms += minutes * 60_000
        assert ask().not_yet == "the merchant has not been read yet"
        assert open_delivery.simulator.requests["MerchantUpdate"] == told + times


@pytest.mark.parametrize(
    ("reply", "is_done"),
    [
        (HttpReply(404), True),
        (HttpReply(405), True),
        (HttpReply(403), None),
        (HttpReply(200, b'{"lastRead": 7}'), None),
        (HttpReply(200, b'{"lastRead": "x", "status": "SUCCESS"}'), None),
        (HttpReply(200, b"{}"), False),
    ],
)
def test_an_application_that_cannot_be_asked_is_believed(
    open_delivery: Any, monkeypatch: pytest.MonkeyPatch, reply: HttpReply, is_done: bool | None
) -> None:
    """One that answers with nonsense, or refuses, is a matter for people."""
    _, ask = calls(open_delivery)
    monkeypatch.setattr(open_delivery.channel._api, "call", lambda *_, **__: reply)
    if is_done is None:
        with pytest.raises(PartnerRefused):
            ask()
    else:
        assert (ask().not_yet == "") == is_done


def test_the_simulators_application_takes_no_merchant_of_another() -> None:
    """One address is one merchant's."""
    with pytest.raises(BodyError):
        check_merchant("another", merchant())
    assert problems({"title": "no such merchant", "status": 404}, PROBLEM) == []
