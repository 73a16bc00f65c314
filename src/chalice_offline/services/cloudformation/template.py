"""A template that has the shape of one: its sections, and what stands in them.

Source: AWS CloudFormation user guide, "Template sections" and "Resource attribute reference".
"""

from __future__ import annotations

import re
from typing import Any

from chalice_offline.services.cloudformation import limits
from chalice_offline.services.cloudformation.errors import format_error, validation_error
from chalice_offline.services.cloudformation.functions_in import names_in
from chalice_offline.services.cloudformation.order import in_order, needs_of

_SECTIONS = (
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Globals",  # the serverless transform's
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
)
_ATTRIBUTES = (
    "Condition",
    "CreationPolicy",
    "DeletionPolicy",
    "DependsOn",
    "Metadata",
    "Properties",
    "Type",
    "UpdatePolicy",
    "UpdateReplacePolicy",
)
_POLICIES = ("Delete", "Retain", "RetainExceptOnCreate", "Snapshot")
_NAME = re.compile(r"[A-Za-z0-9]+")

PSEUDO_PARAMETERS = frozenset(
    {
        "AWS::AccountId",
        "AWS::NoValue",
        "AWS::NotificationARNs",
        "AWS::Partition",
        "AWS::Region",
        "AWS::StackId",
        "AWS::StackName",
        "AWS::URLSuffix",
    }
)


class Template:
    """A template after its transforms."""

    def __init__(self, content: dict[str, Any]) -> None:
        """Check the shape of `content`; raises ValidationError."""
        _check_sections(content)
        self.content = content
        self.resources: dict[str, dict[str, Any]] = content["Resources"]
        self.parameters: dict[str, dict[str, Any]] = content.get("Parameters") or {}
        self.mappings: dict[str, Any] = content.get("Mappings") or {}
        self.conditions: dict[str, Any] = content.get("Conditions") or {}
        self.outputs: dict[str, dict[str, Any]] = content.get("Outputs") or {}
        self._check_references()
        #: Names in the order of creation, those among them whose condition does not hold.
        self.names = in_order(self.resources)

    @property
    def description(self) -> str:
        """What the template says of itself; "" when it says nothing."""
        return str(self.content.get("Description", ""))

    @property
    def types(self) -> list[str]:
        """The resource types in it, sorted."""
        return sorted({resource["Type"] for resource in self.resources.values()})

    def kind(self, name: str) -> str:
        """Return a resource's type."""
        return str(self.resources[name]["Type"])

    def needs(self, name: str) -> list[str]:
        """Return the resources that must be there before this one."""
        return [other for other in needs_of(self.resources[name]) if other in self.resources]

    def policy(self, name: str, attribute: str) -> str:
        """Return DeletionPolicy or UpdateReplacePolicy of a resource."""
        return str(self.resources[name].get(attribute, "Delete"))

    def _check_references(self) -> None:
        known = self.resources.keys() | self.parameters.keys() | PSEUDO_PARAMETERS
        for name, resource in self.resources.items():
            missing = [n for n in needs_of(resource) if n not in known]
            missing += [n for n in names_in(resource.get("Metadata", {})) if n not in known]
            if missing:
                listed = ", ".join(dict.fromkeys(missing))
                raise format_error(
                    f"Unresolved resource dependencies [{listed}] in the Resources block of the "
                    "template"
                )
            condition = resource.get("Condition")
            if condition is not None and not isinstance(condition, str):
                raise format_error(f"[/Resources/{name}/Condition] 'Condition' must be a string.")
            if condition is not None and condition not in self.conditions:
                raise format_error(f"Unresolved condition {condition} for resource {name}")
        missing = [name for name in names_in(self.outputs) if name not in known]
        if missing:
            listed = ", ".join(dict.fromkeys(missing))
            raise validation_error(
                f"Unresolved resource dependencies [{listed}] in the Outputs block of the template"
            )


