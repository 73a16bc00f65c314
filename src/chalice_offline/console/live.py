"""The live feed: server-sent events with the runs that changed, for one reader.

Nothing waits in a queue for a reader. It is told what has changed since it was told last, at most
so often and so much; a reader that was away says by Last-Event-ID where to go on.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.console.doors import Asked, Door
from chalice_offline.core.feed import Feed
from chalice_offline.core.numerals import whole_number
from chalice_offline.core.pending import Pending

if TYPE_CHECKING:
    from chalice_offline.console.runs import Runs
    from chalice_offline.console.session import Session
    from chalice_offline.core.run_entry import RunEntry

PAUSE_MS = 100
RUNS_AT_ONCE = 200
READERS_MAX = 32


class Live:
    """The readers of one session."""

    def __init__(self, session: Session, runs: Runs) -> None:
        self._session = session
        self._runs = runs
        self.readers: list[LiveFeed] = []

    def doors(self) -> list[Door]:
        """Return what can be asked."""
        return [Door("GET", "live", self.follow)]

    def follow(self, asked: Asked) -> Feed[bytes]:
        """Answer what changes, as it changes; `after` a revision, or Last-Event-ID."""
        after = asked.headers.get("last-event-id") or asked.query.get("after") or ""
        emulator = self._session.emulator
        with emulator.lock:
            revision = emulator.runs.revision
            seen = whole_number(after)
            seen = revision if seen is None else min(seen, revision)
            feed = LiveFeed(self._session, self._runs, seen, self.readers)
            while len(self.readers) > READERS_MAX:
                self.readers[0].end()
            return feed


class LiveFeed(Feed[bytes]):
    """What one reader is told."""

    def __init__(self, session: Session, runs: Runs, seen: int, readers: list[LiveFeed]) -> None:
        super().__init__()
        self._session = session
        self._emulator = session.emulator
        self._runs = runs
        self._seen = seen
        self._readers = readers
        self._told_ms = 0
        self._is_dirty = True
        self._is_armed = False
        self._awaited: Pending[bytes | None] | None = None
        self._is_open = True
        readers.append(self)
        self._emulator.observers.append(self._entry_written)
        self._emulator.runs.watch(self._run_changed)

    def next(self) -> Pending[bytes | None]:
        """Return the next piece, once something has changed."""
        waiting: Pending[bytes | None] = Pending()
        self._awaited = waiting
        if not self._is_open:
            self._give(None)
        elif self._is_dirty:
            self._tell_soon()
        return waiting

    def end(self) -> None:
        """Say that there is no more: the reader comes back by itself."""
        self._leave()
        self._give(None)

    def close(self) -> None:
        """The reader has gone."""
        self._leave()

    # ---- within ----------------------------------------------------------------------------------

    def _entry_written(self) -> None:
        if not self._is_dirty:
            self._is_dirty = True
            self._tell_soon()

    def _run_changed(self, _run: RunEntry) -> None:
        self._entry_written()

    def _tell_soon(self) -> None:
        """Tell once the present input is done with, and not more often than every so often."""
        if self._awaited is None or self._is_armed:
            return
        self._is_armed = True
        emulator = self._emulator
        due_ms = max(emulator.now_ms, self._told_ms + PAUSE_MS)
        emulator.at(due_ms, self._tell, owed=False)
        emulator.driver.wake(emulator.scheduler.next_due_ms())

    def _tell(self) -> None:
        self._is_armed = False
        if self._awaited is None or not self._is_open:
            return
        self._is_dirty = False
        self._told_ms = self._emulator.now_ms
        self._give(self._event())

    def _event(self) -> bytes:
        runs = self._emulator.runs
        changed = runs.changed_since(self._seen, RUNS_AT_ONCE)
        content: dict[str, Any] = {
            "runs": [self._runs.row(run) for run in changed],
            # Some that changed are not among these: read the list anew.
            "gap": len(changed) == RUNS_AT_ONCE,
            "kept": len(runs),
            "count": runs.count,
            # Of another one than the reader's: nothing that it has is there any more.
            "era": self._session.era,
            "now_ms": self._emulator.now_ms,
        }
        self._seen = runs.revision
        return f"id: {self._seen}\ndata: {json.dumps(content)}\n\n".encode()

    def _give(self, piece: bytes | None) -> None:
        waiting, self._awaited = self._awaited, None
        if waiting is not None:
            waiting.resolve(piece)

    def _leave(self) -> None:
        if self._is_open:
            self._is_open = False
            self._readers.remove(self)
            self._emulator.observers.remove(self._entry_written)
            self._emulator.runs.unwatch(self._run_changed)
