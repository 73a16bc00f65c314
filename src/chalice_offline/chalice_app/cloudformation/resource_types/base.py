"""What every resource type is made of: how it is created, updated and deleted by AWS calls."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chalice_offline.core.arn import make_arn
from chalice_offline.core.errors import AwsError

Properties = dict[str, Any]
Call = Callable[[str, str, dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where resources are, and how AWS is called there."""

    call: Call
    account_id: str
    region: str

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource in this account and region."""
        return make_arn(service, self.region, self.account_id, resource)


@dataclass(frozen=True, slots=True)
class Resource:
    """A created resource: what `Ref` and `Fn::GetAtt` give."""

    reference: str
    attributes: dict[str, Any] = field(default_factory=dict)


def _nothing_more(_place: Place, _resource: Resource, _properties: Properties) -> None:
    """Most resources are complete when they are created."""


def _stays(_place: Place, _resource: Resource, _properties: Properties) -> None:
    """Most settings go with what they are settings of."""


@dataclass(frozen=True, slots=True)
class ResourceType:
    """One type of CloudFormation.

    `create(place, name, properties)` makes it with one call that can fail; `complete` sets what
    that call does not take. `look` fails when there is none, for types where creating would not
    fail when there is one. `update(place, resource, before, after)` changes what can be changed;
    it is also what takes a half-made update back, so it does every step whatever came of the last
    try. `name` is the property that names it, `fixed` are the others that cannot be changed.
    """

    create: Callable[[Place, str, Properties], Resource]
    delete: Callable[[Place, Resource, Properties], object] = _stays
    complete: Callable[[Place, Resource, Properties], None] = _nothing_more
    update: Callable[[Place, Resource, Properties, Properties], Resource | None] | None = None
    name: str = ""
    fixed: tuple[str, ...] = ()
    look: Callable[[Place, str, Properties], object] | None = None
    physical_name: Callable[[str, Properties], str] = lambda given, _properties: given

    def is_there(self, place: Place, name: str, properties: Properties) -> bool:
        """Whether somebody made one of that name, which creating it would not notice."""
        if self.look is None:
            return False
        try:
            self.look(place, name, properties)
        except AwsError:
            return False
        return True

    def name_of(self, generated: str, properties: Properties) -> str:
        """Return the name on AWS; "" for types that have none of their own."""
        if not self.name:
            return ""
        return str(properties.get(self.name) or self.physical_name(generated, properties))


def text(value: Any) -> str:
    """Spell a property as the attribute string the API takes."""
    if isinstance(value, dict | list):
        return json.dumps(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def only(properties: Properties, *names: str) -> Properties:
    """Return some of the properties."""
    return {name: properties[name] for name in names if name in properties}


def tags_of(properties: Properties) -> dict[str, str]:
    """Return the tags as a mapping."""
    return {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}


def gone_tags(before: Properties, after: Properties) -> list[str]:
    """Return the keys of the tags that are no longer wanted."""
    return [key for key in tags_of(before) if key not in tags_of(after)]


def changed(
    before: dict[str, str], after: dict[str, str], defaults: dict[str, str]
) -> dict[str, str]:
    """Return the attributes to set: what is wanted, and the defaults of what is wanted no more."""
    # What is wanted first: a step back begins with what is known to be good.
    return after | {name: defaults.get(name, "") for name in before if name not in after}
