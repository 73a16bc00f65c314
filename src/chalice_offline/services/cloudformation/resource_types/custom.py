"""Custom resources: made by a function or by whoever reads a topic.

Source: user guide, "Custom resource request and response reference".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.cloudformation import limits
from chalice_offline.services.cloudformation.resource_types.base import (
    Place,
    Properties,
    Resource,
    ResourceType,
    text,
)
from chalice_offline.services.cloudformation.resource_types.stacks import stage_of

if TYPE_CHECKING:
    from chalice_offline.core.pending import Pending

_SUBJECT = "AWS CloudFormation custom resource request"


def _texts(value: Any) -> Any:
    """Return properties as they are sent: every value in them is a text."""
    if isinstance(value, dict):
        return {name: _texts(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_texts(item) for item in value]
    return text(value)


def _asked(
    place: Place, doing: str, properties: Properties, more: dict[str, Any]
) -> Pending[Resource]:
    """Send one request; returns the resource that its answer tells of."""
    stage = stage_of(place)
    seconds = int(properties.get("ServiceTimeout", limits.CUSTOM_RESOURCE_SECONDS))
    url, answer = stage.expect(seconds)
    request_id = stage.ids.uuid()
    request = {
        "RequestType": doing,
        "ServiceToken": properties["ServiceToken"],
        "ResponseURL": url,
        "StackId": stage.stack_id,
        "RequestId": request_id,
        "LogicalResourceId": stage.logical_id,
        "ResourceType": stage.kind,
        **more,
        "ResourceProperties": _texts(properties),
    }
    _send(place, text(properties["ServiceToken"]), json.dumps(request))
    return answer.map(lambda told: _resource(told, doing, request_id))


def _send(place: Place, token: str, request: str) -> None:
    if ":sns:" in token:
        message = {"TopicArn": token, "Message": request, "Subject": _SUBJECT}
        place.call("sns", "Publish", message)
        return
    place.call(
        "lambda",
        "Invoke",
        {"FunctionName": token, "InvocationType": "Event", "Payload": request},
    )


def _resource(told: dict[str, Any], doing: str, request_id: str) -> Resource:
    physical_id = told.get("PhysicalResourceId")
    if told.get("Status") != "SUCCESS":
        raise _failed(
            f"Received response status [{told.get('Status')}] from custom resource. Message "
            f"returned: {told.get('Reason', '')} (RequestId: {request_id})"
        )
    if not isinstance(physical_id, str) or not physical_id:
        raise _failed("Invalid PhysicalResourceId")
    data = told.get("Data") or {}
    if not isinstance(data, dict):
        raise _failed(f"Invalid Data in the answer to {doing}: expected a JSON object")
    return Resource(physical_id, data)


def _failed(message: str) -> AwsError:
    return AwsError("CustomResourceFailed", message)


def _create(place: Place, _name: str, properties: Properties) -> Pending[Resource]:
    return _asked(place, "Create", properties, {})


def _update(
    place: Place, resource: Resource, before: Properties, after: Properties
) -> Pending[Resource]:
    more = {
        "PhysicalResourceId": resource.reference,
        "OldResourceProperties": _texts(before),
    }
    return _asked(place, "Update", after, more)


def _delete(place: Place, resource: Resource, properties: Properties) -> object:
    return _asked(place, "Delete", properties, {"PhysicalResourceId": resource.reference})


TYPES = {
    "AWS::CloudFormation::CustomResource": ResourceType(
        _create, _delete, update=_update, fixed=("ServiceToken",)
    )
}
