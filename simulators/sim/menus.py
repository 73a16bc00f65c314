"""The menus of an evening: on every other one two new files for one store, one after the other."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from simulators.menu import Store
    from simulators.sim.plan import Plan
    from simulators.street import Street


def has_new_menus(plan: Plan) -> bool:
    """Say whether operators upload anything this evening."""
    return plan.seed % 2 == 1


def open_stores(plan: Plan, street: Street) -> None:
    """Open the stores; where operators upload nothing, partners have had the menus for long.

    Publishing them in fair weather would be the same every time, and a fifth of all work.
    """
    if has_new_menus(plan):
        street.open_for_business()
    else:
        street.be_open_already()


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
