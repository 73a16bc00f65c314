"""Many seeds on all cores, with a line that says how far it is."""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import signal
import sys
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from simulators.sim.cores import free_cores, keep_to_one

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

    from simulators.sim.cores import Free
    from simulators.sim.play import Result

SEEDS_PER_PROCESS = 300
OBJECTS_BETWEEN_COLLECTIONS = 50_000
"""Where Python looks for garbage after 700, as it does by itself, that is a tenth of all time."""
LOOK_SECONDS = 1.0
LINE_SECONDS = 30.0
"""Where nobody watches a line change, it is written anew this often."""


@dataclass(slots=True)
class Tally:
    """What all seeds came to."""

    seeds: int = 0
    orders: int = 0
    runs: int = 0
    virtual_ms: int = 0
    seconds: float = 0.0
    failed: list[int] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    is_cut_short: bool = False

    def add(self, result: Result) -> None:
        """Count a seed."""
        self.seeds += 1
        self.orders += result.orders
        self.virtual_ms += result.virtual_ms
        self.counts += result.counts
        self.calls += result.calls
        if result.findings:
            self.failed.append(result.plan.seed)


@dataclass(frozen=True, slots=True)
class Told:
    """A seed as its process reports it: a story only when there is something to tell."""

    result: Result
    story: tuple[str, ...] = ()


def play_all(
    seeds: Iterable[int], orders: int, *, jobs: int, shrink: bool, say: Callable[[str], None]
) -> Tally:
    """Play seeds side by side; stories of failed ones are said as they come.

    KeyboardInterrupt ends it with what was played until then.
    """
    tally = Tally()
    try:
        _play_all(tally, seeds, orders, jobs=jobs, shrink=shrink, say=say)
    except KeyboardInterrupt:
        tally.is_cut_short = True
    return tally


def _play_all(
    tally: Tally,
    seeds: Iterable[int],
    orders: int,
    *,
    jobs: int,
    shrink: bool,
    say: Callable[[str], None],
) -> None:
    waiting = iter(seeds)
    total = len(seeds) if isinstance(seeds, range) else 0
    began = shown = time.monotonic()
    with _processes(jobs) as processes:
        running: set[Future[Told]] = set()
        while True:
            while len(running) < 2 * jobs and (seed := next(waiting, None)) is not None:
                running.add(processes.submit(play_seed, seed, orders, shrink=shrink))
            if not running:
                break
            done, running = wait(running, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
            for told in [future.result() for future in done]:
                tally.add(told.result)
                for line in told.story:
                    say(line)
            tally.seconds = time.monotonic() - began
            if time.monotonic() - shown >= (LOOK_SECONDS if sys.stderr.isatty() else LINE_SECONDS):
                shown = time.monotonic()
                _progress(tally, total, end="\r" if sys.stderr.isatty() else "\n")
    _progress(tally, total, end="\n")


def play_part(
    seed: int,
    orders: int,
    *,
    keep: list[int] | None,
    windows: list[int] | None,
    calm: list[str],
    about: str,
) -> Told:
    """Play a part of a seed in a process of its own, and tell the story of an order, or of all."""
    with _processes(1) as processes:
        return processes.submit(_play_part, seed, orders, keep, windows, calm, about).result()


def _play_part(
    seed: int,
    orders: int,
    keep: list[int] | None,
    windows: list[int] | None,
    calm: list[str],
    about: str,
) -> Told:
    from simulators.sim.plan import make_plan, reduced
    from simulators.sim.play import play
    from simulators.sim.story import lines_of, story

    logging.disable(logging.CRITICAL)
    result = play(reduced(make_plan(seed, orders), keep=keep, windows=windows, calm=calm))
    lines = (*story(result), *(lines_of(result, about) if about else ()))
    return Told(replace(result, log=()), lines)


@contextmanager
def _processes(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """Give processes that play; none of them outlives this one when it is told to end."""
    # Sets of strings must come in one order in every process: what is played once must be so again.
    os.environ["PYTHONHASHSEED"] = "0"
    spawn = multiprocessing.get_context("spawn")
    processes = ProcessPoolExecutor(
        jobs,
        spawn,
        _prepare,
        (free_cores(spawn, jobs),),
        max_tasks_per_child=SEEDS_PER_PROCESS,
    )
    with processes:
        try:
            yield processes
        except KeyboardInterrupt:
            processes.shutdown(wait=False, cancel_futures=True)
            for process in multiprocessing.active_children():
                process.terminate()
            raise


def _prepare(free: Free | None) -> None:
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C reaches all; whoever started them ends them
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, 10, 10)
    keep_to_one(free)


def play_seed(seed: int, orders: int, *, shrink: bool) -> Told:
    """Play a seed in this process; the log of one without findings is not worth its way back."""
    from simulators.sim.plan import make_plan
    from simulators.sim.play import play
    from simulators.sim.shrink import shrunk
    from simulators.sim.story import again, story

    logging.disable(logging.CRITICAL)
    result = play(make_plan(seed, orders))
    if not gc.get_freeze_count():
        gc.freeze()  # what was imported stays, and need not be looked at again
    lines: tuple[str, ...] = ()
    if result.findings and shrink:
        cut, smaller = shrunk(result, play)
        lines = (*story(smaller, cut), f"  whole: {again(result)}")
    elif result.findings:
        lines = tuple(story(result))
    return Told(replace(result, log=()), lines)


def _progress(tally: Tally, total: int, end: str) -> None:
    rate = tally.orders / tally.seconds if tally.seconds else 0.0
    left = ""
    if total and tally.seeds:
        seconds = round((total - tally.seeds) * tally.seconds / tally.seeds)
        left = f", {seconds // 60}:{seconds % 60:02d} left"
    text = f"{tally.seeds} seeds, {tally.orders} orders, {rate:.0f} orders/s{left}"
    text += f", {len(tally.failed)} seeds failed" if tally.failed else ""
    sys.stderr.write(f"{text:<78}{end}")
    sys.stderr.flush()
