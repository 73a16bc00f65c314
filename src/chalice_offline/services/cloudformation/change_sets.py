"""CreateChangeSet, DescribeChangeSet, ExecuteChangeSet, DeleteChangeSet, ListChangeSets."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.cloudformation import limits
from chalice_offline.services.cloudformation.change_set import ChangeSet
from chalice_offline.services.cloudformation.deployment import Wishes
from chalice_offline.services.cloudformation.errors import (
    change_set_exists,
    stack_missing,
    validation_error,
    wrong_state,
)
from chalice_offline.services.cloudformation.launch import deployment_of, history_of
from chalice_offline.services.cloudformation.new_stack import new_stack
from chalice_offline.services.cloudformation.pages import in_order
from chalice_offline.services.cloudformation.plan import Action, Change, plan_of
from chalice_offline.services.cloudformation.resource_types import type_of
from chalice_offline.services.cloudformation.same import says_the_same
from chalice_offline.services.cloudformation.versions import version_of
from chalice_offline.services.common.tags import tag_list

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.cloudformation.stack import Stack
    from chalice_offline.services.cloudformation.state import CloudFormationState

_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]*")
# What is known later is shown as {{changeSet:KNOWN_AFTER_APPLY}}, without what it will be of.
_OF_WHAT = re.compile(r"(?<=\{\{changeSet:KNOWN_AFTER_APPLY)(:[^}]*)(?=\}\})")
# In the words of which `aws cloudformation deploy` looks for the beginning.
_NO_CHANGES = (
    "The submitted information didn't contain changes. Submit different information to create a "
    "change set."
)
_ACTIONS = {
    Action.CREATE: "Add",
    Action.UPDATE: "Modify",
    Action.REPLACE: "Modify",
    Action.REMOVE: "Remove",
}
_TAGS = {
    "Target": {"Attribute": "Tags", "RequiresRecreation": "Never"},
    "Evaluation": "Static",
    "ChangeSource": "DirectModification",
}


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
    call = cloudformation.caller(stack, (context.entry,), context.endpoint)
    version = version_of(request, call, context.region, None if is_new else stack, may_expand=True)
    inputs = cloudformation.inputs(stack, version.parameters, version.notification_arns)
    change_set = ChangeSet(
        name,
        cloudformation.kernel.ids.uuid(),
        stack,
        kind,
        context.now_ms,
        version,
        description=request.get("Description", ""),
        on_failure=request.get("OnStackFailure", ""),
        with_nested=bool(request.get("IncludeNestedStacks")),
        import_existing=bool(request.get("ImportExistingResources")),
    )
    try:
        plan = plan_of(version.template, inputs, stack.resources, version.tags)
    except AwsError as error:
        if "No export named" not in error.message:
            raise
        plan = []
        change_set.status, change_set.execution = "FAILED", "UNAVAILABLE"
        change_set.reason = error.message
    change_set.changes = [change for change in plan if change.action is not Action.KEEP]
    if kind == "UPDATE" and plan and says_the_same(stack, version, inputs, plan):
        change_set.status, change_set.execution = "FAILED", "UNAVAILABLE"
        change_set.reason = _NO_CHANGES
    if is_new:
        cloudformation.stacks[stack.id] = stack
        stack.status = ""
        history_of(cloudformation, context, stack).stack_is("REVIEW_IN_PROGRESS", "User Initiated")
    cloudformation.change_sets[change_set.id] = change_set
    return {"Id": change_set.id, "StackId": stack.id}


def describe_change_set(
    cloudformation: CloudFormationState, context: CallContext, request: Request
) -> Result:
    """Describe a change set and the changes in it."""
    name = request["ChangeSetName"]
    found = cloudformation.find_change_set(context, name, request.get("StackName", ""))
    shown, more = in_order(found.changes, request, limits.RESOURCES_PAGE)
    with_values = bool(request.get("IncludePropertyValues"))
    version = found.version
    described = _summary(found) | {
        "NotificationARNs": list(version.notification_arns),
        "RollbackConfiguration": {},
        "Capabilities": list(version.capabilities),
        "Changes": [
            {"Type": "Resource", "ResourceChange": _change(one, with_values=with_values)}
            for one in shown
        ],
    }
    if version.parameters:
        described["Parameters"] = [
            value.described(name) for name, value in version.parameters.items()
        ]
    if version.tags:  # AWS leaves the member out otherwise
        described["Tags"] = tag_list(version.tags)["Tags"]
    if found.on_failure:
        described["OnStackFailure"] = found.on_failure
    return described | more


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


def _change(change: Change, *, with_values: bool) -> Result:
    shown: Result = {
        "Action": _ACTIONS[change.action],
        "LogicalResourceId": change.name,
        "ResourceType": change.kind,
        "Scope": [],
        "Details": [],
    }
    if change.present is not None and change.present.physical_id:
        shown["PhysicalResourceId"] = change.present.physical_id
    if change.action in (Action.UPDATE, Action.REPLACE):
        replaces = change.action is Action.REPLACE
        replacement = "True" if change.is_certain else "Conditional"
        shown["Replacement"] = replacement if replaces else "False"
        shown["Scope"] = [*["Properties"] * bool(change.changed), *["Tags"] * change.retags]
        shown["Details"] = [_detail(change, name) for name in change.changed]
        shown["Details"] += [_TAGS] * change.retags
        if replaces:
            shown["PolicyAction"] = "ReplaceAndDelete"
    if change.action is Action.REMOVE and change.present is not None:
        keeps = change.present.deletion_policy.startswith("Retain")
        shown["PolicyAction"] = "Retain" if keeps else "Delete"
    if with_values:
        if change.present is not None:
            shown["BeforeContext"] = json.dumps({"Properties": change.present.properties})
        if change.action is not Action.REMOVE:
            after = json.dumps({"Properties": change.properties})
            shown["AfterContext"] = _OF_WHAT.sub("", after)
    return shown


def _detail(change: Change, name: str) -> dict[str, Any]:
    type_ = type_of(change.kind)
    recreates = type_ is not None and (
        type_.update is None or name == type_.name or name in type_.fixed
    )
    return {
        "Target": {
            "Attribute": "Properties",
            "Name": name,
            "RequiresRecreation": "Always" if recreates else "Never",
        },
        "Evaluation": "Static" if change.is_certain else "Dynamic",
        "ChangeSource": "DirectModification",
    }
