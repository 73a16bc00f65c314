"""EventBridge Scheduler: something happens once, at its minute, whoever dies before."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.adapters.errors import aws_errors, error_code

RETRY_SECONDS = 86_400


class Schedules:
    """One-time schedules."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def once(
        self, name: str, at_ms: int, machine_arn: str, role_arn: str, data: dict[str, Any]
    ) -> None:
        """Have an execution begun at an instant, to the second; one of that name is the same.

        Of a state machine, not a function: whom Scheduler has invoked asynchronously, Lambda tries
        three times and forgets (Lambda developer guide, "How Lambda handles errors and retries").
        """
        moment = datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        with aws_errors("CreateSchedule"):
            try:
                self._client.create_schedule(
                    Name=name,
                    ScheduleExpression=f"at({moment})",
                    FlexibleTimeWindow={"Mode": "OFF"},
                    ActionAfterCompletion="DELETE",
                    Target={
                        "Arn": machine_arn,
                        "RoleArn": role_arn,
                        "Input": json.dumps(data),
                        "RetryPolicy": {
                            "MaximumEventAgeInSeconds": RETRY_SECONDS,
                            "MaximumRetryAttempts": 185,
                        },
                    },
                )
            except ClientError as error:
                if error_code(error) != "ConflictException":
                    raise
