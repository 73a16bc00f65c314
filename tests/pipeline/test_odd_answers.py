"""What vendors, and whoever stands in front of them, answer in no document of theirs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.adapters.http import HttpReply, VendorHttp, of_the_vendor
from simulators.audit import findings

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulators.street import Street

    Odd = Callable[..., list[str]]

STORES = {"square": 0, "toast": 1, "clover": 2}
PARTNERS = {
    "uber_eats": "/accept_pos_order",
    "doordash": "/marketplace/api/v1/orders/",
    "deliveroo": "/order/v1/orders/",
    "open_delivery": "/confirm",
}
PAGE = {"content-type": "text/html"}
NOBODYS = {
    "a redirect": HttpReply(302, b"", {"location": "https://elsewhere.example/"}),
    "a page that forbids": HttpReply(403, b"<html>Request blocked</html>", PAGE),
    "a page that finds nothing": HttpReply(404, b"<!doctype html><p>Not found", PAGE),
    "a page, and 200": HttpReply(200, b"<html>Please sign in to the network</html>", PAGE),
}


@pytest.fixture
def odd(monkeypatch: pytest.MonkeyPatch) -> Odd:
    """Have calls whose URL holds a text answered by a reply, while `until` is not over."""
    call = VendorHttp.call

    def begin(street: Street, where: str, reply: HttpReply, *, seconds: float) -> list[str]:
        answered: list[str] = []
        until = street.offline.now.timestamp() + seconds

        def answer(self: VendorHttp, method: str, url: str, **named: Any) -> HttpReply:
            if where not in url or street.offline.now.timestamp() >= until:
                return call(self, method, url, **named)
            answered.append(f"{method} {url}")
            return of_the_vendor(reply)

        monkeypatch.setattr(VendorHttp, "call", answer)
        return answered

    return begin


@pytest.mark.parametrize("reply", NOBODYS.values(), ids=list(NOBODYS))
@pytest.mark.parametrize("channel", PARTNERS)
def test_what_is_not_a_partners_own_word_refuses_no_answer_of_ours(
    street: Street, odd: Odd, channel: str, reply: HttpReply
) -> None:
    """For a minute a proxy answers in its place: the order is cooked, and in the end accepted."""
    answered = odd(street, PARTNERS[channel], reply, seconds=60)
    order_id = street.place(channel)
    street.go(seconds=240)
    assert answered
    assert street.decisions()[order_id] in ("accepted", "confirmed")
    assert len(street.tickets()) == 1
    assert findings(street) == []


@pytest.mark.parametrize("reply", NOBODYS.values(), ids=list(NOBODYS))
@pytest.mark.parametrize("vendor", STORES)
def test_what_is_not_a_tills_own_word_refuses_no_order(
    long_street: Street, odd: Odd, vendor: str, reply: HttpReply
) -> None:
    """Nobody knows what became of a call that somebody else answers: it is looked after."""
    street = long_street
    answered = odd(street, f"/{vendor}/", reply, seconds=45)
    order_id = street.place("doordash", store=STORES[vendor])
    street.go(seconds=240)
    assert answered
    assert street.decisions() == {order_id: "accepted"}
    assert findings(street) == []


@pytest.mark.parametrize("status", [400, 404, 422, 503])
def test_an_order_that_deliveroo_has_accepted_stands_whatever_becomes_of_its_sync_status(
    street: Street, odd: Odd, status: int
) -> None:
    """Deliveroo sends the rider all the same. Staff hear that its tablet shows another thing."""
    refused = HttpReply(status, b'{"message": "no"}', {"content-type": "application/json"})
    assert odd(street, "/sync_status", refused, seconds=1200) == []
    order_id = street.place("deliveroo")
    street.go(seconds=900)
    assert street.decisions() == {order_id: "accepted"}
    assert len(street.tickets()) == 1
    [row] = street.records()
    assert (row["state"]["S"], row["answered"]["S"]) == ("accepted", "accepted")
    [note] = [one for one in street.notes() if "sync status" in json.dumps(one)]
    assert "the answer stands" in json.dumps(note)
    assert f"HTTP {status}" in json.dumps(note)
    assert findings(street) == []


def test_a_sync_status_is_said_again_as_long_as_deliveroo_takes_it(
    street: Street, odd: Odd
) -> None:
    """Its tablet is right in the end, and nobody has to look."""
    odd(street, "/sync_status", HttpReply(503), seconds=100)
    order_id = street.place("deliveroo")
    street.go(seconds=300)
    assert street.world.deliveroo.state()["synced"][order_id]["status"] == "succeeded"
    assert list(street.notes()) == []
    assert findings(street) == []


def test_a_no_that_comes_after_half_a_yes_is_not_taken_for_said(street: Street, odd: Odd) -> None:
    """The kitchen cancels what Deliveroo has accepted, and Deliveroo is away: people telephone."""
    odd(street, "/sync_status", HttpReply(503), seconds=1200)
    order_id = street.place("deliveroo")
    street.go(seconds=60)
    assert street.decisions() == {order_id: "accepted"}
    odd(street, "/order/v1/orders/", HttpReply(503), seconds=1200)
    street.world.square.cancel_at_the_till(street.world.square.tickets()[0].order_id)
    street.go(seconds=900, step=5)
    [row] = street.records()
    assert (row["state"]["S"], row["answered"]["S"]) == ("cancelled", "refused")
    [note] = [one for one in street.notes() if one["type"] == "order.callback_refused"]
    assert "the answer stands" not in json.dumps(note)
    assert street.is_at_rest()


ERRORS = b'{"errors": [{"category": "API_ERROR", "code": "INTERNAL_SERVER_ERROR"}]}'


@pytest.mark.parametrize(
    ("vendor", "where"),
    [("square", "/v2/payments"), ("clover", "/payments"), ("clover", "/print_event")],
)
def test_a_success_that_holds_only_errors_prints_nothing(
    long_street: Street, odd: Odd, vendor: str, where: str
) -> None:
    """The kitchen has seen nothing by then: it is looked at, and said again."""
    street = long_street
    json_ = {"content-type": "application/json"}
    answered = odd(street, where, HttpReply(200, ERRORS, json_), seconds=20)
    order_id = street.place("doordash", store=STORES[vendor])
    street.go(seconds=10, step=1)
    assert (len(answered) > 0, street.decisions()) == (True, {})
    street.go(seconds=120, step=2)
    assert street.decisions() == {order_id: "accepted"}
    assert len(street.world.points_of_sale[vendor].tickets()) == 1
    assert findings(street) == []


@pytest.mark.parametrize(
    ("vendor", "where"),
    [
        ("square", "/v2/refunds"),
        ("toast", "/void"),
        ("clover", "/print_event"),
        ("clover", "/orders/"),
    ],
)
def test_a_success_that_holds_only_errors_voids_nothing(
    long_street: Street, odd: Odd, vendor: str, where: str
) -> None:
    """A ticket that must not be is tried to be voided until it is."""
    street = long_street
    order_id = street.place("uber_eats", store=STORES[vendor])
    street.go(seconds=30, step=2)
    assert street.decisions() == {order_id: "accepted"}
    json_ = {"content-type": "application/json"}
    answered = odd(street, where, HttpReply(200, ERRORS, json_), seconds=60)
    street.world.uber.cancel_by_customer(order_id)
    street.go(seconds=600, step=5)
    assert answered
    assert street.records()[0]["undo"]["S"] == "done"
    assert findings(street) == []
