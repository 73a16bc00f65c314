"""Couriers for our own shop: asked for once, cancelled in time, followed on their way."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.adapters.secrets import Secrets, VendorSecrets
from chalicelib.channels.base import SignatureInvalid
from chalicelib.couriers.base import CourierRefused, CourierUnavailable, Journey
from chalicelib.domain.fulfilment import Person
from chalicelib.domain.money import Money

ADA = Person(name="Ada", phone="+15555550100", street="1 Main St", city="Oakland")
VALUE, TIP = Money(1250, "USD"), Money(200, "USD")


def test_a_courier_is_asked_for_once(vendors: Any) -> None:
    """The second time the first delivery is read."""
    assert vendors.drive.quote("o-1", "store-001", ADA, VALUE).fee == Money(695, "USD")
    first = vendors.drive.send_for("o-1", "store-001", ADA, VALUE, TIP)
    assert vendors.drive.send_for("o-1", "store-001", ADA, VALUE, TIP) == first
    [delivery] = vendors.world.drive.deliveries()
    assert delivery["dropoff_address"] == "1 Main St, Oakland"
    assert delivery["tip"] == 200


def test_a_lost_answer_is_settled_by_the_same_call(vendors: Any) -> None:
    """Committed, but answered 500."""
    vendors.world.drive.faults.add("CreateDelivery", "error_after_commit")
    with pytest.raises(CourierUnavailable):
        vendors.drive.send_for("o-1", "store-001", ADA, VALUE, TIP)
    vendors.drive.send_for("o-1", "store-001", ADA, VALUE, TIP)
    assert len(vendors.world.drive.deliveries()) == 1


def test_nobody_comes(vendors: Any) -> None:
    """Said by the quote, and by the delivery itself."""
    vendors.world.drive.without_couriers = True
    with pytest.raises(CourierRefused):
        vendors.drive.quote("o-1", "store-001", ADA, VALUE)
    with pytest.raises(CourierRefused):
        vendors.drive.send_for("o-1", "store-001", ADA, VALUE, TIP)


def test_a_courier_is_sent_away_until_the_food_is_in_the_bag(vendors: Any) -> None:
    """Twice is once; one that never was asked for needs nothing."""
    vendors.drive.send_for("o-1", "store-001", ADA, VALUE, TIP)
    for _ in range(2):
        vendors.drive.cancel("o-1")
    vendors.drive.cancel("o-never")
    vendors.drive.send_for("o-2", "store-001", ADA, VALUE, TIP)
    vendors.advance(seconds=800)
    with pytest.raises(CourierRefused):
        vendors.drive.cancel("o-2")


def test_the_way_is_told_by_webhooks_with_our_credentials(vendors: Any) -> None:
    """Others are refused; news that change nothing are read as none."""
    vendors.drive.send_for("o-1", "store-001", ADA, VALUE, TIP)
    vendors.advance(seconds=1500)
    known = Secrets(VendorSecrets({"drive_webhook_credentials": "drive:local-password"}))
    told = [
        vendors.drive.read_webhook(*vendors.webhook(number), known).journey
        for number in range(len(vendors.webhooks))
    ]
    assert told == [
        Journey.CONFIRMED, Journey.AT_PICKUP, Journey.PICKED_UP, Journey.DELIVERED,
    ]  # fmt: skip
    headers, body = vendors.webhook()
    with pytest.raises(SignatureInvalid):
        vendors.drive.read_webhook({"authorization": "Basic x"}, body, known)
    other = json.dumps({"event_name": "DASHER_ENROUTE", "external_delivery_id": "o-1"}).encode()
    assert vendors.drive.read_webhook(headers, other, known) is None
