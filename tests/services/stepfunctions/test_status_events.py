"""Step Functions Execution Status Change on the default bus."""

from __future__ import annotations

import json
from typing import Any


def test_each_status_of_an_execution_is_an_event(workflows: Any, definition: Any) -> None:
    """A rule on aws.states hears of the start and of the end."""
    queue = workflows.aws.client("sqs").create_queue(QueueName="told")["QueueUrl"]
    events = workflows.aws.client("events")
    pattern = {"source": ["aws.states"], "detail": {"status": [{"exists": True}]}}
    events.put_rule(Name="states", EventPattern=json.dumps(pattern))
    target = {"Id": "1", "Arn": "arn:aws:sqs:us-east-1:000000000000:told"}
    events.put_targets(Rule="states", Targets=[target])
    arn = workflows.start(definition({"Type": "Fail", "Error": "E", "Cause": "c"}), {"a": 1})
    workflows.aws.settle()
    received = workflows.aws.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
    told = [json.loads(message["Body"]) for message in received["Messages"]]
    assert {one["detail-type"] for one in told} == {"Step Functions Execution Status Change"}
    assert [one["resources"] for one in told] == [[arn], [arn]]
    assert [
        (one["detail"]["status"], one["detail"]["error"], one["detail"]["redriveStatus"])
        for one in told
    ] == [("RUNNING", None, "NOT_REDRIVABLE"), ("FAILED", "E", "REDRIVABLE")]
    assert json.loads(told[0]["detail"]["input"]) == {"a": 1}


def test_nothing_is_told_while_nobody_listens(workflows: Any, definition: Any) -> None:
    """No rule, no event: the journal has none of it."""
    workflows.run(definition({"Type": "Succeed"}))
    entries = workflows.aws.emulator.journal.entries()
    assert not [entry for entry in entries if entry.subject == "events.PutEvents"]
