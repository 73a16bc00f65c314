"""Webhooks that were kept in an unusual way: unverified, in a file, or lost and asked for again."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.adapters.files import FileTooLarge
from chalicelib.channels.base import PartnerRefused, PartnerUnavailable, SignatureInvalid
from chalicelib.domain.commands import TakeInUnpublished
from chalicelib.domain.errors import DomainError, InvalidPayload
from chalicelib.ingest.durable import UNPUBLISHED, keep
from chalicelib.ingest.webhooks import take_in_verified, webhook_event
from chalicelib.orders.receive import body_of
from chalicelib.stores.reports import ask_for_items
from chalicelib.telemetry.metrics import put

if TYPE_CHECKING:
    from typing import Any

    from chalicelib.bootstrap import Services
    from chalicelib.domain.commands import (
        PollPartner,
        PollPartners,
        VerifyWebhook,
    )


TAKEN_IN = "webhooks/taken-in/"
"""Where a file is kept after it was taken in, as long as all webhooks are."""

MOST_BYTES = 262_144
"""No file of ours is larger: a message of SQS's has to hold it."""

FILES_AT_A_TIME = 200
"""So many files one run has the time for; the next one comes in two minutes."""


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
    """Queue the webhook that could only be written to a file, and file it with those taken in.

    Whoever dies in between leaves it to be taken in twice, which changes nothing.
    """
    key = command.file_key
    try:
        content = services.files.read_at_most(key, MOST_BYTES)
        if content is None:
            log.info("ingest.file_is_gone", file=key)
            return
        envelope = _envelope(content)
    except (FileTooLarge, ValueError) as error:
        # It stays where it is, for people; no try of ours would ever read it.
        log.error("ingest.unreadable_file", file=key, reason=type(error).__name__)
        return
    services.queues.send(services.config.names.inbound_orders_queue, envelope)
    log.warning("ingest.taken_in_from_file", file=key)
    services.files.write(TAKEN_IN + key.removeprefix(UNPUBLISHED), content)
    services.files.delete(key)


def _envelope(content: bytes) -> dict[str, Any]:
    """Read an event as it was filed; ValueError when it is none."""
    envelope = json.loads(content)
    if not isinstance(envelope, dict) or not {"detail-type", "detail"} <= envelope.keys():
        raise ValueError("no event")
    return envelope


def take_in_what_is_left(services: Services) -> None:
    """Take in files whose function had used up its three tries: AWS was away for longer.

    One that cannot be taken in holds no other up.
    """
    failures: list[Exception] = []
    for key in islice(services.files.keys(UNPUBLISHED), FILES_AT_A_TIME):
        try:
            take_in_unpublished(services, TakeInUnpublished(key))
        except DomainError as error:
            log.error("ingest.not_taken_in", file=key, reason=str(error))
            failures.append(error)
    if failures:
        raise ExceptionGroup("what could not be taken in", failures)


def poll_partners(services: Services, command: PollPartners) -> None:  # noqa: ARG001 - uniform
    """Have every partner asked for every store, each by a message of its own.

    And take in what partners have sent already, and what only files know of.
    """
    polls = [
        {"poll": {"channel": channel, "store": channel_store_id}}
        for channel, channel_store_id, _ in services.stores.all()
        if channel in services.channels and services.channels[channel].polls
    ]
    services.queues.send_all(services.config.names.inbound_orders_queue, polls)
    take_in_what_is_left(services)


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
