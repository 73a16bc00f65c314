"""The ingest path: verify the raw bytes, make the webhook durable, answer in the sender's terms.

Standard library and boto3 only, no table and no vendor is asked: an answer of ours that is
not 2xx, or that comes late, loses the sale at some partners. So the answer is 2xx as long as
anything at all can keep the webhook: without a secret at hand it is kept unverified, and
verified before anything is done about it.
"""

from __future__ import annotations

import hashlib
from dataclasses import fields
from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.adapters.errors import AwsUnavailable
from chalicelib.adapters.secrets import SecretsUnavailable
from chalicelib.channels.base import (
    BodyTooLarge,
    SignatureInvalid,
    WebhookReply,
    check_size,
    read_json_object,
)
from chalicelib.domain.commands import Notice, NoticeKind
from chalicelib.domain.errors import InvalidPayload
from chalicelib.domain.events import Event, event_id
from chalicelib.ingest.durable import keep
from chalicelib.pos.base import PosNotice, SellerGone, StockNotice, Unreadable
from chalicelib.sellers.gone import note_gone
from chalicelib.telemetry import work
from chalicelib.telemetry.metrics import put

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.bootstrap import Services
    from chalicelib.channels.base import Channel
    from chalicelib.pos.base import PosWebhookPart

INLINE_BYTES = 64 * 1024
"""Bodies up to this size travel inside the event. Escaped inside the event's JSON, inside
EventBridge's envelope, even the worst of them stays below every limit on the way (256 KB)."""

LONGEST_ID = 500
"""Of anything that a till's webhook names; none of the vendors' own is longer than 50."""

POS_EVENT = "pos.order.changed"
"""Detail type of a point of sale's webhook on the default bus."""

UNVERIFIED = "channel.webhook.unverified"
"""Detail type of a webhook that nobody has verified yet."""

UNKEPT_HEADERS = frozenset({"cookie", "host", "connection", "content-length"})

REFUSALS: dict[type[Exception], int] = {
    SignatureInvalid: 401,
    BodyTooLarge: 413,
    InvalidPayload: 400,
    # 503 asks for the webhook again; nothing of it was kept.
    AwsUnavailable: 503,
}


def receive(
    services: Services, channel_name: str, headers: Mapping[str, str], body: bytes
) -> WebhookReply:
    """Take in a delivery partner's webhook."""
    channel = services.channels.get(channel_name)
    if channel is None:
        return refused(404, channel_name, "unknown channel")

    def take_in() -> WebhookReply:
        try:
            channel.verify(headers, body, services.secrets.all())
        except SecretsUnavailable as error:
            check_size(body)
            log.error("webhook.unverified", channel=channel.name, reason=str(error))
            put(services.now_ms(), {"WebhooksUnverified": 1}, {"channel": channel.name})
            event = _unverified(services, channel, headers, body)
            work.about("", first_cause=event.id)
            keep(services, event)
            return channel.acknowledgement
        check_size(body)
        take_in_verified(services, channel, headers, body, services.now_ms())
        return channel.acknowledgement

    return answered(services, channel_name, take_in)


def take_in_verified(
    services: Services,
    channel: Channel,
    headers: Mapping[str, str],
    body: bytes,
    received_ms: int,
) -> None:
    """Make a webhook durable that was verified; InvalidPayload when it means nothing."""
    notice = channel.read_notice(headers, read_json_object(body))
    if notice.kind is NoticeKind.IGNORED:
        log.info("webhook.ignored", channel=notice.channel, type=notice.event_type[:LONGEST_ID])
        return
    event = webhook_event(services, notice, body, received_ms)
    work.about(notice.key, first_cause=event.id)
    keep(services, event)
    log.info("webhook.received", order=notice.key, type=notice.event_type)
    count(services, notice.channel, is_refused=False)


def receive_from_pos(
    services: Services, vendor: str, headers: Mapping[str, str], body: bytes
) -> WebhookReply:
    """Take in a point of sale's webhook: it goes to the default bus."""
    pos = services.points_of_sale.get(vendor)
    if pos is None:
        return refused(404, vendor, "unknown point of sale")

    def take_in() -> WebhookReply:
        notices = [_handy(one) for one in pos.read_webhook(headers, body, services.secrets.all())]
        events = [
            _pos_event(services, vendor, notice, body)
            for notice in notices
            if isinstance(notice, PosNotice)
        ]
        if events:
            services.default_bus.publish(events)
        wakes = [_till_wake(notice) for notice in notices if isinstance(notice, StockNotice)]
        if wakes:
            services.queues.send_all(services.config.names.pos_queue(vendor), wakes)
        # Last: one seller's row that cannot be written must not hold up all others' orders.
        for notice in notices:
            if isinstance(notice, SellerGone):
                note_gone(services, vendor, notice)
        unreadable = [notice.why for notice in notices if isinstance(notice, Unreadable)]
        for why in unreadable:
            log.error("pos_webhook.unreadable", vendor=vendor, reason=why)
        log.info("pos_webhook.received", vendor=vendor, notices=len(notices))
        count(services, vendor, is_refused=bool(unreadable))
        return WebhookReply(200)

    return answered(services, vendor, take_in)


