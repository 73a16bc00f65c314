"""Stages: which deployment is served under a name, and with which settings."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from chalice_offline.services.apigateway import stage_patches
from chalice_offline.services.apigateway.errors import bad_request, conflict
from chalice_offline.services.apigateway.new_deployment import canary, new_stage
from chalice_offline.services.apigateway.pages import listed

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.apigateway.state import ApiGatewayState


def create_stage(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Serve a deployment under a name."""
    api = gateway.find_api(request["restApiId"], context)
    name = request["stageName"]
    if request["deploymentId"] not in api.deployments:
        raise bad_request("Deployment id does not exist")
    if name in api.stages:
        raise conflict("Stage already exists")
    stage = new_stage(gateway, name, request["deploymentId"], request)
    asked = request.get("canarySettings")
    if asked is not None:
        deployment_id = asked.get("deploymentId", request["deploymentId"])
        if deployment_id not in api.deployments:
            raise bad_request("Deployment id does not exist")
        stage["canarySettings"] = canary(asked, deployment_id)
    api.stages[name] = stage
    return copy.deepcopy(stage)


def get_stage(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Return one stage."""
    return copy.deepcopy(gateway.find_stage(request, context))


def get_stages(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Return an API's stages, of one deployment if that is named."""
    api = gateway.find_api(request["restApiId"], context)
    wanted = request.get("deploymentId")
    shown = [
        copy.deepcopy(stage)
        for stage in api.stages.values()
        if not wanted or stage["deploymentId"] == wanted
    ]
    items = listed(shown, "stageName", request)["items"]
    return {"item": items}


def update_stage(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Change a stage by patch operations."""
    stage = gateway.find_stage(request, context)
    api = gateway.find_api(request["restApiId"], context)
    changed = copy.deepcopy(stage)
    stage_patches.apply(changed, request.get("patchOperations", []), api.deployments)
    changed["lastUpdatedDate"] = gateway.now_s()
    stage.clear()
    stage.update(changed)
    return copy.deepcopy(stage)


def delete_stage(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Serve a deployment no longer."""
    stage = gateway.find_stage(request, context)
    del gateway.find_api(request["restApiId"], context).stages[stage["stageName"]]
    return {}


def flush_stage_cache(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Forget replies that were kept: none are."""
    gateway.find_stage(request, context)
    return {}


def flush_stage_authorizers_cache(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Ask the stage's authorizers anew from now on."""
    gateway.find_stage(request, context)
    own = (request["restApiId"], request["stageName"])
    for key in [key for key in gateway.authorizations if key[:2] == own]:
        del gateway.authorizations[key]
    return {}
