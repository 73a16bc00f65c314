"""A reset of Step Functions: executions end where they are, and whoever waits is answered."""

from __future__ import annotations

from chalice_offline.services.stepfunctions.state import StepFunctionsState

_CAUSE = "Step Functions was reset."


def renewed(sfn: StepFunctionsState) -> StepFunctionsState:
    """Return Step Functions without state machines. EventBridge hears nothing of it."""
    running = [one for one in sfn.executions.values() if one.is_running]
    running += sfn.launch.express_running()
    for execution in running:
        execution.tell_nobody()
    for execution in running:
        if execution.is_running:  # one that another one has started may be stopped with it
            execution.stop(None, _CAUSE)
    for activity in sfn.surroundings.activities.values():
        while activity.pollers:
            activity.pollers.popleft().reply.resolve({})
    return StepFunctionsState(sfn.kernel)
