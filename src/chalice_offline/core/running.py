"""Runs of handlers between the kernel and its driver: started, ended, stopped at their timeout."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Protocol

from chalice_offline.core.clock import Reading
from chalice_offline.core.disturbance import Disturbed, disturbed_run
from chalice_offline.core.interruption import RunStopped
from chalice_offline.core.run import RunState
from chalice_offline.core.run_entry import RunEntry

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.faults import Fault
    from chalice_offline.core.journal import Journal
    from chalice_offline.core.lineage import Lineages
    from chalice_offline.core.recent_runs import RecentRuns
    from chalice_offline.core.run import FunctionRun, Outcome, RunLife
    from chalice_offline.core.stories import Stories
    from chalice_offline.core.turn import Turn

# Stopped runs whose late calls are still told from others'.
STOPPED_RUNS_KEPT = 10_000


class Host(Disturbed, Protocol):
    """What is needed of the kernel."""

    journal: Journal
    lineages: Lineages
    stories: Stories
    runs: RecentRuns

    @property
    def awake_ms(self) -> int:
        """The present in awake time."""
        ...

    def keep(self, entry: RunEntry) -> int:
        """Write a run into the journal and the list of runs, and return its number."""
        ...


class Running:
    """The runs of one kernel."""

    def __init__(self, kernel: Host, turn: Turn) -> None:
        self._kernel = kernel
        self._turn = turn
        self._stopped: OrderedDict[int, None] = OrderedDict()

    def start(
        self,
        run: FunctionRun,
        causes: tuple[int, ...],
        started: Callable[[], None],
        done: Callable[[Outcome], None],
    ) -> int:
        """Have the driver run a handler, or do to it what a fault wants; return its entry."""
        faults = self._kernel.faults
        fault = faults.on_run(run.function_name) if faults.is_on else None
        return self._start(run, causes, started, done, fault)

    def stop(self, entry: int, life: RunLife) -> bool:
        """Stop a run whose timeout is over, unless timeouts wait: then it begins anew."""
        kernel = self._kernel
        if not kernel.driver.may_time_out(life):
            life.grant(kernel.awake_ms)
            return False
        life.end(RunState.TIMED_OUT)
        run = kernel.runs.find(entry)
        if run is not None:
            run.outcome, run.ended_ms = "error", kernel.now_ms
            kernel.runs.stopped(run, life.timeout_ms)
        self._stopped[entry] = None
        if len(self._stopped) > STOPPED_RUNS_KEPT:
            self._stopped.popitem(last=False)
        life.interruption.request()
        kernel.driver.interrupt(entry)
        return True

    def check_alive(self, causes: tuple[int, ...]) -> None:
        """Refuse what a stopped run calls: on AWS there is nobody any more who could."""
        if self._stopped and any(cause in self._stopped for cause in causes):
            raise RunStopped

    # ---- within ----------------------------------------------------------------------------------

    def _start(
        self,
        run: FunctionRun,
        causes: tuple[int, ...],
        started: Callable[[], None],
        done: Callable[[Outcome], None],
        fault: Fault | None = None,
    ) -> int:
        kernel = self._kernel
        entry = RunEntry(kernel.now_ms, run, causes)
        number = kernel.keep(entry)
        standstill = kernel.lineages.run(number, causes, run.function_arn, kernel.now_ms)
        run.entry, run.standstill = number, standstill

        def begins() -> None:
            with self._turn:
                run.life.start(Reading(kernel.now_ms, kernel.awake_ms))
                kernel.runs.started(entry, kernel.now_ms)
                started()

        def ended(outcome: Outcome) -> None:
            with self._turn:
                if entry.ended_ms is None:  # what comes after a timeout changes nothing
                    entry.outcome = "error" if outcome.failed else "ok"
                    entry.ended_ms = kernel.now_ms
                    kernel.journal.complete(entry, outcome.payload)
                    kernel.runs.ended(entry, outcome)
                done(outcome)

        if fault is None:
            kernel.driver.run(run, begins, ended)
        else:
            disturbed_run(kernel, fault, run, begins, ended, self._start_twin)
        return number

    def _start_twin(self, twin: FunctionRun) -> None:
        self._start(twin, (twin.entry,), lambda: None, lambda outcome: twin.life.end(outcome.end))
