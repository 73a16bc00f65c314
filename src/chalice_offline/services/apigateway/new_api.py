"""A REST API as it is made: its defaults, its root, the two models each has."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.services.apigateway import limits
from chalice_offline.services.apigateway.errors import bad_request
from chalice_offline.services.apigateway.rest_api import RestApi

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request
    from chalice_offline.services.apigateway.state import ApiGatewayState

_DRAFT = "http://json-schema.org/draft-04/schema#"
_MODELS = (
    (
        "Empty",
        "This is a default empty schema model",
        {"$schema": _DRAFT, "title": "Empty Schema", "type": "object"},
    ),
    (
        "Error",
        "This is a default error schema model",
        {
            "$schema": _DRAFT,
            "title": "Error Schema",
            "type": "object",
            "properties": {"message": {"type": "string"}},
        },
    ),
)
_KEPT = (
    "name",
    "description",
    "version",
    "binaryMediaTypes",
    "minimumCompressionSize",
    "apiKeySource",
    "disableExecuteApiEndpoint",
    "tags",
    "warnings",
)


def make_api(gateway: ApiGatewayState, request: Request, context: CallContext) -> RestApi:
    """Make an API without registering it; raises AwsError for what AWS refuses."""
    if request.get("description") == "":
        raise bad_request("Description cannot be an empty string")
    check_compression(request.get("minimumCompressionSize"))
    endpoint = endpoint_configuration(request.get("endpointConfiguration"))
    kept = {key: request[key] for key in _KEPT if request.get(key) not in (None, {}, [])}
    custom = request.get("tags", {}).get("_custom_id_")
    described: dict[str, Any] = {
        "id": custom or gateway.new_id(10),
        "createdDate": gateway.now_s(),
        "apiKeySource": "HEADER",
        "disableExecuteApiEndpoint": False,
        "rootResourceId": gateway.new_id(10),
    }
    described |= kept | {"endpointConfiguration": endpoint}
    api = RestApi(context.account_id, context.region, described, request.get("policy") or "")
    api.resources[api.root_id] = {"id": api.root_id, "path": "/"}
    for name, description, schema in _MODELS:
        api.models[name] = {
            "id": gateway.new_id(),
            "name": name,
            "description": description,
            "schema": json.dumps(schema, indent=2),
            "contentType": "application/json",
        }
    return api


def check_compression(size: int | None) -> None:
    """Raise AwsError for a size that responses cannot be compressed from."""
    if size is not None and not 0 <= size <= limits.COMPRESSION_BYTES_MAX:
        raise bad_request("Invalid minimum compression size, must be between 0 and 10485760")


def endpoint_configuration(asked: dict[str, Any] | None) -> dict[str, Any]:
    """Return an endpoint configuration with AWS's defaults (recorded)."""
    asked = asked or {}
    types = asked.get("types")
    if types == []:
        raise bad_request("REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.")
    types = types or ["EDGE"]
    if len(types) > 1:
        raise bad_request("Cannot create an api with multiple Endpoint Types.")
    private = types == ["PRIVATE"]
    addresses = asked.get("ipAddressType") or ("dualstack" if private else "ipv4")
    if private and addresses != "dualstack":
        raise bad_request("Only dualstack ipAddressType is supported for Private APIs.")
    found = {"types": types, "ipAddressType": addresses}
    if asked.get("vpcEndpointIds"):
        found["vpcEndpointIds"] = asked["vpcEndpointIds"]
    return found


def add_resource(gateway: ApiGatewayState, api: RestApi, parent_id: str, part: str) -> str:
    """Make the resource `part` below another one and return its id; nothing is checked."""
    parent = api.resources[parent_id]
    resource_id = gateway.new_id()
    api.resources[resource_id] = {
        "id": resource_id,
        "parentId": parent_id,
        "pathPart": part,
        "path": f"{parent['path'].rstrip('/')}/{part}",
    }
    return resource_id


def resource_at(gateway: ApiGatewayState, api: RestApi, path: str) -> dict[str, Any]:
    """Return the resource at a path, made with all those above it where they are missing."""
    resource = api.resources[api.root_id]
    for part in filter(None, path.split("/")):
        below = [one for one in api.children_of(resource["id"]) if one["pathPart"] == part]
        resource_id = below[0]["id"] if below else add_resource(gateway, api, resource["id"], part)
        resource = api.resources[resource_id]
    return resource
