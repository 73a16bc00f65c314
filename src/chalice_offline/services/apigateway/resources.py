"""Resources: the tree of an API's paths."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chalice_offline.services.apigateway.errors import (
    bad_request,
    conflict,
    invalid_identifier,
)
from chalice_offline.services.apigateway.new_api import add_resource
from chalice_offline.services.apigateway.pages import listed
from chalice_offline.services.apigateway.patches import Change, Patchable

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.apigateway.rest_api import Described, RestApi
    from chalice_offline.services.apigateway.state import ApiGatewayState

_PART = re.compile(r"\{[\w.:-]+\+?\}|[\w.:\-+~*!'()$&,;=@% ]+", re.ASCII)
_CHANGES = Patchable({"/parentId": Change(), "/pathPart": Change()})


def create_resource(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Make a resource below another one."""
    api = gateway.find_api(request["restApiId"], context)
    if request["parentId"] not in api.resources:
        raise invalid_identifier("Resource")
    _check_place(api, request["parentId"], request["pathPart"])
    return dict(api.resources[add_resource(gateway, api, request["parentId"], request["pathPart"])])


def get_resource(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Return one resource."""
    resource = gateway.find_resource(request, context)
    return _shown(resource, methods="methods" in request.get("embed", ()))


def get_resources(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Return an API's resources by path."""
    api = gateway.find_api(request["restApiId"], context)
    methods = "methods" in request.get("embed", ())
    items = [_shown(resource, methods=methods) for resource in api.resources.values()]
    return listed(items, "path", request)


def delete_resource(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Delete a resource and those below it."""
    resource = gateway.find_resource(request, context)
    api = gateway.find_api(request["restApiId"], context)
    if resource["id"] == api.root_id:
        raise bad_request("Root resource cannot be deleted.")
    for one in _with_descendants(api, resource):
        del api.resources[one["id"]]
    return {}


def update_resource(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Rename or move a resource; all below it moves along."""
    resource = gateway.find_resource(request, context)
    api = gateway.find_api(request["restApiId"], context)
    place = {key: resource.get(key, "") for key in ("parentId", "pathPart")}
    before = dict(place)
    _CHANGES.apply(place, request.get("patchOperations", []))
    if resource["id"] == api.root_id and place != before:
        changed = "pathPart" if place["pathPart"] else "parentId"
        raise bad_request(f"Root resource cannot update its {changed}.")
    if place != before:
        if place["parentId"] not in api.resources:
            raise invalid_identifier("Resource")
        if place["parentId"] in {one["id"] for one in _with_descendants(api, resource)}:
            raise bad_request("Resources cannot be cyclical.")
        _check_place(api, place["parentId"], place["pathPart"], besides=resource["id"])
        resource.update(place)
        for one in _with_descendants(api, resource):
            parent = api.resources[one["parentId"]]
            one["path"] = f"{parent['path'].rstrip('/')}/{one['pathPart']}"
    return _shown(resource, methods=False)


def _shown(resource: Described, *, methods: bool) -> Result:
    found = dict(resource)
    present = resource.get("resourceMethods")
    if present and not methods:
        found["resourceMethods"] = {name: {} for name in present}
    if not present:
        found.pop("resourceMethods", None)
    return found


def _with_descendants(api: RestApi, resource: Described) -> list[Described]:
    found = [resource]
    for one in found:
        found += api.children_of(one["id"])
    return found


def _check_place(api: RestApi, parent_id: str, part: str, besides: str = "") -> None:
    if not _PART.fullmatch(part):
        raise bad_request(
            "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and "
            "curly braces at the beginning and the end."
        )
    parent_part = api.resources[parent_id].get("pathPart", "")
    if parent_part.endswith("+}"):
        raise bad_request(
            f"Cannot create a child of a resource with a greedy path variable: {parent_part}"
        )
    for sibling in api.children_of(parent_id):
        if sibling["id"] == besides:
            continue
        if sibling["pathPart"] == part:
            raise conflict(f"Another resource with the same parent already has this name: {part}")
        if part.startswith("{") and sibling["pathPart"].startswith("{"):
            raise bad_request(
                f"A sibling ({sibling['pathPart']}) of this resource already has a variable path "
                "part -- only one is allowed"
            )
