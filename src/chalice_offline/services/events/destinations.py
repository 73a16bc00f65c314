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
    from chalice_offline.services.events.target_delivery import TargetDelivery

Sender: TypeAlias = Callable[["TargetDelivery"], "Reply | Pending[None] | None"]


def sender_for(arn: Arn) -> Sender:
    """Return the sender for a target's ARN."""
    kind = arn.service
    if kind == "events":
        kind = arn.resource.split("/", 1)[0]
    return _SENDERS.get(kind, _not_emulated)


def _invoke_function(delivery: TargetDelivery) -> Reply:
    request = {
        "FunctionName": delivery.target.settings["Arn"],
        "InvocationType": "Event",
        "Payload": delivery.payload.encode(),
    }
    return delivery.call("lambda", "Invoke", request)


def _send_message(delivery: TargetDelivery) -> Reply:
    arn = delivery.target.arn
    request = {
        "QueueUrl": f"https://sqs.{arn.region}.amazonaws.com/{arn.account_id}/{arn.resource}",
        "MessageBody": delivery.payload,
    }
    group_id = delivery.target.settings.get("SqsParameters", {}).get("MessageGroupId")
    if group_id:
        request["MessageGroupId"] = group_id
    return delivery.call("sqs", "SendMessage", request)


def _publish(delivery: TargetDelivery) -> Reply:
    request = {"TopicArn": delivery.target.settings["Arn"], "Message": delivery.payload}
    return delivery.call("sns", "Publish", request)


def _put_kinesis_record(delivery: TargetDelivery) -> Reply:
    path = delivery.target.partition_key_path
    key: Any = delivery.event.id if path is None else path.find(delivery.event.document)
    if key is MISSING or key in ("", None):
        raise AwsError("INVALID_PARAMETER", "The event has no value at PartitionKeyPath.")
    request = {
        "StreamName": delivery.target.arn.resource_name,
        "Data": delivery.payload.encode(),
        "PartitionKey": key if isinstance(key, str) else json_text.compact(key),
    }
    return delivery.call("kinesis", "PutRecord", request)


def _put_firehose_record(delivery: TargetDelivery) -> Reply:
    request = {
        "DeliveryStreamName": delivery.target.arn.resource_name,
        "Record": {"Data": delivery.payload.encode()},
    }
    return delivery.call("firehose", "PutRecord", request)


def _start_execution(delivery: TargetDelivery) -> Reply:
    request = {
        "stateMachineArn": delivery.target.settings["Arn"],
        # Executions are found by the event: their names begin with its id.
        "name": f"{delivery.event.id}_{delivery.service.kernel.ids.uuid()}",
        "input": delivery.payload,
    }
    return delivery.call("stepfunctions", "StartExecution", request)


def _put_log_event(delivery: TargetDelivery) -> Reply:
    group = delivery.target.arn.resource.removeprefix("log-group:").removesuffix(":*")
    stream = delivery.service.kernel.ids.uuid()
    names = {"logGroupName": group, "logStreamName": stream}
    delivery.call("logs", "CreateLogStream", names)
    return delivery.call("logs", "PutLogEvents", {**names, "logEvents": [_log_event(delivery)]})


def _log_event(delivery: TargetDelivery) -> dict[str, Any]:
    """Return the event as a log event; a transformed one brings its own timestamp and message."""
    now_ms = delivery.service.kernel.now_ms
    if delivery.payload != delivery.event.text:
        try:
            shaped = json_text.parse(delivery.payload)
        except json_text.InvalidJsonError:  # the lines of a string template
            shaped = None
        if isinstance(shaped, dict) and isinstance(shaped.get("message"), str):
            timestamp = shaped.get("timestamp", now_ms)
            if isinstance(timestamp, int):
                return {"timestamp": timestamp, "message": shaped["message"]}
    return {"timestamp": now_ms, "message": delivery.payload}


def _not_emulated(delivery: TargetDelivery) -> Reply:
    raise AwsError(
        "INTERNAL_ERROR",
        f"chalice-offline does not emulate {delivery.target.arn.service} as a target.",
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
