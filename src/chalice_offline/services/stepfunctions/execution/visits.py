"""What each state of an execution is doing, for whoever watches: tries, and what it waits for."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalice_offline.services.stepfunctions import limits

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNNING = "RUNNING"
SUCCEEDED = "SUCCEEDED"
CAUGHT = "CAUGHT"
FAILED = "FAILED"
ABORTED = "ABORTED"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why a state is still where it is.

    `kind` is "timer", "retry", "callback", "worker", "call", "execution", "branches" or "items";
    `until_ms` the instant at which it goes on, or times out, by itself.
    """

    kind: str
    text: str
    until_ms: int | None = None

    def shown(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"kind": self.kind, "text": self.text, "until_ms": self.until_ms}


@dataclass(slots=True, eq=False)
class Visit:
    """One state from its entry to its exit. `index` is the item's, inside a Map."""

    name: str
    type: str
    entered_ms: int
    index: int | None = None
    status: str = RUNNING
    tries: int = 0
    left_ms: int | None = None
    error: str | None = None
    waiting_for: Waiting | None = None

    def left(self, status: str, now_ms: int, error: str | None = None) -> None:
        """The state is over."""
        self.status, self.left_ms, self.error = status, now_ms, error
        self.waiting_for = None

    def tried(self) -> None:
        """A try begins: the first, one after a failure, or one after a redrive."""
        self.tries += 1
        self.status, self.left_ms, self.error, self.waiting_for = RUNNING, None, None, None

    def shown(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "name": self.name,
            "type": self.type,
            "status": self.status,
            "tries": self.tries,
            "entered_ms": self.entered_ms,
            "left_ms": self.left_ms,
            "index": self.index,
            "error": self.error,
            "waiting_for": self.waiting_for.shown() if self.waiting_for else None,
        }


@dataclass(slots=True)
class Visits:
    """The visits of one execution, the latest 1,000: a loop may enter its states for a year."""

    _latest: deque[Visit] = field(default_factory=lambda: deque(maxlen=limits.VISITS_KEPT))

    def enter(self, name: str, kind: str, now_ms: int, index: int | None) -> Visit:
        """A state is entered."""
        visit = Visit(name, kind, now_ms, index)
        self._latest.append(visit)
        return visit

    def __iter__(self) -> Iterator[Visit]:
        return iter(self._latest)
