"""GetTemplate, GetTemplateSummary, ValidateTemplate, EstimateTemplateCost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.services.cloudformation.capabilities import required_capabilities
from chalice_offline.services.cloudformation.errors import (
    not_emulated,
    stack_not_found,
    validation_error,
)
from chalice_offline.services.cloudformation.inputs import Inputs
from chalice_offline.services.cloudformation.intrinsics import Intrinsics
from chalice_offline.services.cloudformation.parameters import declared_parameters
from chalice_offline.services.cloudformation.resource_types import type_of
from chalice_offline.services.cloudformation.state import Caller
from chalice_offline.services.cloudformation.template_text import read_template
from chalice_offline.services.cloudformation.transforms import (
    all_transforms,
    declared_transforms,
    is_macro,
)
from chalice_offline.services.cloudformation.versions import template_of, written_template

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.cloudformation.stack import TemplateVersion
    from chalice_offline.services.cloudformation.state import CloudFormationState
    from chalice_offline.services.cloudformation.template import Template


def get_template(
    cloudformation: CloudFormationState, context: CallContext, request: Request
) -> Result:
    """Return the template of a stack or a change set, as it came or as it was applied.

    A JSON template comes as a structure, which botocore's clients show as a dict.
    """
    stages = ["Original", "Processed"]
    if name := request.get("ChangeSetName"):
        found = cloudformation.find_change_set(context, name, request.get("StackName", ""))
        version: TemplateVersion | None = found.version
    elif name := request.get("StackName"):
        version = cloudformation.find_stack(context, name).version
    else:
        raise validation_error("StackName is required if ChangeSetName is not specified.")
    if version is None:
        return {"TemplateBody": "", "StagesAvailable": stages}
    body = version.original
    if request.get("TemplateStage") == "Processed" and version.has_transform:
        body = json.dumps(version.template.content)
    return {"TemplateBody": body, "StagesAvailable": stages}


def get_template_summary(
    cloudformation: CloudFormationState, context: CallContext, request: Request
) -> Result:
    """Say what a template declares: parameters, resource types, capabilities, transforms."""
    name = request.get("StackName")
    if name:
        stack = cloudformation.find_stack(context, name, stack_not_found)
        if stack.version is None or stack.status == "REVIEW_IN_PROGRESS":
            raise validation_error(
                "GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks."
            )
        content, template = read_template(stack.version.original), stack.version.template
    else:
        content, template = _asked(cloudformation, context, request)
    summary: Result = {
        "Parameters": _with_types(template),
        "ResourceTypes": template.types,
        "ResourceIdentifierSummaries": _identifiers(template),
    }
    return summary | _declared(content, template)


def validate_template(
    cloudformation: CloudFormationState, context: CallContext, request: Request
) -> Result:
    """Check the shape of a template, and say what it declares."""
    content, template = _asked(cloudformation, context, request)
    inputs = Inputs("", "", context.account_id, context.region)
    for condition in template.conditions:
        if not template.parameters:  # else their values decide
            Intrinsics(template, inputs, {}).condition(condition)
    return {"Parameters": declared_parameters(template)} | _declared(
        content, template, with_metadata=False
    )


def estimate_template_cost(
    _cloudformation: CloudFormationState, _context: CallContext, _request: Request
) -> Result:
    """Nothing here costs anything."""
    raise not_emulated(
        "chalice-offline does not emulate cloudformation:EstimateTemplateCost: the AWS Pricing "
        "Calculator is a web page of AWS's."
    )


def _asked(
    cloudformation: CloudFormationState, context: CallContext, request: Request
) -> tuple[dict[str, Any], Template]:
    call = Caller(
        cloudformation.kernel,
        context.account_id,
        context.region,
        (context.entry,),
        context.endpoint,
    )
    written = written_template(request, call)
    inputs = Inputs("", "", context.account_id, context.region)
    return written.content, template_of(written, call, inputs)


def _declared(content: dict[str, Any], template: Template, *, with_metadata: bool = True) -> Result:
    shown: Result = {}
    if template.description:
        shown["Description"] = template.description
    if with_metadata:
        if "Metadata" in content:
            shown["Metadata"] = json.dumps(content["Metadata"])
        if "AWSTemplateFormatVersion" in content:
            shown["Version"] = content["AWSTemplateFormatVersion"]
    required, reason = required_capabilities(template)
    transforms = declared_transforms(content)
    expands = transforms + [name for name in all_transforms(content) if is_macro(name)]
    if expands:
        required = [*required, "CAPABILITY_AUTO_EXPAND"]
    if transforms:
        shown["DeclaredTransforms"] = transforms
    if required:
        shown["Capabilities"] = required
        shown["CapabilitiesReason"] = reason or (
            f"The template has transforms, which expand it: [{', '.join(dict.fromkeys(expands))}]"
        )
    return shown


def _with_types(template: Template) -> list[dict[str, Any]]:
    shown = declared_parameters(template)
    for one in shown:
        declared = template.parameters[one["ParameterKey"]]
        one["ParameterType"] = declared.get("Type", "String")
        constraints = {}
        if "AllowedValues" in declared:
            constraints["AllowedValues"] = [str(value) for value in declared["AllowedValues"]]
        one["ParameterConstraints"] = constraints
    return shown


def _identifiers(template: Template) -> list[dict[str, Any]]:
    by_type: dict[str, list[str]] = {}
    for name in template.resources:
        by_type.setdefault(template.kind(name), []).append(name)
    summaries = []
    for kind, names in by_type.items():
        summary: dict[str, Any] = {"ResourceType": kind, "LogicalResourceIds": names}
        type_ = type_of(kind)
        if type_ is not None and type_.name:
            summary["ResourceIdentifiers"] = [type_.name]
        summaries.append(summary)
    return summaries
