"""Parallel: branches at the same time, each with the state's input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chalice_offline.services.stepfunctions.execution.state_run import Branch, StateRun
    from chalice_offline.services.stepfunctions.language.failures import StateFailure


def perform_parallel(run: StateRun) -> None:
    """Start every branch."""
    started = run.event("ParallelStateStarted")
    branches = _Branches(run)
    branches.start(started)


class _Branches:
    """The branches of one try, and the results of those that have ended."""

    def __init__(self, run: StateRun) -> None:
        self._run = run
        self._blocks = run.definition["Branches"]
        self._results: dict[int, Any] = {}
        self._left = len(self._blocks)
        self._flows: list[Branch] = []

    def start(self, started: int) -> None:
        run = self._run
        run.abort_attempt = self._abort
        run.go_on = self._resume
        run.waits("branches", f"its {len(self._blocks)} branches")
        self._flows = [
            run.flow.branch(block, started, self._done(index), self._failed(index))
            for index, block in enumerate(self._blocks)
        ]
        for flow in tuple(self._flows):
            flow.start(run.input)

    def _resume(self) -> None:
        """Redriven: the branches that have not succeeded go on, each where it was."""
        run = self._run
        run.abort_attempt = self._abort
        run.waits("branches", f"{self._left} of its {len(self._blocks)} branches")
        for index, flow in enumerate(tuple(self._flows)):
            if index not in self._results:
                flow.resume(run.flow.previous, run.flow.cause)

    def _done(self, index: int) -> Any:
        def done(output: Any) -> None:
            self._results[index] = output
            self._left -= 1
            self._run.flow.previous = self._flows[index].previous
            if self._left == 0:
                self._run.side_event("ParallelStateSucceeded")
                self._run.succeed([self._results[at] for at in range(len(self._blocks))])

        return done

    def _failed(self, index: int) -> Any:
        def failed(failure: StateFailure) -> None:
            self._abort(but=index)
            self._run.flow.previous = self._flows[index].previous
            self._run.fail(failure)

        return failed

    def _abort(self, but: int = -1) -> None:
        for index, flow in enumerate(self._flows):
            if index != but and index not in self._results:
                flow.abort()
