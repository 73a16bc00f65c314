"""What a write to an order's record means in metrics.

A metric is counted by the write that made it true: each write names the version that it
replaces, so nothing is counted twice, however often a function is woken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.domain.refusal import Reason
from chalicelib.telemetry.metrics import put

if TYPE_CHECKING:
    from chalicelib.domain.record import OrderRecord

POS_REASONS = frozenset({Reason.POS_OFFLINE, Reason.POS_REFUSED, Reason.POS_NOT_READY})
"""Denials that are the point of sale's doing, not the order's, the menu's or the customer's."""


def count_written(before: OrderRecord | None, written: OrderRecord, now_ms: int) -> None:
    """Count what is new in a record that has just been written over another, or over none."""
    known = {event.id for event in before.outbox} if before else set()
    for event in written.outbox:
        if event.id not in known:
            _count(written, event.type, now_ms)


def _count(record: OrderRecord, type_: str, now_ms: int) -> None:
    dimensions = dimensions_of(record)
    values: dict[str, float] = {}
    if type_ in ("order.accepted", "order.rejected"):
        accepted = type_ == "order.accepted"
        reason = None if accepted or record.refusal is None else record.refusal.reason
        age_ms = now_ms - (record.clock_ms or record.received_ms)
        values = {
            "OrdersAccepted": int(accepted),
            "OrdersDenied": int(not accepted),
            "PosDenials": int(reason in POS_REASONS),
            "DecisionAge": age_ms,
        }
        if accepted:
            values["TimeToTicket"] = age_ms
            if record.order is not None:
                values["PriceDrift"] = record.order.drift.amount
        elif reason is not None:
            values["DenialsByReason"] = 1
            dimensions["reason"] = str(reason)
    elif type_ == "order.cancelled":
        values = {"OrdersCancelled": 1, "KitchenCancellations": int(not record.by_partner)}
    elif type_ == "order.void_failed":
        values = {"VoidsFailed": 1}
    elif type_ == "order.callback_refused":
        values = {"AnswersRefused": 1}
    if values:
        put(now_ms, values, dimensions, event=type_, order=record.key)


def dimensions_of(record: OrderRecord) -> dict[str, str]:
    """Return what an order's metrics are counted by."""
    store = record.store
    return {
        "channel": record.channel,
        "vendor": store.pos if store else "",
        "store": store.store_id if store else "",
    }
