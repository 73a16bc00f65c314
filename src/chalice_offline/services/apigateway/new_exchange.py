"""A request to a stage as the steps take it on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.header_fields import as_fields
from chalice_offline.services.apigateway.exchange import Exchange
from chalice_offline.services.apigateway.routes import ServedApi
from chalice_offline.services.apigateway.state import ApiGatewayState, execute_api_host

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request
    from chalice_offline.services.apigateway.rest_api import RestApi


def make_exchange(
    gateway: ApiGatewayState,
    context: CallContext,
    request: Request,
    api: RestApi,
    stage: dict[str, Any],
    served: ServedApi | None = None,
) -> Exchange:
    """Return a request to a stage as its steps take it on; `served` is what it is not deployed."""
    deployment_id, variables, is_canary = stage["deploymentId"], stage.get("variables", {}), False
    canary = stage.get("canarySettings")
    ids = gateway.kernel.ids
    if canary and ids.fraction() * 100 < canary["percentTraffic"]:
        deployment_id, is_canary = canary["deploymentId"], True
        variables = variables | canary.get("stageVariableOverrides", {})
    served = served or api.compiled.get(deployment_id)
    if served is None:
        served = api.compiled[deployment_id] = ServedApi(api.definitions[deployment_id])
    return Exchange(
        gateway=gateway,
        call=context,
        api=api,
        served=served,
        deployment_id=deployment_id,
        stage_name=stage["stageName"],
        stage=stage,
        method=request["method"],
        path=request["path"],
        raw_query=request.get("rawQuery", ""),
        fields=as_fields(request.get("headers", ())),
        body=request.get("body") or b"",
        host=request.get("host") or execute_api_host(api.id, api.region),
        source_ip=request.get("sourceIp") or "127.0.0.1",
        base_path=request.get("basePath", ""),
        is_named="basePath" in request,
        trace_id=context.trace_header or f"Root=1-{context.now_ms // 1000:08x}-{ids.hex(24)}",
        extended_id=ids.base64(11)[:15] + "=",
        variables=variables,
        is_canary=is_canary,
        causes=(context.entry,),
    )
