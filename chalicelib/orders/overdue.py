"""An order whose time is over is refused, whoever has it and wherever its wake stands.

A worker may hang until Lambda stops it, and a wake may stand in the queue of a vendor that takes
few calls at once. To refuse takes no call to the vendor; so whoever is woken may do it, and the
function that answers partners is: nothing of a vendor's holds it up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.domain.deadlines import QUEUED_MS
from chalicelib.domain.duties import Duty
from chalicelib.domain.refusal import Reason, Refusal
from chalicelib.domain.states import ON_THE_WAY
from chalicelib.orders.outbox import Overtaken, change, relay
from chalicelib.orders.wakes import wake_again

if TYPE_CHECKING:
    from chalicelib.bootstrap import Services
    from chalicelib.domain.record import OrderRecord

OFFLINE = "The restaurant's point of sale does not answer"
STUCK = "a worker that had the order did not come back in time"
STOOD = "the order stood before its point of sale until its time was over"


def refuse_overdue(services: Services, record: OrderRecord) -> OrderRecord | None:
    """Refuse an order whose time is over; None when it is not, or not any more.

    Its ticket, if there is one, is undone once nobody can be inside a call any more.
    """
    now_ms = services.now_ms()
    if not is_overdue(services, record, now_ms):
        return None
    why = STUCK if record.is_leased(now_ms) else STOOD

    def refused(found: OrderRecord) -> OrderRecord:
        if not is_overdue(services, found, now_ms):
            raise Overtaken(found)
        return found.abandon(Refusal(Reason.POS_OFFLINE, OFFLINE, detail=why), now_ms)

    try:
        rejected = change(services, record, refused)
    except Overtaken:
        log.info("order.overtaken", order=record.key)
        return None
    log.error("order.abandoned", order=record.key, reason=why)
    relay(services, rejected)
    wake_again(services, rejected, Duty.KITCHEN, rejected.lease_until_ms or now_ms)
    return rejected


def is_overdue(services: Services, record: OrderRecord, now_ms: int) -> bool:
    """Say whether nobody is waited for any longer, neither a worker nor a wake."""
    end_ms = _end_ms(services, record, now_ms)
    return end_ms is not None and now_ms >= end_ms


def _end_ms(services: Services, record: OrderRecord, now_ms: int) -> int | None:
    if record.state not in ON_THE_WAY or record.store is None:
        return None
    if not record.is_leased(now_ms):
        return record.look_until_ms + QUEUED_MS
    assert record.lease_until_ms is not None
    lease_ms = services.points_of_sale[record.store.pos].capabilities.lease_ms
    return record.give_up_ms(record.lease_until_ms - lease_ms)


def stay_to_its_end(services: Services, record: OrderRecord) -> None:
    """Have an order that is almost over looked at once more: its last worker may be gone since."""
    now_ms = services.now_ms()
    end_ms = _end_ms(services, record, now_ms)
    if end_ms is not None and record.look_until_ms <= now_ms < end_ms:
        see_to_its_end(services, record, end_ms)


def see_to_its_end(services: Services, record: OrderRecord, at_ms: int) -> None:
    """Have the function that answers partners look at an order when its time is over."""
    wake_again(services, record, Duty.PARTNER, at_ms)
