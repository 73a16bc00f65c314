"""What CloudFormation has of its own: nested stacks, macros, waiting for somebody else's signal.

Properties: template reference, AWS::CloudFormation.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.core.pending import Pending
from chalice_offline.services.cloudformation import limits
from chalice_offline.services.cloudformation.errors import validation_error
from chalice_offline.services.cloudformation.resource_types.base import (
    Place,
    Properties,
    Resource,
    ResourceType,
    Stage,
    only,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def stage_of(place: Place) -> Stage:
    """Return the stack a resource is made in; ValidationError where there is none."""
    if place.stage is None:
        raise validation_error("#: this type exists within a stack only")
    return place.stage


# ---- nested stacks -------------------------------------------------------------------------------

# A nested stack may do what its parent was allowed to do.
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]


def _request(name: str, properties: Properties) -> dict[str, Any]:
    parameters = [
        {"ParameterKey": key, "ParameterValue": _parameter(value)}
        for key, value in properties.get("Parameters", {}).items()
    ]
    request = only(properties, "TemplateURL", "TemplateBody", "NotificationARNs", "Tags")
    if "TemplateURL" not in request and "TemplateBody" not in request:
        raise KeyError("TemplateURL")
    return request | {
        "StackName": name,
        "Parameters": parameters,
        "Capabilities": _CAPABILITIES,
    }


def _parameter(value: Any) -> str:
    return ",".join(map(text, value)) if isinstance(value, list) else text(value)


def _stack(description: dict[str, Any]) -> Resource:
    outputs = {
        f"Outputs.{one['OutputKey']}": one["OutputValue"] for one in description.get("Outputs", ())
    }
    return Resource(str(description["StackId"]), outputs)


def _create_stack(place: Place, name: str, properties: Properties) -> Pending[Resource]:
    stage = stage_of(place)
    request = _request(name, properties)
    if "TimeoutInMinutes" in properties:
        request["TimeoutInMinutes"] = int(properties["TimeoutInMinutes"])
    created = stage.nested("CreateStack", request).map(_stack)
    return _or_else(created, lambda: stage.nested("DeleteStack", {"StackName": name}))


def _or_else(
    made: Pending[Resource], take_back: Callable[[], Pending[dict[str, Any]]]
) -> Pending[Resource]:
    """Return what was made; where that failed, only after what is left of it was taken back."""
    ended: Pending[Resource] = Pending()

    def settled(_made: Pending[Resource]) -> None:
        try:
            ended.resolve(made.result())
        except AwsError as error:
            failure = error
            try:
                take_back().then(lambda _gone: ended.fail(failure))
            except AwsError:  # it had not even begun
                ended.fail(failure)

    made.then(settled)
    return ended


def _update_stack(
    place: Place, stack: Resource, _before: Properties, after: Properties
) -> Pending[Resource]:
    request = _request(stack.reference, after)
    return stage_of(place).nested("UpdateStack", request).map(_stack)


def _delete_stack(place: Place, stack: Resource, _properties: Properties) -> object:
    return stage_of(place).nested("DeleteStack", {"StackName": stack.reference})


# ---- waiting for signals -------------------------------------------------------------------------


def _create_handle(place: Place, _name: str, _properties: Properties) -> Resource:
    return Resource(stage_of(place).handle())


def _create_condition(place: Place, name: str, properties: Properties) -> Pending[Resource]:
    seconds = int(properties.get("Timeout", limits.WAIT_SECONDS))
    if not 0 <= seconds <= limits.WAIT_SECONDS:
        raise validation_error(
            f"#/Timeout: {seconds} is not less or equal to {limits.WAIT_SECONDS}"
        )
    count = int(properties.get("Count", 1))
    signals = stage_of(place).signals(text(properties["Handle"]), count, seconds)
    return signals.map(lambda data: Resource(name, {"Data": json.dumps(data)}))


# ---- macros --------------------------------------------------------------------------------------


def _define_macro(place: Place, name: str, properties: Properties) -> Resource:
    stage_of(place).define_macro(name, text(properties["FunctionName"]))
    return Resource(name, {"Id": name})


TYPES = {
    "AWS::CloudFormation::Macro": ResourceType(
        _define_macro,
        lambda place, macro, _: stage_of(place).drop_macro(macro.reference),
        update=lambda place, macro, _before, after: _define_macro(place, macro.reference, after),
        name="Name",
        required=("FunctionName", "Name"),
    ),
    "AWS::CloudFormation::Stack": ResourceType(
        _create_stack, _delete_stack, update=_update_stack, longest=128
    ),
    "AWS::CloudFormation::WaitConditionHandle": ResourceType(_create_handle),
    "AWS::CloudFormation::WaitCondition": ResourceType(_create_condition),
}
