"""One story out of the journal: everything that led to, and followed from, what mentions a text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chalice_offline.trace.story import attempt_of, describe, duration, is_timeout_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chalice_offline.core.journal import Entry, Journal


# How a mapping gets its batches and puts them away: true, and of no interest when it went well.
_PLUMBING = frozenset(
    {
        "sqs.ReceiveMessage",
        "sqs.DeleteMessageBatch",
        "sqs.GetQueueAttributes",
        "sqs.GetQueueUrl",
        "sqs.ChangeMessageVisibilityBatch",
    }
)


class Trace:
    """A tree of journal entries. `str()` draws it with times relative to the first entry.

    `entries` are all that belong to it, in order; the drawing leaves out what only says that
    something went as usual. A batch with several causes is drawn under the last of them, and the
    others point at it.
    """

    def __init__(self, journal: Journal, text: str) -> None:
        """Collect the entries that mention `text`, what followed from them and what led to them."""
        spelled = json.dumps(text)[1:-1]  # as it stands inside a JSON string

        def mentions(entry: Entry) -> bool:
            line = entry.as_json()
            return text in line or spelled in line

        self._collect(journal, mentions)

    @classmethod
    def of(cls, journal: Journal, numbers: Iterable[int]) -> Trace:
        """Return the story of entries by their numbers."""
        wanted = set(numbers)
        story = cls.__new__(cls)
        story._collect(journal, lambda entry: entry.number in wanted)  # noqa: SLF001 - our own
        return story

    @classmethod
    def of_entries(cls, entries: Iterable[Entry]) -> Trace:
        """Return the story of these entries alone."""
        story = cls.__new__(cls)
        story._arrange({entry.number: entry for entry in entries})  # noqa: SLF001 - our own
        return story

    def _collect(self, journal: Journal, wanted: Callable[[Entry], bool]) -> None:
        by_number = {entry.number: entry for entry in journal.entries()}
        self._arrange({number: by_number[number] for number in sorted(_chosen(by_number, wanted))})

    def _arrange(self, chosen: dict[int, Entry]) -> None:
        self.entries: list[Entry] = list(chosen.values())
        self._followers: dict[int, list[Entry]] = {}
        self._attempts: dict[int, int] = {}
        self.roots: list[Entry] = []
        for entry in self.entries:
            parents = [cause for cause in entry.causes if cause in chosen]
            for parent in parents:
                self._followers.setdefault(parent, []).append(entry)
            if not parents:
                self.roots.append(entry)
        self._count_attempts()

    def __len__(self) -> int:
        return len(self.entries)

    def __str__(self) -> str:
        if not self.entries:
            return "(nothing in the journal mentions it)"
        lines: list[str] = []
        for root in self.roots:
            self._draw(root, "", "", lines)
        return "\n".join(lines)

    def followers(self, entry: Entry) -> list[Entry]:
        """Return what an entry caused, in order."""
        return self._followers.get(entry.number, [])

    def shown_below(self, entry: Entry) -> list[Entry]:
        """Return what of that is told: all but what says that something went as usual."""
        return [one for one in self.followers(entry) if self._is_shown(one, entry)]

    def is_home(self, entry: Entry, follower: Entry) -> bool:
        """Whether a follower is told under this entry; a batch is, under the last of its causes."""
        return self._home(follower) == entry.number

    def attempt(self, entry: Entry) -> int:
        """Return which try a run is."""
        return self._attempts.get(entry.number, 1)

    def words(self, entry: Entry) -> str:
        """Return one line about an entry."""
        return describe(entry, self.followers(entry), self.attempt(entry))

    def _draw(self, entry: Entry, lead: str, below: str, lines: list[str]) -> None:
        lines.append(f"{self._when(entry):>10}  {lead}{self.words(entry)}")
        shown = self.shown_below(entry)
        for position, follower in enumerate(shown):
            last = position == len(shown) - 1
            branch, rest = ("└─ ", "   ") if last else ("├─ ", "│  ")
            if self._home(follower) == entry.number:
                self._draw(follower, below + branch, below + rest, lines)
            else:
                words = f"joins the batch of {follower.subject} at {self._when(follower)}, below"
                lines.append(f"{'':>10}  {below}{branch}{words}")

    def _is_shown(self, follower: Entry, entry: Entry) -> bool:
        if is_timeout_of(follower, entry):
            return False
        if self._home(follower) != entry.number:
            return follower.kind == "run"
        usual = follower.outcome in ("ok", "pending", "200")
        return not (follower.subject in _PLUMBING and usual)

    def _home(self, entry: Entry) -> int:
        """Return the number of the entry under which this one is drawn."""
        return max(cause for cause in entry.causes if cause in self._followers)

    def _count_attempts(self) -> None:
        runs: dict[str, int] = {}
        for entry in self.entries:
            if entry.kind == "run":
                request_id = str(entry.detail.get("request_id", ""))
                self._attempts[entry.number] = attempt_of(entry, runs.get(request_id, 0))
                runs[request_id] = runs.get(request_id, 0) + 1

    def _when(self, entry: Entry) -> str:
        return f"+{duration(entry.at_ms - self.entries[0].at_ms)}"


def _chosen(by_number: dict[int, Entry], wanted: Callable[[Entry], bool]) -> set[int]:
    """Return the numbers of the entries of a story.

    Those that are wanted, all that followed from them, and what led to the ones among them
    that nothing in the story explains. What led to the rest would be other stories: a batch holds
    messages of several.
    """
    chosen: set[int] = set()
    unexplained: list[int] = []
    for entry in by_number.values():  # causes come before effects, so one pass is enough
        if any(cause in chosen for cause in entry.causes):
            chosen.add(entry.number)
            continue
        if wanted(entry):
            chosen.add(entry.number)
            unexplained.append(entry.number)
    while unexplained:
        causes = by_number[unexplained.pop()].causes
        new = [cause for cause in causes if cause in by_number and cause not in chosen]
        chosen.update(new)
        unexplained += new
    return chosen
