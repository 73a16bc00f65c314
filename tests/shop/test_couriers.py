"""Couriers for our own shop: asked for once, cancelled in time, followed on their way."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.adapters.secrets import Secrets, VendorSecrets
from chalicelib.channels.base import SignatureInvalid
from chalicelib.couriers.base import CourierRefused, CourierUnavailable, QuoteGone
from chalicelib.domain.fulfilment import Journey, Person
from chalicelib.domain.money import Money

ADA = Person(name="Ada", phone="+15555550100", street="1 Main St", city="Oakland")
VALUE, TIP = Money(1250, "USD"), Money(200, "USD")


def come(vendors: Any, delivery_id: str) -> None:
    vendors.drive.quote(delivery_id, "store-001", ADA, VALUE)
    vendors.drive.accept(delivery_id, TIP)


def test_a_courier_is_asked_for_once(vendors: Any) -> None:
    """The second time the first delivery is read."""
    quote = vendors.drive.quote("o-1", "store-001", ADA, VALUE)
    assert (quote.fee, quote.journey) == (Money(695, "USD"), None)
    first = vendors.drive.accept("o-1", TIP)
    assert first.journey is Journey.CREATED
    assert vendors.drive.accept("o-1", TIP) == first
    assert vendors.drive.quote("o-1", "store-001", ADA, VALUE) == first
    assert vendors.drive.find("o-1", "USD") == first
    assert vendors.drive.find("o-2", "USD") is None
    [delivery] = vendors.world.drive.deliveries()
    assert delivery["dropoff_address"] == "1 Main St, Oakland"
    assert delivery["tip"] == 200


def test_a_lost_answer_is_settled_by_the_same_call(vendors: Any) -> None:
    """Committed, but answered 500."""
    vendors.world.drive.faults.add("AcceptQuote", "error_after_commit")
    with pytest.raises(CourierUnavailable):
        come(vendors, "o-1")
    come(vendors, "o-1")
    assert len(vendors.world.drive.deliveries()) == 1


def test_nobody_comes(vendors: Any) -> None:
    """Said by the quote."""
    vendors.world.drive.without_couriers = True
    with pytest.raises(CourierRefused):
        vendors.drive.quote("o-1", "store-001", ADA, VALUE)


def test_a_quote_is_good_for_five_minutes(vendors: Any) -> None:
    """After that another one is asked for; so is one that never was."""
    vendors.drive.quote("o-1", "store-001", ADA, VALUE)
    vendors.advance(seconds=301)
    for name in ("o-1", "o-2"):
        with pytest.raises(QuoteGone):
            vendors.drive.accept(name, TIP)
    come(vendors, "o-1")


def test_a_courier_is_sent_away_until_the_food_is_in_the_bag(vendors: Any) -> None:
    """Twice is once; one that never was asked for needs nothing."""
    come(vendors, "o-1")
    for _ in range(2):
        vendors.drive.cancel("o-1")
    vendors.drive.cancel("o-never")
    come(vendors, "o-2")
    vendors.advance(seconds=800)
    with pytest.raises(CourierRefused):
        vendors.drive.cancel("o-2")


def test_the_way_is_told_by_webhooks_with_our_credentials(vendors: Any) -> None:
    """Others are refused; news that change nothing are read as none."""
    come(vendors, "o-1")
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
