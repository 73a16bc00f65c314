"""A stack: what a template has made, and everything that happened to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import make_arn

if TYPE_CHECKING:
    from chalice_offline.services.cloudformation.parameters import ParameterValue
    from chalice_offline.services.cloudformation.resource import Resource
    from chalice_offline.services.cloudformation.template import Template

STACK_TYPE = "AWS::CloudFormation::Stack"
# User guide, "Stack status codes": what may be updated; the rest can only be deleted.
_UPDATABLE = frozenset(
    {
        "CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE",
        "IMPORT_ROLLBACK_COMPLETE", "CREATE_FAILED", "UPDATE_FAILED",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TemplateVersion:
    """What a stack is made of at one time: a template, its parameters, and the rest of a request.

    `original` is the template as it came.
    """

    original: str
    template: Template
    parameters: dict[str, ParameterValue]
    tags: dict[str, str] = field(default_factory=dict)
    capabilities: tuple[str, ...] = ()
    notification_arns: tuple[str, ...] = ()
    role_arn: str = ""
    has_transform: bool = False


@dataclass(slots=True)
class StackResource:
    """A resource of a stack, as the last operation left it.

    `properties` are as the template says, dynamic references included: their values are not kept.
    """

    name: str
    kind: str
    properties: dict[str, Any]
    resource: Resource
    status: str = "CREATE_COMPLETE"
    reason: str = ""
    changed_ms: int = 0
    deletion_policy: str = "Delete"
    metadata: dict[str, Any] = field(default_factory=dict)
    description: str = ""
    added_tags: dict[str, str] | None = None  # not of the template; None: of a time without any

    @property
    def physical_id(self) -> str:
        """The id by which the resource's own service knows it."""
        return str(self.resource.reference)


@dataclass(frozen=True, slots=True)
class StackEvent:
    """One line of a stack's history."""

    id: str
    at_ms: int
    logical_id: str
    physical_id: str
    kind: str
    status: str
    reason: str = ""
    properties: str = ""


@dataclass(slots=True)
class Stack:
    """One stack. `name` is taken until it is deleted; `id` names it for ever."""

    name: str
    account_id: str
    region: str
    uuid: str
    created_ms: int
    status: str = "CREATE_IN_PROGRESS"
    reason: str = ""
    version: TemplateVersion | None = None
    updated_ms: int = 0
    deleted_ms: int = 0
    resources: dict[str, StackResource] = field(default_factory=dict)
    outputs: list[dict[str, str]] = field(default_factory=list)
    events: list[StackEvent] = field(default_factory=list)
    imports: set[str] = field(default_factory=set)  # names of others' exports
    change_set_id: str = ""
    disable_rollback: bool = False
    timeout_minutes: int = 0
    is_protected: bool = False
    policy: str = ""
    parent_id: str = ""
    root_id: str = ""
    is_project: bool = False  # made for a project that runs here, not by a client

    @property
    def id(self) -> str:
        """The stack's ARN."""
        resource = f"stack/{self.name}/{self.uuid}"
        return make_arn("cloudformation", self.region, self.account_id, resource)

    @property
    def is_deleted(self) -> bool:
        """Whether only its history is left."""
        return self.status == "DELETE_COMPLETE"

    @property
    def can_be_updated(self) -> bool:
        """Whether it is in a state to begin an update from."""
        return self.status in _UPDATABLE

    @property
    def is_busy(self) -> bool:
        """Whether an operation is under way."""
        return self.status.endswith("_IN_PROGRESS") and self.status != "REVIEW_IN_PROGRESS"

    def exports(self) -> dict[str, str]:
        """Return the values it exports, by name."""
        return {o["ExportName"]: o["OutputValue"] for o in self.outputs if "ExportName" in o}
