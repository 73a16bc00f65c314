"""What a run was run for, in words and as a resource: read out of its event."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from chalice_offline.core.numerals import whole_number
from chalice_offline.core.unspelled import UnspelledJson

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.journal import Entry, Journal

_LONGEST_PARSED = 6 * 1024 * 1024


class Source(NamedTuple):
    """`kind` is a word ("queue"), `name` what is shown, `arn` the resource if it has one.

    `receives` is how often the first message of the event was received, where a queue counts.
    """

    kind: str
    name: str
    arn: str = ""
    receives: int = 0


UNKNOWN = Source("", "")


def source_of(journal: Journal, number: int) -> Source:
    """Return the source of a run by its journal entry; UNKNOWN when that is forgotten."""
    entry = journal.find(number)
    if entry is None:
        return UNKNOWN
    payload = entry.held.get("payload", b"")
    if isinstance(payload, UnspelledJson):  # spelled for a line of the terminal: a tenth of a route
        event = payload.outline()
    elif len(payload) > _LONGEST_PARSED:
        return UNKNOWN
    else:
        try:
            event = json.loads(payload)
        except (ValueError, RecursionError):
            event = None
    found = _of_event(event) if isinstance(event, dict) else None
    return found or _of_cause(journal, entry)


def _of_event(event: dict[str, Any]) -> Source | None:
    records = event.get("Records")
    if isinstance(records, list) and records and isinstance(records[0], dict):
        return _of_record(records[0])
    if isinstance(event.get("detail-type"), str) and isinstance(event.get("source"), str):
        return _of_bus(event)
    context = event.get("requestContext")
    if isinstance(context, dict):
        return _of_request(event, context)
    if "methodArn" in event and "type" in event:
        return Source("authorizer", str(event["methodArn"]).rpartition("/")[2])
    return None


def _of_record(record: dict[str, Any]) -> Source | None:
    kind = str(record.get("eventSource") or record.get("EventSource") or "")
    arn = str(record.get("eventSourceARN") or "")
    maker = _RECORDS.get(kind)
    return maker(record, arn) if maker else None


def _of_queue(record: dict[str, Any], arn: str) -> Source:
    attributes = record.get("attributes")
    count = attributes.get("ApproximateReceiveCount") if isinstance(attributes, dict) else None
    return Source("queue", arn.rpartition(":")[2], arn, whole_number(count) or 0)


def _of_topic(record: dict[str, Any], _arn: str) -> Source:
    message = record.get("Sns")
    arn = str(message.get("TopicArn", "")) if isinstance(message, dict) else ""
    return Source("topic", arn.rpartition(":")[2], arn)


def _of_bucket(record: dict[str, Any], _arn: str) -> Source:
    s3 = record.get("s3")
    bucket = s3.get("bucket") if isinstance(s3, dict) else None
    thing = s3.get("object") if isinstance(s3, dict) else None
    name = str(bucket.get("name", "")) if isinstance(bucket, dict) else ""
    key = str(thing.get("key", "")) if isinstance(thing, dict) else ""
    return Source("bucket", f"{name}/{key}", f"arn:aws:s3:::{name}")


def _of_table(_record: dict[str, Any], arn: str) -> Source:
    return Source("table", arn.partition("/")[2].partition("/")[0], arn)


def _of_stream(_record: dict[str, Any], arn: str) -> Source:
    return Source("stream", arn.rpartition("/")[2], arn)


_RECORDS: dict[str, Callable[[dict[str, Any], str], Source]] = {
    "aws:sqs": _of_queue,
    "aws:sns": _of_topic,
    "aws:s3": _of_bucket,
    "aws:dynamodb": _of_table,
    "aws:kinesis": _of_stream,
}


def _of_bus(event: dict[str, Any]) -> Source:
    resources = event.get("resources")
    if event["detail-type"] == "Scheduled Event" and isinstance(resources, list) and resources:
        arn = str(resources[0])
        return Source("schedule", arn.rpartition("/")[2], arn)
    return Source("event", f"{event['source']}: {event['detail-type']}")


def _of_request(event: dict[str, Any], context: dict[str, Any]) -> Source:
    if "eventType" in context and "connectionId" in context and "methodArn" not in event:
        route = str(context.get("routeKey", ""))
        name = f"{route} {context['connectionId']}"
        return Source("socket", name, f"socket:{context.get('apiId')}:{route}")
    http = context.get("http")
    if isinstance(http, dict):
        return Source("url", f"{http.get('method', '')} {http.get('path', '')}".strip())
    method, path = event.get("httpMethod"), event.get("path")
    if method is None:  # API Gateway calls an authorizer, or a mapping template made the event
        return Source("route", str(context.get("resourcePath") or context.get("path") or ""))
    return Source("route", f"{method} {path}")


def _of_cause(journal: Journal, entry: Entry) -> Source:
    """Say who invoked it: a schedule, a workflow, another function, a client."""
    call = journal.find(entry.causes[0]) if entry.causes else None
    if call is not None and call.kind == "run":  # another try of the same
        return _of_cause(journal, call)
    cause = journal.find(call.causes[0]) if call is not None and call.causes else None
    if cause is None:
        return Source("invoke", "Invoke")
    if cause.kind == "run":
        return Source("function", cause.subject)
    if cause.subject.startswith("arn:") and ":scheduler:" in cause.subject:
        return Source("schedule", cause.subject.rpartition("/")[2], cause.subject)
    if cause.subject == "stepfunctions":
        return Source("workflow", str(cause.detail.get("state", "workflow")))
    return Source("invoke", "Invoke")
