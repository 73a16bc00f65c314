"""Types that are one call to create, one to change and one to delete, written as a table.

Properties have the names that the service's own API has, but for the case of the first letter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalice_offline.services.cloudformation.conformed import takes
from chalice_offline.services.cloudformation.errors import validation_error
from chalice_offline.services.cloudformation.resource_types.base import (
    Place,
    Properties,
    Resource,
    ResourceType,
    gone_tags,
    tags_of,
)

Reply = dict[str, Any]
Key = Callable[[Resource, Properties], dict[str, Any]]
Describe = Callable[[Place, str, Properties, Reply], Resource]
Finish = Callable[[Place, Resource, Properties], None]
Change = Callable[[Place, Resource, Properties, Properties], None]


@dataclass(frozen=True, slots=True)
class Calls:
    """One call to create, one to change and one to delete.

    `described` makes the resource of the reply; `key` says which one is meant, for `delete` and
    `update`. `finish` sets the properties `finished`, when it is made and when it is changed.
    `tags` is how the API takes tags: "list", "map" or "TagKey"; "" when it takes none. `change`
    changes what `update` does not take, such as tags (`retagged`). `spelled` gives the members of
    properties whose names differ; `shaped` the properties whose value the API wants otherwise.
    """

    service: str
    create: str
    described: Describe
    key: Key
    name: str = ""
    delete: str = ""
    update: str = ""
    finish: Finish | None = None
    finished: tuple[str, ...] = ()
    change: Change | None = None
    fixed: tuple[str, ...] = ()
    tags: str = ""
    spelled: Mapping[str, str] = field(default_factory=dict)
    shaped: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    longest: int = 255

    def type(self) -> ResourceType:
        """Return them as a type of CloudFormation's."""
        return ResourceType(
            self._create,
            self._delete,
            complete=self.finish or _nothing_more,
            update=self._update if self.update or self.finish or self.change else None,
            name=self.name,
            fixed=self.fixed,
            longest=self.longest,
        )

    def _create(self, place: Place, physical: str, properties: Properties) -> Resource:
        request = self._request(self.create, properties, strict=True)
        if self.name:
            request[self._member(self.create, self.name) or self.name] = physical
        if self.tags and self.tags != "list" and properties.get("Tags"):
            request |= _tags(self.service, self.create, properties, self.tags)
        reply = place.call(self.service, self.create, request)
        return self.described(place, physical, properties, reply)

    def _update(
        self, place: Place, resource: Resource, before: Properties, after: Properties
    ) -> None:
        if self.update:
            request = self._request(self.update, after, strict=False)
            request |= self._taken(self.update, resource, after)
            place.call(self.service, self.update, request)
        if self.finish is not None:
            gone = [prop for prop in self.finished if prop in before and prop not in after]
            self.finish(place, resource, {**dict.fromkeys(gone), **after})
        if self.change is not None:
            self.change(place, resource, before, after)

    def _delete(self, place: Place, resource: Resource, properties: Properties) -> None:
        if self.delete:
            request = self._taken(self.delete, resource, properties)
            place.call(self.service, self.delete, request)

    def _request(self, operation: str, properties: Properties, *, strict: bool) -> dict[str, Any]:
        """Return the properties that an operation takes; `strict`: there must be no others."""
        request: dict[str, Any] = {}
        for prop, value in properties.items():
            if prop in self.finished or prop == self.name:
                continue
            member = self._member(operation, prop)
            if prop == "Tags" and self.tags != "list":
                continue
            if member is not None:
                shaped = self.shaped.get(prop)
                request[member] = value if shaped is None else shaped(value)
            elif strict:
                raise validation_error(f"#: extraneous key [{prop}] is not permitted")
        return request

    def _member(self, operation: str, prop: str) -> str | None:
        return takes(self.service, operation, self.spelled.get(prop, prop))

    def _taken(self, operation: str, resource: Resource, properties: Properties) -> dict[str, Any]:
        identified = self.key(resource, properties)
        return {n: v for n, v in identified.items() if takes(self.service, operation, n)}


def by_calls(service: str, create: str, described: Describe, **rest: Any) -> ResourceType:
    """Return the type that these calls make; the arguments are those of `Calls`."""
    return Calls(service, create, described, **rest).type()


def _nothing_more(_place: Place, _resource: Resource, _properties: Properties) -> None:
    """Return: it is complete when it is created."""


def named(**attributes: str) -> Describe:
    """Describe by the name; attributes are texts to fill in with name, region and account."""

    def described(place: Place, name: str, _properties: Properties, _reply: Reply) -> Resource:
        return Resource(name, _filled(place, name, attributes))

    return described


def replied(reference: str, **attributes: str) -> Describe:
    """Describe by the reply: each is a path into it ("Key.KeyId")."""

    def described(_place: Place, _name: str, _properties: Properties, reply: Reply) -> Resource:
        found = {name: at(reply, path) for name, path in attributes.items()}
        return Resource(str(at(reply, reference)), found)

    return described


def at(reply: Any, path: str) -> Any:
    """Return what stands under a path of a reply ("Items.0.Name"); "" when nothing does."""
    for part in path.split("."):
        if isinstance(reply, list):
            reply = reply[int(part)] if int(part) < len(reply) else ""
        else:
            reply = reply.get(part, "") if isinstance(reply, dict) else ""
    return reply


def keyed(member: str, *properties: str) -> Key:
    """Identify by the reference, and by properties of the same names (RestApiId, …)."""

    def key(resource: Resource, present: Properties) -> dict[str, Any]:
        return {member: resource.reference} | {p: present[p] for p in properties if p in present}

    return key


def retagged(
    place: Place,
    service: str,
    identified: dict[str, str],
    before: Properties,
    after: Properties,
    how: str = "list",
) -> None:
    """Set the tags of a resource by a service's usual operations, as these take them."""
    if gone := gone_tags(before, after):
        place.call(service, "UntagResource", {**identified, "TagKeys": gone})
    if tags_of(after):
        tags = _tags(service, "TagResource", after, how)
        place.call(service, "TagResource", {**identified, **tags})


def _filled(place: Place, name: str, texts: Mapping[str, str]) -> dict[str, Any]:
    words = {
        "name": name,
        "region": place.region,
        "account": place.account_id,
        "partition": place.partition,
    }
    return {attribute: text.format(**words) for attribute, text in texts.items()}


def _tags(service: str, operation: str, properties: Properties, how: str) -> dict[str, Any]:
    member = takes(service, operation, "Tags") or "Tags"
    tags = tags_of(properties)
    if how == "map":
        return {member: tags}
    if how == "list":
        return {member: [{"Key": key, "Value": value} for key, value in tags.items()]}
    return {member: [{"TagKey": key, "TagValue": value} for key, value in tags.items()]}
