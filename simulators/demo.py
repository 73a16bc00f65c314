"""`make demo`: orders through the whole pipeline, and what became of each of them."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from simulators.channels.marketplace import Decision
from simulators.demo_report import Outcome, ShopOutcome, print_report, summary
from simulators.ending import INTERRUPTED, end_by_signals
from simulators.menu import SHOP
from simulators.orders import OrderGenerator
from simulators.playground import Playground, StartError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from simulators.cart import PlacedOrder
    from simulators.world import World

# How many orders are under way at once: enough to keep the app's process busy, few enough that an
# order's time, and a webhook's, says how long the pipeline takes and not how long it waited for its
# turn. All functions share one process here, which runs one of them at a time: three keep it busy,
# and with eight no more orders get through, but every webhook is answered four times as late.
ORDERS_AT_ONCE = 3
# A small part of what an order takes: looking costs time that the pipeline would use.
LOOK_EVERY_SECONDS = 0.005
GIVE_UP_AFTER_SECONDS = 120

# Things that happen: the share of calls or webhooks each befalls.
WEBHOOK_FAULTS = {"duplicate_webhook": 0.05}
SQUARE_FAULTS = {"rate_limited": 0.01, "error_after_commit": 0.01}
STRIPE_FAULTS = {"rate_limited": 0.01}

# Every so many-th order is one of our own shop, and goes through its saga.
SHOP_EVERY = 10


def main(arguments: Sequence[str] | None = None) -> int:
    """Play the orders; returns 0 when none was lost and none printed twice."""
    options = _parser().parse_args(arguments)
    end_by_signals()
    try:
        with Playground(seed=options.seed, quiet=True) as playground:
            playground.upload_menus()
            world = playground.vendors.world
            if options.faults:
                _ask_for_trouble(world)
            playground.vendors.answered_ms.clear()
            outcome = _play(world, options.orders, quiet=options.json)
            outcome = replace(outcome, answered_ms=tuple(playground.vendors.answered_ms))
            if options.json:
                sys.stdout.write(json.dumps(summary(outcome)) + "\n")
            else:
                print_report(outcome, playground)
    except KeyboardInterrupt:
        return INTERRUPTED
    except StartError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0 if outcome.is_good else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulators.demo",
        description="Play orders through the whole pipeline on this machine.",
    )
    parser.add_argument("--orders", type=_positive, default=200, help="how many (default 200)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")
    parser.add_argument("--seed", type=int, default=0, help="seed of orders, ids and faults")
    parser.add_argument(
        "--no-faults",
        dest="faults",
        action="store_false",
        help="no duplicate webhooks, no 429 and no 500 after commit from the point of sale",
    )
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not a number of orders")
    return number


def _ask_for_trouble(world: World) -> None:
    for partner in (world.uber, world.doordash):
        partner.faults.add_mix(WEBHOOK_FAULTS)
    world.square.faults.add_mix(SQUARE_FAULTS)
    world.stripe.faults.add_mix(STRIPE_FAULTS)


def _play(world: World, count: int, *, quiet: bool) -> Outcome:
    """Place the orders, a few at a time, and wait until each is decided and printed."""
    started = time.monotonic()
    placed: dict[str, tuple[PlacedOrder, int]] = {}
    open_orders: set[str] = set()
    finished_at = started
    progress, close = _progress_bar(count, quiet=quiet)
    shop = OrderGenerator(seed=world.generator.seed, stores=world.generator.stores, channels=[SHOP])
    try:
        while len(placed) < count or open_orders:
            while len(placed) < count and len(open_orders) < ORDERS_AT_ONCE:
                now_ms = time.time_ns() // 1_000_000
                order = _place(world, shop, len(placed))
                placed[order.order_id] = (order, now_ms)
                open_orders.add(order.order_id)
            done = open_orders & _decided(world)
            if done:
                open_orders -= done
                finished_at = time.monotonic()
                progress(len(done))
            elif time.monotonic() - finished_at > GIVE_UP_AFTER_SECONDS:
                break
            else:
                time.sleep(LOOK_EVERY_SECONDS)
    finally:
        close()
    return Outcome(
        placed_at_ms={order_id: at_ms for order_id, (_, at_ms) in placed.items()},
        tickets=[
            (ticket.reference_id or "", ticket.printed_at_ms) for ticket in world.square.tickets()
        ],
        decisions={d.order_id: (d.decision, d.at_ms) for d in _decisions(world)},
        seconds=finished_at - started,
        shop=ShopOutcome(
            orders=len(world.shop.checkouts()),
            paid=len(world.stripe.taken_at_ms()),
            kept=world.stripe.kept(),
            couriers=len(world.drive.deliveries()),
        ),
    )


def _place(world: World, shop: OrderGenerator, number: int) -> PlacedOrder:
    if number % SHOP_EVERY != SHOP_EVERY - 1:
        (order,) = world.place_next()
        return order
    # Far away from the partners' numbers: equal numbers have equal ids.
    order = shop.order(1_000_000 + number, world.now_ms())
    world.place(order)
    return order


def _decisions(world: World) -> list[Decision]:
    """Return what each partner was told. Our shop's customer hears yes by paying."""
    taken = [
        Decision(order_id, "accepted", at_ms, {})
        for order_id, at_ms in world.stripe.taken_at_ms().items()
    ]
    return [*world.uber.decisions(), *world.doordash.decisions(), *taken]


def _decided(world: World) -> set[str]:
    return {decision.order_id for decision in _decisions(world)}


def _progress_bar(total: int, *, quiet: bool) -> tuple[Callable[[int], None], Callable[[], None]]:
    """Return a function that moves the bar on, and one that takes it away."""
    if quiet:
        return (lambda _done: None), (lambda: None)
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("orders"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=Console(stderr=True))
    task = progress.add_task("orders", total=total)
    progress.start()
    return (lambda done: progress.update(task, advance=done)), progress.stop


if __name__ == "__main__":
    sys.exit(main())
