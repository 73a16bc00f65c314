"""`python -m simulators.sim`: seeds of the whole app under everything that can go wrong."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from simulators.sim.fleet import Tally, play_all, play_part

if TYPE_CHECKING:
    from collections.abc import Sequence

GROUPS = ("partner", "record", "refusal", "undo", "people", "staff told", "crash", "vendor",
          "webhook", "aws")  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Play seeds; returns 0 without a finding, 1 with one."""
    options = _parser().parse_args(arguments)
    first = options.seed
    if options.keep or options.story or options.windows or options.calm:
        told = play_part(
            options.seed,
            options.orders,
            keep=_numbers(options.keep),
            windows=_numbers(options.windows),
            calm=options.calm.split(",") if options.calm else [],
            about=options.story or "",
        )
        for line in told.story:
            _say(line)
        return 1 if told.result.findings else 0
    seeds = range(first, first + options.seeds)
    tally = play_all(seeds, options.orders, jobs=options.jobs, shrink=options.shrink, say=_say)
    _report(tally, seeds, options.jobs)
    return 1 if tally.failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulators.sim",
        description="Play the whole app in virtual time, seed after seed, under crashes, faults"
        " of vendors and of AWS, and audit each when it is calm. Equal seeds are equal.",
    )
    parser.add_argument("--seeds", type=int, default=50, help="how many (default 50)")
    parser.add_argument("--orders", type=int, default=20, help="orders per seed (default 20)")
    parser.add_argument("--seed", type=int, default=0, help="the first seed (default 0)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument(
        "--no-shrink", dest="shrink", action="store_false", help="do not make failing seeds smaller"
    )
    part = parser.add_argument_group("a part of one seed, as a failing one prints it")
    part.add_argument("--keep", help="numbers of the orders to keep: 3,17")
    part.add_argument("--windows", help="places of the windows to keep: 0,2, or none")
    part.add_argument("--calm", help="parts of the weather to leave out: crash,webhook")
    part.add_argument("--story", metavar="ORDER", help="tell an order's story: its id, or all")
    return parser


def _numbers(text: str | None) -> list[int] | None:
    if text is None:
        return None
    return [] if text == "none" else [int(number) for number in text.split(",")]


def _report(tally: Tally, seeds: range, jobs: int) -> None:
    """Say what was exercised, so that nobody believes an empty simulation."""
    for group in GROUPS:
        found = {
            name.partition(": ")[2]: count
            for name, count in tally.counts.items()
            if name.partition(": ")[0] == group
        }
        if found:
            parts = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
            _say(f"{group + ':':<12}" + ", ".join(f"{n:,} {name}" for name, n in parts))
    calls = sum(tally.calls.values())
    hours = tally.virtual_ms / 3_600_000
    _say(
        f"{tally.orders:,} orders in {tally.seeds:,} seeds ({seeds.start} to {seeds.stop - 1}):"
        f" {tally.counts['runs']:,} runs of functions in {tally.counts['containers']:,} containers,"
        f" {calls:,} calls, {hours:,.0f} virtual hours"
    )
    rate = tally.orders / tally.seconds if tally.seconds else 0.0
    _say(f"{tally.seconds:.0f} s, {rate:.1f} orders/s in {jobs} processes")
    if tally.failed:
        _say(f"FINDINGS in {len(tally.failed)} seeds: {', '.join(map(str, sorted(tally.failed)))}")
    else:
        _say("no finding")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
