"""Map runs of distributed Maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.common.paging import page
from chalice_offline.services.stepfunctions import limits
from chalice_offline.services.stepfunctions.errors import invalid_token

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.stepfunctions.state import StepFunctionsState


def describe_map_run(sfn: StepFunctionsState, _context: CallContext, request: Request) -> Result:
    """Describe how far a map run is."""
    return sfn.find_map_run(request["mapRunArn"]).describe()


def update_map_run(sfn: StepFunctionsState, _context: CallContext, request: Request) -> Result:
    """Change how many executions there are at once, and how many may fail."""
    map_run = sfn.find_map_run(request["mapRunArn"])
    concurrency = request.get("maxConcurrency")
    if concurrency is not None:
        map_run.max_concurrency = concurrency or limits.MAP_DISTRIBUTED_CONCURRENCY
    map_run.tolerated_count = request.get("toleratedFailureCount", map_run.tolerated_count)
    map_run.tolerated_percentage = request.get(
        "toleratedFailurePercentage", map_run.tolerated_percentage
    )
    return {}


def list_map_runs(sfn: StepFunctionsState, _context: CallContext, request: Request) -> Result:
    """List the map runs of an execution."""
    execution = sfn.find_execution(request["executionArn"])
    shown, token = page(
        sfn.surroundings.map_runs_of(execution.arn),
        lambda one: f"{one.started_ms:015}{one.arn}",
        size=request.get("maxResults") or limits.LISTED_DEFAULT,
        token=request.get("nextToken"),
        invalid_token=invalid_token,
    )
    listed = []
    for one in shown:
        described = {
            "executionArn": one.execution_arn,
            "mapRunArn": one.arn,
            "stateMachineArn": one.machine_arn,
            "startDate": one.started_ms / 1000,
        }
        if one.stopped_ms is not None:
            described["stopDate"] = one.stopped_ms / 1000
        listed.append(described)
    result: Result = {"mapRuns": listed}
    return {**result, "nextToken": token} if token else result
