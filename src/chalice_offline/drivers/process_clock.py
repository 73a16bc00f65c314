"""Makes the process's clock follow the virtual one, so that moto and handlers see the same time."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class ProcessClock:
    """Holds `time.time`, `datetime.now` and their kin at the virtual instant while running.

    `time.sleep` becomes `on_sleep(milliseconds)`: whoever sleeps lets virtual time pass instead
    of hanging on a clock that stands still.
    """

    def __init__(self, on_sleep: Callable[[int], None]) -> None:
        self._on_sleep = on_sleep
        self._travel: Any = None
        self._traveller: Any = None
        self._real_sleep = time.sleep

    def start(self, instant_ms: int) -> None:
        """Stop the process's clock at `instant_ms`."""
        import time_machine

        self._travel = time_machine.travel(_instant(instant_ms), tick=False)
        self._traveller = self._travel.start()
        vars(time)["sleep"] = self._sleep

    def move_to(self, instant_ms: int) -> None:
        """Move the process's clock; nothing happens before `start`."""
        if self._traveller is not None:
            self._traveller.move_to(_instant(instant_ms))

    def stop(self) -> None:
        """Give the process its own clock back."""
        vars(time)["sleep"] = self._real_sleep
        self._traveller = None
        if self._travel is not None:
            self._travel.stop()
            self._travel = None

    def _sleep(self, seconds: float, /) -> None:
        if seconds < 0:
            message = "sleep length must be non-negative"
            raise ValueError(message)
        self._on_sleep(round(seconds * 1000))


def _instant(instant_ms: int) -> datetime:
    return datetime.fromtimestamp(instant_ms // 1000, UTC).replace(
        microsecond=instant_ms % 1000 * 1000
    )
