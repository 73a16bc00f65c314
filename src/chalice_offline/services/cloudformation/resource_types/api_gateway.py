"""API Gateway's REST APIs. Properties: AWS::ApiGateway, template reference."""

from __future__ import annotations

import json
from typing import Any

from chalice_offline.services.cloudformation.resource_types import api_gateway_patches as patches
from chalice_offline.services.cloudformation.resource_types.api_gateway_access import retag
from chalice_offline.services.cloudformation.resource_types.base import (
    Place,
    Properties,
    Resource,
    ResourceType,
    first,
    only,
    tags_of,
    text,
)
from chalice_offline.services.cloudformation.resource_types.by_calls import (
    by_calls,
    keyed,
    named,
    replied,
)

# ---- APIs ----------------------------------------------------------------------------------------

_API_SETTINGS = {
    "Name": "/name",
    "Description": "/description",
    "MinimumCompressionSize": "/minimumCompressionSize",
    "ApiKeySourceType": "/apiKeySource",
    "DisableExecuteApiEndpoint": "/disableExecuteApiEndpoint",
    "Policy": "/policy",
}


def _create_api(place: Place, name: str, properties: Properties) -> Resource:
    request = only(
        properties, "Description", "CloneFrom", "BinaryMediaTypes", "MinimumCompressionSize",
        "EndpointConfiguration", "DisableExecuteApiEndpoint",
    )  # fmt: skip
    if "ApiKeySourceType" in properties:
        request["apiKeySource"] = properties["ApiKeySourceType"]
    if "Policy" in properties:
        request["policy"] = text(properties["Policy"])
    title = properties.get("Body", {}).get("info", {}).get("title")
    request |= {"name": properties.get("Name", title or name), "tags": tags_of(properties)}
    made = place.call("apigateway", "CreateRestApi", request)
    attributes = {"RestApiId": made["id"], "RootResourceId": made["rootResourceId"]}
    return Resource(made["id"], attributes)


def _import(place: Place, api: Resource, properties: Properties) -> None:
    body = properties.get("Body")
    if "BodyS3Location" in properties:
        location = only(properties["BodyS3Location"], "Bucket", "Key")
        body = place.call("s3", "GetObject", location)["Body"]
    if body is None:
        return
    request = {
        "restApiId": api.reference,
        "mode": properties.get("Mode", "overwrite"),
        "body": body if isinstance(body, bytes | str) else json.dumps(body),
    } | only(properties, "FailOnWarnings", "Parameters")
    place.call("apigateway", "PutRestApi", request)
    if "Name" in properties:  # it goes before the document's title
        patch = {"op": "replace", "path": "/name", "value": text(properties["Name"])}
        changes = {"restApiId": api.reference, "patchOperations": [patch]}
        place.call("apigateway", "UpdateRestApi", changes)


def _update_api(place: Place, api: Resource, before: Properties, after: Properties) -> None:
    document = ("Body", "BodyS3Location", "Mode", "Parameters")
    if only(before, *document) != only(after, *document):
        _import(place, api, after)
    changes = patches.replaced(before, after, _API_SETTINGS)
    types = before.get("BinaryMediaTypes", []), after.get("BinaryMediaTypes", [])
    changes += patches.members("/binaryMediaTypes", *types)
    if changes:
        request = {"restApiId": api.reference, "patchOperations": changes}
        place.call("apigateway", "UpdateRestApi", request)
    retag(place, f"restapis/{api.reference}", before, after)


# ---- usage plans and keys ------------------------------------------------------------------------

_KEY_SETTINGS = {"CustomerId": "/customerId", "Description": "/description", "Enabled": "/enabled"}


def _create_plan(place: Place, name: str, properties: Properties) -> Resource:
    request = only(properties, "ApiStages", "Description", "Quota", "Throttle")
    request |= {"name": properties.get("UsagePlanName", name), "tags": tags_of(properties)}
    made = place.call("apigateway", "CreateUsagePlan", request)
    return Resource(made["id"], {"Id": made["id"]})


def _patch_plan(place: Place, plan: Resource, changes: list[patches.Patch]) -> None:
    if changes:
        request = {"usagePlanId": plan.reference, "patchOperations": changes}
        place.call("apigateway", "UpdateUsagePlan", request)


def _stages_of(place: Place, plan: Resource) -> list[dict[str, Any]]:
    present = place.call("apigateway", "GetUsagePlan", {"usagePlanId": plan.reference})
    stages: list[dict[str, Any]] = present.get("apiStages", [])
    return stages


def _delete_plan(place: Place, plan: Resource, _properties: Properties) -> None:
    """Take it from its stages, and delete it: API Gateway keeps one that still has any."""
    _patch_plan(place, plan, patches.without_stages(_stages_of(place, plan)))
    place.call("apigateway", "DeleteUsagePlan", {"usagePlanId": plan.reference})


