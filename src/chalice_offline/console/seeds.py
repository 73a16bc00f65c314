"""What a seed file says, as the calls that bring it about; and whether they can be made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.console.doors import Refusal
from chalice_offline.console.requests import BASE64
from chalice_offline.console.tables import Tables
from chalice_offline.core.arn import parse_arn
from chalice_offline.core.names import nearest
from chalice_offline.core.targets import queue_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from chalice_offline.console.session import Session

Call = dict[str, Any]
_TYPES = {"S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"}
CALLS_MAX = 10_000


class Seeds:
    """Reads seeds for one session: which tables, queues and buckets there are is looked up."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._tables_there = Tables(session)
        self._parts: dict[str, Callable[[Any], Iterator[Call]]] = {
            "parameters": self._parameters,
            "secrets": self._secrets,
            "tables": self._tables,
            "objects": self._objects,
            "streams": self._streams,
            "queues": self._queues,
            "topics": self._topics,
            "events": self._events,
            "calls": self._calls,
        }

    def calls(self, seed: Mapping[str, Any]) -> list[Call]:
        """Return the calls of a seed in the order in which they are made; Refusal if any is wrong.

        What a call is for must be there, or be made by a call before it.
        """
        unknown = [part for part in seed if part not in self._parts]
        if unknown:
            raise Refusal(f"A seed has no {unknown[0]!r}.{nearest(unknown[0], self._parts)}")
        found: list[Call] = []
        for part, read in self._parts.items():
            if part in seed:
                found += read(seed[part])
                if len(found) > CALLS_MAX:
                    raise Refusal(f"A seed makes {CALLS_MAX} calls at most.")
        return found

    # ---- one function per part -------------------------------------------------------------------

    def _parameters(self, given: Any) -> Iterator[Call]:
        for name, value in _mapping(given, "parameters").items():
            request = {"Name": name, "Value": _text(value), "Type": "String", "Overwrite": True}
            yield _call("ssm", "PutParameter", request)

    def _secrets(self, given: Any) -> Iterator[Call]:
        named = _mapping(given, "secrets")
        listed = self._session.ask("secretsmanager", "ListSecrets", {"MaxResults": 100})
        known = {secret["Name"] for secret in listed.get("SecretList", [])}
        for name, value in named.items():
            if name in known:
                request = {"SecretId": name, "SecretString": _text(value)}
                yield _call("secretsmanager", "PutSecretValue", request)
            else:
                request = {"Name": name, "SecretString": _text(value)}
                yield _call("secretsmanager", "CreateSecret", request)

    def _tables(self, given: Any) -> Iterator[Call]:
        names = self._tables_there.names()
        for table, items in _lists(given, "tables"):
            _known("table", table, names)
            keys = self._keys(table)
            for place, item in enumerate(items, 1):
                where = f"Item {place} of table {table}"
                typed = _typed_item(item, where)
                for name, kind in keys.items():
                    if kind not in typed.get(name, {}):
                        raise Refusal(f"{where} needs the key {name}, of type {kind}.")
                yield _call("dynamodb", "PutItem", {"TableName": table, "Item": typed})

    def _keys(self, table: str) -> dict[str, str]:
        described = self._session.read("dynamodb", "DescribeTable", TableName=table)["Table"]
        kinds = {
            one["AttributeName"]: one["AttributeType"] for one in described["AttributeDefinitions"]
        }
        return {key["AttributeName"]: kinds[key["AttributeName"]] for key in described["KeySchema"]}

    def _objects(self, given: Any) -> Iterator[Call]:
        found = self._session.read("s3", "ListBuckets").get("Buckets") or []
        names = [bucket["Name"] for bucket in found]
        for bucket, objects in _mapping(given, "objects").items():
            _known("bucket", bucket, names)
            for key, value in _mapping(objects, f"objects of {bucket}").items():
                body = value if _is_bytes(value) else _text(value)
                yield _call("s3", "PutObject", {"Bucket": bucket, "Key": key, "Body": body})

    def _streams(self, given: Any) -> Iterator[Call]:
        names = self._session.read_all("kinesis", "ListStreams", "StreamNames")
        for stream, records in _lists(given, "streams"):
            _known("stream", stream, names)
            for value in records:
                data = value if _is_bytes(value) else _text(value)
                request = {"StreamName": stream, "PartitionKey": "seed", "Data": data}
                yield _call("kinesis", "PutRecord", request)

    def _queues(self, given: Any) -> Iterator[Call]:
        listed = self._session.read_all("sqs", "ListQueues", "QueueUrls", MaxResults=1_000)
        names = [url.rpartition("/")[2] for url in listed]
        for queue, bodies in _lists(given, "queues"):
            _known("queue", queue, names)
            for place, body in enumerate(bodies, 1):
                request = {"QueueUrl": self._url(queue), "MessageBody": _text(body)}
                yield _call("sqs", "SendMessage", request | _order(queue, place))

    def _url(self, queue: str) -> str:
        emulator = self._session.emulator
        return queue_url(parse_arn(f"arn:aws:sqs:{emulator.region}:{emulator.account_id}:{queue}"))

    def _topics(self, given: Any) -> Iterator[Call]:
        listed = self._session.read_all("sns", "ListTopics", "Topics")
        arns = {one["TopicArn"].rpartition(":")[2]: one["TopicArn"] for one in listed}
        for topic, messages in _lists(given, "topics"):
            _known("topic", topic, arns)
            for place, message in enumerate(messages, 1):
                request = {"TopicArn": arns[topic], "Message": _text(message)}
                yield _call("sns", "Publish", request | _order(topic, place))

    def _events(self, given: Any) -> Iterator[Call]:
        buses = self._session.read_all("events", "ListEventBuses", "EventBuses")
        names = [bus["Name"] for bus in buses]
        for place, event in enumerate(_list(given, "events"), 1):
            where = f"Event {place}"
            told = _mapping(event, where)
            missing = [name for name in ("source", "detail_type") if name not in told]
            if missing:
                raise Refusal(f'{where} needs "{missing[0]}", a text.')
            bus = _text(told.get("bus", "default"))
            _known("bus", bus, names)
            entry = {
                "EventBusName": bus,
                "Source": _text(told["source"]),
                "DetailType": _text(told["detail_type"]),
                "Detail": json.dumps(_mapping(told.get("detail", {}), f"the detail of {where}")),
            }
            yield _call("events", "PutEvents", {"Entries": [entry]})

    def _calls(self, given: Any) -> Iterator[Call]:
        made: set[str] = set()
        for place, one in enumerate(_list(given, "calls"), 1):
            where = f"Call {place}"
            told = _mapping(one, where)
            for member in ("service", "operation"):
                if not isinstance(told.get(member), str):
                    raise Refusal(f'{where} needs "{member}", a text.')
            request = _mapping(told.get("request", {}), f"the request of {where}")
            self._check_target(told["service"], told["operation"], request, made, where)
            yield _call(told["service"], told["operation"], request)

    def _check_target(
        self, service: str, operation: str, request: Call, made: set[str], where: str
    ) -> None:
        """Have what a call is for be there already, or be made by one before it."""
        member, look_up = _TARGETS.get(service, ("", ""))
        named = request.get(member)
        if not isinstance(named, str):
            named = request.get(_NAMES.get(service, ""))
        if not isinstance(named, str):
            return
        name = named.rpartition("/")[2].rpartition(":")[2]
        if operation.startswith("Create"):
            made.add(f"{service} {name}")
        elif member in request and f"{service} {name}" not in made:
            try:
                self._session.read(service, look_up, **{member: request[member]})
            except Refusal as refusal:
                raise Refusal(f"{where}: {refusal.sentence}", refusal.status) from refusal


