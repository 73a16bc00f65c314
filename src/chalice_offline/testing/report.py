"""The story that goes into the report of a failed test: what the emulator did last, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.journal import Journal

TITLE = "offline trace"
STORIES_MAX = 3
LINES_MAX = 120


def last_stories(journal: Journal, names: Mapping[str, str]) -> str:
    """Return the stories of the latest runs that failed, else the latest story; "" if none.

    `names` are functions' own names by those that they are deployed under.
    """
    entries = list(journal.entries())
    failed = [e.number for e in entries if e.kind == "run" and e.outcome == "error"]
    begun = [e.number for e in entries if e.is_input and not e.causes]
    stories: list[Trace] = []
    told: set[int] = set()
    for number in reversed(failed or begun[-1:]):
        if number in told or len(stories) == STORIES_MAX:
            continue
        story = Trace.of(journal, [number], names)
        told.update(entry.number for entry in story.entries)
        stories.append(story)
    return _bounded("\n\n".join(str(story) for story in reversed(stories)).splitlines())


def _bounded(lines: list[str]) -> str:
    left_out = len(lines) - LINES_MAX
    if left_out > 0:
        half = LINES_MAX // 2
        lines = [*lines[:half], f"{'':>10}  … {left_out} lines …", *lines[-half:]]
    return "\n".join(lines)
