"""Integrations and integration responses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chalice_offline.services.apigateway import limits
from chalice_offline.services.apigateway.errors import bad_request, invalid_identifier
from chalice_offline.services.apigateway.patches import Change, Patchable, entries, integer
from chalice_offline.services.apigateway.status_responses import StatusResponses

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.apigateway.rest_api import Described
    from chalice_offline.services.apigateway.state import ApiGatewayState

_ARN = re.compile(r"arn:[\w-]+:apigateway:([\w-]*):([\w.-]+):(.+)")
_LAMBDA_PATH = re.compile(r"path/2015-03-31/functions/.+/invocations")
_KEPT = (
    "uri",
    "connectionType",
    "connectionId",
    "credentials",
    "requestParameters",
    "requestTemplates",
    "contentHandling",
    "tlsConfig",
    "responseTransferMode",
)
_CHANGES = Patchable(
    {
        "/type": Change(),
        "/uri": Change(),
        "/httpMethod": Change(),
        "/connectionType": Change(),
        "/connectionId": Change(),
        "/credentials": Change(operations=("add", "replace", "remove")),
        "/passthroughBehavior": Change(),
        "/contentHandling": Change(operations=("add", "replace", "remove")),
        "/timeoutInMillis": Change(integer),
        "/cacheNamespace": Change(),
        "/requestTemplates/*": entries(),
        "/requestParameters/*": entries(),
        "/tlsConfig/insecureSkipVerification": Change(),
    },
    lists_paths=False,
)
_RESPONSES = StatusResponses(
    "integrationResponses",
    ("selectionPattern", "responseParameters", "responseTemplates", "contentHandling"),
    Patchable(
        {
            "/selectionPattern": Change(),
            "/contentHandling": Change(operations=("add", "replace", "remove")),
            "/responseTemplates/*": entries(),
            "/responseParameters/*": entries(),
        },
        lists_paths=False,
    ),
)


def put_integration(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Say what a method calls."""
    method = gateway.find_method(request, context)
    integration = new_integration(request, request["resourceId"])
    before = method.get("methodIntegration", {})
    if "integrationResponses" in before:
        integration["integrationResponses"] = before["integrationResponses"]
    method["methodIntegration"] = integration
    return {key: value for key, value in integration.items() if key != "integrationResponses"}


def new_integration(request: Request, resource_id: str) -> Described:
    """Return an integration with AWS's defaults; raises AwsError for what cannot be called."""
    kind = request["type"]
    _check_target(kind, request)
    integration: Described = {
        "type": kind,
        "passthroughBehavior": request.get("passthroughBehavior") or "WHEN_NO_MATCH",
        "timeoutInMillis": request.get("timeoutInMillis") or limits.INTEGRATION_TIMEOUT_MS,
        "cacheNamespace": request.get("cacheNamespace") or resource_id,
        "cacheKeyParameters": request.get("cacheKeyParameters") or [],
    }
    if request.get("integrationHttpMethod") and kind != "MOCK":
        integration["httpMethod"] = request["integrationHttpMethod"]
    integration |= {key: request[key] for key in _KEPT if request.get(key) not in (None, {}, "")}
    if kind == "MOCK":
        integration.pop("uri", None)
    if kind in ("HTTP", "HTTP_PROXY"):
        integration.setdefault("connectionType", "INTERNET")
    return integration


def get_integration(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Return what a method calls."""
    return dict(gateway.find_integration(request, context))


def delete_integration(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Take a method's integration away."""
    gateway.find_integration(request, context)
    del gateway.find_method(request, context)["methodIntegration"]
    return {}


def update_integration(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Change an integration by patch operations."""
    integration = gateway.find_integration(request, context)
    _CHANGES.change(integration, request)
    return dict(integration)


def put_integration_response(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Say how an answer of the integration becomes a response."""
    integration = gateway.find_integration(request, context)
    for content_type in request.get("responseTemplates") or {}:
        if "/" not in content_type:
            raise bad_request(
                "Validation Result: warnings : [], errors : "
                f"[Invalid content type specified: {content_type}]"
            )
    return _RESPONSES.put(integration, request)


def get_integration_response(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Return an integration response."""
    return dict(_RESPONSES.find(gateway.find_integration(request, context), request))


def delete_integration_response(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Take an integration response away."""
    # AWS speaks of the integration where there is not even the method (recorded).
    resource = gateway.find_resource(request, context)
    if request["httpMethod"] not in resource.get("resourceMethods", {}):
        raise invalid_identifier("Integration")
    return _RESPONSES.delete(gateway.find_integration(request, context), request)


def update_integration_response(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Change an integration response by patch operations."""
    return _RESPONSES.update(gateway.find_integration(request, context), request)


def _check_target(kind: str, request: Request) -> None:
    if kind == "MOCK":
        return
    if not request.get("integrationHttpMethod"):
        raise bad_request("Enumeration value for HttpMethod must be non-empty")
    uri = request.get("uri") or ""
    if kind in ("HTTP", "HTTP_PROXY"):
        if not re.match(r"https?://|\$\{", uri) and request.get("connectionType") != "VPC_LINK":
            raise bad_request("Invalid HTTP endpoint specified for URI")
        return
    found = _ARN.fullmatch(uri)
    if found is None:
        if not uri.startswith("arn:") or uri.count(":") < 5 or ":apigateway:" in uri:
            raise bad_request("Invalid ARN specified in the request")
        raise bad_request("AWS ARN for integration must contain path or action")
    if not found[3].startswith(("path/", "action/")):
        raise bad_request("AWS ARN for integration must contain path or action")
    if kind == "AWS_PROXY" and not _may_be_proxy(found[2], found[3]):
        raise bad_request(
            "Integrations of type 'AWS_PROXY' currently only supports Lambda function and "
            "Firehose stream invocations."
        )


def _may_be_proxy(service: str, what: str) -> bool:
    if service == "lambda":
        return _LAMBDA_PATH.fullmatch(what) is not None
    return service == "firehose" and what.startswith("action/PutRecord")
