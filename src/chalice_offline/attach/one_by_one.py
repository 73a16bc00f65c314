"""Resources of a template created each by its own AWS calls, where there is no CloudFormation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.cloudformation.inputs import Inputs
from chalice_offline.services.cloudformation.intrinsics import Intrinsics
from chalice_offline.services.cloudformation.resource import Resource
from chalice_offline.services.cloudformation.resource_types import placeholder, type_of
from chalice_offline.services.cloudformation.template import Template

if TYPE_CHECKING:
    from chalice_offline.chalice_app.project_file import ProjectFile
    from chalice_offline.services.cloudformation.resource_types import Place


class OneByOne:
    """Creates what a template declares, in order; what is there already stays as it is."""

    def __init__(self, stack: str, stage: str, place: Place) -> None:
        """Prepare; generated names begin with the stack's."""
        self._stack = stack
        self._stage = stage
        self._place = place

    def values(self, content: dict[str, Any], there: dict[str, Resource]) -> Intrinsics:
        """Return what resolves values, with the resources there are; raises AwsError."""
        template = Template(content)
        parameters = {n: p["Default"] for n, p in template.parameters.items() if "Default" in p}
        if "Stage" in template.parameters:
            parameters["Stage"] = self._stage
        place = self._place
        stack_id = place.arn("cloudformation", f"stack/{self._stack}/attached")
        inputs = Inputs(self._stack, stack_id, place.account_id, place.region, parameters)
        return Intrinsics(template, inputs, there)

    def create(self, file: ProjectFile) -> None:
        """Create all of it; ProjectError names the resource that could not be."""
        there: dict[str, Resource] = {}
        try:
            values = self.values(file.content, there)
            names = [n for n in Template(file.content).names if values.is_included(n)]
        except AwsError as error:
            raise file.error(error.message, "Resources") from error
        for name in names:
            declared = file.content["Resources"][name]
            kind = declared["Type"]
            try:
                properties = values.resolve(declared.get("Properties", {}))
                there[name] = self._created(name, kind, properties)
            except (AwsError, KeyError, TypeError, ValueError, AttributeError) as error:
                why = error.message if isinstance(error, AwsError) else repr(error)
                raise file.error(f"resource {name} ({kind}): {why}", "Resources", name) from error

    def _created(self, name: str, kind: str, properties: dict[str, Any]) -> Resource:
        type_ = type_of(kind)
        generated = f"{self._stack}-{name}"
        if type_ is None:
            return placeholder(generated)
        physical = type_.given_name(properties) or type_.physical_name(generated, properties)
        resource = type_.create(self._place, physical, properties)
        assert isinstance(resource, Resource), f"{kind} is there at once"
        type_.complete(self._place, resource, properties)
        return resource
