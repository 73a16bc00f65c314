"""Webhooks that were kept in an unusual way: unverified, in a file, or lost and asked for again."""

from __future__ import annotations

import json
from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING, Any

from chalicelib import log
from chalicelib.adapters.files import FileTooLarge
from chalicelib.adapters.http import VendorHttpError
from chalicelib.channels.base import PartnerRefused, PartnerUnavailable, SignatureInvalid
from chalicelib.domain.commands import NoticeKind, TakeInUnpublished
from chalicelib.domain.errors import DomainError, InvalidPayload, UnreadableRecord
from chalicelib.domain.states import State
from chalicelib.ingest.durable import UNPUBLISHED, keep
from chalicelib.ingest.webhooks import take_in_verified, webhook_event
from chalicelib.orders.receive import body_of
from chalicelib.stores.reports import ask_for_items
from chalicelib.telemetry.metrics import put

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalicelib.bootstrap import Services
    from chalicelib.channels.base import Channel
    from chalicelib.domain.commands import (
        Notice,
        PollPartner,
        PollPartners,
        VerifyWebhook,
    )

STORES_AT_ONCE = 10
"""Fewer than Lambda lets a function wake itself in a row: each run asks for one at least."""
POLL_MS = 4_000
"""After that no other store is begun: one may take three calls of 5 s, and `inbound` lives 20."""
MOST_AGAIN = 9
"""So often a poll goes on where time was over for it: fewer than Lambda lets it wake itself."""

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
    """Have every partner asked for every store, some stores by one message.

    And take in what partners have sent already, and what only files know of.
    """
    stores: dict[str, list[str]] = defaultdict(list)
    for channel, channel_store_id, _ in services.stores.all():
        if channel in services.channels and services.channels[channel].polls:
            stores[channel].append(channel_store_id)
    polls = [
        _poll(channel, ids[start : start + STORES_AT_ONCE])
        for channel, ids in stores.items()
        for start in range(0, _count(services.channels[channel], ids), STORES_AT_ONCE)
    ]
    services.queues.send_all(services.config.names.inbound_orders_queue, polls)
    take_in_what_is_left(services)


def poll_partner(services: Services, command: PollPartner) -> None:
    """Take in the orders that wait for us at a partner and that we do not know.

    Stores for which no time is left, because the partner is slow, are asked for by another run. So
    is a store about which nothing sensible can be heard: alone, where it holds no other. Which one
    ended a function nobody could write down: then each is asked for alone.
    """
    queue, began_ms = services.config.names.inbound_orders_queue, services.now_ms()
    channel, ids = services.channels[command.channel], command.channel_store_ids
    if channel.shows_all_stores:
        if not _take_in(services, channel, ids[0]) and command.again < MOST_AGAIN:
            services.queues.send(queue, _poll(channel.name, ids, command.again + 1))
        return
    if command.came_back and len(ids) > 1:
        log.warning("poll.split", channel=channel.name, stores=len(ids))
        services.queues.send_all(queue, [_poll(channel.name, [id_]) for id_ in ids])
        return
    for number, channel_store_id in enumerate(ids):
        if number and services.now_ms() - began_ms > POLL_MS:
            services.queues.send(queue, _poll(channel.name, ids[number:]))
            return
        try:
            _take_in(services, channel, channel_store_id)
            ask_for_items(services, channel, channel_store_id)
        except Exception as error:  # whatever it is: raised again where the store is alone
            if len(ids) == 1:
                raise
            log.warning("poll.put_off", channel=channel.name, reason=repr(error))
            services.queues.send(queue, _poll(channel.name, [channel_store_id]))


def _count(channel: Channel, ids: Sequence[str]) -> int:
    return 1 if channel.shows_all_stores else len(ids)


def _poll(channel: str, ids: Sequence[str], again: int = 0) -> dict[str, Any]:
    # `store` is what an older version reads, after a rollback: it asks for that one.
    poll = {"channel": channel, "store": ids[0], "stores": list(ids)}
    return {"poll": poll | ({"again": again} if again else {})}


def _take_in(services: Services, channel: Channel, channel_store_id: str) -> bool:
    """Keep what waits and what we do not know, and have the partner show none of it again.

    False when time was over before the end, and something came of it.
    """
    safe, is_over = list["Notice"](), False
    try:
        shown = channel.open_orders(channel_store_id)
        began_ms = services.now_ms()
        for notice in shown:
            if _is_missed(services, notice):
                _keep_missed(services, notice)
            safe.append(notice)
            # One store has a handful of orders, but all of them may have hundreds.
            if channel.shows_all_stores and services.now_ms() - began_ms > POLL_MS:
                is_over = True
                break
    except (PartnerUnavailable, PartnerRefused, VendorHttpError) as error:
        # The next poll comes in two minutes: whoever asks again before then asks ever more often.
        log.warning("poll.failed", channel=channel.name, reason=str(error))
    try:
        channel.acknowledge(safe)
    except (PartnerUnavailable, PartnerRefused, VendorHttpError) as error:
        # They are shown again, and found to be known or taken in once more.
        log.warning("poll.not_acknowledged", channel=channel.name, reason=str(error))
        return True
    return not is_over


def _keep_missed(services: Services, notice: Notice) -> None:
    log.warning("webhook.missed", order=notice.key)
    put(services.now_ms(), {"WebhooksMissed": 1}, {"channel": notice.channel})
    # Without a body: whoever else sends fat webhooks has to fetch this one, too.
    keep(services, webhook_event(services, notice, b"", services.now_ms()))


def _is_missed(services: Services, notice: Notice) -> bool:
    if notice.kind is NoticeKind.IGNORED:
        return False
    try:
        record = services.orders.get(notice.key)
    except UnreadableRecord as error:  # there is one, and people are told of it
        log.error("order.unreadable", reason=str(error))
        return notice.kind is NoticeKind.CANCELLATION
    if record is None:
        return True
    is_news = record.state not in (State.CANCELLED, State.REJECTED) or record.due_ms is not None
    return notice.kind is NoticeKind.CANCELLATION and is_news
