"""Faults on request: by method and over HTTP, for requests and for webhooks."""

from __future__ import annotations

import json

import pytest

from simulators.faults import FaultPlan
from simulators.menu import UBER_EATS, make_stores, pos_id
from simulators.orders import OrderGenerator

LOCATION = make_stores(1)[0].location_id


def create(call, key="k", reference="r"):
    items = [{"quantity": "1", "catalog_object_id": pos_id("fries")}]
    order = {"location_id": LOCATION, "reference_id": reference, "line_items": items}
    return call("POST", "/v2/orders", {"idempotency_key": key, "order": order})


def test_error_before_commit_changes_nothing_and_passes(call, square):
    """The retry succeeds and makes the only order."""
    square.faults.add("CreateOrder", "error_before_commit", times=2, status=503)
    assert [create(call).status for _ in range(3)] == [503, 503, 200]
    assert len(square.orders()) == 1


def test_error_after_commit_leaves_the_order_behind(call, square):
    """The client sees 500; the same key then returns the order that was made."""
    square.faults.add("CreateOrder", "error_after_commit")
    failed = create(call)
    assert (failed.status, failed.code) == (500, "INTERNAL_SERVER_ERROR")
    [left] = square.orders()
    assert create(call).json()["order"]["id"] == left["id"]
    assert len(square.orders()) == 1


def test_rate_limit_has_the_vendors_shape(call, uber, caller, square):
    """Square names a category and a code, Uber has its own error object."""
    square.faults.add("CreateOrder", "rate_limited")
    uber.faults.add("GetToken", "rate_limited")
    limited = create(call)
    error = limited.json()["errors"][0]
    assert limited.status == 429
    assert (error["category"], error["code"]) == ("RATE_LIMIT_ERROR", "RATE_LIMITED")
    assert caller(uber)("POST", "/oauth/v2/token").json()["code"] == "too_many_requests"
    assert square.orders() == []


def test_slow_success_commits_and_then_keeps_the_client_waiting(call, square, slept):
    """The state has changed by the time that a client gives up."""
    square.faults.add("CreateOrder", "slow_success", seconds=12)
    assert create(call).status == 200
    assert slept == [12]
    assert len(square.orders()) == 1


def test_fault_hits_only_its_operation(call, square):
    """Others go on as ever."""
    square.faults.add("CreatePayment", "rate_limited")
    assert create(call).status == 200
    assert square.faults.describe()[0]["times"] == 1


def test_unauthorized_makes_a_good_token_bad_once(call, square):
    """Token expiry in the middle of the day."""
    square.faults.add("*", "unauthorized")
    assert [create(call).status for _ in range(2)] == [401, 200]


def test_faults_are_steered_over_http(call, square):
    """POST adds one or several, GET shows, DELETE clears; no token is needed."""
    fault = {"operation": "CreateOrder", "fault": "error_before_commit", "times": 3}
    shown = call("POST", "/_control/faults", fault).json()["faults"]
    assert [(entry["fault"], entry["times"]) for entry in shown] == [("error_before_commit", 3)]
    assert create(call).status == 500
    both = [{"fault": "rate_limited"}, {"operation": "*", "mix": {"slow_success": 0.5}}]
    assert len(call("POST", "/_control/faults", both).json()["faults"]) == 3
    assert call("GET", "/_control/state").json()["faults_taken"] == {"error_before_commit": 1}
    assert call("DELETE", "/_control/faults").json() == {"faults": []}
    assert create(call).status == 200


@pytest.mark.parametrize(
    "wanted",
    [
        {"fault": "meteor"},
        {"fault": "rate_limited", "times": 0},
        {"fault": "rate_limited", "times": 1.5},
        {"fault": "rate_limited", "probability": 2},
        {"fault": "error_before_commit", "status": 200},
        {"fault": "slow_success", "seconds": -1},
        {"fault": "rate_limited", "colour": "red"},
        {"mix": {"meteor": 0.5}},
        "rate_limited",
        {},
    ],
)
def test_unusable_faults_are_refused(call, wanted):
    """A typing mistake must not look like a quiet day."""
    reply = call("POST", "/_control/faults", wanted)
    assert reply.status == 400
    assert reply.json()["error"]
    assert call("GET", "/_control/faults").json() == {"faults": []}


