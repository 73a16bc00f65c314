"""From "written" to "published". Both functions may be repeated at any time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.domain.states import State

if TYPE_CHECKING:
    from chalicelib.bootstrap import Services
    from chalicelib.domain.record import OrderRecord


def relay(services: Services, record: OrderRecord) -> None:
    """Publish what the stored order still has to say.

    A received order is also handed to the submission queue here, by SendMessage, and not by a
    rule: the queue needs the store as message group, and a rule's target has one constant
    MessageGroupId (EventBridge: SqsParameters), which would put all stores into one row.
    """
    services.bus.publish(record.outbox)
    if record.state is State.RECEIVED and record.outbox:
        assert record.store is not None, "a received order has a store"
        body = json.dumps({"order_key": record.key})
        queue = services.config.names.pos_submissions_queue
        services.queues.send_in_order(queue, body, group=record.store.store_id)
    for event in record.outbox:
        log.info(event.type, order=record.key, state=record.state, version=record.version)


def relay_and_settle(services: Services, record: OrderRecord) -> None:
    """Publish news that nobody has to answer, then note that nothing is left to do."""
    relay(services, record)
    services.orders.save(record.settled())
