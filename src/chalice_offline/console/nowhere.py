"""What came through nowhere, or past some of those who might have it, and why."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from chalice_offline.console.doors import Asked, Door
from chalice_offline.core.journal import readable
from chalice_offline.trace import Trace, mask
from chalice_offline.trace.story import why_not

if TYPE_CHECKING:
    from chalice_offline.console.session import Session
    from chalice_offline.core.journal import Entry

UNMATCHED_SHOWN = 100
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


class Nowhere:
    """What the journal knows of events, messages and records that found nobody."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def doors(self) -> list[Door]:
        """Return what can be asked."""
        return [Door("GET", "wiring/unmatched", self.unmatched)]

    def unmatched(self, asked: Asked) -> dict[str, Any]:
        """Answer what came through nowhere, newest first, and why; what only some got apart."""
        limit = asked.count("limit", UNMATCHED_SHOWN, 1_000)
        emulator = self._session.emulator
        with emulator.lock:
            newest = list(reversed(list(emulator.journal.entries())))
            whole = (one for one in newest if went_nowhere(one, also_in_part=False))
            in_part = (
                one
                for one in newest
                if went_nowhere(one) and not went_nowhere(one, also_in_part=False)
            )
            return {
                "unmatched": [self._told(entry) for entry in islice(whole, limit)],
                "in_part": [self._told(entry) for entry in islice(in_part, limit)],
            }

    def _told(self, entry: Entry) -> dict[str, Any]:
        emulator = self._session.emulator
        detail = {
            name: readable(value) if not isinstance(value, int | list | dict) else value
            for name, value in entry.detail.items()
            if name != "request"
        }
        cause = emulator.journal.find(entry.causes[0]) if entry.causes else None
        return {
            "entry": entry.number,
            "story": emulator.stories.of(entry.number),
            "at_ms": entry.at_ms,
            "subject": str(mask(entry.subject)),
            "outcome": str(mask(entry.outcome)),
            "of": "" if cause is None else Trace.of_entries([cause]).words(cause),
            "why": [str(mask(sentence)) for sentence in why_not(entry)],
            "reasons": mask(detail),
        }
