"""Toast: no idempotency key, unique external ids, limits per restaurant, signed webhooks."""

from __future__ import annotations

from typing import Any

import pytest

from simulators.menu import TOAST, make_stores, pos_id, price_list
from simulators.pos.toast import Toast, sign

STORE, OTHER = make_stores(2, [TOAST])
LOGIN = {
    "clientId": "toast-local-client",
    "clientSecret": "toast-local-secret",
    "userAccessType": "TOAST_MACHINE_CLIENT",
}


@pytest.fixture
def toast(host) -> Toast:
    restaurants = {STORE.location_id, OTHER.location_id}
    return Toast(menu=price_list(TOAST), locations=restaurants, **host)


@pytest.fixture
def call(toast, caller):
    token = caller(toast)("POST", "/authentication/v1/authentication/login", LOGIN).json()["token"]
    return caller(
        toast,
        authorization=f"Bearer {token['accessToken']}",
        toast_restaurant_external_id=STORE.location_id,
    )


def selection(local_id: str = "fries", quantity: int = 1, **more: Any) -> dict[str, Any]:
    return {"item": {"guid": pos_id(local_id, TOAST)}, "quantity": quantity, **more}


def order(external: str = "CRUMB:ue-1", *selections: Any, **more: Any) -> dict[str, Any]:
    return {
        "externalId": external,
        "diningOption": {"guid": "takeout"},
        "checks": [{"selections": list(selections) or [selection()]}],
        **more,
    }


def test_prices_adds_up_selections_with_their_modifiers(call, toast):
    """Amounts are numbers of the major unit; a given price goes before the menu's."""
    option = {**selection("dip-aioli"), "optionGroup": {"guid": "dips"}}
    asked = order(
        "CRUMB:1",
        selection("fries", 2, modifiers=[option]),
        selection("cola", externalPriceAmount=2.5),
    )
    [check] = call("POST", "/orders/v2/prices", asked).json()["checks"]
    assert (check["amount"], check["taxAmount"], check["totalAmount"]) == (11.9, 0.0, 11.9)
    assert toast.orders() == []


def test_an_order_is_printed_as_it_is_created(call, toast, clock):
    """Toast has no second step."""
    made = call("POST", "/orders/v2/orders", order()).json()
    [ticket] = toast.tickets()
    assert (ticket.reference_id, ticket.order_id) == ("CRUMB:ue-1", made["guid"])
    assert (ticket.printed_at_ms, ticket.location_id) == (clock.at_ms, STORE.location_id)
    assert (made["approvalStatus"], made["voided"]) == ("APPROVED", False)


def test_an_order_promised_for_later_is_printed_then(call, toast, clock):
    """Until that instant it is FUTURE, and voiding it prints nothing."""
    later = "2027-01-15T09:00:00.000Z"
    kept = call("POST", "/orders/v2/orders", order("CRUMB:1", promisedDate=later)).json()
    void = call("POST", "/orders/v2/orders", order("CRUMB:2", promisedDate=later)).json()
    everything = {"selections": {"voidAll": True}, "payments": {"voidAll": True}}
    assert call("POST", f"/orders/v2/orders/{void['guid']}/void", everything).status == 200
    assert (kept["approvalStatus"], toast.tickets()) == ("FUTURE", [])
    clock.advance(seconds=3600)
    toast.tick()
    assert [ticket.order_id for ticket in toast.tickets()] == [kept["guid"]]


def test_an_external_id_is_taken_once_and_finds_its_order(call, toast):
    """The only protection that Toast has against a second order."""
    made = call("POST", "/orders/v2/orders", order()).json()
    again = call("POST", "/orders/v2/orders", order())
    assert (again.status, again.json()["fieldName"]) == (400, "externalId")
    assert call("GET", "/orders/v2/orders/CRUMB:ue-1").json() == made
    assert call("GET", "/orders/v2/orders/CRUMB:none").status == 404
    assert len(toast.tickets()) == 1


def test_a_restaurant_sees_its_own_orders_only(call, caller, toast):
    """The header names the restaurant, and the token opens only those that it is for."""
    call("POST", "/orders/v2/orders", order())
    other = caller(
        toast,
        authorization=call.headers["authorization"],
        toast_restaurant_external_id=OTHER.location_id,
    )
    assert other("GET", "/orders/v2/orders/CRUMB:ue-1").status == 404
    assert (
        caller(toast, toast_restaurant_external_id=STORE.location_id)(
            "GET", "/orders/v2/orders/CRUMB:ue-1"
        ).status
        == 401
    )
    stranger = {"authorization": call.headers["authorization"]}
    unknown = caller(toast, toast_restaurant_external_id="nobody", **stranger)
    assert unknown("GET", "/orders/v2/orders/CRUMB:ue-1").status == 403


