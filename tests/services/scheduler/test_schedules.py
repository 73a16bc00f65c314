"""Schedules and groups as resources: made, told, changed, listed, deleted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

START = datetime(2026, 1, 1, tzinfo=UTC)
ROLE = "arn:aws:iam::000000000000:role/scheduler"
EXACT = {"Mode": "OFF"}
LATER = "at(2026-06-01T00:00:00)"


def test_schedule_comes_back_with_defaults(scheduled: Any) -> None:
    """GetSchedule tells what was put and what was left to defaults."""
    arn = scheduled.create(LATER, Description="d", ScheduleExpressionTimezone="Europe/Paris")
    told = scheduled.client.get_schedule(Name="s")
    del told["ResponseMetadata"]
    assert told == {
        "Arn": arn,
        "Name": "s",
        "GroupName": "default",
        "ScheduleExpression": LATER,
        "ScheduleExpressionTimezone": "Europe/Paris",
        "Description": "d",
        "State": "ENABLED",
        "FlexibleTimeWindow": EXACT,
        "ActionAfterCompletion": "NONE",
        "Target": {
            "Arn": scheduled.queue_arn,
            "RoleArn": ROLE,
            "RetryPolicy": {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185},
        },
        "CreationDate": START,
        "LastModificationDate": START,
    }
    assert arn == "arn:aws:scheduler:us-east-1:000000000000:schedule/default/s"


def test_update_replaces_everything(scheduled: Any) -> None:
    """What an update leaves out is gone, but for the date of creation."""
    scheduled.create(LATER, Description="d", StartDate=START + timedelta(days=1))
    scheduled.aws.advance(seconds=5)
    scheduled.client.update_schedule(
        Name="s",
        ScheduleExpression="rate(2 hours)",
        FlexibleTimeWindow=EXACT,
        Target={"Arn": scheduled.queue_arn, "RoleArn": ROLE},
    )
    told = scheduled.client.get_schedule(Name="s")
    assert told["ScheduleExpression"] == "rate(2 hours)"
    assert "Description" not in told
    assert "StartDate" not in told
    assert (told["LastModificationDate"] - told["CreationDate"]).total_seconds() == 5


def test_name_is_taken_once_per_group(scheduled: Any) -> None:
    """ConflictException, unless the client token is the same or the group another."""
    first = scheduled.create(LATER, ClientToken="token")
    assert scheduled.create(LATER, ClientToken="token") == first
    for again in ({}, {"ClientToken": "other"}):
        with pytest.raises(scheduled.client.exceptions.ConflictException) as refused:
            scheduled.create(LATER, **again)
        assert refused.value.response["Error"]["Message"] == "Schedule s already exists."
    scheduled.client.create_schedule_group(Name="g")
    assert scheduled.create(LATER, GroupName="g").endswith(":schedule/g/s")


@pytest.mark.parametrize(
    ("operation", "parameters", "text"),
    [
        ("get_schedule", {"Name": "x"}, "Schedule x does not exist."),
        ("delete_schedule", {"Name": "x"}, "Schedule x does not exist."),
        (
            "get_schedule",
            {"Name": "x", "GroupName": "g"},
            "Schedule group g does not exist.",
        ),
        ("list_schedules", {"GroupName": "g"}, "Schedule group g does not exist."),
        ("get_schedule_group", {"Name": "g"}, "Schedule group g does not exist."),
        ("delete_schedule_group", {"Name": "g"}, "Schedule group g does not exist."),
        (
            "list_tags_for_resource",
            {"ResourceArn": "arn:aws:scheduler:us-east-1:000000000000:schedule-group/g"},
            "Schedule group g does not exist.",
        ),
    ],
)
def test_what_is_not_there_is_not_found(
    scheduled: Any, operation: str, parameters: dict[str, str], text: str
) -> None:
    """ResourceNotFoundException names it."""
    with pytest.raises(scheduled.client.exceptions.ResourceNotFoundException) as refused:
        getattr(scheduled.client, operation)(**parameters)
    assert refused.value.response["Error"]["Message"] == text
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_list_schedules_by_group_prefix_and_state(scheduled: Any) -> None:
    """Filters narrow the list; summaries name the target's ARN only."""
    scheduled.client.create_schedule_group(Name="g")
    scheduled.create(LATER, name="a-1", GroupName="g")
    scheduled.create(LATER, name="a-2", State="DISABLED")
    scheduled.create(LATER, name="b-1")

    def names(**filters: str) -> list[str]:
        listed = scheduled.client.list_schedules(**filters)["Schedules"]
        return [each["Name"] for each in listed]

    assert names() == ["a-2", "b-1", "a-1"]
    assert names(GroupName="g") == ["a-1"]
    assert names(NamePrefix="a-") == ["a-2", "a-1"]
    assert names(State="DISABLED") == ["a-2"]
    summary = scheduled.client.list_schedules(GroupName="g")["Schedules"][0]
    assert summary["Target"] == {"Arn": scheduled.queue_arn}


