"""A template for one stage: what is in it, in which order, and what its properties come to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.chalice_app.cloudformation.intrinsics import (
    NO_VALUE,
    Intrinsics,
    TemplateError,
    names_in,
)
from chalice_offline.chalice_app.cloudformation.order import in_order
from chalice_offline.core.arn import partition_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.chalice_app.cloudformation.resource_types import Place, Resource


class Template:
    """The resources of a template, as they are for one stack."""

    def __init__(self, content: dict[str, Any], stack: str, stage: str, place: Place) -> None:
        """Read it; raises TemplateError."""
        resources = content.get("Resources")
        if not isinstance(resources, dict) or not all(_is_resource(r) for r in resources.values()):
            raise TemplateError(
                '"Resources" must map names to objects with a "Type" (a CloudFormation template)'
            )
        for section in ("Conditions", "Mappings", "Parameters"):
            if not isinstance(content.get(section, {}), dict):
                raise TemplateError(f'"{section}" must map names to objects')
        self._content = content
        self._stack = stack
        self._stage = stage
        self._place = place
        self._resources = resources
        intrinsics = self._intrinsics({})
        included = {
            name: resource
            for name, resource in resources.items()
            if "Condition" not in resource or intrinsics.condition(resource["Condition"])
        }
        #: Names in the order of creation, without those whose condition does not hold.
        self.names = [name for name in in_order(resources) if name in included]

    def kind(self, name: str) -> str:
        """Return a resource's type."""
        return str(self._resources[name]["Type"])

    def is_retained(self, name: str, attribute: str) -> bool:
        """Whether DeletionPolicy or UpdateReplacePolicy keeps the resource."""
        return self._resources[name].get(attribute) in ("Retain", "RetainExceptOnCreate")

    def needs(self, name: str) -> list[str]:
        """Return the names a resource's properties refer to."""
        return names_in(self._resources[name].get("Properties", {}))

    def properties(self, name: str, resources: Mapping[str, Resource]) -> dict[str, Any]:
        """Return a resource's properties, resolved with what there is; raises TemplateError."""
        resolved = self._intrinsics(resources).resolve(self._resources[name].get("Properties", {}))
        if not isinstance(resolved, dict):
            raise TemplateError('"Properties" must map names to values')
        return resolved

    # ---- within ----------------------------------------------------------------------------------

    def _intrinsics(self, resources: Mapping[str, Resource]) -> Intrinsics:
        def attribute(name: str, of: str) -> Any:
            if name not in resources:
                raise TemplateError(f"there is no resource {name}")
            if of not in resources[name].attributes:
                raise TemplateError(f"{name} has no attribute {of}")
            return resources[name].attributes[of]

        def reference(name: str) -> Any:
            return resources[name].reference if name in resources else self._value(name)

        return Intrinsics(self._content, reference, attribute, self._place.region)

    def _value(self, name: str) -> Any:
        if name.startswith("AWS::"):
            return self._pseudo_parameter(name)
        parameters = self._content.get("Parameters", {})
        if name == "Stage" and name in parameters:
            return self._stage
        if name in parameters:
            if not isinstance(parameters[name], dict):
                raise TemplateError(f"parameter {name} must be an object")
            if "Default" not in parameters[name]:
                raise TemplateError(f"parameter {name} has no default, which offline is its value")
            return parameters[name]["Default"]
        if name in self._resources:
            return NO_VALUE  # left out by its condition
        raise TemplateError(f"there is no resource or parameter {name}")

    def _pseudo_parameter(self, name: str) -> str:
        place, stack = self._place, self._stack
        values = {
            "AWS::AccountId": place.account_id,
            "AWS::Region": place.region,
            "AWS::Partition": partition_of(place.region),
            "AWS::StackName": stack,
            "AWS::StackId": (
                f"arn:aws:cloudformation:{place.region}:{place.account_id}:stack/{stack}/offline"
            ),
            "AWS::URLSuffix": "amazonaws.com",
        }
        if name not in values:
            raise TemplateError(f"{name} is no pseudo parameter")
        return values[name]


def _is_resource(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("Type"), str)
