"""HTTP and WebSocket APIs: the table of their operations."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from chalice_offline.core.kernel import Service
from chalice_offline.services.apigatewayv2 import apis as own_apis
from chalice_offline.services.apigatewayv2 import (
    deployments,
    execute,
    exporting,
    importing,
    part_operations,
    parts,
    places,
    stages,
    websockets,
)
from chalice_offline.services.apigatewayv2.renewal import renewed
from chalice_offline.services.apigatewayv2.state import ApiGatewayV2State
from chalice_offline.services.common.served_apis import Sockets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.kernel import Kernel, Operation
    from chalice_offline.services.apigatewayv2.collection import Collection
    from chalice_offline.services.common.served_apis import ServedApis


def _of(collection: Collection, name: str) -> dict[str, Operation]:
    return {
        f"Create{name}": collection.create,
        f"Get{name}": collection.get,
        f"Get{name}s": collection.list,
        f"Update{name}": collection.update,
        f"Delete{name}": collection.delete,
    }


OPERATIONS: Mapping[str, Operation] = {
    "CreateApi": own_apis.create_api,
    "GetApi": own_apis.get_api,
    "GetApis": own_apis.get_apis,
    "UpdateApi": own_apis.update_api,
    "DeleteApi": own_apis.delete_api,
    "ImportApi": importing.import_api,
    "ReimportApi": importing.reimport_api,
    "ExportApi": exporting.export_api,
    "DeleteCorsConfiguration": own_apis.delete_cors_configuration,
    **_of(parts.ROUTES, "Route"),
    **_of(parts.INTEGRATIONS, "Integration"),
    **_of(parts.AUTHORIZERS, "Authorizer"),
    **_of(parts.MODELS, "Model"),
    **_of(parts.ROUTE_RESPONSES, "RouteResponse"),
    **_of(parts.INTEGRATION_RESPONSES, "IntegrationResponse"),
    "GetModelTemplate": part_operations.get_model_template,
    "DeleteRouteRequestParameter": part_operations.delete_route_request_parameter,
    "CreateDeployment": deployments.create_deployment,
    "GetDeployment": deployments.get_deployment,
    "GetDeployments": deployments.get_deployments,
    "UpdateDeployment": deployments.update_deployment,
    "DeleteDeployment": deployments.delete_deployment,
    "CreateStage": stages.create_stage,
    "GetStage": stages.get_stage,
    "GetStages": stages.get_stages,
    "UpdateStage": stages.update_stage,
    "DeleteStage": stages.delete_stage,
    "DeleteRouteSettings": stages.delete_route_settings,
    "DeleteAccessLogSettings": stages.delete_access_log_settings,
    "ResetAuthorizersCache": stages.reset_authorizers_cache,
    "CreateDomainName": places.create_domain_name,
    "GetDomainName": places.get_domain_name,
    "GetDomainNames": places.get_domain_names,
    "UpdateDomainName": places.update_domain_name,
    "DeleteDomainName": places.delete_domain_name,
    "CreateApiMapping": places.create_api_mapping,
    "GetApiMapping": places.get_api_mapping,
    "GetApiMappings": places.get_api_mappings,
    "UpdateApiMapping": places.update_api_mapping,
    "DeleteApiMapping": places.delete_api_mapping,
    "CreateVpcLink": places.create_vpc_link,
    "GetVpcLink": places.get_vpc_link,
    "GetVpcLinks": places.get_vpc_links,
    "UpdateVpcLink": places.update_vpc_link,
    "DeleteVpcLink": places.delete_vpc_link,
    "TagResource": places.tag_resource,
    "UntagResource": places.untag_resource,
    "GetTags": places.get_tags,
}

# Whose client waits gets the answer that a backend gives, or hears that it took too long.
_OUTLASTING = frozenset({"execute", "socket_calls", "http_backends", "authorizing"})


def service(kernel: Kernel, apis: ServedApis) -> Service:
    """Return the service; its APIs are served, too."""
    state = ApiGatewayV2State(kernel)
    apis.add(partial(execute.front_or_none, state))
    apis.add_names(partial(places.has_name, state), partial(places.mapped, state))
    apis.sockets = Sockets(
        partial(websockets.connect, state),
        partial(websockets.receive, state),
        partial(websockets.disconnect, state),
    )
    return Service("apigatewayv2", state, OPERATIONS, renew=renewed, outlasting=_OUTLASTING)
