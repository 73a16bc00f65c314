"""Time: what time it is here, what is due next, and, in virtual sessions, letting it pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.console.doors import Asked, Door, Refusal

if TYPE_CHECKING:
    from chalice_offline.console.session import Session, TimeControl

_LONGEST_DAYS = 366
_UNITS = {
    "milliseconds": 1,
    "seconds": 1_000,
    "minutes": 60_000,
    "hours": 3_600_000,
    "days": 86_400_000,
}


class Clock:
    """The session's time."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def doors(self) -> list[Door]:
        """Return what can be asked."""
        return [
            Door("GET", "time", self.present),
            Door("POST", "time/advance", self.advance),
            Door("POST", "time/settle", self.settle),
            Door("POST", "time/leave", self.leave),
        ]

    def present(self, _asked: Asked | None = None) -> dict[str, Any]:
        """Answer what time it is, and when something is due next."""
        emulator = self._session.emulator
        with emulator.lock:
            return {
                "now_ms": emulator.driver.clock.read().now_ms,
                "virtual": self._session.time is not None,
                "next_due_ms": emulator.scheduler.next_due_ms(),
                "next_owed_ms": emulator.scheduler.next_due_ms(owed_only=True),
            }

    def advance(self, asked: Asked) -> Any:
        """Let time pass: `{"minutes": 15}`."""
        time = self._control()
        unknown = [unit for unit in asked.body if unit not in _UNITS]
        if unknown or not asked.body:
            raise Refusal(f"Say how long, in {', '.join(_UNITS)}.")
        total = sum((asked.number(unit) or 0) * ms for unit, ms in _UNITS.items())
        if not 0 <= total <= _LONGEST_DAYS * 86_400_000:
            raise Refusal(f"Time goes forward, by {_LONGEST_DAYS} days at most.")
        return time.advance(round(total)).map(lambda _: self.present())

    def settle(self, _asked: Asked) -> Any:
        """Go on until nothing is left to do."""
        return self._control().settle().map(lambda _: self.present())

    def leave(self, _asked: Asked) -> dict[str, Any]:
        """Let the test go on that waits for whoever looks around."""
        self._control().leave()
        return {"left": True}

    def _control(self) -> TimeControl:
        if self._session.time is None:
            raise Refusal(
                "Time passes by itself here; only a virtual session can be advanced.", 409
            )
        return self._session.time
