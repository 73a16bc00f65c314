"""A function's sample events: of each source that leads to it, with that source's own names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.console.doors import Asked, Door
from chalice_offline.samples import KINDS, named, sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chalice_offline.console.connections import Connections
    from chalice_offline.console.session import Session

    Node = dict[str, Any]
    Edge = dict[str, Any]
    Made = tuple[str, str, Any]  # the kind of sample, its source in words, the event


class SampleEvents:
    """What a function may be invoked with, to begin with."""

    def __init__(self, session: Session, connections: Connections) -> None:
        self._session = session
        self._connections = connections
        self._of_node: dict[str, Callable[[Node, Edge], Made | None]] = {
            "queue": _of_queue,
            "topic": _of_topic,
            "bus": self._of_bus,
            "bucket": self._of_bucket,
            "schedule": _of_schedule,
            "stream": _of_stream,
            "table": self._of_table,
            "socket": _of_socket,
        }

    def doors(self) -> list[Door]:
        """Return what can be asked."""
        return [Door("GET", "functions/{name}/samples", self.of)]

    def of(self, asked: Asked) -> dict[str, Any]:
        """Answer the samples of a function's own sources, then one of every other kind.

        Of the latter the `source` is empty.
        """
        deployed = self._session.function_name(asked.name("name"))
        own = [*self._of_connections(deployed, asked), *self._of_routes(deployed)]
        kinds = {kind for kind, _, _ in own}
        others = [(kind, "", sample(kind)) for kind in KINDS if kind not in kinds]
        return {
            "samples": [
                {"kind": kind, "what": KINDS[kind], "source": source, "event": event}
                for kind, source, event in (*own, *others)
            ]
        }

    # ---- within ----------------------------------------------------------------------------------

    def _of_connections(self, deployed: str, asked: Asked) -> Iterator[Made]:
        drawn = self._connections.drawn(asked)
        for edge in drawn.edges.values():
            if edge["to"].rpartition(":")[2] != deployed:
                continue
            node = drawn.nodes[edge["from"]]
            make = self._of_node.get(node["kind"])
            made = make(node, edge) if make is not None else None
            if made is not None:
                yield made

    def _of_routes(self, deployed: str) -> Iterator[Made]:
        """Routes and their authorizers, which the project knows and no service has a list of."""
        about, emulator = self._session.about(), self._session.emulator
        handlers = about.get("handlers", ())
        kinds = {one["kind"] for one in handlers if one["deployed_name"] == deployed}
        for route in about.get("routes", ()):
            methods, _, path = route.partition(" ")
            for method in methods.split(","):
                if "route" in kinds:
                    yield "route", f"{method} {path}", named.route_event(method, path)
                elif "authorizer" in kinds:
                    here = (emulator.account_id, emulator.region)
                    event = named.authorizer_event(method, path, *here)
                    yield "authorizer", f"authorizer of {method} {path}", event

    def _of_bus(self, node: Node, edge: Edge) -> Made:
        emulator = self._session.emulator
        pattern = edge["filters"][0]
        event = named.bus_event(pattern, emulator.account_id, emulator.region)
        return "event", f"rule {edge['label']} on bus {node['label']}", event

    def _of_bucket(self, node: Node, edge: Edge) -> Made:
        keys = {one["Name"].lower(): one["Value"] for one in edge["keys"]}
        event = named.bucket_event(
            node["label"],
            self._session.emulator.region,
            edge["events"][0],
            keys.get("prefix", ""),
            keys.get("suffix", ""),
        )
        return "s3", f"bucket {node['label']}", event

    def _of_table(self, node: Node, edge: Edge) -> Made:
        described = self._session.read("dynamodb", "DescribeTable", TableName=node["label"])
        table = described["Table"]
        types = {
            one["AttributeName"]: one["AttributeType"] for one in table["AttributeDefinitions"]
        }
        keys = {one["AttributeName"]: types[one["AttributeName"]] for one in table["KeySchema"]}
        view = table.get("StreamSpecification", {}).get("StreamViewType", "NEW_AND_OLD_IMAGES")
        return "dynamodb", f"table {node['label']}", named.table_event(edge["source"], keys, view)


def _of_queue(node: Node, edge: Edge) -> Made:
    patterns = [json.loads(one) for one in edge.get("filters", ()) if one]
    body = patterns[0].get("body") if patterns else None
    return "sqs", f"queue {node['label']}", named.queue_event(node["id"], body)


def _of_topic(node: Node, edge: Edge) -> Made:
    event = named.topic_event(node["id"], edge["subscription"])
    return "sns", f"topic {node['label']}", event


def _of_schedule(node: Node, edge: Edge) -> Made:
    event = named.schedule_event(node["id"])
    if edge["input"] is not None:
        try:
            event = json.loads(edge["input"])
        except ValueError:
            event = edge["input"]
    return "schedule", f"schedule {node['label']}", event


def _of_stream(node: Node, edge: Edge) -> Made:
    return "kinesis", f"stream {node['label']}", named.stream_event(edge["source"])


def _of_socket(node: Node, _edge: Edge) -> Made:
    route = node["label"]
    return named.socket_kind(route), f"WebSocket {route}", named.socket_event(route)
