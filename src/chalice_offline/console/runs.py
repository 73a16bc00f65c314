"""Runs, newest first: which function, for what, which try, how long, how it ended."""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from chalice_offline.console.doors import Asked, Door, Refusal
from chalice_offline.console.sources import UNKNOWN, Source, source_of
from chalice_offline.core.numerals import whole_number
from chalice_offline.core.run import RunState
from chalice_offline.trace import mask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chalice_offline.console.session import Session
    from chalice_offline.core.run_entry import RunEntry

    Wanted = Callable[[RunEntry], bool]

RUNS_PER_PAGE = 200
RUNS_PER_PAGE_MAX = 2_000
_SOURCES_KEPT = 40_000
_SLICE = 500  # runs that are looked at in one hold of the lock: some milliseconds

OUTCOMES = {
    RunState.WAITING: "waiting",
    RunState.RUNNING: "running",
    RunState.RETURNED: "ok",
    RunState.FAILED: "error",
    RunState.EXITED: "exited",
    RunState.TIMED_OUT: "timed out",
}
_FAILED = frozenset({"error", "exited", "timed out"})


class Runs:
    """The list of runs. What a run was for is read once, when somebody looks."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._sources: dict[int, Source] = {}

    def doors(self) -> list[Door]:
        """Return what can be asked."""
        return [Door("GET", "runs", self.page), Door("GET", "runs/{entry}", self.one)]

    def page(self, asked: Asked) -> dict[str, Any]:
        """Answer one page, newest first: `before` a run, of a `function`, with an `outcome`."""
        limit = asked.count("limit", RUNS_PER_PAGE, RUNS_PER_PAGE_MAX)
        before = asked.count("before", 0)
        wanted = self._wanted(asked)
        recent = self._session.emulator.runs
        with self._session.emulator.lock:  # first: what changes meanwhile comes after this revision
            told = {
                "kept": len(recent),
                "count": recent.count,
                "revision": recent.revision,
                "era": self._session.era,
                "now_ms": self._session.emulator.now_ms,
            }
        return {"runs": list(islice(self._rows(before, wanted), limit)), **told}

    def one(self, asked: Asked) -> dict[str, Any]:
        """Answer one run, by its journal entry or its request id."""
        name = asked.name("entry")
        recent = self._session.emulator.runs
        with self._session.emulator.lock:
            number = whole_number(name)
            found = recent.of_request(name) if number is None else recent.find(number)
            if found is None:
                kept = f"the latest {len(recent)} are kept"
                raise Refusal(f"There is no run {name[:80]} (any more): {kept}.", 404)
            return self.row(found)

    def row(self, run: RunEntry) -> dict[str, Any]:
        """Return a run as it is shown."""
        source = self.source(run.number)
        return {
            "entry": run.number,
            "story": run.story,
            "function": run.subject,
            "name": self._session.shown_name(run.subject),
            "source": source.name,
            "source_kind": source.kind,
            "source_arn": source.arn,
            "try": max(run.tries, source.receives),
            "queued_ms": run.at_ms,
            "started_ms": run.started_ms,
            "ended_ms": run.ended_ms,
            "duration_ms": run.duration_ms,
            "outcome": OUTCOMES[run.state],
            "status": self._status(run) if source.kind in ("route", "url") else None,
            "error": _error(run),
            "request_id": run.request_id,
        }

    def source(self, entry: int) -> Source:
        """Return what a run was for."""
        known = self._sources.get(entry)
        if known is None:
            known = source_of(self._session.emulator.journal, entry)
            if known.name and len(known.name) < 400:
                known = known._replace(name=_masked(known.name))
            if known is not UNKNOWN:
                self._sources[entry] = known
                while len(self._sources) > _SOURCES_KEPT:
                    del self._sources[next(iter(self._sources))]
        return known

    # ---- within ----------------------------------------------------------------------------------

    def _status(self, run: RunEntry) -> int | None:
        """Return what the request that a run was for was answered with; None before it is."""
        journal = self._session.emulator.journal
        delivery = journal.find(run.causes[0]) if run.causes else None
        request = journal.find(delivery.causes[0]) if delivery and delivery.causes else None
        answered = "" if request is None else request.outcome
        return int(answered) if len(answered) == 3 and answered.isdigit() else None

    def _rows(self, before: int, wanted: Wanted) -> Iterator[dict[str, Any]]:
        """Give the rows of the runs that are wanted; others get the lock between the slices."""
        emulator = self._session.emulator
        while True:
            with emulator.lock:
                runs = emulator.runs.before(before, _SLICE)
                rows = [self.row(run) for run in runs if wanted(run)]
            yield from rows
            if not runs:
                return
            before = runs[-1].number

    def _wanted(self, asked: Asked) -> Wanted:
        function = asked.query.get("function", "")
        if function:
            function = self._session.function_name(function)
        outcome = asked.query.get("outcome", "")
        if outcome and outcome not in (*OUTCOMES.values(), "failed"):
            known = ", ".join([*OUTCOMES.values(), "failed"])
            raise Refusal(f"?outcome={outcome[:80]} is none of {known}.")
        text = asked.query.get("text", "").lower()
        story = asked.count("story", 0)

        def wanted(run: RunEntry) -> bool:
            ended = OUTCOMES[run.state]
            return (
                (not function or run.subject == function)
                and (not story or run.story == story)
                and (not outcome or ended == outcome or (outcome == "failed" and ended in _FAILED))
                and (not text or text in self._searched(run))
            )

        return wanted

    def _searched(self, run: RunEntry) -> str:
        shown = self._session.shown_name(run.subject)
        source = self.source(run.number).name
        error, ended = _error(run), OUTCOMES[run.state]
        return f"{shown}\n{run.subject}\n{source}\n{error}\n{run.request_id}\n{ended}".lower()


@lru_cache(maxsize=4096)  # most runs are for what others were for
def _masked(name: str) -> str:
    return str(mask(name))


def _error(run: RunEntry) -> str | None:
    if not run.failed:
        return None
    text = f"{run.error_type}: {run.error_message}" if run.error_message else run.error_type
    return str(mask(text[:2_000]))
