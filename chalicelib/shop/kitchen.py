"""What the kitchen makes of an order of our shop, written into its checkout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.domain.checkout import LOOK_MS, Ending
from chalicelib.domain.states import State
from chalicelib.shop.saga import Overtaken, change

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.bootstrap import Services
    from chalicelib.domain.checkout import Checkout
    from chalicelib.domain.record import OrderRecord


class TakenBack(Exception):  # noqa: N818 - a fact about the order
    """There is to be no food any more: the kitchen's ticket has to go."""


def has_ticket(services: Services, record: OrderRecord, ready_ms: int) -> None:
    """The kitchen is making it. TakenBack when the customer will not get it any more."""
    now_ms = services.now_ms()
    checkout = _note(services, record, lambda c: c.making(ready_ms, now_ms))
    if checkout.ending is not None:
        raise TakenBack(str(checkout.ending))


def holds(services: Services, record: OrderRecord, ready_ms: int) -> None:
    """The kitchen will make it later."""
    look_ms = max(ready_ms, services.now_ms()) + LOOK_MS
    _note(services, record, lambda c: c.scheduled(ready_ms, look_ms))


def is_ready(services: Services, record: OrderRecord) -> None:
    """The food is ready."""
    _note(services, record, lambda c: c.ready())


def is_out(services: Services, record: OrderRecord) -> None:
    """There is no ticket, and there will be none."""
    refusal = record.refusal
    if record.state is State.REJECTED:
        ending = Ending.REFUSED
    else:
        ending = Ending.CANCELLED if record.by_partner else Ending.KITCHEN_CANCELLED
    why = str(refusal.reason) if refusal else ""
    _note(services, record, lambda c: c.end(ending, why, out=True))


def _note(
    services: Services, record: OrderRecord, step: Callable[[Checkout], Checkout]
) -> Checkout:
    """Write it down once; what is so already, or has been overtaken, changes nothing."""
    checkout = services.checkouts.get(record.order_id)
    if checkout is None:
        # Orders outlive no checkout: both are kept for the same time.
        raise TakenBack("there is no checkout")
    try:
        return change(services, checkout, step)
    except Overtaken:
        return services.checkouts.get(record.order_id) or checkout
