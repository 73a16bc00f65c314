"""What nobody can read, or what ends a function, holds up nothing that came with it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.adapters.http import HttpReply, VendorHttp
from chalicelib.channels.base import hex_hmac_sha256
from simulators.audit import findings

if TYPE_CHECKING:
    from simulators.street import Street

CLOVER_STORE = 2

LISTINGS = {
    "uber_eats": ("orders.notification", "created-orders", "id"),
    "deliveroo": ("order.new", "live_orders", "id"),
    "open_delivery": ("CREATED", "events:polling", "orderId"),
}
"""How each partner that can be asked calls a new order, the list of them, and their ids there."""


def cancelled_at_clovers_till(street: Street) -> tuple[str, str, str]:
    """Cancel an order late told of by Clover; return the ids of order, ticket and merchant."""
    till = street.world.clover
    order_id = street.place("doordash", store=CLOVER_STORE, number=1)
    street.settle()
    till.faults.add("*", "late_webhook", seconds=86_400)
    ticket = till.tickets()[0].order_id
    till.cancel_at_the_till(ticket)
    return order_id, ticket, street.world.generator.stores[CLOVER_STORE].location_id


def told_by_clover(street: Street, merchants: dict[str, Any]) -> Any:
    """Post what Clover says of merchants, and return the answer."""
    code = street.world.clover.settings.auth_code
    headers = {"X-Clover-Auth": code, "Content-Type": "application/json"}
    body = json.dumps({"appId": "APP", "merchants": merchants})
    return street.offline.http.post("/webhooks/pos/clover", headers=headers, body=body)


@pytest.mark.parametrize(
    "bad",
    [
        {"objectId": "A:APP", "type": "DELETE"},
        {"objectId": "A:APP", "type": "DELETE", "ts": "yesterday"},
        {"objectId": "A:APP", "type": "DELETE", "ts": 1.5},
        "no object",
        None,
    ],
)
def test_clovers_webhook_is_read_but_for_what_cannot_be(long_street: Street, bad: Any) -> None:
    """It is about many merchants at once, and to send it again would not make it readable."""
    street = long_street
    order_id, ticket, merchant = cancelled_at_clovers_till(street)
    change = {"objectId": f"O:{ticket}", "type": "DELETE", "ts": street.world.now_ms()}
    merchants = {"ANOTHER": [bad], merchant: [bad, change, bad]}
    reply = told_by_clover(street, merchants)
    assert reply.status_code == 200
    street.go(seconds=60)
    assert street.decisions() == {order_id: "cancelled_by_merchant"}
    assert findings(street) == []


@pytest.mark.parametrize("channel", sorted(LISTINGS))
def test_an_entry_that_means_nothing_hides_no_missed_order(
    street: Street, monkeypatch: pytest.MonkeyPatch, channel: str
) -> None:
    """The list of a store's open orders is read but for it."""
    call, (event, listing, id_) = VendorHttp.call, LISTINGS[channel]

    def with_nonsense(self: VendorHttp, method: str, url: str, **named: Any) -> Any:
        reply = call(self, method, url, **named)
        if listing not in url or reply.status != 200:
            return reply
        content = json.loads(reply.body)
        found = content if isinstance(content, list) else content["orders"]
        more = {"status": "placed", "eventType": "CREATED", "eventId": "e"}
        found[:0] = ["no object", None, more | {id_: "of no form"}, more | {id_: None}]
        found[:0] = [more | {id_: "unknown"}]
        return replace(reply, body=json.dumps(content).encode())

    monkeypatch.setattr(VendorHttp, "call", with_nonsense)
    street.world.channels[channel].faults.add(event, "late_webhook", seconds=86_400)
    order_id = street.place(channel, number=1)
    street.go(seconds=240)
    assert street.decisions()[order_id] in ("accepted", "confirmed")
    assert len(street.tickets()) == 1


@pytest.mark.parametrize("wrong", [HttpReply(500), HttpReply(200, b"<html>"), HttpReply(404)])
def test_an_order_that_is_not_shown_hides_no_missed_one(
    street: Street, monkeypatch: pytest.MonkeyPatch, wrong: HttpReply
) -> None:
    """Open Delivery's list does not say whose an order is: each is read, and one of them fails."""
    call = VendorHttp.call

    def fails_for_one(self: VendorHttp, method: str, url: str, **named: Any) -> Any:
        if url.endswith("/orders/somebody-elses"):
            return wrong
        reply = call(self, method, url, **named)
        if "events:polling" not in url or reply.status != 200:
            return reply
        other = {"eventType": "CREATED", "eventId": "e", "orderId": "somebody-elses"}
        return replace(reply, body=json.dumps([other, *json.loads(reply.body)]).encode())

    monkeypatch.setattr(VendorHttp, "call", fails_for_one)
    street.world.channels["open_delivery"].faults.add("CREATED", "late_webhook", seconds=86_400)
    order_id = street.place("open_delivery", number=1)
    street.go(seconds=240)
    assert street.decisions()[order_id] in ("accepted", "confirmed")
    assert len(street.tickets()) == 1


