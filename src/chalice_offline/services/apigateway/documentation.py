"""Documentation parts, and versions of all of them."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from chalice_offline.services.apigateway.documented import DocumentationParts, parts_of
from chalice_offline.services.apigateway.documents import read_document
from chalice_offline.services.apigateway.errors import (
    bad_request,
    conflict,
    invalid_identifier,
    not_found,
)
from chalice_offline.services.apigateway.pages import listed
from chalice_offline.services.apigateway.patches import Change, Patchable

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.apigateway.rest_api import Described
    from chalice_offline.services.apigateway.state import ApiGatewayState

_CHANGES = Patchable({"/properties": Change()})
_NO_DOCUMENT = "Unable to build importer with provided input."
_VERSION_CHANGES = Patchable({"/description": Change()})


def create_documentation_part(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Describe a part of an API."""
    api = gateway.find_api(request["restApiId"], context)
    if not request["properties"]:
        raise bad_request("Documentation part properties must be non-empty")
    part = {
        "id": gateway.new_id(),
        "location": request["location"],
        "properties": request["properties"],
    }
    if any(one["location"] == part["location"] for one in api.documentation_parts.values()):
        raise conflict(
            "Documentation part already exists for the specified location: type "
            f"'{part['location'].get('type')}'."
        )
    api.documentation_parts[part["id"]] = part
    return copy.deepcopy(part)


def get_documentation_part(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Return one part's description."""
    return copy.deepcopy(_find(gateway, context, request))


def get_documentation_parts(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Return what is described of an API: of one kind, name or path if asked for."""
    api = gateway.find_api(request["restApiId"], context)
    parts = [copy.deepcopy(one) for one in api.documentation_parts.values()]
    for member, field in (("type", "type"), ("nameQuery", "name"), ("path", "path")):
        if request.get(member):
            wanted = request[member]
            parts = [one for one in parts if wanted in one["location"].get(field, "")]
    return listed(parts, gateway.numbers, request)


def update_documentation_part(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Change a description by patch operations."""
    part = _find(gateway, context, request)
    changed = copy.deepcopy(part)
    _CHANGES.apply(changed, request.get("patchOperations", []))
    if not changed["properties"]:
        raise bad_request("Documentation part properties must be non-empty")
    part.update(changed)
    return copy.deepcopy(part)


def delete_documentation_part(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Delete a description."""
    api = gateway.find_api(request["restApiId"], context)
    part = _find(gateway, context, request)
    del api.documentation_parts[part["id"]]
    return {}


def import_documentation_parts(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Take over the parts that an OpenAPI document has."""
    api = gateway.find_api(request["restApiId"], context)
    document = read_document(request["body"], _NO_DOCUMENT)
    try:
        found = parts_of(document.get("x-amazon-apigateway-documentation") or {})
    except ValueError as error:
        raise bad_request(f"{_NO_DOCUMENT} {error}") from error
    if request.get("mode") == "overwrite":
        api.documentation_parts.clear()
    parts = DocumentationParts(gateway, api.documentation_parts)
    return {"ids": [parts.keep(location, properties) for location, properties in found]}


def create_documentation_version(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Keep all descriptions as they are under a name."""
    api = gateway.find_api(request["restApiId"], context)
    version = request["documentationVersion"]
    if version in api.documentation_versions:
        raise conflict("Documentation version already exists")
    made = {"version": version, "createdDate": gateway.now_s()}
    if request.get("description"):
        made["description"] = request["description"]
    api.documentation_versions[version] = made
    if request.get("stageName") in api.stages:
        api.stages[request["stageName"]]["documentationVersion"] = version
    return dict(made)


def get_documentation_version(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Return one version."""
    return dict(_find_version(gateway, context, request))


def get_documentation_versions(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Return an API's versions."""
    api = gateway.find_api(request["restApiId"], context)
    versions = [dict(one) for one in api.documentation_versions.values()]
    return listed(versions, "version", request)


def update_documentation_version(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Change a version's description."""
    version = _find_version(gateway, context, request)
    _VERSION_CHANGES.change(version, request)
    return dict(version)


def delete_documentation_version(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Forget a version."""
    version = _find_version(gateway, context, request)
    api = gateway.find_api(request["restApiId"], context)
    del api.documentation_versions[version["version"]]
    return {}


def _find(gateway: ApiGatewayState, context: CallContext, request: Request) -> Described:
    api = gateway.find_api_or_none(request["restApiId"], context)
    found = api.documentation_parts.get(request["documentationPartId"]) if api else None
    if found is None:
        raise invalid_identifier("Documentation part")
    return found


def _find_version(gateway: ApiGatewayState, context: CallContext, request: Request) -> Described:
    api = gateway.find_api(request["restApiId"], context)
    found = api.documentation_versions.get(request["documentationVersion"])
    if found is None:
        raise not_found("Invalid Documentation version specified")
    return found
