"""The three workflows on a real LocalStack, which runs everything of them but the functions.

Without Docker it has no Lambda: what a function would answer is told to it beforehand
(answers.py). The definitions as they are deployed, JSONata, choices, retries, the distributed Map
with its files in S3, and the executions are LocalStack's.
"""

from __future__ import annotations

import json
import os
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from .answers import APPLICATION, FOLDER, STORES
from .conftest import BUCKET, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    #: (machine, case, input) -> the execution as described, and its history
    Run = Callable[[str, str, dict[str, Any]], tuple[dict[str, Any], list[dict[str, Any]]]]

MACHINES = "arn:aws:states:us-east-1:000000000000:stateMachine"

needs_answers = pytest.mark.skipif(
    "LOCALSTACK_URL" in os.environ, reason="that LocalStack was started without answers.py"
)


@pytest.fixture
def run(pipeline: Any) -> Run:
    """Let an execution run to its end."""
    sfn = pipeline.localstack.client("stepfunctions")

    def execute(
        machine: str, case: str, given: dict[str, Any]
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        arn = sfn.start_execution(
            stateMachineArn=f"{MACHINES}:{machine}#{case}",
            name=f"{case}-{uuid.uuid4().hex}",
            input=json.dumps(given),
        )["executionArn"]

        def ended() -> Any:
            described = sfn.describe_execution(executionArn=arn)
            return described if described["status"] != "RUNNING" else None

        described = wait_until(ended, f"the end of {machine}#{case}")
        pages = sfn.get_paginator("get_execution_history").paginate(executionArn=arn)
        return described, [event for page in pages for event in page["events"]]

    return execute


def entered(history: list[dict[str, Any]]) -> list[str]:
    """Return the names of the states that were entered, in order."""
    return [
        event["stateEnteredEventDetails"]["name"]
        for event in history
        if "stateEnteredEventDetails" in event
    ]


def output(described: dict[str, Any]) -> Any:
    assert described["status"] == "SUCCEEDED", (described.get("error"), described.get("cause"))
    return json.loads(described["output"])


@pytest.mark.parametrize(
    ("machine", "function"),
    [
        ("store-onboarding", "onboarding_extract"),
        ("nightly-settlement", "settlement_match"),
        ("break-glass", "access_decide"),
    ],
)
def test_state_machines_are_deployed_with_the_stack(
    pipeline: Any, machine: str, function: str
) -> None:
    """LocalStack takes each definition, with the functions' names put in."""
    sfn = pipeline.localstack.client("stepfunctions")
    found = sfn.describe_state_machine(stateMachineArn=f"{MACHINES}:{machine}")
    assert f":function:order-middleware-local-{function}" in found["definition"]
    assert "${" not in found["definition"]


@needs_answers
def test_an_approved_application_opens_the_store(run: Run) -> None:
    """Form, four checks, a person's yes, the menu, the mail."""
    described, history = run("store-onboarding", "Approved", {"application_id": APPLICATION})
    output(described)
    states = entered(history)
    assert states.count("CheckOne") == 4
    after = [name for name in states if name != "CheckOne"]
    assert after == [
        *("Onboard", "ReadForm", "Check", "AnyFailed", "Ask", "Decided", "Open"),
        *("Tell", "OurFault", "Done"),
    ]


@needs_answers
def test_a_rejected_application_is_undone(run: Run) -> None:
    """A form that crashes its reader is a doubt that the person is shown; the no undoes all."""
    described, history = run("store-onboarding", "Rejected", {"application_id": APPLICATION})
    output(described)
    states = entered(history)
    assert [states.count(name) for name in ("ReadForm", "Reject", "Close", "Tell")] == [1, 1, 1, 1]
    (asked,) = [
        json.loads(event["taskScheduledEventDetails"]["parameters"])["Payload"]
        for event in history
        if event["type"] == "TaskScheduled"
        and "onboarding_ask" in event["taskScheduledEventDetails"]["parameters"]
    ]
    assert asked["doubts"] == ["the form could not be read"]
    assert [one["result"] for one in asked["checks"]] == ["passed"] * 4
    (closed,) = [
        event["stateEnteredEventDetails"]["input"]
        for event in history
        if event.get("stateEnteredEventDetails", {}).get("name") == "Close"
    ]
    assert json.loads(closed) == {"Error": "Refused", "Cause": "no kitchen"}


@needs_answers
def test_a_clear_no_of_a_check_asks_nobody(run: Run) -> None:
    """The application ends before a person is asked."""
    described, history = run("store-onboarding", "Refused", {"application_id": APPLICATION})
    output(described)
    states = entered(history)
    assert {"Refuse", "Close", "Tell"} <= set(states)
    assert "Ask" not in states


@needs_answers
def test_settlement_matches_every_store_and_reports(pipeline: Any, run: Run) -> None:
    """The distributed Map reads its list from the bucket, and writes what it found there."""
    s3 = pipeline.localstack.client("s3")
    listed = [{"channel": "uber", "channel_store_id": store, "files": []} for store in STORES]
    s3.put_object(Bucket=BUCKET, Key=f"{FOLDER}/stores.json", Body=json.dumps(listed).encode())
    described, history = run("nightly-settlement", "Matched", {})
    output(described)
    assert entered(history) == ["Plan", "Stores", "Report", "AllMatched", "Done"]
    (report,) = [
        json.loads(event["taskScheduledEventDetails"]["parameters"])["Payload"]
        for event in history
        if event["type"] == "TaskScheduled"
        and "settlement_report" in event["taskScheduledEventDetails"]["parameters"]
    ]
    assert report["folder"] == FOLDER
    assert report["day"] == "2026-11-19"
    manifest = json.loads(s3.get_object(Bucket=BUCKET, Key=report["results"])["Body"].read())
    assert manifest["DestinationBucket"] == BUCKET
    # LocalStack 4.14 writes a manifest, but no result files: what Match found is counted only.
    sfn = pipeline.localstack.client("stepfunctions")
    found = sfn.describe_map_run(mapRunArn=manifest["MapRunArn"])["itemCounts"]
    assert (found["total"], found["succeeded"]) == (len(STORES), len(STORES))


@needs_answers
@pytest.mark.parametrize(
    ("case", "given", "states"),
    [
        ("Approved", {"request_id": "r"}, ["Begins", "Ask", "Decided", "Open"]),
        ("Rejected", {"request_id": "r"}, ["Begins", "Ask", "Decided", "Refuse"]),
        ("Ended", {"end": "r"}, ["Begins", "End"]),
    ],
)
def test_break_glass_opens_refuses_and_ends(
    run: Run, case: str, given: dict[str, Any], states: list[str]
) -> None:
    """A second person's word decides; the schedule's execution only ends."""
    described, history = run("break-glass", case, given)
    output(described)
    assert entered(history) == states
