"""A failing plan made smaller: fewer orders, fewer windows, calmer weather, the same finding."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from simulators.sim.plan import make_plan, reduced

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulators.sim.plan import Plan
    from simulators.sim.play import Result

PLAYS_MAX = 24
_ID = re.compile(r"(?:gb:)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Cut:
    """What is left of a seed's plan."""

    keep: tuple[int, ...]
    calm: tuple[str, ...] = ()
    windows: tuple[int, ...] = ()

    def of(self, plan: Plan) -> Plan:
        """Return what is left of a whole plan."""
        return reduced(plan, keep=self.keep, calm=self.calm, windows=self.windows)

    def options(self) -> str:
        """Return the command line's options for it."""
        words = [f"--keep {_listed(self.keep)}", f"--windows {_listed(self.windows)}"]
        words += [f"--calm {_listed(self.calm)}"] if self.calm else []
        return " ".join(words)


def kinds(result: Result) -> set[str]:
    """Return the findings without the orders' names."""
    return {_ID.sub("", finding) for finding in result.findings}


def shrunk(failed: Result, play: Callable[[Plan], Result]) -> tuple[Cut, Result]:
    """Return the smallest cut that was found with one of the same findings, and its play."""
    plan = failed.plan
    wanted = kinds(failed)
    windows = tuple(range(len(plan.vendors) + len(plan.aws)))
    best = Cut(tuple(order.number for order in plan.orders), (), windows)
    shown, left = failed, PLAYS_MAX

    def fails(cut: Cut) -> bool:
        nonlocal shown, left
        left -= 1
        result = play(cut.of(plan))
        if kinds(result) & wanted:
            shown = result
            return True
        return False

    size = len(best.keep)
    while size > 1 and left > 0:
        size = -(-size // 2)
        for start in range(0, len(best.keep), size):
            rest = best.keep[:start] + best.keep[start + size :]
            if rest and left > 0 and fails(cut := Cut(rest, best.calm, best.windows)):
                best = cut
                size = len(rest)
                break
    for window in windows:
        rest = tuple(w for w in best.windows if w != window)
        if left > 0 and fails(cut := Cut(best.keep, best.calm, rest)):
            best = cut
    for part, share in asdict(plan.weather).items():
        if share and left > 0 and fails(cut := Cut(best.keep, (*best.calm, part), best.windows)):
            best = cut
    return best, shown


def cut_plan(seed: int, orders: int, cut: Cut | None) -> Plan:
    """Return a seed's plan, or what is left of it."""
    plan = make_plan(seed, orders)
    return cut.of(plan) if cut else plan


def _listed(values: tuple[object, ...]) -> str:
    return ",".join(map(str, values)) or "none"
