"""A deployed API ready to be served: paths to methods, in one walk."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalice_offline.services.apigateway.json_schema import SchemaCheck

if TYPE_CHECKING:
    from chalice_offline.services.apigateway.rest_api import Described


_KINDS_KEPT = 100  # clients name what they like


@dataclass(slots=True)
class Route:
    """A method of a resource, with what decides about its requests."""

    resource_id: str
    path: str
    method: Described
    integration: Described
    authorizer: Described | None
    validator: Described | None
    checks: dict[str, SchemaCheck] = field(default_factory=dict)


@dataclass(slots=True)
class _Node:
    below: dict[str, _Node] = field(default_factory=dict)
    variable: tuple[str, _Node] | None = None
    greedy: tuple[str, _Node] | None = None
    routes: dict[str, Route] = field(default_factory=dict)


class ServedApi:
    """What a deployment froze, ready to be asked."""

    def __init__(self, definition: Described) -> None:
        self.definition = definition
        self.gateway_responses: dict[str, Described] = definition["gateway_responses"]
        self.binary_types: tuple[str, ...] = tuple(definition["api"].get("binaryMediaTypes", ()))
        self.key_source = str(definition["api"].get("apiKeySource", "HEADER"))
        self._binary: dict[str, bool] = {}  # what was asked of content types
        self._root = _Node()
        for resource in definition["resources"].values():
            node = self._node(resource["path"])
            for name, method in resource.get("resourceMethods", {}).items():
                node.routes[name] = self._route(resource, method)

    def find(self, path: str, method: str) -> tuple[Route, dict[str, str]] | None:
        """Return the route of a request and the values of its path's variables."""
        parts = path.strip("/").split("/") if path.strip("/") else []
        if parts and "" in parts:  # "//" counts only within a greedy variable
            parts = path.removeprefix("/").rstrip("/").split("/")
        return _walk(self._root, parts, 0, method)

    def route_of(self, resource_id: str, method: str) -> Route:
        """Return the route of a method whose resource is known."""
        resource = self.definition["resources"][resource_id]
        return self._route(resource, resource["resourceMethods"][method])

    def is_binary(self, content_type: str) -> bool:
        """Whether payloads of this type are bytes to this API."""
        if not self.binary_types:
            return False
        known = self._binary.get(content_type)
        if known is None:
            known = self._is_binary(content_type.partition(";")[0].strip().lower())
            if len(self._binary) < _KINDS_KEPT:
                self._binary[content_type] = known
        return known

    def _is_binary(self, kind: str) -> bool:
        return any(
            # A star on the left stands for all or for nothing (recorded).
            one == "*/*"
            or (
                not one.startswith("*/")
                and (one == kind or (one.endswith("/*") and kind.startswith(one[:-1])))
            )
            for one in self.binary_types
        )

    def _node(self, path: str) -> _Node:
        node = self._root
        for part in filter(None, path.split("/")):
            if part.startswith("{") and part.endswith("+}"):
                node.greedy = node.greedy or (part[1:-2], _Node())
                node = node.greedy[1]
            elif part.startswith("{"):
                node.variable = node.variable or (part[1:-1], _Node())
                node = node.variable[1]
            else:
                node = node.below.setdefault(part, _Node())
        return node

    def _route(self, resource: Described, method: Described) -> Route:
        definition = self.definition
        validator = definition["validators"].get(method.get("requestValidatorId"))
        route = Route(
            resource["id"],
            resource["path"],
            method,
            method.get("methodIntegration", {}),
            definition["authorizers"].get(method.get("authorizerId")),
            validator,
        )
        if validator and validator["validateRequestBody"]:
            for content_type, name in method.get("requestModels", {}).items():
                schema = self._schema(name)
                if schema is not None:
                    route.checks[content_type] = SchemaCheck(schema, self._schema)
        return route

    def _schema(self, name: str) -> Any:
        model = self.definition["models"].get(name)
        try:
            return None if model is None else json.loads(model["schema"])
        except ValueError:
            return None


def _walk(
    node: _Node, parts: list[str], at: int, method: str
) -> tuple[Route, dict[str, str]] | None:
    if at == len(parts):
        route = node.routes.get(method) or node.routes.get("ANY")
        return None if route is None else (route, {})
    part = parts[at]
    literal = node.below.get(part)
    if literal is not None:
        found = _walk(literal, parts, at + 1, method)
        if found is not None:
            return found
    if node.variable is not None and part:
        name, below = node.variable
        found = _walk(below, parts, at + 1, method)
        if found is not None:
            found[1][name] = part
            return found
    if node.greedy is not None:
        name, below = node.greedy
        found = _walk(below, [], 0, method)
        if found is not None:
            found[1][name] = "/".join(parts[at:])
            return found
    return None
