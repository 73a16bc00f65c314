"""A day of our own shop on which everything happens that its functions have code for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.checkout_table import CheckoutTable
from chalicelib.adapters.errors import AwsUnavailable
from chalicelib.adapters.mail import Mail, MailNotSent
from chalicelib.adapters.queues import Queues
from chalicelib.domain.events import Event
from chalicelib.shop import dispatch, saga
from tests.pipeline.shop_steps import check_out

if TYPE_CHECKING:
    import pytest

    from tests.pipeline.conftest import Street


def our_shop(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let customers check out, and let everything go well and wrong."""
    # Minutes instead of a quarter of an hour, and of an hour: every minute has its sweep.
    monkeypatch.setattr(dispatch, "COURIER_WITHIN_MS", 120_000)
    monkeypatch.setattr(saga, "TELL_STAFF_MS", 60_000)
    _a_store_closes_and_opens(street)
    _good_and_bad_orders(street)
    _cancellations(street)
    _the_bank_lets_go(street)
    _nobody_comes(street)
    _callbacks_that_get_lost(street, monkeypatch)
    _tables_down(street, monkeypatch)
    _mails_that_wait(street, monkeypatch)
    _wakes_that_get_lost(street, monkeypatch)
    street.go(seconds=300, step=60)


def _a_store_closes_and_opens(street: Street) -> None:
    store = street.world.generator.stores[2]
    circuit = {"name": {"S": f"circuit#{store.pos}#{store.location_id}"}}
    limits = street.offline.client("dynamodb")
    for kind in ("store.offline", "store.online"):
        limits.delete_item(TableName="limits", Key=circuit)
        if kind == "store.offline":
            until = {"paused_until_ms": {"N": str(street.world.now_ms() + 60_000)}}
            limits.put_item(TableName="limits", Item=circuit | until)
        data = {"channels": {"shop": "store-003"}}
        event = Event(kind, kind, "store-003", street.world.now_ms(), data)
        body = json.dumps({"detail-type": kind, "detail": event.to_detail()})
        _send(street, "channel-callbacks", body)
        street.settle()


def _send(street: Street, queue: str, body: str) -> None:
    sqs = street.offline.client("sqs")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=body)


def _good_and_bad_orders(street: Street) -> None:
    check_out(street, number=1, carried=True)
    check_out(street, number=2, payment_method="pm_card_chargeDeclined")
    street.world.stripe.faults.add("CreateIntent", "rate_limited", times=1)
    street.world.drive.faults.add("CreateQuote", "rate_limited", times=1)
    check_out(street, number=3, carried=True)
    street.settle()


def _cancellations(street: Street) -> None:
    """Before anything is paid, while the kitchen makes it, and by the kitchen."""
    street.world.stripe.faults.add("CreateIntent", "rate_limited", times=2)
    early = check_out(street, number=4)
    street.world.shop.cancel(early)
    street.world.tick()
    late = check_out(street, number=5, carried=True)
    street.settle()
    street.world.shop.cancel(late)
    street.settle()


def _the_bank_lets_go(street: Street) -> None:
    """The kitchen has the ticket and a courier comes, and the money is gone."""
    stripe = street.world.stripe
    stripe.faults.add("CaptureIntent", "rate_limited", times=2)
    check_out(street, number=6, carried=True)
    street.offline.advance(seconds=0.5, raise_errors=False)
    stripe.void(stripe.intents()[-1]["id"])
    street.settle()
    street.go(seconds=240, step=30)


def _nobody_comes(street: Street) -> None:
    street.world.drive.without_couriers = True
    for number, wish in enumerate(("pickup", "cancel")):
        check_out(street, number=10 + number, carried=True, if_no_courier=wish)
    street.go(seconds=240, step=60)
    street.world.drive.without_couriers = False
    check_out(street, number=12, carried=True)
    street.settle()
    street.go(seconds=780, step=120)  # the food is in the bag
    street.world.drive.desert(street.world.drive.deliveries()[-1]["external_delivery_id"])
    street.go(seconds=60, step=30)


def _callbacks_that_get_lost(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kitchen's answer never comes: place looks for it."""
    from chalicelib.channels.shop import Shop

    with monkeypatch.context() as patch:
        patch.setattr(Shop, "accept", lambda *_, **__: None)
        check_out(street, number=20, carried=True)
        street.settle()
    street.go(seconds=240, step=60)


def _tables_down(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each function holds its message back."""

    def down(*_: Any, **__: Any) -> None:
        raise AwsUnavailable("ThrottlingException")

    with monkeypatch.context() as patch:
        patch.setattr(CheckoutTable, "get", down)
        for queue in ("shop-payments", "shop-orders", "shop-couriers", "shop-messages"):
            _send(street, queue, '{"checkout_id": "nobody"}')
        street.offline.advance(seconds=1, raise_errors=False)
    street.settle()


def _mails_that_wait(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    """SES has stopped us: after an hour staff are told."""

    def paused(*_: Any, **__: Any) -> None:
        raise MailNotSent("SendingPausedException")

    with monkeypatch.context() as patch:
        patch.setattr(Mail, "send", paused)
        check_out(street, number=30, payment_method="pm_card_chargeDeclined")
        street.go(seconds=180, step=60)
    street.go(seconds=120, step=60)


def _wakes_that_get_lost(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them for a while: the sweep has to wake everybody."""
    send = Queues.send

    def lossy(self: Queues, queue: str, body: Any, delay_seconds: int = 0) -> None:
        if "checkout_id" not in body:
            send(self, queue, body, delay_seconds)

    with monkeypatch.context() as patch:
        patch.setattr(Queues, "send", lossy)
        check_out(street, number=40, carried=True)
        street.go(seconds=480, step=60)
