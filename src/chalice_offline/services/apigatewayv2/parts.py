"""Routes, integrations, their responses, authorizers and models: what each must be."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from chalice_offline.services.apigatewayv2.collection import Collection
from chalice_offline.services.apigatewayv2.errors import bad_request, conflict, invalid_identifier
from chalice_offline.services.apigatewayv2.limits import HTTP_TIMEOUT_MS, WEBSOCKET_TIMEOUT_MS
from chalice_offline.services.apigatewayv2.publishing import publish_changes

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Request
    from chalice_offline.services.apigatewayv2.api import Api, ById, Described
    from chalice_offline.services.apigatewayv2.state import ApiGatewayV2State

_METHODS = "ANY|GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS"
_HTTP_ROUTE = re.compile(rf"(?:{_METHODS}) /(?:[^/\s]+/)*[^/\s]*|\$default")
_PARAMETER = re.compile(r"\{([A-Za-z0-9._:-]+)(\+?)\}")
_TARGET = re.compile(r"integrations/(.+)")

HTTP_INTEGRATIONS = {"AWS_PROXY", "HTTP_PROXY"}
WEBSOCKET_INTEGRATIONS = {"AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY", "MOCK"}


def _check_route(
    apis: ApiGatewayV2State, api: Api, route: Described, before: Described | None
) -> None:
    del apis
    key = route["RouteKey"]
    if api.is_http and not _is_route(key):
        raise bad_request(
            "The provided route key is not formatted properly for HTTP protocol. Format should be "
            '"<HTTP METHOD> /<RESOURCE PATH>" or "$default"'
        )
    if not api.is_http and not key:
        raise bad_request("The provided route key is not formatted properly")
    for other in api.routes.values():
        if other is not before and other["RouteKey"] == key:
            raise conflict(f"Route with key {key} already exists for this API")
    target = _TARGET.fullmatch(route.get("Target", ""))
    if route.get("Target") and (target is None or target[1] not in api.integrations):
        raise bad_request(f"Unable to find Integration with id {route['Target']}")
    route.setdefault("ApiKeyRequired", False)
    kind = route.setdefault("AuthorizationType", "NONE")
    if kind in ("JWT", "CUSTOM") and route.get("AuthorizerId") not in api.authorizers:
        raise bad_request("Invalid authorizer ID specified")
    if kind == "JWT" and not api.is_http:
        raise bad_request("JWT authorizers are for HTTP APIs")


def _is_route(key: str) -> bool:
    if _HTTP_ROUTE.fullmatch(key) is None:
        return False
    if key == "$default":
        return True
    names: list[str] = []
    segments = key.partition(" ")[2].split("/")[1:]
    for number, segment in enumerate(segments):
        if "{" not in segment and "}" not in segment:
            continue
        found = _PARAMETER.fullmatch(segment)
        if found is None or found[1] in names or (found[2] and number < len(segments) - 1):
            return False
        names.append(found[1])
    return True


def _check_integration(
    apis: ApiGatewayV2State, api: Api, integration: Described, before: Described | None
) -> None:
    del apis, before
    kind = integration["IntegrationType"]
    if kind not in (HTTP_INTEGRATIONS if api.is_http else WEBSOCKET_INTEGRATIONS):
        raise bad_request(f"{api.protocol} APIs do not support integrations of type {kind}")
    needs_none = kind == "MOCK" or bool(integration.get("IntegrationSubtype"))
    if "IntegrationUri" not in integration and not needs_none:
        raise bad_request(f"IntegrationUri is required for integrations of type {kind}")
    if kind in ("HTTP", "HTTP_PROXY") and "IntegrationMethod" not in integration:
        raise bad_request(f"IntegrationMethod is required for integrations of type {kind}")
    most = HTTP_TIMEOUT_MS if api.is_http else WEBSOCKET_TIMEOUT_MS
    timeout = integration.setdefault("TimeoutInMillis", most)
    if not 50 <= timeout <= most:
        raise bad_request(f"Timeout should be between 50 ms and {most} ms")
    integration.setdefault("ConnectionType", "INTERNET")
    if api.is_http:
        version = integration.setdefault("PayloadFormatVersion", "1.0")
        if version not in ("1.0", "2.0") or (version == "2.0" and kind == "HTTP_PROXY"):
            raise bad_request(f"Invalid payload format version {version}")
        if kind == "AWS_PROXY" and "IntegrationSubtype" not in integration:
            integration.setdefault("IntegrationMethod", "POST")
        return
    integration.setdefault("PayloadFormatVersion", "1.0")
    integration.setdefault("PassthroughBehavior", "WHEN_NO_MATCH")
    selection = "${integration.response.statuscode}"
    integration.setdefault("IntegrationResponseSelectionExpression", selection)


def _integration_may_go(api: Api, integration: Described) -> None:
    target = f"integrations/{integration['IntegrationId']}"
    for route in api.routes.values():
        if route.get("Target") == target:
            raise conflict(
                f"Cannot delete Integration. Integration '{integration['IntegrationId']}' is "
                f"referenced by Route with key '{route['RouteKey']}'"
            )


def _check_authorizer(
    apis: ApiGatewayV2State, api: Api, authorizer: Described, before: Described | None
) -> None:
    del apis
    for other in api.authorizers.values():
        if other is not before and other["Name"] == authorizer["Name"]:
            raise conflict(f"Authorizer name must be unique. Authorizer {other['Name']} exists")
    kind = authorizer["AuthorizerType"]
    if kind == "JWT":
        settings = authorizer.get("JwtConfiguration") or {}
        if not settings.get("Issuer"):
            raise bad_request("JwtConfiguration.Issuer is required for a JWT authorizer")
        if not settings.get("Audience"):
            raise bad_request("JwtConfiguration.Audience is required for a JWT authorizer")
        return
    if not authorizer.get("AuthorizerUri"):
        raise bad_request("AuthorizerUri is required for a REQUEST authorizer")
    if api.is_http:
        version = authorizer.get("AuthorizerPayloadFormatVersion")
        if version not in ("1.0", "2.0"):
            raise bad_request("AuthorizerPayloadFormatVersion is required for HTTP APIs")
        authorizer.setdefault("AuthorizerResultTtlInSeconds", 0)
        authorizer.setdefault("EnableSimpleResponses", False)
        if authorizer["EnableSimpleResponses"] and version == "1.0":
            raise bad_request("Simple responses are supported for format version 2.0 only")


def _authorizer_may_go(api: Api, authorizer: Described) -> None:
    for route in api.routes.values():
        if route.get("AuthorizerId") == authorizer["AuthorizerId"]:
            raise conflict(
                f"Cannot delete Authorizer. Authorizer '{authorizer['AuthorizerId']}' is "
                f"referenced by Route with key '{route['RouteKey']}'"
            )


def _check_model(
    apis: ApiGatewayV2State, api: Api, model: Described, before: Described | None
) -> None:
    del apis
    for other in api.models.values():
        if other is not before and other["Name"] == model["Name"]:
            raise conflict(f"Model name already exists for this API: {model['Name']}")
    model.setdefault("ContentType", "application/json")
    try:
        json.loads(model["Schema"])
    except ValueError as error:
        raise bad_request("Model schema is not valid JSON") from error


def _route_responses(api: Api, request: Request) -> ById:
    if request["RouteId"] not in api.routes:
        raise invalid_identifier("Route")
    return api.route_responses.setdefault(request["RouteId"], {})


def _integration_responses(api: Api, request: Request) -> ById:
    if request["IntegrationId"] not in api.integrations:
        raise invalid_identifier("Integration")
    return api.integration_responses.setdefault(request["IntegrationId"], {})


def _check_websocket(
    apis: ApiGatewayV2State, api: Api, made: Described, before: Described | None
) -> None:
    del apis, made, before
    if api.is_http:
        raise bad_request("Responses are for WebSocket APIs")


ROUTES = Collection(
    "Route", "RouteId", lambda api, _: api.routes, check=_check_route, after=publish_changes
)
INTEGRATIONS = Collection(
    "Integration",
    "IntegrationId",
    lambda api, _: api.integrations,
    check=_check_integration,
    may_go=_integration_may_go,
    after=publish_changes,
)
AUTHORIZERS = Collection(
    "Authorizer",
    "AuthorizerId",
    lambda api, _: api.authorizers,
    check=_check_authorizer,
    may_go=_authorizer_may_go,
    after=publish_changes,
)
MODELS = Collection("Model", "ModelId", lambda api, _: api.models, check=_check_model)
ROUTE_RESPONSES = Collection(
    "RouteResponse",
    "RouteResponseId",
    _route_responses,
    check=_check_websocket,
    after=publish_changes,
    names=frozenset({"RouteId"}),
)
INTEGRATION_RESPONSES = Collection(
    "IntegrationResponse",
    "IntegrationResponseId",
    _integration_responses,
    check=_check_websocket,
    after=publish_changes,
    names=frozenset({"IntegrationId"}),
)
