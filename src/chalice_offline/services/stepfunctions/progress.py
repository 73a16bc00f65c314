"""How far an execution is, and the graph it walks: what a console draws.

The door for whoever watches; nothing here changes anything. Ask within the kernel's lock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chalice_offline.services.stepfunctions.execution.execution import Execution
    from chalice_offline.services.stepfunctions.state import StepFunctionsState

Node = dict[str, Any]
Edge = dict[str, Any]


def progress(sfn: StepFunctionsState, execution_arn: str) -> dict[str, Any]:
    """Return an execution, its states and its graph, as JSON; ExecutionDoesNotExist if none.

    {"execution": {arn, name, machine, status, started_ms, stopped_ms, error, cause, redrives,
                   map_runs: [{arn, state, status, items: {total, succeeded, …}}]},
     "states": [{name, type, status, tries, entered_ms, left_ms, index, error, waiting_for}],
     "graph": {"start": name, "nodes": […], "edges": […]}}

    `states` has an element each time a state was entered, in that order, the latest 1,000.
    `status` is RUNNING, SUCCEEDED, CAUGHT, FAILED or ABORTED. `index` is the item's inside a Map,
    else None. `waiting_for` is None or {kind, text, until_ms}: kind is timer, retry, callback (a
    person, or whoever has the task token), worker (an activity that nobody has polled), call,
    execution, branches or items; until_ms is when it goes on or times out by itself, or None.
    See `graph` for the last.
    """
    execution = sfn.find_execution(execution_arn)
    return {
        "execution": _execution(sfn, execution),
        "states": [visit.shown() for visit in execution.frame.visits],
        "graph": graph(execution.revision.definition),
    }


def executions(sfn: StepFunctionsState, limit: int = 100) -> list[dict[str, Any]]:
    """Return the latest executions of all accounts and regions, newest first, without states."""
    latest = list(sfn.executions.values())[: -limit - 1 : -1]
    return [_execution(sfn, execution) for execution in latest]


def graph(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return a definition as a graph: {"start", "nodes", "edges"}.

    A node is {name, type, parent, branch, is_start, is_end}: `parent` the Parallel or Map it is
    inside of (None at the top), `branch` which of a Parallel's. An edge is {from, to, kind, label}:
    kind is next, choice, default or catch; label says when ("Choices[0]", "States.ALL").
    """
    nodes: list[Node] = []
    edges: list[Edge] = []
    _walk(definition, None, 0, nodes, edges)
    return {"start": definition.get("StartAt"), "nodes": nodes, "edges": edges}


def _execution(sfn: StepFunctionsState, execution: Execution) -> dict[str, Any]:
    return {
        "arn": execution.arn,
        "name": execution.name,
        "machine": execution.revision.machine_name,
        "status": execution.status,
        "started_ms": execution.started_ms,
        "stopped_ms": execution.stopped_ms,
        "error": execution.error,
        "cause": execution.cause,
        "redrives": execution.redrive_count,
        "map_runs": [
            {
                "arn": run.arn,
                "state": run.state_name,
                "status": run.status,
                "items": {name: count for name, count in run.items.items() if count},
            }
            for run in sfn.surroundings.map_runs_of(execution.arn)
        ],
    }


def _walk(
    block: Mapping[str, Any],
    parent: str | None,
    branch: int,
    nodes: list[Node],
    edges: list[Edge],
) -> None:
    for name, state in block.get("States", {}).items():
        kind = state["Type"]
        nodes.append(
            {
                "name": name,
                "type": kind,
                "parent": parent,
                "branch": branch,
                "is_start": name == block.get("StartAt"),
                "is_end": kind in ("Succeed", "Fail") or state.get("End") is True,
            }
        )
        edges += _edges(name, state)
        for position, inner in enumerate(state.get("Branches", ())):
            _walk(inner, name, position, nodes, edges)
        for field in ("ItemProcessor", "Iterator"):
            if field in state:
                _walk(state[field], name, 0, nodes, edges)


def _edges(name: str, state: Mapping[str, Any]) -> Iterator[Edge]:
    if "Next" in state:
        yield {"from": name, "to": state["Next"], "kind": "next", "label": ""}
    for position, rule in enumerate(state.get("Choices", ())):
        label = f"Choices[{position}]"
        yield {"from": name, "to": rule["Next"], "kind": "choice", "label": label}
    if "Default" in state:
        yield {"from": name, "to": state["Default"], "kind": "default", "label": ""}
    for catcher in state.get("Catch", ()):
        label = ", ".join(catcher["ErrorEquals"])
        yield {"from": name, "to": catcher["Next"], "kind": "catch", "label": label}
