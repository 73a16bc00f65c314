"""What every delivery partner's module must do, whatever the partner's API looks like."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.adapters.http import HttpReply, VendorHttp
from chalicelib.adapters.secrets import Secrets, VendorSecrets
from chalicelib.channels.base import (
    OrderNotShown,
    PartnerRefused,
    PartnerUnavailable,
    SignatureInvalid,
)
from chalicelib.domain.commands import NoticeKind
from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.money import Money
from chalicelib.domain.refusal import Reason, Refusal, RefusedItem

ACCEPT = {
    "uber_eats": "AcceptOrder",
    "doordash": "ConfirmOrder",
    "deliveroo": "UpdateOrder",
    "open_delivery": "Order_confirm",
}
DENY = {
    "uber_eats": "DenyOrder",
    "doordash": "ConfirmOrder",
    "deliveroo": "UpdateOrder",
    "open_delivery": "RequestCancellation",
}
ACCEPTED = {
    "uber_eats": ["accepted"],
    "doordash": ["accepted"],
    "deliveroo": ["accepted"],
    "open_delivery": ["confirmed"],
}
DENIED = {
    "uber_eats": ["denied"],
    "doordash": ["denied"],
    "deliveroo": ["rejected"],
    "open_delivery": ["cancelled_by_merchant"],
}
READY_MS = 1_800_000_900_000


@pytest.mark.parametrize("number", range(12))
def test_a_placed_order_is_read_to_the_cent(partner: Any, number: int) -> None:
    """Lines with everything under them add up to what the partner says that goods cost."""
    placed = partner.place(number)
    order = partner.order()
    assert partner.notice().kind is NoticeKind.ORDER
    assert order.lines_total == order.subtotal == Money(placed.subtotal, "USD")
    assert order.channel_store_id == partner.shop.channel_store_id(partner.name)
    assert [line.quantity for line in order.lines] == [line.quantity for line in placed.lines]


def test_an_acceptance_reaches_the_partner_once(partner: Any) -> None:
    """Said again, it changes nothing and is no error."""
    record = partner.record()
    partner.channel.accept(record, READY_MS)
    partner.channel.accept(record.answering(partner.at_ms), READY_MS)
    assert partner.decisions() == ACCEPTED[partner.name]


def test_an_answer_that_was_lost_is_said_again(partner: Any) -> None:
    """Committed, but answered 500: the retry finds it decided as we wanted."""
    record = partner.record()
    partner.simulator.faults.add(ACCEPT[partner.name], "error_after_commit")
    with pytest.raises(PartnerUnavailable):
        partner.channel.accept(record, READY_MS)
    partner.channel.accept(record.answering(partner.at_ms), READY_MS)
    assert partner.decisions() == ACCEPTED[partner.name]


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_words_that_the_partner_takes(partner: Any, reason: Reason) -> None:
    """Codes are checked by the partner; none of ours may be unknown there."""
    record = partner.record()
    items = (RefusedItem("fries", "Fries"),) if reason is Reason.OUT_OF_STOCK else ()
    refusal = Refusal(reason, "a sentence", items)
    denied = record.reject(refusal, partner.at_ms)
    partner.channel.deny(denied)
    partner.channel.deny(denied.answering(partner.at_ms))
    assert partner.decisions() == DENIED[partner.name]


def test_a_denial_that_was_lost_is_said_again(partner: Any) -> None:
    """As with acceptances."""
    record = partner.record().reject(Refusal(Reason.BUSY, "too much to do"), partner.at_ms)
    partner.simulator.faults.add(DENY[partner.name], "error_after_commit")
    with pytest.raises(PartnerUnavailable):
        partner.channel.deny(record)
    partner.channel.deny(record.answering(partner.at_ms))
    assert partner.decisions() == DENIED[partner.name]


def test_an_answer_to_an_order_that_is_over_is_refused(partner: Any) -> None:
    """The customer was faster, or nobody decided in time."""
    record = partner.record()
    partner.advance(seconds=700)
    with pytest.raises(PartnerRefused):
        partner.channel.accept(record, READY_MS)


def test_an_accepted_order_is_taken_back_where_the_partner_lets_us(partner: Any) -> None:
    """Deliveroo does not: staff must phone, and are told so."""
    record = partner.record()
    partner.channel.accept(record, READY_MS)
    refusal = Refusal(Reason.KITCHEN_CANCELLED, "the kitchen cannot make it")
    if partner.name == "deliveroo":
        with pytest.raises(PartnerRefused, match="by API"):
            partner.channel.cancel(record, refusal)
        return
    partner.channel.cancel(record, refusal)
    partner.channel.cancel(record, refusal)
    assert partner.decisions() == [*ACCEPTED[partner.name], "cancelled_by_merchant"]


def test_a_cancellation_is_understood_and_agreed_to(partner: Any) -> None:
    """It names the same order as the order's own webhook did."""
    record = partner.record()
    partner.channel.accept(record, READY_MS)
    partner.simulator.cancel_by_customer(record.order_id)
    partner.simulator.tick()
    notice = partner.notice()
    assert (notice.kind, notice.key) == (NoticeKind.CANCELLATION, record.key)
    partner.channel.agree_to_cancel(record)
    partner.channel.agree_to_cancel(record)
    assert "cancelled_by_customer" in partner.decisions()


