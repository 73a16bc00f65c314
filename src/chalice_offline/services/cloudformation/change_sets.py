"""CreateChangeSet, DescribeChangeSet, ExecuteChangeSet, DeleteChangeSet, ListChangeSets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError
from chalice_offline.services.cloudformation import limits
from chalice_offline.services.cloudformation.change_details import changes_of, described
from chalice_offline.services.cloudformation.change_set import ChangeSet
from chalice_offline.services.cloudformation.deployment import Wishes
from chalice_offline.services.cloudformation.errors import (
    TransformError,
    change_set_exists,
    stack_missing,
    validation_error,
    wrong_state,
)
from chalice_offline.services.cloudformation.launch import deployment_of, history_of
from chalice_offline.services.cloudformation.new_stack import new_stack
from chalice_offline.services.cloudformation.pages import in_order
from chalice_offline.services.cloudformation.plan import Action
from chalice_offline.services.cloudformation.same import says_the_same
from chalice_offline.services.cloudformation.steps import at_once, follow
from chalice_offline.services.cloudformation.wanted import asked
from chalice_offline.services.common.tags import tag_list

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.cloudformation.plan import Wanted
    from chalice_offline.services.cloudformation.stack import Stack
    from chalice_offline.services.cloudformation.state import CloudFormationState
    from chalice_offline.services.cloudformation.steps import Steps

_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]*")
# In the words of which `aws cloudformation deploy` looks for the beginning.
_NO_CHANGES = (
    "The submitted information didn't contain changes. Submit different information to create a "
    "change set."
)


def create_change_set(
    cloudformation: CloudFormationState, context: CallContext, request: Request
) -> Result:
    """Find out what a template would change, and keep that to be executed."""
    name = request["ChangeSetName"]
    if _NAME.fullmatch(name) is None:
        raise validation_error(
            f"1 validation error detected: Value '{name}' at 'changeSetName' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
        )
    kind = request.get("ChangeSetType", "UPDATE")
    if kind == "IMPORT":
        raise validation_error("chalice-offline imports no resources into stacks.")
    stack, is_new = _stack_for(cloudformation, context, request, kind)
    if any(one.stack is stack and one.name == name for one in cloudformation.change_sets.values()):
        raise change_set_exists(name)
    found = asked(cloudformation, context, request, stack, may_expand=True)
    change_set = ChangeSet(
        name,
        cloudformation.kernel.ids.uuid(),
        stack,
        kind,
        context.now_ms,
        capabilities=tuple(request.get("Capabilities", ())),
        notification_arns=tuple(request.get("NotificationARNs", ())),
        description=request.get("Description", ""),
        on_failure=request.get("OnStackFailure", ""),
        with_nested=bool(request.get("IncludeNestedStacks")),
        import_existing=bool(request.get("ImportExistingResources")),
    )
    steps = _found_out(change_set, found.steps)
    if not found.takes_time:
        at_once(steps)
    if is_new:
        cloudformation.stacks[stack.id] = stack
        stack.status = ""
        history_of(cloudformation, context, stack).stack_is("REVIEW_IN_PROGRESS", "User Initiated")
    cloudformation.change_sets[change_set.id] = change_set
    if found.takes_time:
        kernel = cloudformation.kernel
        kernel.at(kernel.now_ms, lambda: follow(_or_failed(change_set, steps)))
    return {"Id": change_set.id, "StackId": stack.id}


def _found_out(change_set: ChangeSet, steps: Steps[Wanted]) -> Steps[None]:
    """Find out what a change set changes; raises what is wrong with what it was asked for."""
    stack = change_set.stack
    try:
        wanted = yield from steps
    except TransformError as error:
        change_set.failed(error.message)
        return
    before = stack.version.parameters if stack.version else {}
    change_set.changed_parameters = frozenset(
        name
        for name, value in wanted.version.parameters.items()
        if name not in before or before[name].reference != value.reference
    )
    change_set.version, change_set.warning = wanted.version, wanted.warning
    change_set.changes = [one for one in wanted.plan if one.action is not Action.KEEP]
    if change_set.kind == "UPDATE" and wanted.plan and says_the_same(stack, wanted):
        change_set.failed(_NO_CHANGES)
    else:
        change_set.status, change_set.execution = "CREATE_COMPLETE", "AVAILABLE"


def _or_failed(change_set: ChangeSet, steps: Steps[None]) -> Steps[None]:
    """Go through steps whose failure nobody waits to hear of: it is the change set's own."""
    try:
        yield from steps
    except AwsError as error:
        change_set.failed(error.message)


