"""The journal: every input of the kernel and every step that followed, each with its causes.

Inputs are a client's AWS calls and requests to APIs, and how a handler's run or a request to the
outside ended: that completes the entry of its start. Steps (a delivery from one service to another,
an event no rule matched) follow from inputs and are kept so that a trace tells the whole story.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from chalice_offline.core.unspelled import UnspelledJson, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(slots=True)
class Entry:
    """One line of the journal.

    `kind` is "call" (an AWS operation called by a client or a handler), "delivery" (one called by
    another service, or a request to an endpoint outside), "run" (of a handler) or "note" (something
    that was decided: no rule matched, a message was dead-lettered).
    `subject` names the operation, function or resource; `held` is the request as it came, `detail`
    as it is read; `outcome` how it ended, once known, and `ended_ms` when, if it took its time.
    The journal gives it its `number`, and finds its `weight` unless whoever made it knows that.
    """

    at_ms: int
    kind: str
    subject: str
    held: Mapping[str, Any]
    causes: tuple[int, ...] = ()
    is_input: bool = False
    number: int = 0
    outcome: str = ""
    ended_ms: int | None = None
    weight: int = 0

    @property
    def detail(self) -> Mapping[str, Any]:
        """The request, with the text of what nobody had spelled before."""
        held = self.held
        if any(isinstance(value, UnspelledJson) for value in held.values()):
            self.held = held = {name: spelled(value) for name, value in held.items()}
        return held

    def let_go(self) -> None:
        """The journal has forgotten it; whoever still lists it does without what it carried."""

    def as_json(self) -> str:
        """Return the entry as one line of JSON with sorted keys."""
        return json.dumps(self.as_dict(), sort_keys=True, default=readable)

    def as_dict(self) -> dict[str, Any]:
        """Return the entry as it is spelled in JSON."""
        return {
            "number": self.number,
            "at_ms": self.at_ms,
            "kind": self.kind,
            "subject": self.subject,
            "detail": self.detail,
            "causes": self.causes,
            "input": self.is_input,
            "outcome": self.outcome,
            "ended_ms": self.ended_ms,
        }


class Journal(Protocol):
    """Where entries are kept. Implementations are in `storage`."""

    @property
    def last_number(self) -> int:
        """The number of the latest entry, the forgotten ones included; 0 if there was none."""
        ...

    @property
    def first_number(self) -> int:
        """The number of the oldest entry that is kept; of the next one if none is."""
        ...

    def append(self, entry: Entry) -> int:
        """Keep one entry and return its number, which only grow; before the reply leaves."""
        ...

    def complete(self, entry: Entry, result: bytes) -> None:
        """Keep what came of something, beside what it began with."""
        ...

    def entries(self) -> Iterator[Entry]:
        """Return what is kept, oldest first."""
        ...

    def clear(self) -> None:
        """Forget what is kept; numbers go on."""
        ...

    def find(self, number: int) -> Entry | None:
        """Return the entry of a number, if it is kept."""
        ...


def digest(journal: Journal) -> str:
    """Return one hash over all entries: equal for equal histories."""
    total = hashlib.sha256()
    for entry in journal.entries():
        total.update(entry.as_json().encode())
        total.update(b"\n")
    return total.hexdigest()


def readable(value: object) -> str:
    """Return what JSON has no spelling for as text."""
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode("utf-8", "backslashreplace")
    return str(value)
