"""One template, created once; read again, only what is new in it is created."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from chalice_offline.chalice_app.cloudformation.intrinsics import (
    NO_VALUE,
    Intrinsics,
    TemplateError,
)
from chalice_offline.chalice_app.cloudformation.order import in_order
from chalice_offline.chalice_app.cloudformation.resources import CREATE, INERT, Place, Resource
from chalice_offline.core.arn import partition_of
from chalice_offline.core.errors import AwsError

if TYPE_CHECKING:
    from pathlib import Path

    from chalice_offline.chalice_app.project_file import ProjectFile

_log = logging.getLogger(__name__)


class Stack:
    """The resources of one project and stage."""

    def __init__(self, name: str, stage: str, place: Place) -> None:
        """Make an empty stack; generated resource names start with `name`."""
        self._name = name
        self._stage = stage
        self._place = place
        self._created: dict[str, Resource] = {}
        self._definitions: dict[str, Any] = {}

    def apply(self, file: ProjectFile) -> None:
        """Create every resource of the template that is not there yet.

        Raises ProjectError naming the file and the resource that cannot be created. A resource
        whose definition changed since it was created is left as it is, with a warning.
        """
        template = file.content
        resources = template.get("Resources")
        if not isinstance(resources, dict) or not all(_is_resource(r) for r in resources.values()):
            raise file.error(
                '"Resources" must map names to objects with a "Type" (a CloudFormation template)',
                "Resources",
            )
        intrinsics = Intrinsics(
            template,
            lambda name: self._reference(template, name),
            self._attribute,
            self._place.region,
        )
        try:
            for name in in_order(resources):
                self._create(name, resources[name], intrinsics, file)
        except TemplateError as error:
            raise file.error(str(error), "Resources") from error

    def _create(
        self, name: str, resource: dict[str, Any], intrinsics: Intrinsics, file: ProjectFile
    ) -> None:
        if name in self._created:
            if self._definitions[name] != resource:
                _log.warning("%s: %s was changed; restart to apply it", file.path, name)
            return
        if "Condition" in resource and not intrinsics.condition(resource["Condition"]):
            return
        kind = resource["Type"]
        of_it, place = f"resource {name} ({kind})", ("Resources", name)
        try:
            properties = intrinsics.resolve(resource.get("Properties", {}))
            if not isinstance(properties, dict):
                raise TemplateError('"Properties" must map names to values')
            created = self._make(name, kind, properties, file.path)
        except TemplateError as error:
            raise file.error(f"{of_it}: {error}", *place) from error
        except AwsError as error:
            raise file.error(f"{of_it}: {error.message}", *place) from error
        except KeyError as error:
            raise file.error(f"{of_it} needs the property {error}", *place) from error
        except (TypeError, ValueError, AttributeError, IndexError) as error:
            raise file.error(
                f"{of_it} is not as CloudFormation wants it: {error!r}", *place
            ) from error
        self._created[name] = created
        self._definitions[name] = resource

    def _make(self, name: str, kind: str, properties: dict[str, Any], path: Path) -> Resource:
        physical_name = f"{self._name}-{name}"
        create = CREATE.get(kind)
        if create is not None:
            return create(self._place, physical_name, properties)
        if kind not in INERT:
            _log.warning("%s: %s of %s is not created offline", path, kind, name)
        return Resource(physical_name, {"Arn": f"arn:aws:{kind}:{physical_name}"})

    def _reference(self, template: dict[str, Any], name: str) -> Any:
        if name in self._created:
            return self._created[name].reference
        if name.startswith("AWS::"):
            return self._pseudo_parameter(name)
        parameters = template.get("Parameters", {})
        if name == "Stage" and name in parameters:
            return self._stage
        if name in parameters:
            if "Default" not in parameters[name]:
                raise TemplateError(f"parameter {name} has no default, which offline is its value")
            return parameters[name]["Default"]
        if name in template.get("Resources", {}):
            return NO_VALUE  # left out by its condition
        raise TemplateError(f"there is no resource or parameter {name}")

    def _pseudo_parameter(self, name: str) -> str:
        place = self._place
        values = {
            "AWS::AccountId": place.account_id,
            "AWS::Region": place.region,
            "AWS::Partition": partition_of(place.region),
            "AWS::StackName": self._name,
            "AWS::StackId": (
                f"arn:aws:cloudformation:{place.region}:{place.account_id}:stack/{self._name}/offline"
            ),
            "AWS::URLSuffix": "amazonaws.com",
        }
        if name not in values:
            raise TemplateError(f"{name} is no pseudo parameter")
        return values[name]

    def _attribute(self, resource: str, name: str) -> Any:
        if resource not in self._created:
            raise TemplateError(f"there is no resource {resource}")
        attributes = self._created[resource].attributes
        if name not in attributes:
            raise TemplateError(f"{resource} has no attribute {name}")
        return attributes[name]


def _is_resource(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("Type"), str)
