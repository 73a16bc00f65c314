"""A handler's outcome, whatever happens: the same in real and in virtual time."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from chalice_offline.core.failures import FailureLog
from chalice_offline.core.run import not_run, within_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.run import FunctionRun, Outcome

    RunFunction = Callable[[FunctionRun], Outcome]

_failures = FailureLog(logging.getLogger(__name__))


def outcome_of(run_function: RunFunction | None, run: FunctionRun) -> Outcome:
    """Run a handler; never raises.

    `run_function` answers for all that a handler does. What it raises itself is a mistake of ours,
    and an outcome all the same: whoever waits for the run must hear of its end.
    """
    try:
        if run_function is None:
            message = f"nothing can run {run.function_name}"
            raise LookupError(message)
        return within_size(run, run_function(run))
    except BaseException as error:  # noqa: BLE001 - the last place that can make an outcome of it
        _failures.report(f"{run.function_name} could not be run", error)
        return not_run(run, error)
