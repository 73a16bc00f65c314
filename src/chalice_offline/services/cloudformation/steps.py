"""Work in steps that may have to wait: a generator that gives out what it waits for.

`resource = yield pending` reads as if it stood still there; nothing does. Whoever settles the
pending goes on with the work, within the kernel's turn.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from inspect import GEN_CLOSED, getgeneratorstate
from typing import Any, TypeVar

from chalice_offline.core.errors import AwsError, EmulatorBug
from chalice_offline.core.pending import Pending

T = TypeVar("T")
Steps = Generator[Pending[Any], Any, T]


def follow(steps: Steps[None], ended: Callable[[], None] = lambda: None) -> None:
    """Go through the steps, as far as they come now and on from there when they can go on."""

    def go_on(settled: Pending[Any] | None) -> None:
        while True:
            if (
                getgeneratorstate(steps) == GEN_CLOSED
            ):  # closed meanwhile: nobody wants to know any more
                ended()
                return
            try:
                waits_for = _advance(steps, settled)
            except StopIteration:
                ended()
                return
            if not waits_for.done:
                waits_for.then(go_on)
                return
            settled = waits_for

    go_on(None)


def _advance(steps: Steps[None], settled: Pending[Any] | None) -> Pending[Any]:
    if settled is None:
        return next(steps)
    try:
        value = settled.result()
    except AwsError as error:
        return steps.throw(error)
    return steps.send(value)


def at_once(steps: Steps[T]) -> T:
    """Go through steps that have nothing to wait for; returns what they come to."""
    try:
        next(steps)
    except StopIteration as ended:
        value: T = ended.value
        return value
    raise EmulatorBug("these steps were to wait for nothing")


def value_of(reply: T | Pending[Any]) -> Steps[T]:
    """Return a value that may have to be waited for, to be asked with `yield from`."""
    if isinstance(reply, Pending):
        value: T = yield reply
        return value
    return reply
