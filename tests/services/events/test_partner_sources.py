"""Partner event sources and the events partners put."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from .conftest import World

SOURCE = "aws.partner/example.com/store/1"


def test_partner_events_reach_the_customers_bus(world: World) -> None:
    """A source is offered, a bus of its name is made, and what the partner puts arrives."""
    partner = world.aws.client("events", account="999999999999")
    arn = partner.create_partner_event_source(Name=SOURCE, Account="000000000000")
    assert arn["EventSourceArn"] == f"arn:aws:events:us-east-1::event-source/{SOURCE}"
    (offered,) = world.events.list_event_sources()["EventSources"]
    assert (offered["Name"], offered["State"]) == (SOURCE, "PENDING")
    world.events.create_event_bus(Name=SOURCE, EventSourceName=SOURCE)
    assert world.events.describe_event_source(Name=SOURCE)["State"] == "ACTIVE"
    caught = world.catcher()
    rule_arn = world.rule(caught.arn, bus=SOURCE, pattern={"source": [SOURCE]})
    assert rule_arn == f"arn:aws:events:us-east-1:000000000000:rule/{SOURCE}/rule"
    assert world.events.list_tags_for_resource(ResourceARN=rule_arn)["Tags"] == []
    entry = {"Source": SOURCE, "DetailType": "d", "Detail": '{"n": 1}'}
    assert partner.put_partner_events(Entries=[entry])["FailedEntryCount"] == 0
    world.aws.settle()
    (event,) = caught.events()
    assert (event["source"], event["account"]) == (SOURCE, "000000000000")
    (account,) = partner.list_partner_event_source_accounts(EventSourceName=SOURCE)[
        "PartnerEventSourceAccounts"
    ]
    assert (account["Account"], account["State"]) == ("000000000000", "ACTIVE")


def test_deactivated_source_gets_nothing(world: World) -> None:
    """While a source is not active its bus gets no events, and the journal says so."""
    partner = world.aws.client("events", account="999999999999")
    partner.create_partner_event_source(Name=SOURCE, Account="000000000000")
    world.events.create_event_bus(Name=SOURCE, EventSourceName=SOURCE)
    world.events.deactivate_event_source(Name=SOURCE)
    entry = {"Source": SOURCE, "DetailType": "d", "Detail": "{}"}
    partner.put_partner_events(Entries=[entry])
    assert len(world.notes("no account has a bus for this event source")) == 1
    world.events.activate_event_source(Name=SOURCE)
    partner.put_partner_events(Entries=[entry])
    assert len(world.notes("no rule matched")) == 1


def test_partner_source_errors(world: World) -> None:
    """Unknown sources, and buses named like sources that are not there."""
    with pytest.raises(ClientError, match=f"Event source {SOURCE} does not exist."):
        world.events.create_event_bus(Name=SOURCE, EventSourceName=SOURCE)
    with pytest.raises(ClientError, match="Event bus name must not contain '/'"):
        world.events.create_event_bus(Name="a/b")
    with pytest.raises(ClientError, match="does not exist"):
        world.events.describe_partner_event_source(Name=SOURCE)
    world.events.create_partner_event_source(Name=SOURCE, Account="000000000000")
    with pytest.raises(ClientError, match="already exists"):
        world.events.create_partner_event_source(Name=SOURCE, Account="000000000000")
    listed = world.events.list_partner_event_sources(NamePrefix="aws.partner/example.com/")
    assert [source["Name"] for source in listed["PartnerEventSources"]] == [SOURCE]
    world.events.delete_partner_event_source(Name=SOURCE, Account="000000000000")
    assert world.events.list_event_sources()["EventSources"] == []
