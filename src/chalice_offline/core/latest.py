"""What is known of the latest journal entries, by their numbers; of the oldest it is forgotten.

Two dicts, of which the older one goes at once when the younger one is full: what is looked up and
kept with each entry must cost next to nothing, and an ordered dict that drops its oldest costs
three times as much.
"""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")
K = TypeVar("K")


class Latest(Generic[K, T]):
    """Values by key: of the latest `kept` keys at least, and of twice as many at most."""

    __slots__ = ("_kept", "_old", "_young")

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._young: dict[K, T] = {}
        self._old: dict[K, T] = {}

    def keep(self, key: K, value: T) -> None:
        """Keep a value in the place of what was known."""
        young = self._young
        young[key] = value
        if len(young) >= self._kept:
            self._old, self._young = young, {}

    def get(self, key: K) -> T | None:
        """Return what is known, or None."""
        found = self._young.get(key)
        return found if found is not None else self._old.get(key)
