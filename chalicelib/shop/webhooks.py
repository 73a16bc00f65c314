"""Webhooks of payment provider and courier service: verified, queued, answered.

They are hints: the worker looks at the payment itself, and takes of a delivery only what leads on.
So one that comes late, twice or in the wrong order changes nothing. One that is lost costs time.
One that names no checkout of ours, whatever it says, is somebody else's at the same account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.channels.base import WebhookReply
from chalicelib.domain.checkout_duties import Step
from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.order import identifier
from chalicelib.ingest.webhooks import answered, count, refused
from chalicelib.shop.cart import CHECKOUT_ID
from chalicelib.shop.saga import queue_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.bootstrap import Services

MOST_DIGITS = 6
"""Of an attempt's number, at the end of a delivery's id."""
MOST_SHOWN = 100

FOLLOWED = frozenset(
    {
        "payment_intent.amount_capturable_updated",
        "payment_intent.succeeded",
        "payment_intent.canceled",
        "payment_intent.payment_failed",
    }
)


def receive_from_provider(
    services: Services, provider: str, headers: Mapping[str, str], body: bytes
) -> WebhookReply:
    """Take in a payment provider's webhook."""
    payments = services.payments
    if provider != payments.name:
        return refused(404, provider, "unknown payment provider")

    def take_in() -> WebhookReply:
        secrets = services.secrets.all()
        notice = payments.read_webhook(headers, body, secrets, services.now_ms())
        checkout_id = _checkout_id(notice.order_id)
        if checkout_id and notice.event_type in FOLLOWED:
            queue = queue_of(services.config.names, Step.PAY)
            news = {"checkout_id": checkout_id, "payment_id": _payment_id(notice.payment_id)}
            services.queues.send(queue, news)
        type_ = notice.event_type[:MOST_SHOWN]
        log.info("payment_webhook.received", type=type_, checkout=checkout_id)
        count(services, provider, is_refused=False)
        return WebhookReply(200)

    return answered(services, provider, take_in)


def receive_from_courier(
    services: Services, service: str, headers: Mapping[str, str], body: bytes
) -> WebhookReply:
    """Take in a courier service's webhook."""
    couriers = services.couriers
    if service != couriers.name:
        return refused(404, service, "unknown courier service")

    def take_in() -> WebhookReply:
        notice = couriers.read_webhook(headers, body, services.secrets.all())
        named, _, attempt = notice.delivery_id.rpartition(".") if notice else ("", "", "")
        checkout_id = _checkout_id(named) if len(attempt) <= MOST_DIGITS else ""
        if notice is not None and checkout_id:
            queue = queue_of(services.config.names, Step.COURIER)
            news = {
                "checkout_id": checkout_id,
                "delivery_id": notice.delivery_id,
                "journey": str(notice.journey),
            }
            services.queues.send(queue, news)
        log.info("courier_webhook.received", checkout=checkout_id)
        count(services, service, is_refused=False)
        return WebhookReply(200)

    return answered(services, service, take_in)


def _checkout_id(named: str) -> str:
    """Return the id of a checkout, "" for what cannot be one: no queue shall carry that."""
    return named if CHECKOUT_ID.fullmatch(named) else ""


def _payment_id(named: str) -> str:
    """Return the id of a payment; without one the worker looks at the checkout's own."""
    try:
        return identifier(named, "payment id")
    except InvalidPayload:
        return ""
