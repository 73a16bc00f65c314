"""Workflows: state machines, their executions, and how far each has come."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.console.doors import Asked, Door, Refusal
from chalice_offline.console.session import refusal_of
from chalice_offline.console.shown import shown
from chalice_offline.core.errors import AwsError
from chalice_offline.core.names import nearest
from chalice_offline.services.stepfunctions.progress import executions, progress

if TYPE_CHECKING:
    from chalice_offline.console.session import Session
    from chalice_offline.services.stepfunctions.state import StepFunctionsState

EXECUTIONS_SHOWN = 50
EXECUTIONS_KEPT = 10_000
EVENTS_SHOWN = 1_000


class Workflows:
    """The state machines of this account and region."""

    def __init__(self, session: Session, stepfunctions: StepFunctionsState) -> None:
        self._session = session
        self._stepfunctions = stepfunctions

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
        """Answer the latest executions of a state machine, newest first."""
        name = self._find(asked.name("name"))["name"]
        limit = asked.count("limit", EXECUTIONS_SHOWN, 1_000)
        with self._session.emulator.lock:
            latest = executions(self._stepfunctions, EXECUTIONS_KEPT)
        found = [shown(one) for one in latest if one["machine"] == name]
        return {"executions": found[:limit]}

    def execution(self, asked: Asked) -> dict[str, Any]:
        """Answer one execution: how far it is, its graph, its input and output, its history."""
        arn = asked.name("arn")
        session = self._session
        try:
            with session.emulator.lock:
                told = progress(self._stepfunctions, arn)
        except AwsError as error:
            raise refusal_of(error) from error
        try:
            found = session.read("stepfunctions", "DescribeExecution", executionArn=arn)
            history = session.read(
                "stepfunctions", "GetExecutionHistory", executionArn=arn, maxResults=EVENTS_SHOWN
            )["events"]
        except Refusal:  # AWS keeps neither for an Express execution
            found, history = {}, []
        return {
            **shown(told),
            "input": shown(found.get("input")),
            "output": shown(found.get("output")),
            "events": [shown(event) for event in history],
            "now_ms": session.emulator.now_ms,
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
