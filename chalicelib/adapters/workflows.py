"""Step Functions: executions begin, and tasks that wait hear their answers."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.adapters.errors import aws_errors, error_code

_OVER = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})


def machine_beside(function_arn: str, name: str) -> str:
    """Return the ARN of a state machine in a function's account and region."""
    partition, _, region, account = function_arn.split(":")[1:5]
    return f"arn:{partition}:states:{region}:{account}:stateMachine:{name}"


class Workflows:
    """State machines, and their tasks that wait."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def begin(self, machine_arn: str, name: str, data: dict[str, Any]) -> None:
        """Begin an execution; one of that name that was begun already is the same."""
        with aws_errors("StartExecution"):
            try:
                self._client.start_execution(
                    stateMachineArn=machine_arn, name=name, input=json.dumps(data)
                )
            except ClientError as error:
                if error_code(error) != "ExecutionAlreadyExists":
                    raise

    def answer(self, task_token: str, output: dict[str, Any]) -> bool:
        """Give a waiting task its result: False when it does not wait any more."""
        with aws_errors("SendTaskSuccess"):
            try:
                self._client.send_task_success(taskToken=task_token, output=json.dumps(output))
            except ClientError as error:
                if error_code(error) in _OVER:
                    return False
                raise
        return True
