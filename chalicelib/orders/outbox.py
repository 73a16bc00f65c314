"""From "written" to "published", and writing again when somebody else wrote in between."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.domain.duties import duties
from chalicelib.domain.errors import IllegalTransition, VersionConflict
from chalicelib.telemetry.orders import count_written

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.bootstrap import Services
    from chalicelib.domain.record import OrderRecord

ATTEMPTS = 6


class Overtaken(Exception):  # noqa: N818 - internal signal
    """The order is no longer one to which this can happen."""

    def __init__(self, record: OrderRecord | None) -> None:
        super().__init__(record.state if record else "gone")
        self.record = record


def relay(services: Services, record: OrderRecord) -> None:
    """Publish what the stored order still has to say. May be repeated at any time."""
    services.bus.publish(record.outbox)
    for event in record.outbox:
        log.info(event.type, order=record.key, state=record.state, version=record.version)


def relay_and_settle(services: Services, record: OrderRecord) -> OrderRecord:
    """Publish news, then note that nothing is left to publish."""
    if not record.outbox:
        return record
    relay(services, record)
    last = record.outbox[-1].id

    def settle(now: OrderRecord) -> OrderRecord:
        return now.heard(last).touched(services.now_ms())

    return change(services, record, settle)


def change(
    services: Services, record: OrderRecord, step: Callable[[OrderRecord], OrderRecord]
) -> OrderRecord:
    """Apply a step to the order as it is stored, however often somebody else writes in between.

    Raises Overtaken when the order has become one to which the step cannot happen.
    """
    known: OrderRecord | None = record
    for _ in range(ATTEMPTS):
        if known is None:
            raise Overtaken(None)
        try:
            changed = step(known)
        except IllegalTransition as error:
            raise Overtaken(known) from error
        try:
            return save(services, changed, over=known)
        except VersionConflict:
            known = services.orders.get(record.key)
    raise VersionConflict(record.key)


def save(services: Services, record: OrderRecord, over: OrderRecord | None) -> OrderRecord:
    """Write a record over another, or as the order's first, and count what is new in it."""
    saved = services.orders.save(record)
    count_written(over, record, services.now_ms())
    return saved


def is_finished(record: OrderRecord) -> bool:
    """Say whether nothing is owed for the order any more."""
    return not duties(record)
