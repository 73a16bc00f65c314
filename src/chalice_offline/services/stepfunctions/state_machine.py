"""State machines: revisions of a definition, versions of them, aliases that point to versions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Revision:
    """What a state machine was at one time: executions keep the one they began with.

    `revision_id` is empty until the first update.
    """

    machine_arn: str
    machine_name: str
    account_id: str
    region: str
    text: str
    definition: dict[str, Any]
    role_arn: str
    is_express: bool
    logging: dict[str, Any]
    tracing: dict[str, Any]
    updated_ms: int
    revision_id: str = ""


@dataclass(frozen=True, slots=True)
class Version:
    """A revision that was published under a number."""

    arn: str
    number: int
    description: str
    created_ms: int
    revision: Revision


@dataclass(slots=True)
class Alias:
    """A name for one version, or for two with weights."""

    arn: str
    name: str
    description: str
    routes: list[dict[str, Any]]
    created_ms: int
    updated_ms: int


@dataclass(slots=True)
class StateMachine:
    """A state machine, and what it has been."""

    arn: str
    name: str
    created_ms: int
    revision: Revision
    tags: dict[str, str] = field(default_factory=dict)
    versions: dict[int, Version] = field(default_factory=dict)
    last_version: int = 0
    aliases: dict[str, Alias] = field(default_factory=dict)

    def version_of(self, revision: Revision) -> Version | None:
        """Return the latest version if it is of this revision."""
        latest = self.versions.get(max(self.versions, default=0))
        same = latest is not None and latest.revision.revision_id == revision.revision_id
        return latest if same else None
