"""What came through nowhere, or past some of those who might have it, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.console.doors import Asked, Door
from chalice_offline.core.journal import readable
from chalice_offline.trace import Trace, mask
from chalice_offline.trace.nowhere import went_nowhere
from chalice_offline.trace.story import why_not

if TYPE_CHECKING:
    from chalice_offline.console.session import Session
    from chalice_offline.console.traffic import Traffic
    from chalice_offline.core.journal import Entry

UNMATCHED_SHOWN = 100


class Nowhere:
    """What the journal knows of events, messages and records that found nobody."""

    def __init__(self, session: Session, traffic: Traffic) -> None:
        self._session = session
        self._traffic = traffic

    def doors(self) -> list[Door]:
        """Return what can be asked."""
        return [Door("GET", "wiring/unmatched", self.unmatched)]

    def unmatched(self, asked: Asked) -> dict[str, Any]:
        """Answer what came through nowhere, newest first, and why; what only some got apart.

        `left` is how many entries of the journal are not looked at yet, the newest.
        """
        limit = asked.count("limit", UNMATCHED_SHOWN, 1_000)
        journal = self._session.emulator.journal
        whole: list[Entry] = []
        in_part: list[Entry] = []
        with self._session.emulator.lock:
            left = self._traffic.look()
            for number in reversed(self._traffic.nowhere):
                if len(whole) >= limit and len(in_part) >= limit:
                    break
                entry = journal.find(number)
                if entry is not None:
                    (whole if went_nowhere(entry, also_in_part=False) else in_part).append(entry)
            return {
                "unmatched": [self._told(entry) for entry in whole[:limit]],
                "in_part": [self._told(entry) for entry in in_part[:limit]],
                "left": left,
            }

    def _told(self, entry: Entry) -> dict[str, Any]:
        emulator = self._session.emulator
        detail = {
            name: readable(value) if not isinstance(value, int | list | dict) else value
            for name, value in entry.detail.items()
            if name != "request"
        }
        cause = emulator.journal.find(entry.causes[0]) if entry.causes else None
        names = self._session.short_names()
        return {
            "entry": entry.number,
            "story": emulator.stories.of(entry.number),
            "at_ms": entry.at_ms,
            "subject": str(mask(entry.subject)),
            "outcome": str(mask(entry.outcome)),
            "of": "" if cause is None else Trace.of_entries([cause], names).words(cause),
            "why": [str(mask(sentence)) for sentence in why_not(entry, names)],
            "reasons": mask(detail),
        }
