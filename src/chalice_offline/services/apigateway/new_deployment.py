"""A deployment and a stage as they are made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chalice_offline.services.apigateway.rest_api import Described, RestApi
    from chalice_offline.services.apigateway.state import ApiGatewayState

_STAGE_KEPT = (
    "description",
    "cacheClusterSize",
    "variables",
    "documentationVersion",
    "tags",
    "clientCertificateId",
)


def new_deployment(gateway: ApiGatewayState, api: RestApi, description: str) -> Described:
    """Freeze the API as it is now."""
    deployment: Described = {"id": gateway.new_id(), "createdDate": gateway.now_s()}
    if description:
        deployment["description"] = description
    api.definitions[deployment["id"]] = api.definition()
    api.deployments[deployment["id"]] = deployment
    return deployment


def new_stage(
    gateway: ApiGatewayState, name: str, deployment_id: str, request: dict[str, Any]
) -> Described:
    """Return a stage with AWS's defaults."""
    cached = bool(request.get("cacheClusterEnabled"))
    stage: Described = {
        "stageName": name,
        "deploymentId": deployment_id,
        "cacheClusterEnabled": cached,
        "cacheClusterStatus": "AVAILABLE" if cached else "NOT_AVAILABLE",
        "methodSettings": {},
        "tracingEnabled": bool(request.get("tracingEnabled")),
        "createdDate": gateway.now_s(),
        "lastUpdatedDate": gateway.now_s(),
    }
    stage |= {key: request[key] for key in _STAGE_KEPT if request.get(key)}
    if cached:
        stage.setdefault("cacheClusterSize", "0.5")
    return stage


def canary(settings: dict[str, Any], deployment_id: str) -> Described:
    """Return the settings of a canary release with AWS's defaults."""
    return {
        "deploymentId": deployment_id,
        "percentTraffic": float(settings.get("percentTraffic", 0.0)),
        "useStageCache": settings.get("useStageCache", False),
        **(
            {"stageVariableOverrides": settings["stageVariableOverrides"]}
            if settings.get("stageVariableOverrides")
            else {}
        ),
    }
