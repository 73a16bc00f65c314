"""Messages that only wake: `{"order_key": …, "row": n}`. All truth is in the order's record.

Waking twice does no harm, so nobody counts wakes, and no order waits behind another's. `row` is
how many times in a row a function has woken itself by now: Lambda would stop it one day.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from chalicelib import log
from chalicelib.domain.deadlines import WAKES_IN_A_ROW
from chalicelib.domain.duties import Duty

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chalicelib.bootstrap import Services
    from chalicelib.domain.record import OrderRecord

_row: ContextVar[tuple[str, int]] = ContextVar("row", default=("", 0))


@contextmanager
def woken_by(queue: str, message: Mapping[str, Any]) -> Iterator[None]:
    """Handle a message of a queue inside this block, so that wakes know how they came about."""
    row = message.get("row", 0)
    token = _row.set((queue, row if type(row) is int else 0))
    try:
        yield
    finally:
        _row.reset(token)


def wake(
    services: Services, record: OrderRecord, duty: Duty, delay_seconds: int = 0, row: int = 0
) -> None:
    """Have somebody do what is owed for an order, in a while; after too many wakes the sweep."""
    vendor = record.store.pos if record.store else ""
    queue = queue_of(services, duty, vendor)
    wake_queue(services, queue, {"order_key": record.key}, delay_seconds, row)


def wake_queue(
    services: Services, queue: str, body: Mapping[str, Any], delay_seconds: int = 0, row: int = 0
) -> None:
    """Send a wake to a queue, in a while; after too many in a row that is left to the sweep."""
    woken_from, before = _row.get()
    row = max(row, before + 1 if woken_from == queue else 0)
    if row > WAKES_IN_A_ROW:
        log.info("wake.left_to_the_sweep", queue=queue, **body)
        return
    services.queues.send(queue, {**body, "row": row}, delay_seconds)


def wake_again(services: Services, record: OrderRecord, duty: Duty, at_ms: int) -> None:
    """Have somebody try again at an instant."""
    wake(services, record, duty, -(-max(0, at_ms - services.now_ms()) // 1000))


def queue_of(services: Services, duty: Duty, vendor: str) -> str:
    """Return the queue whose function pays a duty."""
    names = services.config.names
    if duty is Duty.KITCHEN:
        return names.pos_queue(vendor)
    return names.inbound_orders_queue if duty is Duty.FETCH else names.channel_callbacks_queue
