"""Secrets, parameters and state machines. Properties: CloudFormation template reference."""

from __future__ import annotations

import hashlib
from typing import Any

from chalice_offline.services.cloudformation.generated_secret import generated_secret
from chalice_offline.services.cloudformation.resource_types.base import (
    Place,
    Properties,
    Resource,
    ResourceType,
    gone_tags,
    only,
    tags_of,
    text,
)
from chalice_offline.services.cloudformation.resource_types.by_calls import retagged

_SECRET = ("Description", "KmsKeyId")


def _secret_value(secret: str, properties: Properties) -> dict[str, Any]:
    value = properties.get("SecretString")
    if value is None and "GenerateSecretString" in properties:
        value = generated_secret(secret, properties["GenerateSecretString"])
    return {} if value is None else {"SecretString": text(value)}


def _create_secret(place: Place, secret: str, properties: Properties) -> Resource:
    request = {"Name": secret} | only(properties, *_SECRET, "Tags")
    request |= _secret_value(secret, properties)
    arn = place.call("secretsmanager", "CreateSecret", request)["ARN"]
    return Resource(arn, {"Id": arn, "Name": secret})


def _update_secret(place: Place, secret: Resource, before: Properties, after: Properties) -> None:
    """Change the description, and the value only where the template says another.

    What somebody put into the secret since stays, as with CloudFormation.
    """
    request = {"SecretId": secret.reference, "Description": "", **only(after, *_SECRET)}
    values = ("SecretString", "GenerateSecretString")
    if only(before, *values) != only(after, *values):
        request |= _secret_value(secret.attributes["Name"], after)
    request["ClientRequestToken"] = _next_version(place, secret)
    place.call("secretsmanager", "UpdateSecret", request)
    retagged(place, "secretsmanager", {"SecretId": secret.reference}, before, after)


def _next_version(place: Place, secret: Resource) -> str:
    """Return an id for the next version, which an SDK would draw: it follows from the present."""
    described = place.call("secretsmanager", "DescribeSecret", {"SecretId": secret.reference})
    present = sorted(described.get("VersionIdsToStages", {}).items())
    return hashlib.sha256(repr(present).encode()).hexdigest()


def _delete_secret(place: Place, secret: Resource, _properties: Properties) -> None:
    request = {"SecretId": secret.reference, "ForceDeleteWithoutRecovery": True}
    place.call("secretsmanager", "DeleteSecret", request)


def _put_secret_policy(place: Place, _name: str, properties: Properties) -> Resource:
    request = only(properties, "SecretId", "ResourcePolicy", "BlockPublicPolicy")
    return Resource(place.call("secretsmanager", "PutResourcePolicy", request)["ARN"])


def _delete_secret_policy(place: Place, _policy: Resource, properties: Properties) -> None:
    place.call("secretsmanager", "DeleteResourcePolicy", only(properties, "SecretId"))


def _parameter(name: str, properties: Properties) -> Resource:
    return Resource(name, {"Type": properties["Type"], "Value": properties["Value"]})


def _parameter_request(name: str, properties: Properties) -> dict[str, Any]:
    request = {"Name": name, "Type": properties["Type"], "Value": text(properties["Value"])}
    return request | only(properties, "Description", "AllowedPattern", "DataType")


def _tag_parameter(place: Place, name: str, before: Properties, after: Properties) -> None:
    """Set the tags, which PutParameter does not take together with Overwrite."""
    named = {"ResourceType": "Parameter", "ResourceId": name}
    if gone := gone_tags(before, after):
        place.call("ssm", "RemoveTagsFromResource", {**named, "TagKeys": gone})
    if tags := [{"Key": key, "Value": value} for key, value in tags_of(after).items()]:
        place.call("ssm", "AddTagsToResource", {**named, "Tags": tags})


def _create_parameter(place: Place, name: str, properties: Properties) -> Resource:
    place.call("ssm", "PutParameter", _parameter_request(name, properties))
    _tag_parameter(place, name, {}, properties)
    return _parameter(name, properties)


