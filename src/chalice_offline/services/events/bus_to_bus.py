"""An event bus as the target of a rule on another bus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError
from chalice_offline.core.targets import Payload, call_or_none
from chalice_offline.services.events import json_text
from chalice_offline.services.events.bus_policy import allows_events_from
from chalice_offline.services.events.limits import BUS_HOPS

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Reply
    from chalice_offline.services.events.parcel import Parcel
    from chalice_offline.services.events.resources import EventBus


def send(parcel: Parcel) -> Reply:
    """Put the event on the target bus, with where it comes from.

    Account, time and source stay those of the origin. The id stays within a region and is new
    across regions (recorded). What the entry of a client cannot say travels in InternalMetadata,
    which PutEvents takes only from EventBridge itself.
    """
    event, source = parcel.event, parcel.rule.bus
    arn = parcel.target.arn
    bus = parcel.state.find_bus_in(arn.account_id, arn.region, arn.resource.partition("/")[2])
    _check_hops(parcel, bus)
    if not allows_events_from(bus, source.account_id):
        raise AwsError("NO_PERMISSIONS", f"{bus.arn} takes no events from {source.account_id}.")
    document = event.document
    internal = {
        "Account": document["account"],
        "Region": document["region"],
        "Hops": event.hops + 1,
    }
    if bus.region == source.region:
        internal["EventId"] = event.id
    entry = {
        "Time": event.time_s,
        "Source": document["source"],
        "DetailType": document["detail-type"],
        "Resources": document["resources"],
        "InternalMetadata": internal,
    }
    text = json_text.compact(document["detail"])
    call = call_or_none(arn, Payload(text=text, entry=entry))
    assert call is not None  # a bus takes events
    return parcel.make(call)


def _check_hops(parcel: Parcel, bus: EventBus) -> None:
    """Refuse a third account or region (user guide, "Sending events between accounts")."""
    event, source = parcel.event, parcel.rule.bus
    if event.document["account"] != source.account_id and bus.account_id != source.account_id:
        raise AwsError("THIRD_ACCOUNT_HOP_DETECTED", "The event came from another account.")
    if event.document["region"] != source.region and bus.region != source.region:
        raise AwsError("THIRD_REGION_HOP_DETECTED", "The event came from another region.")
    if event.hops >= BUS_HOPS:
        raise AwsError(
            "INTERNAL_ERROR",
            f"The event went through {BUS_HOPS} buses: their rules send it round in a circle.",
        )
