"""The executions of Map Runs: started by distributed Maps, listed by the ARN of their Map Run."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import make_arn
from chalice_offline.services.stepfunctions import limits
from chalice_offline.services.stepfunctions.language.json_text import compact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalice_offline.core.kernel import Kernel
    from chalice_offline.services.stepfunctions.execution.children import Child
    from chalice_offline.services.stepfunctions.execution.execution import Execution
    from chalice_offline.services.stepfunctions.launch import Launch
    from chalice_offline.services.stepfunctions.map_run import MapRun
    from chalice_offline.services.stepfunctions.state_machine import Revision


class ChildExecutions:
    """Keeps Standard ones: all that are under way, and of each Map Run the last that ended.

    Express ones can neither be described nor listed on AWS, so nothing is kept of them.
    """

    def __init__(self, kernel: Kernel, launch: Launch, executions: dict[str, Execution]) -> None:
        self._kernel = kernel
        self._launch = launch
        self._executions = executions
        self._of_runs: dict[str, dict[str, Execution]] = {}
        self._ended: dict[str, deque[str]] = {}

    def of_run(self, map_run_arn: str) -> dict[str, Execution]:
        """Return what is kept of a Map Run's executions, oldest first."""
        return self._of_runs.get(map_run_arn, {})

    def find_or_none(self, arn: str) -> Execution | None:
        """Return one that is kept, or None."""
        return self._executions.get(arn)

    def start(
        self,
        map_run: MapRun,
        revision: Revision,
        machine: Mapping[str, Any],
        data: Any,
        count: int,
        cause: int,
        ended: Callable[[Child], None],
    ) -> Child:
        """Start an execution for `count` items; `ended` is told each of its ends."""
        name = self._kernel.ids.uuid()
        kind = "express" if revision.is_express else "execution"
        resource = f"{kind}:{revision.machine_name}:{name}"
        arn = make_arn("states", revision.region, revision.account_id, resource)

        def over(execution: Execution) -> None:
            if not revision.is_express:
                self._forget_oldest(map_run.arn, execution)
            ended(execution)

        child = self._launch.execution(
            revision,
            arn,
            name,
            compact(data),
            data,
            called_as=revision.machine_arn,
            cause=self._kernel.note(
                "stepfunctions", {"execution": arn}, (cause,), "started by a Map"
            ),
            machine=machine,
            ended=over,
        )
        child.map_run_arn, child.item_count = map_run.arn, count
        if not revision.is_express:
            self._executions[arn] = child
            self._of_runs.setdefault(map_run.arn, {})[arn] = child
        child.start()
        return child

    def _forget_oldest(self, map_run_arn: str, execution: Execution) -> None:
        ended = self._ended.setdefault(map_run_arn, deque())
        ended.append(execution.arn)
        if len(ended) > limits.CHILDREN_KEPT:
            arn = ended.popleft()
            oldest = self._executions.get(arn)
            if oldest is not None and not oldest.is_running:
                del self._executions[arn], self._of_runs[map_run_arn][arn]
