"""The story of an order: what its record says, and its log lines in the order of time.

Shown is what is on the lists below, and nothing else: neither customer nor payload nor secret.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.adapters.errors import aws_errors, error_code
from chalicelib.domain.duties import answer_owed, duties
from chalicelib.domain.errors import UnreadableRecord
from chalicelib.domain.events import iso
from chalicelib.ops.desk import OpsError
from chalicelib.ops.messages import record_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalicelib.domain.record import OrderRecord
    from chalicelib.ops.desk import Desk

SHOWN = (
    *("event", "level", "state", "reason", "how", "why", "answer", "type", "attempt", "seconds"),
    *("queue", "after_ms", "until", "version", "news", "duty", "request_id", "trace"),
)
"""Fields of log lines. Lines of metrics are left out: the line beside them says the same."""

LINES = 500

Line = dict[str, Any]


def story(desk: Desk, key: str, since_ms: int | None = None) -> dict[str, Any]:
    """Return everything that is known about an order."""
    try:
        record = record_of(desk, key)
    except UnreadableRecord as error:
        told: dict[str, Any] = {"order": key, "unreadable": str(error)}
        return told | _logged(desk, key, since_ms or 0)
    logged = _logged(desk, key, since_ms or (record.received_ms - 60_000 if record else 0))
    if record is None:
        if not logged["lines"]:
            raise OpsError(f"there is no order {key}, and no log line names it")
        return {"order": key, "record": None, **logged}
    return {"order": key, "record": _told(record, desk.now_ms()), **logged}


def _told(record: OrderRecord, now_ms: int) -> dict[str, Any]:
    store, refusal = record.store, record.refusal
    answer = answer_owed(record)
    lease_ms = record.lease_until_ms if record.is_leased(now_ms) else None
    told = {
        "state": str(record.state),
        "version": record.version,
        "received": iso(record.received_ms),
        "decide_by": iso(record.decide_ms) if record.undecided else None,
        "late": (now_ms > record.decide_ms) or None if record.undecided else None,
        "store": store.store_id if store else None,
        "pos": store.pos if store else None,
        "ticket": record.pos_order_id,
        "subtotal": str(record.order.subtotal) if record.order else None,
        "lines": len(record.order.lines) if record.order else None,
        "answered": record.answered,
        "by_partner": record.by_partner or None,
        "refusal": str(refusal.reason) if refusal else None,
        "refusal_text": refusal.text if refusal else None,
        "refusal_detail": (refusal.detail or None) if refusal else None,
        "undo": str(record.undo) if record.undo else None,
        "owed": sorted(str(duty) for duty in duties(record)) or None,
        "answer_owed": str(answer) if answer else None,
        "waits_for": record.waiting_for or None,
        "tries": record.tries or None,
        "next_try": iso(record.next_try_ms) if record.next_try_ms else None,
        "leased_until": iso(lease_ms) if lease_ms else None,
        "swept_at": iso(record.due_ms) if record.due_ms else None,
        "unpublished": [event.type for event in record.outbox] or None,
        "trace": record.trace or None,
    }
    return {name: value for name, value in told.items() if value is not None}


def _logged(desk: Desk, key: str, since_ms: int) -> dict[str, Any]:
    lines: list[Line] = []
    groups = list(_groups(desk))
    for group in groups:
        lines += _lines(desk, group, key, since_ms)
    lines.sort(key=lambda line: line["at_ms"])
    shown = [{"at": iso(line.pop("at_ms")), **line} for line in lines[:LINES]]
    return {"lines": shown, "log_groups": len(groups), "more": max(0, len(lines) - LINES)}


def _groups(desk: Desk) -> Iterator[str]:
    request: dict[str, Any] = {"logGroupNamePrefix": f"/aws/lambda/{desk.names.functions}"}
    while True:
        with aws_errors("DescribeLogGroups"):
            reply = desk.logs.describe_log_groups(**request)
        yield from (group["logGroupName"] for group in reply["logGroups"])
        if "nextToken" not in reply:
            return
        request["nextToken"] = reply["nextToken"]


def _lines(desk: Desk, group: str, key: str, since_ms: int) -> Iterator[Line]:
    # A quoted term is matched as it is (CloudWatch Logs, "Filter pattern syntax").
    request: dict[str, Any] = {
        "logGroupName": group,
        "filterPattern": f'"{key}"',
        "startTime": since_ms,
    }
    while True:
        with aws_errors("FilterLogEvents"):
            try:
                reply = desk.logs.filter_log_events(**request)
            except ClientError as error:
                if error_code(error) == "ResourceNotFoundException":
                    return
                raise
        for event in reply["events"]:
            line = _parsed(event["message"])
            if line.get("order") == key and "_aws" not in line:
                shown = {name: line[name] for name in SHOWN if name in line}
                yield {"at_ms": event["timestamp"], "function": group.rpartition("/")[2], **shown}
        if "nextToken" not in reply:
            return
        request["nextToken"] = reply["nextToken"]


def _parsed(message: str) -> Line:
    try:
        line = json.loads(message)
    except ValueError:
        return {}
    return line if isinstance(line, dict) else {}
