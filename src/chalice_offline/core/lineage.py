"""How often each function has run in one chain of requests.

On AWS the SDK carries these counts along in the trace header, and Lambda stops a function that has
run about 16 times in one chain (Lambda developer guide, "Use Lambda recursive loop detection to
prevent infinite loops"). Here they are kept beside the journal, whose causes are the chain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from chalice_offline.core.latest import Latest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# The services that pass the counts on (same page). A loop through another one is not detected.
CARRIERS: Final = frozenset({"lambda", "s3", "sns", "sqs"})

# Functions whose first turn is kept to be shared; others get another that is equal.
FUNCTIONS_KEPT: Final = 1_000

_NO_TURNS: Final[Mapping[str, int]] = {}


class Ancestry(NamedTuple):
    """What led to one journal entry.

    `turns` counts the runs of each function (ARN) in the chain. `run` is the function whose run
    the entry is, or reports on: what it calls is one turn further, `turns_after`. `standstill`
    counts the runs in the chain since the clock last moved, at `at_ms`.
    """

    turns: Mapping[str, int]
    turns_after: Mapping[str, int]
    run: str
    standstill: int
    at_ms: int


class Lineages:
    """The ancestry of the latest journal entries that follow from a run, or are one."""

    def __init__(self, kept: int) -> None:
        self._known: Latest[int, Ancestry] = Latest(kept)
        # What a run that follows from none hands on; one for all of a function's.
        self._after_first: Latest[str, Mapping[str, int]] = Latest(FUNCTIONS_KEPT)

    def turns(self, causes: Iterable[int], function_arn: str) -> int:
        """Return how often a function has run in the chains that led to `causes`."""
        return max([one.turns.get(function_arn, 0) for one in self._of(causes)], default=0)

    def ran(self, number: int) -> str:
        """Return the ARN of the function whose run, or last step of a run, an entry is; or ""."""
        known = self._known.get(number)
        return known.run if known else ""

    def run(self, number: int, causes: Iterable[int], function_arn: str, now_ms: int) -> int:
        """Entry `number` is a run; return how many have followed each other at this instant.

        A run that follows from a run (a retry of the same event) is no turn more.
        """
        found = self._of(causes)
        if not found:
            after = self._after_first.get(function_arn)
            if after is None:
                after = {function_arn: 1}
                self._after_first.keep(function_arn, after)
            self._known.keep(number, Ancestry(_NO_TURNS, after, function_arn, 1, now_ms))
            return 1
        turns = _merged([one.turns for one in found])
        standing = (one.standstill for one in found if one.at_ms == now_ms)
        standstill = 1 + max(standing, default=0)
        after = _with_turn(turns, function_arn)
        self._known.keep(number, Ancestry(turns, after, function_arn, standstill, now_ms))
        return standstill

    def step(self, number: int, causes: Iterable[int]) -> None:
        """Entry `number` is a decision, or the end of a run."""
        found = self._of(causes)
        if len(found) == 1:  # as with nearly all: nothing has changed since
            self._known.keep(number, found[0])
        elif found:
            last = _last(found)
            run = next((one.run for one in found if one.run), "")
            turns = _merged([one.turns for one in found])
            after = _with_turn(turns, run)
            self._known.keep(number, Ancestry(turns, after, run, last.standstill, last.at_ms))

    def call(self, number: int, causes: Iterable[int], subject: str) -> None:
        """Entry `number` is a call: a turn further than the runs that made it.

        `subject` begins with the service that is called.
        """
        found = self._of(causes)
        if found:
            last = _last(found)
            turns = _NO_TURNS
            if subject.partition(".")[0] in CARRIERS:
                turns = _merged([one.turns_after for one in found])
            self._known.keep(number, Ancestry(turns, turns, "", last.standstill, last.at_ms))

    def _of(self, causes: Iterable[int]) -> list[Ancestry]:
        get = self._known.get
        return [one for cause in causes if (one := get(cause)) is not None]


def _with_turn(turns: Mapping[str, int], run: str) -> Mapping[str, int]:
    return {**turns, run: turns.get(run, 0) + 1} if run else turns


def _last(found: list[Ancestry]) -> Ancestry:
    return found[0] if len(found) == 1 else max(found, key=_latest)


def _latest(one: Ancestry) -> tuple[int, int]:
    return one.at_ms, one.standstill


def _merged(all_turns: list[Mapping[str, int]]) -> Mapping[str, int]:
    merged: Mapping[str, int] = all_turns[0] if all_turns else _NO_TURNS
    for turns in all_turns[1:]:
        if not merged or not turns:
            merged = merged or turns
        elif turns is not merged:
            names = {**merged, **turns}
            merged = {name: max(merged.get(name, 0), turns.get(name, 0)) for name in names}
    return merged
