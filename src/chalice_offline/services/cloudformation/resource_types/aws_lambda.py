"""Lambda: functions, and what is made of and around them. Properties: AWS::Lambda."""

from __future__ import annotations

from functools import partial
from typing import Any

from chalice_offline.services.cloudformation.inline_code import package_of
from chalice_offline.services.cloudformation.resource_types.base import (
    Made,
    Place,
    Properties,
    Resource,
    ResourceType,
    gone_tags,
    only,
    tags_of,
    text,
)
from chalice_offline.services.cloudformation.resource_types.by_calls import by_calls, named, replied
from chalice_offline.services.cloudformation.resource_types.in_turn import in_turn

# ---- functions -----------------------------------------------------------------------------------

# What a setting is again when a template no longer has it.
_DEFAULTS: dict[str, Any] = {
    "DeadLetterConfig": {"TargetArn": ""},
    "Description": "",
    "Environment": {"Variables": {}},
    "EphemeralStorage": {"Size": 512},
    "Layers": [],
    "MemorySize": 128,
    "Timeout": 3,
    "TracingConfig": {"Mode": "PassThrough"},
}
_SETTINGS = (
    *_DEFAULTS, "FileSystemConfigs", "Handler", "ImageConfig", "KmsKeyArn", "LoggingConfig", "Role",
    "Runtime", "SnapStart", "VpcConfig",
)  # fmt: skip
_KMS = {"KmsKeyArn": "KMSKeyArn"}


def _settings(properties: Properties) -> dict[str, Any]:
    return {_KMS.get(name, name): value for name, value in only(properties, *_SETTINGS).items()}


def _code(properties: Properties) -> dict[str, Any]:
    code = only(properties["Code"], "S3Bucket", "S3Key", "S3ObjectVersion", "ImageUri")
    if "ZipFile" in properties["Code"]:
        runtime = text(properties.get("Runtime", ""))
        code["ZipFile"] = package_of(text(properties["Code"]["ZipFile"]), runtime)
    return code


def _create_function(place: Place, name: str, properties: Properties) -> Made:
    request = {"FunctionName": name, "Code": _code(properties), "Tags": tags_of(properties)}
    request |= _settings(properties)
    request |= only(properties, "Architectures", "PackageType", "CodeSigningConfigArn")
    made = place.call("lambda", "CreateFunction", request)
    return in_turn(place, Resource(name, {"Arn": made["FunctionArn"]}), ())


def _complete_function(place: Place, function: Resource, properties: Properties) -> None:
    _set_concurrency(place, function, {}, properties)
    if "RecursiveLoop" in properties:
        request = {"FunctionName": function.reference} | only(properties, "RecursiveLoop")
        place.call("lambda", "PutFunctionRecursionConfig", request)


def _set_concurrency(
    place: Place, function: Resource, before: Properties, after: Properties
) -> None:
    name = {"FunctionName": function.reference}
    reserved = only(after, "ReservedConcurrentExecutions")
    if reserved and reserved != only(before, "ReservedConcurrentExecutions"):
        place.call("lambda", "PutFunctionConcurrency", name | reserved)
    elif "ReservedConcurrentExecutions" in before and not reserved:
        place.call("lambda", "DeleteFunctionConcurrency", name)


def _update_function(
    place: Place, function: Resource, before: Properties, after: Properties
) -> Made:
    name = {"FunctionName": function.reference}
    gone = {prop: value for prop, value in _DEFAULTS.items() if prop in before}
    wanted = {**gone, **_settings(after)}
    code = name | _code(after) | only(after, "Architectures")
    calls = []
    if wanted != {**gone, **_settings(before)}:
        configuration = name | wanted
        calls.append(partial(place.call, "lambda", "UpdateFunctionConfiguration", configuration))
    if code != name | _code(before) | only(before, "Architectures"):
        calls.append(partial(place.call, "lambda", "UpdateFunctionCode", code))
    calls.append(partial(_update_around, place, function, before, after))
    return in_turn(place, function, calls)


def _update_around(
    place: Place, function: Resource, before: Properties, after: Properties
) -> dict[str, Any]:
    _set_concurrency(place, function, before, after)
    return _retag(place, function.attributes["Arn"], before, after)


