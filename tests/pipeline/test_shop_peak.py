"""Twenty times the usual rush in our own shop, with vendors that fail now and then."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from simulators.audit import findings
from simulators.shop.audit import checkouts
from tests.pipeline.shop_steps import check_out

if TYPE_CHECKING:
    from simulators.street import Street

USUAL = 6
"""Orders a minute."""
PEAK = 20 * USUAL
COURIER_CALLS = 300
"""A minute, at the courier service: at the peak every order needs two of them and a webhook."""


def test_a_rush_of_twenty_times_the_usual(street: Street) -> None:
    """Nobody is charged without a ticket, no ticket is unpaid, nobody is charged twice."""
    world = street.world
    trouble = {"rate_limited": 0.02, "error_after_commit": 0.02, "error_before_commit": 0.02}
    for vendor in (world.stripe, world.drive, world.square):
        vendor.faults.add_mix(trouble)
    for vendor in (world.stripe, world.drive):
        vendor.faults.add_mix({"duplicate_webhook": 0.05, "out_of_order_webhook": 0.05})
    placed = []
    for minute, orders in enumerate((USUAL, PEAK, USUAL)):
        for number in range(orders):
            placed.append(check_out(street, at_store=number % 3, number=1000 * minute + number))
            street.offline.advance(seconds=60 / orders, raise_errors=False)
            world.tick()
    street.go(seconds=3600, step=120)
    records = checkouts(street)
    assert set(records) == set(placed)
    endings = Counter(record["ending"] for record in records.values())
    # The journal, in which the mails are, has forgotten the first calls of so long an evening.
    assert findings(street, maybe_untold=set(placed[:USUAL])) == []
    assert endings[None] >= 0.97 * len(placed), endings
    charged = sum(record["total"] for record in records.values() if not record["ending"])
    extras = sum(r["extras"] for r in records.values() if r["pickup_instead"] and not r["ending"])
    assert world.stripe.kept() == charged - extras
