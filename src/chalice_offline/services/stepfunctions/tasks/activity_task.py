"""A task whose resource is an activity: it waits for a worker, who answers with its token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.stepfunctions.activity import ActivityTask
from chalice_offline.services.stepfunctions.execution.state_run import NOT_TRUNCATED
from chalice_offline.services.stepfunctions.language.failures import runtime_failure
from chalice_offline.services.stepfunctions.language.json_text import compact
from chalice_offline.services.stepfunctions.tasks.attempt import Attempt

if TYPE_CHECKING:
    from chalice_offline.services.stepfunctions.execution.state_run import StateRun


def perform_activity(run: StateRun, arn: str, credentials: dict[str, Any]) -> None:
    """Let a worker have the task."""
    surroundings = run.frame.surroundings
    activity = surroundings.activities.get(arn)
    if activity is None:
        raise runtime_failure(f"The activity {arn} does not exist.")
    attempt = Attempt(run, "Activity")
    token = surroundings.tokens.make()
    surroundings.tokens.bind(token, attempt)
    text = compact(run.input)
    details = {"resource": arn, "input": text, "inputDetails": NOT_TRUNCATED}
    attempt.scheduled({**details, **credentials})

    def started(worker: str) -> str:
        attempt.started({"workerName": worker} if worker else None)
        attempt.waits_for_callback(f"worker {worker or '(without a name)'} of {activity.name}")
        return token

    task = ActivityTask(text, started)
    attempt.cleans(lambda: surroundings.tokens.end(token))
    attempt.cleans(lambda: activity.withdraw(task))
    attempt.waits("worker", f"a worker of {activity.name}")
    activity.schedule(task)
