"""What an update of a stack would do, found out without doing anything.

Source: AWS CloudFormation user guide, "Update behaviors of stack resources": no interruption, or
replacement. A replacement is another resource, made before the old one is deleted, so it needs
another name; CloudFormation refuses one whose name is given and stays the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from chalice_offline.services.cloudformation.errors import validation_error
from chalice_offline.services.cloudformation.intrinsics import Intrinsics
from chalice_offline.services.cloudformation.readable import readable
from chalice_offline.services.cloudformation.resource import Resource, resource_to_come
from chalice_offline.services.cloudformation.resource_types import type_of
from chalice_offline.services.cloudformation.tagging import has_other_tags
from chalice_offline.services.cloudformation.unknown import is_unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.services.cloudformation.inputs import Inputs
    from chalice_offline.services.cloudformation.stack import StackResource, TemplateVersion
    from chalice_offline.services.cloudformation.template import Template


class Action(Enum):
    """What is done about one resource."""

    KEEP = auto()
    CREATE = auto()
    UPDATE = auto()
    REPLACE = auto()
    REMOVE = auto()


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be done about one resource, and which properties ask for it.

    `is_certain` is False where a value decides that is known only later; `retags`: the stack's own
    tags change, too. `shown` are the properties as far as they are known now: what another resource
    is asked for is what that says before it is changed (recorded).
    """

    name: str
    kind: str
    action: Action
    properties: dict[str, Any]
    changed: tuple[str, ...] = ()
    present: StackResource | None = None
    is_certain: bool = True
    retags: bool = False
    shown: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a stack is to be, and what is to be done for it."""

    version: TemplateVersion
    inputs: Inputs
    plan: list[Change]
    warning: str = ""


def plan_of(
    template: Template,
    inputs: Inputs,
    present: Mapping[str, StackResource],
    stack_tags: Mapping[str, str],
) -> list[Change]:
    """Say what to do about each resource of the template, in order, and then about what is gone.

    `stack_tags` are those the stack is to have. Raises ValidationError for a template whose
    functions cannot be resolved.
    """
    _check_types(template, present)
    known: dict[str, Resource] = {}
    settings: dict[str, dict[str, Any]] = {}
    values = Intrinsics(template, inputs, known, settings)
    seen: dict[str, Resource] = {}
    seen_settings: dict[str, dict[str, Any]] = {}
    now = Intrinsics(template, inputs, seen, seen_settings)
    changes = []
    for name in template.names:
        if not values.is_included(name):
            continue
        change = _change(template, name, values, now, present.get(name), stack_tags)
        changes.append(change)
        one = change.present
        if one is not None and change.action in (Action.KEEP, Action.UPDATE):
            known[name], settings[name] = _as_it_will_be(one.resource, change), change.properties
            seen[name], seen_settings[name] = one.resource, one.properties
        else:
            known[name] = seen[name] = resource_to_come(name)
    for name, output in template.outputs.items():
        if values.is_included(name):
            values.resolve(output)
    wanted = {change.name for change in changes}
    gone = [one for name, one in present.items() if name not in wanted]
    return changes + [
        Change(one.name, one.kind, Action.REMOVE, one.properties, present=one) for one in gone
    ]


def action_on(
    present: StackResource, properties: dict[str, Any], stack_tags: Mapping[str, str]
) -> Action:
    """Say what is to be done with a resource that is there."""
    action = action_for(present.kind, present.properties, properties)
    if action is Action.KEEP and has_other_tags(present, stack_tags):
        return Action.UPDATE
    return action


def action_for(kind: str, before: dict[str, Any], after: dict[str, Any]) -> Action:
    """Say what a change of properties asks for."""
    if before == after:
        return Action.KEEP
    type_ = type_of(kind)
    if type_ is None:  # there is nothing to change
        return Action.UPDATE
    if type_.given_name(before) != type_.given_name(after):
        return Action.REPLACE
    if type_.update is None or any(before.get(p) != after.get(p) for p in type_.fixed):
        return Action.REPLACE
    return Action.UPDATE


def changed_properties(before: dict[str, Any], after: dict[str, Any]) -> tuple[str, ...]:
    """Return the names of the properties that differ, sorted."""
    return tuple(sorted(p for p in before | after if before.get(p) != after.get(p)))


def _check_types(template: Template, present: Mapping[str, StackResource]) -> None:
    changed = [
        name
        for name, one in present.items()
        if name in template.resources and template.kind(name) != one.kind
    ]
    if changed:
        raise validation_error(
            "Update of resource type is not permitted. The new template modifies resource type of "
            f"the following resources: [{', '.join(changed)}]"
        )


def _change(
    template: Template,
    name: str,
    values: Intrinsics,
    now: Intrinsics,
    present: StackResource | None,
    stack_tags: Mapping[str, str],
) -> Change:
    kind = template.kind(name)
    written = template.resources[name].get("Properties", {})
    properties, shown = values.resolve(written), now.resolve(written)
    if present is None:
        return Change(name, kind, Action.CREATE, properties, shown=shown)
    names = changed_properties(present.properties, properties)
    action = action_on(present, properties, stack_tags)
    certain = not any(is_unknown(properties.get(changed)) for changed in names)
    retags = has_other_tags(present, stack_tags)
    return Change(name, kind, action, properties, names, present, certain, retags, shown)


def _as_it_will_be(resource: Resource, change: Change) -> Resource:
    """Return a resource with the attributes that say what one of its changed properties is."""
    if type_of(change.kind) is None:  # a placeholder has every attribute
        return resource
    changed = {
        name: change.properties[name]
        for name in change.changed
        if name in resource.attributes and readable(change.kind, change.properties, name)
    }
    return replace(resource, attributes=resource.attributes | changed) if changed else resource
