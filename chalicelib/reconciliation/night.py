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
from chalicelib.domain.errors import UnreadableRecord
from chalicelib.domain.events import Event, event_id
from chalicelib.reconciliation.differences import MADE, Difference, Kind
from chalicelib.reconciliation.kitchen import kitchen_of, with_kitchen
from chalicelib.reconciliation.partners import with_partners
from chalicelib.telemetry.metrics import put

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalicelib.bootstrap import Services
    from chalicelib.domain.commands import ReconcileStore, ReconcileStores
    from chalicelib.domain.record import OrderRecord
    from chalicelib.domain.store import Store
    from chalicelib.pos.base import PosOrder

DAY_MS = 86_400_000
SLACK_MS = 3_600_000
"""An order's ticket may be made on the other side of midnight."""

DUE = "store.reconciliation.due"
MOST_IN_EVENT = 50


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
    services.default_bus.publish(events)


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
    made = [record for record in records if record.state in MADE]
    partners = with_partners(services.channels, made, services.now_ms)
    _tell(services, store, command.day_ms, records, [*found, *partners.found], partners.not_shown)


def _unreadable(keys: list[str], records: list[OrderRecord]) -> Iterator[Difference]:
    for key in sorted(set(keys) - {record.key for record in records}):
        yield Difference(Kind.UNREADABLE, key, "")
    for record in records:
        if record.state in MADE and record.order is None:
            yield Difference(Kind.UNREADABLE, record.key, f"{record.state}, no order in it")


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


def _tell(
    services: Services,
    store: Store,
    day_ms: int,
    records: list[OrderRecord],
    found: list[Difference],
    not_shown: int,
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
        "notShown": not_shown,
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
