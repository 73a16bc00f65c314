"""Pass, Succeed and Fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.stepfunctions.execution.data_flow import text_at
from chalice_offline.services.stepfunctions.language.failures import StateFailure

if TYPE_CHECKING:
    from chalice_offline.services.stepfunctions.execution.state_run import StateRun


def perform_pass(run: StateRun) -> None:
    """Hand the input on, or Result instead of it."""
    result = run.definition.get("Result", run.input) if not run.is_jsonata else run.input
    run.succeed(result)


def perform_succeed(run: StateRun) -> None:
    """End the block with the input."""
    run.succeed(run.input)


def perform_fail(run: StateRun) -> None:
    """End the block with a failure."""
    run.fail(StateFailure(text_at(run, "Error"), text_at(run, "Cause")))