def _check_sections(content: dict[str, Any]) -> None:
    unknown = [section for section in content if section not in _SECTIONS]
    if unknown:
        raise validation_error(f"Invalid template property or properties [{', '.join(unknown)}]")
    version = content.get("AWSTemplateFormatVersion", "2010-09-09")
    if version != "2010-09-09":
        raise format_error(f"unsupported value for AWSTemplateFormatVersion: {version}.")
    description = content.get("Description", "")
    if not isinstance(description, str):
        raise format_error("Description must be a string.")
    for section in ("Parameters", "Mappings", "Conditions", "Outputs"):
        if not isinstance(content.get(section) or {}, dict):
            raise format_error(f"{section} must be an object.")
    resources = content.get("Resources")
    if not resources:
        raise format_error("At least one Resources member must be defined.")
    if not isinstance(resources, dict):
        raise format_error("Resources must be an object.")
    _check_no_nulls(content, "")
    _check_counts(content)
    for name, resource in resources.items():
        _check_resource(name, resource)
    _check_parameters(content.get("Parameters") or {})
    _check_mappings(content.get("Mappings") or {})
    for name, output in (content.get("Outputs") or {}).items():
        _check_name("Output", name)
        if not isinstance(output, dict) or "Value" not in output:
            raise format_error("Every Outputs member must contain a Value object")


def _check_no_nulls(value: Any, path: str) -> None:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        if item is None:
            raise validation_error(f"[{path}/{key}] 'null' values are not allowed in templates")
        if isinstance(item, dict | list):
            _check_no_nulls(item, f"{path}/{key}")


def _check_counts(content: dict[str, Any]) -> None:
    for section, most in (
        ("Parameters", limits.PARAMETERS),
        ("Mappings", limits.MAPPINGS),
        ("Resources", limits.RESOURCES),
        ("Outputs", limits.OUTPUTS),
    ):
        count = len(content.get(section) or {})
        if count > most:
            raise format_error(
                f"Number of {section.lower()}, {count}, is greater than maximum allowed, {most}"
            )


def _check_name(what: str, name: str) -> None:
    if _NAME.fullmatch(name) is None:
        spelled = "name" if what != "Output" else "logical id"
        raise format_error(f"{what} {spelled} {name} is non alphanumeric.")


def _check_resource(name: str, resource: Any) -> None:
    _check_name("Resource", name)
    if not isinstance(resource, dict):
        raise format_error("Any Resources member must be an object.")
    if "Type" not in resource:
        raise format_error(
            f"[/Resources/{name}] Every Resources object must contain a Type member."
        )
    if not isinstance(resource["Type"], str):
        raise format_error(f"[/Resources/{name}/Type] 'Type' must be a string.")
    for attribute in resource:
        if attribute not in _ATTRIBUTES:
            raise validation_error(f"Invalid template resource property '{attribute}'")
    if not isinstance(resource.get("Properties", {}), dict):
        raise format_error(f"[/Resources/{name}/Properties] 'Properties' must be an object.")
    depends_on = resource.get("DependsOn", [])
    listed = [depends_on] if isinstance(depends_on, str) else depends_on
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise format_error(f"[/Resources/{name}/DependsOn] must be a string or a list of strings.")
    for attribute in ("DeletionPolicy", "UpdateReplacePolicy"):
        policy = resource.get(attribute, "Delete")
        if isinstance(policy, str) and policy not in _POLICIES:
            raise format_error(f"Unrecognized {attribute} {policy} for resource {name}")


def _check_parameters(parameters: dict[str, Any]) -> None:
    for name, parameter in parameters.items():
        _check_name("Parameter", name)
        if not isinstance(parameter, dict):
            raise format_error(f"Every Parameters object must be an object: {name}.")


def _check_mappings(mappings: dict[str, Any]) -> None:
    for name, mapping in mappings.items():
        _check_name("Mappings", name)
        if not isinstance(mapping, dict):
            raise format_error(f"Every Mappings member {name} must be a map")
        for first in mapping.values():
            if not isinstance(first, dict):
                raise format_error(f"Every Mappings member {name} must be a map of maps")
            for second in first.values():
                if isinstance(second, dict):
                    raise format_error("Every Mappings attribute must be a String or a List.")
