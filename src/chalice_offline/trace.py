"""One story out of the journal: everything that led to, and followed from, what mentions a text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.journal import Entry, Journal

_DETAIL_CHARACTERS = 96


class Trace:
    """A tree of journal entries. `str()` draws it with times relative to the first entry."""

    def __init__(self, journal: Journal, text: str) -> None:
        """Collect the entries that mention `text`, and everything that followed from them."""
        by_number = {entry.number: entry for entry in journal.entries()}
        chosen: set[int] = set()
        for entry in by_number.values():  # causes come before effects, so one pass is enough
            if any(cause in chosen for cause in entry.causes) or text in entry.as_json():
                chosen.add(entry.number)
        for number in sorted(chosen, reverse=True):
            chosen.update(c for c in by_number[number].causes if c in by_number)
        self.entries: list[Entry] = [by_number[number] for number in sorted(chosen)]
        self._children: dict[int, list[Entry]] = {}
        self.roots: list[Entry] = []
        for entry in self.entries:
            parents = [cause for cause in entry.causes if cause in chosen]
            if parents:
                # A batch follows from several messages; it is drawn once, under the last of them.
                self._children.setdefault(parents[-1], []).append(entry)
            else:
                self.roots.append(entry)

    def __len__(self) -> int:
        return len(self.entries)

    def __str__(self) -> str:
        if not self.entries:
            return "(nothing in the journal mentions it)"
        start_ms = self.entries[0].at_ms
        lines: list[str] = []
        for root in self.roots:
            self._draw(root, "", "", start_ms, lines)
        return "\n".join(lines)

    def _draw(self, entry: Entry, lead: str, below: str, start_ms: int, lines: list[str]) -> None:
        lines.append(f"{_elapsed(entry.at_ms - start_ms):>10}  {lead}{describe(entry)}")
        children = self._children.get(entry.number, [])
        for position, child in enumerate(children):
            last = position == len(children) - 1
            self._draw(
                child,
                below + ("└─ " if last else "├─ "),
                below + ("   " if last else "│  "),
                start_ms,
                lines,
            )


def describe(entry: Entry) -> str:
    """Return one line about an entry: what happened to whom, and how it ended."""
    text = f"{entry.kind} {entry.subject}"
    summary = _summary(entry.detail)
    if summary:
        text += f" {summary}"
    if entry.outcome and entry.outcome not in ("ok", "pending"):
        text += f" → {entry.outcome}"
    return text


# What tells one call of an operation from another, most telling first.
_TELLING = (
    "QueueUrl", "TopicArn", "TargetArn", "FunctionName", "Entries", "TableName", "Bucket", "url",
    "Rule", "request_id",
)


def _summary(detail: Mapping[str, Any]) -> str:
    for name in _TELLING:
        if name in detail:
            value = detail[name]
            text = value if isinstance(value, str) else json.dumps(value, default=str)
            if name in ("QueueUrl", "TopicArn", "TargetArn"):
                text = text.replace(":", "/").rsplit("/", 1)[-1]
            if len(text) > _DETAIL_CHARACTERS:
                text = text[: _DETAIL_CHARACTERS - 1] + "…"
            return text
    return ""


def _elapsed(duration_ms: int) -> str:
    if duration_ms < 10_000:  # noqa: PLR2004 - below ten seconds milliseconds say more
        return f"+{duration_ms} ms"
    return f"+{duration_ms / 1000:.1f} s"
