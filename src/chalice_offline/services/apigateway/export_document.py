"""A REST API's definition as an OpenAPI document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Definition = dict[str, Any]
Document = dict[str, Any]

_EXT = "x-amazon-apigateway-"
_PLACES = {"querystring": "query", "header": "header", "path": "path"}


def export(
    definition: Definition,
    *,
    version: str,
    host: str,
    stage: str,
    is_v3: bool,
    extensions: frozenset[str],
) -> Document:
    """Return the document; `extensions` are "integrations", "authorizers", "apigateway"."""
    api = definition["api"]
    info = {"title": api["name"], "version": version}
    if api.get("description"):
        info = {"title": api["name"], "description": api["description"], "version": version}
    exporter = _Exporter(definition, is_v3=is_v3, extensions=extensions)
    document: Document
    if is_v3:
        variables = {"basePath": {"default": stage}}
        server = {"url": f"https://{host}/{{basePath}}", "variables": variables}
        document = {"openapi": "3.0.1", "info": info, "servers": [server]}
    else:
        document = {"swagger": "2.0", "info": info, "host": host, "basePath": f"/{stage}"}
        document["schemes"] = ["https"]
    document["paths"] = exporter.paths()
    schemes, models = exporter.schemes(), exporter.models()
    if is_v3:
        components = {"schemas": models} if models else {}
        if schemes:
            components["securitySchemes"] = schemes
        document["components"] = components
    else:
        if schemes:
            document["securityDefinitions"] = schemes
        if models:
            document["definitions"] = models
    if "apigateway" in extensions:
        document |= exporter.settings()
    return document


class _Exporter:
    def __init__(self, definition: Definition, *, is_v3: bool, extensions: frozenset[str]) -> None:
        self._definition = definition
        self._is_v3 = is_v3
        self._extensions = extensions
        self._used: set[str] = set()

    def paths(self) -> Document:
        found: Document = {}
        for resource in sorted(self._definition["resources"].values(), key=lambda r: r["path"]):
            for name, method in sorted(resource.get("resourceMethods", {}).items()):
                verb = f"{_EXT}any-method" if name == "ANY" else name.lower()
                item = found.setdefault(resource["path"], {})
                item[verb] = self._operation(method)
        return found

    def models(self) -> Document:
        found: Document = {}
        waiting = sorted(self._used)
        for name in waiting:  # it grows: models refer to models
            model = self._definition["models"].get(name)
            try:
                schema = json.loads(model["schema"]) if model else None
            except ValueError:
                continue
            if schema is not None:
                schema.pop("$schema", None)
                found[name] = self._local(schema)
                waiting += sorted(self._used.difference(waiting))
        return dict(sorted(found.items()))

    def schemes(self) -> Document:
        found: Document = {}
        for authorizer in self._definition["authorizers"].values():
            scheme = {
                "type": "apiKey",
                "name": str(authorizer.get("identitySource", "Unused")).rpartition(".")[2],
                "in": "header",
                f"{_EXT}authtype": authorizer.get("authType", "custom"),
            }
            if "authorizers" in self._extensions:
                kept = {k: v for k, v in authorizer.items() if k not in ("id", "name", "authType")}
                kept["type"] = authorizer["type"].lower()
                scheme[f"{_EXT}authorizer"] = kept
            found[authorizer["name"]] = scheme
        keys = any(
            method["apiKeyRequired"]
            for resource in self._definition["resources"].values()
            for method in resource.get("resourceMethods", {}).values()
        )
        if keys:
            found["api_key"] = {"type": "apiKey", "name": "x-api-key", "in": "header"}
        return found

    def settings(self) -> Document:
        api, found = self._definition["api"], {}
        if self._definition["validators"]:
            found[f"{_EXT}request-validators"] = {
                one["name"]: {
                    key: one[key] for key in ("validateRequestParameters", "validateRequestBody")
                }
                for one in self._definition["validators"].values()
            }
        if self._definition["gateway_responses"]:
            found[f"{_EXT}gateway-responses"] = {
                kind: {k: v for k, v in one.items() if k not in ("responseType", "defaultResponse")}
                for kind, one in self._definition["gateway_responses"].items()
            }
        if api.get("binaryMediaTypes"):
            found[f"{_EXT}binary-media-types"] = api["binaryMediaTypes"]
        if self._definition.get("policy"):
            found[f"{_EXT}policy"] = json.loads(self._definition["policy"])
        return found

    def _operation(self, method: Definition) -> Document:
        found: Document = {}
        if method.get("operationName"):
            found["operationId"] = method["operationName"]
        models = method.get("requestModels", {})
        if models and not self._is_v3:
            found["consumes"] = list(models)
        parameters = list(self._parameters(method))
        responses = {
            status: self._response(one)
            for status, one in sorted(method.get("methodResponses", {}).items())
        }
        if not self._is_v3:
            types = {
                t
                for one in method.get("methodResponses", {}).values()
                for t in one.get("responseModels", {})
            }
            if types:
                found["produces"] = sorted(types)
        if parameters:
            found["parameters"] = parameters
        if models and self._is_v3:
            content = {t: {"schema": self._reference(name)} for t, name in models.items()}
            found["requestBody"] = {"content": content, "required": True}
        found["responses"] = responses
        security = self._security(method)
        if security:
            found["security"] = security
        validator = self._definition["validators"].get(method.get("requestValidatorId"))
        if validator and "apigateway" in self._extensions:
            found[f"{_EXT}request-validator"] = validator["name"]
        if "integrations" in self._extensions and "methodIntegration" in method:
            found[f"{_EXT}integration"] = _integration(method["methodIntegration"])
        return found

    def _parameters(self, method: Definition) -> Iterator[Document]:
        for key, required in method.get("requestParameters", {}).items():
            _, _, place, name = key.split(".", 3)
            one: Document = {"name": name, "in": _PLACES.get(place, "query")}
            if required or (self._is_v3 and place == "path"):
                one["required"] = True
            elif not self._is_v3:
                one["required"] = False
            yield one | ({"schema": {"type": "string"}} if self._is_v3 else {"type": "string"})
        if not self._is_v3:
            for name in method.get("requestModels", {}).values():
                yield {
                    "in": "body",
                    "name": name,
                    "required": True,
                    "schema": self._reference(name),
                }

    def _response(self, response: Definition) -> Document:
        found: Document = {"description": f"{response['statusCode']} response"}
        headers = {
            key.rpartition(".")[2]: (
                {"schema": {"type": "string"}} if self._is_v3 else {"type": "string"}
            )
            for key in response.get("responseParameters", {})
        }
        if headers:
            found["headers"] = headers
        models = response.get("responseModels", {})
        if self._is_v3:
            found["content"] = {t: {"schema": self._reference(m)} for t, m in models.items()}
        elif models:
            found["schema"] = self._reference(next(iter(models.values())))
        return found

    def _security(self, method: Definition) -> list[Document]:
        found: list[Document] = []
        authorizer = self._definition["authorizers"].get(method.get("authorizerId"))
        if authorizer is not None:
            found.append({authorizer["name"]: method.get("authorizationScopes", [])})
        if method["apiKeyRequired"]:
            found.append({"api_key": []})
        return found

    def _reference(self, name: str) -> Document:
        self._used.add(name)
        return {"$ref": self._place(name)}

    def _place(self, name: str) -> str:
        return f"#/components/schemas/{name}" if self._is_v3 else f"#/definitions/{name}"

    def _local(self, schema: Any) -> Any:
        if isinstance(schema, list):
            return [self._local(one) for one in schema]
        if not isinstance(schema, dict):
            return schema
        found = {key: self._local(value) for key, value in schema.items()}
        if isinstance(schema.get("$ref"), str):
            found.update(self._reference(schema["$ref"].rpartition("/")[2]))
        return found


def _integration(integration: Definition) -> Document:
    found = {
        key: value
        for key, value in integration.items()
        if key
        not in ("cacheNamespace", "cacheKeyParameters", "integrationResponses", "timeoutInMillis")
    }
    if integration.get("connectionType") == "INTERNET":
        del found["connectionType"]
    found["type"] = integration["type"].lower()
    found["passthroughBehavior"] = integration["passthroughBehavior"].lower()
    responses = {}
    for one in integration.get("integrationResponses", {}).values():
        pattern = one.get("selectionPattern") or "default"
        responses[pattern] = {k: v for k, v in one.items() if k != "selectionPattern"}
    if responses:
        found["responses"] = responses
    return found