def _update_parameter(
    place: Place, parameter: Resource, before: Properties, after: Properties
) -> Resource:
    request = _parameter_request(parameter.reference, after) | {"Overwrite": True}
    place.call("ssm", "PutParameter", request)
    _tag_parameter(place, parameter.reference, before, after)
    return _parameter(parameter.reference, after)


def _delete_parameter(place: Place, parameter: Resource, _properties: Properties) -> None:
    place.call("ssm", "DeleteParameter", {"Name": parameter.reference})


def _definition(place: Place, properties: Properties) -> dict[str, Any]:
    if "DefinitionS3Location" in properties:
        location = only(properties["DefinitionS3Location"], "Bucket", "Key")
        body = place.call("s3", "GetObject", location)["Body"]
        definition = (body if isinstance(body, bytes) else body.read()).decode()
    else:
        definition = text(properties.get("DefinitionString") or properties["Definition"])
    for name, value in properties.get("DefinitionSubstitutions", {}).items():
        definition = definition.replace(f"${{{name}}}", text(value))
    settings = only(properties, "RoleArn", "LoggingConfiguration", "TracingConfiguration")
    return {"definition": definition, **settings}


def _create_machine(place: Place, machine: str, properties: Properties) -> Resource:
    request = {"name": machine, **_definition(place, properties)}
    if "StateMachineType" in properties:
        request["type"] = properties["StateMachineType"]
    request |= only(properties, "Tags")
    arn = place.call("stepfunctions", "CreateStateMachine", request)["stateMachineArn"]
    return Resource(arn, {"Arn": arn, "Name": machine})


def _update_machine(place: Place, machine: Resource, before: Properties, after: Properties) -> None:
    off = {"LoggingConfiguration": {"Level": "OFF"}, "TracingConfiguration": {"Enabled": False}}
    gone = {name: off[name] for name in off if name in before}
    request = {"stateMachineArn": machine.reference, **gone, **_definition(place, after)}
    place.call("stepfunctions", "UpdateStateMachine", request)
    retagged(place, "stepfunctions", {"resourceArn": machine.reference}, before, after)


def _delete_machine(place: Place, machine: Resource, _properties: Properties) -> None:
    request = {"stateMachineArn": machine.reference}
    place.call("stepfunctions", "DeleteStateMachine", request)


# ---- activities ----------------------------------------------------------------------------------


def _create_activity(place: Place, name: str, properties: Properties) -> Resource:
    request = {"name": name, **only(properties, "Tags", "EncryptionConfiguration")}
    arn = place.call("stepfunctions", "CreateActivity", request)["activityArn"]
    return Resource(arn, {"Arn": arn, "Name": name})


def _update_activity(
    place: Place, activity: Resource, before: Properties, after: Properties
) -> None:
    retagged(place, "stepfunctions", {"resourceArn": activity.reference}, before, after)


def _delete_activity(place: Place, activity: Resource, _properties: Properties) -> None:
    place.call("stepfunctions", "DeleteActivity", {"activityArn": activity.reference})


TYPES = {
    "AWS::SecretsManager::Secret": ResourceType(
        _create_secret, _delete_secret, update=_update_secret, name="Name"
    ),
    "AWS::SecretsManager::ResourcePolicy": ResourceType(
        _put_secret_policy,
        _delete_secret_policy,
        update=lambda place, policy, _before, after: _put_secret_policy(
            place, policy.reference, after
        ),
        fixed=("SecretId",),
        is_its_reference=True,  # the secret's ARN, whether its name or that was given
    ),
    "AWS::SSM::Parameter": ResourceType(
        _create_parameter, _delete_parameter, update=_update_parameter, name="Name"
    ),
    "AWS::StepFunctions::Activity": ResourceType(
        _create_activity,
        _delete_activity,
        update=_update_activity,
        name="Name",
        fixed=("EncryptionConfiguration",),
        look=lambda place, name, _: place.call(
            "stepfunctions",
            "DescribeActivity",
            {"activityArn": place.arn("states", f"activity:{name}")},
        ),
        longest=80,
    ),
    "AWS::StepFunctions::StateMachine": ResourceType(
        _create_machine,
        _delete_machine,
        update=_update_machine,
        name="StateMachineName",
        fixed=("StateMachineType",),
    ),
}
