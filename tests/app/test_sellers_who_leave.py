"""Owners take the app out, and vendors say so in words that may be wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.adapters.errors import AwsUnavailable
from chalicelib.pos.base import SellerGone
from chalicelib.sellers.gone import note_gone
from tests.app.stand_ins import Bus, Steps
from tests.app.test_sellers import CLOVER, SQUARE, Account, answered

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def account() -> Iterator[Account]:
    """Both vendors answer."""
    with answered() as made:
        yield made


def throttled(*_: Any) -> None:
    raise AwsUnavailable("ThrottlingException")


def test_a_word_from_the_future_is_none_of_the_next_connection(account: Account) -> None:
    """It is one from now, and comes too late when it comes again."""
    account.join("square", SQUARE)
    for gone_ms, is_known in ((account.clock() + 10**12, True), (account.clock(), False)):
        if not is_known:
            account.clock.advance(5)
            account.join("square", SQUARE)
        note_gone(account.services, "square", SellerGone(SQUARE, gone_ms))
        assert bool(account.token("square", SQUARE).revoked_ms) is is_known


def test_a_seller_who_cannot_be_written_down_holds_no_orders_up(
    account: Account, monkeypatch: Any
) -> None:
    """Clover's webhook is about many merchants at once."""
    account.join("clover", CLOVER)
    webhook = account.leave("clover")
    bus = Bus(Steps())
    body = json.loads(webhook.body)
    body["merchants"]["OTHER"] = [{"objectId": "O:ORDER1", "type": "UPDATE", "ts": 1}]
    webhook = replace(webhook, body=json.dumps(body).encode())
    monkeypatch.setitem(vars(account.services), "default_bus", bus)
    monkeypatch.setattr(account.tokens, "replace", throttled)
    assert account.hear("clover", webhook) == 503
    assert [event.data["posOrderId"] for event in bus.events] == ["ORDER1"]
    body["merchants"]["OTHER"] = ["no object"]
    webhook = replace(webhook, body=json.dumps(body).encode())
    assert account.hear("clover", webhook) == 503  # the seller's part can be read
