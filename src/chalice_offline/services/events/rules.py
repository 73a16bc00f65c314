"""PutRule, DeleteRule, DescribeRule, EnableRule, DisableRule and the two lists of rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.common.tags import tags_of
from chalice_offline.services.events import rule_schedules
from chalice_offline.services.events.errors import validation_error
from chalice_offline.services.events.pages import page
from chalice_offline.services.events.resources import DEFAULT_BUS, DISABLED, Rule
from chalice_offline.services.events.rule_checks import (
    compile_event_pattern,
    parse_rule_schedule,
    refuse_managed,
)

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.events.state import EventsState


def put_rule(events: EventsState, context: CallContext, request: Request) -> Result:
    """Make a rule, or replace all but the targets and tags of the one with that name."""
    bus = events.find_bus(context, request.get("EventBusName", DEFAULT_BUS))
    name = request["Name"]
    expression = request.get("ScheduleExpression", "")
    if expression and bus.name != DEFAULT_BUS:
        raise validation_error("ScheduleExpression is supported only on the default event bus.")
    schedule = parse_rule_schedule(expression, context.now_ms) if expression else None
    source = request.get("EventPattern", "")
    if not expression and not source:
        raise validation_error("Parameter(s) EventPattern or ScheduleExpression must be specified.")
    pattern = compile_event_pattern(source) if source else None

    rule = bus.rules.get(name)
    if rule is None:
        rule = Rule(name, bus, created_by=context.account_id, tags=tags_of(request.get("Tags", ())))
    else:
        refuse_managed(rule, request)
    rule.pattern = pattern
    rule.schedule_expression, rule.schedule = expression, schedule
    rule.state = request.get("State", "ENABLED")
    rule.settings = {
        member: request[member] for member in ("Description", "RoleArn") if member in request
    }
    bus.rules[name] = rule
    _activate(events, rule)
    return {"RuleArn": rule.arn}


def delete_rule(events: EventsState, context: CallContext, request: Request) -> Result:
    """Delete a rule without targets; one that does not exist is fine."""
    bus = events.find_bus(context, request.get("EventBusName", DEFAULT_BUS))
    rule = bus.rules.get(request["Name"])
    if rule is None:
        return {}
    refuse_managed(rule, request)
    if rule.targets:
        raise validation_error("Rule can't be deleted since it has targets.")
    events.remove_rule(rule)
    return {}


def describe_rule(events: EventsState, context: CallContext, request: Request) -> Result:
    """Show one rule."""
    rule = events.find_rule(context, request["Name"], request)
    return {**rule.describe(), "CreatedBy": rule.created_by}


def enable_rule(events: EventsState, context: CallContext, request: Request) -> Result:
    """Have the rule match events and keep its schedule, a rate counting from now."""
    rule = events.find_rule(context, request["Name"], request)
    refuse_managed(rule, request)
    if not rule.is_enabled:
        rule.state = "ENABLED"
        if rule.schedule_expression:
            rule.schedule = parse_rule_schedule(rule.schedule_expression, context.now_ms)
        _activate(events, rule)
    return {}


def disable_rule(events: EventsState, context: CallContext, request: Request) -> Result:
    """Have the rule do nothing; what it missed is not made up for."""
    rule = events.find_rule(context, request["Name"], request)
    refuse_managed(rule, request)
    rule.state = DISABLED
    _activate(events, rule)
    return {}


def list_rules(events: EventsState, context: CallContext, request: Request) -> Result:
    """Show the rules of a bus by name."""
    bus = events.find_bus(context, request.get("EventBusName", DEFAULT_BUS))
    prefix = request.get("NamePrefix", "")
    rules = [rule for rule in bus.rules.values() if rule.name.startswith(prefix)]
    shown, more = page(rules, lambda rule: rule.name, request)
    return {"Rules": [rule.describe() for rule in shown], **more}


def list_rule_names_by_target(
    events: EventsState, context: CallContext, request: Request
) -> Result:
    """Name the rules of a bus that have a target with this ARN."""
    bus = events.find_bus(context, request.get("EventBusName", DEFAULT_BUS))
    arn = request["TargetArn"]
    names = [
        rule.name
        for rule in bus.rules.values()
        if any(target.settings["Arn"] == arn for target in rule.targets.values())
    ]
    shown, more = page(names, lambda name: name, request)
    return {"RuleNames": shown, **more}


def _activate(events: EventsState, rule: Rule) -> None:
    events.reindex(rule)
    rule_schedules.arm(events, rule)
