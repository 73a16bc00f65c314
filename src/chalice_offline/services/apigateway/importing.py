"""ImportRestApi and PutRestApi: an API out of a document."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from chalice_offline.services.apigateway.documents import read_document
from chalice_offline.services.apigateway.errors import bad_request
from chalice_offline.services.apigateway.new_api import make_api
from chalice_offline.services.apigateway.openapi import OpenApi
from chalice_offline.services.apigateway.rest_api import RestApi

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.apigateway.state import ApiGatewayState

_INVALID = "Invalid OpenAPI input."
_PARTS = ("models", "validators", "authorizers", "gateway_responses")


def import_rest_api(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Make an API of a document."""
    document = _document(request)
    parameters = request.get("parameters") or {}
    endpoint = parameters.get("endpointConfigurationTypes")
    asked: Request = {"name": "API"}
    if endpoint:
        asked["endpointConfiguration"] = {"types": [endpoint]}
    api = _without_models(make_api(gateway, asked, context))
    warnings = _build(gateway, api, document, parameters)
    gateway.apis[api.id] = api
    return _shown(api) | warnings


def put_rest_api(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Replace an API by a document, or merge the document into it."""
    document = _document(request)
    api = gateway.find_api(request["restApiId"], context)
    parameters = request.get("parameters") or {}
    if request.get("mode") == "overwrite":
        fresh = _without_models(make_api(gateway, {"name": api.described["name"]}, context))
        changed = RestApi(api.account_id, api.region, copy.deepcopy(api.described))
        changed.resources = {api.root_id: {"id": api.root_id, "path": "/"}}
        changed.models = fresh.models
        changed.described.pop("binaryMediaTypes", None)
    else:
        changed = RestApi(api.account_id, api.region, copy.deepcopy(api.described), api.policy)
        changed.resources = copy.deepcopy(api.resources)
        for part in (*_PARTS, "documentation_parts"):
            setattr(changed, part, copy.deepcopy(getattr(api, part)))
    before = changed.described.get("binaryMediaTypes", [])
    warnings = _build(gateway, changed, document, parameters)
    added = changed.described.get("binaryMediaTypes", [])
    merged = before + [one for one in added if one not in before]
    if merged:
        changed.described["binaryMediaTypes"] = merged
    api.described, api.resources = changed.described, changed.resources
    api.policy = changed.policy or api.policy
    for part in _PARTS:
        setattr(api, part, getattr(changed, part))
    if parameters.get("ignore") != "documentation":
        api.documentation_parts = changed.documentation_parts
        api.documentation_versions |= changed.documentation_versions
    return _shown(api) | {"tags": api.described.get("tags", {})} | warnings


def _without_models(api: RestApi) -> RestApi:
    """Of the models that a new API has, an imported one has Empty only (recorded)."""
    api.models = {name: model for name, model in api.models.items() if name == "Empty"}
    return api


def _document(request: Request) -> dict[str, object]:
    document = read_document(request.get("body") or b"", _INVALID)
    if "swagger" not in document and "openapi" not in document:
        raise bad_request(_INVALID)
    return document


def _build(
    gateway: ApiGatewayState,
    api: RestApi,
    document: dict[str, object],
    parameters: Mapping[str, str],
) -> dict[str, list[str]]:
    """Build the API; return what is to be said of what was left out, if anything was."""
    read = OpenApi(gateway, api, document, parameters)
    try:
        read.build()
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        # A document of another shape than its version says, wherever in it that is.
        raise bad_request(_INVALID) from error
    return {"warnings": read.warnings} if read.warnings else {}


def _shown(api: RestApi) -> Result:
    described = dict(api.described)
    return described | ({"policy": api.policy} if api.policy else {})
