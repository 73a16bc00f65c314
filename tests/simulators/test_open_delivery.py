"""Open Delivery: events by webhook and by poll, the order fetch, confirmations, cancellations."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from simulators.channels.open_delivery.simulator import OpenDelivery
from simulators.menu import OPEN_DELIVERY
from simulators.orders import OrderGenerator

GRANT = (
    b"grant_type=client_credentials&client_id=open-delivery-local-client"
    b"&client_secret=open-delivery-local-secret"
)


@pytest.fixture
def app(host) -> OpenDelivery:
    return OpenDelivery(**host)


@pytest.fixture
def order(clock):
    return OrderGenerator(seed=1, channels=[OPEN_DELIVERY]).order(0, clock())


@pytest.fixture
def order_id(app, order):
    return app.place(order.payload)


@pytest.fixture
def call(app, caller):
    token = caller(app)("POST", "/oauth/token", GRANT).json()["access_token"]
    return caller(app, authorization=f"Bearer {token}")


def test_an_event_is_thin_signed_and_names_where_the_order_is(app, inbox, call, order, order_id):
    """Over the raw body, with the client secret."""
    app.tick()
    [request] = inbox.received
    expected = hmac.new(b"open-delivery-local-secret", request.body, hashlib.sha256).hexdigest()
    assert request.headers["X-App-Signature"] == expected
    [event] = inbox.bodies()
    assert (event["eventType"], event["orderId"]) == ("CREATED", order_id)
    assert event["orderURL"].endswith(f"/v1/orders/{order_id}")
    assert call("GET", f"/v1/orders/{order_id}").json() == {**order.payload, "lastEvent": "CREATED"}


def test_options_stand_on_one_level_and_add_up(order):
    """The specification knows no deeper one."""
    for number in range(40):
        made = OrderGenerator(seed=2, channels=[OPEN_DELIVERY]).order(number, 0)
        for item in made.payload["items"]:
            options = sum(round(option["totalPrice"]["value"] * 100) for option in item["options"])
            unit = round(item["unitPrice"]["value"] * 100)
            assert (unit + options) * item["quantity"] == round(item["totalPrice"]["value"] * 100)


def test_what_no_webhook_took_is_polled_until_it_is_acknowledged(app, inbox, call, order_id):
    """A webhook that was answered acknowledges as well."""
    [event] = call("GET", "/v1/events:polling").json()
    assert event["eventType"] == "CREATED"
    seen = [{"id": event["eventId"], "orderId": order_id, "eventType": "CREATED"}]
    assert call("POST", "/v1/events/acknowledgment", seen).status == 202
    assert call("GET", "/v1/events:polling").status == 204
    call("POST", f"/v1/orders/{order_id}/confirm", {"reason": ""})
    app.tick()
    assert call("GET", "/v1/events:polling").status == 204
    assert [body["eventType"] for body in inbox.bodies()] == ["CREATED", "CONFIRMED"]


def test_an_order_goes_one_step_after_the_other(app, call, order_id):
    """A step out of turn is refused."""
    path = f"/v1/orders/{order_id}"
    assert call("POST", f"{path}/dispatch").status == 422
    assert call("POST", f"{path}/confirm", {"preparationTime": 15}).status == 202
    assert call("POST", f"{path}/confirm").status == 422
    assert call("POST", f"{path}/dispatch").status == 202
    assert call("POST", f"{path}/delivered").status == 202
    assert app.order_state(order_id) == "DELIVERED"


def test_a_merchant_cancels_with_a_code(app, call, order_id):
    """Denying an order is cancelling it before its confirmation."""
    path = f"/v1/orders/{order_id}/requestCancellation"
    assert call("POST", path, {"reason": "no", "code": "TIRED"}).status == 400
    body = {"reason": "no lettuce", "code": "UNAVAILABLE_ITEM", "mode": "AUTO"}
    assert call("POST", path, body).status == 202
    assert call("POST", path, body).status == 422
    assert [d.decision for d in app.decisions()] == ["cancelled_by_merchant"]


def test_a_customer_cancels_at_once_or_asks(app, call, order, order_id):
    """After the confirmation it is a question that is accepted or denied."""
    other = app.place({**order.payload, "id": "other"})
    early = app.place({**order.payload, "id": "early"})
    app.cancel_by_customer(early)
    assert app.order_state(early) == "CANCELLED"
    for id_ in (order_id, other):
        call("POST", f"/v1/orders/{id_}/confirm")
        app.cancel_by_customer(id_)
        assert app.order_state(id_) == "CANCELLATION_ASKED"
    assert call("POST", f"/v1/orders/{order_id}/acceptCancellation").status == 202
    denial = {"reason": "on its way", "code": "DISH_ALREADY_DONE"}
    assert call("POST", f"/v1/orders/{other}/denyCancellation", denial).status == 202
    assert (app.order_state(order_id), app.order_state(other)) == ("CANCELLED", "CONFIRMED")


def test_an_order_that_nobody_confirms_is_cancelled(app, inbox, order_id, clock):
    """After eight minutes here."""
    app.tick()
    clock.advance(seconds=480)
    app.tick()
    assert app.order_state(order_id) == "CANCELLED"
    assert inbox.bodies()[-1]["eventType"] == "CANCELLED"


def test_merchants_open_and_close(app, call):
    """Anything else is a bad request."""
    closed = {"merchantStatus": "UNAVAILABLE"}
    assert call("POST", "/v1/merchantUpdate/m1", closed).status == 204
    for wrong in ({"merchantStatus": "X"}, {"status": "AVAILABLE"}, {"entityType": "SERVICE"}):
        assert call("POST", "/v1/merchantUpdate/m1", wrong).status == 400
    assert app.merchant_status == {"m1": "UNAVAILABLE"}


def test_calls_need_a_token_that_is_alive(app, caller, call, order_id, clock):
    """An hour, then another one."""
    assert caller(app)("GET", f"/v1/orders/{order_id}").status == 401
    clock.advance(seconds=3600)
    assert call("GET", f"/v1/orders/{order_id}").status == 401
