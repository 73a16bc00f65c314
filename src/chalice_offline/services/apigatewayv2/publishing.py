"""What stages serve: deployments, and stages that deploy by themselves."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from chalice_offline.services.apigatewayv2.errors import bad_request, conflict

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Request
    from chalice_offline.services.apigatewayv2.api import Api, Described
    from chalice_offline.services.apigatewayv2.state import ApiGatewayV2State


def publish_changes(apis: ApiGatewayV2State, api: Api) -> None:
    """Deploy a change to the stages with AutoDeploy."""
    stages = [stage for stage in api.stages.values() if stage.get("AutoDeploy")]
    if not stages:
        return
    made = deploy(apis, api, "Automatic deployment triggered by changes to the Api configuration")
    made["AutoDeployed"] = True
    for stage in stages:
        stage["DeploymentId"] = made["DeploymentId"]
        stage["LastUpdatedDate"] = apis.now_s()
        stage["LastDeploymentStatusMessage"] = (
            f"Successfully deployed stage with deployment ID '{made['DeploymentId']}'"
        )
    used = {stage.get("DeploymentId") for stage in api.stages.values()}
    # AWS keeps old ones; of those that nobody asked for nor serves, only the latest is of use here.
    for old in [one for one in api.deployments.values() if one.get("AutoDeployed")]:
        if old["DeploymentId"] not in used:
            forget(api, old["DeploymentId"])


def deploy(apis: ApiGatewayV2State, api: Api, description: str) -> Described:
    """Deploy what the API is now; return the deployment."""
    made: Described = {
        "DeploymentId": apis.new_id(),
        "DeploymentStatus": "DEPLOYED",
        "AutoDeployed": False,
        "CreatedDate": apis.now_s(),
    }
    if description:
        made["Description"] = description
    api.deployments[made["DeploymentId"]] = made
    api.snapshots[made["DeploymentId"]] = api.snapshot()
    return made


def forget(api: Api, deployment_id: str) -> None:
    """Delete a deployment with what it deployed."""
    del api.deployments[deployment_id]
    del api.snapshots[deployment_id]


def new_stage(apis: ApiGatewayV2State, api: Api, request: Request) -> Described:
    """Make a stage; raises AwsError."""
    name = request["StageName"]
    if name in api.stages:
        raise conflict("Stage already exists")
    if name == "$default" and not api.is_http:
        raise bad_request("Invalid stage name: only HTTP APIs have a stage without a name")
    stage: Described = {
        "StageName": name,
        "StageVariables": {},
        "RouteSettings": {},
        "DefaultRouteSettings": {"DetailedMetricsEnabled": False},
        "Tags": {},
        "CreatedDate": apis.now_s(),
        "LastUpdatedDate": apis.now_s(),
    }
    if not api.is_http:
        stage["DefaultRouteSettings"] |= {"DataTraceEnabled": False, "LoggingLevel": "OFF"}
    api.stages[name] = stage
    try:
        set_stage(api, stage, request)
    except Exception:
        del api.stages[name]
        raise
    if stage.get("AutoDeploy"):
        publish_changes(apis, api)
    return stage


def set_stage(api: Api, stage: Described, request: Request) -> None:
    """Give a stage the settings that a request has; raises AwsError."""
    deployment_id = request.get("DeploymentId")
    if deployment_id:
        if request.get("AutoDeploy", stage.get("AutoDeploy")):
            raise bad_request("Deployment ID cannot be set on a stage with AutoDeploy enabled")
        if deployment_id not in api.deployments:
            raise bad_request("Deployment ID is invalid")
    asked = {k: copy.deepcopy(v) for k, v in request.items() if k not in ("ApiId", "StageName")}
    for merged in ("DefaultRouteSettings",):
        if merged in asked:
            asked[merged] = stage[merged] | asked[merged]
    stage.update(asked)
