"""A REST API and all that belongs to it, each part described as its Get… operation shows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Described = dict[str, Any]
ById = dict[str, Described]

# What a deployment keeps as it was.
_DEPLOYED = ("resources", "models", "validators", "authorizers", "gateway_responses")


@dataclass(slots=True)
class RestApi:
    """One API. `definitions` are what its deployments froze, `compiled` what serves them."""

    account_id: str
    region: str
    described: Described
    policy: str = ""
    resources: ById = field(default_factory=dict)
    models: ById = field(default_factory=dict)
    validators: ById = field(default_factory=dict)
    authorizers: ById = field(default_factory=dict)
    gateway_responses: ById = field(default_factory=dict)
    deployments: ById = field(default_factory=dict)
    stages: ById = field(default_factory=dict)
    documentation_parts: ById = field(default_factory=dict)
    documentation_versions: ById = field(default_factory=dict)
    definitions: dict[str, Described] = field(default_factory=dict)
    compiled: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The API's id."""
        return str(self.described["id"])

    @property
    def root_id(self) -> str:
        """The id of the resource "/"."""
        return str(self.described["rootResourceId"])

    def definition(self) -> Described:
        """Return all that a deployment keeps."""
        parts = {name: _copied(getattr(self, name)) for name in _DEPLOYED}
        return parts | {"api": _copied(self.described), "policy": self.policy}

    def children_of(self, resource_id: str) -> list[Described]:
        """Return the resources right below one."""
        return [one for one in self.resources.values() if one.get("parentId") == resource_id]

    def methods(self) -> list[tuple[Described, Described]]:
        """Return every method with its resource."""
        return [
            (resource, method)
            for resource in self.resources.values()
            for method in resource.get("resourceMethods", {}).values()
        ]


def _copied(value: Any) -> Any:
    """Return a copy of a document, which has no cycles: a third of what `deepcopy` takes."""
    if isinstance(value, dict):
        return {name: _copied(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_copied(one) for one in value]
    return value