def _handy(notice: PosWebhookPart) -> PosWebhookPart:
    """Return a notice as it is, or why it is none: no bus or queue takes an id of any length.

    Refused as unavailable, it would be sent again and again.
    """
    for field in fields(notice):
        value = getattr(notice, field.name)
        if isinstance(value, str) and len(value) > LONGEST_ID:
            return Unreadable(f"{field.name} is too long")
    return notice


def webhook_event(services: Services, notice: Notice, body: bytes, received_ms: int) -> Event:
    """Return the event that carries a webhook: its body inline, or where in S3 it is."""
    data: dict[str, object] = {
        "kind": str(notice.kind),
        "channel": notice.channel,
        "storeId": notice.channel_store_id,
        "orderId": notice.order_id,
        "eventId": notice.event_id,
        "eventType": notice.event_type,
        **_kept_body(services, notice.channel, body),
    }
    id_ = event_id(notice.key, notice.kind, notice.event_id)
    return Event(id_, str(notice.kind), notice.key, received_ms, data)


def _unverified(
    services: Services, channel: Channel, headers: Mapping[str, str], body: bytes
) -> Event:
    kept = {name: value for name, value in headers.items() if name not in UNKEPT_HEADERS}
    data = {"channel": channel.name, "headers": kept}
    data |= _kept_body(services, channel.name, body)
    id_ = event_id(channel.name, hashlib.sha256(body).hexdigest())
    return Event(id_, UNVERIFIED, channel.name, services.now_ms(), data)


def _kept_body(services: Services, channel: str, body: bytes) -> dict[str, str]:
    if len(body) <= INLINE_BYTES:
        try:
            return {"body": body.decode()}
        except UnicodeDecodeError:
            raise InvalidPayload("the body is no UTF-8") from None
    # Named after its content: a repeated webhook writes the same object again, and one
    # whose event could not be published afterwards is just never read.
    file = f"webhooks/{channel}/{hashlib.sha256(body).hexdigest()}.json"
    services.files.write(file, body)
    return {"bodyFile": file}


def _pos_event(services: Services, vendor: str, notice: PosNotice, body: bytes) -> Event:
    data = {
        "vendor": vendor,
        "posOrderId": notice.pos_order_id,
        "locationId": notice.location_id,
        "reference": notice.reference,
        "sellerId": notice.seller_id,
        # Rules have no pattern for "null or one of these": thin webhooks say "ask".
        "state": "ask" if notice.state is None else str(notice.state),
        "type": notice.event_type,
    }
    id_ = notice.event_id or event_id(body.hex(), notice.pos_order_id)
    return Event(id_, POS_EVENT, f"{vendor}/{notice.pos_order_id}", services.now_ms(), data)


def _till_wake(notice: StockNotice) -> dict[str, object]:
    till: dict[str, object] = {"location": notice.location_id}
    rest = {"seller": notice.seller_id, "item": notice.pos_item_id, "available": notice.available}
    return {"till": till | {name: value for name, value in rest.items() if value not in ("", None)}}


def answered(services: Services, sender: str, take_in: Callable[[], WebhookReply]) -> WebhookReply:
    """Take a webhook in, or refuse it as what is wrong with it deserves."""
    try:
        return take_in()
    except tuple(REFUSALS) as error:
        # A subclass is refused as its base is.
        status = next(code for kind, code in REFUSALS.items() if isinstance(error, kind))
        count(services, sender, is_refused=True)
        return refused(status, sender, str(error))


def count(services: Services, sender: str, *, is_refused: bool) -> None:
    """Count a webhook of a known sender: a stranger's names would be dimensions without end."""
    values = {"WebhooksReceived": int(not is_refused), "WebhooksRefused": int(is_refused)}
    put(services.now_ms(), values, {"channel": sender})


def refused(status: int, sender: str, reason: str) -> WebhookReply:
    """Refuse a webhook; the reason is for our log."""
    log.warning("webhook.refused", sender=sender[:50], status=status, reason=reason)
    headers = {"Retry-After": "5"} if status == 503 else {}
    return WebhookReply(status, "", headers)
