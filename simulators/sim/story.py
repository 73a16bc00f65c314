"""What happened to an order, call by call; and how to have it happen again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from simulators.sim.door import Passed
    from simulators.sim.play import Result
    from simulators.sim.shrink import Cut

_ID = re.compile(r"^(?:gb:)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ORDERS_MAX = 3


def again(result: Result) -> str:
    """Return the command that plays the seed once more."""
    plan = result.plan
    return f"make sim SEEDS=1 ORDERS={plan.size} SEED={plan.seed}"


def story(result: Result, cut: Cut | None = None) -> Iterator[str]:
    """Yield the lines that tell of a failed seed: findings, weather, and each order's calls."""
    yield f"seed {result.plan.seed}: {len(result.findings)} findings, digest {result.digest}"
    if cut is not None:
        orders = f"--seed {result.plan.seed} --orders {result.plan.size}"
        yield f"  again: python -m simulators.sim {orders} {cut.options()}"
    else:
        yield f"  again: {again(result)}"
    yield f"  {result.plan.weather}"
    yield from (f"  {window}" for window in (*result.plan.vendors, *result.plan.aws))
    yield from (f"  ! {finding}" for finding in result.findings)
    for order_id in list(_orders_of(result.findings))[:ORDERS_MAX]:
        yield from lines_of(result, order_id)


def lines_of(result: Result, order_id: str) -> Iterator[str]:
    """Yield an order's calls; "all" is everything that happened."""
    yield f"  -- {order_id}"
    yield from _lines(result.log, order_id)


def _orders_of(findings: Iterable[str]) -> dict[str, None]:
    found = (_ID.match(finding) for finding in findings)
    return dict.fromkeys(match[0] for match in found if match)


def _lines(log: Iterable[Passed], order_id: str) -> Iterator[str]:
    for passed in log:
        if order_id == "all" or order_id in (passed.order_id, passed.order_id.removeprefix("gb:")):
            end = f"  → {passed.end}" if passed.end else ""
            yield f"  {passed.at_ms / 1000:9.3f}  {passed.function:14} {passed.what}{end}"
