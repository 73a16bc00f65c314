"""A function dies before or after any call to AWS or to a vendor, and all sides still agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.client import BaseClient

from chalicelib.adapters.http import VendorHttp
from simulators.audit import YES, findings

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulators.street import Street

ROUTES = {"uber_eats": 0, "doordash": 0, "deliveroo": 2, "open_delivery": 1}
"""Partners and the store of the long street that they order from: each vendor has its turn."""


TOAST = 1
"""Its calls may take half a minute each, so a message whose function died comes back when the
order's deadline is over: the order that it was about may be denied. No other order notices."""


class Died(MemoryError):  # noqa: N818 - what happened
    """What a function that runs out of memory sees last. Nothing of ours catches it."""


class Door:
    """Every call passes here, and lets the function die at the one that was chosen."""

    def __init__(self) -> None:
        self.count = 0
        self.at = 0
        self.after = False

    def arm(self, at: int, *, after: bool) -> None:
        """Die at the `at`-th call from now, before or after it was carried out."""
        self.count, self.at, self.after = 0, at, after

    def wrap(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return the call behind the door."""

        def passed(*arguments: Any, **named: Any) -> Any:
            self.count += 1
            is_chosen = self.count == self.at
            if is_chosen and not self.after:
                raise Died
            result = call(*arguments, **named)
            if is_chosen:
                raise Died
            return result

        return passed


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Door:
    """The door in front of AWS and vendors."""
    door = Door()
    monkeypatch.setattr(BaseClient, "_make_api_call", door.wrap(BaseClient._make_api_call))
    monkeypatch.setattr(VendorHttp, "call", door.wrap(VendorHttp.call))
    return door


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("channel", sorted(ROUTES))
def test_a_crash_at_any_call_leaves_no_disagreement(
    long_street: Street, door: Door, channel: str, *, after: bool
) -> None:
    """One ticket and a yes: every point of sale answers all the time, so nobody need be denied.

    Except for the call that a webhook is made durable by: its sender hears 500 and, at some
    partners, has given the sale up by then. All sides must agree about that order, too.
    """
    street, store = long_street, ROUTES[channel]
    street.place(channel, store=store, number=1)
    street.settle()
    door.arm(0, after=False)
    street.place(channel, store=store, number=2)
    street.settle()
    calls = door.count
    assert calls >= 8
    placed = []
    for at in range(1, calls + 1):
        door.arm(at, after=after)
        order_id = street.place(channel, store=store, number=100 + at)
        placed += [order_id] if at > 1 else []
        street.settle()
        door.arm(0, after=False)
        street.pass_time(seconds=45)
    street.pass_time(seconds=180)
    assert findings(street) == []
    told = street.decisions()
    denied = [order_id for order_id in placed if told[order_id] not in YES]
    assert len(denied) <= (4 if store == TOAST else 0)
