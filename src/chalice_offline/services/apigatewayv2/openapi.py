"""An OpenAPI 3 document as the parts of an HTTP API.

Source: AWS, "Working with OpenAPI definitions for HTTP APIs", "OpenAPI extensions for API Gateway".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chalice_offline.services.apigatewayv2.new_api import check_cors
from chalice_offline.services.apigatewayv2.parts import AUTHORIZERS, INTEGRATIONS, ROUTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.services.apigatewayv2.api import Api, Described
    from chalice_offline.services.apigatewayv2.state import ApiGatewayV2State

Document = dict[str, Any]
EXTENSION = "x-amazon-apigateway-"
METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
# Members of an API's parts, by the names that documents have for them.
CORS_MEMBERS = {
    "allowOrigins": "AllowOrigins",
    "allowMethods": "AllowMethods",
    "allowHeaders": "AllowHeaders",
    "exposeHeaders": "ExposeHeaders",
    "maxAge": "MaxAge",
    "allowCredentials": "AllowCredentials",
}
INTEGRATION_MEMBERS = {
    "uri": "IntegrationUri",
    "httpMethod": "IntegrationMethod",
    "payloadFormatVersion": "PayloadFormatVersion",
    "connectionType": "ConnectionType",
    "connectionId": "ConnectionId",
    "credentials": "CredentialsArn",
    "timeoutInMillis": "TimeoutInMillis",
    "subtype": "IntegrationSubtype",
    "description": "Description",
    "requestParameters": "RequestParameters",
    "responseParameters": "ResponseParameters",
}
AUTHORIZER_MEMBERS = {
    "authorizerUri": "AuthorizerUri",
    "authorizerCredentials": "AuthorizerCredentialsArn",
    "authorizerPayloadFormatVersion": "AuthorizerPayloadFormatVersion",
    "authorizerResultTtlInSeconds": "AuthorizerResultTtlInSeconds",
    "enableSimpleResponses": "EnableSimpleResponses",
}


class OpenApi:
    """One document on its way into an API that nobody sees yet."""

    def __init__(
        self, apis: ApiGatewayV2State, api: Api, document: Document, base_path: str
    ) -> None:
        self._apis = apis
        self._api = api
        self._document = document
        self._base_path = base_path  # "ignore", "prepend" or "split"
        self._authorizers: dict[str, Described] = {}
        self.warnings: list[str] = []

    def build(self) -> None:
        """Put all that the document says into the API; raises AwsError."""
        self._settings()
        components = self._document.get("components") or {}
        for name, scheme in (components.get("securitySchemes") or {}).items():
            self._authorizer(name, scheme)
        for key, operation in self._operations():
            self._route(key, operation)

    def _settings(self) -> None:
        described, document = self._api.described, self._document
        info = document.get("info") or {}
        described["Name"] = info.get("title") or described.get("Name") or "API"
        for key, member in (("description", "Description"), ("version", "Version")):
            if info.get(key):
                described[member] = str(info[key])
        cors = document.get(f"{EXTENSION}cors")
        if cors is not None:
            described["CorsConfiguration"] = _members(cors, CORS_MEMBERS)
            check_cors(described["CorsConfiguration"])
        value = f"{EXTENSION}tag-value"
        tags = {tag["name"]: tag[value] for tag in document.get("tags") or () if value in tag}
        described["Tags"] = described.get("Tags", {}) | tags
        endpoint = document.get(f"{EXTENSION}endpoint-configuration") or {}
        if "disableExecuteApiEndpoint" in endpoint:
            disabled = bool(endpoint["disableExecuteApiEndpoint"])
            described["DisableExecuteApiEndpoint"] = disabled

    def _authorizer(self, name: str, scheme: Document) -> None:
        told = scheme.get(f"{EXTENSION}authorizer")
        if not told:
            return
        sources = told.get("identitySource") or []
        asked: Described = {
            "Name": name,
            "AuthorizerType": str(told["type"]).upper(),
            "IdentitySource": sources if isinstance(sources, list) else sources.split(","),
        }
        asked |= _members(told, AUTHORIZER_MEMBERS)
        if told.get("jwtConfiguration"):
            jwt = told["jwtConfiguration"]
            asked["JwtConfiguration"] = {
                "Issuer": jwt.get("issuer", ""),
                "Audience": list(jwt.get("audience") or ()),
            }
        self._authorizers[name] = AUTHORIZERS.add(self._apis, self._api, asked)

    def _operations(self) -> Iterator[tuple[str, Document]]:
        prefix = self._prefix()
        for path, item in (self._document.get("paths") or {}).items():
            for method, operation in item.items():
                if method == f"{EXTENSION}any-method":
                    is_default = operation.get("isDefaultRoute") or path == "/$default"
                    yield "$default" if is_default else f"ANY {prefix}{path}", operation
                elif method in METHODS:
                    yield f"{method.upper()} {prefix}{path}", operation

    def _prefix(self) -> str:
        if self._base_path == "ignore":
            return ""
        for server in self._document.get("servers") or ():
            url = server.get("url", "")
            for name, variable in (server.get("variables") or {}).items():
                url = url.replace(f"{{{name}}}", variable.get("default", "").lstrip("/"))
            path = urlsplit(url).path.strip("/")
            if path and self._base_path == "split":  # the first part is the stage's
                path = path.partition("/")[2]
            return f"/{path}" if path else ""
        return ""

    def _route(self, key: str, operation: Document) -> None:
        asked: Described = {"RouteKey": key, **self._authorization(key, operation)}
        if operation.get("operationId"):
            asked["OperationName"] = operation["operationId"]
        told = self._resolved(operation.get(f"{EXTENSION}integration"))
        if told:
            integration = INTEGRATIONS.add(self._apis, self._api, _integration(told))
            asked["Target"] = f"integrations/{integration['IntegrationId']}"
        else:
            self.warnings.append(f"Route with key '{key}' does not have an integration")
        ROUTES.add(self._apis, self._api, asked)

    def _authorization(self, key: str, operation: Document) -> Described:
        if (operation.get(f"{EXTENSION}auth") or {}).get("type") == "AWS_IAM":
            return {"AuthorizationType": "AWS_IAM"}
        security = operation.get("security", self._document.get("security")) or ()
        schemes = (self._document.get("components") or {}).get("securitySchemes") or {}
        for required in security:
            for name, scopes in required.items():
                if schemes.get(name, {}).get(f"{EXTENSION}authtype") == "awsSigv4":
                    return {"AuthorizationType": "AWS_IAM"}
                authorizer = self._authorizers.get(name)
                if authorizer is None:
                    self.warnings.append(f"Ignoring security scheme '{name}' of route '{key}'")
                    continue
                is_jwt = authorizer["AuthorizerType"] == "JWT"
                found = {
                    "AuthorizationType": "JWT" if is_jwt else "CUSTOM",
                    "AuthorizerId": authorizer["AuthorizerId"],
                }
                return found | ({"AuthorizationScopes": list(scopes)} if scopes else {})
        return {}

    def _resolved(self, told: Any) -> Document | None:
        """Return an integration, or what its $ref names."""
        reference = told.get("$ref") if isinstance(told, dict) else None
        if not reference:
            return told  # type: ignore[no-any-return] # a document's; of another shape it is refused
        found: Any = self._document
        for part in str(reference).removeprefix("#/").split("/"):
            found = found[part]
        return found  # type: ignore[no-any-return]


def _integration(told: Document) -> Described:
    asked = {"IntegrationType": str(told["type"]).upper(), **_members(told, INTEGRATION_MEMBERS)}
    tls = told.get("tlsConfig")
    if tls:
        asked["TlsConfig"] = {"ServerNameToVerify": tls.get("serverNameToVerify", "")}
    return asked


def _members(told: Document, members: dict[str, str]) -> Described:
    return {member: told[name] for name, member in members.items() if name in told}
