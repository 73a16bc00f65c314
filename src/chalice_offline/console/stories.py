"""One story as a tree, with what each step carried, what the code wrote, and its tracebacks."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any

from chalice_offline.console.doors import Asked, Door, Plain, Refusal
from chalice_offline.core.journal import readable
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
_DETAIL_CHARACTERS = 64 * 1024


class Stories:
    """Stories out of the journal."""

    def __init__(self, session: Session, runs: Runs) -> None:
        self._session = session
        self._runs = runs

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
        When there may be more, the answer's `before` asks for them.
        """
        text = asked.query.get("text", "")
        limit = asked.count("limit", STORIES_PER_PAGE, 1_000)
        only = asked.query.get("only", "")
        if only not in ("", "runs", "failed"):
            raise Refusal(f"?only={only[:80]} is neither runs nor failed.")
        emulator = self._session.emulator
        with emulator.lock:
            ran = self._ran()
            entries = list(emulator.journal.entries())
            before, last = asked.count("before", 0), 0
            spelled = json.dumps(text)[1:-1]  # as it stands inside a JSON string
            found: dict[int, None] = {}
            for entry in reversed(entries):
                if before and entry.number >= before:
                    continue
                if text and not _mentions(entry, text, spelled):
                    continue
                if not text and entry.causes:
                    continue
                story = emulator.stories.of(entry.number)
                runs, failed, _ = ran.get(story, (0, 0, 0))
                # What time began, a schedule, is told of when something ran of it.
                if not (text or entry.is_input or runs):
                    continue
                if not only or (failed if only == "failed" else runs):
                    found.setdefault(story)
                if len(found) == limit:
                    last = entry.number
                    break
            begun = [emulator.journal.find(number) for number in found]
            told = [self._brief(entry, ran) for entry in begun if entry is not None]
            return {"stories": told, "before": last or None}

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
        found = journal.find(int(number)) if number.isdigit() and len(number) < 18 else None
        if found is None:
            raise Refusal(f"The journal has no entry {number[:40]} (any more).", 404)
        return found

    def _trace(self, number: str) -> Trace:
        entry = self._find(number)
        emulator = self._session.emulator
        numbers = [emulator.stories.of(entry.number), entry.number]
        return Trace.of(emulator.journal, numbers, self._session.short_names())

    def _ran(self) -> dict[int, tuple[int, int, int]]:
        """Return of each story how many runs it had, how many failed, when the last one ended."""
        ran: dict[int, tuple[int, int, int]] = {}
        for run in self._session.emulator.runs.newest_first():
            runs, failed, ended_ms = ran.get(run.story, (0, 0, 0))
            ended_ms = max(ended_ms, run.ended_ms or run.at_ms)
            ran[run.story] = (runs + 1, failed + run.failed, ended_ms)
        return ran

    def _brief(self, entry: Entry, ran: dict[int, tuple[int, int, int]]) -> dict[str, Any]:
        runs, failed, ended_ms = ran.get(entry.number, (0, 0, entry.at_ms))
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


def _mentions(entry: Entry, text: str, spelled: str) -> bool:
    return text in entry.subject or text in entry.outcome or _holds(entry.detail, text, spelled)


def _holds(value: Any, text: str, spelled: str) -> bool:
    """Whether a text is somewhere in a value: much sooner known than by writing it as JSON."""
    waiting: list[Any] = [value]
    for one in waiting:  # it grows meanwhile
        if isinstance(one, str):
            if text in one or spelled in one:
                return True
        elif isinstance(one, bytes):
            if text.encode() in one or spelled.encode() in one:
                return True
        elif isinstance(one, dict):
            waiting += one.values()
            waiting += one
        elif isinstance(one, list | tuple):
            waiting += one
        elif text in str(one):
            return True
    return False


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
