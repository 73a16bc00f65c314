"""Whether a journal entry tells of something that found nobody: an event, a message, a record."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalice_offline.core.journal import Entry

# What notes say of what did not go through, by the beginning of their outcome.
_NOWHERE = (
    "no rule matched", "the rule has no targets", "filtered out", "nothing is subscribed",
    "no subscription is confirmed", "delivered to 0", "dropped", "lost", "gave up", "discarded",
    "not run", "not delivered", "throttled",
)  # fmt: skip


def went_nowhere(entry: Entry, *, also_in_part: bool = True) -> bool:
    """Whether an entry says that something went nowhere, or past some of those who might have it.

    `also_in_part`: a message that reached some subscriptions and that others' filters held back.
    """
    if entry.kind != "note":
        return False
    if entry.outcome.startswith(_NOWHERE):
        return True
    return also_in_part and "filtered out by" in entry.outcome
