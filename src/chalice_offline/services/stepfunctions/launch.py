"""Executions as they are made: what they write goes to logs, their status to EventBridge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.stepfunctions.execution.execution import Execution

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalice_offline.core.kernel import Kernel
    from chalice_offline.services.stepfunctions.execution_log import ExecutionLogs
    from chalice_offline.services.stepfunctions.state_machine import Revision
    from chalice_offline.services.stepfunctions.status_events import StatusEvents
    from chalice_offline.services.stepfunctions.surroundings import Surroundings


class Launch:
    """Makes executions; they do nothing before they are started."""

    def __init__(
        self, kernel: Kernel, surroundings: Surroundings, logs: ExecutionLogs, events: StatusEvents
    ) -> None:
        self._kernel = kernel
        self._surroundings = surroundings
        self._logs = logs
        self._events = events
        self._made = 0
        self._express: dict[str, Execution] = {}  # those under way: nothing else knows them

    def express_running(self) -> list[Execution]:
        """Return the Express executions that have not ended."""
        return list(self._express.values())

    def execution(
        self,
        revision: Revision,
        arn: str,
        name: str,
        text: str,
        data: Any,
        *,
        called_as: str,
        cause: int,
        machine: Mapping[str, Any] | None = None,
        ended: Callable[[Execution], None] | None = None,
    ) -> Execution:
        """Return an execution of a revision with an input, as text and as the value it spells."""
        logs = revision.logging.get("level", "OFF") != "OFF"
        log = self._logs.of_execution(revision.logging, arn) if logs else None

        def over(execution: Execution) -> None:
            self._express.pop(arn, None)
            if log is not None:
                log.flush()
            if ended is not None:
                ended(execution)

        self._made += 1
        execution = Execution(
            self._kernel,
            self._surroundings,
            arn=arn,
            name=name,
            revision=revision,
            input_text=text,
            data=data,
            called_as=called_as,
            cause=cause,
            machine=machine,
            written=log.add if log is not None else None,
            changed=None if revision.is_express else self._events.tell,
            ended=over,
        )
        execution.sequence = self._made
        if revision.is_express:
            self._express[arn] = execution
        return execution