def test_unknown_control_endpoints_are_404(call):
    """With a text that names the endpoint."""
    assert "/_control/nothing" in call("GET", "/_control/nothing").json()["error"]
    assert call("PUT", "/_control/faults").status == 405


def test_random_mix_depends_on_the_seed_alone():
    """Two plans of one seed agree; another seed differs; the share is about what was asked."""

    def outcome(seed):
        plan = FaultPlan(seed)
        plan.add_mix({"rate_limited": 0.1, "error_after_commit": 0.1})
        kinds = ("rate_limited", "error_after_commit")
        return [fault.fault if (fault := plan.take("X", kinds)) else "" for _ in range(1000)]

    assert outcome(1) == outcome(1)
    assert outcome(1) != outcome(2)
    assert 50 < outcome(1).count("rate_limited") < 150


def test_duplicate_webhook_is_the_same_event_twice(call, square, inbox):
    """Receivers see one event_id two times."""
    square.faults.add("order.created", "duplicate_webhook")
    create(call)
    square.tick()
    assert len(inbox.received) == 2
    assert inbox.received[0] == inbox.received[1]


def test_bad_signature_webhook_comes_besides_the_genuine_one(call, square, inbox):
    """The forged copy has the same body, does not verify, and is not sent again when refused."""
    square.faults.add("order.created", "bad_signature_webhook")
    inbox.statuses = [401]
    create(call)
    assert square.tick() is None
    forged, genuine = inbox.received
    name = "x-square-hmacsha256-signature"
    assert forged.body == genuine.body
    assert forged.headers[name] != genuine.headers[name]
    assert [sent.genuine for sent in square.sent] == [False, True]


def test_forged_doordash_webhook_does_not_decide_the_order(doordash, inbox, clock):
    """Its refusal is not the partner's answer."""
    doordash.faults.add("OrderCreate", "bad_signature_webhook")
    inbox.statuses = [401, 202]
    order_id = doordash.place(OrderGenerator(channels=["doordash"]).order(0, clock()).payload)
    doordash.tick()
    assert doordash.order_state(order_id) == "AWAITING_CONFIRMATION"
    assert inbox.received[0].headers["Authorization"] == "not-the-token"


def place_and_cancel(uber, clock):
    order_id = uber.place(OrderGenerator(channels=[UBER_EATS]).order(0, clock()).payload)
    clock.advance(seconds=2)
    uber.tick()
    uber.cancel_by_customer(order_id)
    uber.tick()


def test_out_of_order_webhook_is_overtaken_by_the_next_of_its_order(uber, inbox, clock):
    """The cancellation arrives before the order it is about."""
    uber.faults.add("orders.notification", "out_of_order_webhook")
    place_and_cancel(uber, clock)
    events = [body["event_type"] for body in inbox.bodies()]
    assert events == ["orders.cancel", "orders.notification"]


def test_out_of_order_webhook_that_nothing_overtakes_comes_late(uber, inbox, clock):
    """It is not lost."""
    uber.faults.add("orders.notification", "out_of_order_webhook", seconds=30)
    uber.place(OrderGenerator(channels=[UBER_EATS]).order(0, clock()).payload)
    uber.tick()
    assert inbox.received == []
    clock.advance(seconds=30)
    uber.tick()
    assert len(inbox.received) == 1


def test_late_webhook_is_late(uber, inbox, clock):
    """By the seconds asked for, whatever comes after it."""
    uber.faults.add("orders.notification", "late_webhook", seconds=5)
    place_and_cancel(uber, clock)
    assert [body["event_type"] for body in inbox.bodies()] == ["orders.cancel"]
    clock.advance(seconds=3)
    uber.tick()
    assert json.loads(inbox.received[-1].body)["event_type"] == "orders.notification"
