"""Tasks: functions, API calls, task tokens, activities, nested executions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

PASS = {"Type": "Pass", "End": True}


def _task(resource: str, **fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": resource, **fields}


def _code(call: Any) -> str:
    with pytest.raises(ClientError) as raised:
        call()
    return raised.value.response["Error"]["Code"]


def test_a_function_is_retried_with_backoff(workflows: Any, definition: Any) -> None:
    """Two failures cost one and then two seconds; the third try succeeds."""
    calls: list[Any] = []

    def flaky(event: Any) -> Any:
        calls.append(event)
        if len(calls) < 3:
            raise RuntimeError("not yet")
        return {"tries": len(calls)}

    arn = workflows.aws.function("flaky", flaky)
    retry = [{"ErrorEquals": ["RuntimeError"], "IntervalSeconds": 1, "MaxAttempts": 2}]
    found = workflows.run(definition(_task(arn, Retry=retry)), {"a": 1})
    assert found["output"] == {"tries": 3}
    assert (found["stopDate"] - found["startDate"]).total_seconds() == 3
    assert calls == [{"a": 1}] * 3


def test_lambda_invoke_gives_payload_and_status(workflows: Any, definition: Any) -> None:
    """The optimised integration wraps the payload; ResultSelector takes it out."""
    workflows.aws.function("double", lambda event: event["n"] * 2)
    state = _task(
        "arn:aws:states:::lambda:invoke",
        Parameters={"FunctionName": "double", "Payload.$": "$"},
        ResultSelector={"n.$": "$.Payload", "status.$": "$.StatusCode"},
    )
    assert workflows.run(definition(state), {"n": 4})["output"] == {"n": 8, "status": 200}


def test_errors_of_services_have_the_names_of_the_sdk(workflows: Any, definition: Any) -> None:
    """Optimised calls speak as SDK version 1, aws-sdk calls as version 2."""
    item = {"TableName": "none", "Key": {"id": {"S": "1"}}}
    found = workflows.run(definition(_task("arn:aws:states:::dynamodb:getItem", Parameters=item)))
    assert found["error"] == "DynamoDB.ResourceNotFoundException"
    found = workflows.run(
        definition(_task("arn:aws:states:::aws-sdk:dynamodb:getItem", Parameters=item))
    )
    assert found["error"] == "DynamoDb.ResourceNotFoundException"
    assert "(Service: DynamoDb, Status Code: 400, Request ID: " in found["cause"]


def test_a_task_token_is_good_once(workflows: Any, definition: Any) -> None:
    """The execution waits as long as it takes; a used or invented token gets AWS's error."""
    sqs = workflows.aws.client("sqs")
    url = sqs.create_queue(QueueName="approvals")["QueueUrl"]
    state = _task(
        "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        Parameters={"QueueUrl": url, "MessageBody": {"token.$": "$$.Task.Token"}},
    )
    arn = workflows.start(definition(state))
    workflows.aws.settle()
    assert workflows.describe(arn)["status"] == "RUNNING"
    workflows.aws.advance(seconds=3 * 24 * 3600)
    body = sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"]
    token = json.loads(body)["token"]
    answer = {"taskToken": token, "output": '{"approved":true}'}
    workflows.client.send_task_success(**answer)
    workflows.aws.settle()
    assert workflows.describe(arn)["output"] == {"approved": True}
    assert _code(lambda: workflows.client.send_task_success(**answer)) == "TaskTimedOut"
    changed = ("0" if token[0] != "0" else "1") + token[1:]
    assert _code(lambda: workflows.client.send_task_heartbeat(taskToken=changed)) == "InvalidToken"


def test_a_task_token_expires_with_its_timeout(workflows: Any, definition: Any) -> None:
    """After TimeoutSeconds the state fails with States.Timeout and the token is void."""
    sqs = workflows.aws.client("sqs")
    url = sqs.create_queue(QueueName="approvals")["QueueUrl"]
    state = _task(
        "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        Parameters={"QueueUrl": url, "MessageBody.$": "$$.Task.Token"},
        TimeoutSeconds=3600,
        Catch=[{"ErrorEquals": ["States.Timeout"], "Next": "Undo"}],
    )
    undo = {**PASS, "Result": "undone"}
    arn = workflows.start(definition(state, Undo=undo))
    workflows.aws.settle()
    assert workflows.describe(arn)["status"] == "RUNNING"  # an expiry is nothing that is owed
    workflows.aws.advance(seconds=3600)
    assert workflows.describe(arn)["output"] == "undone"
    token = sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"]
    failure = {"taskToken": token, "error": "late"}
    assert _code(lambda: workflows.client.send_task_failure(**failure)) == "TaskTimedOut"


def test_an_activity_waits_for_its_worker(workflows: Any, definition: Any) -> None:
    """A worker gets the input with a token, and answers with it."""
    activity = workflows.client.create_activity(name="check")["activityArn"]
    arn = workflows.start(definition(_task(activity)), {"doc": 1})
    workflows.aws.settle()
    job = workflows.client.get_activity_task(activityArn=activity, workerName="w")
    assert json.loads(job["input"]) == {"doc": 1}
    workflows.client.send_task_success(taskToken=job["taskToken"], output='"ok"')
    workflows.aws.settle()
    assert workflows.describe(arn)["output"] == "ok"


def test_a_nested_execution_is_waited_for(workflows: Any, definition: Any) -> None:
    """With .sync:2 the output of the inner execution is JSON in the result."""
    inner = workflows.create(definition({"Type": "Wait", "Seconds": 60}))
    state = _task(
        "arn:aws:states:::states:startExecution.sync:2",
        Parameters={"StateMachineArn": inner, "Input": {"a": 1}},
        ResultSelector={"out.$": "$.Output", "status.$": "$.Status"},
    )
    found = workflows.run(definition(state))
    assert found["output"] == {"out": {"a": 1}, "status": "SUCCEEDED"}
    assert (found["stopDate"] - found["startDate"]).total_seconds() == 60


def test_stopping_an_execution_stops_the_one_it_waits_for(workflows: Any, definition: Any) -> None:
    """The inner execution is aborted with the outer one."""
    inner = workflows.create(definition({"Type": "Wait", "Seconds": 3600}))
    state = _task(
        "arn:aws:states:::states:startExecution.sync",
        Parameters={"StateMachineArn": inner, "Name": "inner"},
    )
    arn = workflows.start(definition(state))
    workflows.aws.advance(seconds=1)
    workflows.client.stop_execution(executionArn=arn, error="Enough", cause="of it")
    listed = workflows.client.list_executions(stateMachineArn=inner)["executions"]
    assert [(one["name"], one["status"]) for one in listed] == [("inner", "ABORTED")]
    assert workflows.describe(arn)["error"] == "Enough"


def test_a_missed_heartbeat_ends_the_task(workflows: Any, definition: Any) -> None:
    """Timeouts by path are read before Parameters; a catcher may name the heartbeat."""
    activity = workflows.client.create_activity(name="check")["activityArn"]
    state = _task(
        activity,
        HeartbeatSecondsPath="$.beat",
        Parameters={"doc.$": "$.doc"},
        Catch=[{"ErrorEquals": ["States.HeartbeatTimeout"], "Next": "Told"}],
    )
    found = workflows.run(definition(state, Told=PASS), {"beat": 30, "doc": 1})
    assert found["output"] == {"Error": "States.HeartbeatTimeout", "Cause": ""}
    assert (found["stopDate"] - found["startDate"]).total_seconds() == 30
    del state["Catch"]
    assert workflows.run(definition(state), {"beat": 30, "doc": 1})["error"] == "States.Timeout"
