"""PutEvents: which entries are taken, and what becomes of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from .conftest import World


def test_put_events_wraps_the_detail_in_an_envelope(world: World) -> None:
    """The target gets compact JSON with AWS's keys in AWS's order."""
    caught = world.catcher()
    world.rule(caught.arn)
    reply = world.put(
        {"total": 12.5, "item": "käse"},
        Time=datetime(2026, 3, 1, 12, 30, 15, tzinfo=UTC),
        Resources=["arn:aws:s3:::menus"],
    )
    assert reply["FailedEntryCount"] == 0
    assert caught.bodies() == [
        '{"version":"0","id":"' + reply["Entries"][0]["EventId"] + '",'
        '"detail-type":"order.received","source":"shop","account":"000000000000",'
        '"time":"2026-03-01T12:30:15Z","region":"us-east-1","resources":["arn:aws:s3:::menus"],'
        '"detail":{"total":12.5,"item":"käse"}}'
    ]


def test_put_events_without_time_takes_the_present(world: World) -> None:
    """An event without Time happened when it was put."""
    caught = world.catcher()
    world.rule(caught.arn)
    world.aws.advance(seconds=90)
    world.put()
    assert caught.events()[0]["time"] == "2026-01-01T00:01:30Z"


@pytest.mark.parametrize("member", ["Source", "DetailType", "Detail"])
def test_put_events_without_a_required_member_fails_that_entry(world: World, member: str) -> None:
    """Source, DetailType and Detail are each required, and empty is missing."""
    failed = world.put(**{member: ""})
    assert failed["FailedEntryCount"] == 1
    assert failed["Entries"] == [
        {
            "ErrorCode": "InvalidArgument",
            "ErrorMessage": f"Parameter {member} is not valid. "
            f"Reason: {member} is a required argument.",
        }
    ]


@pytest.mark.parametrize(
    "detail",
    [
        "text",
        "[]",
        "{{}",
        '"text"',
        '{"a": NaN}',
        '{"a": 9223372036854775808}',
        '{"a": ' + "[" * 1_500 + "]" * 1_500 + "}",
    ],
    ids=["text", "array", "broken", "string", "nan", "over-64-bit", "too-deep"],
)
def test_put_events_refuses_a_detail_that_is_no_object(world: World, detail: str) -> None:
    """Detail must be a JSON object within AWS's bounds."""
    failed = world.put(Detail=detail)
    assert failed["Entries"] == [
        {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
    ]


def test_put_events_keeps_the_order_of_entries(world: World) -> None:
    """A failed entry stands in its place and does not stop the others."""
    caught = world.catcher()
    world.rule(caught.arn)
    good = {"Source": "shop", "DetailType": "order", "Detail": "{}"}
    reply = world.events.put_events(Entries=[good, {**good, "Detail": "no"}, good])
    assert reply["FailedEntryCount"] == 1
    assert ["EventId" in entry for entry in reply["Entries"]] == [True, False, True]
    expected = [reply["Entries"][0]["EventId"], reply["Entries"][2]["EventId"]]
    assert [event["id"] for event in caught.events()] == expected


@pytest.mark.parametrize("source", ["aws", "aws.s3"])
def test_put_events_refuses_sources_of_aws(world: World, source: str) -> None:
    """Only AWS's own services may use a source that begins with aws."""
    assert world.put(Source=source)["Entries"] == [
        {
            "ErrorCode": "NotAuthorizedForSourceException",
            "ErrorMessage": "Not authorized for the source.",
        }
    ]


def test_put_events_takes_sources_of_aws_from_a_service(world: World) -> None:
    """What S3 puts on the default bus reaches the rules for it."""
    caught = world.catcher()
    world.rule(caught.arn, pattern={"source": ["aws.s3"]})
    entry = {"Source": "aws.s3", "DetailType": "Object Created", "Detail": '{"version":"0"}'}
    world.aws.emulator.deliver(
        "events",
        "PutEvents",
        {"Entries": [entry]},
        account_id="000000000000",
        region="us-east-1",
        causes=(),
        principal="s3.amazonaws.com",
    )
    world.aws.settle()
    assert [event["source"] for event in caught.events()] == ["aws.s3"]


def test_put_events_refuses_more_than_one_megabyte(world: World) -> None:
    """The entries of one request together must stay within 1 MiB."""
    half = {"Source": "s", "DetailType": "d", "Detail": json.dumps({"a": "x" * 524_280})}
    assert world.events.put_events(Entries=[half])["FailedEntryCount"] == 0
    with pytest.raises(ClientError, match="Total size of the entries in the request is over"):
        world.events.put_events(Entries=[half, half])


def test_put_events_refuses_more_than_ten_entries(world: World) -> None:
    """An eleventh entry breaks the model's constraint."""
    entry = {"Source": "s", "DetailType": "d", "Detail": "{}"}
    with pytest.raises(ClientError, match="Member must have length less than or equal to 10"):
        world.events.put_events(Entries=[entry] * 11)


def test_put_events_to_an_unknown_bus_counts_as_put(world: World) -> None:
    """AWS answers with an event id and drops the event; the journal says so."""
    reply = world.put(EventBusName="nowhere")
    assert reply["FailedEntryCount"] == 0
    assert [note.detail["event"] for note in world.notes("there is no event bus nowhere")] == [
        reply["Entries"][0]["EventId"]
    ]


def test_put_events_drops_a_detail_type_over_128_characters(world: World) -> None:
    """AWS takes such an event and never delivers it; the journal says so."""
    caught = world.catcher()
    world.rule(caught.arn)
    assert world.put(DetailType="d" * 129)["FailedEntryCount"] == 0
    assert caught.bodies() == []
    assert len(world.notes("DetailType is longer than 128 characters")) == 1


def test_put_events_that_match_no_rule_leave_the_reason(world: World) -> None:
    """The journal names what each rule missed."""
    world.rule(name="teas", pattern={"source": ["tea-shop"]})
    world.rule(name="late", pattern={"detail": {"late": [True]}})
    world.put({"late": False})
    (note,) = world.notes("no rule matched")
    why = str(note.detail["near_misses"])
    assert 'Rule teas: "source" must be "tea-shop", but the event has "shop".' in why
    assert 'Rule late: "detail.late" must be true, but the event has false.' in why


def test_put_events_to_a_rule_without_targets_leaves_a_note(world: World) -> None:
    """An event that matches a rule and goes nowhere is not silent."""
    world.rule()
    world.put()
    assert len(world.notes("the rule has no targets")) == 1


def test_put_events_reaches_every_target_of_every_matching_rule(world: World) -> None:
    """Two rules with two targets each make four deliveries of one event id."""
    queues = [world.catcher(f"q{number}") for number in range(4)]
    world.rule(queues[0].arn, queues[1].arn, name="one")
    world.rule(queues[2].arn, queues[3].arn, name="two")
    event_id = world.put()["Entries"][0]["EventId"]
    assert [[event["id"] for event in queue.events()] for queue in queues] == [[event_id]] * 4


def test_put_events_names_the_bus_by_arn(world: World) -> None:
    """EventBusName takes a name or an ARN."""
    caught = world.catcher()
    arn = world.events.create_event_bus(Name="orders")["EventBusArn"]
    world.rule(caught.arn, bus="orders")
    world.put(EventBusName=arn)
    world.put(EventBusName="orders")
    assert len(caught.events()) == 2


def test_put_events_lone_surrogates_become_question_marks(world: World) -> None:
    """Half of a surrogate pair has no UTF-8, so Java writes a question mark."""
    caught = world.catcher()
    world.rule(caught.arn)
    world.put(Detail='{"a": "\\ud800x"}')
    assert caught.events()[0]["detail"] == {"a": "?x"}


def test_put_events_cost_does_not_grow_with_rules_on_other_sources(world: World) -> None:
    """With a thousand rules for other sources, an event still meets only its own."""
    caught = world.catcher()
    for number in range(1_000):
        world.aws.emulator.registry.call(
            "events",
            "PutRule",
            _context(world),
            {"Name": f"r{number}", "EventPattern": json.dumps({"source": [f"s{number}"]})},
        )
    world.rule(caught.arn)
    world.put()
    assert len(caught.events()) == 1


def _context(world: World) -> object:
    from chalice_offline.core.context import CallContext

    return CallContext(
        "000000000000", "us-east-1", "", "json", "", "", world.aws.emulator.now_ms, 0
    )
