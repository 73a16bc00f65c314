"""A distributed Map: each item, or batch of items, is an execution of its own.

Items are read as far as there is room for executions, so a long list costs no memory.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import make_arn
from chalice_offline.services.stepfunctions import limits
from chalice_offline.services.stepfunctions.execution import map_items
from chalice_offline.services.stepfunctions.execution.item_batches import batches
from chalice_offline.services.stepfunctions.execution.item_readers import failed, read_items
from chalice_offline.services.stepfunctions.execution.result_format import ResultFormat, format_of
from chalice_offline.services.stepfunctions.execution.result_writer import ResultWriter
from chalice_offline.services.stepfunctions.execution.results import Results
from chalice_offline.services.stepfunctions.execution.state_run import data_limit, number_field
from chalice_offline.services.stepfunctions.language.failures import (
    StateFailure,
    runtime_failure,
    threshold_exceeded,
)
from chalice_offline.services.stepfunctions.language.json_text import compact, parse
from chalice_offline.services.stepfunctions.map_run import MapRun
from chalice_offline.services.stepfunctions.state_machine import Revision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from chalice_offline.services.stepfunctions.execution.children import Child
    from chalice_offline.services.stepfunctions.execution.state_run import StateRun


def perform_distributed(run: StateRun, processor: Mapping[str, Any]) -> None:
    """Start a map run."""
    reads = "ItemReader" in run.definition
    items: list[Any] = [] if reads else map_items.items_of(run)
    concurrency = number_field(run, "MaxConcurrency") or limits.MAP_DISTRIBUTED_CONCURRENCY
    run.event("MapStateStarted", "mapStateStartedEventDetails", {"length": len(items)})
    map_run = _map_run(run, concurrency)
    maximum = _maximum(run) if reads else None
    run.event("MapRunStarted", "mapRunStartedEventDetails", {"mapRunArn": map_run.arn})
    run.frame.surroundings.keep_map_run(map_run)

    def source() -> Iterator[Any]:
        found = read_items(run) if reads else iter(items)
        if maximum is not None and maximum < 0:
            raise failed("field MaxItems must be positive")
        return islice(found, maximum) if maximum else found

    try:
        executions = _Executions(run, processor, map_run, source)
    except StateFailure as failure:
        map_run.stops("FAILED", run.kernel.now_ms)
        raise failure from None
    executions.begin()


def _map_run(run: StateRun, concurrency: int) -> MapRun:
    count = number_field(run, "ToleratedFailureCount") or 0
    percentage = number_field(run, "ToleratedFailurePercentage", "float") or 0
    if count < 0:
        raise runtime_failure("ToleratedFailureCount cannot be negative.")
    if not 0 <= percentage <= 100:
        raise runtime_failure("ToleratedFailurePercentage must be between 0 and 100.")
    frame = run.frame
    label = run.definition.get("Label") or frame.kernel.ids.uuid()
    machine = frame.machine_arn.rsplit(":", 1)[-1]
    resource = f"mapRun:{machine}/{label}:{frame.kernel.ids.uuid()}"
    arn = make_arn("states", frame.region, frame.account_id, resource)
    return MapRun(
        arn,
        frame.arn,
        f"{frame.machine_arn}/{label}",
        run.name,
        frame.kernel.now_ms,
        concurrency,
        count,
        percentage,
    )


def _maximum(run: StateRun) -> int | None:
    config = run.definition["ItemReader"].get("ReaderConfig", {})
    values = {name: config[name] for name in ("MaxItems", "MaxItemsPath") if name in config}
    if not values:
        return None
    definition, run.definition = run.definition, values
    try:
        found: int | None = number_field(run, "MaxItems")
    finally:
        run.definition = definition
    return found


class _Executions:
    """The executions of one map run: some under way, others to come."""

    def __init__(
        self,
        run: StateRun,
        processor: Mapping[str, Any],
        map_run: MapRun,
        source: Callable[[], Iterator[Any]],
    ) -> None:
        self._run = run
        self._map_run = map_run
        self._source = source
        self._revision = _revision(run, processor, map_run)
        self._format: ResultFormat | None = None
        self._writer: ResultWriter | None = None
        if "ResultWriter" in run.definition:
            self._format = format_of(run.definition)
            if "Resource" in run.definition["ResultWriter"]:
                self._writer = ResultWriter(run, self._format)
        self._results = Results()
        self._inputs: Iterator[tuple[Any, int]] = iter(())
        self._under_way: dict[int, Child] = {}
        # What a redrive is to do again: the ARN of the execution, its input and items.
        self._unsuccessful: dict[int, tuple[str, str, int]] = {}
        self._again: list[int] = []
        self._next = 0
        self._has_more = True

    def begin(self) -> None:
        """Start as many executions as there may be at once."""
        self._run.abort_attempt = self._abort
        self._run.go_on = self._resume
        self._run.waits("items", "the executions of its Map Run")
        try:
            items = self._counted(self._source(), self._map_run.items["total"])
            self._inputs = islice(batches(self._run, items), self._next, None)
            self._has_more = True
            self._fill()
        except StateFailure as failure:
            self.fail(failure)

    def fail(self, failure: StateFailure) -> None:
        """End the map run, and the state with it."""
        self._stop("FAILED")
        details = {"error": failure.error, "cause": failure.cause}
        known = {name: value for name, value in details.items() if value is not None}
        self._run.event("MapRunFailed", "mapRunFailedEventDetails", known)
        self._run.fail(failure)

    def _resume(self) -> None:
        """Redriven: what has not succeeded is done again, then what was never begun."""
        self._map_run.redriven(self._run.kernel.now_ms)
        details = {"mapRunArn": self._map_run.arn, "redriveCount": self._map_run.redrive_count}
        self._run.event("MapRunRedriven", "mapRunRedrivenEventDetails", details)
        if self._writer is not None:
            self._writer.forget_failures()
        self._again = sorted(self._unsuccessful, reverse=True)
        self.begin()

    def _counted(self, items: Iterator[Any], known: int) -> Iterator[Any]:
        for index, item in enumerate(items):
            if index >= known:
                self._map_run.items["total"] += 1
            yield map_items.selected(self._run, item, index)

    def _fill(self) -> None:
        while len(self._under_way) < self._map_run.max_concurrency:
            if self._again:
                self._start_again(self._again.pop())
                continue
            found = next(self._inputs, None) if self._has_more else None
            if found is None:
                self._has_more = False
                break
            self._start(*found)
        if not self._has_more and not self._again and not self._under_way:
            self._end()

    def _start(self, data: Any, count: int) -> None:
        index = self._next
        self._next += 1
        self._map_run.executions["total"] += 1
        self._begin(index, data, count)

    def _start_again(self, index: int) -> None:
        """An Express execution is started anew, as is a Standard one that is no longer kept."""
        arn, text, count = self._unsuccessful.pop(index)
        child = self._run.frame.surroundings.children.find_or_none(arn)
        if child is None:
            self._begin(index, parse(text), count)
            return
        self._map_run.starts(count)
        self._under_way[index] = child
        child.redrive(self._run.flow.cause)

    def _begin(self, index: int, data: Any, count: int) -> None:
        run = self._run
        self._map_run.starts(count)
        self._under_way[index] = run.frame.surroundings.children.start(
            self._map_run,
            self._revision,
            run.frame.context["StateMachine"],
            data,
            count,
            run.flow.cause,
            lambda child: self._ended(index, child),
        )

    def _ended(self, index: int, child: Child) -> None:
        if self._under_way.pop(index, None) is None:
            return  # it was stopped with the map run, and is counted there
        count = child.item_count
        self._map_run.ends(count, child.status)
        is_success = child.status == "SUCCEEDED"
        if not is_success:
            self._unsuccessful[index] = (child.arn, child.input_text, count)
        if self._writer is not None:
            self._writer.add("SUCCEEDED" if is_success else "FAILED", child)
        elif self._format is not None:
            self._results.add(index, ",".join(self._format.texts(child)))
        elif is_success:
            self._results.add(index, child.output_text or "null")
        else:
            self._results.add(index, compact({"Error": child.error, "Cause": child.cause}))
        if not is_success and self._map_run.fails():
            self._run.flow.guarded(lambda: self.fail(threshold_exceeded()))()
            return
        self._run.later(self._run.kernel.now_ms, self._go_on)

    def _go_on(self) -> None:
        if self._map_run.status != "RUNNING":
            return
        try:
            self._fill()
        except StateFailure as failure:
            self.fail(failure)

    def _end(self) -> None:
        result: Any = None
        if self._writer is not None:
            result = self._writer.write(self._map_run)
        self._map_run.status = "SUCCEEDED"
        self._map_run.stopped_ms = self._run.kernel.now_ms
        self._unsuccessful.clear()
        self._run.event("MapRunSucceeded")
        self._run.side_event("MapStateSucceeded")
        if self._writer is not None:
            self._run.succeed(result)
        elif self._results.are_too_long:
            self._run.fail(data_limit(self._run.name))
        elif self._format is not None:
            self._run.succeed(self._format.output(self._results.take()))
        else:
            self._run.succeed(self._results.take())

    def _abort(self) -> None:
        self._stop("ABORTED")

    def _stop(self, status: str) -> None:
        self._inputs = iter(())  # the execution is kept, a file it reads from is not
        under_way, self._under_way = self._under_way, {}
        for index, child in under_way.items():
            self._unsuccessful[index] = (child.arn, child.input_text, child.item_count)
            child.stop(None, None)
        self._map_run.stops(status, self._run.kernel.now_ms)


def _revision(run: StateRun, processor: Mapping[str, Any], map_run: MapRun) -> Revision:
    """Return what the executions of a map run run: its block of states, on its own."""
    frame = run.frame
    definition = {"QueryLanguage": frame.query_language, **processor}
    return Revision(
        machine_arn=map_run.machine_arn,
        machine_name=map_run.machine_arn.rsplit(":", 1)[-1],
        account_id=frame.account_id,
        region=frame.region,
        text=compact(processor),
        definition=definition,
        role_arn=frame.role_arn,
        is_express=processor.get("ProcessorConfig", {}).get("ExecutionType") == "EXPRESS",
        logging=dict(frame.logging),
        tracing={"enabled": False},
        updated_ms=frame.kernel.now_ms,
    )
