"""Deployments: what the API is at one moment, for stages to serve."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from chalice_offline.services.apigatewayv2.collection import listed
from chalice_offline.services.apigatewayv2.errors import bad_request, invalid_identifier
from chalice_offline.services.apigatewayv2.publishing import (
    deploy,
    forget,
)

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.apigatewayv2.api import Api, Described
    from chalice_offline.services.apigatewayv2.state import ApiGatewayV2State


def create_deployment(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Deploy what the API is now, to a stage if one is named."""
    api = apis.find_api(context, request)
    stage = None
    if "StageName" in request:
        stage = apis.find_stage(context, request)
        if stage.get("AutoDeploy"):
            raise bad_request("Deployment ID cannot be set on a stage with AutoDeploy enabled")
    if not api.routes:
        raise bad_request(
            "Unable to deploy API because no routes exist in this API"
            if api.is_http
            else "At least one route is required before deploying the Api."
        )
    made = deploy(apis, api, request.get("Description", ""))
    if stage is not None:
        stage["DeploymentId"] = made["DeploymentId"]
        stage["LastUpdatedDate"] = apis.now_s()
    return copy.deepcopy(made)


def get_deployment(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Return one deployment."""
    return copy.deepcopy(_find(apis.find_api(context, request), request))


def get_deployments(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Return all deployments, in pages."""
    return listed(apis.find_api(context, request).deployments.values(), "DeploymentId", request)


def update_deployment(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Change a deployment's description."""
    deployment = _find(apis.find_api(context, request), request)
    if "Description" in request:
        deployment["Description"] = request["Description"]
    return copy.deepcopy(deployment)


def delete_deployment(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Delete a deployment that no stage serves."""
    api = apis.find_api(context, request)
    deployment_id = _find(api, request)["DeploymentId"]
    if any(stage.get("DeploymentId") == deployment_id for stage in api.stages.values()):
        raise bad_request("Active stages pointing to this deployment must be moved or deleted")
    forget(api, deployment_id)
    return {}


def _find(api: Api, request: Request) -> Described:
    found = api.deployments.get(request["DeploymentId"])
    if found is None:
        raise invalid_identifier("deployment")
    return found
