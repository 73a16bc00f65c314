"""Sends random requests to the emulated services and says what broke, with the shortest way there.

python scripts/fuzz.py --requests 20000 --seed 1
python scripts/fuzz.py --seed 1 --only 4711        the same, up to request 4711 of seed 1
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from scripts.fuzzing.episode import (  # noqa: E402 - it is found on the path set above
    EPISODE_LENGTH,
    Failure,
    Run,
    Step,
    play,
    replay,
    shrink,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHOWN_BYTES = 600


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; 1 when something broke."""
    options = _parser().parse_args(arguments)
    began = time.monotonic()
    total = Run()
    kinds: Counter[str] = Counter()
    first, last = 0, -(-options.requests // EPISODE_LENGTH)
    if options.only is not None:
        first = options.only // EPISODE_LENGTH
        last = first + 1
    sent = 0
    for episode in range(first, last):
        count = min(EPISODE_LENGTH, options.requests - episode * EPISODE_LENGTH)
        if options.only is not None:
            count = options.only % EPISODE_LENGTH + 1
        run = play(f"{options.seed}:{episode}", count)
        sent += sum(step.request is not None for step in run.steps)
        _add(total, run)
        for failure in run.failures:
            kinds[("delegated: " if failure.delegated else "") + failure.kind] += 1
            if kinds.total() and kinds[failure.kind] == 1 and not failure.delegated:
                _report(options.seed, episode, run, failure, quick=options.no_shrink)
    _summary(total, kinds, sent, time.monotonic() - began, verbose=options.verbose)
    return 1 if any(not kind.startswith("delegated") for kind in kinds) else 0


def _add(total: Run, run: Run) -> None:
    for name, row in run.statuses.items():
        for status, count in row.items():
            known = total.statuses.setdefault(name, {})
            known[status] = known.get(status, 0) + count


def _report(seed: int, episode: int, run: Run, failure: Failure, *, quick: bool) -> None:
    number = episode * EPISODE_LENGTH + max(
        0, sum(step.request is not None for step in run.steps[: failure.index + 1]) - 1
    )
    print(f"\n=== {failure.kind}\nrepeat: --seed {seed} --only {number}\n{failure.reason}")
    steps = run.steps[: failure.index + 1]
    again = replay(steps)
    if quick or again is None or again.kind != failure.kind:
        steps = steps[-1:]
        print("(not shrunk; the last step is)")
    else:
        steps = shrink(steps[: again.index + 1], failure.kind)
    for step in steps:
        print(_shown(step))
    print("".join(failure.detail.splitlines(keepends=True)[-14:]))
    sys.stdout.flush()


def _shown(step: Step) -> str:
    request = step.request
    if request is None:
        return f"  {step.pause} {step.pause_ms} ms"
    headers = ", ".join(f"{name}: {value[:120]}" for name, value in request.headers.items())
    body = request.body[:_SHOWN_BYTES]
    more = f" … {len(request.body)} bytes" if len(request.body) > _SHOWN_BYTES else ""
    return f"  {step.name}\n    {request.method} {request.url}\n    {headers}\n    {body!r}{more}"


def _summary(total: Run, kinds: Counter[str], sent: int, seconds: float, *, verbose: bool) -> None:
    replies = Counter[str]()
    never = []
    for name, row in sorted(total.statuses.items()):
        for status, count in row.items():
            replies[f"{status // 100}xx" if status != 501 else "501"] += count
        if not any(status < 300 for status in row) and 501 not in row:
            never.append(name)
        if verbose:
            print(name, dict(sorted(row.items())))
    print(f"\n{sent} requests in {seconds:.1f} s: {dict(sorted(replies.items()))}")
    print(f"{len(total.statuses)} operations; never successful: {', '.join(never) or 'none'}")
    for kind, count in kinds.most_common():
        print(f"{count:5} x {kind}")
    print("nothing broke" if not kinds else "")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fuzz.py", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--requests", type=int, default=20_000, help="how many (default 20000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="the number of one request to get to again")
    parser.add_argument("--no-shrink", action="store_true", help="only show the last step")
    parser.add_argument("--verbose", action="store_true", help="show how each operation fared")
    return parser


if __name__ == "__main__":
    sys.exit(main())