def test_a_voided_order_stays_readable_and_is_voided_once(call, toast):
    """Both parts must be voided together."""
    made = call("POST", "/orders/v2/orders", order()).json()
    path = f"/orders/v2/orders/{made['guid']}/void"
    assert call("POST", path, {"selections": {"voidAll": True}}).status == 400
    everything = {"selections": {"voidAll": True}, "payments": {"voidAll": True}}
    assert call("POST", path, everything).json()["guestOrderStatus"] == "VOIDED"
    assert call("POST", path, everything).status == 400
    assert call("GET", f"/orders/v2/orders/{made['guid']}").json()["voided"] is True


def test_the_twenty_first_call_of_a_restaurant_in_a_second_is_refused(call, toast, clock, caller):
    """The 429 names its limit and when to come back; other restaurants are not touched."""
    for _ in range(20):
        assert call("GET", "/orders/v2/orders/CRUMB:none").status == 404
    refused = call("GET", "/orders/v2/orders/CRUMB:none")
    assert (refused.status, refused.headers["X-Toast-RateLimit-By"]) == (429, "GLOBAL")
    assert refused.headers["Retry-After"] == "1"
    other = caller(
        toast,
        authorization=call.headers["authorization"],
        toast_restaurant_external_id=OTHER.location_id,
    )
    assert other("GET", "/orders/v2/orders/CRUMB:none").status == 404
    clock.advance(seconds=1)
    assert call("GET", "/orders/v2/orders/CRUMB:none").status == 404


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"diningOption": None}, "diningOption"),
        ({"externalId": "no-authority"}, "externalId"),
        ({"checks": []}, "checks"),
        ({"checks": [{"selections": []}]}, "checks[0].selections"),
        ({"checks": [{"selections": [selection(quantity=0)]}]}, "checks[0].selections[0].quantity"),
        ({"checks": [{"selections": [selection("unknown")]}]}, "checks[0].selections[0].item"),
        ({"checks": [{"selections": [selection()], "customer": {"phone": "1"}}]}, "customer"),
        (
            {
                "checks": [
                    {
                        "selections": [selection()],
                        "payments": [
                            {"type": "OTHER", "otherPayment": {"guid": "ue"}, "amount": 4.0}
                        ],
                    }
                ]
            },
            "payments",
        ),
    ],
)
def test_a_wrong_order_is_refused_with_its_field(call, toast, wrong, field):
    """Nothing is stored or printed."""
    reply = call("POST", "/orders/v2/orders", {**order(), **wrong})
    assert (reply.status, reply.json()["fieldName"]) == (400, field)
    assert toast.orders() == []


def test_webhooks_are_signed_over_body_and_timestamp_and_sent_three_times(
    call, toast, inbox, clock
):
    """After 5 minutes, after 10 more, then never."""
    inbox.status = 500
    call("POST", "/orders/v2/orders", order())
    for minutes in (0, 5, 10, 60):
        clock.advance(seconds=minutes * 60)
        toast.tick()
    assert len(inbox.received) == 3
    [first, *_] = inbox.received
    timestamp = inbox.bodies()[0]["timestamp"]
    signature = first.headers["Toast-Signature"]
    assert signature == sign("toast-local-webhook-secret", first.body, timestamp)


def test_bulk_lists_what_changed_in_a_period(call, clock):
    """Pages hold at most a hundred orders."""
    call("POST", "/orders/v2/orders", order("CRUMB:1"))
    clock.advance(seconds=60)
    call("POST", "/orders/v2/orders", order("CRUMB:2"))
    period = "startDate=2027-01-15T08:00:30.000Z&endDate=2027-01-15T09:00:00.000Z"
    found = call("GET", f"/orders/v2/ordersBulk?{period}").json()
    assert [made["externalId"] for made in found] == ["CRUMB:2"]
    assert call("GET", f"/orders/v2/ordersBulk?{period}&pageSize=101").status == 400


def test_the_restaurant_voids_and_closes_orders_itself(call, toast, inbox):
    """Each change is a webhook."""
    first = call("POST", "/orders/v2/orders", order("CRUMB:1")).json()["guid"]
    second = call("POST", "/orders/v2/orders", order("CRUMB:2")).json()["guid"]
    toast.close(first)
    toast.void_at_the_till(second)
    toast.tick()
    states = [body["details"]["order"]["guestOrderStatus"] for body in inbox.bodies()]
    assert states == ["RECEIVED", "RECEIVED", "CLOSED", "VOIDED"]
