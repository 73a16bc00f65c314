"""One story out of the journal: everything that led to, and followed from, what mentions a text."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING

from chalice_offline.trace.story import (
    NO_NAMES,
    attempt_of,
    describe,
    duration,
    is_timeout_of,
    took_ms,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chalice_offline.core.journal import Entry, Journal
    from chalice_offline.trace.story import Names


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


# Steps below each other, in a loop of events say; what follows begins at the margin again.
LEVELS = 50
# Of tries that ended alike, so many are drawn, if at least so many can be left out for it.
_TRIES_DRAWN = 3
_LEFT_OUT_LEAST = 3


class Trace:
    """A tree of journal entries. `str()` draws it with times relative to the first entry.

    `entries` are all that belong to it, in order; the drawing leaves out what only says that
    something went as usual. A batch with several causes is drawn under the last of them, and the
    others point at it. Further tries of a run stand beside it, not below; of many that ended alike
    the first and the last are drawn.
    """

    def __init__(self, journal: Journal, text: str, names: Names = NO_NAMES) -> None:
        """Collect the entries that mention `text`, what followed from them and what led to them.

        `names` are functions' own names by those that they are deployed under.
        """
        self._names = names
        spelled = json.dumps(text)[1:-1]  # as it stands inside a JSON string

        def mentions(entry: Entry) -> bool:
            line = entry.as_json()
            return text in line or spelled in line

        self._collect(journal, mentions)

    @classmethod
    def of(cls, journal: Journal, numbers: Iterable[int], names: Names = NO_NAMES) -> Trace:
        """Return the story of entries by their numbers."""
        wanted = set(numbers)
        story = cls.__new__(cls)
        story._names = names  # noqa: SLF001 - our own
        first = min(wanted, default=0)  # what follows from an entry comes after it
        story._collect(journal, lambda entry: entry.number in wanted, first)  # noqa: SLF001 - ours
        return story

    @classmethod
    def of_entries(cls, entries: Iterable[Entry], names: Names = NO_NAMES) -> Trace:
        """Return the story of these entries alone."""
        story = cls.__new__(cls)
        story._names = names  # noqa: SLF001 - our own
        story._arrange({entry.number: entry for entry in entries})  # noqa: SLF001 - our own
        return story

    def _collect(self, journal: Journal, wanted: Callable[[Entry], bool], first: int = 0) -> None:
        """Collect what is wanted, of entries of this number and later, and what hangs on it."""
        known = {entry.number: entry for entry in journal.entries() if entry.number >= first}
        chosen = _chosen(known, wanted, journal.find)
        self._arrange({number: known[number] for number in sorted(chosen)})

    def _arrange(self, chosen: dict[int, Entry]) -> None:
        self.entries: list[Entry] = list(chosen.values())
        self._followers: dict[int, list[Entry]] = {}
        self._attempts: dict[int, int] = {}
        self._homes: dict[int, int] = {}  # under which entry each is drawn; none for roots
        self.roots: list[Entry] = []
        self._count_attempts()
        for entry in self.entries:
            parents = [cause for cause in entry.causes if cause in chosen]
            if not parents:
                self.roots.append(entry)
                continue
            home = max(parents)
            if self._tries_again(entry, chosen[home]):
                parents.remove(home)
                beside = self._homes.get(home)
                if beside is None:
                    self.roots.append(entry)
                else:
                    parents.append(beside)
                    self._homes[entry.number] = beside
            else:
                self._homes[entry.number] = home
            for parent in parents:
                self._followers.setdefault(parent, []).append(entry)

    def __len__(self) -> int:
        return len(self.entries)

    def __str__(self) -> str:
        if not self.entries:
            return "(nothing in the journal mentions it)"
        lines: list[str] = []
        further: list[Entry] = []
        for root, alike in self._grouped(self.roots):
            self._draw(root, "", "", lines, further)
            if alike:
                lines.append(f"{'':>10}  {_left_out(alike)}")
        for entry in further:  # it grows meanwhile
            self._draw(entry, "", "", lines, further)
        return "\n".join(lines)

    def followers(self, entry: Entry) -> list[Entry]:
        """Return what an entry caused, in order."""
        return self._followers.get(entry.number, [])

    def shown_below(self, entry: Entry) -> list[Entry]:
        """Return what of that is told: all but what says that something went as usual."""
        return [one for one in self.followers(entry) if self._is_shown(one, entry)]

    def is_home(self, entry: Entry, follower: Entry) -> bool:
        """Whether a follower is told under this entry; a batch is, under the last of its causes."""
        return self._homes.get(follower.number) == entry.number

    def attempt(self, entry: Entry) -> int:
        """Return which try a run is."""
        return self._attempts.get(entry.number, 1)

    def words(self, entry: Entry) -> str:
        """Return one line about an entry."""
        return describe(entry, self.followers(entry), self.attempt(entry), self._names)

    def subject(self, entry: Entry) -> str:
        """Return what an entry is about: of a run the name that its function's author gave it."""
        return self._names.get(entry.subject, entry.subject)

    def _draw(
        self, entry: Entry, lead: str, below: str, lines: list[str], further: list[Entry]
    ) -> None:
        lines.append(f"{self._when(entry):>10}  {lead}{self.words(entry)}")
        shown = self._grouped(self.shown_below(entry))
        for position, (follower, alike) in enumerate(shown):
            last = position == len(shown) - 1
            branch, rest = ("└─ ", "   ") if last else ("├─ ", "│  ")
            if self.is_home(entry, follower) and len(below) >= LEVELS * len(rest):
                lines.append(f"{'':>10}  {below}{branch}goes on at {self._when(follower)}, below")
                further.append(follower)
            elif self.is_home(entry, follower):
                self._draw(follower, below + branch, below + rest, lines, further)
            else:
                words = (
                    f"joins the batch of {self.subject(follower)} at {self._when(follower)}, below"
                )
                lines.append(f"{'':>10}  {below}{branch}{words}")
            if alike:
                lines.append(f"{'':>10}  {below}{rest}{_left_out(alike)}")

    def _grouped(self, shown: list[Entry]) -> list[tuple[Entry, int]]:
        """Return what is drawn of some steps, with the tries alike that are left out after each."""
        drawn: list[tuple[Entry, int]] = []
        for _, group in groupby(shown, self._likeness):
            steps = list(group)
            left_out = len(steps) - _TRIES_DRAWN
            if left_out < _LEFT_OUT_LEAST or steps[0].kind != "run":
                drawn += [(one, 0) for one in steps]
                continue
            first, last = steps[: _TRIES_DRAWN - 1], steps[-1]
            drawn += [(one, 0) for one in first[:-1]]
            drawn += [(first[-1], left_out), (last, 0)]
        return drawn

    def _likeness(self, entry: Entry) -> object:
        """Return what tries that ended alike and led to nothing have in common."""
        if entry.kind != "run" or self.shown_below(entry):
            return entry.number
        words = describe(entry, self.followers(entry), names=self._names)
        return entry.subject, words.removesuffix(f" in {duration(took_ms(entry))}")

    def _tries_again(self, entry: Entry, home: Entry) -> bool:
        """Whether a run is another try of the run that it follows from."""
        return (
            entry.kind == home.kind == "run"
            and entry.subject == home.subject
            and self.attempt(entry) > self.attempt(home)
        )

    def _is_shown(self, follower: Entry, entry: Entry) -> bool:
        if is_timeout_of(follower, entry):
            return False
        if not self.is_home(entry, follower):
            return follower.kind == "run"
        usual = follower.outcome in ("ok", "pending", "200")
        return not (follower.subject in _PLUMBING and usual)

    def _count_attempts(self) -> None:
        runs: dict[str, int] = {}
        for entry in self.entries:
            if entry.kind == "run":
                request_id = str(entry.detail.get("request_id", ""))
                self._attempts[entry.number] = attempt_of(entry, runs.get(request_id, 0))
                runs[request_id] = runs.get(request_id, 0) + 1

    def _when(self, entry: Entry) -> str:
        return f"+{duration(entry.at_ms - self.entries[0].at_ms)}"


def _left_out(tries: int) -> str:
    return f"… {tries} more tries, which ended the same way …"


def _chosen(
    known: dict[int, Entry],
    wanted: Callable[[Entry], bool],
    find: Callable[[int], Entry | None],
) -> set[int]:
    """Return the numbers of the entries of a story; `known` gets those that lie before it.

    Those that are wanted, all that followed from them, and what led to the ones among them
    that nothing in the story explains. What led to the rest would be other stories: a batch holds
    messages of several.
    """
    chosen: set[int] = set()
    unexplained: list[Entry] = []
    for entry in known.values():  # causes come before effects, so one pass is enough
        if any(cause in chosen for cause in entry.causes):
            chosen.add(entry.number)
            continue
        if wanted(entry):
            chosen.add(entry.number)
            unexplained.append(entry)
    while unexplained:
        for cause in unexplained.pop().causes:
            entry_before = known.get(cause) or find(cause)
            if entry_before is not None and cause not in chosen:
                known[cause] = entry_before
                chosen.add(cause)
                unexplained.append(entry_before)
    return chosen
