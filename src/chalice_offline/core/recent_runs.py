"""The latest runs, newest last: what a list of runs shows without reading the journal.

Kept beside the journal and filled while runs start and end, so a run costs a few assignments and
nobody parses a payload before somebody looks.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from chalice_offline.core.run import RunState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chalice_offline.core.run import FunctionRun, Outcome

RUNS_KEPT = 20_000
# What runs have written, over all that are kept; the oldest runs lose theirs first.
LOG_CHARACTERS_KEPT = 16 * 1024 * 1024

Lines = list[tuple[int, str]]


@dataclass(slots=True)
class RecentRun:
    """One run. `entry` is its journal entry, `story` the entry that its story begins with.

    `tries` counts the runs of the same request up to this one. `lines` are what the code wrote,
    with their instants; None when they are no longer kept.
    """

    entry: int
    story: int
    function: str
    request_id: str
    tries: int
    queued_ms: int
    lines: Lines | None = field(repr=False)
    started_ms: int | None = None
    ended_ms: int | None = None
    state: RunState = RunState.WAITING
    error_type: str = ""
    error_message: str = ""
    revision: int = 0
    log_characters: int = 0

    @property
    def duration_ms(self) -> int | None:
        """How long it took, once it has ended."""
        if self.ended_ms is None:
            return None
        return self.ended_ms - (self.started_ms if self.started_ms is not None else self.ended_ms)

    @property
    def failed(self) -> bool:
        """Whether it has ended, and not by returning."""
        return self.ended_ms is not None and self.state is not RunState.RETURNED


class RecentRuns:
    """The latest runs. Used under the emulator's lock, like all that it holds."""

    def __init__(self, kept: int = RUNS_KEPT, characters: int = LOG_CHARACTERS_KEPT) -> None:
        self._kept = kept
        self._characters = characters
        self._runs: OrderedDict[int, RecentRun] = OrderedDict()
        self._changed: OrderedDict[int, None] = OrderedDict()  # the latest change last
        self._of_request: dict[str, RecentRun] = {}
        self._with_lines: OrderedDict[int, None] = OrderedDict()
        self._characters_held = 0
        self._watchers: list[Callable[[RecentRun], None]] = []
        # How often anything here has changed.
        self.revision = 0
        # How many there have been, the forgotten ones included.
        self.count = 0

    def __len__(self) -> int:
        return len(self._runs)

    def watch(self, callback: Callable[[RecentRun], None]) -> None:
        """Call `callback` whenever a run is taken in, starts or ends, under the emulator's lock."""
        self._watchers.append(callback)

    def unwatch(self, callback: Callable[[RecentRun], None]) -> None:
        """Undo `watch`."""
        self._watchers.remove(callback)

    # ---- the life of a run -----------------------------------------------------------------------

    def take_in(self, run: FunctionRun, entry: int, story: int, now_ms: int) -> None:
        """A run was written down."""
        earlier = self._of_request.get(run.request_id)
        tries = 1 if earlier is None else earlier.tries + 1
        one = RecentRun(
            entry, story, run.function_name, run.request_id, tries, now_ms, run.log.lines
        )
        self._runs[entry] = self._of_request[run.request_id] = one
        self._changed[entry] = None
        self.count += 1
        self._note(one)
        if len(self._runs) > self._kept:
            self._forget_oldest()

    def started(self, entry: int, now_ms: int) -> None:
        """Its handler has started."""
        one = self._runs.get(entry)
        if one is not None:
            one.started_ms, one.state = now_ms, RunState.RUNNING
            self._note(one)

    def ended(self, entry: int, outcome: Outcome, now_ms: int) -> None:
        """Its handler has ended; what comes after a timeout changes nothing."""
        one = self._runs.get(entry)
        if one is None or one.ended_ms is not None:
            return
        one.ended_ms, one.state = now_ms, outcome.end
        if outcome.failed:
            content = outcome.content()
            error: dict[str, Any] = content if isinstance(content, dict) else {}
            one.error_type = str(error.get("errorType") or "Error")
            one.error_message = str(error.get("errorMessage") or "")
        self._close(one)

    def stopped(self, entry: int, timeout_ms: int, now_ms: int) -> None:
        """Its timeout was over."""
        one = self._runs.get(entry)
        if one is not None and one.ended_ms is None:
            one.ended_ms, one.state = now_ms, RunState.TIMED_OUT
            one.error_type = "Sandbox.Timedout"
            one.error_message = f"Task timed out after {timeout_ms / 1000:.2f} seconds"
            self._close(one)

    # ---- looking ---------------------------------------------------------------------------------

    def find(self, entry: int) -> RecentRun | None:
        """Return the run of a journal entry, if it is kept."""
        return self._runs.get(entry)

    def of_request(self, request_id: str) -> RecentRun | None:
        """Return the latest run of a request."""
        return self._of_request.get(request_id)

    def newest_first(self) -> Iterator[RecentRun]:
        """Give all that are kept."""
        return reversed(self._runs.values())

    def changed_since(self, revision: int, limit: int) -> list[RecentRun]:
        """Return what has changed after a revision, the latest change first, at most `limit`."""
        found = []
        for entry in islice(reversed(self._changed), limit):
            one = self._runs[entry]
            if one.revision <= revision:
                break
            found.append(one)
        return found

    def clear(self) -> None:
        """Forget all that have ended."""
        for one in [one for one in self._runs.values() if one.ended_ms is not None]:
            self._forget(one)
        self.revision += 1

    # ---- within ----------------------------------------------------------------------------------

    def _note(self, one: RecentRun) -> None:
        self.revision += 1
        one.revision = self.revision
        self._changed.move_to_end(one.entry)
        for watcher in self._watchers:
            watcher(one)

    def _close(self, one: RecentRun) -> None:
        if one.lines:
            one.log_characters = sum([len(line) for _, line in one.lines])
            self._characters_held += one.log_characters
            self._with_lines[one.entry] = None
            while self._characters_held > self._characters and len(self._with_lines) > 1:
                self._drop_lines(self._runs[next(iter(self._with_lines))])
        self._note(one)

    def _drop_lines(self, one: RecentRun) -> None:
        if one.entry in self._with_lines:
            del self._with_lines[one.entry]
            self._characters_held -= one.log_characters
        one.lines = None

    def _forget_oldest(self) -> None:
        self._forget(next(iter(self._runs.values())))

    def _forget(self, one: RecentRun) -> None:
        self._drop_lines(one)
        del self._runs[one.entry], self._changed[one.entry]
        if self._of_request.get(one.request_id) is one:
            del self._of_request[one.request_id]
