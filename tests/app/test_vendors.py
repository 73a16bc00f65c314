"""Against the simulators over `requests`: both sides read the vendors' documents the same way."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING, Any

import pytest
import responses

from chalicelib.adapters.http import ConnectFailed, HttpReply, NoReply, VendorHttp
from chalicelib.domain.commands import ImportMenu
from chalicelib.domain.states import State
from chalicelib.handlers import COMMANDS
from chalicelib.ingest.webhooks import receive, receive_from_pos
from simulators.in_responses import mount
from simulators.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalicelib.domain.events import Event
    from simulators.timeline import OutgoingRequest


class Town:
    """A house among simulated vendors."""

    def __init__(self, house: Any) -> None:
        self.house = house
        self.world = World(now_ms=house.clock, send=self.send)
        for name in ("http", "channels", "points_of_sale"):
            house.services.__dict__.pop(name, None)

    def send(self, request: OutgoingRequest) -> int:
        """Deliver a vendor's webhook to the middleware."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        path = request.url.removeprefix("http://127.0.0.1:8000/webhooks/")
        take_in = receive_from_pos if path.startswith("pos/") else receive
        name = path.removeprefix("pos/")
        return take_in(self.house.services, name, headers, request.body).status

    def open(self) -> None:
        """Import the menus of all stores."""
        import json

        for store_id, menu in self.world.generator.menu_files().items():
            self.house.files.write(f"menus/{store_id}.json", json.dumps(menu).encode())
            self.house.handle(ImportMenu(f"menus/{store_id}.json", "0"))

    def run(self) -> None:
        """Let everything happen that is due within the next minutes."""
        for _ in range(30):
            self.world.tick()
            self.take_in()
            self.house.drain()
            self.house.clock.advance(5)

    def take_in(self) -> None:
        """Play the inbound queue."""
        inbound = COMMANDS["inbound"]
        waiting: list[Event] = [e for e in self.house.bus.events if e.type in inbound]
        self.house.bus.events[:] = [e for e in self.house.bus.events if e.type not in inbound]
        for event in waiting:
            self.house.handle(inbound[event.type](event))


@pytest.fixture
def town(house: Any) -> Iterator[Town]:
    """Simulators behind `responses`, menus imported."""
    town = Town(house)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as rsps:
        mount(rsps, "http://127.0.0.1:9001", town.world)
        town.open()
        yield town


def test_orders_of_both_partners_become_tickets_and_are_accepted(town: Town) -> None:
    """Real payloads in, real requests out: every order once, every amount to the cent."""
    placed = town.world.place_next(12)
    for _ in range(12):
        town.world.tick()
    town.take_in()
    records = {record.order_id: record for record in town.house.orders.records.values()}
    town.run()
    records = {record.order_id: record for record in town.house.orders.records.values()}
    assert len(records) == 12
    for order in placed:
        record = records[order.order_id]
        assert (record.state, record.answered) == (State.ACCEPTED, "accepted"), record.refusal
        assert record.order.lines_total.amount == order.subtotal
    tickets = town.world.square.state()["tickets"]
    assert len(tickets) == len({ticket["reference_id"] for ticket in tickets}) == 12
    decisions = [*town.world.uber.decisions(), *town.world.doordash.decisions()]
    assert sorted(d.order_id for d in decisions) == sorted(o.order_id for o in placed)
    assert {d.decision for d in decisions} == {"accepted"}


def test_unmapped_item_is_denied_in_each_partners_words(town: Town) -> None:
    """The simulators check codes and texts."""
    for items in town.house.stores.items.values():
        items.clear()
    town.world.place_next(4)
    town.run()
    decisions = [*town.world.uber.decisions(), *town.world.doordash.decisions()]
    assert [d.decision for d in decisions] == ["denied"] * 4
    assert not town.world.square.state()["tickets"]
    uber = town.world.uber.decisions()[0].detail["reason"]
    assert uber["code"] == "MISSING_ITEM"
    assert uber["invalid_items"]
    doordash = town.world.doordash.decisions()[0].detail
    assert doordash["failure_reason"].startswith("Item Missing - ")


