"""The night's work: every store's day is compared with its kitchen and its partners.

One event per store, so that stores are compared at once and none waits for another whose point of
sale is down. Lambda tries each again by itself; what it gives up is an alarm.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.channels.base import OrderWithdrawn, PartnerRefused, PartnerUnavailable
from chalicelib.domain.commands import Notice, NoticeKind
from chalicelib.domain.errors import InvalidPayload, OrderRefused, RetryLater, UnreadableRecord
from chalicelib.domain.events import Event, event_id
from chalicelib.reconciliation.differences import MADE, Difference, Kind
from chalicelib.reconciliation.kitchen import kitchen_of, with_kitchen
from chalicelib.telemetry.metrics import put

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalicelib.bootstrap import Services
    from chalicelib.domain.commands import ReconcileStore, ReconcileStores
    from chalicelib.domain.order import Order
    from chalicelib.domain.record import OrderRecord
    from chalicelib.domain.store import Store
    from chalicelib.pos.base import PosOrder

DAY_MS = 86_400_000
SLACK_MS = 3_600_000
"""An order's ticket may be made on the other side of midnight."""

DUE = "store.reconciliation.due"
MOST_IN_EVENT = 50
PUBLISHED_AT_ONCE = 10


def reconcile_stores(services: Services, _command: ReconcileStores) -> None:
    """Have yesterday (UTC) compared at every store."""
    now_ms = services.now_ms()
    day_ms = now_ms - now_ms % DAY_MS - DAY_MS
    names = {store.store_id: (channel, id_) for channel, id_, store in services.stores.all()}
    events = [
        Event(event_id(DUE, store_id, day_ms), DUE, store_id, now_ms, data)
        for store_id, (channel, id_) in sorted(names.items())
        for data in [{"storeId": store_id, "channel": channel, "name": id_, "dayMs": day_ms}]
    ]
    for start in range(0, len(events), PUBLISHED_AT_ONCE):
        services.default_bus.publish(events[start : start + PUBLISHED_AT_ONCE])


def reconcile_store(services: Services, command: ReconcileStore) -> None:
    """Compare one store's day; write a report, and tell of what differs."""
    store = services.stores.find(command.channel, command.channel_store_id)
    if store is None:
        log.warning("reconciliation.no_store", store=command.channel_store_id)
        return
    keys = [
        key
        for channel, channel_store_id in sorted(store.channels.items())
        for key in services.orders.of_day(channel, channel_store_id, command.day_ms)
    ]
    records = list(services.orders.get_all(keys))
    start_ms, end_ms = command.day_ms - SLACK_MS, command.day_ms + DAY_MS + SLACK_MS
    kitchen = kitchen_of(services.points_of_sale[store.pos], store, start_ms, end_ms)
    found = [*with_kitchen(records, kitchen), *_unreadable(keys, records)]
    found += _unknown(services, kitchen.tickets, set(keys), command.day_ms)
    asked = [record for record in records if record.state in MADE]
    found += [one for record in asked for one in _with_partner(services, record)]
    _tell(services, store, command.day_ms, records, found)


def _unreadable(keys: list[str], records: list[OrderRecord]) -> Iterator[Difference]:
    for key in sorted(set(keys) - {record.key for record in records}):
        yield Difference(Kind.UNREADABLE, key, "")


def _unknown(
    services: Services, tickets: list[PosOrder], keys: set[str], day_ms: int
) -> Iterator[Difference]:
    """Find tickets that name an order of ours which is nobody's; another day's is no news."""
    for ticket in tickets:
        inside = day_ms <= ticket.created_ms < day_ms + DAY_MS
        if not ticket.is_live or not inside or ticket.order_key in keys:
            continue
        try:
            is_known = services.orders.get(ticket.order_key) is not None
        except UnreadableRecord as error:
            says = f"ticket {ticket.pos_order_id}, record {error}"
            yield Difference(Kind.UNREADABLE, ticket.order_key, says)
            continue
        if not is_known:
            yield Difference(Kind.TICKET_UNKNOWN, ticket.order_key, ticket.pos_order_id)


def _with_partner(services: Services, record: OrderRecord) -> Iterator[Difference]:
    """Read the order back where the partner lets us; who cannot be asked is not compared."""
    channel = services.channels.get(record.channel)
    if channel is None or not channel.polls or record.order is None:
        return
    kind, ids = NoticeKind.ORDER, (record.channel, record.channel_store_id, record.order_id)
    notice = Notice(kind, *ids, f"reconcile-{record.order_id}", "reconcile")
    try:
        payload = channel.order_payload(notice, b"")
        try:
            theirs = channel.to_order(notice, payload, record.order.currency)
        except OrderWithdrawn as over:
            if over.done is None:
                yield Difference(Kind.CANCELLED_AT_PARTNER, record.key, str(over))
                return
            theirs = over.done
    except PartnerUnavailable as error:
        raise RetryLater(f"{record.channel}: {error}") from error
    except (PartnerRefused, OrderRefused, InvalidPayload) as error:
        # Many partners forget what is over after a while.
        log.info("reconciliation.not_shown", order=record.key, reason=str(error))
        return
    yield from _goods(record, record.order, theirs)


def _goods(record: OrderRecord, ours: Order, theirs: Order) -> Iterator[Difference]:
    if theirs.subtotal is None or ours.subtotal is None:
        return
    by = theirs.subtotal.amount - ours.subtotal.amount
    if by:
        says = f"partner {theirs.subtotal.amount}, record {ours.subtotal.amount}"
        yield Difference(Kind.PARTNER_MONEY, record.key, says, by)


def _tell(
    services: Services,
    store: Store,
    day_ms: int,
    records: list[OrderRecord],
    found: list[Difference],
) -> None:
    now_ms, day = services.now_ms(), datetime.fromtimestamp(day_ms // 1000, UTC).date().isoformat()
    states = Counter(str(record.state) for record in records)
    made = [record for record in records if record.state in MADE]
    differences = [one.to_dict() for one in found]
    report = {
        "storeId": store.store_id,
        "day": day,
        "orders": len(records),
        "states": dict(sorted(states.items())),
        "goods": sum(r.order.lines_total.amount for r in made if r.order is not None),
        "currency": store.currency,
        "differences": differences,
    }
    file = f"reports/{day}/{store.store_id}.json"
    services.files.write(file, json.dumps(report, indent=1).encode())
    for kind, count in Counter(one.kind for one in found).items():
        amount = sum(abs(one.amount) for one in found if one.kind is kind)
        values = {"OrdersDiffering": count} | ({"MoneyDiffering": amount} if amount else {})
        put(now_ms, values, {"kind": str(kind)}, store=store.store_id)
    data = {**report, "file": file, "differences": differences[:MOST_IN_EVENT]}
    data["why"] = f"{len(found)} differences on {day}: {file}" if found else ""
    # One that found nothing to say is told as well: a report that is missing is news, too.
    type_ = "store.differs" if found else "store.reconciled"
    events = [Event(event_id(type_, store.store_id, day), type_, store.store_id, now_ms, data)]
    services.bus.publish(events)
    log.info("reconciliation.done", store=store.store_id, orders=len(records), differ=len(found))
