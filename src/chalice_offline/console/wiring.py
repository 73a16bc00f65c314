"""The wiring: what leads to which handler, and how often it did."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalice_offline.console.doors import Asked, Door
from chalice_offline.trace import mask

if TYPE_CHECKING:
    from chalice_offline.console.buckets import Buckets
    from chalice_offline.console.queues import Queues
    from chalice_offline.console.runs import Runs
    from chalice_offline.console.schedules import Schedules
    from chalice_offline.console.session import Session
    from chalice_offline.console.sockets import Sockets
    from chalice_offline.console.tables import Tables
    from chalice_offline.console.topics import Topics
    from chalice_offline.core.journal import Entry


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


class Wiring:
    """Which sources lead to which handlers."""

    def __init__(
        self,
        session: Session,
        runs: Runs,
        queues: Queues,
        topics: Topics,
        buckets: Buckets,
        tables: Tables,
        schedules: Schedules,
        sockets: Sockets,
    ) -> None:
        self._session = session
        self._runs = runs
        self._queues = queues
        self._topics = topics
        self._buckets = buckets
        self._tables = tables
        self._schedules = schedules
        self._sockets = sockets

    def doors(self) -> list[Door]:
        """Return what can be asked."""
        return [Door("GET", "wiring", self.map)]

    def map(self, asked: Asked) -> dict[str, Any]:
        """Answer nodes and edges, with counts."""
        with self._session.emulator.lock:
            drawn = Map()
            self._functions(drawn)
            self._mappings(drawn)
            self._queue_nodes(drawn, asked)
            self._topic_edges(drawn, asked)
            self._bus_edges(drawn, asked)
            self._schedule_edges(drawn)
            self._bucket_edges(drawn)
            self._socket_edges(drawn)
            for table in self._tables.names():
                described = self._tables.described(table)
                drawn.node(described["arn"], "table", table, items=described["items"])
            self._runs_by_source(drawn)
            self._deliveries(drawn)
            self._calls(drawn)
        return {"nodes": list(drawn.nodes.values()), "edges": list(drawn.edges.values())}

    # ---- nodes and edges -------------------------------------------------------------------------

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
                drawn.edge(name, end, filters=[one["filter"]] if one.get("filter") else [])

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
            if one["target"]:
                facts = {"expression": one["expression"], "next_ms": one["next_ms"]}
                name = drawn.node(one["arn"], "schedule", one["name"], **facts)
                drawn.edge(name, _node_of_arn(drawn, _unqualified(one["target"])))

    def _bucket_edges(self, drawn: Map) -> None:
        for bucket in self._buckets.names():
            for told in self._buckets.notifies(bucket):
                if told["arn"] == "eventbridge":
                    continue
                name = drawn.node(f"arn:aws:s3:::{bucket}", "bucket", bucket)
                keys = [f"{rule['Name']} {rule['Value']}" for rule in told["filter"]]
                end = _node_of_arn(drawn, _unqualified(told["arn"]))
                drawn.edge(name, end, events=told["events"], filters=keys)

    def _socket_edges(self, drawn: Map) -> None:
        for api in self._sockets.apis():
            count = len(self._sockets.open_on(api))
            for key, function in self._sockets.routes(api):
                if function:
                    name = drawn.node(f"socket:{api.id}:{key}", "socket", key, open=count)
                    drawn.edge(name, _node_of_arn(drawn, _unqualified(function)))

    # ---- counts ----------------------------------------------------------------------------------

    def _runs_by_source(self, drawn: Map) -> None:
        """Count runs by what they were for; routes and direct calls become nodes of their own."""
        by_name = {function.name: function.arn for function in self._session.functions()}
        counts: Counter[tuple[str, str]] = Counter()
        for run in self._session.emulator.runs.newest_first():
            function = by_name.get(run.subject)
            if function is None:
                continue
            source = self._runs.source(run.number)
            if source.arn:
                start = _resource(source.arn)
            elif source.kind in ("route", "url"):
                start = drawn.node("routes", "routes", "HTTP routes")
            elif source.kind in ("invoke", "authorizer", "workflow"):
                start = drawn.node(source.kind, source.kind, _INVOKERS[source.kind])
            else:
                continue
            counts[start, function] += 1
        for (start, function), count in counts.items():
            edge = _edge_between(drawn, start, function)
            if edge is None and start in drawn.nodes:
                drawn.edge(start, function, count=count)
            elif edge is not None:
                edge["count"] = count

    def _deliveries(self, drawn: Map) -> None:
        """Count what services delivered to each other, as far as the journal goes back."""
        journal = self._session.emulator.journal
        counts: Counter[tuple[str, str, str]] = Counter()
        for entry in journal.entries():
            # A service that looks whether its target is there has delivered nothing.
            if entry.kind != "delivery" or not entry.causes or not _is_write(entry):
                continue
            end = _named(entry.detail)
            cause = journal.find(entry.causes[0])
            if end and cause is not None:
                for start in _starts(cause):
                    counts[start, _kind_of(entry), end] += 1
        for edge in drawn.edges.values():
            if not edge["count"]:
                start, end = edge["from"].rpartition(":")[2], edge["to"]
                edge["count"] = counts[start, drawn.nodes[end]["kind"], _last(end)]

    def _calls(self, drawn: Map) -> None:
        """Add what handlers called: "calls" edges from functions to what they wrote to."""
        session = self._session
        by_name = {function.name: function.arn for function in session.functions()}
        ends = {(made["kind"], _last(node)): node for node, made in drawn.nodes.items()}
        journal = session.emulator.journal
        counts: Counter[tuple[str, str]] = Counter()
        for entry in journal.entries():
            if entry.kind != "call" or not entry.causes or not _is_write(entry):
                continue
            run = journal.find(entry.causes[0])
            start = by_name.get(run.subject) if run is not None and run.kind == "run" else None
            if start is not None:
                for name in _written_to(entry):
                    counts[start, ends.get((_kind_of(entry), name), "")] += 1
        for (start, end), count in counts.items():
            if end:
                drawn.edge(start, end, "calls", count=count)


_WRITES = (
    "Send",
    "Publish",
    "Put",
    "Invoke",
    "Start",
    "Update",
    "BatchWrite",
    "Delete",
)


def _is_write(entry: Entry) -> bool:
    return entry.subject.partition(".")[2].startswith(_WRITES)


def _written_to(entry: Entry) -> set[str]:
    """Return the last parts of the names of what a call of a handler changes."""
    if entry.subject == "events.PutEvents":
        entries = entry.detail.get("Entries", [])
        return {_last(one.get("EventBusName", "default")) for one in entries}
    names = (entry.detail.get(key) for key in ("TableName", "Bucket"))
    found = next((name for name in names if isinstance(name, str)), None)
    return {found or _named(entry.detail)} - {""}


_INVOKERS = {"invoke": "Invoke", "authorizer": "API authorizer", "workflow": "Step Functions"}


def _edge_between(drawn: Map, start: str, end: str) -> dict[str, Any] | None:
    found = (edge for (s, e, _), edge in drawn.edges.items() if (s, e) == (start, end))
    return next(found, None)


def _node_of_arn(drawn: Map, arn: str) -> str:
    """Return the node of a resource, made if nothing else has made it yet."""
    arn = _resource(arn)
    parts = arn.split(":", 5)
    service = parts[2] if len(parts) == 6 else ""
    kind = _KINDS.get(service, "other")
    return drawn.node(arn, kind, parts[-1].rpartition("/")[2].rpartition(":")[2] or arn)


_KINDS = {
    "sqs": "queue",
    "sns": "topic",
    "events": "bus",
    "kinesis": "stream",
    "dynamodb": "table",
    "lambda": "function",
    "s3": "bucket",
    "states": "workflow",
}


_SERVICES = {"stepfunctions": "workflow"}  # where botocore's name is not that in ARNs


def _kind_of(entry: Entry) -> str:
    """Return the kind of node that a call goes to."""
    service = entry.subject.partition(".")[0]
    return _SERVICES.get(service) or _KINDS.get(service, "")


def _resource(arn: str) -> str:
    """Return the ARN of what a source belongs to: of a table's stream the table's."""
    return arn.partition("/stream/")[0] if ":dynamodb:" in arn else arn


def _unqualified(arn: str) -> str:
    parts = arn.split(":")
    return ":".join(parts[:7]) if len(parts) == 8 and parts[2] == "lambda" else arn


def _named(detail: Any) -> str:
    """Return the last part of the name of what a delivery goes to."""
    for key in ("QueueUrl", "TopicArn", "FunctionName", "StreamName", "stateMachineArn"):
        value = detail.get(key)
        if isinstance(value, str) and value:
            return _last(value)
    return ""


def _starts(cause: Entry) -> set[str]:
    """Return the last parts of the names of what a delivery comes from."""
    detail = cause.detail
    if cause.subject == "events.PutEvents":
        names = [entry.get("EventBusName", "default") for entry in detail.get("Entries", [])]
        return {f"event-bus/{_last(name)}" for name in names}
    if cause.subject in ("sns.Publish", "sns.PublishBatch"):
        return {_last(str(detail.get("TopicArn", "")))}
    if cause.kind == "note" and cause.subject.startswith("arn:"):
        return {cause.subject.rpartition(":")[2]}
    if cause.subject.startswith("s3."):
        return {str(detail.get("Bucket", ""))}
    return set()


def _last(text: str) -> str:
    return text.rpartition("/")[2].rpartition(":")[2]
