"""PutEvents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import parse_arn
from chalice_offline.services.common.timestamps import epoch_seconds
from chalice_offline.services.events import json_text, limits, routing
from chalice_offline.services.events.errors import validation_error
from chalice_offline.services.events.event import Event, make_document
from chalice_offline.services.events.resources import DEFAULT_BUS
from chalice_offline.services.events.state import PRINCIPAL

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.events.resources import EventBus
    from chalice_offline.services.events.state import EventsState

_REQUIRED = ("Source", "DetailType", "Detail")


class _RefusedEntryError(Exception):
    """An entry that fails on its own; the others of the request are not affected."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.reply = {"ErrorCode": code, "ErrorMessage": text}


def put_events(events: EventsState, context: CallContext, request: Request) -> Result:
    """Put up to ten events on their buses; each entry fails or succeeds alone.

    An event for a bus that does not exist counts as put and goes nowhere (recorded).
    """
    entries = request["Entries"]
    sizes = [entry_size_bytes(entry) for entry in entries]
    if sum(sizes) > limits.TOTAL_ENTRY_SIZE_BYTES:
        raise validation_error("Total size of the entries in the request is over the limit.")
    replies = []
    for entry, size in zip(entries, sizes, strict=True):
        try:
            _refuse_reserved_source(context, entry)
            event = _make_event(events, context, entry, size)
        except _RefusedEntryError as refused:
            replies.append(refused.reply)
        else:
            replies.append({"EventId": event.id})
            _put(events, context, event, entry)
    return _result(replies)


def entry_size_bytes(entry: dict[str, Any]) -> int:
    """Return an entry's size (user guide, "Calculating PutEvents event entry size")."""
    texts = [entry.get(member) or "" for member in _REQUIRED]
    size = len("".join((*texts, *entry.get("Resources", ()))).encode())
    return size + (limits.TIME_ENTRY_BYTES if "Time" in entry else 0)


def _put(events: EventsState, context: CallContext, event: Event, entry: dict[str, Any]) -> None:
    if len(entry["DetailType"]) > limits.DETAIL_TYPE_CHARACTERS:
        # AWS answers with an event id and drops the event.
        _note_dropped(events, context, event, "DetailType is longer than 128 characters")
        return
    name = entry.get("EventBusName") or DEFAULT_BUS
    bus = _bus_of(events, context, name)
    if bus is None:
        _note_dropped(events, context, event, f"there is no event bus {name}")
        return
    routing.route(events, bus, event)


def _bus_of(events: EventsState, context: CallContext, name: str) -> EventBus | None:
    if not name.startswith("arn:"):
        return events.here(context).buses.get(name)
    arn = parse_arn(name)
    bus_name = arn.resource.partition("/")[2]
    return events.region(arn.account_id, arn.region).buses.get(bus_name)


def _refuse_reserved_source(context: CallContext, entry: dict[str, Any]) -> None:
    """Only AWS services put events whose source begins with aws."""
    source = entry.get("Source") or ""
    if not context.principal and (source == "aws" or source.startswith("aws.")):
        raise _RefusedEntryError(
            "NotAuthorizedForSourceException", "Not authorized for the source."
        )


def _make_event(
    events: EventsState, context: CallContext, entry: dict[str, Any], size: int
) -> Event:
    for member in _REQUIRED:
        if not entry.get(member):
            raise _RefusedEntryError(
                "InvalidArgument",
                f"Parameter {member} is not valid. Reason: {member} is a required argument.",
            )
    try:
        detail = json_text.parse(entry["Detail"])
    except json_text.InvalidJsonError:
        detail = None
    if not isinstance(detail, dict):
        raise _RefusedEntryError("MalformedDetail", "Detail is malformed.")
    internal = entry.get("InternalMetadata", {}) if context.principal == PRINCIPAL else {}
    time_s = epoch_seconds(entry.get("Time", context.now_ms // 1000))
    document = make_document(
        event_id=internal.get("EventId") or events.kernel.ids.uuid(),
        detail_type=entry["DetailType"],
        source=entry["Source"],
        account_id=internal.get("Account", context.account_id),
        time_s=time_s,
        region=internal.get("Region", context.region),
        resources=list(entry.get("Resources", ())),
        detail=detail,
    )
    # An archive counts the time as text (recorded: 20 bytes more than the other members have).
    size += len(document["time"]) - ("Time" in entry) * limits.TIME_ENTRY_BYTES
    return Event(
        document,
        time_s,
        context.now_ms,
        size,
        context.entry,
        hops=internal.get("Hops", 0),
        trace_header=entry.get("TraceHeader") or context.trace_header,
    )


def _note_dropped(events: EventsState, context: CallContext, event: Event, reason: str) -> None:
    events.kernel.note(
        "events.PutEvents", {"event": event.id}, (context.entry,), f"dropped: {reason}"
    )


def _result(replies: list[dict[str, str]]) -> Result:
    failed = sum("ErrorCode" in reply for reply in replies)
    return {"FailedEntryCount": failed, "Entries": replies}
