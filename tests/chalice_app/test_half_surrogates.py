"""Half of a surrogate pair, which JSON's escapes can spell and UTF-8 cannot, breaks nobody."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from chalice_offline.testing import Offline

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE = r"""
from chalice import Response

@app.route("/text")
def text():
    return Response("a\ud800b", headers={"Content-Type": "text/plain", "X-Half": "\ud800"})

@app.route("/json")
def json():
    return {"half": "a\ud800b"}

@app.lambda_function()
def fails(event, context):
    raise ValueError("a\ud800b")
"""
HALF = "a\ud800b"


@pytest.fixture
def offline(projects: Any) -> Iterator[Offline]:
    """A project whose handlers answer with halves."""
    with Offline(projects.write(CODE)) as offline:
        yield offline


def test_a_route_answers_with_a_question_mark(offline: Offline) -> None:
    """As where Java encodes it; JSON keeps its escape, for a handler's JSON is sent as it is."""
    assert offline.http.get("/text").body == b"a?b"
    assert offline.http.get("/json").json_body == {"half": HALF}


def test_what_was_spelled_by_escapes_is_read_again(offline: Offline) -> None:
    """An execution's input is text in JSON, so its half arrives, and its history can be read."""
    steps = boto3.client("stepfunctions", region_name="us-east-1")
    machine = steps.create_state_machine(
        name="passes",
        definition='{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}',
        roleArn="arn:aws:iam::000000000000:role/steps",
    )["stateMachineArn"]
    execution = steps.start_execution(stateMachineArn=machine, input=json.dumps({"a": HALF}))
    offline.settle()
    history = steps.get_execution_history(executionArn=execution["executionArn"])["events"]
    assert history[-1]["type"] == "ExecutionSucceeded"


def test_boto3_is_told_where_it_stands(offline: Offline) -> None:
    """It is refused before anything is kept."""
    assert offline.now
    sqs = boto3.client("sqs", region_name="us-east-1")
    queue = sqs.create_queue(QueueName="halves")["QueueUrl"]
    with pytest.raises(ClientError, match="MessageBody holds half of a surrogate pair"):
        sqs.send_message(QueueUrl=queue, MessageBody=HALF)
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)
