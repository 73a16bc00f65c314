"""How each kind of target takes an event: the call EventBridge makes on it.

Source: user guide, "EventBridge targets". A sender raises AwsError or returns a reply or a
Pending that fails with one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from chalice_offline.core.errors import AwsError
from chalice_offline.services.events import api_requests, bus_to_bus, json_text
from chalice_offline.services.events.json_path import MISSING

if TYPE_CHECKING:
    from chalice_offline.core.arn import Arn
    from chalice_offline.core.kernel import Reply
    from chalice_offline.core.pending import Pending
    from chalice_offline.services.events.parcel import Parcel

Sender: TypeAlias = Callable[["Parcel"], "Reply | Pending[None] | None"]


def sender_for(arn: Arn) -> Sender:
    """Return the sender for a target's ARN."""
    kind = arn.service
    if kind == "events":
        kind = arn.resource.split("/", 1)[0]
    return _SENDERS.get(kind, _not_emulated)


def _invoke_function(parcel: Parcel) -> Reply:
    request = {
        "FunctionName": parcel.target.settings["Arn"],
        "InvocationType": "Event",
        "Payload": parcel.payload.encode(),
    }
    return parcel.call("lambda", "Invoke", request)


def _send_message(parcel: Parcel) -> Reply:
    arn = parcel.target.arn
    request = {
        "QueueUrl": f"https://sqs.{arn.region}.amazonaws.com/{arn.account_id}/{arn.resource}",
        "MessageBody": parcel.payload,
    }
    group_id = parcel.target.settings.get("SqsParameters", {}).get("MessageGroupId")
    if group_id:
        request["MessageGroupId"] = group_id
    return parcel.call("sqs", "SendMessage", request)


def _publish(parcel: Parcel) -> Reply:
    request = {"TopicArn": parcel.target.settings["Arn"], "Message": parcel.payload}
    return parcel.call("sns", "Publish", request)


def _put_kinesis_record(parcel: Parcel) -> Reply:
    path = parcel.target.partition_key_path
    key: Any = parcel.event.id if path is None else path.find(parcel.event.document)
    if key is MISSING or key in ("", None):
        raise AwsError("INVALID_PARAMETER", "The event has no value at PartitionKeyPath.")
    request = {
        "StreamName": parcel.target.arn.resource_name,
        "Data": parcel.payload.encode(),
        "PartitionKey": key if isinstance(key, str) else json_text.compact(key),
    }
    return parcel.call("kinesis", "PutRecord", request)


def _put_firehose_record(parcel: Parcel) -> Reply:
    request = {
        "DeliveryStreamName": parcel.target.arn.resource_name,
        "Record": {"Data": parcel.payload.encode()},
    }
    return parcel.call("firehose", "PutRecord", request)


def _start_execution(parcel: Parcel) -> Reply:
    request = {
        "stateMachineArn": parcel.target.settings["Arn"],
        # Executions are found by the event: their names begin with its id.
        "name": f"{parcel.event.id}_{parcel.state.kernel.ids.uuid()}",
        "input": parcel.payload,
    }
    return parcel.call("stepfunctions", "StartExecution", request)


def _put_log_event(parcel: Parcel) -> Reply:
    group = parcel.target.arn.resource.removeprefix("log-group:").removesuffix(":*")
    stream = parcel.state.kernel.ids.uuid()
    names = {"logGroupName": group, "logStreamName": stream}
    parcel.call("logs", "CreateLogStream", names)
    return parcel.call("logs", "PutLogEvents", {**names, "logEvents": [_log_event(parcel)]})


def _log_event(parcel: Parcel) -> dict[str, Any]:
    """Return the event as a log event; a transformed one brings its own timestamp and message."""
    now_ms = parcel.state.kernel.now_ms
    if parcel.payload != parcel.event.text:
        try:
            shaped = json_text.parse(parcel.payload)
        except json_text.InvalidJsonError:  # the lines of a string template
            shaped = None
        if isinstance(shaped, dict) and isinstance(shaped.get("message"), str):
            timestamp = shaped.get("timestamp", now_ms)
            if isinstance(timestamp, int):
                return {"timestamp": timestamp, "message": shaped["message"]}
    return {"timestamp": now_ms, "message": parcel.payload}


def _not_emulated(parcel: Parcel) -> Reply:
    raise AwsError(
        "INTERNAL_ERROR",
        f"chalice-offline does not emulate {parcel.target.arn.service} as a target.",
        status=501,
    )


_SENDERS: Mapping[str, Sender] = {
    "lambda": _invoke_function,
    "sqs": _send_message,
    "sns": _publish,
    "event-bus": bus_to_bus.send,
    "api-destination": api_requests.send,
    "kinesis": _put_kinesis_record,
    "firehose": _put_firehose_record,
    "states": _start_execution,
    "logs": _put_log_event,
}