def _retag(place: Place, arn: str, before: Properties, after: Properties) -> dict[str, Any]:
    resource = {"Resource": arn}
    if gone := gone_tags(before, after):
        place.call("lambda", "UntagResource", resource | {"TagKeys": gone})
    if tags_of(after) != tags_of(before) and tags_of(after):
        place.call("lambda", "TagResource", resource | {"Tags": tags_of(after)})
    return {}


# ---- versions and aliases ------------------------------------------------------------------------


def _provision(place: Place, properties: Properties, function: str, qualifier: str) -> None:
    wanted = properties.get("ProvisionedConcurrencyConfig")
    if wanted:
        request = {"FunctionName": function, "Qualifier": qualifier}
        place.call("lambda", "PutProvisionedConcurrencyConfig", request | wanted)


def _complete_version(place: Place, version: Resource, properties: Properties) -> None:
    _provision(place, properties, properties["FunctionName"], version.attributes["Version"])


def _delete_version(place: Place, version: Resource, properties: Properties) -> None:
    request = only(properties, "FunctionName") | {"Qualifier": version.attributes["Version"]}
    place.call("lambda", "DeleteFunction", request)


def _alias(properties: Properties) -> dict[str, Any]:
    request = only(properties, "FunctionName", "FunctionVersion", "Name", "Description")
    weights = properties.get("RoutingConfig", {}).get("AdditionalVersionWeights", ())
    routing = {text(one["FunctionVersion"]): one["FunctionWeight"] for one in weights}
    return {"Description": ""} | request | {"RoutingConfig": {"AdditionalVersionWeights": routing}}


def _create_alias(place: Place, _name: str, properties: Properties) -> Resource:
    arn = place.call("lambda", "CreateAlias", _alias(properties))["AliasArn"]
    return Resource(arn, {"AliasArn": arn})


def _complete_alias(place: Place, _alias: Resource, properties: Properties) -> None:
    _provision(place, properties, properties["FunctionName"], properties["Name"])


def _update_alias(place: Place, alias: Resource, before: Properties, after: Properties) -> None:
    place.call("lambda", "UpdateAlias", _alias(after))
    if "ProvisionedConcurrencyConfig" in before and "ProvisionedConcurrencyConfig" not in after:
        request = only(after, "FunctionName") | {"Qualifier": after["Name"]}
        place.call("lambda", "DeleteProvisionedConcurrencyConfig", request)
    _complete_alias(place, alias, after)


# ---- permissions and layers ----------------------------------------------------------------------


def _permit(place: Place, name: str, properties: Properties) -> Resource:
    request = properties | {"StatementId": name}
    place.call("lambda", "AddPermission", request)
    return Resource(name, {"Id": name})


def _forbid(place: Place, permission: Resource, properties: Properties) -> None:
    request = only(properties, "FunctionName") | {"StatementId": permission.reference}
    place.call("lambda", "RemovePermission", request)


def _layer_version(arn: str) -> dict[str, Any]:
    layer, _, number = arn.rpartition(":")
    return {"LayerName": layer, "VersionNumber": number}


def _permit_layer(place: Place, name: str, properties: Properties) -> Resource:
    request = _layer_version(properties["LayerVersionArn"]) | {"StatementId": name}
    request |= only(properties, "Action", "OrganizationId", "Principal")
    place.call("lambda", "AddLayerVersionPermission", request)
    return Resource(f"{properties['LayerVersionArn']}#{name}", {"Id": name})


def _forbid_layer(place: Place, permission: Resource, properties: Properties) -> None:
    request = _layer_version(properties["LayerVersionArn"])
    request["StatementId"] = permission.attributes["Id"]
    place.call("lambda", "RemoveLayerVersionPermission", request)


# ---- mappings ------------------------------------------------------------------------------------


def _create_mapping(place: Place, _name: str, properties: Properties) -> Made:
    request = properties | {"Tags": tags_of(properties)}
    made = place.call("lambda", "CreateEventSourceMapping", request)
    arn = made.get("EventSourceMappingArn", "")
    return in_turn(
        place, Resource(made["UUID"], {"Id": made["UUID"], "EventSourceMappingArn": arn}), ()
    )


_MAPPING_FIXED = (
    "EventSourceArn", "StartingPosition", "StartingPositionTimestamp", "SelfManagedEventSource",
    "Queues", "Topics", "AmazonManagedKafkaEventSourceConfig", "SelfManagedKafkaEventSourceConfig",
)  # fmt: skip


