"""Step Functions Execution Status Change: each status of a Standard execution, on the default bus.

Source: developer guide, "Automating event delivery with EventBridge". Express executions tell
nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import make_arn
from chalice_offline.core.errors import AwsError
from chalice_offline.services.stepfunctions.execution.frame import PRINCIPAL
from chalice_offline.services.stepfunctions.language.json_text import compact

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Kernel
    from chalice_offline.services.stepfunctions.execution.execution import Execution

_DETAIL_TYPE = "Step Functions Execution Status Change"


class StatusEvents:
    """Tells EventBridge of executions, as soon as a rule of the default bus might want to know."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    def tell(self, execution: Execution) -> None:
        """Put an event with the execution's present status on the bus."""
        revision = execution.revision
        home = (revision.region, revision.account_id)
        if not self._kernel.is_watched(make_arn("events", *home, "event-bus/default")):
            return
        entry = {
            "Source": "aws.states",
            "DetailType": _DETAIL_TYPE,
            "Resources": [execution.arn],
            "Detail": compact(_detail(execution)),
        }
        try:
            self._kernel.deliver(
                "events",
                "PutEvents",
                {"Entries": [entry]},
                account_id=revision.account_id,
                region=revision.region,
                causes=(execution.entry,),
                principal=PRINCIPAL,
            )
        except AwsError as error:
            self._kernel.note(
                "stepfunctions", {"execution": execution.arn}, (execution.entry,), f"lost: {error}"
            )


def _detail(execution: Execution) -> dict[str, Any]:
    output = execution.output_text
    return {
        "executionArn": execution.arn,
        "stateMachineArn": execution.revision.machine_arn,
        "name": execution.name,
        "status": execution.status,
        "startDate": execution.started_ms,
        "stopDate": execution.stopped_ms,
        "input": execution.input_text,
        "output": output,
        "stateMachineVersionArn": execution.version_arn or None,
        "stateMachineAliasArn": execution.alias_arn or None,
        "inputDetails": {"included": True},
        "outputDetails": None if output is None else {"included": True},
        "error": execution.error,
        "cause": execution.cause,
        "redriveCount": execution.redrive_count,
        "redriveDate": execution.redriven_ms,
        "redriveStatus": execution.redrive_status()[0],
        "redriveStatusReason": execution.redrive_status()[1] or None,
    }
