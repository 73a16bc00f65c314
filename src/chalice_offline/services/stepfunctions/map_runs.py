"""Map runs of distributed Maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.stepfunctions import limits
from chalice_offline.services.stepfunctions.listing import listed

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.stepfunctions.map_run import MapRun
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
    found = sfn.surroundings.map_runs_of(execution.arn)
    by_age = lambda one: f"{one.started_ms:015}{one.arn}"  # noqa: E731
    return listed("mapRuns", found, by_age, _listed, request)


def _listed(map_run: MapRun) -> Result:
    shown: Result = {
        "executionArn": map_run.execution_arn,
        "mapRunArn": map_run.arn,
        "stateMachineArn": map_run.machine_arn,
        "startDate": map_run.started_ms / 1000,
    }
    if map_run.stopped_ms is not None:
        shown["stopDate"] = map_run.stopped_ms / 1000
    return shown
