"""A function's sample events: of each source that leads to it, with that source's own names.

What they carry is what last came from that source, or waits in it: nothing else tells so well what
a handler expects. Without that it is made up, of a rule's pattern, a filter, or what comes to the
source from elsewhere.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from chalice_offline.console.doors import Asked, Door
from chalice_offline.console.replay import restored
from chalice_offline.samples import KINDS, named, sample
from chalice_offline.samples.content import has_content, with_content
from chalice_offline.trace import mask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chalice_offline.console.connections import Connections, Map
    from chalice_offline.console.last_events import LastEvents
    from chalice_offline.console.queues import Queues
    from chalice_offline.console.schedules import Schedules
    from chalice_offline.console.session import Session

    Node = dict[str, Any]
    Edge = dict[str, Any]

# From a topic to a queue to the queue of its dead letters: further nobody's body comes.
_STEPS_BACK = 4


class Sample(NamedTuple):
    """The kind of sample, its source in words, the event; whether all in it is made up."""

    kind: str
    source: str
    event: Any
    is_made_up: bool = True


class SampleEvents:
    """What a function may be invoked with, to begin with."""

    def __init__(
        self,
        session: Session,
        connections: Connections,
        schedules: Schedules,
        queues: Queues,
        last_events: LastEvents,
    ) -> None:
        self._session = session
        self._connections = connections
        self._schedules = schedules
        self._queues = queues
        self._last = last_events
        # What samples were before they were shown masked, by function and source.
        self._masked: dict[tuple[str, str], Any] = {}
        self._of_node: dict[str, Callable[[Map, Node, Edge], Sample]] = {
            "queue": self._of_queue,
            "topic": _of_topic,
            "bus": self._of_bus,
            "bucket": self._of_bucket,
            "schedule": self._of_schedule,
            "stream": _of_stream,
            "table": self._of_table,
            "socket": _of_socket,
        }

    def doors(self) -> list[Door]:
        """Return what can be asked."""
        return [Door("GET", "functions/{name}/samples", self.of)]

    def of(self, asked: Asked) -> dict[str, Any]:
        """Answer the samples of a function's own sources, then one of every other kind.

        Of the latter the `source` is empty. What was not made up is masked, unless it is asked for
        `whole`: by who passes it on to the function, and shows nobody.
        """
        whole = asked.query.get("whole", "") == "1"
        deployed = self._session.function_name(asked.name("name"))
        own = list(self._own(deployed, asked))
        kinds = {one.kind for one in own}
        others = [Sample(kind, "", sample(kind)) for kind in KINDS if kind not in kinds]
        return {
            "samples": [
                {
                    "kind": one.kind,
                    "what": KINDS[one.kind],
                    "source": one.source,
                    "event": one.event if whole else self._shown(deployed, one),
                }
                for one in (*own, *others)
            ]
        }

    def restored(self, deployed: str, source: str, event: Any) -> Any:
        """Return an event with what is only masked in it as it is in the sample of a source."""
        original = self._masked.get((deployed, source))
        return event if original is None else restored(event, original)

    # ---- within ----------------------------------------------------------------------------------

    def _shown(self, deployed: str, one: Sample) -> Any:
        if one.is_made_up:
            return one.event
        self._masked[deployed, one.source] = one.event
        return mask(one.event)

    def _own(self, deployed: str, asked: Asked) -> Iterator[Sample]:
        drawn = self._connections.drawn(asked)
        for edge in drawn.edges.values():
            if edge["to"].rpartition(":")[2] != deployed:
                continue
            node = drawn.nodes[edge["from"]]
            make = self._of_node.get(node["kind"])
            if make is not None:
                yield self._with_last(deployed, node, edge, make(drawn, node, edge))
        yield from self._of_routes(deployed)

    def _with_last(self, deployed: str, node: Node, edge: Edge, made: Sample) -> Sample:
        """Return a sample with what last came from its source, if anything did."""
        if not has_content(made.kind):
            return made
        with self._session.emulator.lock:
            if made.kind == "event":
                event = self._last.on_bus(deployed, edge["filters"][0])
            else:
                event = self._last.from_resource(deployed, node["id"])
            if event is None and node["kind"] == "queue":
                event = self._waiting(node["id"])
        if event is None:
            return made
        carried = with_content(made.kind, made.event, event)
        return made._replace(event=carried, is_made_up=False)

    def _waiting(self, queue_arn: str) -> dict[str, Any] | None:
        """Return the event of what waits in a queue; within the emulator's lock."""
        message = self._queues.first_message(queue_arn)
        return (
            None if message is None else named.message_event(message["body"], message["attributes"])
        )

    def _of_routes(self, deployed: str) -> Iterator[Sample]:
        """Routes and their authorizers, which the project knows and no service has a list of."""
        about, emulator = self._session.about(), self._session.emulator
        handlers = about.get("handlers", ())
        kinds = {one["kind"] for one in handlers if one["deployed_name"] == deployed}
        for route in about.get("routes", ()):
            methods, _, path = route.partition(" ")
            for method in methods.split(","):
                if "route" in kinds:
                    yield self._of_route(deployed, method, path)
                elif "authorizer" in kinds:
                    here = (emulator.account_id, emulator.region)
                    event = named.authorizer_event(method, path, *here)
                    yield Sample("authorizer", f"authorizer of {method} {path}", event)

    def _of_route(self, deployed: str, method: str, path: str) -> Sample:
        made = Sample("route", f"{method} {path}", named.route_event(method, path))
        with self._session.emulator.lock:
            event = self._last.on_route(deployed, method, path)
        if event is None:
            return made
        carried = with_content("route", made.event, event)
        return made._replace(event=carried, is_made_up=False)

    def _of_queue(self, drawn: Map, node: Node, edge: Edge) -> Sample:
        patterns = [json.loads(one) for one in edge.get("filters", ()) if one]
        event = named.queue_event(node["id"], patterns[0].get("body") if patterns else None)
        body = None if patterns else self._body_from_elsewhere(drawn, node)
        if body is not None:
            named.set_body(event, body)
        return Sample("sqs", f"queue {node['label']}", event)

    def _body_from_elsewhere(self, drawn: Map, node: Node, steps: int = _STEPS_BACK) -> str | None:
        """Return what a queue gets of a topic, a rule, a bucket, or the queue of dead letters."""
        for edge in drawn.edges.values():
            if edge["to"] != node["id"]:
                continue
            start = drawn.nodes[edge["from"]]
            if start["kind"] == "queue" and edge["label"] == "dead letters" and steps:
                body = self._body_from_elsewhere(drawn, start, steps - 1)
                if body is not None:
                    return body
            elif start["kind"] == "topic":
                event = _of_topic(drawn, start, edge).event
                message = named.notification(event)
                return str(message["Message"]) if edge["raw"] else json.dumps(message)
            elif start["kind"] in ("bus", "bucket"):
                return json.dumps(self._of_node[start["kind"]](drawn, start, edge).event)
        return None

    def _of_bus(self, _drawn: Map, node: Node, edge: Edge) -> Sample:
        emulator = self._session.emulator
        pattern = edge["filters"][0]
        event = named.bus_event(pattern, emulator.account_id, emulator.region)
        return Sample("event", f"rule {edge['label']} on bus {node['label']}", event)

    def _of_bucket(self, _drawn: Map, node: Node, edge: Edge) -> Sample:
        keys = {one["Name"].lower(): one["Value"] for one in edge["keys"]}
        event = named.bucket_event(
            node["label"],
            self._session.emulator.region,
            edge["events"][0],
            keys.get("prefix", ""),
            keys.get("suffix", ""),
        )
        return Sample("s3", f"bucket {node['label']}", event)

    def _of_schedule(self, _drawn: Map, node: Node, edge: Edge) -> Sample:
        given = self._input_of(node["id"], edge["to"])
        source = f"schedule {node['label']}"
        if given is None:
            return Sample("schedule", source, named.schedule_event(node["id"]))
        try:
            event = json.loads(given)
        except ValueError:
            event = given
        return Sample("schedule", source, event, is_made_up=False)

    def _input_of(self, schedule_arn: str, function_arn: str) -> str | None:
        """Return what a schedule sends to a function, if it says so itself."""
        with self._session.emulator.lock:
            for one in self._schedules.described():
                for target in one["targets"] if one["arn"] == schedule_arn else ():
                    if target["arn"].startswith(function_arn):
                        found: str | None = target["input"]
                        return found
        return None

    def _of_table(self, _drawn: Map, node: Node, edge: Edge) -> Sample:
        described = self._session.read("dynamodb", "DescribeTable", TableName=node["label"])
        table = described["Table"]
        types = {
            one["AttributeName"]: one["AttributeType"] for one in table["AttributeDefinitions"]
        }
        keys = {one["AttributeName"]: types[one["AttributeName"]] for one in table["KeySchema"]}
        view = table.get("StreamSpecification", {}).get("StreamViewType", "NEW_AND_OLD_IMAGES")
        event = named.table_event(edge["source"], keys, view)
        return Sample("dynamodb", f"table {node['label']}", event)


def _of_topic(_drawn: Map, node: Node, edge: Edge) -> Sample:
    return Sample(
        "sns", f"topic {node['label']}", named.topic_event(node["id"], edge["subscription"])
    )


def _of_stream(_drawn: Map, node: Node, edge: Edge) -> Sample:
    return Sample("kinesis", f"stream {node['label']}", named.stream_event(edge["source"]))


def _of_socket(_drawn: Map, node: Node, _edge: Edge) -> Sample:
    route = node["label"]
    return Sample(named.socket_kind(route), f"WebSocket {route}", named.socket_event(route))
