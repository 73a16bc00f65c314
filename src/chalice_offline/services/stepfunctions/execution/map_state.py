"""Map: a block of states for each item, inline or as executions of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.stepfunctions.execution import map_items
from chalice_offline.services.stepfunctions.execution.distributed_map import perform_distributed
from chalice_offline.services.stepfunctions.execution.state_run import number_field
from chalice_offline.services.stepfunctions.language.failures import (
    StateFailure,
    runtime_failure,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.services.stepfunctions.execution.state_run import Branch, StateRun


def perform_map(run: StateRun) -> None:
    """Iterate over the items."""
    processor = map_items.processor_of(run.definition)
    if map_items.is_distributed(processor):
        perform_distributed(run, processor)
        return
    items = map_items.items_of(run)
    concurrency = number_field(run, "MaxConcurrency") or len(items)
    if concurrency < 0:
        raise runtime_failure("MaxConcurrency cannot be negative.")
    started = run.event("MapStateStarted", "mapStateStartedEventDetails", {"length": len(items)})
    _Iterations(run, processor, items, started).begin(concurrency)


class _Iterations:
    """The iterations of one try: some under way, others to come."""

    def __init__(
        self, run: StateRun, processor: Mapping[str, Any], items: list[Any], started: int
    ) -> None:
        self._run = run
        self._processor = processor
        self._items = items
        self._results: list[Any] = [None] * len(items)
        self._left = len(items)
        self._next = 0
        self._under_way: dict[int, Branch] = {}
        self._stopped: dict[int, Branch] = {}
        self._started = started
        self._concurrency = 0

    def begin(self, concurrency: int) -> None:
        self._concurrency = concurrency
        self._run.abort_attempt = self._abort
        self._run.go_on = self._resume
        self._run.waits("items", f"its {len(self._items)} items")
        if not self._items:
            self._end()
            return
        self._start_many(min(concurrency, len(self._items)), self._started)

    def _resume(self) -> None:
        """Redriven: iterations that failed or were aborted go on, then come those not begun."""
        run = self._run
        run.abort_attempt = self._abort
        run.waits("items", f"{self._left} of its {len(self._items)} items")
        self._start_many(min(self._concurrency, self._left), run.flow.previous)

    def _start_many(self, count: int, previous: int) -> None:
        try:
            for _ in range(count):
                self._start_next(previous)
        except StateFailure as failure:
            self._abort()
            self._run.fail(failure)

    def _start_next(self, previous: int) -> None:
        if self._stopped:
            index = min(self._stopped)
            flow = self._under_way[index] = self._stopped.pop(index)
            flow.resume(previous, self._run.flow.cause)
        elif self._next < len(self._items):
            self._start_new(previous)

    def _start_new(self, previous: int) -> None:
        run, index = self._run, self._next
        value = map_items.selected(run, self._items[index], index)
        self._next += 1
        details = {"name": run.name, "index": index}
        started = run.frame.history.add(
            "MapIterationStarted", previous, "mapIterationStartedEventDetails", details
        )
        item = {"Index": index, "Value": self._items[index]}
        flow = run.flow.branch(
            self._processor, started, self._done(index), self._failed(index), item
        )
        self._under_way[index] = flow
        flow.start(value)

    def _done(self, index: int) -> Any:
        def done(output: Any) -> None:
            flow = self._under_way.pop(index)
            self._results[index] = output
            self._left -= 1
            self._run.flow.previous = self._iteration_event("Succeeded", index, flow.previous)
            if self._left == 0:
                self._end()
            else:
                self._start_many(1, flow.previous)

        return done

    def _failed(self, index: int) -> Any:
        def failed(failure: StateFailure) -> None:
            flow = self._stopped[index] = self._under_way.pop(index)
            self._iteration_event("Failed", index, flow.previous)
            self._abort()
            self._run.flow.previous = flow.previous
            self._run.fail(failure)

        return failed

    def _abort(self) -> None:
        for index, flow in self._under_way.items():
            flow.abort()
            self._iteration_event("Aborted", index, flow.previous)
        self._stopped.update(self._under_way)
        self._under_way.clear()

    def _end(self) -> None:
        self._run.side_event("MapStateSucceeded")
        self._run.succeed(self._results)

    def _iteration_event(self, how: str, index: int, previous: int) -> int:
        details = {"name": self._run.name, "index": index}
        return self._run.frame.history.add(
            f"MapIteration{how}", previous, f"mapIteration{how}EventDetails", details
        )
