"""What a partner's lines say against what our orders say.

Compared is what both know: goods, the tax and the tips that are ours. What the partner keeps is
known only to it; there its own sum is checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from chalicelib.domain.charges import ChargeKind, Party
from chalicelib.domain.events import Event, event_id
from chalicelib.domain.order import order_key
from chalicelib.domain.states import PRINTED
from chalicelib.settlement.statements import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chalicelib.domain.record import OrderRecord
    from chalicelib.settlement.statements import Line


class Why(StrEnum):
    """How an order and its settlement differ."""

    UNKNOWN = "unknown"  # settled, and we never heard of it
    NOT_MADE = "not_made"  # settled, and the kitchen never made it
    AMOUNT = "amount"
    CURRENCY = "currency"
    SUM = "sum"  # the line's own parts do not add up to its payout
    TWICE = "twice"  # settled in another file, or line, already
    MISSING = "missing"  # made, and in no file
    DROPPED = "dropped"  # made, settled by a file, and no more by its correction


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that does not fit. Amounts are minor units; `field` says of what."""

    why: Why
    order_key: str
    line: int = 0
    field: str = ""
    currency: str = ""
    theirs: int | None = None
    ours: int | None = None
    where: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return {
            "why": str(self.why),
            "orderKey": self.order_key,
            "line": self.line,
            "field": self.field,
            "currency": self.currency,
            "theirs": self.theirs,
            "ours": self.ours,
            "where": self.where,
        }

    def to_event(self, source: Source, store_id: str, now_ms: int) -> Event:
        """Return the event: the same difference of the same content of a file is the same fact."""
        id_ = event_id(
            "settlement.difference",
            source.file,
            source.version,
            source.corrections,
            self.order_key,
            self.why,
            self.field,
            self.line,
        )
        told = {"file": source.file, "version": source.version, "corrections": source.corrections}
        data = {**self.to_dict(), **told, "storeId": store_id}
        return Event(id_, "settlement.difference", self.order_key, now_ms, data)


@dataclass(frozen=True, slots=True)
class Source:
    """What a difference was found in: a file by its name and its content, or a day.

    `version` is a digest of the content, and `corrections` how many contents the file had before.
    """

    file: str
    version: str = ""
    corrections: int = 0


def match(
    lines: Iterable[Line],
    channel: str,
    channel_store_id: str,
    orders: Mapping[str, OrderRecord],
    settled: Mapping[str, str],
    file: str,
) -> list[Difference]:
    """Compare a file's lines with the orders that they name.

    `settled` says in which file an order has been settled before. Adjustments may name any order,
    as often as they like: they are only added up.
    """
    found: list[Difference] = []
    seen: dict[str, int] = {}
    for line in lines:
        key = order_key(channel, channel_store_id, line.order_id)
        if line.adds_up_to != line.payout:
            found.append(_difference(Why.SUM, key, line, "payout", line.payout, line.adds_up_to))
        record = orders.get(key)
        if record is None:
            found.append(_difference(Why.UNKNOWN, key, line, "payout", line.payout, None))
            continue
        if line.kind is Kind.ADJUSTMENT:
            continue
        before = f"line {seen[key]}" if key in seen else settled.get(key, file)
        if before != file:
            found.append(
                Difference(
                    Why.TWICE, key, line.number, "payout", line.currency, line.payout, where=before
                )
            )
            continue
        seen[key] = line.number
        found += _compared(key, line, record)
    return found


def _compared(key: str, line: Line, record: OrderRecord) -> list[Difference]:
    order = record.order
    if order is None or record.state not in PRINTED:
        return [_difference(Why.NOT_MADE, key, line, "payout", line.payout, 0)]
    if order.currency != line.currency:
        return [
            Difference(
                Why.CURRENCY, key, line.number, "currency", line.currency, where=order.currency
            )
        ]
    ours = {
        "subtotal": order.subtotal.amount,
        "tax": order.charged(ChargeKind.TAX, Party.MERCHANT).amount,
        "tip": order.charged(ChargeKind.TIP, Party.MERCHANT).amount,
    }
    return [
        _difference(Why.AMOUNT, key, line, field, getattr(line, field), amount)
        for field, amount in ours.items()
        if getattr(line, field) != amount
    ]


def _difference(
    why: Why, key: str, line: Line, field: str, theirs: int, ours: int | None
) -> Difference:
    return Difference(why, key, line.number, field, line.currency, theirs, ours)


def missing(
    made: Iterable[OrderRecord], settled: Mapping[str, str], why: Why = Why.MISSING
) -> list[Difference]:
    """Return the orders that the kitchen made and no file has."""
    return [
        Difference(
            why,
            record.key,
            field="subtotal",
            currency=record.order.currency,
            ours=record.order.subtotal.amount,
        )
        for record in made
        if record.order is not None and record.state in PRINTED and record.key not in settled
    ]
