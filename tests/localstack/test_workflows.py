"""Store onboarding on a real LocalStack, as far as it goes without Docker: nothing is invoked."""

from __future__ import annotations

import json
from typing import Any

from .conftest import wait_until

MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:store-onboarding"


def test_state_machine_is_deployed_with_the_stack(pipeline: Any) -> None:
    """LocalStack takes the definition, with the functions' names put in."""
    found = pipeline.localstack.client("stepfunctions").describe_state_machine(
        stateMachineArn=MACHINE
    )
    definition = json.loads(found["definition"])
    read_form = definition["States"]["Onboard"]["Branches"][0]["States"]["ReadForm"]
    function = read_form["Arguments"]["FunctionName"]
    assert function.endswith(":function:order-middleware-local-onboarding_extract")


def test_execution_begins(pipeline: Any) -> None:
    """It comes as far as the first function, which needs Docker."""
    sfn = pipeline.localstack.client("stepfunctions")
    started = sfn.start_execution(
        stateMachineArn=MACHINE, input=json.dumps({"application_id": "0" * 32})
    )

    def entered() -> set[str]:
        history = sfn.get_execution_history(executionArn=started["executionArn"], maxResults=100)
        return {
            event["stateEnteredEventDetails"]["name"]
            for event in history["events"]
            if "stateEnteredEventDetails" in event
        }

    wait_until(lambda: {"Onboard", "ReadForm"} <= entered(), "the first step")
    sfn.stop_execution(executionArn=started["executionArn"])