def test_refused_connection_is_told_from_a_lost_answer() -> None:
    """Nothing was sent: repeating is safe."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(ConnectFailed):
        VendorHttp().call("GET", f"http://127.0.0.1:{port}/")


@responses.activate
@pytest.mark.parametrize("error", ["ConnectionError", "ReadTimeout", "ChunkedEncodingError"])
def test_lost_answer_is_unknown(error: str) -> None:
    """The request may have been carried out."""
    import requests

    responses.get("http://127.0.0.1:1/", body=getattr(requests.exceptions, error)("gone"))
    with pytest.raises(NoReply):
        VendorHttp().call("GET", "http://127.0.0.1:1/")


@responses.activate
@pytest.mark.parametrize(
    ("why", "expected"),
    [
        (ssl.SSLEOFError(8, "EOF occurred in violation of protocol"), NoReply),
        (ssl.SSLError(1, "[SSL] record layer failure"), NoReply),
        (ssl.SSLCertVerificationError(1, "certificate verify failed"), ConnectFailed),
    ],
)
def test_a_connection_that_breaks_in_its_encryption_proves_nothing(
    why: ssl.SSLError, expected: type[Exception]
) -> None:
    """It may break in the middle of an answer; only a refused certificate comes before all else."""
    import requests
    from urllib3.exceptions import MaxRetryError, SSLError

    reason: Any = MaxRetryError(None, "/", SSLError(why))  # type: ignore[arg-type]
    responses.post("https://vendor.example/", body=requests.exceptions.SSLError(reason))
    with pytest.raises(expected):
        VendorHttp().call("POST", "https://vendor.example/", json={})


@responses.activate
def test_an_answer_that_breaks_in_its_encryption_is_unknown() -> None:
    """As requests tells of it when the answer's body is cut off."""
    import requests

    cut = requests.exceptions.SSLError(ssl.SSLError(1, "bad record mac"))
    responses.post("https://vendor.example/", body=cut)
    with pytest.raises(NoReply):
        VendorHttp().call("POST", "https://vendor.example/", json={})


NO_JSON_TO_EVERYBODY = [
    b'{"a": NaN}', b'{"a": -Infinity}', b'{"a": 1e400}', b'{"a": "\\ud800"}', b'{"a": "\xff"}',
    b"[" * 200_000, b"",
]  # fmt: skip


@pytest.mark.parametrize("body", NO_JSON_TO_EVERYBODY)
def test_reply_that_not_every_parser_reads_alike_is_none(body: bytes) -> None:
    """An order that was fetched is held to what one in a webhook is held to."""
    reply = HttpReply(200, body)
    for read in (reply.json_object, reply.json_list):
        with pytest.raises(NoReply):
            read()
    assert reply.json_or_empty() == {}
    assert HttpReply(200, b'\xef\xbb\xbf{"a": 1}').json_object() == {"a": 1}


DATE = "Sat, 28 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("asked", "headers", "seconds"),
    [
        ("7", {}, 7),
        ("0", {}, 0),
        ("86400", {}, 3600),
        ("99999999999999999999", {}, 3600),
        ("Sat, 28 Nov 2026 12:00:30 GMT", {"date": DATE}, 30),
        ("Saturday, 28-Nov-26 12:00:30 GMT", {"date": DATE}, 30),
        ("Sat, 28 Nov 2026 11:00:00 GMT", {"date": DATE}, 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", {"date": DATE}, 3600),
        # Without a Date of its own: by our clock, which says 12:00:10.
        ("Sat, 28 Nov 2026 12:00:30 GMT", {}, 20),
        ("Sat, 28 Nov 2026 12:00:30 GMT", {"date": "now"}, 20),
        ("soon", {"date": DATE}, None),
        ("Sat, 28 Nov 2026 12:00:30 +99999999999999", {"date": DATE}, None),
        ("Sat, 28 Nov 99999999999999999999 12:00:30 GMT", {"date": DATE}, None),
        ("1.5", {}, None),
        ("-1", {}, None),
        ("\u00b2", {}, None),
        ("", {}, None),
    ],
)
def test_retry_after_is_a_number_or_a_date(
    asked: str, headers: dict[str, str], seconds: int | None
) -> None:
    """A date counts from the vendor's own clock, which may be minutes off ours; an hour at most."""
    reply = HttpReply(429, b"", {**headers, "retry-after": asked}, at_ms=1_795_867_210_000)
    assert reply.retry_after == seconds


@responses.activate
@pytest.mark.parametrize("begin", [b" \n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n"])
@pytest.mark.parametrize("status", [200, 202, 400, 403, 404, 409])
def test_a_page_in_place_of_json_is_nobodys_answer(status: int, begin: bytes) -> None:
    """What stands in between refuses and accepts nothing for the vendor."""
    page = begin + b"<!doctype html><title>Blocked</title>"
    responses.post("https://vendor.example/", body=page, status=status, content_type="text/html")
    with pytest.raises(NoReply, match=f"HTTP {status}, a page"):
        VendorHttp().call("POST", "https://vendor.example/", json={})


@responses.activate
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_decides_nothing(status: int) -> None:
    """It never leads to where a token of ours belongs."""
    headers = {"Location": "https://elsewhere.example/"}
    responses.post("https://vendor.example/", status=status, headers=headers)
    with pytest.raises(NoReply, match="a redirect"):
        VendorHttp().call("POST", "https://vendor.example/", json={})
    assert len(responses.calls) == 1


@responses.activate
@pytest.mark.parametrize("status", [401, 429, 503])
def test_a_page_about_the_caller_or_from_a_gateway_keeps_its_status(status: int) -> None:
    """Whoever says it: nothing was decided, and how long to wait is worth knowing."""
    headers = {"Retry-After": "9"}
    responses.post("https://vendor.example/", body="<html>", status=status, headers=headers)
    reply = VendorHttp().call("POST", "https://vendor.example/", json={})
    assert (reply.status, reply.retry_after) == (status, 9)
