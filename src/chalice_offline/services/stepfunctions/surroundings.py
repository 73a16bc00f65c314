"""What executions share with the rest of the service: tokens, activities, map runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.stepfunctions.tokens import TaskTokens

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Kernel
    from chalice_offline.services.stepfunctions.activity import Activity
    from chalice_offline.services.stepfunctions.map_run import MapRun


class Surroundings:
    """Where an execution meets those who do its tasks."""

    def __init__(self, kernel: Kernel) -> None:
        self.tokens = TaskTokens(kernel.ids)
        self.activities: dict[str, Activity] = {}
        self.map_runs: dict[str, MapRun] = {}
