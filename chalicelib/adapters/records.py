"""An order's record as a DynamoDB item, and back.

Written back is also what this version of the code does not know: attributes of a newer version
stay as they were, and so does the text of every part that has not changed. A deployment that is
rolled back harms no order.
"""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime
from typing import Any

from chalicelib.domain.deadlines import DECIDE_MS, RECORD_DAYS
from chalicelib.domain.duties import Duty, Undo, duties
from chalicelib.domain.errors import UnreadableRecord
from chalicelib.domain.events import Event
from chalicelib.domain.order import Order
from chalicelib.domain.record import SCHEMA, OrderRecord
from chalicelib.domain.refusal import Refusal
from chalicelib.domain.states import State
from chalicelib.domain.store import Store

DAY_SECONDS = 86_400
SHARDS = 16
"""Partitions of the sweep's index: a busy evening's writes do not meet in one of them."""

PARTS = ("store", "order", "refusal")
TEXTS = ("pos_order_id", "answered", "waiting_for", "trace")
FLAGS = ("by_partner", "fired", "ready_told", "answer_begun")
NUMBERS = (
    "clock_ms",
    "ticket_total",
    "called_ms",
    "lease_until_ms",
    "next_try_ms",
    "tries",
    "answer_next_ms",
    "answer_tries",
    "answer_lease_until_ms",
    "due_ms",
)
KNOWN = frozenset(
    {
        *("order_key", "channel", "channel_store_id", "order_id", "state", "schema", "version"),
        *("received_ms", "decide_within_ms", "webhook", "undo", "outbox", "expires_at"),
        *("due_shard", "due_for", "ticket"),
        *(*PARTS, *TEXTS, *FLAGS, *NUMBERS),
    }
)

OLD_STATES = {"pos_unknown": State.SUBMITTING}
"""States of schema 1 that have another name now."""


def shard_of(key: str) -> str:
    """Return the partition of the sweep's index that an order belongs to."""
    return f"{zlib.crc32(key.encode()) % SHARDS:02d}"


def ticket_key(vendor: str, pos_order_id: str) -> str:
    """Return what an order is found by when all that is known is its ticket."""
    return f"{vendor}/{pos_order_id}"


def trading_day(channel: str, channel_store_id: str, at_ms: int) -> str:
    """Return the name of one partner's day at one store: days begin at midnight UTC."""
    day = datetime.fromtimestamp(at_ms // 1000, UTC).date()
    return f"{channel}#{channel_store_id}#{day.isoformat()}"


def due_for(record: OrderRecord) -> str:
    """Return whom the sweep has to wake: duties, the kitchen's with the vendor's name."""
    vendor = record.store.pos if record.store else ""
    owed = sorted(duties(record))
    return " ".join(f"{duty}/{vendor}" if duty is Duty.KITCHEN else str(duty) for duty in owed)


def to_item(record: OrderRecord) -> dict[str, Any]:
    """Return the record as an item."""
    origin = record.origin.get("item", {})
    item = {name: value for name, value in origin.items() if name not in KNOWN}
    outbox = [[e.id, e.type, e.subject, e.time_ms, e.data] for e in record.outbox]
    texts: dict[str, str | None] = {
        "order_key": record.key,
        "channel": record.channel,
        "channel_store_id": record.channel_store_id,
        "order_id": record.order_id,
        "state": str(record.state),
        # A held order trades on the day that it is made.
        "trading_day": trading_day(
            record.channel, record.channel_store_id, record.clock_ms or record.received_ms
        ),
        "webhook": _json(record.webhook) if record.webhook else None,
        "undo": str(record.undo) if record.undo else None,
        "outbox": _json(outbox) if outbox else None,
        **{name: getattr(record, name) or None for name in TEXTS},
    }
    numbers: dict[str, int | None] = {
        "schema": max(SCHEMA, int(origin.get("schema", {"N": "0"})["N"])),
        "version": record.version,
        "received_ms": record.received_ms,
        "decide_within_ms": record.decide_within_ms,
        "expires_at": _last_ms(record) // 1000 + RECORD_DAYS * DAY_SECONDS,
        **{name: getattr(record, name) for name in NUMBERS},
        **{name: getattr(record, name) or None for name in ("tries", "answer_tries")},
    }
    if record.due_ms is not None:
        texts |= {"due_shard": shard_of(record.key), "due_for": due_for(record)}
    item |= {name: {"S": text} for name, text in texts.items() if text is not None}
    item |= {name: {"N": str(n)} for name, n in numbers.items() if n is not None}
    item |= {name: {"BOOL": True} for name in FLAGS if getattr(record, name)}
    if record.pos_order_id and record.store:
        item["ticket"] = {"S": ticket_key(record.store.pos, record.pos_order_id)}
    for name in PARTS:
        part = getattr(record, name)
        if part is None:
            continue
        unchanged = record.origin.get(name) is part
        item[name] = origin[name] if unchanged else {"S": _json(part.to_dict())}
    return item


def _last_ms(record: OrderRecord) -> int:
    """Return when something happens to the order at the latest: one that is held is made then."""
    return max(record.received_ms, record.clock_ms, record.next_try_ms or 0)


def to_record(item: dict[str, Any]) -> OrderRecord:
    """Return the item as a record, or raise UnreadableRecord."""
    try:
        return _read(item)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        key = item.get("order_key", {}).get("S", "?")
        raise UnreadableRecord(f"{key}: {type(error).__name__}") from error


def _read(item: dict[str, Any]) -> OrderRecord:
    def number(name: str) -> int | None:
        return int(item[name]["N"]) if name in item else None

    def parsed(name: str) -> Any:
        return json.loads(item[name]["S"]) if name in item else None

    texts = {name: parsed(name) for name in PARTS}
    store = Store.from_dict(texts["store"]) if texts["store"] else None
    order = Order.from_dict(texts["order"]) if texts["order"] else None
    refusal = Refusal.from_dict(texts["refusal"]) if texts["refusal"] else None
    state = item["state"]["S"]
    return OrderRecord(
        channel=item["channel"]["S"],
        channel_store_id=item["channel_store_id"]["S"],
        order_id=item["order_id"]["S"],
        received_ms=int(item["received_ms"]["N"]),
        state=OLD_STATES.get(state) or State(state),
        version=int(item["version"]["N"]),
        clock_ms=number("clock_ms") or 0,
        decide_within_ms=number("decide_within_ms") or DECIDE_MS,
        webhook=parsed("webhook"),
        pos_order_id=_text(item, "pos_order_id"),
        ticket_total=number("ticket_total"),
        answered=_text(item, "answered"),
        by_partner="by_partner" in item,
        fired="fired" in item,
        ready_told="ready_told" in item,
        answer_begun="answer_begun" in item,
        answer_lease_until_ms=number("answer_lease_until_ms"),
        undo=Undo(item["undo"]["S"]) if "undo" in item else None,
        called_ms=number("called_ms"),
        lease_until_ms=number("lease_until_ms"),
        next_try_ms=number("next_try_ms"),
        tries=number("tries") or 0,
        answer_next_ms=number("answer_next_ms"),
        answer_tries=number("answer_tries") or 0,
        waiting_for=_text(item, "waiting_for") or "",
        trace=_text(item, "trace") or "",
        due_ms=number("due_ms"),
        outbox=tuple(Event(*event) for event in parsed("outbox") or []),
        store=store,
        order=order,
        refusal=refusal,
        origin={"item": item, "store": store, "order": order, "refusal": refusal},
    )


def _text(item: dict[str, Any], name: str) -> str | None:
    return item[name]["S"] if name in item else None


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
