"""What a stack update will do, found out before anything is done.

Source: AWS CloudFormation user guide, "Update behaviors of stack resources": no interruption, or
replacement. A replacement is another resource, made before the old one is deleted, so it needs
another name; CloudFormation refuses one whose name is given and stays the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from chalice_offline.chalice_app.cloudformation.intrinsics import TemplateError
from chalice_offline.chalice_app.cloudformation.resource_types import TYPES, Resource

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chalice_offline.chalice_app.cloudformation.template import Template


class Action(Enum):
    """What is done about one resource."""

    KEEP = auto()
    CREATE = auto()
    UPDATE = auto()
    REPLACE = auto()


@dataclass(frozen=True, slots=True)
class Applied:
    """A resource as the last update left it."""

    kind: str
    properties: dict[str, Any]
    resource: Resource
    is_retained: bool = False  # by DeletionPolicy


class ResourceError(Exception):
    """One resource cannot be made or changed; the text says why."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


class _Anything(dict[str, Any]):
    """The attributes of a resource that is still to be made: each is a text that stands for it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def __contains__(self, _attribute: object) -> bool:
        return True

    def __missing__(self, attribute: str) -> str:
        return f"${{{self._name}.{attribute}}}"


def plan_of(
    template: Template, applied: Mapping[str, Applied], stack: str
) -> Iterator[tuple[str, Action]]:
    """Say what to do about each resource of the template, in order.

    Raises ResourceError for what cannot be done.
    """
    known: dict[str, Resource] = {}
    for name in template.names:
        action = _action(template, name, known, applied.get(name), stack)
        if action in (Action.KEEP, Action.UPDATE):
            known[name] = applied[name].resource
        else:
            known[name] = Resource(f"${{{name}}}", _Anything(name))
        yield name, action


def _action(
    template: Template,
    name: str,
    known: Mapping[str, Resource],
    applied: Applied | None,
    stack: str,
) -> Action:
    kind = template.kind(name)
    try:
        properties = template.properties(name, known)
    except TemplateError as error:
        raise ResourceError(name, str(error)) from error
    except (IndexError, TypeError, ValueError) as error:
        needed = [known[other] for other in template.needs(name) if other in known]
        if any(isinstance(resource.attributes, _Anything) for resource in needed):
            return Action.CREATE if applied is None else Action.UPDATE  # to be seen when it is made
        raise ResourceError(name, f"it is not as CloudFormation wants it: {error!r}") from error
    if applied is None:
        return Action.CREATE
    if applied.kind != kind:
        raise ResourceError(name, f"it was {applied.kind}, and a resource cannot change its type")
    return action_for(name, kind, applied.properties, properties, f"{stack}-{name}")


def action_for(
    name: str, kind: str, before: dict[str, Any], after: dict[str, Any], generated: str
) -> Action:
    """Say what a change of properties asks for; ResourceError when it cannot be had."""
    if before == after:
        return Action.KEEP
    type_ = TYPES.get(kind)
    if type_ is None:  # there is nothing to change
        return Action.UPDATE
    fixed = [p for p in type_.fixed if before.get(p) != after.get(p)]
    if type_.name and type_.name_of(generated, before) != type_.name_of(generated, after):
        return Action.REPLACE
    if fixed and not type_.name:
        return Action.REPLACE
    if fixed:
        raise ResourceError(
            name,
            f"{fixed[0]} cannot be changed in place; give it another {type_.name}, or restart",
        )
    if type_.update is None:
        changed = sorted(p for p in before | after if before.get(p) != after.get(p))
        raise ResourceError(name, f"{changed[0]} cannot be changed in place; restart to apply it")
    return Action.UPDATE
