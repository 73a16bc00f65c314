"""What leads to which handler: the parts of a session and what connects them, without counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalice_offline.trace import mask

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.console.buckets import Buckets
    from chalice_offline.console.doors import Asked
    from chalice_offline.console.queues import Queues
    from chalice_offline.console.schedules import Schedules
    from chalice_offline.console.session import Session
    from chalice_offline.console.sockets import Sockets
    from chalice_offline.console.tables import Tables
    from chalice_offline.console.topics import Topics


@dataclass(slots=True)
class Map:
    """Nodes by id and edges between them, while they are collected."""

    nodes: dict[str, dict[str, Any]] = field(default_factory=dict)
    edges: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)

    def node(self, name: str, kind: str, label: str, **facts: Any) -> str:
        """Add a node, or facts to a known one; return its id."""
        known = self.nodes.setdefault(name, {"id": name, "kind": kind, "label": label})
        known.update(facts)
        return name

    def edge(self, start: str, end: str, label: str = "", **facts: Any) -> None:
        """Add an edge."""
        made = {"from": start, "to": end, "label": label, "count": 0}
        self.edges.setdefault((start, end, label), made).update(facts)


class Connections:
    """Reads off the services what is connected with what."""

    def __init__(
        self,
        session: Session,
        queues: Queues,
        topics: Topics,
        buckets: Buckets,
        tables: Tables,
        schedules: Schedules,
        sockets: Sockets,
    ) -> None:
        self._session = session
        self._queues = queues
        self._topics = topics
        self._buckets = buckets
        self._tables = tables
        self._schedules = schedules
        self._sockets = sockets

    def drawn(self, asked: Asked) -> Map:
        """Return all parts and connections. The lock is held for one family at a time."""
        drawn = Map()
        families: tuple[Callable[[], None], ...] = (
            lambda: self._functions(drawn),
            lambda: self._mappings(drawn),
            lambda: self._queue_nodes(drawn, asked),
            lambda: self._topic_edges(drawn, asked),
            lambda: self._bus_edges(drawn, asked),
            lambda: self._schedule_edges(drawn),
            lambda: self._bucket_edges(drawn),
            lambda: self._socket_edges(drawn),
            lambda: self._table_nodes(drawn),
        )
        for add in families:
            with self._session.emulator.lock:
                add()
        return drawn

    # ---- within ----------------------------------------------------------------------------------

    def _functions(self, drawn: Map) -> None:
        for function in self._session.functions():
            metrics = function.metrics
            drawn.node(
                function.arn,
                "function",
                self._session.shown_name(function.name),
                runs=metrics.invocations,
                errors=metrics.errors,
            )

    def _mappings(self, drawn: Map) -> None:
        found = self._session.read_all(
            "lambda", "ListEventSourceMappings", "EventSourceMappings", "NextMarker"
        )
        for mapping in found:
            source = _node_of_arn(drawn, mapping["EventSourceArn"])
            function = _node_of_arn(drawn, _unqualified(mapping["FunctionArn"]))
            drawn.edge(
                source,
                function,
                source=mapping["EventSourceArn"],
                state=mapping["State"],
                batch_size=mapping.get("BatchSize"),
                filters=[
                    one.get("Pattern")
                    for one in mapping.get("FilterCriteria", {}).get("Filters", [])
                ],
            )

    def _queue_nodes(self, drawn: Map, asked: Asked) -> None:
        for queue in self._queues.all(asked)["queues"]:
            facts = {key: queue[key] for key in ("visible", "in_flight", "delayed", "arrived")}
            name = drawn.node(queue["arn"], "queue", queue["name"], **facts)
            if queue["dead_letter_queue"]:
                letters = _node_of_arn(drawn, queue["dead_letter_queue"])
                drawn.edge(name, letters, "dead letters", count=queue["dead_lettered"])

    def _topic_edges(self, drawn: Map, asked: Asked) -> None:
        for topic in self._topics.all(asked)["topics"]:
            name = drawn.node(topic["arn"], "topic", topic["name"])
            for one in topic["subscriptions"]:
                endpoint = one["endpoint"]
                if endpoint.startswith("arn:"):
                    end = _node_of_arn(drawn, _unqualified(endpoint))
                else:
                    end = drawn.node(endpoint, "endpoint", str(mask(endpoint)))
                filters = [one["filter"]] if one.get("filter") else []
                raw = one.get("raw", False)
                drawn.edge(name, end, filters=filters, subscription=one["arn"], raw=raw)

    def _bus_edges(self, drawn: Map, asked: Asked) -> None:
        for bus in self._topics.buses(asked)["buses"]:
            # An archive's rule is the service's own, and its target no resource of anybody's.
            rules = [
                rule
                for rule in bus["rules"]
                if rule["pattern"] and not rule["name"].startswith("Events-Archive-")
            ]
            if not rules:
                continue
            name = drawn.node(bus["arn"], "bus", bus["name"])
            for rule in rules:
                for target in rule["targets"]:
                    end = _node_of_arn(drawn, _unqualified(target))
                    drawn.edge(
                        name, end, rule["name"], filters=[rule["pattern"]], enabled=rule["enabled"]
                    )

    def _schedule_edges(self, drawn: Map) -> None:
        for one in self._schedules.described():
            for target in one["targets"]:
                facts = {"expression": one["expression"], "next_ms": one["next_ms"]}
                name = drawn.node(one["arn"], "schedule", one["name"], **facts)
                end = _node_of_arn(drawn, _unqualified(target["arn"]))
                drawn.edge(name, end, input=mask(target["input"]))

    def _bucket_edges(self, drawn: Map) -> None:
        for bucket in self._buckets.names():
            for told in self._buckets.notifies(bucket):
                if told["arn"] == "eventbridge":
                    continue
                name = drawn.node(f"arn:aws:s3:::{bucket}", "bucket", bucket)
                keys = [f"{rule['Name']} {rule['Value']}" for rule in told["filter"]]
                end = _node_of_arn(drawn, _unqualified(told["arn"]))
                drawn.edge(name, end, events=told["events"], filters=keys, keys=told["filter"])

    def _socket_edges(self, drawn: Map) -> None:
        for api in self._sockets.apis():
            count = len(self._sockets.open_on(api))
            for key, function in self._sockets.routes(api):
                if function:
                    name = drawn.node(f"socket:{api.id}:{key}", "socket", key, open=count)
                    drawn.edge(name, _node_of_arn(drawn, _unqualified(function)))

    def _table_nodes(self, drawn: Map) -> None:
        for table in self._tables.names():
            described = self._tables.described(table)
            drawn.node(described["arn"], "table", table, items=described["items"])


#: What is drawn as what, by the service in an ARN.
KINDS = {
    "sqs": "queue",
    "sns": "topic",
    "events": "bus",
    "kinesis": "stream",
    "dynamodb": "table",
    "lambda": "function",
    "s3": "bucket",
    "states": "workflow",
}


def _node_of_arn(drawn: Map, arn: str) -> str:
    """Return the node of a resource, made if nothing else has made it yet."""
    arn = resource_of(arn)
    parts = arn.split(":", 5)
    service = parts[2] if len(parts) == 6 else ""
    kind = KINDS.get(service, "other")
    return drawn.node(arn, kind, parts[-1].rpartition("/")[2].rpartition(":")[2] or arn)


def resource_of(arn: str) -> str:
    """Return the ARN of what a source belongs to: of a table's stream the table's."""
    return arn.partition("/stream/")[0] if ":dynamodb:" in arn else arn


def _unqualified(arn: str) -> str:
    parts = arn.split(":")
    return ":".join(parts[:7]) if len(parts) == 8 and parts[2] == "lambda" else arn
