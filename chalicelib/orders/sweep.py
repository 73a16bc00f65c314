"""Once a minute: wake what has been quiet for too long.

The sweep decides nothing, reads no order and calls no vendor. So fifty stores with one point of
sale hanging are decided by their workers side by side, and a record that nobody can read stops
nobody.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.domain.checkout_duties import Step
from chalicelib.domain.duties import Duty
from chalicelib.domain.errors import DomainError
from chalicelib.orders.wakes import queue_of
from chalicelib.shop.saga import queue_of as shop_queue_of

if TYPE_CHECKING:
    from chalicelib.bootstrap import Services
    from chalicelib.domain.commands import SweepDeadlines


def sweep_deadlines(services: Services, command: SweepDeadlines) -> None:  # noqa: ARG001 - uniform
    """Send a wake per duty of every due order. One queue's failure does not stop the others."""
    wakes: dict[str, list[dict[str, str]]] = defaultdict(list)
    failures: list[Exception] = []
    for name, find, due in (
        ("order_key", _queues, services.orders.due),
        ("checkout_id", _shop_queues, services.checkouts.due),
        ("stock", _telling_queue, services.stock.due),
        ("menu", _telling_queue, services.publications.due),
    ):
        try:
            for key, due_for in due(services.now_ms()):
                for queue in find(services, key, due_for):
                    wakes[queue].append({name: key})
        except DomainError as error:
            log.error("sweep.failed", index=name, reason=str(error))
            failures.append(error)
    for queue, bodies in wakes.items():
        try:
            services.queues.send_all(queue, bodies)
        except DomainError as error:
            log.error("sweep.failed", queue=queue, reason=str(error))
            failures.append(error)
    if wakes:
        log.info("sweep.woke", orders={queue: len(bodies) for queue, bodies in wakes.items()})
    if failures:
        raise ExceptionGroup("what the sweep could not read or send", failures)


def _queues(services: Services, key: str, due_for: str) -> set[str]:
    found = set()
    for part in due_for.split():
        duty, _, vendor = part.partition("/")
        try:
            found.add(queue_of(services, Duty(duty), vendor))
        except ValueError:
            # Of a newer version of this code, which will wake it itself.
            log.error("sweep.unknown_duty", order=key, duty=part)
    return found


def _telling_queue(services: Services, key: str, due_for: str) -> set[str]:  # noqa: ARG001
    return {services.config.names.channel_callbacks_queue}


def _shop_queues(services: Services, key: str, due_for: str) -> set[str]:
    found = set()
    for part in due_for.split():
        try:
            found.add(shop_queue_of(services.config.names, Step(part)))
        except ValueError:
            log.error("sweep.unknown_duty", checkout=key, duty=part)
    return found