def _update_mapping(place: Place, mapping: Resource, before: Properties, after: Properties) -> Made:
    request = {name: value for name, value in after.items() if name not in _MAPPING_FIXED}
    request.pop("Tags", None)
    defaults = {"FilterCriteria": {}, "FunctionResponseTypes": [], "Enabled": True}
    gone = {name: value for name, value in defaults.items() if name in before}
    request = gone | request | {"UUID": mapping.reference}
    calls = [partial(_retag, place, mapping.attributes["EventSourceMappingArn"], before, after)]
    if {**before, "Tags": ()} != {**after, "Tags": ()}:  # else it would stop reading for a moment
        calls.insert(0, partial(place.call, "lambda", "UpdateEventSourceMapping", request))
    return in_turn(place, mapping, calls)


# ---- the rest ------------------------------------------------------------------------------------


def _qualified(_resource: Resource, properties: Properties) -> dict[str, Any]:
    function = properties.get("TargetFunctionArn", properties.get("FunctionName"))
    return {"FunctionName": function} | only(properties, "Qualifier")


TYPES = {
    "AWS::Lambda::Function": ResourceType(
        _create_function,
        lambda place, function, _: place.call(
            "lambda", "DeleteFunction", {"FunctionName": function.reference}
        ),
        complete=_complete_function,
        update=_update_function,
        name="FunctionName",
        fixed=("PackageType",),
        longest=64,
        required=("Code", "Role"),
    ),
    "AWS::Lambda::Version": ResourceType(
        lambda place, _name, properties: replied(
            "FunctionArn", FunctionArn="FunctionArn", Version="Version"
        )(
            place,
            "",
            properties,
            place.call(
                "lambda",
                "PublishVersion",
                only(properties, "FunctionName", "CodeSha256", "Description"),
            ),
        ),
        _delete_version,
        complete=_complete_version,
    ),
    "AWS::Lambda::Alias": ResourceType(
        _create_alias,
        lambda place, _alias, properties: place.call(
            "lambda", "DeleteAlias", only(properties, "FunctionName", "Name")
        ),
        complete=_complete_alias,
        update=_update_alias,
        fixed=("FunctionName", "Name"),
    ),
    "AWS::Lambda::Permission": ResourceType(_permit, _forbid, longest=100),
    "AWS::Lambda::LayerVersion": by_calls(
        "lambda",
        "PublishLayerVersion",
        replied("LayerVersionArn", LayerVersionArn="LayerVersionArn"),
        key=lambda layer, _properties: _layer_version(layer.reference),
        name="LayerName",
        delete="DeleteLayerVersion",
        longest=140,
    ),
    "AWS::Lambda::LayerVersionPermission": ResourceType(_permit_layer, _forbid_layer),
    "AWS::Lambda::EventSourceMapping": ResourceType(
        _create_mapping,
        lambda place, mapping, _: place.call(
            "lambda", "DeleteEventSourceMapping", {"UUID": mapping.reference}
        ),
        update=_update_mapping,
        fixed=_MAPPING_FIXED,
    ),
    "AWS::Lambda::Url": by_calls(
        "lambda",
        "CreateFunctionUrlConfig",
        replied("FunctionArn", FunctionArn="FunctionArn", FunctionUrl="FunctionUrl"),
        key=_qualified,
        spelled={"TargetFunctionArn": "FunctionName"},
        delete="DeleteFunctionUrlConfig",
        update="UpdateFunctionUrlConfig",
        fixed=("TargetFunctionArn", "Qualifier"),
    ),
    "AWS::Lambda::EventInvokeConfig": by_calls(
        "lambda",
        "PutFunctionEventInvokeConfig",
        named(),
        key=_qualified,
        delete="DeleteFunctionEventInvokeConfig",
        update="PutFunctionEventInvokeConfig",
        fixed=("FunctionName", "Qualifier"),
    ),
    "AWS::Lambda::CodeSigningConfig": by_calls(
        "lambda",
        "CreateCodeSigningConfig",
        replied(
            "CodeSigningConfig.CodeSigningConfigArn",
            CodeSigningConfigArn="CodeSigningConfig.CodeSigningConfigArn",
            CodeSigningConfigId="CodeSigningConfig.CodeSigningConfigId",
        ),
        key=lambda config, _properties: {"CodeSigningConfigArn": config.reference},
        delete="DeleteCodeSigningConfig",
        update="UpdateCodeSigningConfig",
        tags="map",
    ),
}
