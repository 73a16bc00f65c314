"""The Friday night of fifty stores: four channels, a rush, a slow vendor and a dead store.

The same night in virtual time, call by call as `make sim` plays it, and in real time, with the
app and the vendors in processes of their own and HTTP between them. `python -m simulators.friday`.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from simulators.audit import UNANSWERED, YES, findings, sides
from simulators.books import Books
from simulators.ending import INTERRUPTED, end_by_signals
from simulators.menu import CLOVER, make_stores
from simulators.orders import OrderGenerator
from simulators.sim import plan as plans
from simulators.sim.plan import OrderPlan, Plan, StorePlan, Weather, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from simulators.audit import Side
    from simulators.menu import Store
    from simulators.world import World

STORES = 50
RUSH = 20
"""So many times as many orders come in the rush as before and after it…"""

RUSH_SHARE = 0.1
"""…for this share of the night."""

THROTTLED = 0.3
"""The share of its calls that Clover answers with 429."""

HARD_LIMIT_MS = 150_000
DEAD_STORE = 2
"""Its place in the list: one of Clover's."""

ORDERS = 10_000
VIRTUAL_SECONDS = 3_600
LIVE_ORDERS = 1_000
LIVE_SECONDS = 240
GIVE_UP_AFTER_SECONDS = 400


@dataclass(frozen=True, slots=True)
class Night:
    """How it went."""

    orders: int
    seconds: float
    lost: int
    duplicates: int
    late: int
    findings: tuple[str, ...]
    decided_seconds: tuple[float, ...] = field(repr=False)
    webhook_ms: tuple[int, ...] = field(default=(), repr=False)
    said: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    calls: int = 0

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost, printed twice or left unanswered, and all sides agree."""
        return not (self.lost or self.duplicates or self.late or self.findings)


def arrivals(count: int, seconds: float, seed: int) -> list[int]:
    """Return when orders come, in milliseconds: a rush in the middle of the night."""
    dice = random.Random(f"friday:{seed}")
    rush = RUSH * RUSH_SHARE / (RUSH * RUSH_SHARE + 1 - RUSH_SHARE)
    begins = (1 - RUSH_SHARE) / 2
    instants = []
    for _ in range(count):
        if dice.random() < rush:
            at = begins + dice.random() * RUSH_SHARE
        else:
            at = dice.random() * (1 - RUSH_SHARE)
            at += RUSH_SHARE if at >= begins else 0
        instants.append(round(at * seconds * 1000))
    return sorted(instants)


def friday_plan(count: int, seed: int, seconds: float = VIRTUAL_SECONDS) -> Plan:
    """Return the night as `make sim` plays it."""
    dice = random.Random(f"friday's stores:{seed}")
    stores = tuple(StorePlan(plans.POINTS_OF_SALE[n % 3]) for n in range(STORES))
    orders = tuple(
        OrderPlan(number, at_ms, plans.CHANNELS[number % 4], dice.randrange(STORES))
        for number, at_ms in enumerate(arrivals(count, seconds, seed))
    )
    ends_ms = round(seconds * 1000)
    throttling = Window(CLOVER, plans.THROTTLED, 0, ends_ms, THROTTLED)
    return Plan(seed, stores, orders, Weather(), (throttling,), ends_ms=ends_ms, size=count)


def end_a_till(world: World, stores: Sequence[Store]) -> None:
    """Let one store's till be dead."""
    dead = stores[DEAD_STORE].location_id
    world.clover.faults.add("*", "error_before_commit", times=None, status=503, about=dead)


def play_virtual(count: int, seed: int = 0, seconds: float = VIRTUAL_SECONDS) -> Night:
    """Play the night in virtual time."""
    from simulators.sim.play import play

    began = time.perf_counter()
    result = play(friday_plan(count, seed, seconds), trouble=end_a_till, judged=judge)
    return Night(
        **result.judged,
        findings=result.findings,
        calls=sum(result.calls.values()),
        seconds=time.perf_counter() - began,
    )


def play_live(count: int, seed: int = 0, seconds: float = LIVE_SECONDS) -> Night:
    """Play the night in real time, on free ports of this machine."""
    from simulators.playground import Playground, Ports

    stores = make_stores(STORES, plans.POINTS_OF_SALE)
    playground = Playground(seed=seed, quiet=True, ports=Ports(0, 0, 0), stores=stores)
    with playground:
        world = playground.vendors.world
        books = Books(playground.client, world)
        _connect(books, stores)
        playground.upload_menus()
        playground.vendors.answered_ms.clear()
        world.drive.settings = replace(world.drive.settings, pace=plans.QUICK)
        end_a_till(world, stores)
        world.clover.faults.add_mix({"rate_limited": THROTTLED})
        began = time.monotonic()
        _place(books, stores, arrivals(count, seconds, seed), seed)
        _wait_for_answers(books)
        took = time.monotonic() - began
        world.clover.faults.clear()
        _wait_for_rest(books)
        found = tuple(findings(books))
        answered = tuple(playground.vendors.answered_ms)
        return Night(**judge(books), findings=found, seconds=took, webhook_ms=answered)


