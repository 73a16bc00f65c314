"""What executions share with the rest of the service: tokens, activities, map runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.errors import EmulatorBug
from chalice_offline.services.stepfunctions.tokens import TaskTokens

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Kernel
    from chalice_offline.services.stepfunctions.activity import Activity
    from chalice_offline.services.stepfunctions.execution.children import Children
    from chalice_offline.services.stepfunctions.map_run import MapRun


class Surroundings:
    """Where an execution meets those who do its tasks."""

    def __init__(self, kernel: Kernel) -> None:
        self.tokens = TaskTokens(kernel.ids)
        self.activities: dict[str, Activity] = {}
        self.map_runs: dict[str, MapRun] = {}
        self._map_runs_of: dict[str, list[MapRun]] = {}
        self._children: Children | None = None

    def keep_map_run(self, map_run: MapRun) -> None:
        """Remember a Map Run under its ARN and its execution's."""
        self.map_runs[map_run.arn] = map_run
        self._map_runs_of.setdefault(map_run.execution_arn, []).append(map_run)

    def map_runs_of(self, execution_arn: str) -> list[MapRun]:
        """Return the Map Runs of an execution, oldest first."""
        return self._map_runs_of.get(execution_arn, [])

    @property
    def children(self) -> Children:
        """Where distributed Maps start executions."""
        if self._children is None:
            raise EmulatorBug("Step Functions has nobody who starts executions of Map Runs")
        return self._children

    @children.setter
    def children(self, children: Children) -> None:
        self._children = children
