"""ExportApi: an HTTP API, or what one of its stages serves, as an OpenAPI 3 document.

Source: AWS, "Export HTTP APIs from API Gateway".
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from chalice_offline.services.apigatewayv2.errors import bad_request
from chalice_offline.services.apigatewayv2.openapi import (
    AUTHORIZER_MEMBERS,
    CORS_MEMBERS,
    EXTENSION,
    INTEGRATION_MEMBERS,
)

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.apigatewayv2.api import Api, Described, Snapshot
    from chalice_offline.services.apigatewayv2.state import ApiGatewayV2State

Document = dict[str, Any]
_VARIABLE = re.compile(r"\{([^}+]+)\+?\}")
_VERSION = "1.0"


def export_api(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Return an API as a document, with API Gateway's extensions unless they are not wanted."""
    api = apis.find_api(context, request)
    if not api.is_http:
        raise bad_request("Only HTTP APIs can be exported")
    if request["Specification"] != "OAS30":
        raise bad_request(f"Invalid specification '{request['Specification']}'")
    kind = request["OutputType"].upper()
    if kind not in ("JSON", "YAML"):
        raise bad_request(f"Invalid output type '{request['OutputType']}'")
    if request.get("ExportVersion", _VERSION) != _VERSION:
        raise bad_request(f"Invalid export version '{request['ExportVersion']}'")
    snapshot, base_path = api.snapshot(), ""
    if request.get("StageName"):
        stage = apis.find_stage(context, request)
        snapshot, base_path = api.deployed(stage), stage["StageName"]
    document = _document(
        api, snapshot, base_path, with_extensions=request.get("IncludeExtensions", True)
    )
    return {"body": _yaml(document) if kind == "YAML" else json.dumps(document, indent=2).encode()}


def _yaml(document: Document) -> bytes:
    import yaml  # few documents are YAML

    text: str = yaml.safe_dump(document, sort_keys=False)
    return text.encode()


def _document(api: Api, snapshot: Snapshot, base_path: str, *, with_extensions: bool) -> Document:
    described = api.described
    info: Document = {"title": described["Name"]}
    if described.get("Description"):
        info["description"] = described["Description"]
    info["version"] = described.get("Version") or str(described["CreatedDate"])
    base = "" if base_path == "$default" else base_path
    server = {
        "url": f"{described['ApiEndpoint']}/{{basePath}}",
        "variables": {"basePath": {"default": base}},
    }
    document: Document = {"openapi": "3.0.1", "info": info, "servers": [server]}
    if described.get("Tags") and with_extensions:
        value = f"{EXTENSION}tag-value"
        document["tags"] = [{"name": n, value: v} for n, v in described["Tags"].items()]
    paths: dict[str, Document] = {}
    names = {key: one["Name"] for key, one in snapshot.authorizers.items()}
    for route in snapshot.routes:
        path, method, operation = _operation(route, snapshot, names, with_extensions)
        paths.setdefault(path, {})[method] = operation
    document["paths"] = paths
    schemes = {
        one["Name"]: _scheme(one, with_extensions=with_extensions)
        for one in snapshot.authorizers.values()
    }
    if schemes:
        document["components"] = {"securitySchemes": schemes}
    if with_extensions:
        if described.get("CorsConfiguration"):
            document[f"{EXTENSION}cors"] = _told(described["CorsConfiguration"], CORS_MEMBERS)
        document[f"{EXTENSION}importexport-version"] = _VERSION
    return document


def _operation(
    route: Described, snapshot: Snapshot, names: dict[str, str], with_extensions: bool
) -> tuple[str, str, Document]:
    key = route["RouteKey"]
    method, _, path = key.partition(" ")
    operation: Document = {}
    if key == "$default":
        path, operation["isDefaultRoute"] = "/$default", True
    if route.get("OperationName"):
        operation["operationId"] = route["OperationName"]
    parameters = [
        {
            "name": name,
            "in": "path",
            "description": f"Generated path parameter for {name}",
            "required": True,
            "schema": {"type": "string"},
        }
        for name in _VARIABLE.findall(path)
    ]
    if parameters:
        operation["parameters"] = parameters
    operation["responses"] = {"default": {"description": f"Default response for {key}"}}
    if route.get("AuthorizerId") in names:
        scopes = route.get("AuthorizationScopes", [])
        operation["security"] = [{names[route["AuthorizerId"]]: list(scopes)}]
    target = str(route.get("Target", "")).removeprefix("integrations/")
    integration = snapshot.integrations.get(target)
    if with_extensions:
        if route.get("AuthorizationType") == "AWS_IAM":
            operation[f"{EXTENSION}auth"] = {"type": "AWS_IAM"}
        if integration is not None:
            operation[f"{EXTENSION}integration"] = _integration(integration)
    is_any = method in ("ANY", "$default")
    return path, f"{EXTENSION}any-method" if is_any else method.lower(), operation


def _integration(integration: Described) -> Document:
    found = _told(integration, INTEGRATION_MEMBERS)
    found["type"] = integration["IntegrationType"].lower()
    tls = integration.get("TlsConfig")
    if tls:
        found["tlsConfig"] = {"serverNameToVerify": tls.get("ServerNameToVerify", "")}
    return found


def _scheme(authorizer: Described, *, with_extensions: bool) -> Document:
    is_jwt = authorizer["AuthorizerType"] == "JWT"
    sources = authorizer.get("IdentitySource", [])
    if is_jwt:
        scheme: Document = {"type": "oauth2", "flows": {}}
    else:
        name = sources[0].rpartition(".")[2] if sources else "Unused"
        scheme = {"type": "apiKey", "name": name, "in": "header"}
    if with_extensions:
        told = _told(authorizer, AUTHORIZER_MEMBERS)
        told |= {"type": "jwt" if is_jwt else "request", "identitySource": ",".join(sources)}
        if is_jwt:
            jwt = authorizer["JwtConfiguration"]
            told["jwtConfiguration"] = {"issuer": jwt["Issuer"], "audience": jwt["Audience"]}
        scheme[f"{EXTENSION}authorizer"] = told
    return scheme


def _told(described: Described, members: dict[str, str]) -> Document:
    return {name: described[member] for name, member in members.items() if member in described}
