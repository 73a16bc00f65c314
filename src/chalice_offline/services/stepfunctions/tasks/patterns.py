"""What follows an API call: nothing, a task token that comes back, or a job that ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.stepfunctions.tasks.attempt import Attempt

if TYPE_CHECKING:
    from chalice_offline.services.stepfunctions.execution.state_run import StateRun
    from chalice_offline.services.stepfunctions.language.resources import ApiCall


def new_attempt(run: StateRun, call: ApiCall) -> Attempt:
    """Return a try of a task that is an API call; its token, if it has one, is valid from now."""
    members = {"resourceType": call.resource_type, "resource": call.resource}
    attempt = Attempt(run, "Task", members)
    if run.token:
        tokens = run.frame.surroundings.tokens
        tokens.bind(run.token, attempt)
        attempt.cleans(lambda: tokens.end(run.token))
    return attempt


def answered(attempt: Attempt, call: ApiCall, result: Any) -> bool:
    """The call has an answer. True if the task now waits: for its token, or for a job."""
    if not call.pattern:
        attempt.succeeded(result)
        return False
    attempt.run.flow.guarded(lambda: attempt.submitted(result))()
    if call.pattern == "waitForTaskToken" and not attempt.ended:
        what = f"its task token, after {call.resource_type}:{call.action}"
        attempt.waits_for_callback(what)
    return not attempt.ended