# What a request names that must be there, and the operation that says whether it is.
_TARGETS = {
    "sqs": ("QueueUrl", "GetQueueAttributes"),
    "sns": ("TopicArn", "GetTopicAttributes"),
    "dynamodb": ("TableName", "DescribeTable"),
    "s3": ("Bucket", "HeadBucket"),
    "kinesis": ("StreamName", "DescribeStreamSummary"),
    "lambda": ("FunctionName", "GetFunction"),
}
_NAMES = {"sqs": "QueueName", "sns": "Name"}


def _call(service: str, operation: str, request: Call) -> Call:
    return {"service": service, "operation": operation, "request": request}


def _order(name: str, place: int) -> Call:
    if not name.endswith(".fifo"):
        return {}
    return {"MessageGroupId": "seed", "MessageDeduplicationId": f"seed-{place}"}


def _known(kind: str, name: str, names: Any) -> None:
    if name not in names:
        raise Refusal(f"There is no {kind} {name[:80]}.{nearest(name, names)}", 404)


def _mapping(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Refusal(f"{where} is {json.dumps(value)[:80]}; it must be an object.")
    return value


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise Refusal(f"{where} is {json.dumps(value)[:80]}; it must be a list.")
    return value


def _lists(value: Any, where: str) -> Iterator[tuple[str, list[Any]]]:
    for name, members in _mapping(value, where).items():
        yield name, _list(members, f"{where} {name}")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _is_bytes(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {BASE64}


def _typed_item(item: Any, where: str) -> dict[str, Any]:
    """Return an item with DynamoDB's types; one that has them throughout is taken as it is."""
    attributes = _mapping(item, where)
    values = attributes.values()
    if values and all(isinstance(v, dict) and len(v) == 1 and v.keys() <= _TYPES for v in values):
        return attributes
    return {name: _typed(value) for name, value in attributes.items()}


def _typed(value: Any) -> dict[str, Any]:
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | float):
        return {"N": str(value)}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, list):
        return {"L": [_typed(one) for one in value]}
    if _is_bytes(value):
        return {"B": value}
    return {"M": {name: _typed(one) for name, one in value.items()}}
