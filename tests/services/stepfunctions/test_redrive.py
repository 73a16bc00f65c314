"""Redrive: what has succeeded is not done again."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError


class Calls:
    """A function that fails until it is mended, and what it was called with."""

    def __init__(self, workflows: Any) -> None:
        self.seen: list[Any] = []
        self.is_mended = False
        self.arn = workflows.aws.function("work", self._work)

    def _work(self, event: Any) -> Any:
        self.seen.append(event)
        if event == "bad" and not self.is_mended:
            raise RuntimeError("bad")
        return event

    def mend(self) -> None:
        self.is_mended = True
        self.seen.clear()


def _task(calls: Calls, **fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": calls.arn, **fields}


def _block(calls: Calls) -> dict[str, Any]:
    return {"StartAt": "In", "States": {"In": _task(calls, End=True)}}


def test_a_task_is_tried_again_where_it_failed(workflows: Any, definition: Any) -> None:
    """The states before it are not entered again, nor is the state itself."""
    calls = Calls(workflows)
    arn = workflows.start(
        definition({"Type": "Pass", "Result": "bad", "Next": "Work"}, Work=_task(calls, End=True))
    )
    workflows.aws.settle()
    assert workflows.describe(arn)["redriveStatus"] == "REDRIVABLE"
    calls.mend()
    workflows.client.redrive_execution(executionArn=arn)
    workflows.aws.settle()
    found = workflows.describe(arn)
    assert (found["status"], found["output"], found["redriveCount"]) == ("SUCCEEDED", "bad", 1)
    kinds = [kind for _, _, kind in workflows.history(arn)]
    after = kinds[kinds.index("ExecutionRedriven") + 1 :]
    assert after == [
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]


def test_only_branches_that_failed_go_on(workflows: Any, definition: Any) -> None:
    """The result of the branch that had succeeded is kept."""
    calls = Calls(workflows)
    good = {"StartAt": "Good", "States": {"Good": {"Type": "Pass", "Result": 1, "End": True}}}
    bad = {
        "StartAt": "Later",
        "States": {"Later": {"Type": "Wait", "Seconds": 1, "Next": "In"}, "In": _task(calls)},
    }
    bad["States"]["In"]["End"] = True
    arn = workflows.start(definition({"Type": "Parallel", "Branches": [good, bad]}), "bad")
    workflows.aws.settle()
    calls.mend()
    workflows.client.redrive_execution(executionArn=arn)
    workflows.aws.settle()
    assert workflows.describe(arn)["output"] == [1, "bad"]
    entered = [kind for _, _, kind in workflows.history(arn) if kind == "PassStateEntered"]
    assert len(entered) == 1


def test_only_iterations_that_failed_go_on(workflows: Any, definition: Any) -> None:
    """The failed one, and those that were not begun."""
    calls = Calls(workflows)
    state = {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": _block(calls)}
    arn = workflows.start(definition(state), ["a", "bad", "c"])
    workflows.aws.settle()
    assert calls.seen == ["a", "bad"]
    calls.mend()
    workflows.client.redrive_execution(executionArn=arn)
    workflows.aws.settle()
    assert calls.seen == ["bad", "c"]
    assert workflows.describe(arn)["output"] == ["a", "bad", "c"]


@pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
def test_only_executions_that_failed_go_on(workflows: Any, definition: Any, kind: str) -> None:
    """A Map Run that was redriven is the same one, and counts it."""
    calls = Calls(workflows)
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind},
        **_block(calls),
    }
    state = {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": processor}
    arn = workflows.start(definition(state), ["a", "bad", "c"])
    workflows.aws.settle()
    assert workflows.describe(arn)["error"] == "States.ExceedToleratedFailureThreshold"
    calls.mend()
    workflows.client.redrive_execution(executionArn=arn)
    workflows.aws.settle()
    assert calls.seen == ["bad", "c"]
    assert workflows.describe(arn)["output"] == ["a", "bad", "c"]
    (listed,) = workflows.client.list_map_runs(executionArn=arn)["mapRuns"]
    run = workflows.client.describe_map_run(mapRunArn=listed["mapRunArn"])
    assert (run["status"], run["redriveCount"]) == ("SUCCEEDED", 1)
    assert run["itemCounts"]["succeeded"] == run["itemCounts"]["total"] == 3
    assert "MapRunRedriven" in [kind for _, _, kind in workflows.history(arn)]


def test_what_succeeded_or_is_old_is_not_redriven(workflows: Any, definition: Any) -> None:
    """A success never, a failure for fourteen days."""
    done = workflows.start(definition({"Type": "Succeed"}))
    failed = workflows.start(definition({"Type": "Fail"}))
    workflows.aws.settle()
    workflows.aws.advance(seconds=15 * 24 * 3600)
    for arn, reason in (
        (done, "Execution is SUCCEEDED and cannot be redriven"),
        (failed, "Execution redrivable period exceeded"),
    ):
        assert workflows.describe(arn)["redriveStatusReason"] == reason
        with pytest.raises(ClientError) as raised:
            workflows.client.redrive_execution(executionArn=arn)
        assert raised.value.response["Error"]["Code"] == "ExecutionNotRedrivable"
