"""Lines about what happens, as it happens, from a thread of its own.

Whoever runs a handler only sets a flag; lines are made when that flag is seen, out of what the
emulator keeps anyway. When more happens than anybody reads, the terminal says how much it left out.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING

from chalice_offline.console.next_tries import NextTries
from chalice_offline.console.runs import Runs
from chalice_offline.core.journal import readable
from chalice_offline.terminal.lines import call_line, dead_letter_line, note_line, try_line
from chalice_offline.trace import mask
from chalice_offline.trace.nowhere import went_nowhere
from chalice_offline.trace.run_line import run_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chalice_offline.console.session import Session
    from chalice_offline.core.journal import Entry
    from chalice_offline.core.run_entry import RunEntry

    #: what it is about, when, and its line or its JSON
    Line = tuple[int, int, str]

RUNS_AT_ONCE = 50  # a screen full
ENTRIES_AT_ONCE = 500
PAUSE_SECONDS = 0.2
FLOOD_PAUSE_SECONDS = 1.0  # nobody reads fifty lines sooner, and whoever runs handlers waits less
DEAD_LETTER = "sqs.DeadLetter"


class Level(Enum):
    """How much is said."""

    QUIET = "what failed, and dead letters"
    NORMAL = "also what went well, and what went nowhere"
    VERBOSE = "also every call of a client or a handler"


class Reporter:
    """Writes lines about one session, whichever emulator it has."""

    def __init__(
        self,
        write: Callable[[list[str]], None],
        *,
        level: Level = Level.NORMAL,
        colour: bool = False,
        as_json: bool = False,
    ) -> None:
        """`write` takes the lines of a moment; with `as_json` each is an object."""
        self._write = write
        self._level = level
        # Kinds of journal entries that there may be a line about: few of all that there are.
        self._kinds = {"note", "call"} if level is Level.VERBOSE else {"note"}
        self._colour = colour
        self._as_json = as_json
        self._awake = threading.Event()
        self._over = threading.Event()
        self._writing = threading.Lock()
        self._looking = threading.Lock()
        self._thread: threading.Thread | None = None

    def watch(self, session: Session) -> None:
        """Report about this session's emulator from now on, and about no other."""
        if self._thread is not None:
            self.flush()
        with self._looking:
            self._session = session
            self._runs = Runs(session)
            self._next_tries = NextTries(session)
            ended: deque[RunEntry] = deque()
            self._ended = ended
            self._left_out = 0
            emulator = session.emulator
            with emulator.lock:
                self._next_entry = emulator.journal.last_number + 1
                emulator.runs.watch(lambda run: self._run_changed(run, ended))
                emulator.observers.append(self._wake)
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="terminal", daemon=True)
            self._thread.start()

    def flush(self) -> None:
        """Say what has happened until now."""
        self._say()

    def stop(self) -> None:
        """Say what has happened until now, and no more."""
        self._over.set()
        self._awake.set()
        if self._thread is not None:
            self._thread.join()

    # ---- within ----------------------------------------------------------------------------------

    def _run_changed(self, run: RunEntry, ended: deque[RunEntry]) -> None:
        """Note a run that has ended; within its emulator's lock."""
        if run.ended_ms is None or (self._level is Level.QUIET and not run.failed):
            return
        ended.append(run)
        if len(ended) > RUNS_AT_ONCE:
            ended.popleft()
            self._left_out += 1
        self._wake()

    def _wake(self) -> None:
        """Have the thread look; within its emulator's lock, several times in every request."""
        if not self._awake.is_set():  # to set it again would cost ten times as much
            self._awake.set()

    def _work(self) -> None:
        while True:
            self._awake.wait()
            self._awake.clear()
            is_over = self._over.is_set()
            left_out = self._say()
            if is_over:
                return
            # The first line comes at once; a flood is told of now and then, and mostly counted.
            self._over.wait(FLOOD_PAUSE_SECONDS if left_out else PAUSE_SECONDS)

    def _say(self) -> int:
        """Write what has happened until now; return how many runs were left out."""
        with self._writing:
            lines, left_out = self._new_lines()
            if lines:
                self._write(lines)
        return left_out

    def _new_lines(self) -> tuple[list[str], int]:
        """Return the lines, and how many runs have none."""
        with self._looking:
            taken, left_out = self._taken()
            lines = [line for run in taken for line in self._of_run(run)]
            lines += self._of_new_entries()
        texts = [text for _, _, text in sorted(lines, key=lambda line: line[:2])]
        if left_out:
            texts.insert(0, self._of_left_out(left_out))
        return texts, left_out

    def _taken(self) -> tuple[list[RunEntry], int]:
        with self._session.emulator.lock:
            taken, left_out = list(self._ended), self._left_out
            self._ended.clear()
            self._left_out = 0
        return taken, left_out

    def _of_new_entries(self) -> list[Line]:
        """Look at all entries there are by now, some at a time: others wait for the same lock."""
        lock, journal = self._session.emulator.lock, self._session.emulator.journal
        lines: list[Line] = []
        last = journal.last_number
        while self._next_entry <= last:
            with lock:
                for entry in self._new_entries():
                    line = self._of_entry(entry)
                    if line:
                        lines.append((entry.at_ms, entry.number, line))
        return lines

    def _new_entries(self) -> Iterator[Entry]:
        """Take the next entries that there may be a line about, out of so many."""
        journal = self._session.emulator.journal
        entry = journal.find(self._next_entry)
        if entry is None:  # it is forgotten already, or is none that is kept
            entry = next(islice(journal.entries(), 1), None)
            if entry is None or entry.number < self._next_entry:
                self._next_entry = journal.last_number + 1
                return
        for _ in range(ENTRIES_AT_ONCE):
            if entry.kind in self._kinds:
                yield entry
            self._next_entry = entry.number + 1
            entry = journal.find(self._next_entry)
            if entry is None:
                return

    def _of_run(self, run: RunEntry) -> Iterator[Line]:
        assert run.ended_ms is not None
        # One run at a time: whoever answers a request waits for this lock.
        with self._session.emulator.lock:
            row = self._runs.row(run)
            following = self._next_tries.of(run)
            now_ms = self._session.emulator.now_ms
        if self._as_json:
            told = {"type": "run", **row, "next_try": following}
            yield run.ended_ms, run.number, json.dumps(told)
            return
        yield run.ended_ms, run.number, run_line(row, colour=self._colour)
        if following is not None:
            line = try_line(following, now_ms, colour=self._colour)
            yield run.ended_ms, run.number, line

    def _of_entry(self, entry: Entry) -> str | None:
        if entry.kind == "note" and entry.subject == DEAD_LETTER:
            return self._said("dead_letter", entry, dead_letter_line)
        if self._level is Level.QUIET:
            return None
        if went_nowhere(entry, also_in_part=self._level is Level.VERBOSE):
            return self._said("went_nowhere", entry, note_line)
        if self._level is Level.VERBOSE and entry.kind == "call" and entry.is_input:
            return self._said("call", entry, call_line)
        return None

    def _said(self, kind: str, entry: Entry, line: Callable[..., str]) -> str:
        story = self._session.emulator.stories.of(entry.number)
        if not self._as_json:
            return line(entry, story, self._session.short_names(), colour=self._colour)
        told = {
            "type": kind,
            "entry": entry.number,
            "story": story,
            "at_ms": entry.at_ms,
            "subject": entry.subject,
            "outcome": entry.outcome,
            "detail": entry.detail if kind != "call" else {},
        }
        return json.dumps(mask(told), default=readable)

    def _of_left_out(self, count: int) -> str:
        if self._as_json:
            return json.dumps({"type": "left_out", "runs": count})
        return f"({count} runs more: chalice-offline runs)"
