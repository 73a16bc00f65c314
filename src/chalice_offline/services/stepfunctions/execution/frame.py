"""What all branches of one execution have in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalice_offline.services.stepfunctions.execution.visits import Visits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.kernel import Kernel, Reply, Request
    from chalice_offline.services.stepfunctions.execution.history import History
    from chalice_offline.services.stepfunctions.surroundings import Surroundings

PRINCIPAL = "states.amazonaws.com"


@dataclass(slots=True)
class Frame:
    """An execution as its states see it.

    `context` is the part of the context object that does not change: Execution and StateMachine.
    `query_language` is the machine's own.
    """

    kernel: Kernel
    history: History
    surroundings: Surroundings
    arn: str
    machine_arn: str
    role_arn: str
    account_id: str
    region: str
    context: Mapping[str, Any]
    query_language: str
    is_express: bool
    logging: Mapping[str, Any] = field(default_factory=dict)
    visits: Visits = field(default_factory=Visits)

    def deliver(
        self,
        service: str,
        operation: str,
        request: Request,
        causes: tuple[int, ...],
        account_id: str = "",
    ) -> Reply:
        """Call another service for the execution; a task's role may be another account's."""
        return self.kernel.deliver(
            service,
            operation,
            request,
            account_id=account_id or self.account_id,
            region=self.region,
            causes=causes,
            principal=PRINCIPAL,
        )
