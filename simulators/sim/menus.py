"""New menus of an evening: two files for one store soon after each other, on every other one."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from simulators.menu import Store
    from simulators.sim.plan import Plan


def has_new_menus(plan: Plan) -> bool:
    """Say whether operators upload anything this evening."""
    return plan.seed % 2 == 1


def new_menus(
    plan: Plan, stores: Sequence[Store], files: Mapping[str, dict[str, Any]]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield what is uploaded, and when. `files` are the menus of now, by store."""
    if not has_new_menus(plan):
        return
    dice = random.Random(f"menus:{plan.seed}")
    at_ms = dice.randrange(max(1, plan.ends_ms))
    file = files[dice.choice(stores).store_id]
    for number in range(2):
        menu = json.loads(json.dumps(file))
        dice.choice(menu["items"])["name"] = f"New {number}"
        yield at_ms, menu
        at_ms += dice.randrange(30_000)
