"""What went where: the journal's entries counted by what they came from and what they went to.

Each entry is looked at once, a slice of them at a time, within the emulator's lock: whoever asks
again is told of more, and nobody who works meanwhile waits for long. An entry that the journal has
forgotten counts no more.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING, Any, NamedTuple

from chalice_offline.console.connections import KINDS, resource_of
from chalice_offline.core.unspelled import UnspelledJson
from chalice_offline.trace.nowhere import went_nowhere

if TYPE_CHECKING:
    from chalice_offline.console.runs import Runs
    from chalice_offline.console.session import Session
    from chalice_offline.core.journal import Entry

# Entries looked at, or forgotten, in one hold of the lock: some milliseconds.
SLICE = 500
# Of events that are read for their source: as much of them as is read in as long.
_SLICE_BYTES = 512 * 1024


class Run(NamedTuple):
    """A run of a function, by the id of the node that it came from, or the kind of its source."""

    source: str
    function: str


class Delivery(NamedTuple):
    """What a service delivered, by the last parts of the names; `kind` is that of `end`."""

    start: str
    kind: str
    end: str


class Written(NamedTuple):
    """What a handler called that changed something."""

    function: str
    kind: str
    name: str


Passage = Run | Delivery | Written


class Traffic:
    """The counts of one session. Used within the emulator's lock."""

    def __init__(self, session: Session, runs: Runs) -> None:
        self._session = session
        self._runs = runs
        self._begin()

    def _begin(self) -> None:
        self._era = self._session.era
        self._next = 0
        # What each entry was counted as, oldest first; of those that were counted as anything.
        self._counted: deque[tuple[int, list[Passage]]] = deque()
        self.counts: Counter[Passage] = Counter()
        # Entries that tell of what found nobody, oldest first.
        self.nowhere: deque[int] = deque()

    def look(self) -> int:
        """Count the next slice; return how many entries wait to be counted."""
        if self._era != self._session.era:  # numbers go on, and what they were of is gone
            self._begin()
        journal = self._session.emulator.journal
        budget = self._forget(journal.first_number, SLICE)
        self._next = max(self._next, journal.first_number)
        read = 0
        while budget > 0 and read < _SLICE_BYTES and self._next <= journal.last_number:
            entry = journal.find(self._next)
            self._next += 1
            budget -= 1
            if entry is not None:
                read += self._count(entry)
        return journal.last_number - self._next + 1

    # ---- within ----------------------------------------------------------------------------------

    def _forget(self, first: int, budget: int) -> int:
        """Take back what entries before the first one were counted as; return what is left."""
        while self.nowhere and self.nowhere[0] < first:
            self.nowhere.popleft()
        while budget > 0 and self._counted and self._counted[0][0] < first:
            budget -= 1
            for passage in self._counted.popleft()[1]:
                self.counts[passage] -= 1
                if not self.counts[passage]:
                    del self.counts[passage]
        return budget

    def _count(self, entry: Entry) -> int:
        """Count an entry; return how many bytes were read for it."""
        passages: list[Passage] = []
        read = 0
        if entry.kind == "run":
            payload = entry.held.get("payload", b"")
            read = 0 if isinstance(payload, UnspelledJson) else len(payload)
            passages = self._run(entry)
        elif entry.kind == "note":
            if went_nowhere(entry):
                self.nowhere.append(entry.number)
        elif entry.causes and _is_write(entry):
            # A service that looks whether its target is there has delivered nothing.
            passages = self._delivery(entry) if entry.kind == "delivery" else self._call(entry)
        if passages:
            self._counted.append((entry.number, passages))
            self.counts.update(passages)
        return read

    def _run(self, entry: Entry) -> list[Passage]:
        source = self._runs.source(entry.number)
        start = resource_of(source.arn) if source.arn else source.kind
        return [Run(start, entry.subject)] if start else []

    def _delivery(self, entry: Entry) -> list[Passage]:
        cause = self._session.emulator.journal.find(entry.causes[0])
        end = _named(entry.held)
        if not end or cause is None:
            return []
        return [Delivery(start, _kind_of(entry), end) for start in _starts(cause)]

    def _call(self, entry: Entry) -> list[Passage]:
        run = self._session.emulator.journal.find(entry.causes[0])
        if entry.kind != "call" or run is None or run.kind != "run":
            return []
        kind = _kind_of(entry)
        return [Written(run.subject, kind, name) for name in _written_to(entry)]


_WRITES = (
    "Send",
    "Publish",
    "Put",
    "Invoke",
    "Start",
    "Update",
    "BatchWrite",
    "Delete",
)


def _is_write(entry: Entry) -> bool:
    return entry.subject.partition(".")[2].startswith(_WRITES)


def _written_to(entry: Entry) -> set[str]:
    """Return the last parts of the names of what a call of a handler changes."""
    if entry.subject == "events.PutEvents":
        entries = entry.held.get("Entries", [])
        return {last_part(one.get("EventBusName", "default")) for one in entries}
    names = (entry.held.get(key) for key in ("TableName", "Bucket"))
    found = next((name for name in names if isinstance(name, str)), None)
    return {found or _named(entry.held)} - {""}


_SERVICES = {"stepfunctions": "workflow"}  # where botocore's name is not that in ARNs


def _kind_of(entry: Entry) -> str:
    """Return the kind of node that a call goes to."""
    service = entry.subject.partition(".")[0]
    return _SERVICES.get(service) or KINDS.get(service, "")


def _named(detail: Any) -> str:
    """Return the last part of the name of what a delivery goes to."""
    for key in ("QueueUrl", "TopicArn", "FunctionName", "StreamName", "stateMachineArn"):
        value = detail.get(key)
        if isinstance(value, str) and value:
            return last_part(value)
    return ""


def _starts(cause: Entry) -> set[str]:
    """Return the last parts of the names of what a delivery comes from."""
    detail = cause.held
    if cause.subject == "events.PutEvents":
        names = [entry.get("EventBusName", "default") for entry in detail.get("Entries", [])]
        return {f"event-bus/{last_part(name)}" for name in names}
    if cause.subject in ("sns.Publish", "sns.PublishBatch"):
        return {last_part(str(detail.get("TopicArn", "")))}
    if cause.kind == "note" and cause.subject.startswith("arn:"):
        return {cause.subject.rpartition(":")[2]}
    if cause.subject.startswith("s3."):
        return {str(detail.get("Bucket", ""))}
    return set()


def last_part(text: str) -> str:
    """Return the last part of a name: of an ARN or a URL what it names."""
    return text.rpartition("/")[2].rpartition(":")[2]
