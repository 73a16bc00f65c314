"""Partner event sources, seen from the partner and from the customer it makes them for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.events.errors import already_exists, not_found
from chalice_offline.services.events.event_source import EXPIRES_AFTER_MS, EventSource
from chalice_offline.services.events.pages import page

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.events.state import EventsState


def create_partner_event_source(
    events: EventsState, context: CallContext, request: Request
) -> Result:
    """As a partner, offer a source to a customer's account."""
    name, account_id = request["Name"], request["Account"]
    sources = events.region(account_id, context.region).event_sources
    if name in sources:
        raise already_exists(f"Event source {name} already exists.")
    source = EventSource(name, context.account_id, account_id, context.region, context.now_ms)
    sources[name] = source
    return {"EventSourceArn": source.arn}


def delete_partner_event_source(
    events: EventsState, context: CallContext, request: Request
) -> Result:
    """As a partner, withdraw a source; the customer's bus stays and gets nothing more."""
    events.region(request["Account"], context.region).event_sources.pop(request["Name"], None)
    return {}


def describe_partner_event_source(
    events: EventsState, context: CallContext, request: Request
) -> Result:
    """As a partner, show a source."""
    source = _offered(events, context, request["Name"])[0]
    return {"Arn": source.arn, "Name": source.name}


def list_partner_event_sources(
    events: EventsState, context: CallContext, request: Request
) -> Result:
    """As a partner, show the sources made."""
    by_name = {
        source.name: source
        for source in events.find_event_sources(context.region)
        if source.partner_account_id == context.account_id
        and source.name.startswith(request["NamePrefix"])
    }
    shown, more = page(by_name.values(), lambda source: source.name, request)
    listed = [{"Arn": source.arn, "Name": source.name} for source in shown]
    return {"PartnerEventSources": listed, **more}


def list_partner_event_source_accounts(
    events: EventsState, context: CallContext, request: Request
) -> Result:
    """As a partner, show the customers of a source."""
    sources = _offered(events, context, request["EventSourceName"])
    shown, more = page(sources, lambda source: source.account_id, request)
    accounts = [
        {
            "Account": source.account_id,
            "CreationTime": source.created_ms / 1000,
            "ExpirationTime": (source.created_ms + EXPIRES_AFTER_MS) / 1000,
            "State": source.state,
        }
        for source in shown
    ]
    return {"PartnerEventSourceAccounts": accounts, **more}


def describe_event_source(events: EventsState, context: CallContext, request: Request) -> Result:
    """As a customer, show a source."""
    return _received(events, context, request["Name"]).describe()


def list_event_sources(events: EventsState, context: CallContext, request: Request) -> Result:
    """As a customer, show the sources offered."""
    prefix = request.get("NamePrefix", "")
    sources = [
        source
        for source in events.here(context).event_sources.values()
        if source.name.startswith(prefix)
    ]
    shown, more = page(sources, lambda source: source.name, request)
    return {"EventSources": [source.describe() for source in shown], **more}


def activate_event_source(events: EventsState, context: CallContext, request: Request) -> Result:
    """As a customer, let the source's bus get events again."""
    _received(events, context, request["Name"]).state = "ACTIVE"
    return {}


def deactivate_event_source(events: EventsState, context: CallContext, request: Request) -> Result:
    """As a customer, stop the source's bus from getting events."""
    _received(events, context, request["Name"]).state = "PENDING"
    return {}


def _offered(events: EventsState, context: CallContext, name: str) -> list[EventSource]:
    sources = [
        source
        for source in events.find_event_sources(context.region)
        if source.name == name and source.partner_account_id == context.account_id
    ]
    if not sources:
        raise _no_such_source(name)
    return sources


def _received(events: EventsState, context: CallContext, name: str) -> EventSource:
    source = events.here(context).event_sources.get(name)
    if source is None:
        raise _no_such_source(name)
    return source


def _no_such_source(name: str) -> Exception:
    return not_found(f"Event source {name} does not exist.")