def describe_change_set(
    cloudformation: CloudFormationState, context: CallContext, request: Request
) -> Result:
    """Describe a change set and the changes in it."""
    name = request["ChangeSetName"]
    found = cloudformation.find_change_set(context, name, request.get("StackName", ""))
    with_values = bool(request.get("IncludePropertyValues"))
    changes = changes_of(found, with_values=with_values)
    shown, more = in_order(changes, request, limits.RESOURCES_PAGE)
    version = found.version
    told = _summary(found) | {
        "NotificationARNs": list(found.notification_arns),
        "RollbackConfiguration": {},
        "Capabilities": list(found.capabilities),
        "Changes": [
            {"Type": "Resource", "ResourceChange": described(one, found, with_values=with_values)}
            for one in shown
        ],
    }
    if with_values and found.warning:
        told["StatusReason"] = found.warning
    if version is not None and version.parameters:
        told["Parameters"] = [value.described(name) for name, value in version.parameters.items()]
    if version is not None and version.tags:  # AWS leaves the member out otherwise
        told["Tags"] = tag_list(version.tags)["Tags"]
    if found.on_failure:
        told["OnStackFailure"] = found.on_failure
    return told | more


def execute_change_set(
    cloudformation: CloudFormationState, context: CallContext, request: Request
) -> Result:
    """Do what a change set says; the other change sets of its stack are gone with it."""
    name = request["ChangeSetName"]
    found = cloudformation.find_change_set(context, name, request.get("StackName", ""))
    if found.execution == "OBSOLETE":
        raise AwsError(
            "InvalidChangeSetStatus",
            f"ChangeSet [{found.id}] cannot be executed in its current execution status of "
            "[OBSOLETE]",
        )
    if found.execution != "AVAILABLE":
        raise AwsError(
            "InvalidChangeSetStatus",
            f"ChangeSet [{found.id}] cannot be executed in its current status of [{found.status}]",
        )
    stack, version = found.stack, found.version
    if stack.status != "REVIEW_IN_PROGRESS" and not stack.can_be_updated:
        raise wrong_state(stack.id, stack.status)
    assert version is not None, "what may be executed is complete"
    inputs = cloudformation.inputs(stack, version.parameters, version.notification_arns)
    cloudformation.forget_change_sets(stack)
    cloudformation.executed[found.id] = found
    found.execution = "EXECUTE_COMPLETE"
    stack.change_set_id = found.id
    on_failure = (
        "DO_NOTHING" if request.get("DisableRollback") else (found.on_failure or "ROLLBACK")
    )
    stack.disable_rollback = on_failure == "DO_NOTHING"
    wishes = Wishes(
        on_failure=on_failure,
        retain_except_on_create=bool(request.get("RetainExceptOnCreate")),
    )
    deployment = deployment_of(cloudformation, context, stack)
    if stack.status == "REVIEW_IN_PROGRESS":
        stack.updated_ms = context.now_ms
        deployment.create(version, inputs, wishes)
    else:
        deployment.update(version, inputs, wishes)
    return {}


def delete_change_set(
    cloudformation: CloudFormationState, context: CallContext, request: Request
) -> Result:
    """Delete a change set; one that is not there is fine."""
    name = request["ChangeSetName"]
    try:
        found = cloudformation.find_change_set(context, name, request.get("StackName", ""))
    except AwsError as error:
        if error.code == "ChangeSetNotFound":
            return {}
        raise
    cloudformation.change_sets.pop(found.id, None)
    return {}


def list_change_sets(
    cloudformation: CloudFormationState, context: CallContext, request: Request
) -> Result:
    """List the change sets of a stack."""
    stack = cloudformation.find_stack(context, request["StackName"], stack_missing)
    found = [one for one in cloudformation.change_sets.values() if one.stack is stack]
    shown, more = in_order(found, request, limits.STACKS_PAGE)
    return {"Summaries": [_summary(one) for one in shown], **more}


# ---- within --------------------------------------------------------------------------------------


def _stack_for(
    cloudformation: CloudFormationState, context: CallContext, request: Request, kind: str
) -> tuple[Stack, bool]:
    """Return the stack of a change set, and whether it is a new one."""
    name = request["StackName"]
    present = cloudformation.find_stack_or_none(context, name)
    if kind == "CREATE":
        if present is None or (present.is_deleted and not name.startswith("arn:")):
            return new_stack(cloudformation, context, request, "REVIEW_IN_PROGRESS"), True
        if present.status != "REVIEW_IN_PROGRESS":
            raise validation_error(
                f"Stack [{name}] already exists and cannot be created again with the changeSet "
                f"[{request['ChangeSetName']}]."
            )
        return present, False
    if present is None:
        raise stack_missing(name)
    if (
        present.is_busy
        or present.is_deleted
        or present.status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED")
    ):
        raise wrong_state(present.id, present.status)
    return present, False


def _summary(found: ChangeSet) -> Result:
    shown: Result = {
        "ChangeSetName": found.name,
        "ChangeSetId": found.id,
        "StackId": found.stack.id,
        "StackName": found.stack.name,
        "CreationTime": found.created_ms / 1000,
        "ExecutionStatus": found.execution,
        "Status": found.status,
        "IncludeNestedStacks": found.with_nested,
    }
    if found.import_existing:
        shown["ImportExistingResources"] = True
    if found.reason:
        shown["StatusReason"] = found.reason
    if found.description:
        shown["Description"] = found.description
    return shown
