"""The latest runs, newest last: what a list of runs shows without reading the journal.

They are the journal's own entries, kept here for longer, without their events. A run costs a few
assignments, and nobody parses a payload or sorts anything before somebody looks.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from heapq import nlargest
from typing import TYPE_CHECKING, Any

from chalice_offline.core.run import RunState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chalice_offline.core.run import Outcome
    from chalice_offline.core.run_entry import RunEntry

RUNS_KEPT = 20_000
# What runs have written, over all that are kept; the oldest runs lose theirs first.
LOG_CHARACTERS_KEPT = 16 * 1024 * 1024


class RecentRuns:
    """The latest runs. Used under the emulator's lock, like all that it holds."""

    def __init__(self, kept: int = RUNS_KEPT, characters: int = LOG_CHARACTERS_KEPT) -> None:
        self._kept = kept
        self._characters = characters
        self._runs: deque[RunEntry] = deque()
        self._of_request: dict[str, RunEntry] = {}
        self._with_lines: deque[RunEntry] = deque()
        self._characters_held = 0
        self._watchers: list[Callable[[RunEntry], None]] = []
        # How often anything here has changed.
        self.revision = 0
        # How many there have been, the forgotten ones included.
        self.count = 0

    def __len__(self) -> int:
        return len(self._runs)

    def watch(self, callback: Callable[[RunEntry], None]) -> None:
        """Call `callback` whenever a run is taken in, starts or ends, under the emulator's lock."""
        self._watchers.append(callback)

    def unwatch(self, callback: Callable[[RunEntry], None]) -> None:
        """Undo `watch`."""
        self._watchers.remove(callback)

    # ---- the life of a run -----------------------------------------------------------------------

    def take_in(self, run: RunEntry) -> None:
        """A run was written down."""
        of_request, request_id = self._of_request, run.request_id
        earlier = of_request.get(request_id)
        if earlier is not None:
            run.tries = earlier.tries + 1
        of_request[request_id] = run
        self._runs.append(run)
        self.count += 1
        self._changed(run)
        if len(self._runs) > self._kept:
            self._forget(self._runs.popleft())

    def started(self, run: RunEntry, now_ms: int) -> None:
        """Its handler has started."""
        run.started_ms, run.state = now_ms, RunState.RUNNING
        self._changed(run)

    def ended(self, run: RunEntry, outcome: Outcome) -> None:
        """Its handler has ended, and its entry says when."""
        run.state = outcome.end
        if outcome.failed:
            content = outcome.content()
            error: dict[str, Any] = content if isinstance(content, dict) else {}
            run.error_type = str(error.get("errorType") or "Error")
            run.error_message = str(error.get("errorMessage") or "")
        self._close(run)

    def stopped(self, run: RunEntry, timeout_ms: int) -> None:
        """Its timeout was over."""
        run.state = RunState.TIMED_OUT
        run.error_type = "Sandbox.Timedout"
        run.error_message = f"Task timed out after {timeout_ms / 1000:.2f} seconds"
        self._close(run)

    # ---- looking ---------------------------------------------------------------------------------

    def find(self, number: int) -> RunEntry | None:
        """Return the run of a journal entry, if it is kept."""
        place = bisect_left(self._runs, number, key=lambda run: run.number)
        found = self._runs[place] if place < len(self._runs) else None
        return found if found is not None and found.number == number else None

    def of_request(self, request_id: str) -> RunEntry | None:
        """Return the latest run of a request."""
        return self._of_request.get(request_id)

    def newest_first(self) -> Iterator[RunEntry]:
        """Give all that are kept."""
        return reversed(self._runs)

    def before(self, number: int, count: int) -> list[RunEntry]:
        """Return the newest runs before a number, of all when it is 0; newest first."""
        runs = self._runs
        end = bisect_left(runs, number, key=lambda run: run.number) if number else len(runs)
        return [runs[place] for place in range(end - 1, max(0, end - count) - 1, -1)]

    def changed_since(self, revision: int, limit: int) -> list[RunEntry]:
        """Return what has changed after a revision, the latest change first, at most `limit`."""
        if revision >= self.revision:
            return []
        changed = [run for run in self._runs if run.revision > revision]
        return nlargest(limit, changed, key=lambda run: run.revision)

    def clear(self) -> None:
        """Forget all that have ended."""
        kept: deque[RunEntry] = deque()
        for run in self._runs:
            if run.ended_ms is None:
                kept.append(run)
            else:
                self._forget(run)
        self._runs = kept
        self._with_lines.clear()
        self._characters_held = 0
        self.revision += 1

    # ---- within ----------------------------------------------------------------------------------

    def _changed(self, run: RunEntry) -> None:
        self.revision = run.revision = self.revision + 1
        for watcher in self._watchers:
            watcher(run)

    def _close(self, run: RunEntry) -> None:
        if run.lines:
            run.log_characters = sum([len(line) for _, line in run.lines])
            self._characters_held += run.log_characters
            self._with_lines.append(run)
            while self._characters_held > self._characters and len(self._with_lines) > 1:
                self._drop_lines(self._with_lines.popleft())
        self._changed(run)

    def _drop_lines(self, run: RunEntry) -> None:
        self._characters_held -= run.log_characters
        run.log_characters = 0
        run.lines = None

    def _forget(self, run: RunEntry) -> None:
        self._drop_lines(run)
        while self._with_lines and self._with_lines[0].lines is None:
            self._with_lines.popleft()
        if self._of_request.get(run.request_id) is run:
            del self._of_request[run.request_id]
