"""A simulation must be known to find: each deliberate break of the app is found in a few seeds."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib import handlers
from chalicelib.domain.commands import ReceiveOrder, SweepDeadlines
from chalicelib.domain.duties import Undo
from chalicelib.domain.record import OrderRecord
from chalicelib.orders import receive, undo
from chalicelib.orders.attempt import Attempt
from chalicelib.pos.clover import Clover
from chalicelib.pos.square import Square
from simulators.sim.plan import make_plan
from simulators.sim.play import play

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.bootstrap import Services
    from chalicelib.pos.base import Ticket

SEEDS_MAX = 25
ORDERS = 10


def yes_before_the_ticket(patch: pytest.MonkeyPatch) -> None:
    """Partners like quick answers."""
    pass_on = receive._pass_on

    def hasty(services: Services, record: OrderRecord) -> None:
        if record.state == "received":
            services.channels[record.channel].accept(record, services.now_ms() + 900_000)
        pass_on(services, record)

    patch.setattr(receive, "_pass_on", hasty)


def no_lease(patch: pytest.MonkeyPatch) -> None:
    """Two workers at one order."""
    patch.setattr(OrderRecord, "is_leased", lambda *_: False)


def no_void(patch: pytest.MonkeyPatch) -> None:
    """The ticket of a cancelled order stays."""

    def nothing(services: Services, _pos: Any, record: OrderRecord, ticket: Ticket | None) -> None:
        undo._end(services, record, Undo.DONE, "", ticket)

    patch.setattr(undo, "_undo", nothing)


def no_look_before_it_is_created_again(patch: pytest.MonkeyPatch) -> None:
    """What Clover's lack of keys asks for."""
    patch.setattr(Attempt, "find", lambda _self: None)


def released_over_whatever_was_written(patch: pytest.MonkeyPatch) -> None:
    """A cancellation between the ticket and its print goes unseen."""

    def unwritten(self: Attempt, ticket: Ticket) -> None:
        self.ticket = ticket

    patch.setattr(Attempt, "write_releasing", unwritten)


def no_sweep(patch: pytest.MonkeyPatch) -> None:
    """What a crash left behind stays there."""
    patch.setitem(handlers.HANDLERS, SweepDeadlines, lambda *_: None)


def another_key_each_time(patch: pytest.MonkeyPatch) -> None:
    """Square makes a new order of every attempt."""
    call, count = Square._call, iter(range(10**9))

    def keyed(self: Square, method: str, path: str, body: Any = None) -> Any:
        if body and "idempotency_key" in body:
            body = body | {"idempotency_key": f"{next(count)}"}
        return call(self, method, path, body)

    patch.setattr(Square, "_call", keyed)


def options_are_forgotten(patch: pytest.MonkeyPatch) -> None:
    """The kitchen's ticket costs less than the partner says."""
    patch.setattr("chalicelib.pos.clover.orders.flat", lambda _modifiers: [])


def failures_are_swallowed(patch: pytest.MonkeyPatch) -> None:
    """A message whose order could not be written down is done all the same."""

    def quiet(services: Services, command: ReceiveOrder) -> None:
        with suppress(Exception):  # the mistake itself
            receive.receive_order(services, command)

    patch.setitem(handlers.HANDLERS, ReceiveOrder, quiet)


def prints_without_looking(patch: pytest.MonkeyPatch) -> None:
    """Clover prints each time that it is asked."""
    patch.setattr("chalicelib.pos.clover.point_of_sale._printed", lambda _found: False)
    patch.setattr(Clover, "state_of", lambda *_: "unprinted")


BREAKS: list[Callable[[pytest.MonkeyPatch], None]] = [
    yes_before_the_ticket,
    no_lease,
    no_void,
    no_look_before_it_is_created_again,
    released_over_whatever_was_written,
    no_sweep,
    another_key_each_time,
    options_are_forgotten,
    failures_are_swallowed,
    prints_without_looking,
]


@pytest.mark.parametrize("break_it", BREAKS, ids=lambda break_it: break_it.__name__)
def test_break_is_found(
    monkeypatch: pytest.MonkeyPatch, break_it: Callable[[pytest.MonkeyPatch], None]
) -> None:
    """Within some seeds of a few orders each."""
    break_it(monkeypatch)
    for seed in range(SEEDS_MAX):
        if play(make_plan(seed, ORDERS)).findings:
            return
    pytest.fail(f"nobody noticed in {SEEDS_MAX} seeds")
