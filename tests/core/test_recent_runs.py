"""The list of the latest runs: what it keeps, and what it forgets first."""

from __future__ import annotations

import gc
import json

from chalice_offline.core.recent_runs import RecentRuns
from chalice_offline.core.run import FunctionRun, Outcome, RunLife, RunLog, RunState
from chalice_offline.core.run_entry import RunEntry


def run(request_id: str, number: int, *lines: str) -> RunEntry:
    log = RunLog()
    for line in lines:
        log.append(0, line)
    one = FunctionRun(request_id, "f", "arn:f", b"{}", 128, RunLife(1_000), log=log)
    entry = RunEntry(number, one, ())
    entry.number = number
    return entry


def end(runs: RecentRuns, one: RunEntry, outcome: Outcome, now_ms: int) -> None:
    one.ended_ms = now_ms  # as the journal does
    runs.ended(one, outcome)


def whole(runs: RecentRuns, number: int, *lines: str) -> None:
    one = run(f"r{number}", number, *lines)
    runs.take_in(one)
    runs.started(one, number)
    end(runs, one, Outcome(b"{}"), number + 5)


def test_the_oldest_are_forgotten() -> None:
    """At most so many are kept, newest first; the count goes on."""
    runs = RecentRuns(kept=3)
    for entry in range(1, 6):
        whole(runs, entry)
    assert [one.number for one in runs.newest_first()] == [5, 4, 3]
    assert (len(runs), runs.count) == (3, 5)
    assert runs.find(1) is None
    assert runs.of_request("r1") is None


def test_what_is_forgotten_is_held_nowhere() -> None:
    """Also a run that wrote lines, when all lines together are few."""
    runs = RecentRuns(kept=3)
    first = 7_000_001  # no other emulator of this process comes that far
    for entry in range(first, first + 8):
        whole(runs, entry, "0123456789")
    # Not isinstance: it would ask whatever a proxy of another test stands for, which may be gone.
    held = [one for one in gc.get_objects() if type(one) is RunEntry]
    assert sorted(one.number for one in held if one.number >= first) == [
        one.number for one in reversed(list(runs.newest_first()))
    ]


def test_what_runs_wrote_is_bounded_over_all() -> None:
    """The oldest runs lose their lines first, and stay in the list."""
    runs = RecentRuns(characters=25)
    for entry in range(1, 4):
        whole(runs, entry, "0123456789")
    assert [one.lines is None for one in runs.newest_first()] == [False, False, True]


def test_tries_of_a_request_are_counted() -> None:
    """Asynchronous retries keep their request id."""
    runs = RecentRuns()
    for entry in (1, 2):
        runs.take_in(run("same", entry))
    assert [one.tries for one in runs.newest_first()] == [2, 1]


def test_a_timeout_is_told_as_lambda_tells_it() -> None:
    """By the timeout that was over."""
    runs = RecentRuns()
    one = run("r", 1)
    runs.take_in(one)
    runs.started(one, 0)
    one.ended_ms = 3_000
    runs.stopped(one, 3_000)
    found = runs.find(1)
    assert found is not None
    assert (found.state, found.duration_ms) == (RunState.TIMED_OUT, 3_000)
    assert found.error_message == "Task timed out after 3.00 seconds"


def test_an_error_is_kept_by_type_and_message() -> None:
    """Also when a handler's error is no object."""
    runs = RecentRuns()
    for entry, content in enumerate(({"errorType": "E", "errorMessage": "m"}, "text"), 1):
        one = run(str(entry), entry)
        runs.take_in(one)
        end(runs, one, Outcome(json.dumps(content).encode(), failed=True), 1)
    told = [(one.error_type, one.error_message) for one in runs.newest_first()]
    assert told == [("Error", ""), ("E", "m")]


def test_changes_since_a_revision() -> None:
    """The latest change first; a run that changed twice is told once."""
    runs = RecentRuns()
    whole(runs, 1)
    seen = runs.revision
    whole(runs, 2)
    whole(runs, 3)
    assert [one.number for one in runs.changed_since(seen, 10)] == [3, 2]
    assert [one.number for one in runs.changed_since(seen, 1)] == [3]
    assert runs.changed_since(runs.revision, 10) == []


def test_clearing_keeps_what_runs() -> None:
    """A run under way is still to end."""
    runs = RecentRuns()
    whole(runs, 1)
    runs.take_in(run("r2", 2))
    runs.clear()
    assert [one.number for one in runs.newest_first()] == [2]
