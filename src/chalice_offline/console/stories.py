"""One story as a tree, with what each step carried, what the code wrote, and its tracebacks."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any

from chalice_offline.console.doors import Asked, Door, Plain, Refusal
from chalice_offline.console.search import Wanted, next_slice
from chalice_offline.core.journal import readable
from chalice_offline.core.numerals import whole_number
from chalice_offline.trace import Trace, mask
from chalice_offline.trace.tree import LEVELS

if TYPE_CHECKING:
    from chalice_offline.console.runs import Runs
    from chalice_offline.console.session import Session
    from chalice_offline.core.journal import Entry

STEPS_MAX = 1_500
STORIES_PER_PAGE = 100
_LINES_MAX = 500
Budget = list[int]  # one number: how many more steps are told
Ran = dict[int, tuple[int, int, int]]
_NOTHING_RAN = (0, 0, 0)
_DETAIL_CHARACTERS = 64 * 1024


class Stories:
    """Stories out of the journal."""

    def __init__(self, session: Session, runs: Runs) -> None:
        self._session = session
        self._runs = runs
        self._ran_at = -1  # the revision of the runs that the following is of
        self._known_ran: Ran = {}

    def doors(self) -> list[Door]:
        """Return what can be asked."""
        return [
            Door("GET", "stories", self.latest),
            Door("GET", "stories/{number}", self.one),
            Door("GET", "stories/{number}/text", self.drawn),
            Door("GET", "entries/{number}", self.entry),
        ]

    def latest(self, asked: Asked) -> dict[str, Any]:
        """Answer how the latest stories began, newest first; with `text`, those that mention it.

        `only`: "runs" for those in which something ran, "failed" for those in which a run failed.
        When there may be more, the answer's `before` asks for them, and `left` is how many entries
        of the journal are not looked at yet; by a text, a story may come again then.
        """
        text = asked.query.get("text", "")
        limit = asked.count("limit", STORIES_PER_PAGE, 1_000)
        only = asked.query.get("only", "")
        if only not in ("", "runs", "failed"):
            raise Refusal(f"?only={only[:80]} is neither runs nor failed.")
        emulator, wanted = self._session.emulator, Wanted(text)
        with emulator.lock:
            looked = next_slice(emulator.journal, asked.count("before", 0), are_read=bool(text))
            before = looked.before
            found: dict[int, None] = {}
            for entry in looked.entries:
                if not wanted.is_in(entry) if text else entry.causes:
                    continue
                story = emulator.stories.of(entry.number)
                if self._is_told(entry, story, only, by_text=bool(text)):
                    found.setdefault(story)
                if len(found) == limit:
                    before = entry.number if entry.number > emulator.journal.first_number else 0
                    break
            begun = [emulator.journal.find(number) for number in found]
            told = [self._brief(entry) for entry in begun if entry is not None]
            left = max(0, before - emulator.journal.first_number)
            return {"stories": told, "before": before or None, "left": left}

    def one(self, asked: Asked) -> dict[str, Any]:
        """Answer one story: its steps as a tree."""
        with self._session.emulator.lock:
            trace = self._trace(asked.name("number"))
            budget = [STEPS_MAX]
            begun = list(trace.roots)
            # Those that stand too deep for a tree are told after it; the list grows meanwhile.
            steps = [self._step(trace, one, budget, begun) for one in begun]
            return {
                "story": int(asked.name("number")),
                "began_ms": trace.entries[0].at_ms,
                "ended_ms": max(entry.ended_ms or entry.at_ms for entry in trace.entries),
                "steps": [step for step in steps if step],
                "left_out": max(0, -budget[0]),
                "entries": len(trace),
            }

    def drawn(self, asked: Asked) -> Plain:
        """Answer one story as a drawn tree."""
        with self._session.emulator.lock:
            return Plain(f"{self._trace(asked.name('number'))}\n")

    def entry(self, asked: Asked) -> dict[str, Any]:
        """Answer one journal entry, whole and masked."""
        with self._session.emulator.lock:
            found = self._find(asked.name("number"))
            return {**found.as_dict(), "detail": _detail(found, cut=False)}

    # ---- within ----------------------------------------------------------------------------------

    def _find(self, number: str) -> Entry:
        journal = self._session.emulator.journal
        wanted = whole_number(number)
        found = None if wanted is None else journal.find(wanted)
        if found is None:
            raise Refusal(f"The journal has no entry {number[:40]} (any more).", 404)
        return found

    def _trace(self, number: str) -> Trace:
        entry = self._find(number)
        emulator = self._session.emulator
        numbers = [emulator.stories.of(entry.number), entry.number]
        return Trace.of(emulator.journal, numbers, self._session.short_names())

    def _is_told(self, entry: Entry, story: int, only: str, *, by_text: bool) -> bool:
        """Whether a story is among those that were asked for."""
        if only:
            runs, failed, _ = self._ran().get(story, _NOTHING_RAN)
            return bool(failed if only == "failed" else runs)
        # What time began, a schedule, is told of when something ran of it.
        return by_text or entry.is_input or story in self._ran()

    def _ran(self) -> Ran:
        """Return of each story how many runs it had, how many failed, when the last one ended."""
        runs = self._session.emulator.runs
        if self._ran_at != runs.revision:
            ran: Ran = {}
            for run in runs.newest_first():
                count, failed, ended_ms = ran.get(run.story, _NOTHING_RAN)
                ended_ms = max(ended_ms, run.ended_ms or run.at_ms)
                ran[run.story] = (count + 1, failed + run.failed, ended_ms)
            self._ran_at, self._known_ran = runs.revision, ran
        return self._known_ran

    def _brief(self, entry: Entry) -> dict[str, Any]:
        runs, failed, ended_ms = self._ran().get(entry.number, (0, 0, entry.at_ms))
        return {
            "runs": runs,
            "failed": failed,
            "took_ms": ended_ms - entry.at_ms,
            "story": entry.number,
            "at_ms": entry.at_ms,
            "kind": entry.kind,
            "words": Trace.of_entries([entry], self._session.short_names()).words(entry),
        }

    def _step(
        self, trace: Trace, entry: Entry, budget: Budget, further: list[Entry], level: int = 1
    ) -> dict[str, Any] | None:
        budget[0] -= 1
        if budget[0] < 0:
            return None
        step: dict[str, Any] = {
            "entry": entry.number,
            "at_ms": entry.at_ms,
            "kind": entry.kind,
            "subject": str(mask(entry.subject)),
            "words": trace.words(entry),
            "outcome": str(mask(entry.outcome)),
            "input": entry.is_input,
            "detail": _detail(entry),
        }
        if entry.kind == "run":
            step["run"] = self._run(trace, entry)
        below, joins = [], []
        for follower in trace.shown_below(entry):
            if not trace.is_home(entry, follower):
                joins.append({"entry": follower.number, "subject": trace.subject(follower)})
            elif level == LEVELS:
                further.append(follower)
            elif (told := self._step(trace, follower, budget, further, level + 1)) is not None:
                below.append(told)
        step["steps"] = below
        if joins:
            step["joins"] = joins
        return step

    def _run(self, trace: Trace, entry: Entry) -> dict[str, Any] | None:
        found = self._session.emulator.runs.find(entry.number)
        result = _json(entry.detail["result"]) if "result" in entry.detail else None
        if found is None:
            return {"result": mask(result)}
        stack = result.get("stackTrace") if found.failed and isinstance(result, dict) else None
        lines = found.lines or []
        return {
            **self._runs.row(found),
            "try": trace.attempt(entry),
            "result": None if stack else mask(result),
            "traceback": [str(mask(str(frame))) for frame in stack or []],
            "lines": [[at_ms, str(mask(text))] for at_ms, text in islice(lines, _LINES_MAX)],
            "lines_left_out": max(0, len(lines) - _LINES_MAX),
            "lines_forgotten": found.lines is None,
        }


def _detail(entry: Entry, *, cut: bool = True) -> Any:
    """Return what an entry carries, masked; of a very long one its beginning."""
    shown = {
        name: _json(value) if name in ("payload", "result") else value
        for name, value in entry.detail.items()
    }
    text = json.dumps(mask(shown), default=readable)
    if cut and len(text) > _DETAIL_CHARACTERS:
        return {"beginning": text[:_DETAIL_CHARACTERS], "characters": len(text)}
    return json.loads(text)


def _json(payload: Any) -> Any:
    if not isinstance(payload, bytes | str):
        return payload
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else payload
