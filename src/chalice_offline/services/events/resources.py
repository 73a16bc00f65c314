"""Event buses and rules: what the control plane makes and the data plane reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from chalice_offline.core.arn import make_arn
from chalice_offline.patterns import PatternIndex

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.scheduler import Timer
    from chalice_offline.patterns import Pattern
    from chalice_offline.schedules import Schedule
    from chalice_offline.services.events.event import Event
    from chalice_offline.services.events.target import Target

DEFAULT_BUS = "default"
DISABLED = "DISABLED"

Tags: TypeAlias = dict[str, str]


@dataclass(slots=True, eq=False)
class EventBus:
    """An event bus. `settings` are its optional members, under AWS's names."""

    name: str
    account_id: str
    region: str
    created_ms: int
    modified_ms: int
    settings: dict[str, Any] = field(default_factory=dict)
    statements: list[dict[str, Any]] = field(default_factory=list)
    tags: Tags = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    index: PatternIndex[str] = field(default_factory=PatternIndex)

    @property
    def arn(self) -> str:
        """The bus's ARN."""
        return make_arn("events", self.region, self.account_id, f"event-bus/{self.name}")

    def rule_arn(self, rule_name: str) -> str:
        """Return the ARN of a rule on this bus; the default bus is not named in it."""
        path = rule_name if self.name == DEFAULT_BUS else f"{self.name}/{rule_name}"
        return make_arn("events", self.region, self.account_id, f"rule/{path}")

    def reindex(self, rule: Rule) -> None:
        """Have the rule matched against events if it is enabled and has a pattern."""
        if rule.is_enabled and rule.pattern is not None:
            self.index.add(rule.name, rule.pattern)
        else:
            self.index.discard(rule.name)


@dataclass(slots=True, eq=False)
class Rule:
    """A rule. `settings` are Description and RoleArn, if given.

    `archive` is set on the managed rule that feeds an archive: it takes the event instead of a
    target.
    """

    name: str
    bus: EventBus
    created_by: str
    state: str = "ENABLED"
    settings: dict[str, Any] = field(default_factory=dict)
    pattern: Pattern | None = None
    schedule_expression: str = ""
    schedule: Schedule | None = None
    timer: Timer | None = None
    managed_by: str = ""
    tags: Tags = field(default_factory=dict)
    targets: dict[str, Target] = field(default_factory=dict)
    archive: Callable[[Event], None] | None = None

    @property
    def arn(self) -> str:
        """The rule's ARN."""
        return self.bus.rule_arn(self.name)

    @property
    def is_enabled(self) -> bool:
        """Whether the rule does anything."""
        return self.state != DISABLED

    def describe(self) -> dict[str, Any]:
        """Return the rule as ListRules shows it."""
        described: dict[str, Any] = {
            "Name": self.name,
            "Arn": self.arn,
            "State": self.state,
            "EventBusName": self.bus.name,
            **self.settings,
        }
        if self.pattern is not None:
            described["EventPattern"] = self.pattern.source
        if self.schedule_expression:
            described["ScheduleExpression"] = self.schedule_expression
        if self.managed_by:
            described["ManagedBy"] = self.managed_by
        return described
