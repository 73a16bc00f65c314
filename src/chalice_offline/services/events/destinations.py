"""How each kind of target takes an event: the call EventBridge makes on it.

Source: user guide, "EventBridge targets". A sender raises AwsError or returns a reply or a
Pending that fails with one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from chalice_offline.core.errors import AwsError
from chalice_offline.core.targets import Payload, call_or_none
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
    return _OWN_SENDERS.get(kind, _send)


def _send(parcel: Parcel) -> Reply:
    arn = parcel.target.arn
    payload = _PAYLOADS.get(arn.service, _as_it_is)(parcel)
    call = call_or_none(arn, payload) if arn.service != "events" else None
    if call is None:
        raise AwsError(
            "INTERNAL_ERROR",
            f"chalice-offline does not emulate {arn.service} as a target.",
            status=501,
        )
    return parcel.make(call)


def _as_it_is(parcel: Parcel) -> Payload:
    return Payload(text=parcel.payload)


def _message(parcel: Parcel) -> Payload:
    group_id = parcel.target.settings.get("SqsParameters", {}).get("MessageGroupId", "")
    return Payload(text=parcel.payload, group_id=group_id)


def _kinesis_record(parcel: Parcel) -> Payload:
    path = parcel.target.partition_key_path
    key: Any = parcel.event.id if path is None else path.find(parcel.event.document)
    if key is MISSING or key in ("", None):
        raise AwsError("INVALID_PARAMETER", "The event has no value at PartitionKeyPath.")
    text = key if isinstance(key, str) else json_text.compact(key)
    return Payload(text=parcel.payload, partition_key=text)


def _execution(parcel: Parcel) -> Payload:
    # Executions are found by the event: their names begin with its id.
    return Payload(text=parcel.payload, name=f"{parcel.event.id}_{parcel.state.kernel.ids.uuid()}")


def _log_event(parcel: Parcel) -> Payload:
    """Return the event as a log event; a transformed one brings its own timestamp and message."""
    kernel = parcel.state.kernel
    text, timestamp_ms = parcel.payload, kernel.now_ms
    if parcel.payload != parcel.event.text:
        try:
            shaped = json_text.parse(parcel.payload)
        except json_text.InvalidJsonError:  # the lines of a string template
            shaped = None
        if isinstance(shaped, dict) and isinstance(shaped.get("message"), str):
            given = shaped.get("timestamp", timestamp_ms)
            if isinstance(given, int):
                text, timestamp_ms = shaped["message"], given
    return Payload(text=text, name=kernel.ids.uuid(), timestamp_ms=timestamp_ms)


_PAYLOADS: Mapping[str, Callable[[Parcel], Payload]] = {
    "sqs": _message,
    "kinesis": _kinesis_record,
    "states": _execution,
    "logs": _log_event,
}
_OWN_SENDERS: Mapping[str, Sender] = {
    "event-bus": bus_to_bus.send,
    "api-destination": api_requests.send,
}
