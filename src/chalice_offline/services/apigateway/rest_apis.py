"""REST APIs: create, show, change, delete."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from chalice_offline.services.apigateway.errors import bad_request
from chalice_offline.services.apigateway.new_api import check_compression, make_api
from chalice_offline.services.apigateway.pages import listed
from chalice_offline.services.apigateway.patches import (
    LIST,
    Change,
    Patchable,
    boolean,
    split,
)

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.apigateway.rest_api import RestApi
    from chalice_offline.services.apigateway.state import ApiGatewayState

_TYPES = ("REGIONAL", "EDGE", "PRIVATE")


def _compression(value: str) -> int | None:
    if not value:
        return None
    try:
        size = int(value)
    except ValueError:
        size = -1
    check_compression(size)
    return size


_CHANGES = Patchable(
    {
        "/name": Change(),
        "/description": Change(operations=("replace", "remove")),
        "/version": Change(),
        "/policy": Change(operations=("add", "replace", "remove")),
        "/apiKeySource": Change(),
        "/disableExecuteApiEndpoint": Change(boolean),
        "/minimumCompressionSize": Change(_compression),
        "/binaryMediaTypes/*": LIST,
        "/endpointConfiguration/types/*": LIST,
        "/endpointConfiguration/vpcEndpointIds": LIST,
        "/endpointConfiguration/ipAddressType": Change(),
    },
    lists_paths=False,
)


def create_rest_api(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Make an API, or a copy of one."""
    source = request.get("cloneFrom")
    original = gateway.find_api(source, context) if source else None
    api = make_api(gateway, request, context)
    if original is not None:
        for name, part in original.definition().items():
            if name not in ("api", "policy"):
                setattr(api, name, part)
        api.described["rootResourceId"] = original.root_id
    gateway.apis[api.id] = api
    return shown(api, tags_always=False)


def get_rest_api(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Return one API."""
    return shown(gateway.find_api(request["restApiId"], context))


def get_rest_apis(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Return the caller's APIs."""
    own = [
        shown(api, tags_always=False)
        for api in gateway.apis.values()
        if (api.account_id, api.region) == (context.account_id, context.region)
    ]
    return listed(own, gateway.numbers, request)


def delete_rest_api(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Forget an API and all that belongs to it."""
    api = gateway.find_api(request["restApiId"], context)
    del gateway.apis[api.id]
    for plan in gateway.place(context).usage_plans.values():
        if "apiStages" in plan:
            plan["apiStages"] = [one for one in plan["apiStages"] if one["apiId"] != api.id]
    return {}


def update_rest_api(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Change an API by patch operations."""
    api = gateway.find_api(request["restApiId"], context)
    described = copy.deepcopy(api.described)
    described["policy"] = api.policy
    for operation in request.get("patchOperations", ()):
        _patch(described, operation)
    api.policy = described.pop("policy", "") or ""
    for name in ("description", "minimumCompressionSize"):
        if described.get(name) in ("", None):
            described.pop(name, None)
    api.described = described
    return shown(api)


def shown(api: RestApi, *, tags_always: bool = True) -> Result:
    """Return an API as AWS describes it."""
    described = dict(api.described)
    if api.policy:
        described["policy"] = api.policy
    if tags_always:
        described.setdefault("tags", {})
    if not described.get("binaryMediaTypes"):
        described.pop("binaryMediaTypes", None)
    return described


def _patch(described: dict[str, Any], operation: dict[str, str]) -> None:
    path, name, value = (operation.get(key, "") for key in ("path", "op", "value"))
    segments = split(path)
    if segments[0] == "endpointConfiguration" and len(segments) > 1:
        _patch_endpoint(described, segments, name, value)
        return
    if segments[0] == "binaryMediaTypes" and len(segments) > 1 and name == "replace":
        types = described.get("binaryMediaTypes", [])
        if segments[1] in types:  # the new one comes last (recorded)
            kept = [one for one in types if one != segments[1]]
            described["binaryMediaTypes"] = [*kept, value]
        return
    _CHANGES.apply(described, [operation])
    if not described.get("binaryMediaTypes", True):
        del described["binaryMediaTypes"]


def _patch_endpoint(described: dict[str, Any], segments: list[str], name: str, value: str) -> None:
    endpoint = described["endpointConfiguration"]
    if segments[1] == "ipAddressType":
        if name != "replace":
            raise bad_request("Invalid patch operation specified. Must be one of: [replace]")
        if value not in ("ipv4", "dualstack"):
            raise bad_request("ipAddressType must be either ipv4 or dualstack.")
        if endpoint["types"] == ["PRIVATE"] and value != "dualstack":
            raise bad_request("Only dualstack ipAddressType is supported for Private APIs.")
        endpoint["ipAddressType"] = value
    elif segments[1] == "types":
        if name not in ("add", "replace"):  # "remove" as well, whatever it says (recorded)
            raise bad_request("Invalid patch operation specified. Must be 'add'|'remove'|'replace'")
        if value not in _TYPES:
            raise bad_request(
                "Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE"
            )
        endpoint["types"] = [value]
        if value == "PRIVATE":
            endpoint["ipAddressType"] = "dualstack"
    elif segments[1] == "vpcEndpointIds":
        listed_ids = [one for one in endpoint.get("vpcEndpointIds", []) if one != value]
        endpoint["vpcEndpointIds"] = listed_ids + ([value] if name == "add" else [])
    else:
        raise bad_request(f"Invalid patch path /{'/'.join(segments)}")
