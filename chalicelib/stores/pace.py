"""How fast partners are sent menus: so many a second each, and none while they are down.

Shared by all containers (the table `limits`), as points of sale's circuits are. Menus wait; orders
and what is sold out go past this: nothing of theirs is held up by fifty menus on a Monday morning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.stores.circuit import Circuits, NotNow

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.adapters.limit_table import LimitTable

A_SECOND = 5
"""Fewer than any partner allows; none of them says how many menus it takes."""

FAILURES = 5
OPEN_MS = 30_000
PROBE_MS = 22_000
"""How long the one that tries has before another may: as long as its function lives."""


class TooSoon(NotNow):
    """Nobody sends this partner a menu before `until_ms`."""


class Pace:
    """Whether a partner may be sent a menu, as far as all containers know."""

    def __init__(self, table: Callable[[], LimitTable], now_ms: Callable[[], int]) -> None:
        self._table = table
        self._now_ms = now_ms
        self._circuits = Circuits(table, now_ms, "pace")
        self._had_failed: set[str] = set()

    def enter(self, channel: str) -> None:
        """Pass, or raise TooSoon. Without its table nothing is held up."""
        with self._circuits.blindly():
            self._enter(channel)

    def _enter(self, channel: str) -> None:
        now_ms, name = self._now_ms(), _circuit(channel)
        circuit = self._table().circuits([name]).get(name)
        if circuit is not None:
            self._had_failed.add(channel)
            if now_ms < circuit.open_until_ms:
                raise TooSoon(f"{channel} is down", circuit.open_until_ms)
        second = now_ms // 1000
        if not self._table().take(f"rate#menus#{channel}#{second}", 1, A_SECOND, now_ms):
            raise TooSoon(f"{channel} has been sent enough", (second + 1) * 1000)
        # Last: who takes the try and sends nothing keeps all others from it.
        if not self._circuits.take_try(name, circuit, now_ms + PROBE_MS):
            raise TooSoon(f"{channel} is being tried", now_ms + PROBE_MS)

    def succeeded(self, channel: str) -> None:
        """Note that a call was answered."""
        if channel in self._had_failed:
            self._had_failed.discard(channel)
            with self._circuits.blindly():
                self._table().close(_circuit(channel))

    def failed(self, channel: str) -> None:
        """Note that a call brought nothing; perhaps nobody calls for a while."""
        with self._circuits.blindly():
            self._circuits.failed(_circuit(channel), FAILURES, OPEN_MS)


def _circuit(channel: str) -> str:
    return f"circuit#menus#{channel}"
