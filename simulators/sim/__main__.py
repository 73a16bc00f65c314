"""`python -m simulators.sim`: seeds of the whole app under everything that can go wrong."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import fields
from typing import TYPE_CHECKING

from simulators.ending import INTERRUPTED, end_by_signals
from simulators.sim.fleet import Tally, play_all, play_part
from simulators.sim.plan import Weather

if TYPE_CHECKING:
    from collections.abc import Sequence

GROUPS = ("partner", "customer", "record", "refusal", "undo", "people", "staff told", "crash",
          "vendor", "webhook", "couriers", "aws", "lost at our door")  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Play seeds; returns 0 without a finding, 1 with one, 130 when it was told to end."""
    options = _parser().parse_args(arguments)
    end_by_signals()
    try:
        return _play(options)
    except KeyboardInterrupt:
        return INTERRUPTED


def _play(options: argparse.Namespace) -> int:
    first = options.seed
    if any(one is not None for one in (options.keep, options.story, options.windows, options.calm)):
        told = play_part(
            options.seed,
            options.orders,
            keep=options.keep,
            windows=options.windows,
            calm=options.calm or [],
            about=options.story or "",
        )
        for line in told.story:
            _say(line)
        return 1 if told.result.findings else 0
    seeds = range(first, first + options.seeds)
    tally = play_all(seeds, options.orders, jobs=options.jobs, shrink=options.shrink, say=_say)
    _report(tally, seeds, options.jobs)
    if tally.is_cut_short:
        return INTERRUPTED
    return 1 if tally.failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulators.sim",
        description="Play the whole app in virtual time, seed after seed, under crashes, faults"
        " of vendors and of AWS, and audit each when it is calm. Equal seeds are equal.",
    )
    parser.add_argument("--seeds", type=_positive, default=50, help="how many (default 50)")
    parser.add_argument("--orders", type=_positive, default=20, help="orders per seed (default 20)")
    parser.add_argument("--seed", type=int, default=0, help="the first seed (default 0)")
    parser.add_argument("--jobs", type=_positive, default=os.cpu_count() or 1, help="processes")
    parser.add_argument(
        "--no-shrink", dest="shrink", action="store_false", help="do not make failing seeds smaller"
    )
    part = parser.add_argument_group("a part of one seed, as a failing one prints it")
    part.add_argument("--keep", type=_numbers, help="numbers of the orders to keep: 3,17")
    part.add_argument("--windows", type=_numbers, help="places of windows to keep: 0,2, or none")
    part.add_argument("--calm", type=_weather, help="weather to leave out: crash,webhook")
    part.add_argument("--story", metavar="ORDER", help="tell an order's story: its id, or all")
    return parser


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of at least 1")
    return int(text)


def _numbers(text: str) -> list[int]:
    words = [] if text == "none" else text.split(",")
    if not all(word.isascii() and word.isdigit() for word in words):
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of numbers like 0,2")
    return [int(word) for word in words]


def _weather(text: str) -> list[str]:
    parts = [field.name for field in fields(Weather)]
    if unknown := sorted({*text.split(",")} - {*parts}):
        raise argparse.ArgumentTypeError(
            f"no weather is called {', '.join(unknown)}; there is {', '.join(parts)}"
        )
    return text.split(",")


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
        f"{tally.orders:,} orders in {tally.seeds:,} seeds ({_which(tally, seeds)}):"
        f" {tally.counts['runs']:,} runs of functions in {tally.counts['containers']:,} containers,"
        f" {calls:,} calls, {hours:,.0f} virtual hours"
    )
    rate = tally.orders / tally.seconds if tally.seconds else 0.0
    _say(f"{tally.seconds:.0f} s, {rate:.1f} orders/s in {jobs} processes")
    if tally.failed:
        _say(f"FINDINGS in {len(tally.failed)} seeds: {', '.join(map(str, sorted(tally.failed)))}")
    else:
        _say("no finding")


def _which(tally: Tally, seeds: range) -> str:
    whole = f"{seeds.start} to {seeds.stop - 1}"
    return f"of {whole}, told to end" if tally.is_cut_short else whole


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
