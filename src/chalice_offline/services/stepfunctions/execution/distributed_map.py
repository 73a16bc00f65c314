"""A distributed Map: each item, or batch of items, is an execution of its own.

Items are read as far as there is room for executions, so a long list costs no memory.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import make_arn
from chalice_offline.services.stepfunctions import limits
from chalice_offline.services.stepfunctions.execution import map_items
from chalice_offline.services.stepfunctions.execution.history import History
from chalice_offline.services.stepfunctions.execution.item_batches import batches
from chalice_offline.services.stepfunctions.execution.item_readers import failed, read_items
from chalice_offline.services.stepfunctions.execution.result_writer import ResultWriter
from chalice_offline.services.stepfunctions.execution.state_run import number_field
from chalice_offline.services.stepfunctions.language.failures import (
    THRESHOLD,
    StateFailure,
    runtime_failure,
)
from chalice_offline.services.stepfunctions.language.json_text import compact
from chalice_offline.services.stepfunctions.language.timestamps import spell
from chalice_offline.services.stepfunctions.map_run import MapRun

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chalice_offline.services.stepfunctions.execution.state_run import Branch, StateRun


def perform_distributed(run: StateRun, processor: Mapping[str, Any]) -> None:
    """Start a map run."""
    reads = "ItemReader" in run.definition
    items: list[Any] = [] if reads else map_items.items_of(run)
    concurrency = number_field(run, "MaxConcurrency") or limits.MAP_DISTRIBUTED_CONCURRENCY
    run.event("MapStateStarted", "mapStateStartedEventDetails", {"length": len(items)})
    map_run = _map_run(run, concurrency)
    maximum = _maximum(run) if reads else None
    run.event("MapRunStarted", "mapRunStartedEventDetails", {"mapRunArn": map_run.arn})
    run.frame.surroundings.map_runs[map_run.arn] = map_run
    executions = _Executions(run, processor, map_run)
    try:
        source = read_items(run) if reads else iter(items)
        if maximum is not None:
            if maximum < 0:
                raise failed("field MaxItems must be positive")
            source = islice(source, maximum) if maximum else source
        executions.begin(source)
    except StateFailure as failure:
        executions.fail(failure)


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

    def __init__(self, run: StateRun, processor: Mapping[str, Any], map_run: MapRun) -> None:
        self._run = run
        self._processor = processor
        self._map_run = map_run
        self._writer = ResultWriter(run) if "ResultWriter" in run.definition else None
        self._results: list[Any] = []
        self._inputs: Iterator[tuple[Any, int]] = iter(())
        self._under_way: dict[int, Branch] = {}
        self._next = 0
        self._has_more = True
        run.abort_attempt = self._abort

    def begin(self, items: Iterator[Any]) -> None:
        """Start as many executions as there may be at once."""
        self._inputs = batches(self._run, self._counted(items))
        self._fill()

    def fail(self, failure: StateFailure) -> None:
        """End the map run, and the state with it."""
        self._stop("FAILED")
        details = {"error": failure.error, "cause": failure.cause}
        known = {name: value for name, value in details.items() if value is not None}
        self._run.event("MapRunFailed", "mapRunFailedEventDetails", known)
        self._run.fail(failure)

    def _counted(self, items: Iterator[Any]) -> Iterator[Any]:
        for index, item in enumerate(items):
            self._map_run.items["total"] += 1
            yield map_items.selected(self._run, item, index)

    def _fill(self) -> None:
        while self._has_more and len(self._under_way) < self._map_run.max_concurrency:
            found = next(self._inputs, None)
            if found is None:
                self._has_more = False
                break
            self._start(*found)
        if not self._has_more and not self._under_way:
            self._end()

    def _start(self, data: Any, count: int) -> None:
        index, frame = self._next, self._run.frame
        self._next += 1
        if self._writer is None:
            self._results.append(None)
        child = self._child_frame(data)
        flow = self._run.flow.execution(
            self._processor,
            child,
            lambda output: self._ended(index, child.arn, count, data, output, None),
            lambda failure: self._ended(index, child.arn, count, data, None, failure),
        )
        self._under_way[index] = flow
        for counts, number in ((self._map_run.items, count), (self._map_run.executions, 1)):
            counts["running"] += number
        self._map_run.executions["total"] += 1
        frame.kernel.note(
            "stepfunctions", {"execution": child.arn}, (self._run.flow.cause,), "started by a Map"
        )
        flow.start(data)

    def _child_frame(self, data: Any) -> Any:
        run, frame = self._run, self._run.frame
        config = self._processor.get("ProcessorConfig", {})
        is_express = config.get("ExecutionType") == "EXPRESS"
        machine = self._map_run.machine_arn.rsplit(":", 1)[-1]
        name = run.kernel.ids.uuid()
        kind = "express" if is_express else "execution"
        arn = make_arn("states", frame.region, frame.account_id, f"{kind}:{machine}:{name}")
        execution = {
            **frame.context["Execution"],
            "Id": arn,
            "Input": data,
            "Name": name,
            "StartTime": spell(run.kernel.now_ms),
        }
        return replace(
            frame,
            arn=arn,
            history=History(run.kernel, keep=False),
            context={**frame.context, "Execution": execution},
            is_express=is_express,
        )

    def _ended(
        self, index: int, arn: str, count: int, data: Any, output: Any, failure: StateFailure | None
    ) -> None:
        self._under_way.pop(index, None)
        how = "succeeded" if failure is None else "failed"
        for counts, number in ((self._map_run.items, count), (self._map_run.executions, 1)):
            counts["running"] -= number
            counts[how] += number
        if self._writer is not None:
            self._writer.add(how.upper(), _written(arn, data, output, failure))
        else:
            self._results[index] = output if failure is None else _shown(failure)
        if failure is not None and self._map_run.fails():
            self._run.flow.guarded(lambda: self.fail(_threshold()))()
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
        self._map_run.status = "SUCCEEDED"
        self._map_run.stopped_ms = self._run.kernel.now_ms
        if self._writer is not None:
            result: Any = self._writer.write(self._map_run)
        else:
            result = self._results
        self._run.event("MapRunSucceeded")
        self._run.side_event("MapStateSucceeded")
        self._run.succeed(result)

    def _abort(self) -> None:
        self._stop("ABORTED")

    def _stop(self, status: str) -> None:
        self._map_run.status = status
        self._map_run.stopped_ms = self._run.kernel.now_ms
        self._inputs = iter(())  # the execution is kept, a file it reads from is not
        under_way, self._under_way = self._under_way, {}
        for flow in under_way.values():
            flow.abort()
        self._map_run.executions["aborted"] += len(under_way)
        self._map_run.executions["running"] = 0
        self._map_run.items["aborted"] += self._map_run.items["running"]
        self._map_run.items["running"] = 0


def _threshold() -> StateFailure:
    return StateFailure(THRESHOLD, "The specified tolerated failure threshold was exceeded")


def _shown(failure: StateFailure) -> dict[str, Any]:
    return {"Error": failure.error, "Cause": failure.cause}


def _written(arn: str, data: Any, output: Any, failure: StateFailure | None) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "ExecutionArn": arn,
        "Input": compact(data),
        "InputDetails": {"Included": True},
        "Name": arn.rsplit(":", 1)[-1],
        "Status": "SUCCEEDED" if failure is None else "FAILED",
    }
    if failure is None:
        return {**shown, "Output": compact(output), "OutputDetails": {"Included": True}}
    return {**shown, **_shown(failure)}
