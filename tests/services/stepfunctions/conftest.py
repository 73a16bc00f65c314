"""Fixture `workflows`: state machines made and run in one line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalice_offline.services.stepfunctions.progress import progress
from chalice_offline.services.stepfunctions.state import StepFunctionsState

ROLE = "arn:aws:iam::000000000000:role/workflows"


class Workflows:
    """Step Functions as a client sees it, in virtual time."""

    def __init__(self, aws: Any) -> None:
        self.aws = aws
        self.client = aws.client("stepfunctions")
        self._made = 0

    def create(self, definition: dict[str, Any], **settings: Any) -> str:
        self._made += 1
        reply = self.client.create_state_machine(
            name=f"machine-{self._made}",
            definition=json.dumps(definition),
            roleArn=ROLE,
            **settings,
        )
        return reply["stateMachineArn"]

    def start(self, definition: dict[str, Any], data: Any = None) -> str:
        reply = self.client.start_execution(
            stateMachineArn=self.create(definition), input=json.dumps(data or {})
        )
        return reply["executionArn"]

    def run(self, definition: dict[str, Any], data: Any = None) -> dict[str, Any]:
        """Run to the end; return DescribeExecution with the output as a value."""
        arn = self.start(definition, data)
        self.aws.settle()
        return self.describe(arn)

    def describe(self, arn: str) -> dict[str, Any]:
        described = self.client.describe_execution(executionArn=arn)
        if "output" in described:
            described["output"] = json.loads(described["output"])
        return described

    def progress(self, arn: str) -> dict[str, Any]:
        state = self.aws.emulator.registry.state("stepfunctions", StepFunctionsState)
        return progress(state, arn)

    def history(self, arn: str) -> list[tuple[int, int, str]]:
        pages = self.client.get_paginator("get_execution_history").paginate(executionArn=arn)
        return [
            (event["id"], event["previousEventId"], event["type"])
            for page in pages
            for event in page["events"]
        ]


@pytest.fixture
def workflows(aws: Any) -> Workflows:
    return Workflows(aws)


def one(state: dict[str, Any], **others: dict[str, Any]) -> dict[str, Any]:
    """A definition that begins with `state`."""
    if state["Type"] not in ("Succeed", "Fail", "Choice") and "Next" not in state:
        state = {**state, "End": True}
    return {"StartAt": "First", "States": {"First": state, **others}}


@pytest.fixture
def definition() -> Any:
    return one
