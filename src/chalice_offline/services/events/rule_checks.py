"""What a rule is checked for: its pattern, its schedule, who may change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError
from chalice_offline.patterns import EVENT_BRIDGE, PatternError, compile_pattern
from chalice_offline.schedules import RULE_SCHEDULE, ScheduleError, parse_schedule
from chalice_offline.services.events.errors import validation_error

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Request
    from chalice_offline.patterns import Pattern
    from chalice_offline.schedules import Schedule
    from chalice_offline.services.events.resources import Rule


def refuse_managed(rule: Rule, request: Request) -> None:
    """Raise for a rule that an AWS service made, unless the request has Force."""
    if rule.managed_by and not request.get("Force"):
        raise AwsError(
            "ManagedRuleException",
            f"{rule.name} is a managed rule. Set 'force' parameter to true to override.",
        )


def compile_event_pattern(source: str) -> Pattern:
    """Compile a pattern; raises InvalidEventPatternException."""
    try:
        return compile_pattern(source, EVENT_BRIDGE)
    except PatternError as error:
        raise AwsError(
            "InvalidEventPatternException",
            f"Event pattern is not valid. Reason: {error.located_reason}",
        ) from error


def parse_rule_schedule(expression: str, anchor_ms: int) -> Schedule:
    """Read a rule's schedule, which is in UTC; raises ValidationException."""
    try:
        return parse_schedule(expression, anchor_ms=anchor_ms, dialect=RULE_SCHEDULE)
    except ScheduleError as error:
        raise validation_error("Parameter ScheduleExpression is not valid.") from error
