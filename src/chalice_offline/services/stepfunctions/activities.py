"""Activities, and the workers that poll them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.arn import make_arn
from chalice_offline.core.pending import Pending
from chalice_offline.services.stepfunctions import limits
from chalice_offline.services.stepfunctions.activity import Activity, Poller
from chalice_offline.services.stepfunctions.listing import listed
from chalice_offline.services.stepfunctions.names import check_name
from chalice_offline.services.stepfunctions.state import check_arn, is_home

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Reply, Request, Result
    from chalice_offline.services.stepfunctions.state import StepFunctionsState


def create_activity(sfn: StepFunctionsState, context: CallContext, request: Request) -> Result:
    """Make an activity; one of that name again is the same one."""
    name = request["name"]
    check_name(name)
    arn = make_arn("states", context.region, context.account_id, f"activity:{name}")
    activities = sfn.surroundings.activities
    if arn not in activities:
        tags = {tag["key"]: tag["value"] for tag in request.get("tags", ())}
        activities[arn] = Activity(arn, name, context.now_ms, tags)
    return {"activityArn": arn, "creationDate": activities[arn].created_ms / 1000}


def describe_activity(sfn: StepFunctionsState, _context: CallContext, request: Request) -> Result:
    """Describe an activity."""
    return _shown(sfn.find_activity(request["activityArn"]))


def delete_activity(sfn: StepFunctionsState, _context: CallContext, request: Request) -> Result:
    """Forget an activity; one that is not there is fine."""
    arn = request["activityArn"]
    check_arn(arn)
    sfn.surroundings.activities.pop(arn, None)
    return {}


def list_activities(sfn: StepFunctionsState, context: CallContext, request: Request) -> Result:
    """List activities by name."""
    found = [one for arn, one in sfn.surroundings.activities.items() if is_home(context, arn)]
    return listed("activities", found, lambda one: one.name, _shown, request)


def get_activity_task(sfn: StepFunctionsState, _context: CallContext, request: Request) -> Reply:
    """Return the next task; wait for one for up to 60 seconds."""
    activity = sfn.find_activity(request["activityArn"])
    worker = request.get("workerName", "")
    if activity.tasks:
        return activity.take(worker)
    reply: Pending[Result] = Pending()
    poller = Poller(worker, reply)
    activity.pollers.append(poller)

    def gives_up() -> None:
        if poller in activity.pollers:
            activity.pollers.remove(poller)
            reply.resolve({})

    def leaves() -> None:
        sfn.kernel.cancel(timer)
        if poller in activity.pollers:
            activity.pollers.remove(poller)

    due_ms = sfn.kernel.now_ms + limits.ACTIVITY_POLL_MS
    timer = sfn.kernel.at(due_ms, gives_up, owed=False)
    reply.when_abandoned(leaves)
    return reply


def _shown(activity: Activity) -> Result:
    return {
        "activityArn": activity.arn,
        "name": activity.name,
        "creationDate": activity.created_ms / 1000,
    }
