"""The ingest path: verify the raw bytes, put the webhook on the bus, answer in the partner's terms.

Standard library and boto3 only, no table and no vendor is asked: an answer of ours that is
not 2xx, or that comes late, loses the sale at some partners.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.adapters.errors import AwsUnavailable
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

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.bootstrap import Services
    from chalicelib.pos.base import PosNotice

INLINE_BYTES = 64 * 1024
"""Bodies up to this size travel inside the event. Escaped inside the event's JSON, inside
EventBridge's envelope, even the worst of them stays below every limit on the way (256 KB)."""

POS_EVENT = "pos.order.changed"
"""Detail type of a point of sale's webhook on the default bus."""

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
        return _refused(404, channel_name, "unknown channel")

    def take_in() -> WebhookReply:
        channel.verify(headers, body, services.secrets.all())
        check_size(body)
        notice = channel.read_notice(headers, read_json_object(body))
        if notice.kind is NoticeKind.IGNORED:
            log.info("webhook.ignored", channel=notice.channel, type=notice.event_type)
            return channel.acknowledgement
        services.bus.publish([_event(services, notice, body)])
        log.info("webhook.received", order=notice.key, type=notice.event_type)
        return channel.acknowledgement

    return _answered(channel_name, take_in)


def receive_from_pos(
    services: Services, vendor: str, headers: Mapping[str, str], body: bytes
) -> WebhookReply:
    """Take in a point of sale's webhook: it goes to the default bus."""
    pos = services.points_of_sale.get(vendor)
    if pos is None:
        return _refused(404, vendor, "unknown point of sale")

    def take_in() -> WebhookReply:
        for notice in pos.read_webhook(headers, body, services.secrets.all()):
            services.default_bus.publish([_pos_event(services, vendor, notice, body)])
            log.info("pos_webhook.received", vendor=vendor, type=notice.event_type)
        return WebhookReply(200)

    return _answered(vendor, take_in)


def _pos_event(services: Services, vendor: str, notice: PosNotice, body: bytes) -> Event:
    data = {
        "vendor": vendor,
        "posOrderId": notice.pos_order_id,
        "locationId": notice.location_id,
        "state": None if notice.state is None else str(notice.state),
        "type": notice.event_type,
    }
    id_ = notice.event_id or event_id(body.hex(), notice.pos_order_id)
    return Event(id_, POS_EVENT, f"{vendor}/{notice.pos_order_id}", services.now_ms(), data)


def _event(services: Services, notice: Notice, body: bytes) -> Event:
    """Return the event that carries a webhook: its body inline, or where in S3 it is."""
    data: dict[str, object] = {
        "channel": notice.channel,
        "storeId": notice.channel_store_id,
        "orderId": notice.order_id,
        "eventId": notice.event_id,
        "eventType": notice.event_type,
    }
    if len(body) <= INLINE_BYTES:
        data["body"] = body.decode()
    else:
        # Named after its content: a repeated webhook writes the same object again, and one
        # whose event could not be published afterwards is just never read.
        data["bodyFile"] = f"webhooks/{notice.channel}/{hashlib.sha256(body).hexdigest()}.json"
        services.files.write(str(data["bodyFile"]), body)
    id_ = event_id(notice.key, notice.kind, notice.event_id)
    return Event(id_, str(notice.kind), notice.key, services.now_ms(), data)


def _answered(sender: str, take_in: Callable[[], WebhookReply]) -> WebhookReply:
    try:
        return take_in()
    except tuple(REFUSALS) as error:
        # A subclass is refused as its base is.
        status = next(code for kind, code in REFUSALS.items() if isinstance(error, kind))
        return _refused(status, sender, str(error))


def _refused(status: int, sender: str, reason: str) -> WebhookReply:
    log.warning("webhook.refused", sender=sender[:50], status=status, reason=reason)
    headers = {"Retry-After": "5"} if status == 503 else {}
    return WebhookReply(status, "", headers)
