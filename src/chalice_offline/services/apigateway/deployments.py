"""Deployments: an API as it was at one time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.apigateway.errors import bad_request, invalid_identifier
from chalice_offline.services.apigateway.new_deployment import canary, new_deployment, new_stage
from chalice_offline.services.apigateway.pages import listed
from chalice_offline.services.apigateway.patches import Change, Patchable

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.apigateway.rest_api import Described, RestApi
    from chalice_offline.services.apigateway.state import ApiGatewayState

_CHANGES = Patchable({"/description": Change()})


def create_deployment(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Freeze an API, and point a stage at it if one is named."""
    api = gateway.find_api(request["restApiId"], context)
    _check_methods(api)
    name = request.get("stageName")
    asked = request.get("canarySettings")
    if asked is not None:
        _check_canary(api, name)
    deployment = new_deployment(gateway, api, request.get("description", ""))
    if not name:
        return dict(deployment)
    stage = api.stages.get(name)
    if stage is None:
        settings = request | {"description": request.get("stageDescription")}
        api.stages[name] = new_stage(gateway, name, deployment["id"], settings)
    elif asked is not None:
        stage["canarySettings"] = canary(asked, deployment["id"])
    else:
        stage["deploymentId"] = deployment["id"]
        stage["lastUpdatedDate"] = gateway.now_s()
        for key in ("variables", "cacheClusterSize"):
            if request.get(key):
                stage[key] = request[key]
        if request.get("stageDescription"):
            stage["description"] = request["stageDescription"]
    return dict(deployment)


def get_deployment(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Return one deployment, with what it froze when asked for."""
    api, deployment = _find(gateway, context, request)
    shown = dict(deployment)
    if "apisummary" in request.get("embed", ()):
        resources = api.definitions[deployment["id"]]["resources"].values()
        shown["apiSummary"] = {
            one["path"]: {
                name: {
                    "authorizationType": method["authorizationType"],
                    "apiKeyRequired": method["apiKeyRequired"],
                }
                for name, method in one["resourceMethods"].items()
            }
            for one in resources
            if one.get("resourceMethods")
        }
    return shown


def get_deployments(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Return an API's deployments."""
    api = gateway.find_api(request["restApiId"], context)
    return listed([dict(one) for one in api.deployments.values()], "id", request)


def update_deployment(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Change a deployment's description."""
    _, deployment = _find(gateway, context, request)
    _CHANGES.change(deployment, request)
    return dict(deployment)


def delete_deployment(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Forget a deployment that no stage serves."""
    api, deployment = _find(gateway, context, request)
    for stage in api.stages.values():
        served = {stage["deploymentId"], stage.get("canarySettings", {}).get("deploymentId")}
        if deployment["id"] in served:
            raise bad_request("Active stages pointing to this deployment must be moved or deleted")
    for kept in (api.deployments, api.definitions, api.compiled):
        kept.pop(deployment["id"], None)
    return {}


def _find(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> tuple[RestApi, Described]:
    api = gateway.find_api(request["restApiId"], context)
    found = api.deployments.get(request["deploymentId"])
    if found is None:
        raise invalid_identifier("Deployment")
    return api, found


def _check_methods(api: RestApi) -> None:
    methods = api.methods()
    if not methods:
        raise bad_request("The REST API doesn't contain any methods")
    if any("methodIntegration" not in method for _, method in methods):
        raise bad_request("No integration defined for method")


def _check_canary(api: RestApi, name: str | None) -> None:
    text = "Invalid deployment content specified."
    if not name:
        shown = "null" if name is None else ""
        raise bad_request(
            f"{text}Non null and non empty stageName must be provided for canary deployment. "
            f"Provided value is {shown}"
        )
    if name not in api.stages:
        raise bad_request(
            f"{text}Stage {name} must already be created before making a canary release deployment"
        )
