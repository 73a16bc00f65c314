"""Messages that only wake: `{"order_key": …}`. All truth is in the order's record.

Waking twice does no harm, so nobody counts wakes, and no order waits behind another's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.domain.deadlines import WAKES_IN_A_ROW
from chalicelib.domain.duties import Duty

if TYPE_CHECKING:
    from chalicelib.bootstrap import Services
    from chalicelib.domain.record import OrderRecord


def wake(services: Services, record: OrderRecord, duty: Duty, delay_seconds: int = 0) -> None:
    """Have somebody do what is owed for an order, in a while."""
    vendor = record.store.pos if record.store else ""
    queue = queue_of(services, duty, vendor)
    services.queues.send(queue, {"order_key": record.key}, delay_seconds)


def wake_again(services: Services, record: OrderRecord, duty: Duty, at_ms: int) -> None:
    """Have somebody try again at an instant, unless that is the sweep's by now."""
    tries = record.answer_tries if duty is Duty.PARTNER else record.tries
    if tries > WAKES_IN_A_ROW:
        return
    wake(services, record, duty, -(-max(0, at_ms - services.now_ms()) // 1000))


def queue_of(services: Services, duty: Duty, vendor: str) -> str:
    """Return the queue whose function pays a duty."""
    names = services.config.names
    if duty is Duty.KITCHEN:
        return names.pos_queue(vendor)
    return names.inbound_orders_queue if duty is Duty.FETCH else names.channel_callbacks_queue
