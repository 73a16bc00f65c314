"""What partners have of a store's day, and what differs there from our records.

Orders are read back one by one, where a partner lets us. What it has forgotten is no difference:
many do after a while. Whatever else keeps us from comparing an order is one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.adapters.http import VendorHttpError
from chalicelib.channels.base import (
    OrderNotShown,
    OrderWithdrawn,
    PartnerRefused,
    PartnerUnavailable,
)
from chalicelib.domain.commands import Notice, NoticeKind
from chalicelib.domain.errors import InvalidPayload, OrderRefused
from chalicelib.reconciliation.differences import Difference, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from chalicelib.channels.base import Channel
    from chalicelib.domain.order import Order
    from chalicelib.domain.record import OrderRecord

FAILURES_IN_A_ROW = 3
"""A partner that does not answer so often is down: to ask on would take the store's whole turn."""

ASK_MS = 200_000
"""So long partners are asked: the turn's function lives for 300 s (.chalice/config.json), and its
report has to be written."""

LONGEST_REASON = 200


@dataclass(slots=True)
class _Round:
    """What was not read when a partner was asked for orders: calls that failed, and the rest."""

    failed: list[tuple[OrderRecord, Exception]] = field(default_factory=list)
    not_asked: Sequence[OrderRecord] = ()
    why: str = ""

    @property
    def worth_another(self) -> list[OrderRecord]:
        """Orders that may be read when they are asked for once more."""
        if self.not_asked:
            return []
        return [record for record, error in self.failed if not isinstance(error, PartnerRefused)]

    def left(self) -> set[str]:
        """Return the keys of all that was not read."""
        return {record.key for record, _ in self.failed} | {r.key for r in self.not_asked}


@dataclass(slots=True)
class Partners:
    """What comes of asking. `not_shown` is how many orders partners know no longer."""

    now_ms: Callable[[], int]
    until_ms: int
    found: list[Difference] = field(default_factory=list)
    not_shown: int = 0

    def ask(self, channel: Channel, records: Sequence[OrderRecord]) -> None:
        """Compare each order; a call that fails is made once more at the end: most pass then."""
        first = self._round(channel, records)
        again = first.worth_another
        passed = {record.key for record in again} - self._round(channel, again).left()
        failed = [(record, error) for record, error in first.failed if record.key not in passed]
        self.found += [_unread(record, str(error)) for record, error in failed]
        if first.not_asked:
            says = f"{channel.name}: {first.why}"
            says = f"{says}, {len(first.not_asked)} more orders were not asked for"
            self.found.append(Difference(Kind.PARTNER_UNREAD, "", says))

    def _round(self, channel: Channel, records: Sequence[OrderRecord]) -> _Round:
        round_, in_a_row = _Round(), 0
        for number, record in enumerate(records):
            if in_a_row == FAILURES_IN_A_ROW:
                round_.why = f"{FAILURES_IN_A_ROW} calls failed in a row"
            elif self.now_ms() >= self.until_ms:
                round_.why = "no time was left"
            if round_.why:
                round_.not_asked = records[number:]
                break
            try:
                self.found += _compared(channel, record)
                in_a_row = 0
            except OrderNotShown as error:
                log.info("reconciliation.not_shown", order=record.key, reason=str(error))
                self.not_shown += 1
                in_a_row = 0
            except (PartnerUnavailable, PartnerRefused, VendorHttpError) as error:
                log.warning("reconciliation.not_read", order=record.key, reason=str(error))
                round_.failed.append((record, error))
                in_a_row += 1
        return round_


def with_partners(
    channels: Mapping[str, Channel], records: Iterable[OrderRecord], now_ms: Callable[[], int]
) -> Partners:
    """Compare orders that were made; who cannot be asked for an order is not compared."""
    partners, by_channel = Partners(now_ms, now_ms() + ASK_MS), attrgetter("channel")
    for name, orders in groupby(sorted(records, key=by_channel), key=by_channel):
        channel = channels.get(name)
        if channel is not None and channel.polls:
            partners.ask(channel, list(orders))
    return partners


def _compared(channel: Channel, record: OrderRecord) -> Iterator[Difference]:
    """Read an order back, and yield what differs; whatever a call may raise ends it."""
    ours = record.order
    if ours is None:
        return  # told of as a record that cannot be read
    kind, ids = NoticeKind.ORDER, (record.channel, record.channel_store_id, record.order_id)
    notice = Notice(kind, *ids, f"reconcile-{record.order_id}", "reconcile")
    try:
        payload = channel.order_payload(notice, b"")
        theirs = channel.to_order(notice, payload, ours.currency)
    except OrderWithdrawn as over:
        if over.done is None:
            yield Difference(Kind.CANCELLED_AT_PARTNER, record.key, str(over))
            return
        theirs = over.done
    except (OrderRefused, InvalidPayload) as error:
        yield _unread(record, str(error))
        return
    yield from _goods(record, ours, theirs)


def _goods(record: OrderRecord, ours: Order, theirs: Order) -> Iterator[Difference]:
    if theirs.subtotal.currency != ours.subtotal.currency:
        yield _unread(record, f"{theirs.subtotal}, not {ours.subtotal.currency}")
    elif by := theirs.subtotal.amount - ours.subtotal.amount:
        says = f"partner {theirs.subtotal.amount}, record {ours.subtotal.amount}"
        yield Difference(Kind.PARTNER_MONEY, record.key, says, by)


def _unread(record: OrderRecord, why: str) -> Difference:
    says = f"{record.channel} order {record.order_id}: {why[:LONGEST_REASON]}"
    return Difference(Kind.PARTNER_UNREAD, record.key, says)
