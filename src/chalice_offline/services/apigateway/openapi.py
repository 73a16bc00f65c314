"""An OpenAPI document (Swagger 2.0 or OpenAPI 3) as the parts of a REST API.

Source: AWS, "OpenAPI extensions for API Gateway" and "API Gateway's OpenAPI import".
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chalice_offline.services.apigateway import limits
from chalice_offline.services.apigateway.authorizer_defaults import authorizer_of
from chalice_offline.services.apigateway.documented import (
    DocumentationParts,
    of_info,
    of_operation,
    parts_of,
)
from chalice_offline.services.apigateway.new_api import resource_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from chalice_offline.services.apigateway.rest_api import Described, RestApi
    from chalice_offline.services.apigateway.state import ApiGatewayState

Document = dict[str, Any]
_EXT = "x-amazon-apigateway-"
_ANY = f"{_EXT}any-method"
_VARIABLE = re.compile(r"\{(\w+)\+?\}")
_LOCATIONS = {"query": "querystring", "header": "header", "path": "path"}
_INTEGRATION_KEPT = (
    "uri",
    "connectionId",
    "connectionType",
    "credentials",
    "requestParameters",
    "requestTemplates",
    "contentHandling",
    "tlsConfig",
)
_BY_TYPE = "application/json"


class OpenApi:
    """One document on its way into an API."""

    def __init__(
        self,
        gateway: ApiGatewayState,
        api: RestApi,
        document: Document,
        parameters: Mapping[str, str],
    ) -> None:
        """`parameters` are those of the import: what to do with the base path, what to ignore."""
        self._gateway = gateway
        self._api = api
        self._document = document
        self._base_path = parameters.get("basepath", "ignore")  # or "prepend" or "split"
        self._tells = parameters.get("ignore") != "documentation"
        self._parts = DocumentationParts(gateway, api.documentation_parts)
        self._is_v3 = "openapi" in document
        self._authorizers: dict[str, str] = {}
        self._validators: dict[str, str] = {}
        #: what was left out of the document, in AWS's words
        self.warnings: list[str] = []

    def build(self) -> None:
        """Put all that the document says into the API."""
        api, document = self._api, self._document
        self._settings()
        for name, schema in self._schemas().items():
            self._model(name, schema)
        for name, scheme in self._security_schemes().items():
            self._authorizer(name, scheme)
        for name, validator in (document.get(f"{_EXT}request-validators") or {}).items():
            made = {
                "id": self._gateway.new_id(),
                "name": name,
                "validateRequestBody": bool(validator.get("validateRequestBody")),
                "validateRequestParameters": bool(validator.get("validateRequestParameters")),
            }
            api.validators[made["id"]] = made
            self._validators[name] = made["id"]
        for kind, response in (document.get(f"{_EXT}gateway-responses") or {}).items():
            self._gateway_response(kind, response)
        prefix = self._prefix()
        for path, item in (document.get("paths") or {}).items():
            self._path(prefix + path, item)
        self._documentation()

    # ---- the API as a whole -------------------------------------------------------------------

    def _settings(self) -> None:
        described, document = self._api.described, self._document
        info = document.get("info") or {}
        described["name"] = info.get("title") or described.get("name") or "API"
        for key in ("description", "version"):
            if info.get(key):
                described[key] = str(info[key])
        self._tell(of_info(info))
        types = document.get(f"{_EXT}binary-media-types")
        if types:
            described["binaryMediaTypes"] = list(types)
        source = document.get(f"{_EXT}api-key-source")
        if source:
            described["apiKeySource"] = source
        size = document.get(f"{_EXT}minimum-compression-size")
        if size is not None:
            described["minimumCompressionSize"] = int(size)
        policy = document.get(f"{_EXT}policy")
        if policy:
            self._api.policy = json.dumps(policy)
        endpoint = document.get(f"{_EXT}endpoint-configuration")
        if endpoint:
            described["endpointConfiguration"] = described["endpointConfiguration"] | {
                key: value for key, value in endpoint.items() if key != "disableExecuteApiEndpoint"
            }
            if "disableExecuteApiEndpoint" in endpoint:
                disabled = bool(endpoint["disableExecuteApiEndpoint"])
                described["disableExecuteApiEndpoint"] = disabled

    def _prefix(self) -> str:
        path = self._document.get("basePath") or ""
        servers = self._document.get("servers") or []
        if not path and servers:
            server = servers[0]
            url = server.get("url", "")
            for name, variable in (server.get("variables") or {}).items():
                url = url.replace(f"{{{name}}}", variable.get("default", "").lstrip("/"))
            path = urlsplit(url).path
        path = path.strip("/")
        if not path or self._base_path == "ignore":
            return ""
        if self._base_path == "split":
            path = path.partition("/")[2]
        return f"/{path}" if path else ""

    def _tell(self, parts: Iterable[tuple[dict[str, str], Any]]) -> None:
        if self._tells:
            for location, properties in parts:
                self._parts.keep(location, properties)

    def _documentation(self) -> None:
        documented = (self._tells and self._document.get(f"{_EXT}documentation")) or {}
        self._tell(parts_of(documented))
        version = documented.get("version")
        if version:
            made = {"version": version, "createdDate": self._gateway.now_s()}
            self._api.documentation_versions[version] = made

    def _gateway_response(self, kind: str, response: Document) -> None:
        made = {
            "responseType": kind,
            "responseParameters": response.get("responseParameters") or {},
            "responseTemplates": response.get("responseTemplates") or {},
            "defaultResponse": False,
        }
        if response.get("statusCode"):
            made["statusCode"] = str(response["statusCode"])
        self._api.gateway_responses[kind] = made

    # ---- models and authorizers ---------------------------------------------------------------

    def _schemas(self) -> Document:
        if self._is_v3:
            return (self._document.get("components") or {}).get("schemas") or {}
        return self._document.get("definitions") or {}

    def _security_schemes(self) -> Document:
        if self._is_v3:
            return (self._document.get("components") or {}).get("securitySchemes") or {}
        return self._document.get("securityDefinitions") or {}

    def _model(self, name: str, schema: Any) -> None:
        known = self._api.models.get(name)
        self._api.models[name] = {
            "id": known["id"] if known else self._gateway.new_id(),
            "name": name,
            "contentType": _BY_TYPE,
            "schema": json.dumps(self._with_models(schema), indent=2),
        }
        if isinstance(schema, dict) and schema.get("description"):
            self._api.models[name]["description"] = schema["description"]

    def _with_models(self, schema: Any) -> Any:
        """Return a schema whose references are to models of this API, as AWS keeps them."""
        if isinstance(schema, list):
            return [self._with_models(one) for one in schema]
        if not isinstance(schema, dict):
            return schema
        found = {key: self._with_models(value) for key, value in schema.items()}
        reference = schema.get("$ref")
        if isinstance(reference, str):
            name = reference.rpartition("/")[2]
            base = "https://apigateway.amazonaws.com/restapis"
            found["$ref"] = f"{base}/{self._api.id}/models/{name}"
        return found

    def _authorizer(self, name: str, scheme: Document) -> None:
        made = authorizer_of(name, scheme)
        if made is not None:
            made["id"] = self._gateway.new_id()
            self._api.authorizers[made["id"]] = made
            self._authorizers[name] = made["id"]

    # ---- paths --------------------------------------------------------------------------------

    def _path(self, path: str, item: Document) -> None:
        resource = resource_at(self._gateway, self._api, path)
        shared = item.get("parameters") or []
        for verb, operation in item.items():
            name = "ANY" if verb == _ANY else verb.upper()
            if name in limits.METHODS and isinstance(operation, dict):
                method = self._method(name, operation, shared, resource)
                self._tell_of(resource["path"], name, operation, shared)
                # What is in the path is a parameter, declared or not (recorded).
                for variable in _VARIABLE.findall(path):
                    declared = method.setdefault("requestParameters", {})
                    declared.setdefault(f"method.request.path.{variable}", True)
                resource.setdefault("resourceMethods", {})[name] = method

    def _tell_of(self, path: str, name: str, operation: Document, shared: list[Document]) -> None:
        parameters = [
            self._resolved(one) for one in [*shared, *(operation.get("parameters") or [])]
        ]
        body = self._resolved(operation.get("requestBody") or {})
        responses = {
            str(status): self._resolved(response)
            for status, response in (operation.get("responses") or {}).items()
        }
        parameters += [{"in": "body", **body}] if body else []
        self._tell(of_operation(path, name, operation, parameters, responses))

    def _method(
        self, name: str, operation: Document, shared: list[Document], resource: Described
    ) -> Described:
        method: Described = {"httpMethod": name}
        method |= self._security(operation)
        if operation.get("operationId"):
            method["operationName"] = operation["operationId"]
        validator = operation.get(f"{_EXT}request-validator") or self._document.get(
            f"{_EXT}request-validator"
        )
        if validator in self._validators:
            method["requestValidatorId"] = self._validators[validator]
        parameters, models = self._inputs(operation, shared)
        if parameters:
            method["requestParameters"] = parameters
        if models:
            method["requestModels"] = models
        responses = {
            str(status): self._response(str(status), self._resolved(response), operation)
            for status, response in (operation.get("responses") or {}).items()
            if str(status) != "default"
        }
        if responses:
            method["methodResponses"] = responses
        integration = operation.get(f"{_EXT}integration")
        if integration:
            made = self._integration(integration, resource["id"])
            self._keep_texts(made, resource["path"], name)
            method["methodIntegration"] = made
        return method

    def _security(self, operation: Document) -> Described:
        found: Described = {"authorizationType": "NONE", "apiKeyRequired": False}
        schemes = self._security_schemes()
        wanted = operation.get("security", self._document.get("security")) or []
        for requirement in wanted:
            for name, scopes in requirement.items():
                scheme = schemes.get(name) or {}
                authorizer = self._authorizers.get(name)
                if authorizer is not None:
                    kind = self._api.authorizers[authorizer]["type"]
                    cognito = kind == "COGNITO_USER_POOLS"
                    found["authorizationType"] = kind if cognito else "CUSTOM"
                    found["authorizerId"] = authorizer
                    if scopes:
                        found["authorizationScopes"] = list(scopes)
                elif scheme.get(f"{_EXT}authtype") == "awsSigv4":
                    found["authorizationType"] = "AWS_IAM"
                elif scheme.get("type") == "apiKey":
                    found["apiKeyRequired"] = True
        return found

    def _inputs(
        self, operation: Document, shared: list[Document]
    ) -> tuple[dict[str, bool], dict[str, str]]:
        parameters: dict[str, bool] = {}
        models: dict[str, str] = {}
        for parameter in [*shared, *(operation.get("parameters") or [])]:
            one = self._resolved(parameter)
            place = one.get("in")
            if place in _LOCATIONS:
                key = f"method.request.{_LOCATIONS[place]}.{one['name']}"
                parameters[key] = bool(one.get("required"))
            elif place == "body":
                for content_type in self._types(operation, "consumes"):
                    self._use_model(models, content_type, one.get("schema"))
        body = self._resolved(operation.get("requestBody") or {})
        for content_type, content in (body.get("content") or {}).items():
            self._use_model(models, content_type, content.get("schema"))
        return parameters, models

    def _types(self, operation: Document, key: str) -> list[str]:
        return operation.get(key) or self._document.get(key) or [_BY_TYPE]

    def _use_model(self, models: dict[str, str], content_type: str, schema: Any) -> None:
        if not isinstance(schema, dict):
            return
        reference = schema.get("$ref")
        if reference:
            models[content_type] = reference.rpartition("/")[2]
            return
        name = f"MODEL{self._gateway.new_id()}"
        self._model(name, schema)
        models[content_type] = name

    def _response(self, status: str, response: Document, operation: Document) -> Described:
        found: Described = {"statusCode": status}
        headers = response.get("headers") or {}
        if headers:
            found["responseParameters"] = {
                f"method.response.header.{name}": False for name in headers
            }
        models: dict[str, str] = {}
        if "schema" in response:
            for content_type in self._types(operation, "produces"):
                self._use_model(models, content_type, response["schema"])
        for content_type, content in (response.get("content") or {}).items():
            self._use_model(models, content_type, content.get("schema"))
        if models:
            found["responseModels"] = models
        return found

    def _integration(self, said: Document, resource_id: str) -> Described:
        kind = str(said.get("type", "")).upper()
        integration: Described = {
            "type": kind,
            "passthroughBehavior": str(said.get("passthroughBehavior", "WHEN_NO_MATCH")).upper(),
            "timeoutInMillis": said.get("timeoutInMillis") or limits.INTEGRATION_TIMEOUT_MS,
            "cacheNamespace": said.get("cacheNamespace") or resource_id,
            "cacheKeyParameters": said.get("cacheKeyParameters") or [],
        }
        if said.get("httpMethod") and kind != "MOCK":
            integration["httpMethod"] = said["httpMethod"].upper()
        kept = {key: said[key] for key in _INTEGRATION_KEPT if said.get(key)}
        if kind == "MOCK":
            kept.pop("uri", None)
        integration |= kept
        if kind in ("HTTP", "HTTP_PROXY"):
            integration.setdefault("connectionType", "INTERNET")
        responses = dict(_integration_responses(said))
        if responses:
            integration["integrationResponses"] = responses
        return integration

    def _keep_texts(self, integration: Described, path: str, method: str) -> None:
        """Leave out request parameters that are no expressions, with a warning (recorded)."""
        parameters = integration.get("requestParameters", {})
        for name in [one for one, value in parameters.items() if not isinstance(value, str)]:
            self.warnings.append(
                "Invalid format for 'requestParameters'. Expected type string for property "
                f"'{name}' of resource '{path}' and method '{method}' but got "
                f"'{json.dumps(parameters[name])}'"
            )
        kept = {name: value for name, value in parameters.items() if isinstance(value, str)}
        if kept:
            integration["requestParameters"] = kept
        else:
            integration.pop("requestParameters", None)

    def _resolved(self, part: Document) -> Document:
        """Return what a "$ref" of the document stands for."""
        reference = part.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return part
        found: Any = self._document
        for key in reference[2:].split("/"):
            found = found.get(key.replace("~1", "/").replace("~0", "~")) or {}
        return found if isinstance(found, dict) else {}


def _integration_responses(said: Document) -> Iterator[tuple[str, Described]]:
    for pattern, response in (said.get("responses") or {}).items():
        status = str(response.get("statusCode", ""))
        found: Described = {"statusCode": status}
        if pattern != "default":
            found["selectionPattern"] = pattern
        for key in ("responseParameters", "responseTemplates", "contentHandling"):
            if response.get(key):
                found[key] = response[key]
        yield status, found
