"""ImportApi and ReimportApi: an HTTP API out of a document."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from chalice_offline.services.apigatewayv2.api import HTTP, Api
from chalice_offline.services.apigatewayv2.errors import bad_request
from chalice_offline.services.apigatewayv2.new_api import new_api
from chalice_offline.services.apigatewayv2.openapi import OpenApi
from chalice_offline.services.apigatewayv2.publishing import publish_changes
from chalice_offline.services.common.api_documents import document_of

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.apigatewayv2.state import ApiGatewayV2State

_INVALID = "Invalid OpenAPI input."


def import_api(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Make an API of a document; it has no stage."""
    api = new_api(apis, context, {"ProtocolType": HTTP, "Name": ""})
    _build(apis, api, request)
    apis.apis[api.id] = api
    return copy.deepcopy(api.described)


def reimport_api(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Make an API anew of a document; stages, deployments and models stay."""
    api = apis.find_api(context, request)
    if not api.is_http:
        raise bad_request("Only HTTP APIs can be imported")
    described = copy.deepcopy(api.described)
    for gone in ("CorsConfiguration", "Description", "Version", "ImportInfo", "Warnings"):
        described.pop(gone, None)
    made = Api(api.id, api.account_id, api.region, described)
    _build(apis, made, request)
    api.described, api.routes = made.described, made.routes
    api.integrations, api.authorizers = made.integrations, made.authorizers
    publish_changes(apis, api)
    return copy.deepcopy(api.described)


def _build(apis: ApiGatewayV2State, api: Api, request: Request) -> None:
    document = document_of(str(request["Body"]).encode())
    if document is None or not str(document.get("openapi", "")).startswith("3."):
        raise bad_request(_INVALID)
    base_path = request.get("Basepath", "ignore").lower()
    if base_path not in ("ignore", "prepend", "split"):
        raise bad_request(f"Invalid basepath value '{base_path}'")
    made = OpenApi(apis, api, document, base_path)
    try:
        made.build()
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        # A document of another shape than its version says, wherever in it that is.
        raise bad_request(_INVALID) from error
    if made.warnings:
        if request.get("FailOnWarnings"):
            raise bad_request(f"Warnings found during import: {'; '.join(made.warnings)}")
        api.described["Warnings"] = made.warnings
