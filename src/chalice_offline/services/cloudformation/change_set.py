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
    version: TemplateVersion
    changes: list[Change] = field(default_factory=list)
    description: str = ""
    status: str = "CREATE_COMPLETE"
    reason: str = ""
    execution: str = "AVAILABLE"
    on_failure: str = ""
    with_nested: bool = False
    import_existing: bool = False

    @property
    def id(self) -> str:
        """The change set's ARN."""
        resource = f"changeSet/{self.name}/{self.uuid}"
        return make_arn("cloudformation", self.stack.region, self.stack.account_id, resource)
