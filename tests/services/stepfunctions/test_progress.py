"""How far an execution is, for whoever watches: states, tries, what they wait for, the graph."""

from __future__ import annotations

from typing import Any

from chalice_offline.trace import Trace


def _seen(workflows: Any, arn: str) -> list[tuple[Any, ...]]:
    states = workflows.progress(arn)["states"]
    return [(one["name"], one["status"], one["tries"], _kind(one)) for one in states]


def _kind(state: dict[str, Any]) -> str | None:
    return state["waiting_for"] and state["waiting_for"]["kind"]


def test_a_state_says_what_it_waits_for(workflows: Any, definition: Any) -> None:
    """A timer until its instant, then a callback until its timeout."""
    queue = workflows.aws.client("sqs").create_queue(QueueName="approvals")["QueueUrl"]
    ask = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": queue, "MessageBody.$": "$$.Task.Token"},
        "TimeoutSeconds": 3600,
        "End": True,
    }
    arn = workflows.start(definition({"Type": "Wait", "Seconds": 60, "Next": "Ask"}, Ask=ask))
    workflows.aws.advance(seconds=1)
    assert _seen(workflows, arn) == [("First", "RUNNING", 1, "timer")]
    waiting = workflows.progress(arn)["states"][0]["waiting_for"]
    assert waiting["until_ms"] == workflows.progress(arn)["states"][0]["entered_ms"] + 60_000

    workflows.aws.advance(seconds=60)
    assert _seen(workflows, arn) == [
        ("First", "SUCCEEDED", 1, None),
        ("Ask", "RUNNING", 1, "callback"),
    ]
    asked = workflows.progress(arn)["states"][1]
    assert asked["waiting_for"]["until_ms"] == asked["entered_ms"] + 3_600_000
    assert asked["waiting_for"]["text"] == "its task token, after sqs:sendMessage"
    drawn = str(Trace(workflows.aws.emulator.journal, arn))
    assert "Ask: waits for its task token, after sqs:sendMessage" in drawn


def test_tries_and_the_wait_between_them_are_seen(workflows: Any, definition: Any) -> None:
    """After a failure the state waits for its next try; a caught failure is not a success."""

    def broken(_event: Any) -> Any:
        raise RuntimeError("no")

    state = {
        "Type": "Task",
        "Resource": workflows.aws.function("broken", broken),
        "Retry": [{"ErrorEquals": ["RuntimeError"], "IntervalSeconds": 30, "MaxAttempts": 1}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Done"}],
        "End": True,
    }
    arn = workflows.start(definition(state, Done={"Type": "Succeed"}))
    workflows.aws.advance(seconds=10)
    assert _seen(workflows, arn) == [("First", "RUNNING", 1, "retry")]
    workflows.aws.settle()
    assert _seen(workflows, arn) == [("First", "CAUGHT", 2, None), ("Done", "SUCCEEDED", 1, None)]
    assert workflows.progress(arn)["states"][0]["error"] == "RuntimeError"


def test_the_graph_has_states_within_states(workflows: Any, definition: Any) -> None:
    """Nodes name the state around them, edges say why one goes there."""
    inner = {"StartAt": "In", "States": {"In": {"Type": "Pass", "End": True}}}
    first = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.a", "IsPresent": True, "Next": "Both"}],
        "Default": "No",
    }
    both = {
        "Type": "Parallel",
        "Branches": [inner],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "No"}],
        "End": True,
    }
    arn = workflows.start(definition(first, Both=both, No={"Type": "Fail"}))
    graph = workflows.progress(arn)["graph"]
    assert graph["start"] == "First"
    assert [(one["name"], one["parent"], one["is_end"]) for one in graph["nodes"]] == [
        ("First", None, False),
        ("Both", None, True),
        ("In", "Both", True),
        ("No", None, True),
    ]
    assert [(edge["from"], edge["to"], edge["kind"]) for edge in graph["edges"]] == [
        ("First", "Both", "choice"),
        ("First", "No", "default"),
        ("Both", "No", "catch"),
    ]


def test_each_item_of_a_map_is_a_visit(workflows: Any, definition: Any) -> None:
    """Iterations are told apart by the index of their item."""
    processor = {"StartAt": "In", "States": {"In": {"Type": "Pass", "End": True}}}
    state = {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": processor, "End": True}
    arn = workflows.start(definition(state), {"items": ["a", "b"]})
    workflows.aws.settle()
    states = workflows.progress(arn)["states"]
    assert [(one["name"], one["index"]) for one in states] == [
        ("First", None),
        ("In", 0),
        ("In", 1),
    ]
