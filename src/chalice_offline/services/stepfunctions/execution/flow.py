"""A block of states under way: the machine's own, a branch, an iteration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.stepfunctions.execution.history import HistoryFull
from chalice_offline.services.stepfunctions.execution.state_run import StateRun
from chalice_offline.services.stepfunctions.execution.state_types import STATE_TYPES
from chalice_offline.services.stepfunctions.language.failures import RUNTIME, StateFailure
from chalice_offline.services.stepfunctions.language.sources import Variables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalice_offline.core.scheduler import Timer
    from chalice_offline.services.stepfunctions.execution.frame import Frame


class StateFlow:
    """Goes from state to state. Each transition is a timer due now, so others have their turn."""

    def __init__(
        self,
        frame: Frame,
        block: Mapping[str, Any],
        *,
        previous: int,
        cause: int,
        done: Callable[[Any], None],
        failed: Callable[[StateFailure], None],
        overflow: Callable[[], None],
        outer: Variables | None = None,
        item: Mapping[str, Any] | None = None,
        is_inner: bool = False,
    ) -> None:
        self.frame = frame
        self.previous = previous
        self.variables = Variables(outer)
        self.cause = cause
        self.is_inner = is_inner
        self.run: StateRun | None = None
        self.last_run: StateRun | None = None
        self._block = block
        self._done = done
        self._failed = failed
        self._overflow = overflow
        self._context = frame.context if item is None else {**frame.context, "Map": {"Item": item}}
        self._item = item
        self._timer: Timer | None = None
        self._ahead: tuple[str, Any] | None = None
        self._ended = False

    def start(self, data: Any) -> None:
        """Enter the first state."""
        self._go(self._block["StartAt"], data)

    def resume(self, previous: int, cause: int) -> None:
        """Go on after a failure or a stop, with the state that did not come to its end."""
        self._ended = False
        self.previous, self.cause = previous, cause
        if self._ahead is not None:
            self._go(*self._ahead)
        elif self.last_run is not None:
            self.run = self.last_run
            self.guarded(self.last_run.redrive)()

    def leave(self, output: Any, following: str | None) -> None:
        """Go on with another state, or end with an output."""
        self.run = None
        if following is not None:
            self._go(following, output)
            return
        self._ended = True
        self._done(output)

    def fail(self, failure: StateFailure) -> None:
        """End with a failure that nobody has caught."""
        if self.is_inner and self.run is not None and self.run.type == "Task":
            self.run.side_event("TaskStateAborted")
        self.run = None
        self._ended = True
        self._failed(failure)

    def abort(self) -> None:
        """Stop where it is; the state under way is written down as aborted."""
        self.frame.kernel.cancel(self._timer)
        run, self.run = self.run, None
        if run is not None and not self._ended:
            run.abort()
            if run.type == "Task" and self.is_inner:
                run.side_event("TaskStateAborted")
        self._ended = True

    def branch(
        self,
        block: Mapping[str, Any],
        previous: int,
        done: Callable[[Any], None],
        failed: Callable[[StateFailure], None],
        item: Mapping[str, Any] | None = None,
    ) -> StateFlow:
        """Return a block of states inside this one; it sees this one's variables."""
        return StateFlow(
            self.frame,
            block,
            previous=previous,
            cause=self.cause,
            done=done,
            failed=failed,
            overflow=self._overflow,
            outer=self.variables,
            item=item if item is not None else self._item,
            is_inner=True,
        )

    def guarded(self, step: Callable[[], None]) -> Callable[[], None]:
        """Return a step that ends the execution when its history is full."""

        def guarded_step() -> None:
            try:
                step()
            except HistoryFull:
                self._overflow()

        return guarded_step

    def _go(self, name: str, data: Any) -> None:
        kernel = self.frame.kernel
        self._ahead = (name, data)
        step = self.guarded(lambda: self._enter(name, data))
        self._timer = kernel.at(kernel.now_ms, step)

    def _enter(self, name: str, data: Any) -> None:
        self._ahead = None
        definition = self._block["States"][name]
        detail = {"execution": self.frame.arn, "state": name, "type": definition["Type"]}
        self.cause = self.frame.kernel.note("stepfunctions", detail, (self.cause,), "entered")
        perform = STATE_TYPES[definition["Type"]]
        self.run = StateRun(self, name, definition, data, self._context, perform)
        self.last_run = self.run
        self.run.enter()


def history_full() -> StateFailure:
    """What ends an execution whose history is full."""
    return StateFailure(
        RUNTIME, "The execution reached the maximum number of history events (25000)."
    )
