"""The wiring: what leads to which handler, and how often it did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.console.doors import Asked, Door
from chalice_offline.console.traffic import Delivery, Run, Written, last_part

if TYPE_CHECKING:
    from chalice_offline.console.connections import Connections, Map
    from chalice_offline.console.session import Session
    from chalice_offline.console.traffic import Passage, Traffic

# What runs came from that is no resource: the kind of their source, its node, and its name.
_INVOKERS = {
    "route": ("routes", "HTTP routes"),
    "url": ("routes", "HTTP routes"),
    "invoke": ("invoke", "Invoke"),
    "authorizer": ("authorizer", "API authorizer"),
    "workflow": ("workflow", "Step Functions"),
}


class Wiring:
    """Which sources lead to which handlers."""

    def __init__(self, session: Session, connections: Connections, traffic: Traffic) -> None:
        self._session = session
        self._connections = connections
        self._traffic = traffic

    def doors(self) -> list[Door]:
        """Return what can be asked."""
        return [Door("GET", "wiring", self.map), Door("GET", "wiring/count", self.count)]

    def map(self, asked: Asked) -> dict[str, Any]:
        """Answer nodes and edges, with counts; `left` is how many entries are not counted yet."""
        drawn = self._connections.drawn(asked)
        with self._session.emulator.lock:
            left = self._traffic.look()
            counts = dict(self._traffic.counts)
            deployed = {function.name: function.arn for function in self._session.functions()}
        _add_runs(drawn, counts, deployed)
        _add_deliveries(drawn, counts)
        _add_calls(drawn, counts, deployed)
        return {
            "nodes": list(drawn.nodes.values()),
            "edges": list(drawn.edges.values()),
            "left": left,
        }

    def count(self, _asked: Asked) -> dict[str, Any]:
        """Count on; answer how many entries are `left`."""
        with self._session.emulator.lock:
            return {"left": self._traffic.look()}


def _add_runs(drawn: Map, counts: dict[Passage, int], deployed: dict[str, str]) -> None:
    """Count runs by what they were for; routes and direct calls become nodes of their own."""
    for passage, count in counts.items():
        if not isinstance(passage, Run) or passage.function not in deployed:
            continue
        start, end = passage.source, deployed[passage.function]
        if start in _INVOKERS:
            node, label = _INVOKERS[start]
            start = drawn.node(node, node, label)
        edge = _edge_between(drawn, start, end)
        if edge is not None:
            edge["count"] += count
        elif start in drawn.nodes:
            drawn.edge(start, end, count=count)


def _add_deliveries(drawn: Map, counts: dict[Passage, int]) -> None:
    """Count what services delivered to each other."""
    for edge in drawn.edges.values():
        if not edge["count"]:
            start, end = edge["from"].rpartition(":")[2], edge["to"]
            delivery = Delivery(start, drawn.nodes[end]["kind"], last_part(end))
            edge["count"] = counts.get(delivery, 0)


def _add_calls(drawn: Map, counts: dict[Passage, int], deployed: dict[str, str]) -> None:
    """Add what handlers called: "calls" edges from functions to what they wrote to."""
    ends = {(made["kind"], last_part(node)): node for node, made in drawn.nodes.items()}
    for passage, count in counts.items():
        if isinstance(passage, Written) and passage.function in deployed:
            end = ends.get((passage.kind, passage.name))
            if end:
                drawn.edge(deployed[passage.function], end, "calls", count=count)


def _edge_between(drawn: Map, start: str, end: str) -> dict[str, Any] | None:
    found = (edge for (s, e, _), edge in drawn.edges.items() if (s, e) == (start, end))
    return next(found, None)
