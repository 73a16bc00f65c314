"""Handlers that have started and not ended, in virtual time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalice_offline.core.run import FunctionRun, RunLife
    from chalice_offline.drivers.actors import Actor
    from chalice_offline.drivers.interruption import RunningHandler


@dataclass(slots=True)
class Running:
    """A handler that has started and not ended; `hangs` when nobody waits for its next pause."""

    run: FunctionRun
    handler: RunningHandler
    actor: Actor
    hangs: bool = False


class RunsUnderWay(dict[int, Running]):
    """Those of one emulator, by their entries in the journal; handlers end on their own threads."""

    def of(self, life: RunLife | None) -> Running | None:
        """Return the one that has this life."""
        for one in list(self.values()):
            if one.run.life is life:
                return one
        return None

    def functions(self) -> set[str]:
        """Return whose they are."""
        return {running.run.function_name for running in list(self.values())}

    def hang(self) -> bool:
        """Whether time has to pass without one of them."""
        return bool(self) and any(running.hangs for running in list(self.values()))

    def unwind(self) -> bool:
        """Whether one of them was stopped, and is about to end."""
        ending = (one.run.life.interruption for one in list(self.values()) if not one.hangs)
        return any(interruption.requested for interruption in ending)
