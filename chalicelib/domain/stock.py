"""Whether an item of a store can be had: who says so, and which partner has been told.

The till and operators each speak for themselves, and the newest word of each counts. An item is
off as long as anybody holds it off. Every change of that has a number, and a partner is told
until it knows the newest: what was told before, how often, or in whose stead does not matter.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from chalicelib.domain.deadlines import backoff_seconds

SCHEMA = 1

WAKE_AGAIN_MS = 20_000
"""So long after a write nobody looks whether its wake was lost."""

LONGEST_WAIT_SECONDS = 300
"""Between two tries at a partner that does not answer: they go on until it does."""


class Source(StrEnum):
    """Who can take an item off."""

    TILL = "till"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Word:
    """What one source said last; `until_ms` is when "off" ends by itself."""

    off: bool
    at_ms: int
    until_ms: int | None = None

    def holds(self, at_ms: int) -> bool:
        """Say whether the item is off for this source at an instant."""
        return self.off and (self.until_ms is None or at_ms < self.until_ms)

    def means(self, other: Word | None) -> bool:
        """Say whether another word says the same; no word at all means that it is there."""
        if other is None:
            return not self.off
        return (self.off, self.until_ms) == (other.off, other.until_ms)


@dataclass(frozen=True, slots=True)
class Telling:
    """The newest change that a partner knows, or refused; tries at the next one."""

    version: int = 0
    refused: str = ""
    tries: int = 0
    next_ms: int = 0


@dataclass(frozen=True, slots=True)
class ItemStock:
    """One item of one store. `version` counts changes, `revision` writes.

    `said` is the change that was published last. `channels` are the store's names at its
    partners, as they were known when this was written. `reported` are partners whose own people
    took the item off there, and since when: that takes it off nowhere else.
    """

    store_id: str
    item_id: str
    words: dict[str, Word] = field(default_factory=dict)
    off: bool = False
    until_ms: int | None = None
    by: str = ""
    version: int = 0
    channels: dict[str, str] = field(default_factory=dict)
    told: dict[str, Telling] = field(default_factory=dict)
    reported: dict[str, int] = field(default_factory=dict)
    said: int = 0
    lease_until_ms: int = 0
    revision: int = 0
    schema: int = SCHEMA

    @property
    def key(self) -> str:
        """The item's one name."""
        return f"{self.store_id}#{self.item_id}"

    def is_off(self, at_ms: int) -> bool:
        """Say whether the item cannot be had at an instant."""
        return any(word.holds(at_ms) for word in self.words.values())

    def is_newer_than(self, at_ms: int) -> bool:
        """Say whether somebody spoke since an instant, or "off" ended by itself."""
        words = self.words.values()
        return any(max(word.at_ms, word.until_ms or 0) >= at_ms for word in words)

    def hear(self, source: Source, word: Word, now_ms: int) -> ItemStock:
        """Take down what a source says. An operator's "it is there" overrules everybody."""
        words = {**self.words, source: word}
        if source is Source.OPERATOR and not word.off:
            words = dict.fromkeys(words, word)
        return replace(self, words=words).judged(now_ms)

    def sold_by(self, channels: dict[str, str]) -> ItemStock:
        """Name the partners that have to know."""
        return self if channels == self.channels else replace(self, channels=dict(channels))

    def judged(self, now_ms: int) -> ItemStock:
        """Draw the conclusion of all words; a new one is a new version."""
        held = {name: word for name, word in self.words.items() if word.holds(now_ms)}
        ends = [word.until_ms for word in held.values()]
        until_ms = max((end for end in ends if end is not None), default=None)
        until_ms = None if None in ends else until_ms
        if (bool(held), until_ms) == (self.off, self.until_ms):
            return self
        by = " ".join(sorted(held)) if held else self.by
        return replace(self, off=bool(held), until_ms=until_ms, by=by, version=self.version + 1)

    def report(self, name: str, at_ms: int | None) -> ItemStock:
        """Note that it is off at a partner by its people's hand, or (None) not any more."""
        others = {other: since for other, since in self.reported.items() if other != name}
        return replace(self, reported=others if at_ms is None else {**others, name: at_ms})

    def is_leased(self, now_ms: int) -> bool:
        """Say whether somebody is telling partners now."""
        return now_ms < self.lease_until_ms

    def pending(self, now_ms: int | None = None) -> list[str]:
        """Return the partners that do not know the newest yet (and may be tried now)."""
        tellings = {name: self.told.get(name, Telling()) for name in self.channels}
        return [
            name
            for name, telling in sorted(tellings.items(), key=lambda entry: entry[1].tries)
            if telling.version < self.version and (now_ms is None or telling.next_ms <= now_ms)
        ]

    @property
    def is_owed(self) -> bool:
        """Say whether anybody has to be told anything."""
        return self.said < self.version or bool(self.pending())

    def note(self, name: str, telling: Telling) -> ItemStock:
        """Note how far a partner is; never backwards."""
        if telling.version < self.told.get(name, Telling()).version:
            return self
        return replace(self, told={**self.told, name: telling})

    def forget(self, name: str) -> ItemStock:
        """Have a partner told once more, as if it had never heard of the item."""
        return replace(self, told={n: told for n, told in self.told.items() if n != name})

    def put_off(self, name: str, now_ms: int, retry_after: int | None) -> Telling:
        """Return when a partner that did not answer is tried again."""
        known = self.told.get(name, Telling())
        wait = backoff_seconds(known.tries + 1, LONGEST_WAIT_SECONDS, retry_after)
        wait = min(wait, LONGEST_WAIT_SECONDS)
        return replace(known, tries=known.tries + 1, next_ms=now_ms + wait * 1000)

    def next_ms(self) -> int | None:
        """Return when there is something to do, None when there never is."""
        if self.said < self.version:
            return self.lease_until_ms
        if pending := self.pending():
            soonest = min(self.told.get(name, Telling()).next_ms for name in pending)
            return max(soonest, self.lease_until_ms)
        return self.until_ms if self.off else None

    def due_ms(self, now_ms: int) -> int | None:
        """Return when the sweep has to wake somebody."""
        next_ms = self.next_ms()
        if next_ms is None or not self.is_owed:
            return next_ms
        return max(next_ms, now_ms + WAKE_AGAIN_MS)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> ItemStock:
        """Read what `to_dict` wrote, also in a version that knew fewer fields, or more."""
        known = {name: data[name] for name in cls.__dataclass_fields__ if name in data}
        known["words"] = {name: Word(**_of(Word, w)) for name, w in data["words"].items()}
        known["told"] = {name: Telling(**_of(Telling, t)) for name, t in data["told"].items()}
        return cls(**known)


def _of(class_: type, data: dict[str, Any]) -> dict[str, Any]:
    names: dict[str, Any] = class_.__dataclass_fields__  # type: ignore[attr-defined]
    return {name: data[name] for name in names if name in data}


def split_key(key: str) -> tuple[str, str]:
    """Return store and item of a key."""
    store_id, _, item_id = key.partition("#")
    return store_id, item_id
