"""One HTTP or WebSocket API: what was made, and what of it is deployed."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

Described = dict[str, Any]
ById = dict[str, Described]

HTTP = "HTTP"
WEBSOCKET = "WEBSOCKET"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a deployment deploys: later changes do not touch it."""

    routes: tuple[Described, ...] = ()
    integrations: ById = field(default_factory=dict)
    authorizers: ById = field(default_factory=dict)
    route_responses: dict[str, ById] = field(default_factory=dict)
    integration_responses: dict[str, ById] = field(default_factory=dict)

    def route(self, key: str) -> Described | None:
        """Return the route of this key."""
        return next((route for route in self.routes if route["RouteKey"] == key), None)


@dataclass(slots=True)
class Api:
    """An API and everything that belongs to it, each by its id; stages by name."""

    id: str
    account_id: str
    region: str
    described: Described
    routes: ById = field(default_factory=dict)
    integrations: ById = field(default_factory=dict)
    authorizers: ById = field(default_factory=dict)
    models: ById = field(default_factory=dict)
    stages: ById = field(default_factory=dict)
    deployments: ById = field(default_factory=dict)
    route_responses: dict[str, ById] = field(default_factory=dict)
    integration_responses: dict[str, ById] = field(default_factory=dict)
    snapshots: dict[str, Snapshot] = field(default_factory=dict)

    @property
    def protocol(self) -> str:
        """HTTP or WEBSOCKET."""
        return str(self.described["ProtocolType"])

    @property
    def is_http(self) -> bool:
        """Whether it is an HTTP API."""
        return self.protocol == HTTP

    def snapshot(self) -> Snapshot:
        """Return what a deployment made now deploys."""
        parts = (
            self.integrations,
            self.authorizers,
            self.route_responses,
            self.integration_responses,
        )
        return Snapshot(tuple(copy.deepcopy(list(self.routes.values()))), *copy.deepcopy(parts))

    def deployed(self, stage: Described) -> Snapshot:
        """Return what a stage serves; nothing before its first deployment."""
        return self.snapshots.get(stage.get("DeploymentId", ""), Snapshot())
