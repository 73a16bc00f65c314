"""A change set: an update that waits to be executed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chalice_offline.core.arn import make_arn

if TYPE_CHECKING:
    from chalice_offline.services.cloudformation.plan import Change
    from chalice_offline.services.cloudformation.stack import Stack, TemplateVersion


@dataclass(slots=True)
class ChangeSet:
    """One change set of one stack."""

    name: str
    uuid: str
    stack: Stack
    kind: str
    created_ms: int
    version: TemplateVersion | None = None  # as soon as it is known
    changes: list[Change] = field(default_factory=list)
    changed_parameters: frozenset[str] = frozenset()
    capabilities: tuple[str, ...] = ()
    notification_arns: tuple[str, ...] = ()
    description: str = ""
    status: str = "CREATE_IN_PROGRESS"
    reason: str = ""
    warning: str = ""
    execution: str = "UNAVAILABLE"
    on_failure: str = ""
    with_nested: bool = False
    import_existing: bool = False

    def failed(self, reason: str) -> None:
        """Note that it can never be executed, and why."""
        self.status, self.execution, self.reason = "FAILED", "UNAVAILABLE", reason

    @property
    def id(self) -> str:
        """The change set's ARN."""
        resource = f"changeSet/{self.name}/{self.uuid}"
        return make_arn("cloudformation", self.stack.region, self.stack.account_id, resource)
