"""DescribeStacks, ListStacks, and what is told of a stack's resources, events and exports."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chalice_offline.services.cloudformation import limits
from chalice_offline.services.cloudformation.errors import (
    resource_not_found,
    stack_missing,
    stack_not_found,
    stack_quoted_missing,
    validation_error,
)
from chalice_offline.services.cloudformation.pages import in_order
from chalice_offline.services.common.tags import tag_list

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.cloudformation.stack import Stack, StackEvent, StackResource
    from chalice_offline.services.cloudformation.state import CloudFormationState


def describe_stacks(
    cloudformation: CloudFormationState, context: CallContext, request: Request
) -> Result:
    """Describe one stack, or all that are not deleted, the latest first."""
    if name := request.get("StackName"):
        stack = cloudformation.find_stack(context, name, stack_not_found)
        return {"Stacks": [_described(stack)]}
    stacks = [s for s in cloudformation.find_stacks(context) if not s.is_deleted]
    shown, more = in_order(stacks, request, limits.STACKS_PAGE)
    return {"Stacks": [_described(stack) for stack in shown], **more}


def list_stacks(
    cloudformation: CloudFormationState, context: CallContext, request: Request
) -> Result:
    """List stacks, deleted ones included, the latest first."""
    wanted = request.get("StackStatusFilter")
    stacks = [s for s in cloudformation.find_stacks(context) if not wanted or s.status in wanted]
    shown, more = in_order(stacks, request, limits.STACKS_PAGE)
    return {"StackSummaries": [_summary(stack) for stack in shown], **more}


def describe_stack_events(
    cloudformation: CloudFormationState, context: CallContext, request: Request
) -> Result:
    """Tell what happened to a stack, the latest first."""
    stack = cloudformation.find_stack(context, request.get("StackName", ""), stack_missing)
    shown, more = in_order(list(reversed(stack.events)), request, limits.EVENTS_PAGE)
    return {"StackEvents": [_event(stack, event) for event in shown], **more}


def describe_stack_resource(
    cloudformation: CloudFormationState, context: CallContext, request: Request
) -> Result:
    """Describe one resource of a stack."""
    stack = cloudformation.find_stack(context, request["StackName"], stack_quoted_missing)
    one = stack.resources.get(request["LogicalResourceId"])
    if one is None:
        raise resource_not_found(request["LogicalResourceId"], request["StackName"])
    detail = _resource(one) | {
        "StackName": stack.name,
        "StackId": stack.id,
        "LastUpdatedTimestamp": one.changed_ms / 1000,
        "Metadata": json.dumps(one.metadata),
    }
    del detail["Timestamp"]
    return {"StackResourceDetail": detail}


def describe_stack_resources(
    cloudformation: CloudFormationState, context: CallContext, request: Request
) -> Result:
    """Describe the resources of a stack: by its name, or by the physical id of one of them."""
    physical_id = request.get("PhysicalResourceId")
    name = request.get("StackName")
    if name and physical_id:
        raise validation_error("Exactly one of StackName and PhysicalResourceId must be specified")
    if name:
        stack = cloudformation.find_stack(context, name)
    else:
        stack = _stack_of(cloudformation, context, str(physical_id or ""))
    wanted = request.get("LogicalResourceId")
    if wanted is not None and wanted not in stack.resources:
        raise resource_not_found(wanted, stack.name)
    return {
        "StackResources": [
            _resource(one) | {"StackName": stack.name, "StackId": stack.id}
            for one in stack.resources.values()
            if wanted in (None, one.name)
        ]
    }


def list_stack_resources(
    cloudformation: CloudFormationState, context: CallContext, request: Request
) -> Result:
    """List the resources of a stack."""
    stack = cloudformation.find_stack(context, request["StackName"], stack_not_found)
    shown, more = in_order(list(stack.resources.values()), request, limits.RESOURCES_PAGE)
    summaries = []
    for one in shown:
        summary = _resource(one)
        summary["LastUpdatedTimestamp"] = summary.pop("Timestamp")
        summaries.append(summary)
    return {"StackResourceSummaries": summaries, **more}


def list_exports(
    cloudformation: CloudFormationState, context: CallContext, request: Request
) -> Result:
    """List what the stacks of this region export, by name."""
    found = cloudformation.exports(context.account_id, context.region)
    shown, more = in_order(sorted(found.items()), request, limits.EXPORTS_PAGE)
    exports = [
        {"ExportingStackId": stack.id, "Name": name, "Value": value}
        for name, (stack, value) in shown
    ]
    return {"Exports": exports, **more}


def list_imports(
    cloudformation: CloudFormationState, context: CallContext, request: Request
) -> Result:
    """List the stacks that import an exported value."""
    name = request["ExportName"]
    users = [
        stack.name
        for stack in cloudformation.find_stacks(context)
        if name in stack.imports and not stack.is_deleted
    ]
    if not users:
        raise validation_error(f"Export '{name}' is not imported by any stack.")
    shown, more = in_order(sorted(users), request, limits.EXPORTS_PAGE)
    return {"Imports": shown, **more}


# ---- within --------------------------------------------------------------------------------------


def _described(stack: Stack) -> Result:
    version = stack.version
    shown: Result = {
        "StackId": stack.id,
        "StackName": stack.name,
        "CreationTime": stack.created_ms / 1000,
        "StackStatus": stack.status,
        "RollbackConfiguration": {},
        "DisableRollback": stack.disable_rollback,
        "NotificationARNs": list(version.notification_arns) if version else [],
        "Tags": [],
        "EnableTerminationProtection": stack.is_protected,
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
    }
    if version is not None:
        shown["Tags"] = tag_list(version.tags)["Tags"]
        shown["Parameters"] = [value.described(name) for name, value in version.parameters.items()]
        shown["Outputs"] = stack.outputs
        shown["Capabilities"] = list(version.capabilities)
        if version.template.description:
            shown["Description"] = version.template.description
        if version.role_arn:
            shown["RoleARN"] = version.role_arn
        for name in ("Parameters", "Outputs", "Capabilities"):
            if not shown[name]:
                del shown[name]
    return shown | _optional(stack)


def _optional(stack: Stack) -> Result:
    shown: Result = {
        "ChangeSetId": stack.change_set_id,
        "LastUpdatedTime": stack.updated_ms / 1000,
        "DeletionTime": stack.deleted_ms / 1000,
        "StackStatusReason": stack.reason,
        "TimeoutInMinutes": stack.timeout_minutes,
        "ParentId": stack.parent_id,
        "RootId": stack.root_id,
    }
    return {name: value for name, value in shown.items() if value}


def _summary(stack: Stack) -> Result:
    description = stack.version.template.description if stack.version else ""
    shown = {
        "StackId": stack.id,
        "StackName": stack.name,
        "CreationTime": stack.created_ms / 1000,
        "StackStatus": stack.status,
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
    }
    if description:
        shown["TemplateDescription"] = description
    left_out = ("ChangeSetId", "TimeoutInMinutes")
    return shown | {n: value for n, value in _optional(stack).items() if n not in left_out}


def _event(stack: Stack, event: StackEvent) -> Result:
    shown = {
        "StackId": stack.id,
        "EventId": event.id,
        "StackName": stack.name,
        "LogicalResourceId": event.logical_id,
        "PhysicalResourceId": event.physical_id,
        "ResourceType": event.kind,
        "Timestamp": event.at_ms / 1000,
        "ResourceStatus": event.status,
    }
    if event.reason:
        shown["ResourceStatusReason"] = event.reason
    if event.properties:
        shown["ResourceProperties"] = event.properties
    return shown


def _resource(one: StackResource) -> Result:
    shown = {
        "LogicalResourceId": one.name,
        "ResourceType": one.kind,
        "Timestamp": one.changed_ms / 1000,
        "ResourceStatus": one.status,
        "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
    }
    if one.physical_id:
        shown["PhysicalResourceId"] = one.physical_id
    if one.reason:
        shown["ResourceStatusReason"] = one.reason
    return shown


def _stack_of(cloudformation: CloudFormationState, context: CallContext, wanted: str) -> Stack:
    for stack in cloudformation.find_stacks(context):
        if any(one.physical_id == wanted for one in stack.resources.values()):
            return stack
    raise validation_error(f"Stack for {wanted} does not exist")