def test_an_order_that_the_partner_does_not_know_is_told_from_a_refusal(partner: Any) -> None:
    """Many forget an order after a while: that says nothing about it."""
    if not partner.channel.polls:
        pytest.skip("cannot be asked for an order")
    partner.place()
    forgotten = replace(partner.notice(), order_id="none-of-theirs")
    with pytest.raises(OrderNotShown):
        partner.channel.order_payload(forgotten, b"")
    refused = partner.channel._api._http
    partner.channel._api._http = Refusing()
    with pytest.raises(PartnerRefused) as error:
        partner.channel.order_payload(partner.notice(), b"")
    partner.channel._api._http = refused
    assert not isinstance(error.value, OrderNotShown)


class Refusing:
    """A vendor that lets nobody in."""

    def call(self, *_: Any, **__: Any) -> HttpReply:
        return HttpReply(403, b"{}")


def test_forged_webhooks_are_refused_and_old_secrets_open_during_a_rotation(partner: Any) -> None:
    """Signatures are over raw bytes: a space more and they do not fit."""
    partner.place()
    headers, body = partner.webhook()
    names = (
        "uber_client_secret",
        "doordash_webhook_token",
        "deliveroo_webhook_secret",
        "open_delivery_client_secret",
    )
    new = VendorSecrets(dict.fromkeys(names, "new"))
    old = VendorSecrets(
        {
            "uber_client_secret": "uber-local-secret",
            "doordash_webhook_token": "doordash-local-token",
            "deliveroo_webhook_secret": "deliveroo-local-webhook-secret",
            "open_delivery_client_secret": "open-delivery-local-secret",
        }
    )
    partner.channel.verify(headers, body, Secrets(new, lambda: iter([old])))
    with pytest.raises(SignatureInvalid):
        partner.channel.verify(headers, body, Secrets(new))
    with pytest.raises(SignatureInvalid):
        partner.channel.verify({}, body, Secrets(old))
    if partner.name != "doordash":  # whose token says nothing about the body
        with pytest.raises(SignatureInvalid):
            partner.channel.verify(headers, body + b" ", Secrets(old))


def test_a_limit_says_come_back(partner: Any) -> None:
    """Nothing was decided."""
    record = partner.record()
    partner.simulator.faults.add(ACCEPT[partner.name], "rate_limited")
    with pytest.raises(PartnerUnavailable):
        partner.channel.accept(record, READY_MS)
    assert partner.decisions() == []


def test_a_revoked_token_is_renewed_once(partner: Any) -> None:
    """The call goes through; DoorDash's tokens are our own."""
    record = partner.record()
    if partner.name != "doordash":
        partner.channel.open_orders(record.channel_store_id)
        partner.simulator.tokens.revoke()
    partner.channel.accept(record, READY_MS)
    assert partner.decisions() == ACCEPTED[partner.name]


@pytest.mark.parametrize(
    "broken", [b"{}", b'{"event": 5}', b'{"event_type": "orders.notification"}']
)
def test_webhooks_that_say_nothing_are_invalid_or_ignored(partner: Any, broken: bytes) -> None:
    """Never an error of another kind: whoever signs can still send nonsense."""
    try:
        notice = partner.channel.read_notice({}, json.loads(broken))
    except InvalidPayload:
        return
    assert notice.kind is NoticeKind.IGNORED


def test_unanswered_orders_can_be_asked_for(partner: Any) -> None:
    """Where the partner can be asked: what a webhook should have brought."""
    record = partner.record()
    other = partner.record(1)
    partner.channel.accept(other, READY_MS)
    store_id = record.channel_store_id
    shown = partner.channel.open_orders(store_id)
    missed = [notice.order_id for notice in shown if notice.kind is NoticeKind.ORDER]
    expected = [] if partner.name in ("doordash", "open_delivery") else [record.order_id]
    assert missed == expected


@pytest.mark.parametrize("where", [[], {}, None, 7, ["ACCEPTED"]])
def test_an_order_that_stands_nowhere_is_no_echo_of_an_answer(
    partner: Any, monkeypatch: pytest.MonkeyPatch, where: Any
) -> None:
    """A refused answer is read back, and what is read may mean nothing."""
    record = partner.record()
    partner.channel.accept(record, partner.at_ms)
    states = dict.fromkeys(("status", "lastEvent", "current_state"), where)
    replies = {"GET": HttpReply(200, json.dumps(states).encode())}
    monkeypatch.setattr(
        VendorHttp, "call", lambda _, method, *__, **___: replies.get(method, HttpReply(409, b"{}"))
    )
    with pytest.raises(PartnerRefused):
        partner.channel.accept(record, partner.at_ms)
