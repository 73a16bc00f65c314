"""Webhooks that were kept in an unusual way: unverified, in a file, or lost and asked for again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.channels.base import PartnerRefused, PartnerUnavailable, SignatureInvalid
from chalicelib.domain.errors import InvalidPayload
from chalicelib.ingest.durable import keep
from chalicelib.ingest.webhooks import take_in_verified, webhook_event
from chalicelib.orders.receive import body_of
from chalicelib.stores.reports import ask_for_items
from chalicelib.telemetry.metrics import put

if TYPE_CHECKING:
    from chalicelib.bootstrap import Services
    from chalicelib.domain.commands import (
        PollPartner,
        PollPartners,
        TakeInUnpublished,
        VerifyWebhook,
    )


def verify_webhook(services: Services, command: VerifyWebhook) -> None:
    """Verify what came while no secret was at hand; forgeries end here.

    SecretsUnavailable goes through to the queue: the webhook waits there until there is one.
    """
    channel = services.channels[command.channel]
    body = body_of(services, command.webhook)
    try:
        channel.verify(command.headers, body, services.secrets.all())
        take_in_verified(services, channel, command.headers, body, command.received_ms)
    except (SignatureInvalid, InvalidPayload) as error:
        log.warning("webhook.refused_later", channel=channel.name, reason=str(error))


def take_in_unpublished(services: Services, command: TakeInUnpublished) -> None:
    """Queue the webhook that could only be written to a file."""
    envelope = json.loads(services.files.read(command.file_key))
    services.queues.send(services.config.names.inbound_orders_queue, envelope)
    log.warning("ingest.taken_in_from_file", file=command.file_key)


def poll_partners(services: Services, command: PollPartners) -> None:  # noqa: ARG001 - uniform
    """Have every partner asked for every store, each by a message of its own."""
    polls = [
        {"poll": {"channel": channel, "store": channel_store_id}}
        for channel, channel_store_id, _ in services.stores.all()
        if channel in services.channels and services.channels[channel].polls
    ]
    services.queues.send_all(services.config.names.inbound_orders_queue, polls)


def poll_partner(services: Services, command: PollPartner) -> None:
    """Take in the orders that wait for us at a partner and that we do not know."""
    channel = services.channels[command.channel]
    try:
        notices = channel.open_orders(command.channel_store_id)
    except (PartnerUnavailable, PartnerRefused) as error:
        # The next poll comes in two minutes.
        log.warning("poll.failed", channel=command.channel, reason=str(error))
        return
    for notice in notices:
        if services.orders.get(notice.key) is None:
            log.warning("webhook.missed", order=notice.key)
            put(services.now_ms(), {"WebhooksMissed": 1}, {"channel": channel.name})
            # Without a body: whoever else sends fat webhooks has to fetch this one, too.
            keep(services, webhook_event(services, notice, b"", services.now_ms()))
    ask_for_items(services, channel, command.channel_store_id)