def _update_plan(place: Place, plan: Resource, before: Properties, after: Properties) -> None:
    """Change a plan in place: its keys and whoever counts with them stay."""
    _patch_plan(place, plan, patches.of_usage_plan(_stages_of(place, plan), before, after))
    retag(place, f"usageplans/{plan.reference}", before, after)


def _update_key(place: Place, key: Resource, before: Properties, after: Properties) -> None:
    """Change a key in place: its value, which clients have, stays."""
    if changes := patches.replaced(before, after, _KEY_SETTINGS):
        request = {"apiKey": key.reference, "patchOperations": changes}
        place.call("apigateway", "UpdateApiKey", request)
    retag(place, f"apikeys/{key.reference}", before, after)


# ---- deployments and stages ----------------------------------------------------------------------


def _create_deployment(place: Place, _name: str, properties: Properties) -> Resource:
    request = only(properties, "RestApiId", "Description", "StageName")
    description = properties.get("StageDescription", {})
    if isinstance(description, dict):
        request |= only(description, "Variables", "TracingEnabled")
    if "DeploymentCanarySettings" in properties:
        request["canarySettings"] = properties["DeploymentCanarySettings"]
    made = place.call("apigateway", "CreateDeployment", request)
    return Resource(made["id"], {"DeploymentId": made["id"]})


def _update_deployment(
    place: Place, deployment: Resource, before: Properties, after: Properties
) -> None:
    changes = patches.replaced(before, after, {"Description": "/description"})
    request = {"deploymentId": deployment.reference, "patchOperations": changes}
    place.call("apigateway", "UpdateDeployment", request | only(after, "RestApiId"))


_NO_CANARY = {"op": "remove", "path": "/canarySettings"}


def _delete_deployment(place: Place, deployment: Resource, properties: Properties) -> None:
    """Delete a deployment, and first the stage that was made with it: it would be in the way."""
    api = only(properties, "RestApiId")
    if "StageName" in properties:
        stages = place.call("apigateway", "GetStages", api)["item"]
        made = (
            one["stageName"]
            for one in stages
            if one["stageName"] == properties["StageName"]
            and one["deploymentId"] == deployment.reference
        )
        if (stage := first(made)) is not None:
            place.call("apigateway", "DeleteStage", api | {"stageName": stage})
        for one in stages:  # nor is a stage's canary left without what it serves
            if one.get("canarySettings", {}).get("deploymentId") == deployment.reference:
                request = api | only(one, "stageName") | {"patchOperations": [_NO_CANARY]}
                place.call("apigateway", "UpdateStage", request)
    place.call("apigateway", "DeleteDeployment", api | {"deploymentId": deployment.reference})


_AT_ONCE = (
    "RestApiId", "DeploymentId", "Description", "CacheClusterEnabled", "CacheClusterSize",
    "Variables", "DocumentationVersion", "TracingEnabled", "CanarySetting",
)  # fmt: skip


def _create_stage(place: Place, name: str, properties: Properties) -> Resource:
    request = only(properties, *_AT_ONCE) | {"stageName": name, "tags": tags_of(properties)}
    if "CanarySetting" in request:
        request["canarySettings"] = request.pop("CanarySetting")
    place.call("apigateway", "CreateStage", request)
    return Resource(name)


def _complete_stage(place: Place, stage: Resource, properties: Properties) -> None:
    _patch_stage(place, stage, only(properties, *_AT_ONCE), properties)


def _patch_stage(place: Place, stage: Resource, before: Properties, after: Properties) -> None:
    if changes := patches.of_stage(before, after):
        request = {"stageName": stage.reference, "patchOperations": changes}
        place.call("apigateway", "UpdateStage", request | only(after, "RestApiId"))


def _update_stage(place: Place, stage: Resource, before: Properties, after: Properties) -> None:
    _patch_stage(place, stage, before, after)
    retag(place, f"restapis/{after['RestApiId']}/stages/{stage.reference}", before, after)


# ---- methods -------------------------------------------------------------------------------------


def _create_method(place: Place, name: str, properties: Properties) -> Resource:
    request = {
        prop: value
        for prop, value in properties.items()
        if prop not in ("Integration", "MethodResponses")
    }
    place.call("apigateway", "PutMethod", {"authorizationType": "NONE", **_method(request)})
    return Resource(name)


def _method(properties: Properties) -> Properties:
    """Return properties with the spelling of those that have a value if there is none."""
    spelled = {"AuthorizationType": "authorizationType"}
    return {spelled.get(name, name): value for name, value in properties.items()}


def _complete_method(place: Place, _resource: Resource, properties: Properties) -> None:
    where = only(properties, "RestApiId", "ResourceId", "HttpMethod")
    for response in properties.get("MethodResponses", ()):
        place.call("apigateway", "PutMethodResponse", where | response)
    integration = dict(properties.get("Integration", {}))
    if not integration:
        return
    responses = integration.pop("IntegrationResponses", ())
    place.call("apigateway", "PutIntegration", where | integration)
    for response in responses:
        place.call("apigateway", "PutIntegrationResponse", where | response)


