"""Workflows: state machines, their executions, and how far each has come."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.console.doors import Asked, Door, Refusal, nearest
from chalice_offline.core.journal import readable
from chalice_offline.trace import mask

if TYPE_CHECKING:
    from chalice_offline.console.session import Session

EXECUTIONS_SHOWN = 50
EVENTS_SHOWN = 1_000


class Workflows:
    """The state machines of this account and region."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def doors(self) -> list[Door]:
        """Return what can be asked."""
        return [
            Door("GET", "workflows", self.all),
            Door("GET", "workflows/{name}/executions", self.executions),
            Door("GET", "executions/{arn*}", self.execution),
            Door("POST", "workflows/{name}/start", self.start),
        ]

    def all(self, _asked: Asked) -> dict[str, Any]:
        """Answer every state machine."""
        return {
            "workflows": [
                {"name": one["name"], "arn": one["stateMachineArn"], "type": one["type"]}
                for one in self._machines()
            ]
        }

    def executions(self, asked: Asked) -> dict[str, Any]:
        """Answer the latest executions of a state machine."""
        machine = self._find(asked.name("name"))
        if machine["type"] == "EXPRESS":
            return {"executions": [], "note": "Express executions are in stories and logs only."}
        page = self._session.read(
            "stepfunctions",
            "ListExecutions",
            stateMachineArn=machine["stateMachineArn"],
            maxResults=asked.count("limit", EXECUTIONS_SHOWN, 1_000),
        )
        return {"executions": [_shown(one) for one in page["executions"]]}

    def execution(self, asked: Asked) -> dict[str, Any]:
        """Answer one execution: its definition, and its history."""
        arn = asked.name("arn")
        session = self._session
        found = session.read("stepfunctions", "DescribeExecution", executionArn=arn)
        definition = session.read(
            "stepfunctions", "DescribeStateMachineForExecution", executionArn=arn
        )["definition"]
        history = session.read(
            "stepfunctions", "GetExecutionHistory", executionArn=arn, maxResults=EVENTS_SHOWN
        )
        return {
            "execution": _shown(found),
            "definition": _json(definition),
            "events": [_shown(event) for event in history["events"]],
        }

    def start(self, asked: Asked) -> Any:
        """Start an execution with an `input`."""
        request = {
            "stateMachineArn": self._find(asked.name("name"))["stateMachineArn"],
            "input": json.dumps(asked.body.get("input", {})),
        }
        reply = self._session.done("stepfunctions", "StartExecution", request, asked.origin)
        return {"execution": reply["executionArn"]} if isinstance(reply, dict) else reply

    def _machines(self) -> list[dict[str, Any]]:
        found = self._session.read_all(
            "stepfunctions", "ListStateMachines", "stateMachines", "nextToken"
        )
        return [dict(one) for one in found]

    def _find(self, name: str) -> dict[str, Any]:
        machines = {one["name"]: one for one in self._machines()}
        if name not in machines:
            raise Refusal(f"There is no workflow {name[:80]}.{nearest(name, machines)}", 404)
        return machines[name]


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _shown(value: Any) -> Any:
    return json.loads(json.dumps(mask(value), default=readable))
