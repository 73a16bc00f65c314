"""Partner event sources, seen from the partner and from the customer it makes them for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import make_arn
from chalice_offline.services.events.errors import already_exists, not_found
from chalice_offline.services.events.pagination import page

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.events.service import Events

# User guide, "Receiving events from a SaaS partner": a source that no bus is made for is gone
# after 14 days. Shown, not acted on.
_EXPIRES_AFTER_MS = 14 * 86_400_000


@dataclass(slots=True, eq=False)
class EventSource:
    """A partner event source in the account of a customer: PENDING until a bus is made for it."""

    name: str
    partner_account_id: str
    account_id: str
    region: str
    created_ms: int
    state: str = "PENDING"

    @property
    def arn(self) -> str:
        """The source's ARN; it belongs to no account."""
        return make_arn("events", self.region, "", f"event-source/{self.name}")

    def describe(self) -> dict[str, Any]:
        """Return the source as the customer sees it."""
        return {
            "Arn": self.arn,
            "CreatedBy": self.name.split("/")[1],
            "CreationTime": self.created_ms / 1000,
            "ExpirationTime": (self.created_ms + _EXPIRES_AFTER_MS) / 1000,
            "Name": self.name,
            "State": self.state,
        }


def create_partner_event_source(service: Events, context: CallContext, request: Request) -> Result:
    """As a partner, offer a source to a customer's account."""
    name, account_id = request["Name"], request["Account"]
    sources = service.region(account_id, context.region).event_sources
    if name in sources:
        raise already_exists(f"Event source {name} already exists.")
    source = EventSource(name, context.account_id, account_id, context.region, context.now_ms)
    sources[name] = source
    return {"EventSourceArn": source.arn}


def delete_partner_event_source(service: Events, context: CallContext, request: Request) -> Result:
    """As a partner, withdraw a source; the customer's bus stays and gets nothing more."""
    service.region(request["Account"], context.region).event_sources.pop(request["Name"], None)
    return {}


def describe_partner_event_source(
    service: Events, context: CallContext, request: Request
) -> Result:
    """As a partner, show a source."""
    source = _offered(service, context, request["Name"])[0]
    return {"Arn": source.arn, "Name": source.name}


def list_partner_event_sources(service: Events, context: CallContext, request: Request) -> Result:
    """As a partner, show the sources made."""
    by_name = {
        source.name: source
        for source in service.event_sources(context.region)
        if source.partner_account_id == context.account_id
        and source.name.startswith(request["NamePrefix"])
    }
    shown, more = page(by_name.values(), lambda source: source.name, request)
    listed = [{"Arn": source.arn, "Name": source.name} for source in shown]
    return {"PartnerEventSources": listed, **more}


def list_partner_event_source_accounts(
    service: Events, context: CallContext, request: Request
) -> Result:
    """As a partner, show the customers of a source."""
    sources = _offered(service, context, request["EventSourceName"])
    shown, more = page(sources, lambda source: source.account_id, request)
    accounts = [
        {
            "Account": source.account_id,
            "CreationTime": source.created_ms / 1000,
            "ExpirationTime": (source.created_ms + _EXPIRES_AFTER_MS) / 1000,
            "State": source.state,
        }
        for source in shown
    ]
    return {"PartnerEventSourceAccounts": accounts, **more}


def describe_event_source(service: Events, context: CallContext, request: Request) -> Result:
    """As a customer, show a source."""
    return _received(service, context, request["Name"]).describe()


def list_event_sources(service: Events, context: CallContext, request: Request) -> Result:
    """As a customer, show the sources offered."""
    prefix = request.get("NamePrefix", "")
    sources = [
        source
        for source in service.here(context).event_sources.values()
        if source.name.startswith(prefix)
    ]
    shown, more = page(sources, lambda source: source.name, request)
    return {"EventSources": [source.describe() for source in shown], **more}


def activate_event_source(service: Events, context: CallContext, request: Request) -> Result:
    """As a customer, let the source's bus get events again."""
    _received(service, context, request["Name"]).state = "ACTIVE"
    return {}


def deactivate_event_source(service: Events, context: CallContext, request: Request) -> Result:
    """As a customer, stop the source's bus from getting events."""
    _received(service, context, request["Name"]).state = "PENDING"
    return {}


def _offered(service: Events, context: CallContext, name: str) -> list[EventSource]:
    sources = [
        source
        for source in service.event_sources(context.region)
        if source.name == name and source.partner_account_id == context.account_id
    ]
    if not sources:
        raise _no_such_source(name)
    return sources


def _received(service: Events, context: CallContext, name: str) -> EventSource:
    source = service.here(context).event_sources.get(name)
    if source is None:
        raise _no_such_source(name)
    return source


def _no_such_source(name: str) -> Exception:
    return not_found(f"Event source {name} does not exist.")