def test_lists_come_in_pages(scheduled: Any) -> None:
    """NextToken goes on where the page ended."""
    for number in range(5):
        scheduled.create(LATER, name=f"s{number}")
    pages = scheduled.client.get_paginator("list_schedules").paginate(
        PaginationConfig={"PageSize": 2}
    )
    assert [[each["Name"] for each in page["Schedules"]] for page in pages] == [
        ["s0", "s1"],
        ["s2", "s3"],
        ["s4"],
    ]


def test_groups_and_their_tags(scheduled: Any) -> None:
    """A group is made with tags, which can be added to and taken off."""
    client = scheduled.client
    arn = client.create_schedule_group(
        Name="g", ClientToken="t", Tags=[{"Key": "a", "Value": "1"}]
    )["ScheduleGroupArn"]
    assert client.create_schedule_group(Name="g", ClientToken="t")["ScheduleGroupArn"] == arn
    with pytest.raises(client.exceptions.ConflictException):
        client.create_schedule_group(Name="g")
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}])
    client.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert client.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]

    assert client.get_schedule_group(Name="g")["State"] == "ACTIVE"
    groups = client.list_schedule_groups()["ScheduleGroups"]
    assert [each["Name"] for each in groups] == ["default", "g"]
    with pytest.raises(client.exceptions.ValidationException):
        client.delete_schedule_group(Name="default")
    client.delete_schedule_group(Name="g")
    assert len(client.list_schedule_groups()["ScheduleGroups"]) == 1


def test_regions_and_accounts_are_apart(scheduled: Any) -> None:
    """A schedule is known where it was made."""
    scheduled.create(LATER)
    for where in ({"region": "eu-west-1"}, {"account": "111111111111"}):
        assert scheduled.aws.client("scheduler", **where).list_schedules()["Schedules"] == []


@pytest.mark.parametrize(
    "expression",
    [
        "cron(0 1 * * * *)",
        "cron(0 dummy ? * MON-FRI *)",
        "cron()",
        "rate(10 seconds)",
        "rate(10)",
        "rate( 10 minutes )",
        " rate(10 minutes)",
        "at(2021-12-31T23:59:59Z)",
        "at(2021-12-31)",
    ],
)
def test_malformed_expression_is_refused(scheduled: Any, expression: str) -> None:
    """With the expression in the text (recorded)."""
    with pytest.raises(scheduled.client.exceptions.ValidationException) as refused:
        scheduled.create(expression)
    message = refused.value.response["Error"]["Message"]
    assert message == f"Invalid Schedule Expression {expression}."


@pytest.mark.parametrize(
    "settings",
    [
        {"ScheduleExpressionTimezone": "Mars/Olympus"},
        {"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}},
        {"FlexibleTimeWindow": {"Mode": "OFF", "MaximumWindowInMinutes": 5}},
        {"StartDate": START - timedelta(minutes=6)},
        {"EndDate": START - timedelta(seconds=1)},
        {"StartDate": START + timedelta(days=2), "EndDate": START + timedelta(days=1)},
        {"Target": {"DeadLetterConfig": {"Arn": "arn:aws:sqs:us-east-1:000000000000:q.fifo"}}},
        {"Target": {"RetryPolicy": {"MaximumRetryAttempts": 186}}},
    ],
)
def test_impossible_settings_are_refused(scheduled: Any, settings: dict[str, Any]) -> None:
    """ValidationException, and nothing is made."""
    with pytest.raises(scheduled.client.exceptions.ClientError) as refused:
        scheduled.create("rate(1 hour)", **settings)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert scheduled.client.list_schedules()["Schedules"] == []
