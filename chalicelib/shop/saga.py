"""What all steps of the saga share: writing over what others write, waking whose turn it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.domain.checkout import SETTLE_MS
from chalicelib.domain.checkout_duties import Step, owed
from chalicelib.domain.deadlines import backoff_seconds
from chalicelib.domain.errors import IllegalTransition, VersionConflict
from chalicelib.domain.events import Event, event_id
from chalicelib.orders.wakes import wake_queue
from chalicelib.telemetry import work
from chalicelib.telemetry.checkouts import count_changed

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.bootstrap import Services
    from chalicelib.config import Names
    from chalicelib.domain.checkout import Checkout

ATTEMPTS = 6
LONGEST_WAIT_SECONDS = 300
TELL_STAFF_MS = 3_600_000
"""A step that has failed for so long is shown to people."""


class Overtaken(Exception):  # noqa: N818 - internal signal
    """The checkout is no longer one to which this can happen."""


def queue_of(names: Names, step: Step) -> str:
    """Return the queue of a step."""
    queues = {
        Step.PAY: names.shop_payments_queue,
        Step.PLACE: names.shop_orders_queue,
        Step.COURIER: names.shop_couriers_queue,
        Step.TELL: names.shop_messages_queue,
    }
    return queues[step]


def find(services: Services, checkout_id: str) -> Checkout | None:
    """Return the checkout that a worker was woken for: from here on all it does is about that."""
    checkout = services.checkouts.get(checkout_id)
    if checkout is None:
        # Of a payment or a delivery that somebody made by hand, or long ago.
        log.warning("shop.unknown", checkout=checkout_id)
        return None
    work.about(checkout.order_key, checkout.trace)
    return checkout


def change(
    services: Services,
    checkout: Checkout,
    step: Callable[[Checkout], Checkout],
    worker: Step | None = None,
) -> Checkout:
    """Apply a step to the checkout as it is stored, and wake those whose turn it is by that.

    `worker` is whoever does it, and needs no waking. Raises Overtaken when the checkout has become
    one to which the step cannot happen.
    """
    known: Checkout | None = checkout
    for _ in range(ATTEMPTS):
        if known is None:
            raise Overtaken("gone")
        try:
            changed = step(known)
        except IllegalTransition as error:
            raise Overtaken(str(error)) from error
        try:
            saved = services.checkouts.save(changed)
        except VersionConflict:
            known = services.checkouts.get(checkout.checkout_id)
            continue
        count_changed(known, saved, services.now_ms())
        before = owed(known)
        for turn, what in owed(saved).items():
            if before.get(turn) != what and turn is not worker:
                wake(services, saved, turn)
        return saved
    raise VersionConflict(checkout.checkout_id)


def wake(services: Services, checkout: Checkout, step: Step, delay_seconds: int = 0) -> None:
    """Have a step's worker look at the checkout."""
    queue = queue_of(services.config.names, step)
    body = {"checkout_id": checkout.checkout_id}
    wake_queue(services, queue, body, delay_seconds=delay_seconds)


def is_early(services: Services, checkout: Checkout, step: Step) -> bool:
    """Say whether a step waits for a later instant."""
    return services.now_ms() < checkout.next_ms.get(step, 0)


def try_later(
    services: Services,
    checkout: Checkout,
    step: Step,
    reason: str,
    *,
    at_least: int | None = None,
    cap: int = LONGEST_WAIT_SECONDS,
) -> Checkout:
    """Write down that a step failed in an orderly way, and have it tried again."""
    now_ms = services.now_ms()
    seconds = backoff_seconds(checkout.tries.get(step, 0) + 1, cap, at_least)
    next_ms = now_ms + seconds * 1000
    log.warning(f"shop.{step}_waits", checkout=checkout.checkout_id, reason=reason, seconds=seconds)
    waiting = change(services, checkout, lambda c: c.failed(step, next_ms, now_ms), step)
    is_late = now_ms - waiting.failing_ms.get(step, now_ms) >= TELL_STAFF_MS
    if is_late and step not in waiting.shown:
        tell_staff(services, waiting, f"{step}: {reason}")
        waiting = change(services, waiting, lambda c: c.shown_to_staff(step), step)
    wake(services, waiting, step, seconds)
    return waiting


def has_failed_for_too_long(services: Services, checkout: Checkout, step: Step) -> bool:
    """Say whether a step is to be left to people."""
    began_ms = checkout.failing_ms.get(step)
    return began_ms is not None and services.now_ms() - began_ms > SETTLE_MS


def tell_staff(services: Services, checkout: Checkout, why: str) -> None:
    """Say that a person has to look; once a checkout and reason."""
    id_ = event_id("order.unsettled", checkout.checkout_id, why.partition(":")[0])
    data = {"storeId": checkout.channel_store_id, "why": why[:200]}
    event = Event(id_, "order.unsettled", checkout.order_key, services.now_ms(), data)
    services.bus.publish([event])
