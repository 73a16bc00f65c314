"""The Friday night of fifty stores, in virtual and in real time, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from benchmarks.harness import Figure, at_most, percentile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.harness import Effort

LIVE_SHARE = 10
"""One machine makes so many times fewer orders in real time."""

LIVE_ORDERS_A_SECOND = 4
LONGEST_SECONDS = 150
WEBHOOK_MS = 50
TIMEOUT_SECONDS = 7_200


def measure(effort: Effort) -> list[Figure]:
    """Play both nights."""
    few = effort.friday // LIVE_SHARE
    lasts = few / LIVE_ORDERS_A_SECOND
    virtual = _night("--orders", str(effort.friday))
    live = _night("--live", "--orders", str(few), "--seconds", str(lasts))
    return [*_figures("virtual", virtual), *_figures("live", live)]


def _night(*options: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "simulators.friday", *options],
        stdout=subprocess.PIPE,
        check=False,  # a night that went wrong is a figure too
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    if not done.stdout.strip():
        message = f"the night ended with status {done.returncode} and said nothing"
        raise RuntimeError(message)
    night: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return night


def _figures(how: str, night: dict[str, Any]) -> Iterator[Figure]:
    orders, decided = night["orders"], night["decided_seconds"]
    peak = f"Friday peak, {how}, {orders:,} orders"
    refused = ", ".join(f"{count} {reason}" for reason, count in night["refused"].items())
    yield at_most(f"{peak}: lost", night["lost"], "orders", 0)
    yield at_most(f"{peak}: printed twice", night["duplicates"], "orders", 0)
    yield at_most(f"{peak}: not answered in time", night["late"], "orders", 0)
    yield at_most(f"{peak}: disagreements", len(night["findings"]), "orders", 0)
    yield Figure(f"{peak}: refused", sum(night["refused"].values()), "orders", note=refused)
    if decided:
        yield Figure(f"{peak}: first answer, p50", percentile(decided, 50), "s")
        yield Figure(f"{peak}: first answer, p99", percentile(decided, 99), "s")
        yield at_most(f"{peak}: first answer, longest", max(decided), "s", LONGEST_SECONDS)
    if webhooks := night["webhook_ms"]:
        yield at_most(f"{peak}: webhook answered, p99", percentile(webhooks, 99), "ms", WEBHOOK_MS)
    if night["calls"]:
        yield Figure(f"{peak}: calls to AWS and vendors", night["calls"] / orders, "an order")
    yield Figure(f"{peak}: played", orders / night["seconds"], "orders/s")