def _update_method(place: Place, method: Resource, before: Properties, after: Properties) -> None:
    try:
        _delete_method(place, method, before)
    finally:
        _create_method(place, method.reference, after)
    _complete_method(place, method, after)


def _delete_method(place: Place, _method: Resource, properties: Properties) -> None:
    where = only(properties, "RestApiId", "ResourceId", "HttpMethod")
    place.call("apigateway", "DeleteMethod", where)


# ---- the rest ------------------------------------------------------------------------------------


def _set_account(place: Place, name: str, properties: Properties) -> Resource:
    role = text(properties.get("CloudWatchRoleArn", ""))
    change = {"op": "replace", "path": "/cloudwatchRoleArn", "value": role}
    place.call("apigateway", "UpdateAccount", {"patchOperations": [change]})
    return Resource(name, {"Id": name})


def _update_account(
    place: Place, account: Resource, _before: Properties, after: Properties
) -> None:
    _set_account(place, account.reference, after)


def _create_model(place: Place, name: str, properties: Properties) -> Resource:
    request = {"contentType": "application/json", "name": name}
    if "ContentType" in properties:
        request["contentType"] = properties["ContentType"]
    request |= only(properties, "RestApiId", "Description")
    request["schema"] = text(properties.get("Schema", {}))
    place.call("apigateway", "CreateModel", request)
    return Resource(name)


def _update_model(place: Place, model: Resource, before: Properties, after: Properties) -> None:
    paths = {"Schema": "/schema", "Description": "/description"}
    request = {
        "modelName": model.reference,
        "patchOperations": patches.replaced(before, after, paths),
    }
    place.call("apigateway", "UpdateModel", request | only(after, "RestApiId"))


def _identified(member: str, *properties: str) -> Any:
    return keyed(member, "RestApiId", *properties)


TYPES = {
    "AWS::ApiGateway::RestApi": ResourceType(
        _create_api,
        lambda place, api, _: place.call(
            "apigateway", "DeleteRestApi", {"restApiId": api.reference}
        ),
        complete=_import,
        update=_update_api,
        fixed=("CloneFrom",),
    ),
    "AWS::ApiGateway::Resource": by_calls(
        "apigateway",
        "CreateResource",
        replied("id", ResourceId="id"),
        key=_identified("resourceId"),
        delete="DeleteResource",
    ),
    "AWS::ApiGateway::Method": ResourceType(
        _create_method,
        _delete_method,
        complete=_complete_method,
        update=_update_method,
        fixed=("RestApiId", "ResourceId", "HttpMethod"),
    ),
    "AWS::ApiGateway::Deployment": ResourceType(
        _create_deployment,
        _delete_deployment,
        update=_update_deployment,
        fixed=("RestApiId", "StageName", "DeploymentCanarySettings"),
    ),
    "AWS::ApiGateway::Stage": ResourceType(
        _create_stage,
        lambda place, stage, properties: place.call(
            "apigateway",
            "DeleteStage",
            only(properties, "RestApiId") | {"stageName": stage.reference},
        ),
        complete=_complete_stage,
        update=_update_stage,
        name="StageName",
        fixed=("RestApiId",),
        physical_name=lambda name, _: name.replace("-", "_"),
        longest=128,
    ),
    "AWS::ApiGateway::Model": ResourceType(
        _create_model,
        lambda place, model, properties: place.call(
            "apigateway",
            "DeleteModel",
            only(properties, "RestApiId") | {"modelName": model.reference},
        ),
        update=_update_model,
        name="Name",
        fixed=("RestApiId", "ContentType"),
        physical_name=lambda name, _: name.replace("-", ""),
    ),
    "AWS::ApiGateway::GatewayResponse": by_calls(
        "apigateway",
        "PutGatewayResponse",
        named(Id="{name}"),
        key=_identified("id", "ResponseType"),
        delete="DeleteGatewayResponse",
        update="PutGatewayResponse",
        fixed=("RestApiId", "ResponseType"),
    ),
    "AWS::ApiGateway::ApiKey": by_calls(
        "apigateway",
        "CreateApiKey",
        replied("id", APIKeyId="id"),
        key=keyed("apiKey"),
        name="Name",
        delete="DeleteApiKey",
        change=_update_key,
        fixed=("GenerateDistinctId", "StageKeys", "Value"),
        tags="map",
    ),
    "AWS::ApiGateway::UsagePlan": ResourceType(
        _create_plan,
        _delete_plan,
        update=_update_plan,
        longest=50,
    ),
    "AWS::ApiGateway::UsagePlanKey": by_calls(
        "apigateway",
        "CreateUsagePlanKey",
        replied("id", Id="id"),
        key=keyed("keyId", "UsagePlanId"),
        delete="DeleteUsagePlanKey",
    ),
    "AWS::ApiGateway::Account": ResourceType(_set_account, update=_update_account),
}