@pytest.mark.parametrize("channel", ["deliveroo", "uber_eats"])
def test_a_store_whose_poll_ends_the_function_keeps_no_other_from_being_asked_for(
    street: Street, monkeypatch: pytest.MonkeyPatch, channel: str
) -> None:
    """Nobody could write down which store it was; so each is asked for alone."""
    call, (event, listing, _) = VendorHttp.call, LISTINGS[channel]
    shop = street.world.generator.stores[0]
    deadly = {"deliveroo": shop.deliveroo_site_id, "uber_eats": shop.uber_store_id}[channel]
    deaths: list[str] = []

    def dies(self: VendorHttp, method: str, url: str, **named: Any) -> Any:
        if listing in url and deadly in url:
            deaths.append(url)
            raise SystemExit
        return call(self, method, url, **named)

    monkeypatch.setattr(VendorHttp, "call", dies)
    street.world.channels[channel].faults.add(event, "late_webhook", seconds=86_400)
    order_id = street.place(channel, store=1, number=1)
    street.go(seconds=240)
    assert len(deaths) > 1
    assert street.decisions()[order_id] in ("accepted", "confirmed")
    assert len(street.tickets()) == 1


def test_clovers_webhook_may_tell_of_more_orders_than_one_call_takes(long_street: Street) -> None:
    """Many merchants are in one POST; refused, it would come again and again."""
    street = long_street
    order_id, ticket, merchant = cancelled_at_clovers_till(street)
    change = {"type": "DELETE", "ts": street.world.now_ms()}
    others = [change | {"objectId": f"O:OTHER{number}"} for number in range(24)]
    merchants = {"ANOTHER": others, merchant: [change | {"objectId": f"O:{ticket}"}]}
    reply = told_by_clover(street, merchants)
    assert reply.status_code == 200
    street.go(seconds=60)
    assert street.decisions() == {order_id: "cancelled_by_merchant"}
    assert findings(street) == []


ITEM: dict[str, Any] = {"merchant_supplied_id": "nobody-knows-it", "quantity": 1, "price": 100}


@pytest.mark.parametrize(
    "cart",
    [
        [ITEM | {"name": "n" * 700_000}],
        [
            ITEM | {"merchant_supplied_id": f"unknown-{number}", "name": "n" * 200}
            for number in range(2_500)
        ],
    ],
    ids=["one endless name", "thousands of items"],
)
def test_a_cart_that_nobody_knows_is_refused_however_large_it_is(
    street: Street, cart: list[dict[str, Any]]
) -> None:
    """A refusal that named all of it would fit into no record: the partner would hear nothing."""
    store = street.world.generator.stores[0]
    order_id = street.world.doordash.place(
        {
            "store": {"merchant_supplied_id": store.doordash_store_id, "provider_type": "x"},
            "categories": [{"name": "All", "items": cart}],
            "subtotal": 100 * len(cart),
        }
    )
    street.settle()
    assert street.decisions() == {order_id: "denied"}
    [denied] = street.world.doordash.decisions()
    assert denied.detail["failure_reason"].startswith("Item Missing - nnn")
    street.go(seconds=120, step=30)
    assert street.is_at_rest()


def test_options_without_end_are_refused_where_they_come_in(street: Street) -> None:
    """Python would stop in the middle of reading them, again and again, until nobody answered."""
    store, deliveroo = street.world.generator.stores[0], street.world.deliveroo
    price, options = '{"fractional": 100, "currency_code": "USD"}', "[]"
    for _ in range(300):
        options = (
            f'[{{"pos_item_id": "fries", "name": "Fries", "quantity": 1, "unit_price": {price},'
            f' "modifiers": {options}}}]'
        )
    order = (
        f'{{"id": "gb:1", "location_id": "{store.deliveroo_site_id}", "status": "placed",'
        f' "items": {options}, "subtotal": {price}}}'
    )
    body = f'{{"event": "order.new", "body": {{"order": {order}}}}}'.encode()
    signature = hex_hmac_sha256(deliveroo.settings.webhook_secret, b"guid-1 " + body)
    headers = {
        "X-Deliveroo-Sequence-Guid": "guid-1",
        "X-Deliveroo-Hmac-Sha256": signature,
        "Content-Type": "application/json",
    }
    reply = street.offline.http.post("/webhooks/deliveroo", headers=headers, body=body)
    assert reply.status_code == 400
    assert street.unfinished("inbound-orders") == 0
