"""A run as the journal and the list of runs keep it: one object, completed as the run goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.journal import Entry
from chalice_offline.core.run import RunState
from chalice_offline.core.unspelled import UnspelledJson

if TYPE_CHECKING:
    from chalice_offline.core.run import FunctionRun

Lines = list[tuple[int, str]]

# A run's entry, without its event and what it wrote.
_BYTES = 1_000


class RunEntry(Entry):
    """The entry of a run. Its subject is the function, its detail the event, later the result.

    `story` is the entry that its story begins with, `tries` counts the runs of the same request up
    to this one. `lines` are what the code wrote, with their instants; None when they are no longer
    kept. `revision` counts on with each change of any run.
    """

    __slots__ = (
        "error_message", "error_type", "lines", "log_characters", "request_id", "revision",
        "started_ms", "state", "story", "tries",
    )  # fmt: skip

    def __init__(self, at_ms: int, run: FunctionRun, causes: tuple[int, ...]) -> None:
        # Not by the base: on the way of every run.
        self.at_ms = at_ms
        self.kind = "run"
        self.subject = run.function_name
        self.request_id = request_id = run.request_id
        self.held = {"request_id": request_id, "payload": run.sent}
        self.causes = causes
        self.is_input = False
        # The event's own weight is that of the call or delivery that brought it, the same object.
        self.weight = _BYTES if isinstance(run.sent, UnspelledJson) else 0
        self.number = self.revision = self.story = self.log_characters = 0
        self.outcome = self.error_type = self.error_message = ""
        self.ended_ms: int | None = None
        self.started_ms: int | None = None
        self.state = RunState.WAITING
        self.tries = 1
        self.lines: Lines | None = run.log.lines

    @property
    def duration_ms(self) -> int | None:
        """How long it took, once it has ended."""
        if self.ended_ms is None:
            return None
        return self.ended_ms - (self.started_ms if self.started_ms is not None else self.ended_ms)

    @property
    def failed(self) -> bool:
        """Whether it has ended, and not by returning."""
        return self.ended_ms is not None and self.state is not RunState.RETURNED

    def let_go(self) -> None:
        """Forget event and result: the list of runs keeps the rest for longer."""
        self.held = {"request_id": self.request_id}
