"""CreateStack, UpdateStack, DeleteStack, and what may be asked of them on their way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.cloudformation.deployment import CONFIRM, REVERT, Wishes
from chalice_offline.services.cloudformation.errors import (
    nothing_to_update,
    stack_exists,
    stack_missing,
    validation_error,
    wrong_state,
)
from chalice_offline.services.cloudformation.exports import check_exports_are_unused
from chalice_offline.services.cloudformation.launch import deployment_of
from chalice_offline.services.cloudformation.new_stack import new_policy, new_stack
from chalice_offline.services.cloudformation.resource import Resource
from chalice_offline.services.cloudformation.resource_types import service_of
from chalice_offline.services.cloudformation.same import says_the_same
from chalice_offline.services.cloudformation.steps import at_once
from chalice_offline.services.cloudformation.wanted import asked

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.cloudformation.state import CloudFormationState


def create_stack(
    cloudformation: CloudFormationState, context: CallContext, request: Request
) -> Result:
    """Begin to create a stack; it is there as CREATE_IN_PROGRESS when this is answered."""
    name = request["StackName"]
    taken = cloudformation.find_stack_or_none(context, name)
    if taken is not None and taken.status != "REVIEW_IN_PROGRESS":
        raise stack_exists(name)
    if "OnFailure" in request and "DisableRollback" in request:
        raise validation_error("You cannot specify both onFailure and disableRollback.")
    stack = new_stack(cloudformation, context, request, "CREATE_IN_PROGRESS")
    found = asked(cloudformation, context, request, stack)
    wanted = None if found.takes_time else at_once(found.steps)
    stack.policy = new_policy(request)
    stack.is_protected = bool(request.get("EnableTerminationProtection"))
    stack.timeout_minutes = request.get("TimeoutInMinutes", 0)
    wishes = _wishes(request)
    stack.disable_rollback = wishes.on_failure == "DO_NOTHING"
    stack.is_project = wishes.is_held
    if taken is not None:  # begun by a change set that nobody executed
        cloudformation.forget_change_sets(taken)
        del cloudformation.stacks[taken.id]
    cloudformation.stacks[stack.id] = stack
    deployment = deployment_of(cloudformation, context, stack)
    if wanted is None:
        deployment.create_after(found.steps, wishes)
    else:
        deployment.create(wanted.version, wanted.inputs, wishes)
    return {"StackId": stack.id}


def update_stack(
    cloudformation: CloudFormationState, context: CallContext, request: Request
) -> Result:
    """Begin to update a stack; ValidationError when there is nothing to update."""
    stack = cloudformation.find_stack(context, request["StackName"], stack_missing)
    stack.is_project |= bool(request.get("IsHeld"))
    if not stack.can_be_updated:
        raise wrong_state(stack.id, stack.status)
    found = asked(cloudformation, context, request, stack)
    wanted = None if found.takes_time else at_once(found.steps)
    wishes = _wishes(request)
    failed = stack.status.endswith("_FAILED")
    if wanted is not None and says_the_same(stack, wanted) and not failed:
        raise nothing_to_update()
    if policy := new_policy(request):
        stack.policy = policy
    cloudformation.outdate_change_sets(stack)
    deployment = deployment_of(cloudformation, context, stack)
    if wanted is None:
        deployment.update_after(found.steps, wishes)
    else:
        deployment.update(wanted.version, wanted.inputs, wishes)
    return {"StackId": stack.id}


def delete_stack(
    cloudformation: CloudFormationState, context: CallContext, request: Request
) -> Result:
    """Begin to delete a stack; one that is not there is fine."""
    stack = cloudformation.find_stack_or_none(context, request["StackName"])
    if stack is None or stack.status in ("DELETE_COMPLETE", "DELETE_IN_PROGRESS"):
        return {}
    if stack.is_protected:
        raise validation_error(
            f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
        )
    retained = tuple(request.get("RetainResources", ()))
    if retained and stack.status != "DELETE_FAILED":
        raise validation_error(
            f"Invalid operation on stack [{stack.id}]. The specified resources to retain must be "
            "in a valid state. Do not specify RetainResources for a stack that is not in "
            "DELETE_FAILED state."
        )
    check_exports_are_unused(cloudformation, stack)
    under_way = cloudformation.deployments.get(stack.id)
    if under_way is not None and stack.is_busy:
        under_way.cancel("Stack deletion requested")
        if stack.is_busy:
            raise wrong_state(stack.id, stack.status, "deleted")
    cloudformation.forget_change_sets(stack)
    forced = request.get("DeletionMode") == "FORCE_DELETE_STACK"
    wishes = Wishes(retained=retained, forced=forced)
    deployment_of(cloudformation, context, stack).delete(wishes)
    return {}


def cancel_update_stack(
    cloudformation: CloudFormationState, context: CallContext, request: Request
) -> Result:
    """Stop an update, and take back what it did."""
    stack = cloudformation.find_stack(context, request["StackName"], stack_missing)
    deployment = cloudformation.deployments.get(stack.id)
    if stack.status != "UPDATE_IN_PROGRESS" or deployment is None:
        raise validation_error("CancelUpdateStack cannot be called from current stack status")
    deployment.cancel("User Initiated")
    return {}


def continue_update_rollback(
    cloudformation: CloudFormationState, context: CallContext, request: Request
) -> Result:
    """Try again to take back an update; resources may be skipped."""
    stack = cloudformation.find_stack(context, request["StackName"], stack_missing)
    deployment = cloudformation.deployments.get(stack.id)
    if stack.status != "UPDATE_ROLLBACK_FAILED" or deployment is None:
        raise wrong_state(stack.id, stack.status, "continue update rollback")
    deployment.roll_back(tuple(request.get("ResourcesToSkip", ())))
    return {}


def rollback_stack(
    cloudformation: CloudFormationState, context: CallContext, request: Request
) -> Result:
    """Take back an operation that failed and was left as it was."""
    stack = cloudformation.find_stack(context, request["StackName"], stack_missing)
    deployment = cloudformation.deployments.get(stack.id)
    if stack.status not in ("CREATE_FAILED", "UPDATE_FAILED") or deployment is None:
        raise validation_error(
            f"Stack [{stack.name}] is in {stack.status} state and can not be rolled back."
        )
    deployment.roll_back()
    return {"StackId": stack.id}


def decide_stack(
    cloudformation: CloudFormationState, context: CallContext, request: Request
) -> Result:
    """Confirm or revert an operation that was asked to wait before it deletes anything.

    No operation of AWS: a project is provisioned, bound, and either both count or neither.
    """
    stack = cloudformation.find_stack(context, request["StackName"], stack_missing)
    deployment = cloudformation.deployments.get(stack.id)
    if deployment is not None and deployment.is_held:
        decision = CONFIRM if request["Confirmed"] else REVERT
        deployment.decide(decision, tuple(request.get("RetainResources", ())))
    return {}


def describe_held_stack(
    cloudformation: CloudFormationState, context: CallContext, request: Request
) -> Result:
    """Tell what a held operation will delete once it is confirmed. No operation of AWS."""
    stack = cloudformation.find_stack(context, request["StackName"], stack_missing)
    deployment = cloudformation.deployments.get(stack.id)
    doomed = deployment.doomed() if deployment is not None and deployment.is_held else []
    return {
        "Doomed": [
            {
                "LogicalResourceId": one.name,
                "ResourceType": one.kind,
                "PhysicalResourceId": one.physical_id,
                "Attributes": one.resource.attributes,
                "Properties": one.properties,
            }
            for one in doomed
        ]
    }


def forget_resources(
    cloudformation: CloudFormationState, context: CallContext, request: Request
) -> Result:
    """Forget what a stack has of a service that was reset: the next update makes it anew.

    No operation of AWS, where nothing but its resources can make a stack forget one.
    """
    stack = cloudformation.find_stack(context, request["StackName"], stack_missing)
    gone = [n for n, one in stack.resources.items() if service_of(one.kind) == request["Service"]]
    for name in gone:
        del stack.resources[name]
    cloudformation.record.write(stack)
    return {"Forgotten": gone}


def update_termination_protection(
    cloudformation: CloudFormationState, context: CallContext, request: Request
) -> Result:
    """Protect a stack from being deleted, or no more."""
    stack = cloudformation.find_stack(context, request["StackName"], stack_missing)
    if stack.parent_id:
        raise validation_error(
            "Updating termination protection on nested stack is not allowed: use the root stack"
        )
    stack.is_protected = bool(request["EnableTerminationProtection"])
    cloudformation.record.write(stack)
    return {"StackId": stack.id}


def set_stack_policy(
    cloudformation: CloudFormationState, context: CallContext, request: Request
) -> Result:
    """Keep a stack's policy. It is kept and shown; updates are not judged by it."""
    stack = cloudformation.find_stack(context, request["StackName"], stack_missing)
    policy = new_policy(request)
    if policy:
        stack.policy = policy
    return {}


def get_stack_policy(
    cloudformation: CloudFormationState, context: CallContext, request: Request
) -> Result:
    """Return a stack's policy, nothing when it has none."""
    stack = cloudformation.find_stack(context, request["StackName"], stack_missing)
    return {"StackPolicyBody": stack.policy} if stack.policy else {}


def _wishes(request: Request) -> Wishes:
    on_failure = request.get("OnFailure", "ROLLBACK")
    if request.get("DisableRollback"):
        on_failure = "DO_NOTHING"
    adopted: dict[tuple[str, str], tuple[Resource, dict[str, Any]]] = {
        (one["ResourceType"], one["Name"]): (
            Resource(one["PhysicalResourceId"], one["Attributes"]),
            one["Properties"],
        )
        for one in request.get("Adopted", ())  # no member of AWS's: of a project's own making
    }
    return Wishes(
        on_failure=on_failure,
        retain_except_on_create=bool(request.get("RetainExceptOnCreate")),
        timeout_minutes=request.get("TimeoutInMinutes", 0),
        adopted=adopted,
        is_held=bool(request.get("IsHeld")),
    )
