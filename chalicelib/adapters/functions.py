"""Lambda: another function is called, and its answer waited for."""

from __future__ import annotations

import json
from typing import Any

from chalicelib.adapters.errors import AwsUnavailable, aws_errors
from chalicelib.domain.errors import DomainError

WAIT_SECONDS = 9
"""Longer than the function that is called may take, and shorter than the one that calls: who hangs
up earlier and tries again has the work done twice. tests/deploy compares it with the timeouts."""


class FunctionFailed(DomainError):  # noqa: N818 - what happened
    """The function raised. `error` is the name of what it raised."""

    def __init__(self, function: str, error: str) -> None:
        super().__init__(f"{function} raised {error}")
        self.error = error


class Functions:
    """Functions of this app."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def call(self, function_arn: str, data: dict[str, Any]) -> dict[str, Any]:
        """Return what a function returns; FunctionFailed when it raises."""
        with aws_errors("Invoke"):
            reply = self._client.invoke(
                FunctionName=function_arn, Payload=json.dumps(data).encode()
            )
            answer = json.loads(reply["Payload"].read())
        if "FunctionError" in reply:
            raise FunctionFailed(function_arn, str((answer or {}).get("errorType", "")))
        if not isinstance(answer, dict):
            raise AwsUnavailable(f"{function_arn} answered {type(answer).__name__}")
        return answer
