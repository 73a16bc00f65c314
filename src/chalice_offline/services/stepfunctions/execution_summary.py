"""An execution as replies show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Result
    from chalice_offline.services.stepfunctions.execution.execution import Execution


def summary(execution: Execution) -> Result:
    """Return what each reply about an execution holds."""
    shown: Result = {
        "executionArn": execution.arn,
        "stateMachineArn": execution.revision.machine_arn,
        "name": execution.name,
        "status": execution.status,
        "startDate": execution.started_ms / 1000,
        **_called_as(execution),
    }
    if execution.map_run_arn:
        shown["mapRunArn"] = execution.map_run_arn
    return shown


def _called_as(execution: Execution) -> dict[str, str]:
    shown = {}
    if execution.version_arn:
        shown["stateMachineVersionArn"] = execution.version_arn
    if execution.alias_arn:
        shown["stateMachineAliasArn"] = execution.alias_arn
    return shown


def ends(execution: Execution) -> dict[str, Any]:
    """Return how and when an execution has ended, as far as it has."""
    ends = {
        "stopDate": execution.stopped_ms / 1000 if execution.stopped_ms is not None else None,
        "error": execution.error,
        "cause": execution.cause,
        "redriveDate": execution.redriven_ms / 1000 if execution.redriven_ms else None,
    }
    return {name: value for name, value in ends.items() if value is not None}
