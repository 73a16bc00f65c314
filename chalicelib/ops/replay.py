"""What partners sent is taken in again: one webhook's raw bytes, a file's, or a whole period's.

An order that is there already is not made again: whoever receives it twice changes nothing.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.errors import aws_errors
from chalicelib.domain.deadlines import DECIDE_MS
from chalicelib.domain.events import Event, event_id, iso, ms
from chalicelib.ops.desk import OpsError
from chalicelib.ops.messages import record_of

if TYPE_CHECKING:
    from chalicelib.ops.desk import Desk

UNVERIFIED = "channel.webhook.unverified"
MOST_BYTES = 64 * 1024
UNKEPT = frozenset({"cookie", "host", "connection", "content-length"})

Report = dict[str, Any]


def replay_raw(desk: Desk, channel: str, body: bytes, headers: dict[str, str]) -> Report:
    """Publish a raw webhook as one that is not verified yet: the function `inbound` verifies it."""
    if len(body) > MOST_BYTES:
        raise OpsError(f"the body has {len(body)} bytes; {MOST_BYTES} fit into an event")
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise OpsError("the body is no UTF-8") from None
    kept = {n.lower(): v for n, v in headers.items() if n.lower() not in UNKEPT}
    id_ = event_id(channel, hashlib.sha256(body).hexdigest())
    data = {"channel": channel, "headers": kept, "body": text}
    desk.bus.publish([Event(id_, UNVERIFIED, channel, desk.now_ms(), data)])
    return {"replayed": UNVERIFIED, "channel": channel, "event": id_}


def replay_file(desk: Desk, key: str, *, late: bool) -> Report:
    """Take in a webhook out of the bucket (webhooks/unpublished/…)."""
    with aws_errors("GetObject"):
        body = desk.s3.get_object(Bucket=desk.names.bucket, Key=key)["Body"].read()
    try:
        envelope = json.loads(body)
        event = Event.from_detail(envelope["detail"])
    except (ValueError, KeyError, TypeError):
        raise OpsError(f"{key} is no event of ours; for a raw body: --channel and --body") from None
    if not event.type.startswith("channel."):
        raise OpsError(f"{key} holds {event.type}, which is no webhook")
    record = record_of(desk, event.subject)
    if record is None and desk.now_ms() > event.time_ms + DECIDE_MS and not late:
        raise OpsError(
            f"{event.subject} came at {iso(event.time_ms)}: it would only be denied now (--late)"
        )
    desk.bus.publish([event])
    state = f"there already, {record.state}" if record else "new"
    return {"replayed": event.type, "order": event.subject, "event": event.id, "was": state}


def replay_period(desk: Desk, start: datetime, end: datetime) -> Report:
    """Have EventBridge replay all webhooks of a period out of the archive, to `inbound` alone."""
    if end <= start:
        raise OpsError("the period ends before it begins")
    name = desk.names.archive
    with aws_errors("DescribeArchive"):
        archive = desk.events.describe_archive(ArchiveName=name)
        rule = desk.events.describe_rule(
            Name=desk.names.inbound_rule, EventBusName=desk.names.orders_bus
        )
    replay = f"ops-{desk.now_ms()}"
    with aws_errors("StartReplay"):
        started = desk.events.start_replay(
            ReplayName=replay,
            EventSourceArn=archive["ArchiveArn"],
            EventStartTime=start,
            EventEndTime=end,
            Destination={"Arn": archive["EventSourceArn"], "FilterArns": [rule["Arn"]]},
        )
    return {"replay": replay, "state": started["State"], "archive": name}


def period_of(desk: Desk, key: str) -> tuple[int, int]:
    """Return the minute around an order's webhook, in milliseconds since the epoch."""
    record = record_of(desk, key)
    if record is None:
        raise OpsError(f"there is no order {key}; say --from and --to")
    return record.received_ms - 30_000, record.received_ms + 30_000


def instant_ms(text: str) -> int:
    """Return an RFC 3339 instant; OpsError when it is none, or has no time zone."""
    wrong = f"{text!r} is no instant like 2026-11-27T19:30:00Z"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise OpsError(wrong) from None
    if moment.tzinfo is None:
        raise OpsError(wrong)
    return ms(text)
