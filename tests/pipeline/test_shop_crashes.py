"""A function of the shop's saga dies before or after any call: nobody is charged for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulators.audit import findings
from simulators.shop.audit import checkouts
from tests.pipeline.shop_steps import check_out
from tests.pipeline.test_crashes import door  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulators.street import Street
    from tests.pipeline.test_crashes import Door


def _bought(street: Street, number: int) -> Callable[[], object]:
    """The whole way, by courier or fetched."""
    return lambda: check_out(street, number=number, carried=number % 3 != 0)


def _declined(street: Street, number: int) -> Callable[[], object]:
    return lambda: check_out(street, number=number, payment_method="pm_card_insufficient")


def _cancelled(street: Street, number: int) -> Callable[[], object]:
    """After it was paid, and its courier booked."""
    id_ = check_out(street, number=number, carried=True)
    street.settle()

    def cancel() -> None:
        street.world.shop.cancel(id_)
        street.world.tick()

    return cancel


def _deserted(street: Street, number: int) -> Callable[[], object]:
    """The courier gives up, and another one is looked for."""
    id_ = check_out(street, number=number, carried=True)
    street.settle()

    def desert() -> None:
        street.world.drive.desert(f"{id_}.1")
        street.world.tick()

    return desert


STORIES = {
    "bought": (_bought, None, 24),
    "declined": (_declined, "declined", 8),
    "cancelled": (_cancelled, "cancelled", 12),
    "deserted": (_deserted, None, 5),
}
"""What happens while a function dies, how each order has to end, and how many calls that takes at
least."""


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("story", sorted(STORIES))
def test_a_crash_at_any_call_costs_nobody_anything(
    street: Street,
    door: Door,  # noqa: F811
    story: str,
    *,
    after: bool,
) -> None:
    """Each order ends as if nothing had died; a mail may be missing, none comes twice."""
    begin, ending, least = STORIES[story]
    begin(street, 1)()
    street.settle()
    act = begin(street, 2)
    door.arm(0, after=False)
    act()
    street.settle()
    calls = door.count
    assert calls >= least
    for at in range(1, calls + 1):
        act = begin(street, 100 + at)
        door.arm(at, after=after)
        act()
        street.settle()
        door.arm(0, after=False)
    street.go(seconds=2400, step=120)
    assert findings(street, maybe_untold=set(checkouts(street))) == []
    ended = {record["ending"] for record in checkouts(street).values()}
    assert ended == {ending}
    assert len(checkouts(street)) == calls + 2
