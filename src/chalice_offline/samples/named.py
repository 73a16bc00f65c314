"""Samples with the names of somebody's own queue, topic, bucket, rule, table, stream or route."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from chalice_offline.samples import sample
from chalice_offline.samples.patterns import example

if TYPE_CHECKING:
    from collections.abc import Mapping

Event = dict[str, Any]

_WITHOUT_BODY = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})
_KEYS = {"S": "sample", "N": "1", "B": "c2FtcGxl"}  # a value of each type that keys may have
_FIFO = {
    "SequenceNumber": "18891600000000000000",
    "MessageGroupId": "group-1",
    "MessageDeduplicationId": "message-1",
}


def queue_event(arn: str, body_pattern: Any = None) -> Event:
    """Return the event of a queue; its body is one that a filter's pattern for bodies lets pass."""
    event: Event = sample("sqs")
    record = event["Records"][0]
    record["eventSourceARN"] = arn
    record["awsRegion"] = _region(arn)
    if isinstance(body_pattern, dict):
        set_body(event, json.dumps(example(body_pattern, {})))
    if arn.endswith(".fifo"):
        record["attributes"].update(_FIFO)
    return _of_account(event, arn)


def set_body(event: Event, body: str) -> None:
    """Have the message of a queue's event say something else."""
    digest = hashlib.md5(body.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
    event["Records"][0].update(body=body, md5OfBody=digest)


def message_event(body: str, attributes: Mapping[str, Any]) -> Event:
    """Return the event of a message with these attributes, as SendMessage takes them."""
    event: Event = sample("sqs")
    set_body(event, body)
    record = event["Records"][0]
    del record["md5OfMessageAttributes"]
    record["messageAttributes"] = {
        name: {
            "stringValue": value["StringValue"],
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": value["DataType"],
        }
        for name, value in attributes.items()
        if "StringValue" in value
    }
    return event


def notification(topic_event: Event) -> Event:
    """Return what a queue gets of a topic's message, by the event that a function gets of it.

    The members differ in two names (SNS developer guide, "Parsing Amazon SNS message formats").
    """
    message = dict(topic_event["Records"][0]["Sns"])
    message["SigningCertURL"] = message.pop("SigningCertUrl")
    message["UnsubscribeURL"] = message.pop("UnsubscribeUrl")
    return message


def topic_event(arn: str, subscription_arn: str) -> Event:
    """Return the event of a topic's subscription."""
    event: Event = sample("sns")
    record = event["Records"][0]
    old = record["EventSubscriptionArn"]
    record["EventSubscriptionArn"] = subscription_arn
    message = record["Sns"]
    message["TopicArn"] = arn
    message["UnsubscribeUrl"] = message["UnsubscribeUrl"].replace(old, subscription_arn)
    for name in ("SigningCertUrl", "UnsubscribeUrl"):
        message[name] = message[name].replace("sns.us-east-1.", f"sns.{_region(arn)}.")
    return event


def bucket_event(bucket: str, region: str, event_name: str, prefix: str, suffix: str) -> Event:
    """Return the event of an object whose key begins and ends as a notification asks for it.

    `event_name` is one of a notification: "s3:ObjectCreated:*".
    """
    event: Event = sample("s3")
    record = event["Records"][0]
    record["awsRegion"] = region
    family, _, what = event_name.removeprefix("s3:").partition(":")
    if family != "ObjectCreated":
        record["eventName"] = f"{family}:{'Delete' if what == '*' else what}"
    elif what not in ("", "*"):
        record["eventName"] = f"{family}:{what}"
    told = record["s3"]
    told["bucket"].update(name=bucket, arn=f"arn:aws:s3:::{bucket}")
    told["object"]["key"] = quote_plus(f"{prefix}sample{suffix}", safe="/")
    return event


def bus_event(pattern: str, account: str, region: str) -> Event:
    """Return an event that a rule's pattern, a JSON text, lets pass, if one can be made up."""
    event: Event = sample("event")
    event.update(account=account, region=region)
    made: Event = example(json.loads(pattern), event)
    return made


def schedule_event(arn: str) -> Event:
    """Return the event of a rule or a schedule that is due, by its ARN."""
    event: Event = sample("schedule")
    event.update(resources=[arn], account=arn.split(":")[4], region=_region(arn))
    if ":scheduler:" in arn:
        event.update(source="aws.scheduler", detail="{}")
    return event


def stream_event(arn: str) -> Event:
    """Return the event of a Kinesis stream."""
    event: Event = sample("kinesis")
    event["Records"][0].update(eventSourceARN=arn, awsRegion=_region(arn))
    return event


def table_event(stream_arn: str, keys: Mapping[str, str], view: str) -> Event:
    """Return the event of a table's stream: its key attributes with their types, its view type."""
    event: Event = sample("dynamodb")
    record = event["Records"][0]
    record.update(eventSourceARN=stream_arn, awsRegion=_region(stream_arn))
    change = record["dynamodb"]
    change["StreamViewType"] = view
    if keys:
        change["Keys"] = {name: {kind: _KEYS[kind]} for name, kind in keys.items()}
        change["NewImage"] = dict(change["Keys"])
    if view in ("KEYS_ONLY", "OLD_IMAGE"):  # of a new item there is no old image
        del change["NewImage"]
    return event


def route_event(method: str, path: str) -> Event:
    """Return a request to a route; {names} in its path stand for themselves."""
    event: Event = sample("route")
    names = re.findall(r"\{(\w+)\+?\}", path)
    asked = re.sub(r"\{(\w+)\+?\}", r"\1", path)
    event.update(
        resource=path,
        path=asked,
        httpMethod=method,
        pathParameters={name: name for name in names} or None,
        queryStringParameters=None,
        multiValueQueryStringParameters=None,
    )
    event["requestContext"].update(resourcePath=path, httpMethod=method, path=f"/api{asked}")
    if method in _WITHOUT_BODY:
        event["body"] = None
        for headers in (event["headers"], event["multiValueHeaders"]):
            del headers["Content-Type"]
    return event


def authorizer_event(method: str, path: str, account: str, region: str) -> Event:
    """Return what a route's authorizer is asked with."""
    event: Event = sample("authorizer")
    api = event["methodArn"].split(":")[5].partition("/")[0]
    event["methodArn"] = f"arn:aws:execute-api:{region}:{account}:{api}/api/{method}{path}"
    return event


def socket_kind(route_key: str) -> str:
    """Return which of `samples.KINDS` a route of a WebSocket API is invoked with."""
    return {"$connect": "ws_connect", "$disconnect": "ws_disconnect"}.get(route_key, "ws_message")


def socket_event(route_key: str) -> Event:
    """Return what a route of a WebSocket API is invoked with."""
    event: Event = sample(socket_kind(route_key))
    event["requestContext"]["routeKey"] = route_key
    return event


def _region(arn: str) -> str:
    return arn.split(":")[3]


def _of_account(event: Event, arn: str) -> Event:
    account = arn.split(":")[4]
    event["Records"][0]["attributes"]["SenderId"] = account
    return event