def judge(books: Books) -> dict[str, Any]:
    """Return what became of the orders that were placed, as a Night has it."""
    known = [side for side in sides(books) if side.order_id in books.placed]
    refused = [s.record.refusal for s in known if s.record is not None and s.said not in YES]
    reasons = [str(refusal.reason) for refusal in refused if refusal]
    reasons += [side.said for side in known if side.is_turned_away]
    return {
        "orders": len(books.placed),
        "lost": sum(_is_lost(side) for side in known),
        "duplicates": sum(len(side.printed) > 1 for side in known),
        "late": sum(map(_is_late, known)),
        "decided_seconds": tuple(
            seconds for side in known if (seconds := _seconds(side)) is not None
        ),
        "said": dict(Counter(side.said or "nothing" for side in known)),
        "refused": dict(Counter(reasons)),
    }


def _seconds(side: Side) -> float | None:
    """Return after how long the partner had its first answer."""
    if side.record is None or not side.decisions:
        return None
    return (side.decisions[0].at_ms - side.record.received_ms) / 1000


def _is_lost(side: Side) -> bool:
    return not side.said or (side.record is None and not side.is_turned_away)


def _is_late(side: Side) -> bool:
    if side.is_turned_away:  # in the answer to the checkout itself
        return False
    seconds = _seconds(side)
    return side.said in UNANSWERED or seconds is None or seconds * 1000 > HARD_LIMIT_MS


# ---- in real time --------------------------------------------------------------------------------


def _connect(books: Books, stores: Iterable[Store]) -> None:
    for store in stores:
        if store.pos == CLOVER:
            item = {
                "name": {"S": f"clover/{store.location_id}"},
                "refresh": {"S": books.world.clover.connect(store.location_id)},
            }
            books.client("dynamodb").put_item(TableName="partner-tokens", Item=item)


def _place(books: Books, stores: Sequence[Store], instants: Sequence[int], seed: int) -> None:
    generator = OrderGenerator(seed=seed, stores=stores, channels=plans.CHANNELS)
    began = time.monotonic()
    for number, at_ms in enumerate(instants):
        time.sleep(max(0.0, began + at_ms / 1000 - time.monotonic()))
        order = generator.order(number, books.world.now_ms())
        books.placed[books.world.place(order)] = order


def _wait_for_answers(books: Books) -> None:
    """Let every partner have its decision, and our shop's site the answer to its checkout."""
    world = books.world

    def answered() -> bool:
        decided = {d.order_id for c in world.channels.values() for d in c.decisions()}
        taken = {id_ for id_, status in world.shop.answers().items() if 0 < status < 500}
        return books.placed.keys() <= decided | taken

    _wait_until(answered, 0.5)


def _wait_for_rest(books: Books) -> None:
    """Let couriers arrive, and what is still owed be settled."""
    _wait_until(lambda: not any(books.due()), 5)


def _wait_until(is_so: Callable[[], bool], every_seconds: float) -> None:
    end = time.monotonic() + GIVE_UP_AFTER_SECONDS
    while not is_so() and time.monotonic() < end:
        time.sleep(every_seconds)


# ---- the command ---------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> int:
    """Play one night; returns 0 when it was good."""
    parser = argparse.ArgumentParser(
        prog="python -m simulators.friday",
        description=f"Play a Friday night of {STORES} stores with a rush {RUSH} times the rest.",
    )
    parser.add_argument("--live", action="store_true", help="in real time, over HTTP")
    parser.add_argument(
        "--orders", type=int, help=f"how many ({ORDERS}; live {LIVE_ORDERS})", metavar="N"
    )
    parser.add_argument(
        "--seconds", type=float, help=f"how long ({VIRTUAL_SECONDS}; live {LIVE_SECONDS})"
    )
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    logging.disable(logging.CRITICAL)
    play, count, seconds = (
        (play_live, LIVE_ORDERS, LIVE_SECONDS)
        if options.live
        else (play_virtual, ORDERS, VIRTUAL_SECONDS)
    )
    end_by_signals()
    try:
        night = play(options.orders or count, options.seed, options.seconds or seconds)
    except KeyboardInterrupt:
        return INTERRUPTED
    sys.stdout.write(json.dumps(asdict(night) | {"is_good": night.is_good}) + "\n")
    return 0 if night.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
