"""DoorDash Drive: quotes, deliveries under ids of ours, couriers' journeys."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest

from simulators.channels.doordash.simulator import LOCAL_SIGNING_SECRET
from simulators.couriers.doordash_drive import DoorDashDrive

WANTED = {
    "external_delivery_id": "order-1",
    "pickup_external_store_id": "store-001",
    "dropoff_address": "1 Main St",
    "dropoff_phone_number": "+15555550100",
    "order_value": 1250,
}


def _part(value: dict) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def token(now_s: int) -> str:
    claims = {"aud": "doordash", "iss": "dev-local", "kid": "key-local", "iat": now_s}
    signed = (
        f"{_part({'alg': 'HS256', 'dd-ver': 'DD-JWT-V1'})}.{_part({**claims, 'exp': now_s + 300})}"
    )
    secret = base64.urlsafe_b64decode(LOCAL_SIGNING_SECRET)
    digest = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


@pytest.fixture
def drive(host) -> DoorDashDrive:
    return DoorDashDrive(**host)


@pytest.fixture
def call(drive, caller, clock):
    return caller(drive, authorization=f"Bearer {token(clock() // 1000)}")


def test_a_quote_is_accepted_within_five_minutes(call, clock):
    """Later it has expired."""
    assert call("POST", "/drive/v2/quotes", WANTED).json()["fee"] == 695
    accepted = call("POST", "/drive/v2/quotes/order-1/accept")
    assert accepted.json()["delivery_status"] == "created"
    call("POST", "/drive/v2/quotes", {**WANTED, "external_delivery_id": "order-2"})
    clock.advance(seconds=301)
    call.headers["authorization"] = f"Bearer {token(clock() // 1000)}"
    assert call("POST", "/drive/v2/quotes/order-2/accept").status == 422
    assert call("POST", "/drive/v2/quotes/order-3/accept").status == 404


def test_an_id_makes_one_delivery(call, drive):
    """A second request is told so, and the delivery can be read."""
    assert call("POST", "/drive/v2/deliveries", WANTED).status == 200
    again = call("POST", "/drive/v2/deliveries", WANTED)
    assert (again.status, again.json()["code"]) == (409, "duplicate_delivery_id")
    assert call("POST", "/drive/v2/quotes", WANTED).status == 409
    read = call("GET", "/drive/v2/deliveries/order-1").json()
    assert read["external_delivery_id"] == "order-1"
    assert len(drive.deliveries()) == 1


def test_a_courier_keeps_the_times_and_each_step_is_a_webhook(call, drive, inbox, clock):
    """With Basic credentials."""
    call("POST", "/drive/v2/deliveries", WANTED)
    clock.advance(seconds=1500)
    drive.tick()
    assert [body["event_name"] for body in inbox.bodies()] == [
        "DASHER_CONFIRMED",
        "DASHER_CONFIRMED_PICKUP_ARRIVAL",
        "DASHER_PICKED_UP",
        "DASHER_DROPPED_OFF",
    ]
    assert inbox.received[0].headers["Authorization"] == "Basic ZHJpdmU6bG9jYWwtcGFzc3dvcmQ="


def test_a_delivery_is_cancelled_until_it_is_picked_up(call, drive, clock):
    """After that it arrives."""
    call("POST", "/drive/v2/deliveries", WANTED)
    assert call("PUT", "/drive/v2/deliveries/order-1/cancel").status == 200
    assert call("PUT", "/drive/v2/deliveries/order-1/cancel").status == 400
    call("POST", "/drive/v2/deliveries", {**WANTED, "external_delivery_id": "order-2"})
    clock.advance(seconds=720)
    drive.tick()
    call.headers["authorization"] = f"Bearer {token(clock() // 1000)}"
    assert call("PUT", "/drive/v2/deliveries/order-2/cancel").status == 400


@pytest.mark.parametrize(
    "change",
    [
        {"external_delivery_id": "with spaces"},
        {"dropoff_address": ""},
        {"dropoff_phone_number": None},
        {"order_value": 12.5},
    ],
)
def test_a_wrong_delivery_is_refused(call, drive, change):
    """Nothing is stored."""
    assert call("POST", "/drive/v2/deliveries", {**WANTED, **change}).status == 400
    assert drive.deliveries() == []


def test_without_couriers_there_is_no_delivery(call, drive):
    """Said in the quote already."""
    drive.without_couriers = True
    assert call("POST", "/drive/v2/quotes", WANTED).status == 422
    assert call("POST", "/drive/v2/deliveries", WANTED).status == 422


def test_calls_need_a_token_and_are_counted(call, drive, caller):
    """300 a minute."""
    assert caller(drive)("GET", "/drive/v2/deliveries/x").status == 401
    statuses = [call("GET", "/drive/v2/deliveries/x").status for _ in range(301)]
    assert (statuses[299], statuses[300]) == (404, 429)
